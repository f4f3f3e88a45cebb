"""One spelling for comparing, and the way back to the line as it was pasted."""

from __future__ import annotations

import pytest

from app.diagnosis.normalised_text import EXCERPT_LENGTH, normalise


@pytest.mark.parametrize(
    ("pasted", "flat"),
    [
        pytest.param("“Knot”", "'knot'", id="curly quotes"),
        pytest.param("kite doesn’t fly", "kite doesn't fly", id="apostrophe"),
        pytest.param('{\\"code\\":7}', "{'code':7}", id="escaped JSON"),
        pytest.param('{\\\\\\"code\\\\\\":7}', "{'code':7}", id="JSON escaped twice"),
        pytest.param("one\\ntwo\\tthree", "one two three", id="escaped line breaks"),
        pytest.param('{\n  "code":\r\n  7\n}', "{ 'code': 7 }", id="JSON over lines"),
        pytest.param("no&nbsp;wind &quot;today&quot;", "no wind 'today'", id="entities"),
        pytest.param("wi\u200bnd\ufeff", "wind", id="zero width"),
        pytest.param("ｃｏｄｅ　１２", "code 12", id="full width"),
        pytest.param("\u202ewind\u202c", "wind", id="right-to-left override"),
        pytest.param("wind–bank", "wind-bank", id="dash"),
        pytest.param("\x1b[31mcalm\x1b[0m", "calm", id="colours of a terminal"),
        pytest.param("\\u6821\\u9a8c", "校验", id="escaped letters"),
        pytest.param("a\x00b", "a b", id="NUL"),
        pytest.param("x\ud800y", "x?y", id="lone surrogate"),
        pytest.param("\\ud83d calm", "calm", id="half an escaped pair"),
        pytest.param(
            "no wind (possible reasons: invalid API keys, bad or old nonce)",
            "no wind",
            id="old advice of ccxt",
        ),
        pytest.param("  \n\t\n", "", id="nothing"),
    ],
)
def test_spelling(pasted: str, flat: str) -> None:
    assert normalise(pasted).flat == flat


def test_an_excerpt_is_the_line_as_pasted() -> None:
    text = normalise("first\n\n   “Knot”  came   LOOSE \nlast")

    assert text.excerpt(text.flat.index("loose")) == "“Knot”  came   LOOSE"
    assert text.excerpt(text.flat.index("last")) == "last"


def test_an_excerpt_of_a_long_line_is_cut_around_the_place() -> None:
    text = normalise("a " * 1000 + "KNOT " + "b " * 1000)

    excerpt = text.excerpt(text.flat.index("knot"))

    assert "KNOT" in excerpt
    assert excerpt.startswith("… ")
    assert excerpt.endswith(" …")
    assert len(excerpt) <= EXCERPT_LENGTH + 4


@pytest.mark.parametrize("before", range(200, 212))
def test_an_excerpt_holds_no_half_words(before: int) -> None:
    words = ["kite"] * before
    text = normalise(" ".join([*words, "KNOT", *["string"] * 200]))

    excerpt = text.excerpt(text.flat.index("knot"))

    assert set(excerpt.split()) == {"…", "kite", "KNOT", "string"}


def test_an_excerpt_of_one_endless_word_is_cut_all_the_same() -> None:
    excerpt = normalise("kite" * 500).excerpt(900)

    assert EXCERPT_LENGTH <= len(excerpt) <= EXCERPT_LENGTH + 4


def test_the_line_around_a_place() -> None:
    text = normalise("one two\nthree")

    assert text.flat[slice(*text.line_span(text.flat.index("two")))] == "one two"
    assert text.flat[slice(*text.line_span(text.flat.index("three")))] == "three"
    assert normalise("").line_span(0) == (0, 0)
    assert normalise("").excerpt(0) == ""


def test_what_an_exchange_answered_survives_within_the_advice_of_old_ccxt() -> None:
    pasted = '400 (possible reasons: invalid keys, rate-limiting, {"message":"Auth Data"})'

    assert normalise(pasted).flat == "400 {'message':'auth data'})"
