"""The way from a handler to the store: limits, redaction, the visitor's hash."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.diagnosis.redaction import Redactor
from app.feedback.records import Kind, Reason, Shared, StoreUnavailableError, Unanswered, Vote
from app.feedback.visitor import visitor_hash
from app.insights import Insights
from app.knowledge import KnowledgeBase
from app.web.http.limits import Limit, Limiter
from app.web.http.metrics import Metrics
from app.web.serving.insights import InsightsCache

if TYPE_CHECKING:
    from app.feedback.store import Store

VOTES_PER_MINUTE = Limit("votes", 12, 60)
"""A page takes two votes of a visitor: the vote, and the vote with its reason."""
VOTES_PER_DAY = Limit("votes", 200, 24 * 3600)
"""The daily limit on votes: several people in an office share an IP address."""
TEXTS_PER_HOUR = Limit("unanswered texts", 30, 3600)
"""The limit on unanswered texts; texts beyond it are answered, but not kept."""
REPORTS_PER_HOUR = Limit("reports", 10, 3600)
"""The limit on reports; reports beyond it are created, but not counted."""
PURGE_SECONDS = 3600
OPENING_SECONDS = 5
"""The longest that a vote waits for a store that is being opened."""

logger = logging.getLogger("helpcenter")


class TooManyVotesError(Exception):
    """A visitor has reached a limit; `seconds` later they can vote again."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


class FeedbackService:
    """Votes, unanswered texts and report counts: limited for each visitor, redacted, stored.

    Without `keep_unanswered` no texts are kept. Nothing is stored before `run` has opened the
    store.
    """

    def __init__(
        self,
        database_url: str,
        redactor: Redactor,
        *,
        keep_unanswered: bool,
        metrics: Metrics,
    ) -> None:
        self.metrics = metrics
        self._redactor = redactor
        self._database_url = database_url
        self._keep_unanswered = keep_unanswered
        self._store: Store | None = None
        self._is_open = asyncio.Event()
        self._insights = InsightsCache()
        self._limiter = Limiter()

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

    def status(self) -> str:
        """Return the state of the store at once: "opening", or as `Status` writes it."""
        return str(self._store.status()) if self._store else "opening"

    async def vote(
        self,
        page: str,
        *,
        helpful: bool,
        reason: Reason | None,
        comment: str,
        version: str,
        address: str,
        user_agent: str,
    ) -> None:
        """Store a vote; it is on disk afterwards.

        `comment` must be whole: half a secret can't be recognised. Raises `TooManyVotesError` and
        `StoreUnavailableError`.
        """
        for limit in (VOTES_PER_MINUTE, VOTES_PER_DAY):
            seconds = self._limiter.hit(limit, address)
            if seconds is not None:
                raise TooManyVotesError(seconds)
        now = datetime.now(UTC)
        store = await self._opened()
        secret = await store.secret_of(now.date())
        vote = Vote(
            created=now,
            page=page,
            helpful=helpful,
            visitor=visitor_hash(address, user_agent, page, now.date(), secret),
            content_version=version,
            reason=reason,
            comment=(await asyncio.to_thread(self._redactor.redact, comment)).text,
        )
        await store.vote(vote)

    def note_unanswered(
        self, kind: Kind, text: str, exchange: str | None, version: str, address: str | None
    ) -> None:
        """Keep a text that found no answer, for writers; returns at once and never fails.

        `text` must be whole: half a secret can't be recognised. Texts without an `address` come
        from a product's own backend, and have no limit.
        """
        if self._store is None or not self._keep_unanswered or not text.strip():
            return
        if address is not None and self._limiter.hit(TEXTS_PER_HOUR, address) is not None:
            return
        self._store.note_unanswered(
            Unanswered(
                created=datetime.now(UTC),
                kind=kind,
                text=self._redactor.redact(text).text,
                content_version=version,
                exchange=exchange,
            )
        )
        self.metrics.count_unanswered(kind.value)

    def count_report(self, issues: Collection[str], address: str) -> None:
        """Count a report that these issues led to; returns at once and never fails."""
        if self._store is None:
            return
        if self._limiter.hit(REPORTS_PER_HOUR, address) is None:
            self._store.count_report(issues, datetime.now(UTC).date())

    async def share_status(self, holder: str, seconds: float, text: str | None = None) -> Shared:
        """Take the right to ask the exchanges, or learn what its holder found.

        Raises `StoreUnavailableError`.
        """
        return await (await self._opened()).share_status(holder, seconds, text)

    async def insights(self, knowledge: KnowledgeBase) -> Insights:
        """Return recent insights; raises `StoreUnavailableError` and `NotComputedError`."""
        return await self._insights.get(await self._opened(), knowledge)

    async def _opened(self) -> Store:
        """Return the store; in the first moment of a server wait until it is open."""
        if self._store is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_open.wait(), OPENING_SECONDS)
        if self._store is None:
            raise StoreUnavailableError("the store is not open yet")
        return self._store

    async def _purge(self, store: Store) -> None:
        try:
            await store.purge(datetime.now(UTC))
        except StoreUnavailableError as error:
            logger.warning("the store could not be purged: %s", error)


def _open(database_url: str) -> Store:
    # SQLAlchemy takes longer to import than everything that a page needs.
    from app.feedback.store import Store  # noqa: PLC0415

    return Store.open(database_url)
