"""What single observations say."""

from __future__ import annotations

import pytest

from app.diagnosis.evidence import caller_ip, of_caller_ip, of_checklist, of_test
from app.knowledge import KnowledgeBase


@pytest.mark.parametrize(
    ("address", "verdict"),
    [
        ("198.51.100.7", "ours"),
        ("::ffff:198.51.100.7", "ours"),
        ("203.0.113.9", "not-ours"),
        ("2001:db8::9", "ipv6"),
    ],
)
def test_the_caller_against_the_whitelist(kites: KnowledgeBase, address: str, verdict: str) -> None:
    caller = caller_ip(address, kites.site)

    assert caller is not None
    assert caller.verdict == verdict


def test_ipv6_is_nothing_special_when_the_list_holds_some(marbles: KnowledgeBase) -> None:
    caller = caller_ip("2001:db8::99", marbles.site)

    assert caller is not None
    assert caller.verdict == "not-ours"


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.8", "192.168.1.2", "172.17.0.1", "::1", "fe80::1", "0.0.0.0"]
)
def test_no_exchange_sees_a_private_address(kites: KnowledgeBase, address: str) -> None:
    assert caller_ip(address, kites.site) is None


def test_without_a_whitelist_an_address_says_nothing(teapots: KnowledgeBase) -> None:
    assert caller_ip("203.0.113.9", teapots.site) is None


def test_a_reason_names_the_address_and_the_product(kites: KnowledgeBase) -> None:
    caller = caller_ip("203.0.113.9", kites.site)
    assert caller is not None

    because = of_caller_ip(caller, "string-not-listed", "Windbank", "Kite School").because

    assert because == (
        "Windbank saw the IP address 203.0.113.9. It doesn't belong to Kite School, "
        "so another program sent this request"
    )


def test_an_unticked_item_speaks_for_its_issues_in_their_order(kites: KnowledgeBase) -> None:
    assert kites.diagnostic
    [item] = kites.diagnostic.checklist

    likeliest, less = of_checklist(item, ticked=False)

    assert (likeliest.issue, less.issue) == ("string-not-listed", "wrong-knot")
    assert likeliest.strength > less.strength > 0
    assert all(piece.strength < 0 for piece in of_checklist(item, ticked=True))


def test_an_outcome_speaks_for_and_against(kites: KnowledgeBase) -> None:
    assert kites.diagnostic
    [test] = kites.diagnostic.tests

    said = {piece.issue: piece.strength for piece in of_test(test, "pass")}

    assert said["string-not-listed"] > 0 > said["wrong-knot"]
    assert [piece.issue for piece in of_test(test, "fail")] == ["wrong-knot"]
