"""Long work, done in threads beside the event loop, and limited in number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.exceptions import HTTPException

AT_ONCE = 2
"""How many threads work at a time."""
MOST_ACCEPTED = 20
"""The most pieces of work that wait or run; together they take two seconds at most."""
RETRY_SECONDS = 5

Result = TypeVar("Result")


class BoundedThreads:
    """Runs work in threads; answers 503 where too much of it waits already."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._accepted = 0

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return the result of `work`, which must be safe to call in any thread."""
        if self._accepted >= MOST_ACCEPTED:
            busy = "many long texts are being diagnosed; try again in a few seconds"
            raise HTTPException(503, busy, {"Retry-After": str(RETRY_SECONDS)})
        self._accepted += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work)
        finally:
            self._accepted -= 1
