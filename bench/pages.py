"""Pages, as browsers ask for them, beside a bare ASGI function on the same server.

Each server is a process of its own on the first core; requests come from here, on another, over 16
connections that are kept open. What counts is the processor time of the server: with one core to
itself, it would answer so many requests in a second. The turns are short: what else the machine
does slows down all servers of a round alike.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.types import Message, Receive, Scope, Send

from app.cli.serving import server_of
from app.settings import Settings
from bench.report import Goal, Section, Series

CONTENT = Path(__file__).parents[1] / "content"
PAGE = "/issues/ip-whitelist-not-configured"
ROUNDS = 31
SECONDS = 0.3
CONNECTIONS = 16
START_SECONDS = 60.0
BROWSER = {
    "Connection": "keep-alive",
    "sec-ch-ua": '"Chromium";v="142", "Not_A Brand";v="99"',
    "sec-ch-ua-mobile": "?1",
    "sec-ch-ua-platform": '"Android"',
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Mobile Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-US,en;q=0.9",
}
Running = AbstractContextManager[tuple[subprocess.Popen[bytes], int]]
BARE, BARE_UNCHANGED = "bare function, the same bytes", "bare function, a 304"
OURS, UNCHANGED = "help center", "help center, a 304"
LOGGED = "help center, with a line a request"
MADE = "help center, a page that is not kept"


@dataclass(frozen=True, slots=True)
class Contender:
    """A server, and what it is asked."""

    process: subprocess.Popen[bytes]
    port: int
    request: bytes


def run() -> list[Section]:
    """Measure all in turns."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        shutil.copytree(CONTENT, folder / "content")  # nobody edits it meanwhile
        ours = running.enter_context(_help_center(folder, {}))
        logged = running.enter_context(_help_center(folder, {"HELP_LOG_FORMAT": "json"}))
        page = _ask(ours[1], _request(PAGE))
        known = {"If-None-Match": _header(page, "etag")}
        unchanged = _ask(ours[1], _request(PAGE, known))
        answers = folder / "answers.json"
        answers.write_text(json.dumps([answer.decode("latin-1") for answer in (page, unchanged)]))
        bare = running.enter_context(_bare(answers))
        contenders = {
            BARE: Contender(*bare, _request("/0")),
            OURS: Contender(*ours, _request(PAGE)),
            UNCHANGED: Contender(*ours, _request(PAGE, known)),
            BARE_UNCHANGED: Contender(*bare, _request("/1", known)),
            LOGGED: Contender(*logged, _request(PAGE)),
            MADE: Contender(*ours, _request("/report?exchange=binance")),
        }
        rounds = _measure(contenders)
    return _sections(rounds, page, unchanged)


def _sections(
    rounds: Mapping[str, tuple[float, ...]], page: bytes, unchanged: bytes
) -> list[Section]:
    series = {name: Series(name, values) for name, values in rounds.items()}
    unit = "requests in a second of one core"

    def goal(name: str, what: str, bound: float) -> Goal:
        # Of each round by itself: what else the machine does changes from one to the next.
        ratios = (
            contender / bare for contender, bare in zip(rounds[name], rounds[BARE], strict=True)
        )
        return Goal(what, statistics.median(ratios), bound)

    return [
        Section(
            title="A page, as a browser asks for it",
            text=(
                f"An issue of {len(page):,} bytes with its headers: compressed with brotli, "
                "Content-Security-Policy, ETag, request id, metrics. The bare function sends the "
                "same bytes on the same uvicorn. Uncached pages are rendered and compressed for "
                "every request."
            ),
            unit=unit,
            series=tuple(series[name] for name in (BARE, OURS, LOGGED, MADE)),
            baseline=BARE,
            goals=(goal(OURS, "a page as a browser asks for it, of a bare function", 0.5),),
        ),
        Section(
            title="The same page, unchanged",
            text=f"With If-None-Match: a 304 of {len(unchanged):,} bytes.",
            unit=unit,
            series=tuple(series[name] for name in (BARE, BARE_UNCHANGED, UNCHANGED)),
            baseline=BARE,
            goals=(goal(UNCHANGED, "a conditional request, of a bare function", 0.7),),
        ),
    ]


def _measure(contenders: Mapping[str, Contender]) -> dict[str, tuple[float, ...]]:
    """Return for each contender how many requests it answers in a second of its time, by round."""
    rounds: dict[str, list[float]] = {name: [] for name in contenders}
    with _on_core(1):
        for turn in range(-1, ROUNDS):
            order = list(contenders) if turn % 2 == 0 else list(contenders)[::-1]
            for name in order:
                contender = contenders[name]
                before = _processor_seconds(contender.process.pid)
                answered = asyncio.run(_load(contender))
                taken = _processor_seconds(contender.process.pid) - before
                if turn >= 0:  # the first is to warm up
                    rounds[name].append(answered / taken)
    return {name: tuple(values) for name, values in rounds.items()}


