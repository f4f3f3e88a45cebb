"""Where the two databases differ: connecting, migrating, telling what went wrong."""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import (
    Connection,
    PoolProxiedConnection,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from app.feedback.backups import beside

# psycopg and alembic take longer to import than the store takes to open; most starts need neither.
if TYPE_CHECKING:
    import psycopg

MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = "0001"
"""The last step in `migrations/versions`: tables at this revision need no step."""
WAIT_SECONDS = 2
"""The longest wait for each of: a connection, another program's lock, one statement."""
POOL_SIZE = 6
"""One for each thread of a store."""
# Any number will do, as long as nothing else in the same PostgreSQL database locks it.
_MIGRATION_LOCK = 0x4E17_CE57

WRONG_URL = "the database URL must be like sqlite:////folder/file.db or postgresql://user:password@host/name"
LOCKED = "the database is locked by another program"
DAMAGED = (
    "the database file is damaged; it was left as it is: stop the help center, "
    "move the file away, and start again, with a backup in its place if there is one"
)
NEWER = "the database was made by a newer version of the help center; install that version"
TIMEOUT = "the database does not answer in time"
UNREACHABLE = "the database server can't be reached, or refuses the connection"

_SQLITE_REASONS = {
    sqlite3.SQLITE_PERM: "the database file or its folder can't be written",
    sqlite3.SQLITE_READONLY: "the database file or its folder can't be written",
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk is full or failing",
    sqlite3.SQLITE_CANTOPEN: "the database file can't be opened; see its folder's permissions",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
# By SQLSTATE or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL_REASONS = {
    "22P05": "the database can't hold every letter; it must have the encoding UTF8",
    "25006": "the database server is read-only",
    "42501": "the database user may not do this; it must own its tables",
    "53100": "the disk of the database server is full",
    "53": "the database server is overloaded",
    "55P03": LOCKED,
    "57014": TIMEOUT,
}


class NewerTablesError(Exception):
    """The tables are at a revision that this version does not know."""


class Database:
    """An engine for one URL, and what has to be known about its connections."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet; raise `ValueError` for a URL of another kind of database."""
        try:
            parsed = make_url(url)
        except ArgumentError:
            # Without the cause: it may show the URL, and with it the password.
            raise ValueError(WRONG_URL) from None
        kind = parsed.get_backend_name()
        self.file: Path | None = None
        self._file_id: tuple[int, int] | None = None
        self._connections: set[DBAPIConnection] = set()
        self._generation = 0
        options: dict[str, Any] = {"connect_args": {"timeout": WAIT_SECONDS}}
        if kind == "sqlite":
            if not parsed.database or parsed.database == ":memory:" or parsed.query:
                raise ValueError(WRONG_URL)
            self.file = Path(parsed.database).absolute()
            parsed = parsed.set(drivername="sqlite+pysqlite")
        elif kind in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
            options = {
                "connect_args": {
                    "connect_timeout": WAIT_SECONDS,
                    # For a server that vanished: data that nobody confirms, in milliseconds.
                    "tcp_user_timeout": WAIT_SECONDS * 1000,
                    "application_name": "helpcenter",
                    "client_encoding": "utf8",
                }
            }
        else:
            raise ValueError(WRONG_URL)
        self.engine = create_engine(
            parsed,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=WAIT_SECONDS,
            pool_pre_ping=True,
            # Comments and pastes must not get into logs by way of an error message.
            hide_parameters=True,
            **options,
        )
        self.writing = self.engine.execution_options(helpcenter_writes=True)
        event.listen(self.engine, "connect", self._connected)
        event.listen(self.engine, "checkout", self._checked_out)
        event.listen(self.engine, "close", self._closed)
        if self.file is not None:
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[Connection]:
        """Give a connection in a transaction that is committed for good at the end."""
        with (self.writing if write else self.engine).begin() as connection:
            yield connection

    def prepare(self) -> None:
        """Make the database ready for use: whole, in reach, and of this version.

        A damaged file is found before anything could be written to it.
        """
        # A connection to a file that was replaced, or to a server that is another one now, would
        # go on as if nothing had happened.
        self._generation += 1
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            _check_file(self.file)
            _keep_private(self.file)
        with self.transaction(write=True) as connection:
            if not _is_up_to_date(connection):
                migrate(connection)
        self._file_id = self._current_file_id()

    def moved(self) -> bool:
        """Say whether the SQLite file in use is no longer the one at its path."""
        return self._current_file_id() != self._file_id

    def _current_file_id(self) -> tuple[int, int] | None:
        if self.file is None:
            return None
        try:
            found = self.file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def hang_up(self) -> None:
        """Cut all connections to PostgreSQL, so that no thread goes on waiting for an answer.

        Timeouts are kept by the server, and a server that is frozen keeps none.
        """
        if self.file is not None:
            return
        import psycopg  # noqa: PLC0415

        for connection in list(self._connections):
            if isinstance(connection, psycopg.Connection):
                with suppress(OSError, psycopg.Error):
                    descriptor = os.dup(connection.pgconn.socket)
                    with socket.socket(fileno=descriptor) as wire:
                        wire.shutdown(socket.SHUT_RDWR)

    def dispose(self) -> None:
        """Close all connections, once nobody uses any."""
        self.engine.dispose()

    def _connected(self, connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        entry.info["generation"] = self._generation
        self._connections.add(connection)
        try:
            self._set_up(connection)
        except BaseException:
            self._connections.discard(connection)
            connection.close()
            raise

    def _set_up(self, connection: DBAPIConnection) -> None:
        cursor = connection.cursor()
        if isinstance(connection, sqlite3.Connection):
            # SQLAlchemy begins the transactions, see `_begin_sqlite`.
            connection.isolation_level = None
            _write_ahead(cursor)
            # What was acknowledged survives a power cut too, at the price of one fsync.
            cursor.execute("PRAGMA synchronous = FULL")
            # Purged texts are overwritten, not just unlinked.
            cursor.execute("PRAGMA secure_delete = ON")
        else:
            cursor.execute(f"SET statement_timeout = {WAIT_SECONDS * 1000}")
            # Shorter, so that a lock is told from a slow answer.
            cursor.execute(f"SET lock_timeout = {WAIT_SECONDS * 1000 - 200}")
            cursor.execute("SET synchronous_commit = on")
            cursor.execute("SET timezone = 'UTC'")
            connection.commit()
        cursor.close()

    def _checked_out(
        self,
        _connection: DBAPIConnection,
        entry: ConnectionPoolEntry,
        _proxy: PoolProxiedConnection,
    ) -> None:
        if entry.info["generation"] != self._generation:
            # The pool takes this as a request to connect anew.
            raise DisconnectionError

    def _closed(self, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        self._connections.discard(connection)


def _write_ahead(cursor: DBAPICursor) -> None:
    """Switch to a write-ahead log, so that readers and the writer don't wait for each other."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not wait by itself when several programs switch a new file.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and takes the write lock later can fail at that point
    # without waiting; so those that write take it at once.
    writes = connection.get_execution_options().get("helpcenter_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _check_file(path: Path) -> None:
    """Raise `sqlite3.DatabaseError` when the file can't be used as it is; never write."""
    existing = path if path.exists() else path.parent
    if not (os.access(existing, os.W_OK) and os.access(path.parent, os.W_OK)):
        # SQLite would read it, and leave files beside it that are read-only for good.
        raise _FileError("no permission to write", sqlite3.SQLITE_READONLY)
    if not path.exists() or path.stat().st_size == 0:
        return
    location = f"file:{quote(str(path))}?mode=ro"
    with closing(sqlite3.connect(location, uri=True, timeout=WAIT_SECONDS)) as connection:
        (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise _FileError(answer, sqlite3.SQLITE_CORRUPT)


def _keep_private(path: Path) -> None:
    """Make the file for its owner alone if there is none; shut others out of one that is there.

    SQLite gives what it puts beside the file the same permissions. What its group may is left as
    an operator set it.
    """
    if not path.exists():
        path.touch(0o600)
    for one in (path, *beside(path)):
        # Whoever may write a file need not own it, and one beside it may vanish at any time.
        with suppress(FileNotFoundError, PermissionError):
            mode = stat.S_IMODE(one.stat().st_mode)
            if mode & stat.S_IRWXO:
                one.chmod(mode & ~stat.S_IRWXO)


class _FileError(sqlite3.DatabaseError):
    """What SQLite would say about the file later, after writing to it or beside it."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.sqlite_errorcode = code
        self.sqlite_errorname = message


def _is_up_to_date(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).all() == [(NEWEST,)]


def migrate(connection: Connection, target: str = "head", *, folder: Path = MIGRATIONS) -> None:
    """Bring the tables to revision `target`, all steps or none, in the transaction given.

    Raises `NewerTablesError` when they are at a revision that `folder` does not have.

    Replicas that start together wait for each other: on SQLite for the write lock, which the
    transaction has; on PostgreSQL for an advisory lock, which ends with the transaction.
    """
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        # A step over many rows may take its time.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, target)
    except CommandError as error:
        raise NewerTablesError from error


def explain(error: Exception) -> tuple[str, str]:
    """Return why the database failed: a sentence for anybody, and a detail for the log."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        name = getattr(cause, "sqlite_errorname", type(cause).__name__)
        # The lowest byte is the error, the others say more about it.
        return _SQLITE_REASONS.get(code & 0xFF, "the database failed"), name
    if isinstance(cause, _postgresql_errors()):
        state = cause.sqlstate
        if state is None:
            # What libpq says about connecting: where to and as whom, but no password or data.
            return UNREACHABLE, str(cause).strip()
        known = (_POSTGRESQL_REASONS.get(part) for part in (state, state[:2]))
        return next((reason for reason in known if reason), "the database server failed"), state
    if isinstance(cause, NewerTablesError):
        return NEWER, type(cause).__name__
    if isinstance(cause, PoolTimeoutError):
        return TIMEOUT, type(cause).__name__
    if isinstance(cause, OSError):
        code_name = errno.errorcode.get(cause.errno or 0, type(cause).__name__)
        return "the folder of the database file can't be used", code_name
    return "the database failed", type(cause).__name__


def failures() -> tuple[type[Exception], ...]:
    """Return what may be raised when the database is not well."""
    known = (SQLAlchemyError, sqlite3.Error, NewerTablesError, OSError)
    return (*known, *_postgresql_errors())


def _postgresql_errors() -> tuple[type[psycopg.Error], ...]:
    """Return what the driver of PostgreSQL raises; nothing while no database needed it."""
    driver = sys.modules.get("psycopg")
    return (driver.Error,) if driver else ()
