"""The thread that writes: rows wait in its queue, and are written in batches."""

from __future__ import annotations

import logging
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Condition, Event, Thread
from typing import Any

from sqlalchemy import Connection, Insert, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.feedback import tables
from app.feedback.database import Database
from app.feedback.failures import RefusedRowError
from app.feedback.records import (
    UNANSWERED_DAYS,
    ReportCount,
    Shared,
    StoreUnavailableError,
    Unanswered,
    Vote,
)

BATCH = 200
"""The most rows of a transaction."""
MOST_NOTES = 1_000
"""The most notes that wait in memory until they are written."""
PROBE_SECONDS = 5
"""How often an idle thread checks that the database is still there."""
RETRY_SECONDS = 1
"""How long a degraded store waits before it tries again."""
MOST_UNANSWERED = 10_000
"""The most unanswered texts that are kept, so that a flood of texts can't fill the disk."""

Row = Vote | Unanswered | ReportCount
Call = Callable[[Database], Any]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """A row to store, or a call to make on the writer thread.

    `done` gets the result once it is on disk. It is None for a note: a row that nobody waits for.
    """

    what: Row | Call
    done: Future[Any] | None = field(default_factory=Future)


class Writer:
    """The queue of writes, and the thread that empties it.

    The rows in the queue are written in one transaction, with a single wait for the disk. When the
    database is away, those who wait are told at once. Notes stay in the queue: the newest
    `MOST_NOTES`.
    """

    def __init__(self, database: Database) -> None:
        """Start nothing yet."""
        self.tried = Event()
        """Set when the first attempt to reach the database has ended."""
        self.notes = 0
        """The number of notes that are not written yet."""
        self.dropped = 0
        """The number of notes that were given up."""
        self._database = database
        self._queue: deque[Write] = deque()
        self._changed = Condition()
        self._began: float | None = None
        self._closing = Event()
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def add(self, write: Write) -> None:
        """Put a write into the queue, at once."""
        with self._changed:
            self._queue.append(write)
            if write.done is None:
                self.notes += 1
            # A batch of older notes may be in hand.
            self._drop_oldest(MOST_NOTES + BATCH)
            self._changed.notify()

    @property
    def busy_seconds(self) -> float:
        """How long the thread has been working on the present batch."""
        began = self._began
        return 0 if began is None else time.monotonic() - began

    def close(self) -> None:
        """Ask the thread to end as soon as the queue is empty or can't be written."""
        self._closing.set()
        with self._changed:
            self._changed.notify()

    def join(self, seconds: float) -> bool:
        """Wait for the end of the thread; tell whether it ended in time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            batch = self._take()
            is_closing = self._closing.is_set()
            if is_closing and not batch:
                return
            self._began = time.monotonic()
            works = self._write_batch(batch)
            self._began = None
            self.tried.set()
            if not works:
                if is_closing:
                    return
                self._closing.wait(RETRY_SECONDS)

    def _take(self) -> list[Write]:
        """Return the next batch; an empty batch when it is time to check the database."""
        with self._changed:
            if self._database.reason is None:
                self._changed.wait_for(lambda: self._queue or self._closing.is_set(), PROBE_SECONDS)
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
        # Without those whose caller has given up.
        return [
            write
            for write in batch
            if write.done is None or write.done.set_running_or_notify_cancel()
        ]

    def _write_batch(self, batch: Sequence[Write]) -> bool:
        """Write a batch, or check the database if it is empty; tell whether the database works."""
        rows = [write for write in batch if not callable(write.what)]
        calls = [[write] for write in batch if callable(write.what)]
        works = [self._write(group) for group in (rows, *calls) if group or not batch]
        return all(works)

    def _write(self, group: Sequence[Write]) -> bool:
        """Write rows in one transaction, or make one call; tell whether the database works."""
        try:
            self._database.prepare()
            results = self._transact([write.what for write in group])
        except Exception as error:
            return self._failed(group, error)
        with self._changed:
            self.notes -= sum(write.done is None for write in group)
        for write, result in zip(group, results, strict=True):
            if write.done:
                write.done.set_result(result)
        return True

    def _failed(self, group: Sequence[Write], error: Exception) -> bool:
        """Tell those who wait, keep the notes if the database is away; tell whether it works."""
        is_refused = isinstance(error, RefusedRowError)
        is_away = isinstance(error, StoreUnavailableError) and not is_refused
        if not is_away and len(group) > 1:
            # A single row is refused. The others can be written without it.
            works = [self._write([write]) for write in group]
            return all(works)
        if not isinstance(error, StoreUnavailableError):
            logger.error("a write failed", exc_info=error)
        notes = [write for write in group if write.done is None]
        with self._changed:
            if is_away:
                self._queue.extendleft(reversed(notes))
                self._drop_oldest(MOST_NOTES)
            else:
                self.notes -= len(notes)
                self.dropped += len(notes)
        for write in group:
            if write.done:
                write.done.set_exception(error)
        return not is_away

    def _drop_oldest(self, most: int) -> None:
        while self.notes > most:
            self._queue.remove(next(write for write in self._queue if write.done is None))
            self.notes -= 1
            self.dropped += 1

    def _transact(self, whats: Sequence[Row | Call]) -> Sequence[object]:
        if whats and callable(whats[0]):
            return [whats[0](self._database)]
        is_degraded = self._database.reason is not None
        with self._database.transaction(write=bool(whats) or is_degraded) as connection:
            if whats:
                _store_votes(connection, [row for row in whats if isinstance(row, Vote)])
                _store_texts(connection, [row for row in whats if isinstance(row, Unanswered)])
                _count_reports(connection, [row for row in whats if isinstance(row, ReportCount)])
            elif is_degraded:
                # Only a write shows whether the disk is still full.
                connection.execute(insert(tables.probe).values(at=datetime.now(UTC)))
                connection.execute(delete(tables.probe))
            else:
                connection.execute(select(tables.vote.c.id).limit(1))
        return [None] * len(whats)


# Calls


def daily_secret(database: Database, day: date) -> bytes:
    """Return the random secret of `day`, creating it if needed, and delete old secrets.

    The secret of the day before is kept, since requests and clocks cross midnight.
    """
    salt = tables.salt
    with database.transaction(write=True) as connection:
        connection.execute(
            _upsert(connection, salt)
            .values(day=day, value=secrets.token_bytes(32))
            .on_conflict_do_nothing()
        )
        connection.execute(delete(salt).where(salt.c.day < day - timedelta(days=1)))
        return bytes(connection.execute(select(salt.c.value).filter_by(day=day)).scalar_one())


def purge(database: Database, now: datetime) -> int:
    """Delete what is kept for a limited time; return how many unanswered texts were deleted."""
    oldest = now - timedelta(days=UNANSWERED_DAYS)
    yesterday = now.astimezone(UTC).date() - timedelta(days=1)
    row, salt = tables.unanswered.c, tables.salt.c
    with database.transaction(write=True) as connection:
        connection.execute(delete(tables.salt).where(salt.day < yesterday))
        deleted = connection.execute(delete(tables.unanswered).where(row.created < oldest)).rowcount
    if not database.truncate_log():
        logger.warning("deleted texts stay in the log of the store until the next purge")
    return deleted


def share_status(database: Database, holder: str, seconds: float, text: str | None) -> Shared:
    """Take or renew the right to ask the exchanges, and store `text` if `holder` has it.

    The right of a holder that doesn't renew it for `seconds` is free. Only the clock of the
    database counts.
    """
    row = tables.exchange_status
    with database.transaction(write=True) as connection:
        connection.execute(
            _upsert(connection, row)
            .values(id=1, holder=holder, renewed=func.now(), text="")
            .on_conflict_do_nothing()
        )
        found = connection.execute(
            select(row, func.now(type_=tables.UtcDateTime).label("now")).with_for_update()
        ).one()
        is_free = not 0 <= (found.now - found.renewed).total_seconds() < seconds
        if found.holder != holder and not is_free:
            return Shared(holds=False, text=found.text)
        kept = found.text if text is None else text
        connection.execute(update(row).values(holder=holder, renewed=func.now(), text=kept))
        return Shared(holds=True, text=kept)


# Rows, always in the same order, so that two replicas never wait for each other in a circle.


def _store_votes(connection: Connection, votes: Iterable[Vote]) -> None:
    last = {(vote.visitor, vote.page): vote for vote in votes}
    if not last:
        return
    replaced = ("created", "helpful", "reason", "comment", "content_version")
    add = _upsert(connection, tables.vote)
    connection.execute(
        add.on_conflict_do_update(
            index_elements=["visitor", "page"],
            set_={name: add.excluded[name] for name in replaced},
        ),
        [asdict(last[key]) for key in sorted(last)],
    )


def _store_texts(connection: Connection, texts: Sequence[Unanswered]) -> None:
    if not texts:
        return
    connection.execute(insert(tables.unanswered), [asdict(text) for text in texts])
    row = tables.unanswered.c.id
    first_too_many = select(row).order_by(row.desc()).offset(MOST_UNANSWERED).limit(1)
    connection.execute(delete(tables.unanswered).where(row <= first_too_many.scalar_subquery()))


def _count_reports(connection: Connection, reports: Iterable[ReportCount]) -> None:
    report = tables.report
    counts = Counter((row.issue, row.day) for row in reports)
    for (issue, day), count in sorted(counts.items()):
        connection.execute(
            _upsert(connection, report)
            .values(issue=issue, day=day, count=count)
            .on_conflict_do_update(
                index_elements=[report.c.issue, report.c.day],
                set_={"count": report.c.count + count},
            )
        )


def _upsert(connection: Connection, table: Table) -> Any:
    """Return an INSERT that can say what to do on a conflict: the same words in both dialects."""
    insert_into: dict[str, Callable[[Table], Insert]] = {
        "sqlite": sqlite.insert,
        "postgresql": postgresql.insert,
    }
    return insert_into[connection.dialect.name](table)