class _Asker(asyncio.Protocol):
    """Sends the same request again as soon as it has the whole answer."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._answer = b""
        self._transport: asyncio.Transport | None = None
        self.answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if _is_whole(self._answer) and self._transport:
            self._answer = b""
            self.answered += 1
            self._transport.write(self._request)

    def stop(self) -> None:
        """Ask no more."""
        if self._transport:
            self._transport.abort()
            self._transport = None


async def _load(contender: Contender) -> int:
    """Return how many requests are answered in `SECONDS`, or in as many more as one takes."""
    loop = asyncio.get_running_loop()
    askers = [
        (
            await loop.create_connection(
                lambda: _Asker(contender.request), "127.0.0.1", contender.port
            )
        )[1]
        for _ in range(CONNECTIONS)
    ]
    await asyncio.sleep(SECONDS)
    while not any(asker.answered for asker in askers):  # on a machine that is busy with others
        assert contender.process.poll() is None, "the server ended"
        await asyncio.sleep(SECONDS)
    for asker in askers:
        asker.stop()
    return sum(asker.answered for asker in askers)


def _request(path: str, headers: Mapping[str, str] = {}) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in {**BROWSER, **headers}.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _ask(port: int, request: bytes) -> bytes:
    """Return the bytes of an answer: its head, and the body that the head announces."""
    with socket.create_connection(("127.0.0.1", port), START_SECONDS) as connection:
        connection.sendall(request)
        answer = b""
        while not _is_whole(answer):
            received = connection.recv(65_536)
            assert received, "the server closed the connection"
            answer += received
    return answer


def _is_whole(answer: bytes) -> bool:
    """Tell whether the head of an answer is here, and the body that the head announces."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end or head.startswith(b"HTTP/1.1 304"):
        return bool(end)
    return len(body) == int(_header(answer, "content-length"))


def _header(answer: bytes, name: str) -> str:
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
    pairs = (line.partition(": ") for line in head.split("\r\n")[1:])
    return {key: value for key, _, value in pairs}.get(name, "0")


def _help_center(folder: Path, settings: Mapping[str, str]) -> Running:
    """Start the help center with the real content, a copy of which is in the folder."""
    data, content = folder / "-".join(["data", *settings]), folder / "content"
    settings = {"HELP_DATA": str(data), "HELP_CONTENT": str(content), **settings}
    return _running([sys.executable, "-m", "app", "serve"], settings)


def _bare(answers: Path) -> Running:
    """Start the bare function."""
    return _running([sys.executable, "-m", "bench.pages", str(answers)], {})


@contextmanager
def _running(
    command: list[str], settings: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name[:5] != "HELP_"}
    environment |= {"HELP_PORT": str(port), **settings}
    with _on_core(0), tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, cwd=Path(__file__).parents[1], env=environment, stderr=log
        )
    try:
        _wait(port, process)
        yield process, port
    finally:
        process.terminate()
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _ask(port, _request("/healthz"))
        except OSError:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.1)
        else:
            return


@contextmanager
def _on_core(core: int) -> Iterator[None]:
    """Run on one core, and start processes there; only Linux can."""
    if sys.platform != "linux" or core not in os.sched_getaffinity(0):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _processor_seconds(pid: int) -> float:
    """Return the time that a process spent on processors, its threads included."""
    clock = ctypes.c_int()
    failed = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    assert not failed, f"no clock of process {pid}"
    return time.clock_gettime(clock.value)


def main() -> None:
    """Serve the answers in a file, `/0` the first: the bare function."""
    answers = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    messages = {f"/{number}": _messages(answer) for number, answer in enumerate(answers)}
    healthy = _messages("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        if scope["type"] != "http":
            return
        start, body = messages.get(scope["path"], healthy)
        await send(start)
        await send(body)

    settings = Settings()
    with socket.create_server((settings.host, settings.port), backlog=2048) as listener:
        server = server_of(bare, settings)
        server.config.lifespan = "off"
        server.run(sockets=[listener])


def _messages(answer: str) -> tuple[Message, Message]:
    head, _, body = answer.partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    headers = [(name.encode(), value.encode()) for name, _, value in pairs if name != "date"]
    start = {"type": "http.response.start", "status": int(status.split()[1]), "headers": headers}
    return start, {"type": "http.response.body", "body": body.encode("latin-1")}


if __name__ == "__main__":
    main()
