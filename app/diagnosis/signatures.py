"""Signatures: fixed messages with placeholders, and where a text holds them.

A signature is plain text as a writer copies it from an exchange, with placeholders: `{}` is
anything short, `{n}` a number, `{ip}` an IP address (that of the caller, who is thereby known).
Other names in braces are read like `{}`. Upper and lower case, kinds of quotes and white space
make no difference, and a full stop at the end is not asked for.

Aho-Corasick finds the longest literal of every signature in one pass over the paste; a regular
expression then verifies the few signatures whose literals are there, in a window of bounded length.
The time is linear for any content and any paste.
"""

from __future__ import annotations

import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import Any, Generic, NamedTuple, TypeVar

import ahocorasick_rs
import re2

from app.diagnosis.normalised_text import normalise

SHORTEST_LITERAL = 4
"""The least characters of a signature's longest literal; shorter literals are in every text."""

REACH = 120
"""How many characters a `{}` stands for at most."""

MOST_PLACEHOLDERS = 4
"""The most placeholders of a signature: each adds `REACH` characters to the text that is
verified."""

OCCURRENCES = 8
"""How often one signature is verified in one paste; more repetitions say nothing new."""

BOUNDED = 1
"""Signatures with at most this many placeholders are verified with Python's own `re`, in a fifth of
RE2's time. With more placeholders the steps of `re` multiply."""

_PLACEHOLDER = re2.compile(r"\{[a-z_]{0,20}[0-9]?\}|%[sd]|\bx\.x\.x\.x\b")
_ENDINGS = " .!"
_REGEX = {
    "{n}": r"-?[0-9][0-9.,]{0,40}",
    "{ip}": r"(?P<ip>[0-9a-f.:]{3,45})",
    "{}": rf".{{0,{REACH}}}?",
}
_BARE_MATCH = "x.x.x.x"
_OF_WORDS = frozenset(string.ascii_letters + string.digits)
"""Only ASCII: Chinese words stand without a space between them."""

Owner = TypeVar("Owner")


class SignatureError(ValueError):
    """A signature can't be used; the message says why and what helps."""


@dataclass(frozen=True)
class Signature:
    """One parsed signature. `parts` are its literals and placeholders in order, normalised."""

    text: str
    parts: tuple[str, ...]
    anchor: int

    @cached_property
    def literal(self) -> str:
        """The longest literal, by which the signature is found."""
        return self.parts[self.anchor]

    @cached_property
    def length(self) -> int:
        """How many characters are literal: the measure of how telling the signature is."""
        return sum(map(_weight, self._literals))

    @cached_property
    def words(self) -> int:
        """How many words are literal."""
        return sum(len(part.split()) for part in self._literals)

    def find(self, text: str, start: int) -> tuple[int, int, str | None] | None:
        """Verify the signature in `text`, where its literal begins at `start`.

        Return where the whole match begins and ends and the address it holds, or None.
        """
        end = start + len(self.literal)
        if len(self.parts) == 1:
            return (start, end, None) if _stands_alone(text, start, end) else None
        first = max(0, start - self._before)
        window = text[first : end + self._after]
        if not self._could_be_in(window):
            return None
        for match in self._pattern.finditer(window):
            begin, finish = first + match.start(), first + match.end()
            if begin <= start and finish >= end and _stands_alone(text, begin, finish):
                return begin, finish, self._address(match)
        return None

    def _could_be_in(self, window: str) -> bool:
        """Tell whether all literals are there in their order, which costs less than RE2."""
        position = 0
        for literal in self._literals:
            position = window.find(literal, position)
            if position < 0:
                return False
            position += len(literal)
        return True

    @staticmethod
    def _address(match: Any) -> str | None:
        found = match.groupdict().get("ip")
        return valid_address(found) if found else None

    @cached_property
    def _pattern(self) -> Any:
        """The compiled pattern, made when the signature is first a candidate."""
        seen_ip = False
        pieces: list[str] = []
        for part in self.parts:
            piece = _REGEX.get(part) or re.escape(part)
            if part == "{ip}":
                # A name may stand once in a pattern; the first address is the caller's.
                piece = piece.replace("?P<ip>", "?:") if seen_ip else piece
                seen_ip = True
            pieces.append(piece)
        first = r"\b" if self.parts[0][0] in _OF_WORDS else ""
        last = r"\b" if self.parts[-1][-1] in _OF_WORDS else ""
        pattern = first + " ?".join(pieces) + last
        if len(self.parts) - len(self._literals) <= BOUNDED:
            return re.compile(pattern, re.ASCII)
        return re2.compile(pattern)

    @cached_property
    def _literals(self) -> tuple[str, ...]:
        return tuple(part for part in self.parts if part not in _REGEX)

    @cached_property
    def _before(self) -> int:
        return sum(_reach(part) for part in self.parts[: self.anchor])

    @cached_property
    def _after(self) -> int:
        return sum(_reach(part) for part in self.parts[self.anchor + 1 :])


