"""What the caller's IP address in a message says."""

from __future__ import annotations

import pytest

from app.diagnosis.evidence_of_errors import caller_ip, of_caller_ip
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
