"""A visitor pastes what stands in the exchange's IP field."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.whitelist import compare
from tests.timing import processor_seconds

V4 = ip_address("93.184.215.14")
V6 = ip_address("2606:2800:21f:cb07:6820:80da:af6b:8b2c")


@pytest.mark.parametrize(
    ("text", "kinds", "complete"),
    [
        ("93.184.215.14", ["ours"], True),
        ("  93.184.215.14\n", ["ours"], True),
        ("8.8.8.8, 93.184.215.14", ["other", "ours"], True),
        ("93.184.215.0/24", ["range"], True),
        ("93.184.215.14:443", ["port"], False),
        ("93.184. 215.14", ["space"], False),
        ("http://93.184.215.14/", ["space"], False),
        ("93.184.215.41", ["misspelt"], False),
        ("93.184.215.014", ["misspelt"], False),
        ("93,184,215,14", ["misspelt"], False),
        ("93.184.215.14\u200b", ["hidden"], False),
        ("９3.184.215.14", ["hidden"], False),
        ("192.168.1.20", ["private"], False),
        ("0.0.0.0", ["private"], False),
        ("0.0.0.0/0", ["open"], False),
        ("::/0", ["open"], False),
        ("93.0.0.0/8", ["open"], False),
        ("0.0.0.0/1 128.0.0.0/1", ["open", "open"], False),
        ("93.184.215.14, 0.0.0.0/0", ["ours", "open"], False),
        ("10.0.0.0/8", ["other"], False),
        ("127.0.0.1 93.184.215.14", ["private", "ours"], False),
        ("my server", ["unreadable", "unreadable"], False),
        ("", [], False),
    ],
)
def test_every_entry_gets_a_verdict(text: str, kinds: list[str], complete: bool) -> None:
    comparison = compare(text, [V4])
    assert [entry.kind for entry in comparison.entries] == kinds
    assert comparison.complete is complete
    assert all(entry.advice for entry in comparison.entries)


def test_what_is_no_address_and_what_is_an_open_door_are_told_so() -> None:
    nobody, everybody = compare("0.0.0.0 0.0.0.0/0", [V4]).entries
    assert "No request ever comes" in nobody.advice
    assert "inside a network" not in nobody.advice
    assert "far too many IP addresses" in everybody.advice


def test_a_list_that_lacks_one_of_several_addresses_names_it() -> None:
    comparison = compare("93.184.215.14", [V4, V6])
    assert comparison.missing == (V6,)
    assert not comparison.complete
    assert compare(f"93.184.215.14 {V6}", [V4, V6]).complete


def test_an_address_in_another_notation_is_the_same_address() -> None:
    assert compare("2606:2800:021f:cb07:6820:80da:af6b:8b2c", [V6]).complete


@pytest.mark.parametrize(
    ("text", "separator", "advised"),
    [
        ("8.8.8.8,93.184.215.14", "comma", False),
        ("8.8.8.8;93.184.215.14", "comma", True),
        ("8.8.8.8 93.184.215.14", "comma", True),
        ("8.8.8.8 93.184.215.14", "comma or space", False),
        ("8.8.8.8\n93.184.215.14", "one per line", False),
        ("8.8.8.8,93.184.215.14", "one per field", True),
        ("8.8.8.8;93.184.215.14", None, False),
        ("93.184.215.14", "comma", False),
    ],
)
def test_the_wrong_separator_is_named(text: str, separator: str | None, advised: bool) -> None:
    comparison = compare(text, [V4], separator)
    assert bool(comparison.separator_advice) is advised
    assert comparison.complete is not advised


@given(st.text(max_size=300))
def test_any_text_is_compared(text: str) -> None:
    comparison = compare(text, [V4, V6])
    assert len(comparison.entries) <= 100
    assert comparison.complete <= (not comparison.missing)


@pytest.mark.parametrize(
    "text",
    ["/" * 16_384 + "x", ":" * 16_384, "10" * 4096 + ":" * 8192, "1. " * 5461, "," * 16_384],
    ids=["slashes", "colons", "digits and colons", "broken addresses", "commas"],
)
def test_the_largest_list_is_compared_at_once(text: str) -> None:
    assert processor_seconds(lambda: compare(text, [V4, V6], "comma")) < 0.05
