"""Visitors by the hundred: each holds a connection and asks, checks the answer, and asks again."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus

from tests.hardening.wire import Answer

PER_CONNECTION = 50
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


@dataclass(frozen=True, slots=True)
class Errand:
    """One request, and what its answer must be: one of `statuses`, with `expected` in it."""

    kind: str
    sent: bytes
    statuses: frozenset[int]
    expected: bytes = b""
    vote: str = ""
    """What it votes for and as whom; nothing when it is no vote."""


@dataclass(slots=True)
class Tally:
    """What a load came to; times are in seconds from the first byte sent to the last received."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    votes: set[str] = field(default_factory=set)
    """Those that were answered with thanks."""
    wrong: list[str] = field(default_factory=list)
    """Answers that must not be."""
    cut: int = 0
    """Connections that ended in the middle of an answer."""
    unanswered: int = 0
    """Connections that ended after a request, without a byte of an answer."""
    untaken: int = 0
    """Connections that were reset before their first answer: the server may never have had them."""
    refused: int = 0
    """Connections that could not be opened."""

    @property
    def count(self) -> int:
        """How many answers there were."""
        return self.statuses.total()

    def percentile(self, share: float, kind: str | None = None) -> float:
        """Return the time that `share` of the answers did not exceed, in milliseconds."""
        times = sorted(
            second for name, many in self.seconds.items() if kind in {None, name} for second in many
        )
        return 1000 * times[min(int(share * len(times)), len(times) - 1)] if times else 0.0

    def report(self) -> str:
        """Return the figures in a few lines."""
        lines = [f"{self.count} answers {dict(sorted(self.statuses.items()))}"]
        for kind in (None, *sorted(self.seconds)):
            count = len(self.seconds[kind]) if kind else self.count
            middle, high = self.percentile(0.5, kind), self.percentile(0.99, kind)
            lines.append(f"  {kind or 'all':<12} {count:>7}  p50 {middle:6.1f} ms  p99 {high:6.1f}")
        return "\n".join(lines)


def request(method: str, path: str, headers: str = "", body: str = "") -> bytes:
    """Return the bytes of a request that keeps its connection."""
    content = body.encode()
    length = f"Content-Length: {len(content)}\r\n" if method == "POST" else ""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: help.test\r\n{headers}{length}\r\n".encode() + content
    )


GOOD = frozenset({200})
ISSUES = {"wrong-key": b"Wrong Key", "market-closed": b"Market", "forgotten-word": b"Forgotten"}
MIX = {
    "page": 20,
    "home": 10,
    "unchanged": 10,
    "packed": 15,
    "fragment": 5,
    "static": 5,
    "search": 15,
    "paste": 10,
    "api": 5,
    "vote": 8,
    "missing": 2,
}
"""What is asked, and how often among a hundred requests or so."""


def errand(chance: random.Random) -> Errand:
    """Return what some visitor may want next; its answer can be told from everybody else's."""
    (kind,) = chance.choices(list(MIX), list(MIX.values()))
    mark = f"jar{chance.randrange(10**9)}"
    slug = chance.choice(list(ISSUES))
    if kind == "vote":
        # Some vote too often; from loopback the header of a proxy is believed.
        address = f"198.51.100.{chance.randrange(200)}"
        body = f"page=%2Fissues%2F{slug}&helpful=yes"
        sent = request("POST", "/feedback", f"{FORM}X-Forwarded-For: {address}\r\n", body)
        return Errand(kind, sent, frozenset({200, 429}), vote=f"{address} {slug}")
    text = f"-7007 no such place {mark}"
    json_type, known = "Content-Type: application/json\r\n", "If-None-Match: *\r\n"
    answers: dict[str, tuple[bytes, frozenset[int], bytes | str]] = {
        "page": (request("GET", f"/issues/{slug}"), GOOD, ISSUES[slug]),
        "home": (request("GET", "/"), GOOD, b"</html>"),
        "unchanged": (request("GET", f"/issues/{slug}", known), frozenset({304}), b""),
        "packed": (request("GET", f"/issues/{slug}", "Accept-Encoding: br, gzip\r\n"), GOOD, b""),
        "fragment": (request("GET", f"/search?q={mark}", "HX-Request: true\r\n"), GOOD, mark),
        "static": (request("GET", "/static/x/style.css"), GOOD, b"{"),
        "search": (request("GET", f"/search?q=market+{mark}"), GOOD, mark),
        "paste": (request("POST", "/diagnose", FORM, f"text={quote_plus(text)}"), GOOD, mark),
        "api": (request("POST", "/api/v1/diagnose", json_type, f'{{"text":"{text}"}}'), GOOD, mark),
        "missing": (request("GET", f"/nowhere/{mark}"), frozenset({404}), b"</html>"),
    }
    sent, statuses, expected = answers[kind]
    content = expected.encode() if isinstance(expected, str) else expected
    return Errand(kind, sent, statuses, content)


