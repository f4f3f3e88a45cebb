"""What must not happen, happens to a real server: stops, crashes, full disks, clocks that jump."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.feedback.postgres import Server as Postgres
from tests.hardening.load import assert_all_right, assert_all_stored, crowd
from tests.hardening.server import STOP_SECONDS, TOKEN, Running, running
from tests.hardening.wire import Answer, connect, parse, read_all

pytestmark = pytest.mark.slow
LONG = pytest.mark.hardening

STALL_SECONDS = 3
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


def vote(server: Running, number: int, page: str = "/issues/wrong-key") -> Answer:
    """Vote as one of many visitors: from loopback the header of a proxy is believed."""
    body = f"page={page.replace('/', '%2F')}&helpful=yes"
    return server.post("/feedback", body, X_Forwarded_For=f"10.{number >> 8}.{number & 255}.1")


def readiness(server: Running) -> dict[str, object]:
    """Return what `/readyz` says."""
    found: dict[str, object] = json.loads(server.get("/readyz").body)
    return found


def stored_votes(server: Running) -> int:
    """Count the votes past the server."""
    with closing(sqlite3.connect(server.data / "helpcenter.sqlite3")) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found: int = file.execute("SELECT count(*) FROM vote").fetchone()[0]
        return found


# Stopped


@pytest.mark.parametrize(("visitors", "rounds"), [(20, 1), pytest.param(100, 5, marks=LONG)])
def test_a_stop_under_load_drops_nothing_that_was_begun(
    tmp_path: Path, visitors: int, rounds: int
) -> None:
    with running(tmp_path) as server:
        for _ in range(rounds):
            if server.process.poll() is not None:
                server.start()
            stopping = threading.Timer(1, server.process.terminate)
            stopping.start()
            tally = crowd(server.port, visitors, lambda _: server.process.poll() is None)
            server.process.wait(STOP_SECONDS)
            assert tally.count > visitors
            assert tally.wrong == []
            # Who asked got all of the answer; then the connection was closed, or none was opened.
            assert (tally.cut, tally.unanswered) == (0, 0)
            # What the kernel had taken for us and we had not: a new connection or two.
            assert tally.untaken <= visitors / 10
            server.assert_no_crash()


def test_a_stop_waits_for_a_slow_form(tmp_path: Path) -> None:
    body = b"text=-7007+no+such+key"
    head = b"POST /diagnose HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(body)
    form = b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    with running(tmp_path) as server, connect(server.port) as connection:
        connection.sendall(head + form + body[:9])
        time.sleep(0.3)
        server.process.terminate()
        time.sleep(0.5)
        connection.sendall(body[9:])
        (answer,) = parse(read_all(connection))
        assert answer.status == 200
        assert b"-7007" in answer.body
        server.process.wait(STOP_SECONDS)
        server.assert_no_crash()


@LONG
def test_slow_clients_do_not_hold_up_a_stop(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        half = [connect(server.port) for _ in range(20)]
        for connection in half:
            connection.sendall(b"POST /diagnose HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nx")
        assert server.get("/healthz").status == 200
        assert server.stop() < STOP_SECONDS / 2
        for connection in half:
            connection.close()


# Killed


def test_no_acknowledged_vote_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        acknowledged = 0

        def keep_voting() -> None:
            nonlocal acknowledged
            for number in range(10_000):
                try:
                    status = vote(server, number).status
                except (OSError, ValueError, AssertionError):
                    return
                assert status == 200
                acknowledged += 1

        voting = threading.Thread(target=keep_voting)
        voting.start()
        server.until(lambda: acknowledged >= 30)
        server.kill()
        voting.join()
        server.start()
        # The one that was under way may be there as well.
        assert stored_votes(server) in {acknowledged, acknowledged + 1}
        assert vote(server, 20_000).status == 200
        assert readiness(server)["store"] == "ok"
        server.assert_healthy()


# The content


def test_content_that_vanishes_is_served_on_until_it_is_back(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        version = readiness(server)["content"]
        page = server.get("/issues/wrong-key").text
        away = server.content.with_name("away")
        for _ in range(2):
            server.content.rename(away)
            server.until(lambda: readiness(server)["errors"])
            assert readiness(server)["content"] == version
            assert server.get("/issues/wrong-key").text == page
            away.rename(server.content)
            server.until(lambda: not readiness(server)["errors"])
            assert readiness(server)["content"] == version
        server.assert_healthy()


@LONG
def test_content_that_is_something_else_is_served_on_too(tmp_path: Path) -> None:
    """An empty folder, a file in its place, a folder where a file was, a link to itself."""
    with running(tmp_path) as server:
        version = readiness(server)["content"]
        page = server.get("/issues/wrong-key").text
        away = server.content.with_name("away")
        for spoil in (_empty, _file_in_place, _folder_for_file, _loop, _pipe, _garbage):
            server.content.rename(away)
            spoil(server.content, away)
            server.until(lambda: readiness(server)["errors"])
            assert readiness(server)["content"] == version
            assert server.get("/issues/wrong-key").text == page
            if server.content.is_dir() and not server.content.is_symlink():
                shutil.rmtree(server.content)
            else:
                server.content.unlink()
            away.rename(server.content)
            server.until(lambda: not readiness(server)["errors"])
        server.assert_healthy()


def _empty(content: Path, good: Path) -> None:
    content.mkdir()


def _file_in_place(content: Path, good: Path) -> None:
    content.write_text("marbles")


def _folder_for_file(content: Path, good: Path) -> None:
    shutil.copytree(good, content)
    (content / "site.yml").unlink()
    (content / "site.yml").mkdir()


def _loop(content: Path, good: Path) -> None:
    content.symlink_to(content)


def _pipe(content: Path, good: Path) -> None:
    """Put a pipe there, which who reads it waits for without end."""
    shutil.copytree(good, content)
    (content / "issues" / "wrong-key.md").unlink()
    os.mkfifo(content / "issues" / "wrong-key.md")


def _garbage(content: Path, good: Path) -> None:
    shutil.copytree(good, content)
    (content / "issues" / "wrong-key.md").write_bytes(bytes(range(256)) * 100)


# The disk


@LONG
def test_a_full_disk_refuses_votes_and_nothing_else(tmp_path: Path) -> None:
    """On a disk of a megabyte, which only the server sees; through /proc we see it too."""
    data = tmp_path / "data"
    data.mkdir()
    namespace = ("unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []))
    mounted = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'
    wrapper = (*namespace, "sh", "-c", mounted, str(data))
    if not shutil.which("unshare") or subprocess.run([*wrapper, "true"]).returncode:
        pytest.skip("this machine lets nobody make a small disk")
    with running(tmp_path, wrapper=wrapper) as server:
        assert vote(server, 1).status == 200
        seen = Path(f"/proc/{server.process.pid}/root{data}")
        filler = seen / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        statuses = [vote(server, number).status for number in range(2, 60)]
        assert 503 in statuses
        assert set(statuses) <= {200, 503}
        # Each second the store tries again, and room for one vote may have come free.
        server.until(lambda: vote(server, 60).status == 503)
        assert readiness(server)["status"] == "degraded"
        assert server.get("/").status == 200
        assert server.post("/diagnose", "text=nobody+knows+this").status == 200
        filler.unlink()
        server.until(lambda: vote(server, 100).status == 200)
        server.until(lambda: readiness(server)["status"] == "ok")
        server.assert_healthy()


@LONG
def test_a_disk_that_stalls_refuses_no_vote_and_holds_up_nobody_else(tmp_path: Path) -> None:
    """Every fortieth time the disk takes three seconds to say that something is on it."""
    stall = f"inject=fsync,fdatasync:delay_exit={STALL_SECONDS * 1_000_000}:when=20+40"
    # Detached (-D), so that the server is our child.
    wrapper = (
        *("strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null"),
        *("-e", "trace=fsync,fdatasync", "-e", stall),
    )
    if not shutil.which("strace") or subprocess.run([*wrapper, "true"]).returncode:
        pytest.skip("apt-get install strace, where one process may look into another")
    with running(tmp_path, wrapper=wrapper) as server:
        end = time.monotonic() + 5 * STALL_SECONDS
        tally = crowd(server.port, 30, lambda _: time.monotonic() < end)
        print(tally.report())
        assert_all_right(tally)
        assert_all_stored(server.data, tally)
        stalled = 1000 * STALL_SECONDS
        assert tally.percentile(1, "vote") >= stalled
        # Texts without an answer are stored as well, and nobody waits for that.
        for kind in ("page", "paste", "fragment"):
            assert tally.percentile(0.99, kind) < stalled / 2
        server.assert_healthy()


# The clock


@LONG
@pytest.mark.skipif(not FAKETIME.exists(), reason="apt-get install libfaketime")
@pytest.mark.parametrize("jump", ["-30d", "+400d", "-1h"])
def test_a_clock_that_jumps_is_survived(tmp_path: Path, jump: str) -> None:
    """Votes, their limit, the daily secret, the purge and the timeouts all look at a clock."""
    clock = tmp_path / "clock"
    clock.write_text("+0")
    with running(
        tmp_path,
        LD_PRELOAD=str(FAKETIME),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    ) as server:
        assert vote(server, 1).status == 200
        clock.write_text(jump)
        server.until(lambda: abs(time.time() - clock_of(server)) > 3000)
        assert vote(server, 2).status == 200
        # Whoever reached the limit before the jump is not shut out for as long as that.
        statuses = [vote(server, 3, page="/issues/market-closed").status for _ in range(14)]
        assert 429 in statuses
        refused = vote(server, 3)
        assert 0 < int(refused.headers["retry-after"]) <= 60
        clock.write_text("+0")
        assert vote(server, 4).status == 200
        assert int(vote(server, 3).headers.get("retry-after", "1")) <= 60
        assert server.get("/insights", Authorization=f"Basic {basic(TOKEN)}").status == 200
        assert readiness(server)["store"] == "ok"
        server.assert_healthy()


def clock_of(server: Running) -> float:
    """Return what time the server thinks it is."""
    return parsedate_to_datetime(server.get("/").headers["date"]).timestamp()


def basic(token: str) -> str:
    """Return the credentials for the insights."""
    return base64.b64encode(f"x:{token}".encode()).decode()


# Two replicas


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """Start a database server."""
    with Postgres() as started:
        yield started


@LONG
def test_two_replicas_on_one_database_stay_consistent(tmp_path: Path, postgres: Postgres) -> None:
    """They start at the same moment, count each vote once, and outlive the database's restart."""
    url = postgres.empty("marbles")
    replicas: list[Running] = []

    def start(name: str) -> None:
        replicas.append(Running(tmp_path / name, HELP_DATABASE_URL=url))

    together([partial(start, name) for name in ("left", "right")])
    try:
        left, right = replicas
        # The same visitor at both, in turn and at once, is one visitor.
        together([partial(vote, replica, number) for number in range(20) for replica in replicas])
        assert counted(left) == counted(right) == 20
        with psycopg.connect(url) as database:
            assert database.execute("SELECT count(*) FROM vote").fetchone() == (20,)
        postgres.kill()
        for replica in replicas:
            assert vote(replica, 30).status == 503
            assert replica.get("/").status == 200
        postgres.start()
        for number, replica in enumerate(replicas):
            replica.until(partial(is_stored, replica))
            assert vote(replica, 40 + number).status == 200
        left.until(lambda: counted(left) == counted(right) == 22)
        for replica in replicas:
            replica.assert_healthy()
    finally:
        for replica in replicas:
            replica.kill()


def together(calls: list[Callable[[], object]]) -> None:
    """Run all of them at a time."""
    with ThreadPoolExecutor(len(calls)) as threads:
        for done in [threads.submit(call) for call in calls]:
            done.result()


def is_stored(server: Running) -> bool:
    """Tell whether votes are taken."""
    return readiness(server)["store"] == "ok"


def counted(server: Running) -> int:
    """Return the votes for the page, as the insights of one replica show them."""
    page = server.get("/insights", Authorization=f"Basic {basic(TOKEN)}").text
    row = re.search(r'/issues/wrong-key</a></td>\s*<td class="number">(\d+)</td>', page)
    assert row, page
    return int(row[1])
