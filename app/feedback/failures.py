"""The reason for a failure of the database, without files, hosts, users or stored values."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.feedback.records import StoreUnavailableError

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
    sqlite3.SQLITE_CONSTRAINT: "the database refuses this row",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
# By SQLSTATE or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL_REASONS = {
    "22P05": "the database can't hold every letter; it must have the encoding UTF8",
    "23": "the database refuses this row",
    "25006": "the database server is read-only",
    "42501": "the database user may not do this; it must own its tables",
    "53100": "the disk of the database server is full",
    "53": "the database server is overloaded",
    "55P03": LOCKED,
    "57014": TIMEOUT,
}


class NewerTablesError(Exception):
    """The tables are at a revision that this version does not know."""


class FileError(sqlite3.DatabaseError):
    """A fault of the database file that was found before SQLite wrote to it."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.sqlite_errorcode = code
        self.sqlite_errorname = message


class RefusedRowError(StoreUnavailableError):
    """The database works, but refuses this row, and would refuse it again."""


FAILURES = (SQLAlchemyError, sqlite3.Error, NewerTablesError, OSError)
"""What SQLAlchemy, the drivers and this package raise when the database fails."""
REFUSALS = (DataError, IntegrityError)
"""The failures that are about one row."""


def explain(error: Exception) -> tuple[str, str]:
    """Return the reason of a failure: a sentence that is safe to show, and a detail for the log."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        name = getattr(cause, "sqlite_errorname", type(cause).__name__)
        # The lowest byte is the error, the other bytes are details.
        return _SQLITE_REASONS.get(code & 0xFF, "the database failed"), name
    if isinstance(error, DBAPIError):
        state = getattr(cause, "sqlstate", None)
        if state is None:
            # libpq's message about the connection: it holds host and user, but no password.
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
