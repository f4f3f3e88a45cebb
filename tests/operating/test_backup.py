"""A backup is taken while people vote; a fresh server gets all that was acknowledged before."""

from __future__ import annotations

import base64
import itertools
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.feedback import postgres
from tests.hardening.server import REPOSITORY, TOKEN, Running, running

pytestmark = pytest.mark.slow

PAGE = "/issues/wrong-key"


def helpcenter(*arguments: str | Path, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "HELP_DATA": str(data)},
        capture_output=True,
        text=True,
    )


class Voters:
    """People who vote without a pause; `acknowledged` are those who were thanked."""

    def __init__(self, server: Running) -> None:
        self.acknowledged: list[str] = []
        self.done = threading.Event()
        self._server = server
        self._numbers = itertools.count()

    def vote(self) -> None:
        while not self.done.is_set():
            number = next(self._numbers)
            name = f"kettle {number}"
            answer = self._server.post(
                "/feedback",
                f"page={PAGE}&helpful=no&comment=kettle+{number}",
                X_Forwarded_For=f"198.18.{number // 250}.{number % 250 + 1}",
                User_Agent=name,
            )
            assert answer.status == 200, answer
            self.acknowledged.append(name)


@contextmanager
def voting(server: Running) -> Iterator[Voters]:
    voters = Voters(server)
    threads = [threading.Thread(target=voters.vote) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        server.until(lambda: len(voters.acknowledged) >= 30)
        yield voters
    finally:
        voters.done.set()
        for thread in threads:
            thread.join()


def test_a_backup_of_sqlite_while_votes_are_written(tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    with running(tmp_path / "old") as old, voting(old) as voters:
        before = set(voters.acknowledged)
        done = helpcenter("backup", copy, data=old.data)
        assert done.returncode == 0, done.stderr
        told = int(re.match(r"(\d+) votes in ", done.stdout)[1])  # type: ignore[index]
        count = len(voters.acknowledged)
        # The votes go on; none was refused for the backup.
        old.until(lambda: len(voters.acknowledged) > count + 10)
    fresh = tmp_path / "fresh"
    restored = helpcenter("restore", copy, data=fresh / "data")
    assert restored.returncode == 0, restored.stderr
    with running(fresh) as new:
        assert new.get("/readyz").status == 200
        assert b'"store":"ok"' in new.get("/readyz").body
        with closing(
            sqlite3.connect(f"file:{new.data}/helpcenter.sqlite3?mode=ro", uri=True)
        ) as file:
            kept = {comment for (comment,) in file.execute("SELECT comment FROM vote")}
        assert before <= kept
        assert len(kept) == told
        # It is in use: another vote of the same visitor, whose day has a new secret.
        answer = new.post("/feedback", f"page={PAGE}&helpful=yes", User_Agent="a new kettle")
        assert answer.status == 200
        page = new.get("/insights", Authorization=basic(TOKEN)).body.decode()
        assert "kettle" in page


def basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"writer:{token}".encode()).decode()


def test_a_store_is_never_overwritten(tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    with running(tmp_path / "server") as server:
        assert helpcenter("backup", copy, data=server.data).returncode == 0
        refused = helpcenter("restore", copy, data=server.data)
        assert refused.returncode == 2
        assert "already exists; move it away first" in refused.stderr


def test_a_backup_of_postgresql_is_for_pg_dump(tmp_path: Path) -> None:
    url = "postgresql://teapot@127.0.0.1:1/choir"
    refused = helpcenter("backup", tmp_path / "copy", "--database-url", url, data=tmp_path)
    assert refused.returncode == 2
    assert "use pg_dump" in refused.stderr


def test_a_dump_of_postgresql_while_votes_are_written(tmp_path: Path) -> None:
    """With the commands of docs/operating.md."""
    programs = postgres.find()
    if not (programs / "pg_dump").exists():
        pytest.skip("this PostgreSQL comes without pg_dump")
    dump = tmp_path / "helpcenter.dump"
    with postgres.Server() as server:
        address = f"postgresql://{postgres.USER}@127.0.0.1:{server.port}"
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            for name in ("old", "fresh"):
                connection.execute(f"CREATE DATABASE {name}")
        with (
            running(tmp_path / "old", HELP_DATABASE_URL=f"{address}/old") as old,
            voting(old) as voters,
        ):
            before = set(voters.acknowledged)
            command = dump_command()
            assert "--exclude-table-data=salt" in command
            subprocess.run(
                [programs / command[0], *command[1:-1], f"--file={dump}", f"{address}/old"],
                check=True,
            )
        subprocess.run(
            [programs / "pg_restore", "--no-owner", f"--dbname={address}/fresh", dump], check=True
        )
        with running(tmp_path / "fresh", HELP_DATABASE_URL=f"{address}/fresh") as new:
            assert b'"store":"ok"' in new.get("/readyz").body
            answer = new.post("/feedback", f"page={PAGE}&helpful=yes", User_Agent="a new kettle")
            assert answer.status == 200
        with psycopg.connect(f"{address}/fresh") as connection:
            kept = {comment for (comment,) in connection.execute("SELECT comment FROM vote")}
    assert before <= kept


def dump_command() -> list[str]:
    """Return pg_dump with the options that docs/operating.md gives it, and its place."""
    text = (REPOSITORY / "docs/operating.md").read_text("utf-8")
    found = re.search(r"^(pg_dump .+?) --file=\S+ (\S+)$", text, re.MULTILINE)
    assert found, "docs/operating.md has a line with pg_dump"
    return [*found[1].split(), found[2]]
