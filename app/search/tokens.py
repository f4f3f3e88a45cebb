"""Texts cut up, twice: into words, and into tokens that keep codes whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SMALL_WORDS = (
    "a about after all also am an and any are as at be because been but by can cant could did do "
    "does dont even for from get gets getting got had has have help how i if in into is it its "
    "ive just keep keeps me my not of on or our please s say says so some still t than that the "
    "their then there these they this to too up us was we were what when where which while who "
    "why will with would you your"
)
STOP_WORDS = frozenset(_SMALL_WORDS.split())
"""Words that say nothing about what is asked for."""

FILLERS = frozenset({"code", "error", "errors", "message", "msg", "http", "status", "retcode"})
"""Words around a code that say nothing more than that it is one."""

_WORDS = re.compile(r"\w+")
_PARTS = re.compile(r"[^\s\"'`‘’()\[\]{}<>|,;=\\…]+")
_NUMBER_AHEAD = re.compile(r":(?=[-+]?\d)")
_EDGES = ".:!?*#&/"
_CODE_SHAPE = re.compile(r"[-_:./\d](?:(?<=\d)|(?<=[^\W_].)(?=[^\W_]))")


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded: `Don't` and `dont` are one."""
    return _WORDS.findall(fold(text).replace("_", " "))


def fold(text: str) -> str:
    """Return a text as many type it: without capitals and apostrophes."""
    return text.casefold().replace("'", "").replace("’", "")


def tokens_of(text: str) -> list[str]:
    """Return the tokens of a text, folded: whole but for brackets and punctuation around them."""
    parts = _PARTS.findall(_NUMBER_AHEAD.sub(" ", text.casefold()))
    tokens = (part.lstrip(_EDGES).rstrip(_EDGES + "-+") for part in parts)
    return [token for token in tokens if token]


def key_of(name: str) -> str:
    """Return the form of a whole code or name under which a query finds it."""
    return " ".join(tokens_of(name))


def spellings(key: str) -> tuple[str, ...]:
    """Return a code as it is, and without its sign, which people leave out."""
    bare = key.lstrip("-+")
    return (key,) if bare == key else (key, bare)


def codes_of(text: str) -> Iterator[str]:
    """Yield the codes of a text, as its writer spelt them and without their signs."""
    if not is_code(text):
        return
    for part in set(_PARTS.findall(text.casefold())):
        if not part.isalpha() and is_code(part):
            for token in tokens_of(part):
                if is_code(token):
                    yield from spellings(token)


def is_code(token: str) -> bool:
    """Tell whether a token is more than letters, so no word that could be inflected.

    Of a longer text: whether it may hold such a token.
    """
    return _CODE_SHAPE.search(token) is not None


def has_digit(token: str) -> bool:
    """Tell whether a token cannot be a word."""
    return any(map(str.isdigit, token))
