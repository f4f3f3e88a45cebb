"""What stands behind the pages and may fail without them: the store and the limit on votes."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from datetime import UTC, datetime

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.diagnosis.redaction import Redactor
from app.feedback.records import Kind, StoreUnavailableError, Unanswered
from app.feedback.store import Store

VOTES_PER_MINUTE = 12
"""So many votes of one address are taken in a minute; a page takes two (the vote, the reason)."""
PURGE_SECONDS = 24 * 3600

logger = logging.getLogger("helpcenter")


class Backstage:
    """The store, what guards it, and what is kept in it.

    `keep_unanswered` is the switch for texts that found no answer; `insights_token` opens
    `/insights`, which is absent without one. Everything that is kept is redacted here once more.
    Nothing is stored before `open`.
    """

    def __init__(
        self,
        database_url: str,
        redactor: Redactor,
        *,
        keep_unanswered: bool,
        insights_token: str | None,
    ) -> None:
        self.redactor = redactor
        self.insights_token = insights_token
        self._database_url = database_url
        self._keep_unanswered = keep_unanswered
        self._store: Store | None = None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(VOTES_PER_MINUTE)

    async def run(self) -> None:
        """Open the store without keeping anybody waiting, purge it daily, close it at the end."""
        self._store = await asyncio.to_thread(Store.open, self._database_url)
        try:
            while True:
                await self._purge(self._store)
                await asyncio.sleep(PURGE_SECONDS)
        finally:
            await asyncio.to_thread(self._store.close)

    @property
    def store(self) -> Store:
        """The store; raises `StoreUnavailableError` while it is not open."""
        if self._store is None:
            raise StoreUnavailableError("the store is not open yet")
        return self._store

    def status(self) -> str:
        """Return "ok", "opening" or "degraded: <why>", at once."""
        return str(self._store.status()) if self._store else "opening"

    def wait_seconds(self, visitor: str) -> int | None:
        """Count a vote of `visitor`; return after how many seconds to try again if too many."""
        if self._limiter.hit(self._limit, visitor):
            return None
        reset = self._limiter.get_window_stats(self._limit, visitor).reset_time
        return max(1, math.ceil(reset - time.time()))

    def note_unanswered(self, kind: Kind, text: str, exchange: str | None, version: str) -> None:
        """Keep a text that found no answer, for writers; returns at once and never fails."""
        if self._store is None or not self._keep_unanswered or not text.strip():
            return
        self._store.note_unanswered(
            Unanswered(
                created=datetime.now(UTC),
                kind=kind,
                text=self.redactor.redact(text).text,
                content_version=version,
                exchange=exchange,
            )
        )

    def count_report(self, issue: str) -> None:
        """Count that `issue` led to a support report; returns at once and never fails."""
        if self._store is not None:
            self._store.count_report(issue, datetime.now(UTC).date())

    async def _purge(self, store: Store) -> None:
        try:
            await store.in_thread(store.purge, datetime.now(UTC))
        except StoreUnavailableError as error:
            logger.warning("the store could not be purged: %s", error)
