"""Phrases, found in somebody's own words."""

from __future__ import annotations

import pytest

from app.diagnosis.text import normalise
from app.diagnosis.words import PhraseIndex, mostly_code, parse, stem, strengths


def quotes(phrase: str, text: str) -> list[str]:
    index = PhraseIndex([("own", phrase), ("other", "an umbrella turned inside out")])
    found = index.wordings(normalise(text))
    return [wording.quote for wording in found if wording.owner == "own"]


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
        pytest.param(
            "many strings of one kite tangled", "one kite, tangled strings", id="one short"
        ),
    ],
)
def test_finds(phrase: str, text: str) -> None:
    assert quotes(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        pytest.param("knot came loose", "the knot is fine", id="two of three missing"),
        pytest.param("loose knot", "the knot. A loose dog " + "runs " * 80, id="two sentences"),
        pytest.param("not fly", "my kite flies", id="negation missing"),
        pytest.param("loose knot", "https://example.com/loose/knot?a=b", id="path of an address"),
    ],
)
def test_does_not_find(phrase: str, text: str) -> None:
    assert not quotes(phrase, text)


def test_words_that_were_understood_do_not_count_again() -> None:
    index = PhraseIndex([("own", "knot loose")])
    text = normalise("ERR knot loose")

    assert index.wordings(text)
    assert not index.wordings(text, [(4, 14)])


def test_near_words_say_more_than_distant_ones() -> None:
    index = PhraseIndex([("own", "knot loose")])

    [near] = index.wordings(normalise("the knot is loose"))
    [far] = index.wordings(normalise("the knot " + "of my dear old aunt " * 5 + "is loose"))

    assert near.worth > far.worth
    assert near.quote == "knot is loose"
    assert far.quote == "knot … loose"


def test_a_word_of_one_class_says_more_than_a_word_of_all() -> None:
    index = PhraseIndex(
        [("a", "kite whistle"), ("a", "kite red"), ("b", "kite knot"), ("c", "kite string")]
    )

    tendency = index.tendency(normalise("a whistle for my kite, a red whistle, a kite knot"))

    assert tendency["a"] > tendency["b"] > tendency["c"]


def test_further_phrases_count_half_of_the_one_before() -> None:
    index = PhraseIndex([("own", "knot loose"), ("own", "loose knot")])
    found = index.wordings(normalise("a loose knot"))

    worth, found_quotes = strengths(found)["own"]

    assert worth == pytest.approx(1.5 * found[0].worth)
    assert found_quotes == ("loose knot",)


def test_lines_of_a_log_count_less_than_prose() -> None:
    index = PhraseIndex([("own", "knot loose")])
    log = "2026-01-01 10:00:00 - kite - INFO - "

    [said] = index.wordings(normalise("\n".join(["knot loose", *["a day"] * 4])))
    [logged] = index.wordings(normalise("\n".join([log + "knot loose", *["a day"] * 4])))

    assert said.worth > logged.worth
    assert not mostly_code(normalise(f"{log}calm\nwhat now"))
    assert mostly_code(normalise(f"{log}calm\nwhat now\n{log}wind"))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("permissions", "permiss"),
        ("permission", "permiss"),
        ("restricted", "restrict"),
        ("restriction", "restrict"),
        ("stopped", "stop"),
        ("keys", "key"),
        ("tries", "try"),
        ("access", "access"),
        ("ip", "ip"),
        ("ключи", "ключи"),
    ],
)
def test_stems(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_a_phrase_of_small_words_is_none() -> None:
    assert parse("own", "it is the") is None