def _weight(literal: str) -> int:
    """Return the length of a literal; a Chinese character says as much as two letters."""
    return sum(1 if character.isascii() else 2 for character in literal)


def _reach(part: str) -> int:
    return REACH + 2 if part in _REGEX else len(part)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether the span neither begins nor ends within a word or number."""
    if start > 0 and text[start] in _OF_WORDS and text[start - 1] in _OF_WORDS:
        return False
    return not (end < len(text) and text[end] in _OF_WORDS and text[end - 1] in _OF_WORDS)


def valid_address(found: str) -> str | None:
    """Return the IP address in `found` in its usual form, or None if it isn't valid."""
    try:
        return str(ip_address(found.strip(".:") if "." in found else found))
    except ValueError:
        return None


def parse(text: str) -> Signature:
    """Read one signature. Raise `SignatureError` when it is too short, or has many placeholders."""
    flat = normalise(text).flat
    parts: list[str] = []
    position = 0
    for match in _PLACEHOLDER.finditer(flat):
        parts.append(flat[position : match.start()])
        name = match.group()
        parts.append("{ip}" if name == _BARE_MATCH else name if name in _REGEX else "{}")
        position = match.end()
    parts.append(flat[position:])
    parts = [part.strip() for part in parts]
    parts[-1] = parts[-1].rstrip(_ENDINGS)
    parts = [part for part in parts if part]
    while parts and parts[-1] == "{}":
        parts.pop()
    while parts and parts[0] == "{}":
        parts.pop(0)
    literals = [index for index, part in enumerate(parts) if part not in _REGEX]
    if len(parts) - len(literals) > MOST_PLACEHOLDERS:
        reason = f"the signature `{text[:REACH]}` has more than {MOST_PLACEHOLDERS} placeholders"
        raise SignatureError(f"{reason}; leave out its beginning or its end")
    anchor = max(literals, key=lambda index: len(parts[index]), default=-1)
    if not literals or _weight(parts[anchor]) < SHORTEST_LITERAL:
        reason = f"the signature `{text}` has no fixed text of {SHORTEST_LITERAL} characters"
        raise SignatureError(f"{reason}; add words that always stand there")
    return Signature(text, tuple(parts), anchor)


class Hit(NamedTuple, Generic[Owner]):
    """A signature that a text holds: whose it is, and the places (first ones) where it stands.

    `address` is the caller's address that it captured.
    """

    signature: Signature
    owners: tuple[Owner, ...]
    spans: tuple[tuple[int, int], ...]
    address: str | None

    @property
    def start(self) -> int:
        """Where it begins the first time."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Where it ends the first time."""
        return self.spans[0][1]

    @property
    def last(self) -> int:
        """Where it begins the last time."""
        return self.spans[-1][0]


class SignatureIndex(Generic[Owner]):
    """Many signatures, prepared once; looking them up changes nothing and is thread-safe."""

    def __init__(self, signatures: Iterable[tuple[str, Owner]]) -> None:
        """Prepare the signatures. One that can't be used is left out (`check` reports it)."""
        owners: dict[tuple[str, ...], list[Owner]] = defaultdict(list)
        parsed: dict[tuple[str, ...], Signature] = {}
        for text, owner in signatures:
            try:
                signature = parse(text)
            except SignatureError:
                continue
            parsed.setdefault(signature.parts, signature)
            if owner not in owners[signature.parts]:
                owners[signature.parts].append(owner)
        by_literal: dict[str, list[tuple[Signature, tuple[Owner, ...]]]] = defaultdict(list)
        for parts, signature in parsed.items():
            by_literal[signature.literal].append((signature, tuple(owners[parts])))
        self._by_literal = list(by_literal.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(by_literal)) if by_literal else None

    def find(self, flat: str) -> Iterator[Hit[Owner]]:
        """Yield every signature that `flat` (normalised) holds."""
        if self._automaton is None or not flat:
            return
        places: dict[int, list[int]] = defaultdict(list)
        matches = self._automaton.find_matches_as_indexes(flat, overlapping=True)
        for literal, start, _ in matches:
            places[literal].append(start)
        for literal, starts in places.items():
            for signature, owners in self._by_literal[literal]:
                tried = [signature.find(flat, start) for start in starts[: OCCURRENCES * 2]]
                found = [place for place in tried if place][:OCCURRENCES]
                if found:
                    spans = tuple([(start, end) for start, end, _ in found])
                    addresses = [address for *_, address in found if address]
                    yield Hit(signature, owners, spans, addresses[0] if addresses else None)
