"""What stands behind the pages and may fail without them: the store, and the limits on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from limits import RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute

from app.diagnosis.redaction import Redactor
from app.feedback.records import Kind, StoreUnavailableError, Unanswered
from app.web.http.limits import Limiter
from app.web.http.metrics import Metrics

if TYPE_CHECKING:
    from app.feedback.store import Store

VOTES_PER_MINUTE = 12
"""So many votes of one address are taken in a minute; a page takes two (the vote, the reason)."""
VOTES_PER_DAY = 200
"""So many are taken in a day: an office behind one address has more pages to vote on than one."""
TEXTS_PER_HOUR = 30
"""So many unanswered texts of one address are kept in an hour; it is answered all the same."""
REPORTS_PER_HOUR = 10
"""So many support reports of one address are counted in an hour; they are made all the same."""
PURGE_SECONDS = 3600
OPENING_SECONDS = 5
"""The longest that a vote waits for a store that is being opened."""

logger = logging.getLogger("helpcenter")


class FeedbackService:
    """The store, what guards it, and what is kept in it.

    `keep_unanswered` is the switch for texts that found no answer. Everything that is kept is
    redacted here once more. Nothing is stored before `run` has opened the store.
    """

    def __init__(
        self,
        database_url: str,
        redactor: Redactor,
        *,
        keep_unanswered: bool,
        metrics: Metrics,
    ) -> None:
        self.redactor = redactor
        self.metrics = metrics
        self._database_url = database_url
        self._keep_unanswered = keep_unanswered
        self._store: Store | None = None
        self._is_open = asyncio.Event()
        self._limiter = Limiter()
        self._votes = (RateLimitItemPerMinute(VOTES_PER_MINUTE), RateLimitItemPerDay(VOTES_PER_DAY))
        self._texts = RateLimitItemPerHour(TEXTS_PER_HOUR)
        self._reports = RateLimitItemPerHour(REPORTS_PER_HOUR)

    async def run(self) -> None:
        """Open the store without making anybody wait, purge it hourly, close it at the end."""
        self._store = await asyncio.to_thread(_open, self._database_url)
        self._is_open.set()
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

    async def opened(self) -> Store:
        """Return the store; in the first moment of a server wait until it is open.

        Raises `StoreUnavailableError` when that takes too long.
        """
        if self._store is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_open.wait(), OPENING_SECONDS)
        return self.store

    def status(self) -> str:
        """Return "ok", "opening" or "degraded: <why>", at once."""
        return str(self._store.status()) if self._store else "opening"

    def wait_seconds(self, address: str) -> int | None:
        """Count a vote from `address`; return after how many seconds to try again if too many."""
        for limit in self._votes:
            if not self._limiter.is_within(limit, "vote", address):
                return self._limiter.wait_seconds(limit, "vote", address)
        return None

    def note_unanswered(
        self, kind: Kind, text: str, exchange: str | None, version: str, address: str | None
    ) -> None:
        """Keep a text that found no answer, for writers; returns at once and never fails.

        `text` must be whole: it is cut once its secrets are out, since half a secret is no longer
        known as one. Of one `address` only so many are kept; without an address there is no limit.
        """
        if self._store is None or not self._keep_unanswered or not text.strip():
            return
        if address is not None and not self._limiter.is_within(self._texts, "text", address):
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
        self.metrics.unanswered(kind.value)

    def count_report(self, issues: Collection[str], address: str) -> None:
        """Count a report that these issues led to; returns at once and never fails.

        Of one `address` only so many count.
        """
        if self._store is None:
            return
        if self._limiter.is_within(self._reports, "report", address):
            self._store.count_report(issues, datetime.now(UTC).date())

    async def _purge(self, store: Store) -> None:
        try:
            await store.purge(datetime.now(UTC))
        except StoreUnavailableError as error:
            logger.warning("the store could not be purged: %s", error)


def _open(database_url: str) -> Store:
    # Not above: SQLAlchemy takes longer to import than all that a page needs of the web.
    from app.feedback.store import Store  # noqa: PLC0415

    return Store.open(database_url)
