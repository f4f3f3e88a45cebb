"""Real failures of disks, processes and servers, in processes of their own where it matters."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection

from app.feedback.database import Database
from app.feedback.failures import UNREACHABLE
from app.feedback.records import Kind, StoreUnavailableError, Unanswered, Vote
from app.feedback.store import Store
from tests.feedback.conftest import OpenStore
from tests.feedback.examples import LONG_AGO, NOON, a_vote, cast, until
from tests.feedback.postgres import Server

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """`tests.feedback.voting` in a process of its own."""

    def __init__(self, url: str, *, wrapper: list[str] | None = None) -> None:
        self._process = subprocess.Popen(
            [*(wrapper or []), sys.executable, "-m", "tests.feedback.voting", url],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def send(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def lines(self) -> Iterator[str]:
        """Give what it says, up to its end."""
        assert self._process.stdout is not None
        return (line.rstrip("\n") for line in self._process.stdout)

    def ask(self, command: str) -> list[str]:
        """Give the answer to one command; the last line is the status."""
        self.send(command)
        answer = []
        for line in self.lines():
            answer.append(line)
            if line.startswith("status "):
                return answer
        raise AssertionError(f"it ended: {answer}")

    def status(self) -> str:
        return self.ask("status")[-1].removeprefix("status ")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)

    def end(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(60)

    def clean_up(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            # What could not be sent any more is of no interest.
            with suppress(BrokenPipeError):
                assert stream is not None
                stream.close()


@contextmanager
def program(url: str, *, wrapper: list[str] | None = None) -> Iterator[Program]:
    started = Program(url, wrapper=wrapper)
    try:
        yield started
    finally:
        started.clean_up()


def visitors(lines: list[str]) -> set[str]:
    said = (line.split(maxsplit=1) for line in lines)
    return {rest for word, rest in said if word == "acknowledged"}


def stored_visitors(url: str) -> set[str]:
    """Read the votes past the store."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return {visitor for (visitor,) in connection.execute("SELECT visitor FROM vote")}
    with psycopg.connect(url) as server:
        return {visitor for (visitor,) in server.execute("SELECT visitor FROM vote")}


def refusal(store: Store) -> str:
    with pytest.raises(StoreUnavailableError) as caught:
        cast(store, a_vote("refused"))
    assert str(store.status()) == f"degraded: {caught.value}"
    return str(caught.value)


def recovers(store: Store) -> None:
    """Wait until the store works, without help, and vote."""
    until(lambda: store.status().ok)
    cast(store, a_vote("after all"))


# Killed


@pytest.mark.slow
def test_what_was_acknowledged_survives_kill_9_in_a_storm_of_votes(
    url: str, open_store: OpenStore
) -> None:
    with program(url) as voting:
        assert voting.status() == "ok"
        voting.send("vote 0 1000")
        lines = voting.lines()
        said = [next(lines) for _ in range(100)]
        voting.kill()
        said += list(lines)
    acknowledged = visitors(said)
    # It was in the middle of it: none refused, and not all done.
    assert 100 <= len(acknowledged) == len(said) < 1000
    assert acknowledged <= stored_visitors(url)
    store = open_store(url)
    assert store.status().ok
    (votes,) = store.votes_by_page(LONG_AGO)
    assert len(acknowledged) <= votes.helpful <= 1000
    cast(store, a_vote("after all"))


@pytest.mark.slow
def test_what_was_acknowledged_survives_kill_9_of_the_database_server(
    postgres: Server, postgres_url: str
) -> None:
    with program(postgres_url) as voting:
        assert voting.status() == "ok"
        voting.send("vote 0 1000")
        lines = voting.lines()
        said = [next(lines) for _ in range(100)]
        postgres.kill()
        try:
            for line in lines:
                said.append(line)
                if line.startswith("status "):
                    break
        finally:
            postgres.start()
        acknowledged = visitors(said)
        assert 100 <= len(acknowledged) < 1000
        assert acknowledged <= stored_visitors(postgres_url)
        until(lambda: voting.status() == "ok")
        assert len(visitors(voting.ask("vote 5000 1"))) == 1
        assert voting.end() == 0


