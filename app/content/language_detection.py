"""The language of a text, told by the commonest words of the translations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.languages import UNSPACED, Language

MOST_WORDS = 400
"""How many of the commonest words of each language are used."""
FEWEST = 3
"""The least number of different words of a language that a text must have."""

_WORD = re.compile(rf"[{UNSPACED}]|[^\W\d_]{{2,}}")
_MARKUP = re.compile(r"\{\{.*?\}\}|`[^`]*`|\*\*.*?\*\*|\]\([^)]*\)")


@dataclass(frozen=True)
class LanguageDetector:
    """The commonest words of each language, English among them."""

    words: Mapping[Language, frozenset[str]]

    @classmethod
    def trained_on(cls, texts: Mapping[Language, Iterable[str]]) -> LanguageDetector:
        """Learn from the texts of each language."""
        return cls(
            {
                language: frozenset(
                    word
                    for word, _ in Counter(
                        word for text in written for word in _words(_MARKUP.sub(" ", text))
                    ).most_common(MOST_WORDS)
                )
                for language, written in texts.items()
            }
        )

    def language_of(self, text: str) -> Language | None:
        """Return the language that a text is written in; None where that can't be told."""
        words = set(_words(text))
        known = {language: len(words & common) for language, common in self.words.items()}
        ranked = sorted(known, key=lambda language: -known[language])
        if not ranked or known[ranked[0]] < FEWEST:
            return None
        if len(ranked) > 1 and known[ranked[0]] == known[ranked[1]]:
            return None
        return ranked[0]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
