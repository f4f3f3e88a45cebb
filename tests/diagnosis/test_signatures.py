"""Fixed messages with placeholders, found in a text."""

from __future__ import annotations

import itertools

import pytest

from app.diagnosis.normalised_text import normalise
from app.diagnosis.signatures import SignatureError, SignatureIndex, parse
from tests.timing import processor_seconds


def found(signature: str, text: str) -> bool:
    return any(SignatureIndex([(signature, 1)]).find(normalise(text).flat))


@pytest.mark.parametrize(
    ("signature", "text"),
    [
        pytest.param("The knot is loose.", "error: THE  knot\nis loose, sorry", id="spelling"),
        pytest.param("knot '{}' is loose", "the Knot “granny's one” is loose", id="anything"),
        pytest.param("wait {n} seconds", "please wait 1,5 seconds", id="number"),
        pytest.param("from {ip} only", "from 2001:db8::5 only", id="address"),
        pytest.param("limit is %s knots per %s", "limit is 5 knots per MINUTE", id="percent signs"),
        pytest.param("绳子错误", "报错:绳子错误了", id="Chinese"),
        pytest.param("string seen: {ip}", "string seen:198.51.100.7.", id="no space"),
    ],
)
def test_finds(signature: str, text: str) -> None:
    assert found(signature, text)


@pytest.mark.parametrize(
    ("signature", "text"),
    [
        pytest.param("knot loose", "reknot loosened", id="within words"),
        pytest.param("the knot", "the knots", id="end within a word"),
        pytest.param("wait {n} seconds", "wait a few seconds", id="no number"),
        pytest.param("from {ip} only", "from here only", id="no address"),
        pytest.param("begin {} end of it", "begin " + "x" * 200 + " end of it", id="too far"),
        pytest.param(r"a.*b+ loose", "a knot b loose", id="no regular expression"),
    ],
)
def test_does_not_find(signature: str, text: str) -> None:
    assert not found(signature, text)


def test_looks_further_when_the_first_place_is_within_a_word() -> None:
    assert found("nonce {} not increased", "InvalidNonce: Nonce '15' has not increased")


def test_captures_the_caller_only_when_it_is_an_address() -> None:
    index = SignatureIndex([("string seen: {ip}", "x")])

    [hit] = index.find("we had string seen: 198.51.100.7, sorry")
    [other] = index.find("we had string seen: 999.51.100.7, sorry")

    assert hit.address == "198.51.100.7"
    assert other.address is None


def test_counts_repetitions_and_keeps_their_places() -> None:
    [hit] = SignatureIndex([("calm day", "x")]).find("calm day, calm day and calm day")

    assert len(hit.spans) == 3
    assert (hit.start, hit.last) == (0, 23)


def test_owners_of_the_same_signature_share_a_hit() -> None:
    index = SignatureIndex([("Calm day.", "a"), ("calm  DAY", "b"), ("calm day", "a")])

    [hit] = index.find("a calm day")

    assert hit.owners == ("a", "b")


@pytest.mark.parametrize("signature", ["{}", "{n} {ip}", "abc", "a {} b {} c", "..."])
def test_refuses_what_would_be_looked_for_everywhere(signature: str) -> None:
    with pytest.raises(SignatureError, match="add words that always stand there"):
        parse(signature)


def test_an_index_leaves_out_what_it_cannot_use() -> None:
    index = SignatureIndex([("{}", "bad"), ("calm day", "good")])

    assert [hit.owners for hit in index.find("calm day")] == [("good",)]
    assert not list(SignatureIndex([]).find("calm day"))


@pytest.mark.slow
@pytest.mark.parametrize("placeholders", [*itertools.product(("{}", "{ip}", "{n}"), repeat=4)])
def test_no_signature_makes_a_paste_slow(placeholders: tuple[str, ...]) -> None:
    """The most placeholders that there may be, on texts of 16 KB that almost match everywhere."""
    for literals in (["1.1.", "1", "1", "1", "1"], ["a", "a", "wxyz", "a", "a"]):
        pieces = itertools.zip_longest(literals, placeholders, fillvalue="")
        signature = " ".join(itertools.chain(*pieces))
        parse(signature)  # raises where the index would leave it out
        index = SignatureIndex([(signature, 1)])
        literal = max(literals, key=len)
        for piece in (literal, f"1.1.1.1 a {literal} a ", " ".join(literals[:-1]) + " "):
            text = (piece * 16_384)[:16_384]
            spent = processor_seconds(lambda text=text, index=index: list(index.find(text)))  # type: ignore[misc]
            assert spent < 0.02, (literals, piece)
