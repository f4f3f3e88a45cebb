"""The insights, computed beside the event loop and kept for a while."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from app.insights import Insights, collect, summarise
from app.knowledge import KnowledgeBase

if TYPE_CHECKING:
    from app.feedback.store import Store

WAIT_SECONDS = 5
"""The longest that a request waits for a computation; then it gets the insights from before."""
KEEP_FACTOR = 10
"""Insights are kept for this multiple of the processor time that they took."""


class NotComputedError(Exception):
    """The first insights are still being computed."""


class InsightsCache:
    """The latest insights. A single computation runs at a time, in a thread.

    The store bounds the computation (10,000 texts). The longer it takes, the longer its result is
    kept, so that it never takes more than a tenth of a processor.
    """

    def __init__(self) -> None:
        self._latest: Insights | None = None
        self._keep_until = 0.0
        self._computation: asyncio.Task[Insights] | None = None

    async def get(self, store: Store, knowledge: KnowledgeBase) -> Insights:
        """Return insights; raise `StoreUnavailableError` or `NotComputedError`."""
        if self._latest and time.monotonic() < self._keep_until:
            return self._latest
        if self._computation is None or self._computation.done():
            self._computation = asyncio.create_task(self._compute(store, knowledge))
            # The request may have ended, so nobody would await its error.
            self._computation.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await asyncio.shield(self._computation)
        except TimeoutError:
            if self._latest is None:
                raise NotComputedError from None
            return self._latest

    async def _compute(self, store: Store, knowledge: KnowledgeBase) -> Insights:
        collected = await store.read(lambda: collect(store))

        def work() -> tuple[Insights, float]:
            started = time.thread_time()
            return summarise(collected, knowledge), time.thread_time() - started

        latest, took = await asyncio.to_thread(work)
        self._latest, self._keep_until = latest, time.monotonic() + KEEP_FACTOR * took
        return latest