async def visit(
    port: int, chance: random.Random, tally: Tally, goes_on: Callable[[], bool]
) -> None:
    """Ask one thing after the other, on a new connection after every `PER_CONNECTION`."""
    while goes_on():
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            tally.refused += 1
            return
        try:
            for number in range(PER_CONNECTION):
                if not goes_on():
                    break
                if not await _run(errand(chance), reader, writer, tally, is_first=number == 0):
                    break
        finally:
            writer.close()


async def _run(
    wanted: Errand,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    tally: Tally,
    *,
    is_first: bool,
) -> bool:
    """Run one errand; tell whether the connection is still good."""
    start = time.perf_counter()
    try:
        writer.write(wanted.sent)
        answer = await _read(reader)
    except asyncio.IncompleteReadError as error:
        tally.cut += bool(error.partial)
        tally.unanswered += not error.partial
        return False
    except (ConnectionResetError, BrokenPipeError):
        tally.untaken += is_first
        tally.unanswered += not is_first
        return False
    tally.seconds.setdefault(wanted.kind, []).append(time.perf_counter() - start)
    tally.statuses[answer.status] += 1
    if wanted.vote and answer.status == 200:
        tally.votes.add(wanted.vote)
    is_right = answer.status in wanted.statuses and (
        answer.status != 200 or wanted.expected in answer.body
    )
    if not is_right and len(tally.wrong) < 20:
        tally.wrong.append(f"{wanted.sent[:60]!r} -> {answer.status} {answer.body[:200]!r}")
    return answer.headers.get("connection") != "close"


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ")[1])
    headers = {
        name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])
    }
    try:
        if headers.get("transfer-encoding") == "chunked":
            raise AssertionError("no answer of ours is sent in chunks")
        has_body = status not in {204, 304}
        body = (
            await reader.readexactly(int(headers.get("content-length", "0"))) if has_body else b""
        )
    except asyncio.IncompleteReadError as error:
        raise asyncio.IncompleteReadError(head + error.partial, error.expected) from None
    return Answer(status, headers, body)


def crowd(
    port: int,
    visitors: int,
    goes_on: Callable[[Tally], bool],
    *,
    seed: int = 7,
    meanwhile: Callable[[], None] | None = None,
) -> Tally:
    """Let so many visitors ask at a time for as long as `goes_on`; return what came of it.

    `meanwhile` is run once in a thread of its own.
    """
    tally = Tally()

    async def everybody() -> None:
        async with asyncio.TaskGroup() as group:
            if meanwhile:
                group.create_task(asyncio.to_thread(meanwhile))
            for number in range(visitors):
                chance = random.Random(f"{seed}-{number}")
                group.create_task(visit(port, chance, tally, lambda: goes_on(tally)))

    asyncio.run(everybody())
    return tally


def assert_all_right(tally: Tally) -> None:
    """Assert that every request was answered, and as it should be."""
    assert tally.wrong == []
    assert (tally.cut, tally.unanswered, tally.untaken, tally.refused) == (0, 0, 0, 0)
    assert set(tally.statuses) <= {200, 304, 404, 429}


def assert_all_stored(data: Path, *tallies: Tally) -> None:
    """Assert that no vote was lost that somebody was thanked for."""
    with closing(sqlite3.connect(data / "helpcenter.sqlite3")) as file:
        (stored,) = file.execute("SELECT count(*) FROM vote").fetchone()
    votes = set[str]().union(*(tally.votes for tally in tallies))
    assert votes
    # At midnight everybody becomes somebody else, who may vote once more.
    assert stored >= len(votes)
