"""The words of a text: where they stand, their stems, stop words, and words for "not".

English endings don't count ("keys", "restricted"), and "don't", "can't" and "never" all say "not".
A run of Chinese, Japanese or Korean letters is one token: words in it aren't always separated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

CJK = "぀-ヿ㐀-䶿一-鿿가-힯"
"""The letters of Chinese, Japanese and Korean, for use in a regular expression."""

WORD = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:'[a-z]{{1,2}}\b)?")
"""One word or number, or a run of Chinese, Japanese or Korean letters.

Python's own `re`, because matches are many and short. It is linear: nothing repeats inside a
repetition, and the optional ending begins with a character that the repetition can't match.
"""

_STOP_WORDS = """
a an the my your our his her its their i me we you he she it they this that these those is are was
were be been being am to of in on at by for from with and or so as if then than there here have has
had do does did will would can could should shall may might just even also very all any some when
what which who how why get got gets getting ve re ll m
"""
_NEGATIONS = """
not no never cannot cant dont doesnt didnt isnt arent wasnt wont wouldnt couldnt havent hasnt
without neither nicht kein keine nein nao não ne не нет değil degil yok pas sin
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Words that say nothing by themselves; a phrase is read without them."""

NEGATIONS = frozenset(_NEGATIONS.split())
"""Words that say "not"."""

_LAST_LETTERS = frozenset("sgdne")
"""The last letters of the endings -s, -ing, -ed, -ion and -e. Words that end in other letters are
stems."""


def stem(word: str) -> str:
    """Return `word` without its English endings; words in other alphabets stay as they are."""
    if len(word) <= 3 or word[-1] not in _LAST_LETTERS:  # noqa: PLR2004
        return word
    if not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "ches", "shes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending, shortest in (("ing", 3), ("ed", 3), ("ion", 4)):
        if word.endswith(ending) and len(word) - len(ending) >= shortest:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word  # noqa: PLR2004


STOP_STEMS = frozenset(map(stem, STOP_WORDS))


class Token(NamedTuple):
    """A word of a text: the terms that find it, its span, and its number in the sentence."""

    terms: tuple[str, ...]
    start: int
    end: int
    place: int = 0


def tokens(sentence: str, offset: int = 0) -> Iterator[Token]:
    """Yield the words of a normalised sentence that begins at `offset` of its text.

    Two words in a row are also found as a single word: "white list" has the term "whitelist".
    """
    previous = ""
    for place, match in enumerate(WORD.finditer(sentence)):
        word = match.group().removesuffix("'s").replace("'", "")
        terms = [stem(word)]
        if word in NEGATIONS:
            terms.append("not")
        if previous:
            terms.append(stem(previous + word))
        previous = word if word.isascii() else ""
        yield Token(tuple(terms), offset + match.start(), offset + match.end(), place)
