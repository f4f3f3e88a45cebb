"""Names and hosts of exchanges in a text, and how surely each speaks for its exchange."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import ahocorasick_rs
import re2

from app.diagnosis import weights
from app.diagnosis.normalised_text import normalise
from app.model import Exchange

OTHER = ""
"""Stands for every exchange that has no page here."""

_HOST = re2.compile(
    r"(?:https?://|wss?://|host='|host: ?'?|enotfound |eai_again |to host |lookup |connection to )"
    r"([a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){1,5})"
)


class Mention(NamedTuple):
    """One place where an exchange is mentioned, and how surely."""

    exchange: str
    start: int
    end: int
    votes: float


class MentionIndex:
    """The names and hosts of all exchanges, prepared once."""

    def __init__(self, exchanges: Iterable[Exchange], others: Iterable[str] = ()) -> None:
        """Prepare names and hosts, and names of `others`, which all count as `OTHER`."""
        owners: dict[tuple[str, bool], set[str]] = defaultdict(set)
        for name in others:
            owners[normalise(name).flat, False].add(OTHER)
        for exchange in exchanges:
            for name in (exchange.id, exchange.name, *exchange.names):
                owners[normalise(name).flat, False].add(exchange.id)
            for host in exchange.hosts:
                owners[normalise(host).flat, True].add(exchange.id)
        self._entries = [
            (word, is_host, tuple(sorted(ids))) for (word, is_host), ids in owners.items()
        ]
        words = [word for word, *_ in self._entries]
        self._automaton = ahocorasick_rs.AhoCorasick(words) if words else None

    def find(self, flat: str) -> list[Mention]:
        """Return the mentions in `flat` (normalised), in order."""
        if self._automaton is None or not flat:
            return []
        found: list[Mention] = []
        for index, start, end in self._automaton.find_matches_as_indexes(flat, overlapping=True):
            word, is_host, ids = self._entries[index]
            left = flat[start - 1] if start else " "
            right = flat[end] if end < len(flat) else " "
            if is_host:
                strength = 0.0 if left.isalnum() or left == "-" or right.isalnum() else weights.HOST
            else:
                is_joined = _joins(left) or _joins(right)
                in_path = not left.isalnum() and (left in "_/\\" or right in "_/\\")
                counts = not is_joined or in_path or len(word) >= weights.LONG_NAME
                strength = weights.NAME if counts else 0.0
            if strength:
                found += (Mention(exchange, start, end, strength) for exchange in ids)
        return sorted(found, key=lambda mention: mention.start)


NAMESPACE_HOST = "www.w3.org"
"""The host in XML namespaces. No request went to it."""


def foreign_hosts(flat: str, mentions: Iterable[Mention]) -> list[str]:
    """Return the hosts in `flat` that hold no name or host of an exchange."""
    places = [mention.start for mention in mentions]
    found: list[str] = []
    for match in _HOST.finditer(flat):
        start, end = match.start(1), match.end(1)
        index = bisect_left(places, start)
        named = index < len(places) and places[index] < end
        host = match.group(1)
        if not named and host != NAMESPACE_HOST and not host[-1].isdigit():
            found.append(host)
    return found


def without_names(flat: str, mentions: Iterable[Mention]) -> str:
    """Return `flat` with blanks in the place of every mention: a name is no evidence of a cause."""
    parts: list[str] = []
    reached = 0
    for mention in mentions:
        start, end = max(reached, mention.start), max(reached, mention.end)
        parts += (flat[reached:start], " " * (end - start))
        reached = end
    return "".join((*parts, flat[reached:]))


def _joins(character: str) -> bool:
    return (character.isalnum() and character.isascii()) or character in "_/\\"


def votes_by_exchange(mentions: Iterable[Mention]) -> dict[str, float]:
    """Return the votes for each exchange: those of its best mention."""
    best: dict[str, float] = defaultdict(float)
    for mention in mentions:
        best[mention.exchange] = max(best[mention.exchange], mention.votes)
    return best
