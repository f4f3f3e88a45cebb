"""A bounded queue between requests and the one thread that writes what they leave."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Condition
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Backlog(Generic[Entry]):
    """Entries in the order they came; when there are too many, the oldest is dropped."""

    def __init__(self, most: int) -> None:
        """Hold `most` entries at a time."""
        self._entries: deque[Entry] = deque()
        self._most = most
        self._changed = Condition()
        self._closed = False
        self._in_hand = 0
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many entries were dropped so far."""
        return self._dropped

    def __len__(self) -> int:
        with self._changed:
            return len(self._entries) + self._in_hand

    def add(self, entry: Entry) -> None:
        """Add an entry, at once."""
        with self._changed:
            self._entries.append(entry)
            self._bound()
            self._changed.notify()

    def take(self, most: int, *, wait_seconds: float) -> list[Entry]:
        """Take up to `most` entries in hand; wait for the first, but not longer than this.

        Only one thread may take, and says what became of them before it takes again.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._entries or self._closed, wait_seconds)
            taken = [self._entries.popleft() for _ in range(min(most, len(self._entries)))]
            self._in_hand = len(taken)
            return taken

    def done(self) -> None:
        """Say that the entries in hand are written."""
        with self._changed:
            self._in_hand = 0

    def put_back(self, entries: Sequence[Entry]) -> None:
        """Put the entries in hand back to the front: they could not be written now."""
        with self._changed:
            self._in_hand = 0
            self._entries.extendleft(reversed(entries))
            self._bound()

    def drop(self) -> None:
        """Give up the entries in hand."""
        with self._changed:
            self._dropped += self._in_hand
            self._in_hand = 0

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _bound(self) -> None:
        while len(self._entries) > self._most:
            self._entries.popleft()
            self._dropped += 1
