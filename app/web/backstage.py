"""What stands behind the pages and may fail without them: the store and the limit on votes."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.diagnosis.redaction import Redactor
from app.feedback.records import Kind, Unanswered
from app.feedback.store import Store

VOTES_PER_MINUTE = 12
"""So many votes of one address are taken in a minute; a page takes two (the vote, the reason)."""

logger = logging.getLogger("helpcenter")


@dataclass(frozen=True, slots=True)
class Backstage:
    """The store, what guards it, and what is kept in it.

    `keep_unanswered` is the switch for texts that found no answer. Everything that is kept is
    redacted here once more.
    """

    store: Store
    redactor: Redactor
    keep_unanswered: bool
    _limiter: MovingWindowRateLimiter = field(
        default_factory=lambda: MovingWindowRateLimiter(MemoryStorage())
    )
    _limit: RateLimitItemPerMinute = field(
        default_factory=lambda: RateLimitItemPerMinute(VOTES_PER_MINUTE)
    )

    def wait_seconds(self, visitor: str) -> int | None:
        """Count a vote of `visitor`; return after how many seconds to try again if too many."""
        if self._limiter.hit(self._limit, visitor):
            return None
        reset = self._limiter.get_window_stats(self._limit, visitor).reset_time
        return max(1, math.ceil(reset - time.time()))

    def note_unanswered(self, kind: Kind, text: str, exchange: str | None, version: str) -> None:
        """Keep a text that found no answer, for writers; returns at once and never fails."""
        if not self.keep_unanswered or not text.strip():
            return
        self.store.note_unanswered(
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
        self.store.count_report(issue, datetime.now(UTC).date())
