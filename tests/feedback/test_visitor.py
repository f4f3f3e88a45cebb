from __future__ import annotations

from datetime import date

import pytest

from app.feedback.visitor import visitor_hash

SECRET = b"a secret of this day"
DAY = date(2031, 5, 14)


def of(
    address: str = "203.0.113.9",
    agent: str = "Teapot/1.0",
    page: str = "/issues/lost-teapot",
    day: date = DAY,
    secret: bytes = SECRET,
) -> str:
    return visitor_hash(address, agent, page, day, secret)


def test_a_visitor_is_known_again_on_the_same_page_and_day() -> None:
    assert of() == of()
    assert len(of()) == 64
    assert set(of()) <= set("0123456789abcdef")


def test_nothing_links_another_visitor_page_day_or_secret() -> None:
    others = [
        of(),
        of(address="203.0.113.10"),
        of(agent="Teapot/1.1"),
        of(page="/issues/cold-tea"),
        of(day=date(2031, 5, 15)),
        of(secret=b"another secret"),
        # Moving a letter from one part to its neighbour is a difference too.
        of(agent="eapot/1.0", page="/issues/lost-teapotT"),
        of(address="203.0.113.9T", agent="eapot/1.0"),
    ]
    assert len(set(others)) == len(others)


@pytest.mark.parametrize(
    ("address", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:DB8:1:2::1", "2001:db8:0001:2:0::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_addresses_of_the_same_household_are_the_same_visitor(address: str, other: str) -> None:
    assert of(address=address) == of(address=other)


def test_the_next_network_is_another() -> None:
    assert of(address="2001:db8:1:2::1") != of(address="2001:db8:1:3::1")


@pytest.mark.parametrize("address", ["", "testclient", "unix:", "\ud800"])
def test_what_is_no_address_is_taken_as_it_is(address: str) -> None:
    assert of(address=address) == of(address=address) != of()
