"""Addresses: what each names, and that it leads back."""

from __future__ import annotations

import pytest

from app import addresses
from app.addresses import PATHS, Address, parse


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("/", Address("home")),
        ("/#keep-calm", Address("home", anchor="keep-calm")),
        ("/issues/cold-water", Address("issue", name="cold-water")),
        ("/issues/cold-water#warm-it", Address("issue", name="cold-water", anchor="warm-it")),
        ("/issues/cold-water.md", Address("issue", name="cold-water", ending="md")),
        ("/i/cold-water", Address("short issue", name="cold-water")),
        ("/exchanges", Address("exchanges")),
        ("/exchanges/okx", Address("exchange", exchange="okx")),
        ("/errors/okx/50110", Address("error", exchange="okx", code="50110")),
        ("/errors/okx/50110.txt", Address("error", exchange="okx", code="50110", ending="txt")),
        ("/e/a/E%2FB:c%20d", Address("short error", exchange="a", code="E/B:c d")),
        ("/errors/a/1.5", Address("error", exchange="a", code="1.5")),
        ("/images/tea%20pot.png", Address("image", name="tea pot.png")),
        (
            "/diagnose?exchange=okx&missing=",
            Address("diagnosis", query=(("exchange", "okx"), ("missing", ""))),
        ),
        ("/api", Address("api")),
        ("/feedback", Address("feedback")),
    ],
)
def test_an_address_is_taken_apart(url: str, address: Address) -> None:
    assert parse(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "issues/cold-water",
        "/issues/",
        "/issues/a/b",
        "/errors/okx",
        "/nothing",
        "//elsewhere.example/issues/a",
        "https://elsewhere.example/",
        "//[",
    ],
)
def test_what_no_page_is_called_is_none(url: str) -> None:
    assert parse(url) is None


@pytest.mark.parametrize(
    "url",
    [
        addresses.home(),
        addresses.home("tip"),
        addresses.issue("a-b"),
        addresses.issue("a-b", step="c"),
        addresses.issue("a-b", short=True),
        addresses.exchange("okx"),
        addresses.error("okx", "50110"),
        addresses.error("kraken", "EAPI:Invalid nonce"),
        addresses.error("x", "a/b?c#d%25", short=True),
        addresses.image("a b.png"),
        addresses.search("two words & more"),
        addresses.diagnosis(exchange="okx", error="1", checklist={"a": False}, tests={"t": "pass"}),
        addresses.reply("/issues/a?exchange=okx", "txt", step="s"),
    ],
)
def test_what_is_built_can_be_taken_apart(url: str) -> None:
    assert parse(url) is not None


def test_a_code_survives_the_way_there_and_back() -> None:
    for code in ("-2015", "EAPI:Invalid nonce", "a/b?c#d%25", "ü", "1.5", "x.y.md"):
        found = parse(addresses.error("x", code))
        assert found
        ending = f".{found.ending}" if found.ending else ""
        assert found.code + ending == code


def test_the_query_of_a_page_stays_in_its_reply() -> None:
    reply = addresses.reply("/issues/a?exchange=okx", "txt", step="s")
    assert reply == "/issues/a.txt?exchange=okx&step=s"
    assert addresses.reply("/e/x/1", "md") == "/e/x/1.md"


def test_every_fixed_path_names_its_own_kind() -> None:
    fixed = {kind: path for kind, path in PATHS.items() if "{" not in path}
    assert len(fixed) > 10
    for kind, path in fixed.items():
        assert parse(path) == Address(kind)
