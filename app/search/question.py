"""A query, understood."""

from __future__ import annotations

import re
from collections.abc import Container
from heapq import nsmallest
from typing import NamedTuple

from app.search.names import Names
from app.search.tokens import FILLERS, has_digit, tokens_of, words_of
from app.search.vocabulary import Meaning, Vocabulary

MAX_CHARACTERS = 200
MAX_WORDS = 16
"""More of a query is cut off: nobody types it, and each word costs time."""

RAREST_WORDS = 6
"""Of a longer query only so many words are looked for, those that tell most."""

_WORD_END = re.compile(r"[^\W_]\Z")
_QUOTED = re.compile(r'(?<!\S)"([^"]+)"(?!\S)')
_LOOKALIKES = str.maketrans("“”„«»−–\N{NON-BREAKING HYPHEN}", '"""""---')


class Question(NamedTuple):
    """What a query asks for; without any, for nothing."""

    words: tuple[Meaning, ...] = ()
    """What its words may stand for."""
    sentence: tuple[str, ...] = ()
    """All words in their order."""
    phrases: tuple[tuple[str, ...], ...] = ()
    """Words that must stand side by side."""
    codes: tuple[str, ...] = ()
    """Tokens that must be the same."""
    named: tuple[str, ...] = ()
    """The whole codes of error pages that it names."""
    preferred: tuple[str, ...] = ()
    """The exchanges that it is about."""


class Reader:
    """Understands queries by the words, codes and names that there are."""

    def __init__(self, vocabulary: Vocabulary, codes: Container[str], names: Names) -> None:
        self._vocabulary = vocabulary
        self._codes = codes
        self._names = names

    def read(self, query: str, exchange: str | None) -> Question:
        """Return what a query asks for, any string; its last word may be unfinished."""
        text = query.encode("utf-8", "ignore").decode()[:MAX_CHARACTERS].translate(_LOOKALIKES)
        tokens = tokens_of(text)[:MAX_WORDS]
        codes = [token for token in tokens if has_digit(token) or token in self._codes]
        quoted = [words for words in map(words_of, _QUOTED.findall(text)) if len(words) > 1]
        loose = _QUOTED.sub(" ", text) if quoted else text
        words = [
            word
            for token in tokens_of(loose)[:MAX_WORDS]
            if not has_digit(token) and not (codes and token in FILLERS)
            for word in words_of(token)
        ]
        typing = _WORD_END.search(loose) is not None
        named, exchanges = self._names.read(tokens, exchange)
        meanings = self._vocabulary.read(words[:MAX_WORDS], typing=typing)
        return Question(
            words=tuple(nsmallest(RAREST_WORDS, meanings, key=lambda one: one.holders)),
            sentence=tuple(words_of(loose)[:MAX_WORDS]),
            phrases=tuple(map(tuple, quoted)),
            codes=tuple(dict.fromkeys(code for code in codes if code in self._codes)),
            named=named,
            preferred=exchanges,
        )
