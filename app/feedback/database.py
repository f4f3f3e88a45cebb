"""The connections to SQLite or PostgreSQL: how they are set up, and whether they work."""

from __future__ import annotations

import logging
import os
import socket
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, event, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from app.feedback import failures
from app.feedback.backups import beside
from app.feedback.failures import FAILURES, REFUSALS, FileError, NewerTablesError, RefusedRowError
from app.feedback.records import StoreUnavailableError

MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = "0002"
"""The newest revision in `migrations/versions`; tables at this revision need no migration."""
WAIT_SECONDS = 2
"""The longest wait for each of: a connection, another program's lock, one statement."""
POOL_SIZE = 4
"""The writer thread needs a connection, and so does each thread that reads."""
# Any number that nothing else in the same PostgreSQL database locks.
_MIGRATION_LOCK = 0x4E17_CE57

WRONG_URL = "the database URL must be like sqlite:////folder/file.db or postgresql://user:password@host/name"
OPENING = "the store is not open yet"

logger = logging.getLogger(__name__)


class Database:
    """An engine for one URL, and the state of the database behind it.

    `reason` says why the database does not work; None while it does. Only the writer thread calls
    `prepare`. Other threads may read as soon as the database is prepared.
    """

    def __init__(self, url: str) -> None:
        """Connect to nothing yet; raise `ValueError` for a URL of another kind of database."""
        try:
            parsed = make_url(url)
        except ArgumentError:
            # Without the cause: it may show the URL, and with it the password.
            raise ValueError(WRONG_URL) from None
        kind = parsed.get_backend_name()
        self.reason: str | None = OPENING
        self.file: Path | None = None
        self._prepared = False
        self._file_id: tuple[int, int] | None = None
        self._connections: set[DBAPIConnection] = set()
        if kind == "sqlite":
            if not parsed.database or parsed.database == ":memory:" or parsed.query:
                raise ValueError(WRONG_URL)
            self.file = Path(parsed.database).absolute()
            parsed = parsed.set(drivername="sqlite+pysqlite")
            connect_args: dict[str, Any] = {"timeout": WAIT_SECONDS}
        elif kind in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
            connect_args = {
                "connect_timeout": WAIT_SECONDS,
                # Milliseconds without a confirmation, after which a vanished server is given up.
                "tcp_user_timeout": WAIT_SECONDS * 1000,
                "application_name": "helpcenter",
                "client_encoding": "utf8",
            }
        else:
            raise ValueError(WRONG_URL)
        self._engine = create_engine(
            parsed,
            connect_args=connect_args,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=WAIT_SECONDS,
            pool_pre_ping=True,
            # An error message must not carry comments and pastes into logs.
            hide_parameters=True,
        )
        self._writing = self._engine.execution_options(helpcenter_writes=True)
        event.listen(self._engine, "connect", self._connected)
        event.listen(self._engine, "close", self._disconnected)
        if self.file is not None:
            event.listen(self._engine, "begin", _begin_sqlite)

    # Transactions

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[Connection]:
        """Give a connection in a transaction, which is committed to disk at the end.

        Raises `StoreUnavailableError` when the database fails, and notes the reason;
        `RefusedRowError` when it refuses a row.
        """
        if not self._prepared:
            raise StoreUnavailableError(self.reason or OPENING)
        with self._noting_failures(), self.begin(write=write) as connection:
            yield connection
        if write:
            self._works()

    @contextmanager
    def begin(self, *, write: bool) -> Iterator[Connection]:
        """Give a connection like `transaction`, but raise what the driver raises."""
        with (self._writing if write else self._engine).begin() as connection:
            yield connection

    @contextmanager
    def _noting_failures(self) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            reason, detail = failures.explain(error)
            if isinstance(error, REFUSALS):
                logger.warning("a row can't be stored: %s (%s)", reason, detail)
                raise RefusedRowError(reason) from error
            if reason != failures.LOCKED:
                # The file may be damaged, and the server may be replaced before it comes back.
                self._prepared = False
            self._note(reason, detail)
            raise StoreUnavailableError(reason) from error

    def _note(self, reason: str, detail: str) -> None:
        if self.reason != reason:
            logger.warning("the store is degraded: %s (%s)", reason, detail)
        self.reason = reason

    def _works(self) -> None:
        if self.reason not in {None, OPENING}:
            logger.warning("the store works again")
        self.reason = None

    # Preparing

    def prepare(self) -> None:
        """Make the database ready for use: undamaged, in reach, with the tables of this version.

        Does nothing when it is ready already. Finds a damaged file before it writes to it. Raises
        `StoreUnavailableError`.
        """
        if self._prepared and self._current_file_id() == self._file_id:
            return
        self._prepared = False
        with self._noting_failures():
            # Open connections may lead to a file that was replaced, or to a server that ended.
            self._engine.dispose()
            if self.file is not None:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                _check_file(self.file)
                _keep_private(self.file)
            with self.begin(write=True) as connection:
                if _revision(connection) != NEWEST:
                    migrate(connection)
            self._file_id = self._current_file_id()
        self._prepared = True

    def _current_file_id(self) -> tuple[int, int] | None:
        if self.file is None:
            return None
        try:
            found = self.file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def truncate_log(self) -> bool:
        """Move SQLite's write-ahead log into the file, and empty it: it still holds deleted rows.

        Returns False when somebody reads from the log. Raises `StoreUnavailableError`.
        """
        if self.file is None:
            return True
        with self._noting_failures(), closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (is_busy, *_) = cursor.fetchone() or (0,)
        return not is_busy

    # Ending

    def give_up(self) -> None:
        """Cut all connections to PostgreSQL, and note that the database does not answer in time.

        The server keeps the time limits of statements, and a server that is frozen keeps none: a
        thread would wait forever for its answer.
        """
        self._note(failures.TIMEOUT, "deadline")
        if self.file is not None:
            return
        import psycopg  # noqa: PLC0415 - takes longer to import than a store in SQLite to open

        for connection in list(self._connections):
            if isinstance(connection, psycopg.Connection):
                with suppress(OSError, psycopg.Error):
                    descriptor = os.dup(connection.pgconn.socket)
                    with socket.socket(fileno=descriptor) as wire:
                        wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close all connections that nobody uses."""
        self._prepared = False
        self._engine.dispose()

    # Connections

    def _connected(self, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        self._connections.add(connection)
        try:
            _set_up(connection)
        except BaseException:
            self._connections.discard(connection)
            connection.close()
            raise

    def _disconnected(self, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        self._connections.discard(connection)


def _set_up(connection: DBAPIConnection) -> None:
    cursor = connection.cursor()
    if isinstance(connection, sqlite3.Connection):
        # SQLAlchemy begins the transactions, see `_begin_sqlite`.
        connection.isolation_level = None
        _write_ahead(cursor)
        # A vote that was acknowledged survives a power cut, at the price of one fsync.
        cursor.execute("PRAGMA synchronous = FULL")
        # Overwrite deleted texts with zeros.
        cursor.execute("PRAGMA secure_delete = ON")
    else:
        cursor.execute(f"SET statement_timeout = {WAIT_SECONDS * 1000}")
        # Shorter, to tell a lock from a slow answer.
        cursor.execute(f"SET lock_timeout = {WAIT_SECONDS * 1000 - 200}")
        cursor.execute("SET synchronous_commit = on")
        cursor.execute("SET timezone = 'UTC'")
        connection.commit()
    cursor.close()


def _write_ahead(cursor: DBAPICursor) -> None:
    """Switch to a write-ahead log, so that readers and the writer don't wait for each other."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # SQLite itself does not wait when several programs switch a new file.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail without waiting for the lock. A
    # transaction that writes takes the lock at its beginning instead, and waits for it.
    writes = connection.get_execution_options().get("helpcenter_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _check_file(path: Path) -> None:
    """Raise `FileError` when the file can't be used as it is; never write to it."""
    existing = path if path.exists() else path.parent
    if not (os.access(existing, os.W_OK) and os.access(path.parent, os.W_OK)):
        # SQLite would read it, and leave read-only files beside it for good.
        raise FileError("no permission to write", sqlite3.SQLITE_READONLY)
    if not path.exists() or path.stat().st_size == 0:
        return
    location = f"file:{quote(str(path))}?mode=ro"
    with closing(sqlite3.connect(location, uri=True, timeout=WAIT_SECONDS)) as connection:
        (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise FileError(answer, sqlite3.SQLITE_CORRUPT)


def _keep_private(path: Path) -> None:
    """Create the file for its owner only, or take all permissions of others away.

    SQLite gives the files beside it the same permissions. The permissions of the group stay as the
    operator set them.
    """
    if not path.exists():
        path.touch(0o600)
    for file in (path, *beside(path)):
        # This process need not own a file that it may write, and those beside it come and go.
        with suppress(FileNotFoundError, PermissionError):
            mode = stat.S_IMODE(file.stat().st_mode)
            if mode & stat.S_IRWXO:
                file.chmod(mode & ~stat.S_IRWXO)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return found[0] if len(found) == 1 else None


def migrate(connection: Connection, folder: Path = MIGRATIONS) -> None:
    """Bring the tables to the newest revision, all steps or none, in the transaction given.

    Raises `NewerTablesError` when they are at a revision that `folder` does not have.

    Replicas that start together wait for each other: on SQLite for the write lock, which the
    transaction has; on PostgreSQL for an advisory lock, which ends with the transaction.
    """
    # Alembic writes ten lines about itself.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Takes longer to import than the store takes to open, and most starts need no step.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        # A step over many rows may take longer than a statement usually may.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    before = _revision(connection)
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise NewerTablesError from error
    after = _revision(connection)
    if after != before:
        logger.info("the tables of the store went from revision %s to %s", before or "none", after)
