"""How texts and queries are cut into words.

A *token* is a word, a compound such as `api-signature-not-valid`, or a code, which holds a digit.
Words are found with other endings and corrected; codes are matched whole or not at all.
"""

from __future__ import annotations

import re

import tantivy

from app.languages import UNSPACED, Language

_STOP_WORDS = (
    "a about after all also am an and any are as at be because been but by can cant could did do "
    "does dont even for from get gets getting got had has have help how i if in into is it its "
    "ive just keep keeps me my no not of on or our please s say says so some still t than that the "
    "their then there these they this to too up us was we were what when where which while who "
    "why will with would you your"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Words that say nothing about what is asked for."""

FILLERS = frozenset({"code", "error", "errors", "message", "msg", "http", "status", "retcode"})
"""Words around a code that only say that it is a code."""

_WORD = r"[^\W_]+"
_TOKEN = re.compile(rf"{_WORD}(?:[-_.]+{_WORD})*")

_BETWEEN = re.compile(rf"(?<=[{UNSPACED}])(?=[{UNSPACED}])")
CUT = "\N{ZERO WIDTH SPACE}"
"""Stands between the letters of scripts without spaces: each letter is a word in the index."""


def analyzer_for(language: Language) -> tantivy.TextAnalyzer:
    """Return the analyzer of texts in `language`: words without case, accents and endings.

    Words keep their endings in a language that tantivy has no stemmer for.
    """
    name = (language.locale.get_language_name("en") or "").lower()
    try:
        return _words().filter(tantivy.Filter.stemmer(name)).build()
    except ValueError:
        return _words().build()


def _words() -> tantivy.TextAnalyzerBuilder:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold())


def cut(text: str) -> str:
    """Return a text with a mark between letters that are words of their own."""
    return text if text.isascii() else _BETWEEN.sub(CUT, text)


def tokens_of(text: str) -> list[str]:
    """Return the tokens of a text in lower case; the sign of a number is no part of it."""
    return _TOKEN.findall(text.casefold())


def parts_of(text: str) -> list[str]:
    """Return the words of a text in lower case; compounds are split into their words."""
    return re.findall(_WORD, text.casefold())


def is_code(token: str) -> bool:
    """Tell whether a token is matched whole or not at all."""
    return any(map(str.isdigit, token))
