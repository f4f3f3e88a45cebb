"""Limits on what each IP address sends, counted in the memory of this process."""

from __future__ import annotations

import math
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from starlette.requests import Request

from app.feedback.visitor import visitor_hash

MOST_COUNTS = 50_000
"""The most counts that are kept (about 20 MB). Beyond that counting starts again from zero."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The most events of an address within a window, which starts with its first event."""

    event: str
    most: int
    seconds: int


class Window(NamedTuple):
    """When the window of an address ends (`time.monotonic`), and the number of its events."""

    end: float
    events: int


class Limiter:
    """Counts events by address. An address is kept as a hash under a key of this process."""

    def __init__(self) -> None:
        self._windows: dict[tuple[Limit, str], Window] = {}
        # Not the secret of the day: reading that secret waits for the store.
        self._secret = secrets.token_bytes(32)

    def hit(self, limit: Limit, address: str) -> int | None:
        """Count an event; return None if it is allowed, else the seconds until the next window."""
        now = time.monotonic()
        if len(self._windows) >= MOST_COUNTS:
            self._forget(now)
        window = self._window(limit, address, now)
        self._windows[limit, self._visitor(address)] = Window(window.end, window.events + 1)
        return _wait(limit, window, now)

    def wait_seconds(self, limit: Limit, address: str) -> int | None:
        """Return what `hit` would return, but count nothing."""
        now = time.monotonic()
        return _wait(limit, self._window(limit, address, now), now)

    def _window(self, limit: Limit, address: str, now: float) -> Window:
        """Return the present window of an address, or a new window if it has ended."""
        window = self._windows.get((limit, self._visitor(address)))
        return window if window and now < window.end else Window(now + limit.seconds, 0)

    def _forget(self, now: float) -> None:
        """Forget the windows that have ended, or all of them if most are still open."""
        still_open = {key: window for key, window in self._windows.items() if window.end > now}
        self._windows = still_open if len(still_open) < MOST_COUNTS / 2 else {}

    def _visitor(self, address: str) -> str:
        # Without the page, so that more pages give an address no more events.
        return visitor_hash(address, "", "", datetime.now(UTC).date(), self._secret)


def _wait(limit: Limit, window: Window, now: float) -> int | None:
    return max(1, math.ceil(window.end - now)) if window.events >= limit.most else None


def client_ip(request: Request) -> str:
    """Return the IP address of the visitor, as the server sees it (docs/store.md)."""
    return request.client.host if request.client else ""
