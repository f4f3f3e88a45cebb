"""Writers' phrases, found in somebody's own words."""

from __future__ import annotations

import pytest

from app.diagnosis.normalised_text import normalise
from app.diagnosis.phrases import PhraseIndex, parse


def quotes(phrase: str, text: str) -> list[str]:
    index = PhraseIndex([("own", phrase), ("other", "an umbrella turned inside out")])
    found = index.find(normalise(text))
    return [phrase.quote for phrase in found if phrase.phrase.owner == "own"]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        pytest.param("knot came loose", "The knots came loose!", id="endings"),
        pytest.param("loose knot", "the knot, it is loose", id="any order"),
        pytest.param("flies home/garden", "it only flies in the garden", id="alternatives"),
        pytest.param("not fly", "my kite doesn't fly", id="negation"),
        pytest.param("not fly", "the kite never flies", id="another negation"),
        pytest.param("read-only kite", "my kite is read only", id="hyphen"),
        pytest.param("whitelist string", "put the string on the white list", id="two words as one"),
        pytest.param(
            "верёвк* список", "верёвка не в списке, список пуст", id="beginning of a word"
        ),
        pytest.param("白名单 ip", "我的IP不在白名单里", id="Chinese with Latin"),
        pytest.param("it is my kite", "kite", id="small words are left out"),
    ],
)
def test_finds(phrase: str, text: str) -> None:
    assert quotes(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        pytest.param("knot came loose", "the knot is loose", id="one word missing"),
        pytest.param("loose knot", "the knot. A loose dog runs", id="two sentences"),
        pytest.param("loose knot", "the knot " + "of my aunt " * 5 + "is loose", id="far apart"),
        pytest.param("not fly", "my kite flies", id="negation missing"),
    ],
)
def test_does_not_find(phrase: str, text: str) -> None:
    assert not quotes(phrase, text)


def test_words_that_were_understood_do_not_count_again() -> None:
    index = PhraseIndex([("own", "knot loose")])
    text = normalise("ERR knot loose")

    assert index.find(text)
    assert not index.find(text, [(4, 14)])


def test_a_quote_leaves_out_what_stands_between() -> None:
    assert quotes("knot loose", "my knot is loose") == ["knot is loose"]
    assert quotes("knot loose", "the knot of my dear old aunt is loose") == ["knot … loose"]


def test_each_phrase_is_found_once_and_the_longest_comes_first() -> None:
    index = PhraseIndex([("a", "loose knot"), ("b", "loose knot again")])

    found = index.find(normalise("a loose knot. The loose knot again! A loose knot."))

    assert [phrase.phrase.owner for phrase in found] == ["b", "a"]


def test_a_long_text_is_searched_at_both_ends() -> None:
    filler = "the weather was fine. " * 300

    assert quotes("loose knot", f"a loose knot. {filler}")
    assert quotes("loose knot", f"{filler} a loose knot")
    assert not quotes("loose knot", f"{filler} a loose knot. {filler}")


def test_a_phrase_of_small_words_is_none() -> None:
    assert parse("own", "it is the") is None


def test_the_example_of_a_phrase_is_its_first_choices() -> None:
    phrase = parse("own", "flies home/garden верёвк*")
    assert phrase is not None
    assert phrase.example == "flies home верёвк"
