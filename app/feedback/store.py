"""The store: the one object that the rest of the program talks to."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, false, func, select, true

from app.feedback import failures, tables, writer
from app.feedback.database import Database
from app.feedback.records import (
    ANY_ISSUE,
    Comment,
    Kind,
    PageVotes,
    Reason,
    ReportCount,
    Shared,
    Status,
    StoreUnavailableError,
    Unanswered,
    Vote,
    Week,
)
from app.feedback.writer import Call, Row, Write, Writer

DEADLINE_SECONDS = 5
"""A call that is awaited ends no later than this."""
MOST_WAITING = 1_000
"""How many calls may wait at a time; more are refused at once."""
MOST_COMMENTS = 500
"""How many comments are read at a time: the newest."""

BUSY = "too many calls at once"
CLOSED = "the store is closed"

T = TypeVar("T")


class Store:
    """Votes, unanswered texts and report counts in SQLite or PostgreSQL.

    A separate thread writes (`writer.py`). The methods that write are awaited, and those that read
    block: async callers run them through `read`. Both raise `StoreUnavailableError` when the
    database is away. `note_unanswered`, `count_report` and `status` return at once and never fail.
    After a failure the store recovers without help.
    """

    def __init__(self, database: Database) -> None:
        """Use `open` instead."""
        self._database = database
        self._writer = Writer(database)
        self._secret: tuple[date, bytes] | None = None
        self._waiting = 0
        self._is_closed = False

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the store at `sqlite:////folder/file.db` or `postgresql://user@host/name`.

        Creates the tables or brings them up to date. When that fails, or takes longer than five
        seconds, the store is degraded and goes on trying. Another kind of URL raises `ValueError`.
        """
        store = cls(Database(url))
        store._writer.start()
        if not store._writer.tried.wait(DEADLINE_SECONDS):
            store._database.give_up()
        return store

    def close(self) -> None:
        """Write what waits, if that can be done within seconds, and let go of the database."""
        if self._is_closed:
            return
        self._is_closed = True
        self._writer.close()
        if not self._writer.join(DEADLINE_SECONDS):
            # A thread that waits forever would keep the process from ending.
            self._database.give_up()
            self._writer.join(DEADLINE_SECONDS)
        self._database.close()

    def status(self) -> Status:
        """Return the state of the store, at once."""
        return Status(
            self._database.reason, waiting=self._writer.notes, dropped=self._writer.dropped
        )

    # Writing

    async def vote(self, vote: Vote) -> None:
        """Store a vote in place of an earlier vote of this visitor on this page.

        When it returns, the vote is on disk. When it fails because of the deadline, the vote may
        have been stored; sending it again does no harm.
        """
        await self._write(vote)

    async def secret_of(self, day: date) -> bytes:
        """Return the random secret of `day`, the same for all replicas, for `visitor_hash`.

        Only the first call of a day waits for the database.
        """
        if self._secret is None or self._secret[0] != day:
            self._secret = (day, await self._write(partial(writer.daily_secret, day=day)))
        return self._secret[1]

    async def purge(self, now: datetime) -> int:
        """Delete what is kept for a limited time; return how many unanswered texts were deleted."""
        return int(await self._write(partial(writer.purge, now=now)))

    async def share_status(self, holder: str, seconds: float, text: str | None = None) -> Shared:
        """Take or renew the right of `holder` to ask the exchanges, for `seconds`.

        A single process of all that share this store has the right; the others read its `text`.
        """
        call = partial(writer.share_status, holder=holder, seconds=seconds, text=text)
        shared: Shared = await self._write(call)
        return shared

    def note_unanswered(self, row: Unanswered) -> None:
        """Keep a text that found no answer; it is written soon, and nothing waits for it."""
        if row.text:
            self._writer.add(Write(row, done=None))

    def count_report(self, issues: Collection[str], day: date) -> None:
        """Count a support report and the issues that led to it, which may be none.

        It is written soon, and nothing waits for it.
        """
        for issue in sorted({ANY_ISSUE, *issues}):
            self._writer.add(Write(ReportCount(day, issue), done=None))

    async def _write(self, what: Row | Call) -> Any:
        if self._is_closed:
            raise StoreUnavailableError(CLOSED)
        if self._waiting >= MOST_WAITING:
            raise StoreUnavailableError(BUSY)
        write = Write(what)
        assert write.done is not None
        self._writer.add(write)
        self._waiting += 1
        try:
            return await self._in_time(asyncio.wrap_future(write.done), self._writer_hangs)
        finally:
            self._waiting -= 1

    def _writer_hangs(self) -> bool:
        """Tell whether the database blocks the writer, rather than the many votes in the queue."""
        return self._writer.busy_seconds >= DEADLINE_SECONDS / 2

    # Reading

    async def read(self, reading: Callable[[], T]) -> T:
        """Run `reading`, which calls methods that read, without blocking the event loop."""
        return await self._in_time(asyncio.to_thread(reading), lambda: True)

    def votes_by_page(self, since: datetime) -> list[PageVotes]:
        """Return the votes since then by page, those with most "no" first.

        Of all comments, the newest `MOST_COMMENTS` are among them.
        """
        vote = tables.vote.c
        counts: Counter[tuple[str, bool]] = Counter()
        reasons: dict[str, Counter[Reason]] = {}
        comments: dict[str, list[Comment]] = {}
        with self._database.transaction(write=False) as connection:
            for page, helpful, reason, count in connection.execute(
                select(vote.page, vote.helpful, vote.reason, func.count())
                .where(vote.created >= since)
                .group_by(vote.page, vote.helpful, vote.reason)
            ):
                counts[page, helpful] += count
                if reason is not None:
                    reasons.setdefault(page, Counter())[_reason(reason)] += count
            for row in connection.execute(
                select(tables.vote)
                .where(vote.created >= since, vote.comment.is_not(None))
                .order_by(vote.created.desc(), vote.id.desc())
                .limit(MOST_COMMENTS)
            ):
                comments.setdefault(row.page, []).append(
                    Comment(
                        row.created,
                        row.helpful,
                        None if row.reason is None else _reason(row.reason),
                        row.comment,
                        row.content_version,
                    )
                )
        votes = [
            PageVotes(
                page,
                helpful=counts[page, True],
                unhelpful=counts[page, False],
                reasons=dict(reasons.get(page, {})),
                comments=tuple(comments.get(page, ())),
            )
            for page in sorted({page for page, _ in counts})
        ]
        return sorted(votes, key=lambda votes: -votes.unhelpful)

    def weekly_totals(self, first: date, last: date) -> list[Week]:
        """Return the totals of each week from that of `first` to that of `last`, in order."""
        start, end = _monday(first), _monday(last) + timedelta(days=7)
        votes, texts, reports = tables.vote.c, tables.unanswered.c, tables.report.c
        with self._database.transaction(write=False) as connection:
            yes = _per_week(connection, votes.created, start, end, votes.helpful == true())
            no = _per_week(connection, votes.created, start, end, votes.helpful == false())
            unanswered = _per_week(connection, texts.created, start, end, true())
            counted = Counter[date]()
            for day, count in connection.execute(
                select(reports.day, reports.count).where(
                    reports.day >= start, reports.day < end, reports.issue == ANY_ISSUE
                )
            ):
                counted[_monday(day)] += count
        weeks = [start + timedelta(days=7 * number) for number in range((end - start).days // 7)]
        return [Week(week, yes[week], no[week], unanswered[week], counted[week]) for week in weeks]

    def unanswered(self, since: datetime) -> list[Unanswered]:
        """Return the texts since then that found no answer, the newest first."""
        row = tables.unanswered.c
        with self._database.transaction(write=False) as connection:
            return [
                Unanswered(
                    found.created,
                    Kind(found.kind),
                    found.text,
                    found.content_version,
                    found.exchange,
                )
                for found in connection.execute(
                    select(tables.unanswered)
                    .where(row.created >= since)
                    .order_by(row.created.desc(), row.id.desc())
                    .limit(writer.MOST_UNANSWERED)
                )
            ]

    def reports_by_issue(self, since: date) -> list[tuple[str, int]]:
        """Return how many reports each issue led to since that day, most first."""
        report = tables.report.c
        total = func.sum(report.count)
        with self._database.transaction(write=False) as connection:
            return [
                (issue, int(count))
                for issue, count in connection.execute(
                    select(report.issue, total)
                    .where(report.day >= since, report.issue != ANY_ISSUE)
                    .group_by(report.issue)
                    .order_by(total.desc(), report.issue)
                )
            ]

    async def _in_time(self, waiting: Awaitable[T], hangs: Callable[[], bool]) -> T:
        """Wait for a result, not longer than the deadline; then cut connections that hang."""
        try:
            # `wait_for` of Python 3.11 takes an extra turn of the event loop: a tenth of a second
            # while there are two hundred visitors.
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await waiting
        except TimeoutError as error:
            if hangs():
                self._database.give_up()
            raise StoreUnavailableError(failures.TIMEOUT) from error


def _per_week(
    connection: Connection, created: Any, start: date, end: date, condition: Any
) -> Counter[date]:
    day = func.date(created)
    first, behind = (datetime(*moment.timetuple()[:3], tzinfo=UTC) for moment in (start, end))
    counted = Counter[date]()
    for found, count in connection.execute(
        select(day, func.count()).where(created >= first, created < behind, condition).group_by(day)
    ):
        # SQLite has no dates, only texts.
        counted[_monday(date.fromisoformat(str(found)))] += count
    return counted


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _reason(value: str) -> Reason:
    """Return the reason; a reason that only another version knows counts as "other"."""
    try:
        return Reason(value)
    except ValueError:
        return Reason.OTHER
