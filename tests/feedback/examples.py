"""What several tests, and the programs that they start, need."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

from app.feedback.records import Vote
from app.feedback.store import Store

NOON = datetime(2031, 5, 14, 12, tzinfo=UTC)
"""A Wednesday."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def a_vote(
    visitor: str = "visitor-1", page: str = "/issues/lost-teapot", *, helpful: bool = True
) -> Vote:
    return Vote(NOON, page, helpful, visitor, "v1")


def cast(store: Store, vote: Vote) -> None:
    """Vote, and wait until that is on disk."""
    asyncio.run(store.vote(vote))


def secret_of(store: Store, day: date) -> bytes:
    """Return the secret of a day."""
    return asyncio.run(store.secret_of(day))


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for what another thread or process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
