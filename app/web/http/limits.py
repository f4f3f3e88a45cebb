"""Counts of what each address sends, in the memory of this process."""

from __future__ import annotations

import math
import secrets
import time
from datetime import UTC, datetime

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.requests import Request

from app.feedback.visitor import visitor_hash

MOST_COUNTS = 50_000
"""The most counts that are kept, 20 MB; a visitor with more addresses than that isn't limited."""


class Limiter:
    """Counts events by address. An address is kept as a hash under a key of this process."""

    def __init__(self) -> None:
        # Not the secret of the day: asking for that would wait for the store.
        self._secret = secrets.token_bytes(32)
        self._begin()

    def is_within(self, limit: RateLimitItem, event: str, address: str) -> bool:
        """Count an event of an address; tell whether that is within the limit."""
        if len(self._counts.storage) >= MOST_COUNTS:
            self._begin()
        return self._windows.hit(limit, event, self._visitor(address))

    def is_used_up(self, limit: RateLimitItem, event: str, address: str) -> bool:
        """Tell whether the next event of an address would be too many; nothing is counted."""
        return not self._windows.test(limit, event, self._visitor(address))

    def wait_seconds(self, limit: RateLimitItem, event: str, address: str) -> int:
        """Return the seconds after which the limit begins anew for an address."""
        stats = self._windows.get_window_stats(limit, event, self._visitor(address))
        return max(1, math.ceil(stats.reset_time - time.time()))

    def _begin(self) -> None:
        # Moving windows would never let go of a visitor: the storage keeps an empty list of each.
        self._counts = MemoryStorage()
        self._windows = FixedWindowRateLimiter(self._counts)

    def _visitor(self, address: str) -> str:
        # Whatever the page, so that no page adds to what an address may do.
        return visitor_hash(address, "", "", datetime.now(UTC).date(), self._secret)


def address_of(request: Request) -> str:
    """Return where a request comes from, as the server sees it (docs/store.md, behind a proxy)."""
    return request.client.host if request.client else ""
