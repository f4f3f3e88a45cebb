"""The store: the one object that the rest of the program talks to."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import (
    Connection,
    Insert,
    Table,
    delete,
    false,
    func,
    insert,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError

from app.feedback import database, tables
from app.feedback.backlog import Backlog
from app.feedback.database import Database
from app.feedback.records import (
    ANY_ISSUE,
    Comment,
    Kind,
    PageVotes,
    Reason,
    Report,
    Status,
    StoreUnavailableError,
    Unanswered,
    Vote,
    Week,
)

DEADLINE_SECONDS = 5
"""What is not done by then is given up; a call of the store fails no later than this."""
THREADS = 4
"""How many calls that read run at a time."""
MOST_WAITING = 1_000
"""How many calls and votes may wait for a thread; more are refused at once."""
MOST_UNWRITTEN = 1_000
"""How many unanswered texts and report counts are held in memory until they are written."""
BATCH = 200
"""How many votes, or texts and counts, are written in one transaction."""
PROBE_SECONDS = 5
"""How often an idle store looks whether its database is still there."""
RETRY_SECONDS = 1
"""How often a degraded store tries again."""
UNANSWERED_DAYS = 90
"""How long unanswered texts are kept."""
MOST_UNANSWERED = 10_000
"""How many unanswered texts are kept: the newest, so that no storm fills the disk."""
MOST_COMMENTS = 10_000
"""How many comments are read at a time: the newest."""

BUSY = "too many calls at once"
CLOSED = "the store is closed"
OPENING = "the store is not open yet"

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Ballot:
    """A vote, and whom to tell that it is on disk."""

    vote: Vote
    stored: Future[None] = field(default_factory=Future)


class Store:
    """Votes, unanswered texts and report counts in SQLite or PostgreSQL.

    The methods that read or write raise `StoreUnavailableError` when the database is away. They
    block, and async callers run them through `in_thread`; only `vote` and `secret_of` are to be
    awaited. `note_unanswered`, `count_report` and `status` return at once and never fail. After a
    failure the store recovers by itself: each call tries again, and so does a thread of its own.
    """

    def __init__(self, database: Database) -> None:
        """Use `open` instead."""
        self._database = database
        self._prepared = False
        self._preparing = Lock()
        # One writer at a time in this process: threads that wait for SQLite's own lock sleep and
        # poll, and some of them would starve.
        self._writing = Lock()
        self._reason: str | None = OPENING
        self._backlog: Backlog[Unanswered | Report] = Backlog(MOST_UNWRITTEN)
        self._ballots: Backlog[_Ballot] = Backlog(MOST_WAITING)
        self._secret: tuple[date, bytes] | None = None
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="store")
        self._waiting = 0
        self._closed = Event()
        self._keeper = Thread(target=self._keep, name="store-keeper", daemon=True)
        self._voting = Thread(target=self._take_votes, name="store-voting", daemon=True)

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the store at `sqlite:////folder/file.db` or `postgresql://user@host/name`.

        The tables are made or brought up to date. When that can't be done now, or not within
        five seconds, the store is degraded and goes on trying. Another kind of URL raises
        `ValueError`.
        """
        store = cls(Database(url))
        first = store._threads.submit(store._probe)
        try:
            first.result(DEADLINE_SECONDS)
        except StoreUnavailableError:
            pass  # It has been noted in the status.
        except FutureTimeoutError:
            store._give_up()
        store._keeper.start()
        store._voting.start()
        return store

    def close(self) -> None:
        """Write what waits, if that can be done within seconds, and let go of the database."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._backlog.close()
        self._ballots.close()
        calls = Thread(
            target=self._threads.shutdown, kwargs={"cancel_futures": True}, name="store-closing"
        )
        calls.start()
        threads = [self._keeper, self._voting, calls]
        self._join(threads)
        if any(thread.is_alive() for thread in threads):
            # Whoever waits for an answer for ever would keep the process from ending.
            self._database.hang_up()
            self._join(threads)
        self._database.dispose()

    @staticmethod
    def _join(threads: Sequence[Thread]) -> None:
        """Wait for the end of threads, but not longer than the deadline."""
        end = time.monotonic() + DEADLINE_SECONDS
        for thread in threads:
            thread.join(max(0, end - time.monotonic()))

    async def in_thread(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `call`, a method of this store, without blocking the event loop.

        A few run at a time, in threads of their own. Whatever happens, this ends after
        `DEADLINE_SECONDS`, with `StoreUnavailableError` when there was no result; whether a write
        was made is then unknown.
        """
        return await self._in_time(lambda: self._threads.submit(call, *args, **kwargs))

    async def _in_time(self, begin: Callable[[], Future[T]]) -> T:
        """Wait for what `begin` begins, not longer than the deadline, with not too many others."""
        if self._closed.is_set():
            raise StoreUnavailableError(CLOSED)
        if self._waiting >= MOST_WAITING:
            raise StoreUnavailableError(BUSY)
        future = begin()
        self._waiting += 1
        try:
            # Not `wait_for`, which before Python 3.12 waits for one more turn of the event loop:
            # a tenth of a second while there are two hundred visitors.
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            if future.cancel():
                raise StoreUnavailableError(BUSY) from error
            if future.running():
                self._give_up()
            raise StoreUnavailableError(database.TIMEOUT) from error
        finally:
            self._waiting -= 1

    def status(self) -> Status:
        """Return how the store is, at once."""
        return Status(self._reason, waiting=len(self._backlog), dropped=self._backlog.dropped)

    # Writing

    async def vote(self, vote: Vote) -> None:
        """Store a vote in place of an earlier one of this visitor on this page.

        When it returns, the vote is on disk. Votes that come while others are being written are
        written together: the disk is waited for once for all of them. Whatever happens, this ends
        after `DEADLINE_SECONDS`; when it fails because of that, the vote may have been stored, and
        can be sent again without harm.
        """

        def begin() -> Future[None]:
            ballot = _Ballot(vote)
            self._ballots.add(ballot)
            return ballot.stored

        await self._in_time(begin)

    def note_unanswered(self, row: Unanswered) -> None:
        """Keep a text that found no answer; it is written soon, and nothing waits for it."""
        if row.text:
            self._backlog.add(row)

    def count_report(self, issues: Collection[str], day: date) -> None:
        """Count a support report and the issues that led to it, which may be none.

        It is written soon, and nothing waits for it.
        """
        for issue in sorted({ANY_ISSUE, *issues}):
            self._backlog.add(Report(day, issue))

    async def secret_of(self, day: date) -> bytes:
        """Return `daily_secret`, at once when it was asked for before."""
        if self._secret is not None and self._secret[0] == day:
            return self._secret[1]
        return await self.in_thread(self.daily_secret, day)

    def daily_secret(self, day: date) -> bytes:
        """Return the random secret of `day`, the same for all replicas, for `visitor_hash`.

        It is made when first asked for. Those of earlier days are forgotten, but the day before
        is kept while clocks and requests cross midnight.
        """
        salt = tables.salt
        with self._transaction(write=True) as connection:
            connection.execute(
                _upsert(connection, salt)
                .values(day=day, value=secrets.token_bytes(32))
                .on_conflict_do_nothing()
            )
            connection.execute(delete(salt).where(salt.c.day < day - timedelta(days=1)))
            secret = bytes(connection.execute(select(salt.c.value).filter_by(day=day)).scalar_one())
        self._secret = (day, secret)
        return secret

    def purge(self, now: datetime) -> int:
        """Delete what is kept for a time only; return how many unanswered texts that were."""
        oldest = now - timedelta(days=UNANSWERED_DAYS)
        yesterday = now.astimezone(UTC).date() - timedelta(days=1)
        row, salt = tables.unanswered.c, tables.salt.c
        with self._transaction(write=True) as connection:
            connection.execute(delete(tables.salt).where(salt.day < yesterday))
            return connection.execute(
                delete(tables.unanswered).where(row.created < oldest)
            ).rowcount

    # Reading

    def votes_by_page(self, since: datetime) -> list[PageVotes]:
        """Return the votes since then by page, those with most "no" first."""
        vote = tables.vote.c
        counts: Counter[tuple[str, bool]] = Counter()
        reasons: dict[str, Counter[Reason]] = {}
        comments: dict[str, list[Comment]] = {}
        with self._transaction(write=False) as connection:
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
        with self._transaction(write=False) as connection:
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
        with self._transaction(write=False) as connection:
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
                    .limit(MOST_UNANSWERED)
                )
            ]

    def reports_by_issue(self, since: date) -> list[tuple[str, int]]:
        """Return how many reports each issue led to since that day, most first."""
        report = tables.report.c
        total = func.sum(report.count)
        with self._transaction(write=False) as connection:
            return [
                (issue, int(count))
                for issue, count in connection.execute(
                    select(report.issue, total)
                    .where(report.day >= since, report.issue != ANY_ISSUE)
                    .group_by(report.issue)
                    .order_by(total.desc(), report.issue)
                )
            ]

    # Inside

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        """Give a connection; turn whatever fails into `StoreUnavailableError`, and note it."""
        # Whoever has it may be waiting for the disk, which has as much time as anybody waits.
        if write and not self._writing.acquire(timeout=DEADLINE_SECONDS):
            raise StoreUnavailableError(BUSY)
        try:
            self._prepare()
            with self._database.transaction(write=write) as connection:
                yield connection
        except database.failures() as error:
            raise self._failed(error) from error
        finally:
            if write:
                self._writing.release()
        if write:
            self._succeeded()

    def _prepare(self) -> None:
        if self._prepared and not self._database.moved():
            return
        if not self._preparing.acquire(timeout=database.WAIT_SECONDS):
            raise StoreUnavailableError(OPENING)
        try:
            if not self._prepared or self._database.moved():
                self._prepared = False
                self._database.prepare()
                self._prepared = True
        finally:
            self._preparing.release()

    def _failed(self, error: Exception) -> StoreUnavailableError:
        reason, code = database.explain(error)
        if reason != database.LOCKED:
            # The server may be another one when it comes back, and the file may be damaged.
            self._prepared = False
        self._note(reason, code)
        return StoreUnavailableError(reason)

    def _succeeded(self) -> None:
        if self._reason is not None:
            if self._reason != OPENING:
                logger.warning("the store works again")
            self._reason = None

    def _note(self, reason: str, code: str) -> None:
        if self._reason != reason:
            logger.warning("the store is degraded: %s (%s)", reason, code)
        self._reason = reason

    def _give_up(self) -> None:
        self._note(database.TIMEOUT, "deadline")
        self._database.hang_up()

    def _keep(self) -> None:
        """Write what waits in the backlog, and find out whether the database is there."""
        while not self._closed.is_set():
            pause = PROBE_SECONDS if self._reason is None else RETRY_SECONDS
            batch = self._backlog.take(BATCH, wait_seconds=pause)
            try:
                if batch:
                    self._write(batch)
                    self._backlog.done()
                elif not self._closed.is_set():
                    self._probe()
            except StoreUnavailableError as error:
                if _is_refused(error):
                    # It would be refused again for ever, and hold up what comes after it.
                    self._backlog.drop()
                else:
                    self._backlog.put_back(batch)
                    self._closed.wait(RETRY_SECONDS)
        with suppress(StoreUnavailableError):
            while batch := self._backlog.take(BATCH, wait_seconds=0):
                self._write(batch)
                self._backlog.done()

    def _take_votes(self) -> None:
        """Write the votes that wait, all at once, and tell those who wait for them."""
        while True:
            is_last = self._closed.is_set()
            batch = self._ballots.take(BATCH, wait_seconds=0 if is_last else PROBE_SECONDS)
            self._store([one for one in batch if one.stored.set_running_or_notify_cancel()])
            self._ballots.done()
            if is_last and not batch:
                return

    def _store(self, ballots: Sequence[_Ballot]) -> None:
        if not ballots:
            return
        try:
            self._write_votes([ballot.vote for ballot in ballots])
        except Exception as error:
            if len(ballots) > 1 and _is_refused(error):
                # By what is in one of them, and the others need not go with it.
                for ballot in ballots:
                    self._store([ballot])
            else:
                for ballot in ballots:
                    ballot.stored.set_exception(error)
        else:
            for ballot in ballots:
                ballot.stored.set_result(None)

    def _write_votes(self, votes: Sequence[Vote]) -> None:
        # The last vote of a visitor on a page counts. In one order everywhere, so that two
        # replicas never wait for each other in a circle.
        last = {(vote.visitor, vote.page): vote for vote in votes}
        replaced = ("created", "helpful", "reason", "comment", "content_version")
        with self._transaction(write=True) as connection:
            add = _upsert(connection, tables.vote)
            connection.execute(
                add.on_conflict_do_update(
                    index_elements=["visitor", "page"],
                    set_={name: add.excluded[name] for name in replaced},
                ),
                [asdict(last[key]) for key in sorted(last)],
            )

    def _write(self, batch: Sequence[Unanswered | Report]) -> None:
        texts = [
            {
                "created": row.created,
                "kind": row.kind,
                "text": row.text,
                "exchange": row.exchange,
                "content_version": row.content_version,
            }
            for row in batch
            if isinstance(row, Unanswered)
        ]
        counts = Counter((row.issue, row.day) for row in batch if isinstance(row, Report))
        report = tables.report
        with self._transaction(write=True) as connection:
            if texts:
                connection.execute(insert(tables.unanswered), texts)
                row = tables.unanswered.c.id
                first_too_many = select(row).order_by(row.desc()).offset(MOST_UNANSWERED).limit(1)
                connection.execute(
                    delete(tables.unanswered).where(row <= first_too_many.scalar_subquery())
                )
            # In one order everywhere, so that two replicas never wait for each other in a circle.
            for (issue, day), count in sorted(counts.items()):
                connection.execute(
                    _upsert(connection, report)
                    .values(issue=issue, day=day, count=count)
                    .on_conflict_do_update(
                        index_elements=[report.c.issue, report.c.day],
                        set_={"count": report.c.count + count},
                    )
                )

    def _probe(self) -> None:
        """Read from a working database; write to a degraded one, because its disk may be full."""
        if self._reason is None:
            with self._transaction(write=False) as connection:
                connection.execute(select(tables.vote.c.id).limit(1))
        else:
            with self._transaction(write=True) as connection:
                connection.execute(insert(tables.probe).values(at=datetime.now(UTC)))
                connection.execute(delete(tables.probe))


def _is_refused(error: Exception) -> bool:
    """Tell whether the database refused what it was given, and would do so again."""
    return isinstance(error.__cause__, DataError | IntegrityError)


def _upsert(connection: Connection, table: Table) -> Any:
    """Return an INSERT that can say what to do on a conflict: the same words in both dialects."""
    insert_into: dict[str, Callable[[Table], Insert]] = {
        "sqlite": sqlite.insert,
        "postgresql": postgresql.insert,
    }
    return insert_into[connection.dialect.name](table)


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
    """Return the reason; one that only another version knows counts as "other"."""
    try:
        return Reason(value)
    except ValueError:
        return Reason.OTHER
