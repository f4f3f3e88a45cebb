"""Copies of a store in SQLite: taken while it is in use, checked, and put where there is none."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

PART = ".part"


class BackupError(Exception):
    """A copy can't be made, or is none; the message says why."""


def back_up(file: Path, target: Path) -> int:
    """Copy the store in `file` to the new file `target`; return how many votes it holds.

    Servers may write meanwhile and don't wait: everything that was acknowledged before is in the
    copy, but the secrets of the day: votes in a copy belong to nobody. Raises `BackupError`; then
    there is no `target`.
    """
    if not file.is_file():
        raise BackupError(f"there is no store at {file}")
    return _copy(file, target)


def restore(source: Path, file: Path) -> int:
    """Put a copy in the place of a store that is not there; return how many votes it holds.

    Raises `BackupError`, and changes nothing, when it is no whole copy or there is a store.
    """
    if not source.is_file():
        raise BackupError(f"there is no file {source}")
    file.parent.mkdir(parents=True, exist_ok=True)
    return _copy(source, file)


def _copy(source: Path, target: Path) -> int:
    in_the_way = [path for path in (target, *beside(target)) if path.exists()]
    if in_the_way:
        raise BackupError(f"{in_the_way[0]} is there already; move it away first")
    part = target.with_name(target.name + PART)
    try:
        part.unlink(missing_ok=True)
        part.touch(0o600)
        with (
            closing(sqlite3.connect(source)) as original,
            closing(sqlite3.connect(part)) as copy,
        ):
            original.backup(copy)
            # One file, without others beside it that would have to go along.
            copy.execute("PRAGMA journal_mode = DELETE")
            votes = _checked(copy)
            # Whoever finds a copy must not be able to try addresses against its votes.
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
    """Return the files that SQLite keeps beside one that is in use."""
    return tuple(file.with_name(file.name + ending) for ending in ("-wal", "-shm", "-journal"))
