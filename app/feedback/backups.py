"""Backups of a store in SQLite: made while it is in use, checked, and restored."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

PART = ".part"


class BackupError(Exception):
    """A backup can't be made or restored; the message says why."""


def back_up(file: Path, target: Path) -> int:
    """Copy the store in `file` to the new file `target`; return how many votes it holds.

    Servers may go on writing and don't wait. Everything that was acknowledged before is in the
    backup, except the secrets of the day: nobody can tell whose votes a backup holds. Raises
    `BackupError`; then there is no `target`.
    """
    if not file.is_file():
        raise BackupError(f"there is no store at {file}")
    return _copy(file, target)


def restore(source: Path, file: Path) -> int:
    """Restore a backup where there is no store; return how many votes it holds.

    Raises `BackupError`, and changes nothing, when the backup is damaged or there is a store.
    """
    if not source.is_file():
        raise BackupError(f"there is no file {source}")
    file.parent.mkdir(parents=True, exist_ok=True)
    return _copy(source, file)


def _copy(source: Path, target: Path) -> int:
    in_the_way = [path for path in (target, *beside(target)) if path.exists()]
    if in_the_way:
        raise BackupError(f"{in_the_way[0]} already exists; move it away first")
    part = target.with_name(target.name + PART)
    try:
        part.unlink(missing_ok=True)
        part.touch(0o600)
        with (
            closing(sqlite3.connect(source)) as original,
            closing(sqlite3.connect(part)) as copy,
        ):
            original.backup(copy)
            # A single file, without a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            votes = _checked(copy)
            # Nobody who finds a backup may try IP addresses against its votes.
            copy.execute("PRAGMA secure_delete = ON")
            copy.execute("DELETE FROM salt")
            copy.commit()
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(target)
    except (sqlite3.Error, OSError) as error:
        raise BackupError(f"{source} can't be copied to {target}: {error}") from None
    finally:
        part.unlink(missing_ok=True)
    return votes


def _checked(copy: sqlite3.Connection) -> int:
    (said,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(f"it is damaged: {said}")
    (votes,) = copy.execute("SELECT count(*) FROM vote").fetchone()
    return int(votes)


def beside(file: Path) -> tuple[Path, ...]:
    """Return the files that SQLite keeps beside a database file while it is in use."""
    return tuple(file.with_name(file.name + ending) for ending in ("-wal", "-shm", "-journal"))