# The disk is slow


class SlowDisk:
    """Lets each commit take its time, and counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float = 0.1) -> None:
        self.commits = 0
        at_once = Database.transaction

        @contextmanager
        def slowly(database: Database, *, write: bool) -> Iterator[Connection]:
            with at_once(database, write=write) as connection:
                yield connection
                if write:
                    self.commits += 1
                    time.sleep(seconds)

        monkeypatch.setattr(Database, "transaction", slowly)


async def cast_together(store: Store, votes: Sequence[Vote]) -> list[BaseException | None]:
    """Vote at once; return what became of each."""
    return await asyncio.gather(*map(store.vote, votes), return_exceptions=True)


@pytest.mark.slow
def test_votes_outlast_a_disk_that_takes_longer_than_the_wait_for_a_lock(
    sqlite_url: str, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.feedback.database.WAIT_SECONDS", 0.2)
    store = open_store(sqlite_url)
    disk = SlowDisk(monkeypatch, 0.4)
    # Writes on its own account, and the votes wait for that too.
    store.note_unanswered(Unanswered(NOON, Kind.SEARCH, "kettle", "v1"))
    until(lambda: disk.commits == 1)
    votes = [a_vote(f"visitor-{number}") for number in range(300)]
    assert asyncio.run(cast_together(store, votes)) == [None] * 300
    assert store.votes_by_page(LONG_AGO)[0].helpful == 300
    # Votes that came during a transaction were written together in the next.
    assert disk.commits <= 5


def test_the_last_vote_of_those_that_are_written_together_counts(
    url: str, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(url)
    disk = SlowDisk(monkeypatch)
    answers = [True, True, False, True, False]
    votes = [a_vote("other"), *(a_vote(helpful=helpful) for helpful in answers)]
    assert asyncio.run(cast_together(store, votes)) == [None] * 6
    (stored,) = store.votes_by_page(LONG_AGO)
    assert (stored.helpful, stored.unhelpful) == (1, 1)
    assert disk.commits <= 3


@pytest.mark.slow
def test_a_vote_that_the_database_refuses_does_not_take_others_with_it(
    sqlite_url: str, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        connection.execute(
            "CREATE TRIGGER picky BEFORE INSERT ON vote WHEN NEW.visitor = 'decaf' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    SlowDisk(monkeypatch)
    visitors = ["brass", "copper", "decaf", "silver"]
    found = asyncio.run(cast_together(store, [a_vote(visitor) for visitor in visitors]))
    assert [str(failure) for failure in found] == [
        *("None", "None", "the database refuses this row", "None"),
    ]
    assert stored_visitors(sqlite_url) == {"brass", "copper", "silver"}


def test_votes_that_wait_when_the_store_is_closed_are_stored(
    url: str, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(url)
    SlowDisk(monkeypatch)

    async def vote_and_close() -> list[BaseException | None]:
        votes = [a_vote(f"visitor-{number}") for number in range(20)]
        voting = asyncio.ensure_future(cast_together(store, votes))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(store.close)
        return await voting

    assert asyncio.run(vote_and_close()) == [None] * 20
    assert len(stored_visitors(url)) == 20


# The disk is full


def check_full_disk(voting: Program, fill: str, free: str) -> str:
    """Fill the disk, vote, free it; return the status while it was full.

    A busy machine may refuse some votes for want of time, but the disk is the reason that stays.
    """
    acknowledged = visitors(voting.ask("vote 0 20"))
    assert len(acknowledged) == 20
    voting.ask(fill)
    answer = voting.ask("vote 1000 400")
    acknowledged |= visitors(answer)
    refused = {line for line in answer if line.startswith("refused ")}
    assert refused & {"refused the disk is full", "refused the disk is full or failing"}
    until(lambda: "disk" in voting.status())
    status = voting.status()
    voting.ask(free)
    until(lambda: voting.status() == "ok")
    acknowledged |= visitors(voting.ask("vote 3000 20"))
    voting.ask("reopen")
    assert voting.status() == "ok"
    assert voting.ask("votes")[0] == f"votes {len(acknowledged)}"
    assert voting.end() == 0
    return status


@pytest.mark.slow
def test_a_file_that_may_not_grow_any_more(sqlite_url: str) -> None:
    with program(sqlite_url) as voting:
        status = check_full_disk(voting, "limit 4096", "limit -1")
    assert status == "degraded: the disk is full or failing"
    assert len(stored_visitors(sqlite_url)) == 40


@pytest.mark.slow
def test_a_full_disk(tmp_path: Path) -> None:
    """On a disk of a megabyte, which only this process and its children see."""
    namespace = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else [])]
    mounted = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'
    wrapper = [*namespace, "sh", "-c", mounted, str(tmp_path)]
    if not shutil.which("unshare") or subprocess.run([*wrapper, "true"]).returncode:
        pytest.skip("this machine lets nobody make a small disk; the file limit is tested instead")
    with program(f"sqlite:///{tmp_path}/feedback.db", wrapper=wrapper) as voting:
        check_full_disk(voting, "fill", "free")


# The file may not be written

# Root may write everything, so the capability to do so is laid down first.
OBEYING = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--"] if os.geteuid() == 0 else []


@pytest.mark.slow
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_file_or_folder_that_is_read_only(
    what: str, sqlite_url: str, open_store: OpenStore
) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    store = open_store(sqlite_url)
    cast(store, a_vote("before"))
    store.close()
    locked = file if what == "file" else file.parent
    mode = locked.stat().st_mode
    locked.chmod(mode & ~0o222)
    try:
        with program(sqlite_url, wrapper=OBEYING) as voting:
            reason = voting.status().removeprefix("degraded: ")
            assert "can't be written" in reason or "permissions" in reason
            assert voting.ask("vote 0 1")[0] == f"refused {reason}"
            locked.chmod(mode)
            until(lambda: voting.status() == "ok")
            assert visitors(voting.ask("vote 1 1")) == {"visitor-1"}
            assert voting.end() == 0
    finally:
        locked.chmod(mode)
    assert stored_visitors(sqlite_url) == {"before", "visitor-1"}


def test_a_folder_that_cannot_be(tmp_path: Path, open_store: OpenStore) -> None:
    (tmp_path / "cupboard").write_text("no folder")
    store = open_store(f"sqlite:///{tmp_path}/cupboard/feedback.db")
    assert refusal(store) == "the folder of the database file can't be used"
    (tmp_path / "cupboard").unlink()
    recovers(store)


# Somebody else has it

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement).fetchall()
print("held", flush=True)
sys.stdin.read()
"""
WRITING = ["BEGIN EXCLUSIVE"]
ALONE = ["PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "DELETE FROM probe"]


@contextmanager
def held(url: str, statements: list[str]) -> Iterator[None]:
    """Let another process hold a lock."""
    command = [sys.executable, "-c", HOLDER, url.removeprefix("sqlite:///"), *statements]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.kill()


async def ticks_during_a_refused_vote(store: Store) -> int:
    """Count what else the event loop gets done, a hundredth of a second apart."""
    voting = asyncio.ensure_future(store.vote(a_vote("refused")))
    ticks = 0
    while not voting.done():
        await asyncio.sleep(0.01)
        ticks += 1
    with pytest.raises(StoreUnavailableError):
        await voting
    return ticks


@pytest.mark.slow
def test_a_file_that_another_process_writes_to(sqlite_url: str, open_store: OpenStore) -> None:
    store = open_store(sqlite_url)
    cast(store, a_vote("before"))
    with held(sqlite_url, WRITING):
        # The vote gives up while the other process has the lock. Reading goes on.
        assert refusal(store) == "the database is locked by another program"
        assert store.votes_by_page(LONG_AGO)[0].helpful == 1
        assert not store.status().ok
        # Meanwhile other requests are answered.
        assert asyncio.run(ticks_during_a_refused_vote(store)) > 20
    recovers(store)
    assert stored_visitors(sqlite_url) == {"before", "after all"}


@pytest.mark.slow
def test_a_store_that_is_opened_while_the_file_is_locked(
    sqlite_url: str, open_store: OpenStore
) -> None:
    first = open_store(sqlite_url)
    cast(first, a_vote("before"))
    first.close()
    with held(sqlite_url, ALONE):
        store = open_store(sqlite_url)
        assert refusal(store) == "the database is locked by another program"
    recovers(store)
    assert stored_visitors(sqlite_url) == {"before", "after all"}


@pytest.mark.slow
def test_requests_never_wait_for_a_locked_store_and_the_oldest_texts_are_dropped(
    sqlite_url: str, open_store: OpenStore
) -> None:
    store = open_store(sqlite_url)
    with held(sqlite_url, WRITING):
        for number in range(5000):
            store.note_unanswered(Unanswered(NOON, Kind.SEARCH, f"cup {number}", "v1"))
        until(lambda: store.status().dropped == 4000)
        assert store.status().waiting == 1000
        assert str(store.status()) == (
            "degraded: the database is locked by another program (dropped since the start: 4000)"
        )
    until(lambda: store.status().waiting == 0 and store.status().ok)
    assert str(store.status()) == "ok (dropped since the start: 4000)"
    texts = [row.text for row in store.unanswered(LONG_AGO)]
    assert texts == [f"cup {number}" for number in reversed(range(4000, 5000))]


def test_a_text_that_the_database_refuses_does_not_hold_up_the_others(
    sqlite_url: str, open_store: OpenStore
) -> None:
    store = open_store(sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        connection.execute(
            "CREATE TRIGGER picky BEFORE INSERT ON unanswered WHEN NEW.text = 'decaf' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    store.note_unanswered(Unanswered(NOON, Kind.SEARCH, "decaf", "v1"))
    until(lambda: store.status().dropped == 1)
    store.note_unanswered(Unanswered(NOON, Kind.SEARCH, "kettle", "v1"))
    until(lambda: store.status().ok and store.status().waiting == 0)
    assert [row.text for row in store.unanswered(LONG_AGO)] == ["kettle"]


# The file is damaged


def filled(url: str) -> Path:
    store = Store.open(url)
    for number in range(300):
        store.note_unanswered(Unanswered(NOON, Kind.SEARCH, f"cup {number} " * 40, "v1"))
    cast(store, a_vote("before"))
    store.close()
    return Path(url.removeprefix("sqlite:///"))


def garbage(content: bytes) -> bytes:
    return b"This is a list of teapots.\n" * (len(content) // 27)


def bad_page(content: bytes) -> bytes:
    return content[:16384] + b"\xff" * 8192 + content[24576:]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize("damage", [garbage, bad_page, cut])
def test_a_damaged_file_is_refused_and_left_alone(
    damage: Callable[[bytes], bytes], sqlite_url: str, open_store: OpenStore
) -> None:
    file = filled(sqlite_url)
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    store = open_store(sqlite_url)
    reason = refusal(store)
    assert reason.startswith("the database file is damaged; it was left as it is: stop")
    store.note_unanswered(Unanswered(NOON, Kind.SEARCH, "kettle", "v1"))
    with pytest.raises(StoreUnavailableError, match="damaged"):
        store.votes_by_page(LONG_AGO)
    store.close()
    assert file.read_bytes() == damaged
    # What the message says to do.
    file.rename(file.with_name("away"))
    recovers(open_store(sqlite_url))


def test_a_file_that_is_damaged_while_it_is_open(sqlite_url: str, open_store: OpenStore) -> None:
    file = filled(sqlite_url)
    store = open_store(sqlite_url)
    file.write_bytes(garbage(file.read_bytes()))
    # Another file, as after a restored backup that went wrong.
    shutil.copy(file, file.with_name("copy"))
    file.with_name("copy").replace(file)
    assert refusal(store).startswith("the database file is damaged")


def test_a_file_that_is_taken_away_while_it_is_open(sqlite_url: str, open_store: OpenStore) -> None:
    store = open_store(sqlite_url)
    cast(store, a_vote("before"))
    shutil.rmtree(Path(sqlite_url.removeprefix("sqlite:///")).parent)
    cast(store, a_vote("after"))
    # Not in a file that nobody can see any more.
    assert stored_visitors(sqlite_url) == {"after"}


# PostgreSQL goes away and comes back


@pytest.mark.slow
def test_postgresql_stopped_and_started(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    cast(store, a_vote("before"))
    postgres.stop()
    try:
        # An idle store notices.
        until(lambda: not store.status().ok)
        assert refusal(store) == UNREACHABLE
        started_without = open_store(postgres_url)
        assert refusal(started_without) == UNREACHABLE
        store.note_unanswered(Unanswered(NOON, Kind.SEARCH, "kettle", "v1"))
    finally:
        postgres.start()
    recovers(store)
    recovers(started_without)
    until(lambda: [row.text for row in store.unanswered(LONG_AGO)] == ["kettle"])
    assert stored_visitors(postgres_url) == {"before", "after all"}


async def vote_often(store: Store, times: int) -> list[object]:
    votes = (store.vote(a_vote(f"visitor-{number}")) for number in range(times))
    return list(await asyncio.gather(*votes, return_exceptions=True))


@pytest.mark.slow
def test_postgresql_frozen(
    postgres: Server,
    postgres_url: str,
    open_store: OpenStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.feedback.store.DEADLINE_SECONDS", 1)
    store = open_store(postgres_url)
    results = asyncio.run(vote_often(store, 20))
    assert set(results) == {None}
    threads = set(threading.enumerate())
    leaver = open_store(postgres_url)
    postgres.freeze()
    try:
        # The first batch waits for the server, and the others for the first.
        outcomes = asyncio.run(vote_often(store, 20))
        assert {type(outcome) for outcome in outcomes} == {StoreUnavailableError}
        assert not store.status().ok
        with pytest.raises(StoreUnavailableError):
            asyncio.run(store.read(lambda: store.votes_by_page(LONG_AGO)))
        started_without = open_store(postgres_url)
        assert not started_without.status().ok
        # A thread that waits for ever would keep the process from ending.
        leaver.note_unanswered(Unanswered(NOON, Kind.SEARCH, "kettle", "v1"))
        leaver.close()
        started_without.close()
        until(lambda: set(threading.enumerate()) <= threads)
    finally:
        postgres.thaw()
    recovers(store)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "log"),
    [
        ("nobody-here@{}/postgres", 'role "nobody-here" does not exist'),
        ("teapot@{}/no-such-cupboard", 'database "no-such-cupboard" does not exist'),
    ],
)
def test_a_postgresql_server_that_refuses(
    place: str,
    log: str,
    postgres: Server,
    open_store: OpenStore,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = open_store("postgresql://" + place.format(f"127.0.0.1:{postgres.port}"))
    assert refusal(store) == UNREACHABLE
    assert log in caplog.text


@pytest.mark.slow
def test_a_postgresql_database_for_few_letters_only(
    postgres: Server, open_store: OpenStore
) -> None:
    store = open_store(postgres.latin1("saucer"))
    cast(store, replace(a_vote(), comment="caf\N{LATIN SMALL LETTER E WITH ACUTE}"))
    with pytest.raises(StoreUnavailableError, match="must have the encoding UTF8"):
        cast(store, replace(a_vote(), comment="\N{HOT BEVERAGE}"))
    (votes,) = store.votes_by_page(LONG_AGO)
    assert votes.comments[0].text == "caf\N{LATIN SMALL LETTER E WITH ACUTE}"
    recovers(store)


@pytest.mark.slow
def test_a_postgresql_server_that_is_read_only(postgres_url: str, open_store: OpenStore) -> None:
    open_store(postgres_url).close()
    read_only = postgres_url + "%20-cdefault_transaction_read_only%3Don"
    store = open_store(read_only)
    assert refusal(store) == "the database server is read-only"


def test_no_secret_gets_into_reasons_or_logs(
    open_store: OpenStore, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store("postgresql://brewer:darjeeling@127.0.0.1:1/cup")
    with pytest.raises(StoreUnavailableError) as caught:
        cast(store, a_vote("earl-grey"))
    public = f"{caught.value} {store.status()}"
    assert "can't be reached" in public
    assert "can't be reached" in caplog.text
    assert not any(word in public for word in ("brewer", "127.0.0.1"))
    assert not any(word in public + caplog.text for word in ("darjeeling", "earl-grey"))
