"""Copies of the store, and what is none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.feedback.backups import BackupError, back_up, restore
from tests.feedback.conftest import OpenStore
from tests.feedback.examples import LONG_AGO, NOON, a_vote, cast, secret_of


@pytest.fixture
def file(tmp_path: Path, open_store: OpenStore) -> Path:
    """Name a store in use that holds two votes and the secret of the day."""
    file = tmp_path / "data/teapots.sqlite3"
    store = open_store(f"sqlite:///{file}")
    secret_of(store, NOON.date())
    cast(store, a_vote("brass"))
    cast(store, a_vote("copper"))
    return file


def test_a_copy_of_a_store_in_use_is_one_whole_file(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    assert back_up(file, copy) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"data", "copy"}
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_restored_store_goes_on(file: Path, tmp_path: Path, open_store: OpenStore) -> None:
    back_up(file, tmp_path / "copy")
    fresh = tmp_path / "elsewhere/teapots.sqlite3"
    assert restore(tmp_path / "copy", fresh) == 2
    store = open_store(f"sqlite:///{fresh}")
    assert store.status().ok
    cast(store, a_vote("silver"))
    (votes,) = store.votes_by_page(LONG_AGO)
    assert votes.helpful == 3


def test_a_copy_keeps_no_secret(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as store:
        ((secret,),) = store.execute("SELECT value FROM salt").fetchall()
    back_up(file, tmp_path / "copy")
    assert secret not in (tmp_path / "copy").read_bytes()


def test_nothing_is_overwritten(file: Path, tmp_path: Path) -> None:
    back_up(file, tmp_path / "copy")
    before = (tmp_path / "copy").read_bytes()
    with pytest.raises(BackupError, match="copy already exists"):
        back_up(file, tmp_path / "copy")
    with pytest.raises(BackupError, match=r"teapots\.sqlite3 already exists; move it away"):
        restore(tmp_path / "copy", file)
    assert (tmp_path / "copy").read_bytes() == before


def test_a_log_that_was_left_behind_is_not_taken_for_part_of_the_copy(
    file: Path, tmp_path: Path
) -> None:
    """SQLite would play it into the restored file."""
    back_up(file, tmp_path / "copy")
    (tmp_path / "new.sqlite3-wal").write_bytes(b"of another store")
    with pytest.raises(BackupError, match="sqlite3-wal already exists"):
        restore(tmp_path / "copy", tmp_path / "new.sqlite3")


@pytest.mark.parametrize("content", [b"", b"a song, no store", b"SQLite format 3\0 and no more"])
def test_what_is_no_copy_is_not_restored(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(content)
    with pytest.raises(BackupError, match="can't be copied"):
        restore(tmp_path / "copy", tmp_path / "data/new.sqlite3")
    assert list((tmp_path / "data").iterdir()) == []


def test_half_a_copy_is_not_restored(file: Path, tmp_path: Path) -> None:
    back_up(file, tmp_path / "copy")
    whole = (tmp_path / "copy").read_bytes()
    (tmp_path / "copy").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BackupError, match="can't be copied"):
        restore(tmp_path / "copy", tmp_path / "new.sqlite3")


def test_there_is_nothing_to_copy(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="there is no store"):
        back_up(tmp_path / "nowhere", tmp_path / "copy")
    with pytest.raises(BackupError, match="there is no file"):
        restore(tmp_path / "nowhere", tmp_path / "data")
