"""Clients that are slow on purpose, at a server with its real bounds, while others visit it."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from pathlib import Path

import pytest

from app.web.http.connections import MAX_CONNECTIONS, RECEIVE_SECONDS
from app.web.http.headers import MAX_BODY_BYTES
from tests.hardening.load import crowd
from tests.hardening.server import running
from tests.hardening.wire import connect, parse

pytestmark = [pytest.mark.slow, pytest.mark.hardening]

GET = b"GET / HTTP/1.1\r\nHost: help.test\r\n"
BODY = b"POST /diagnose HTTP/1.1\r\nHost: help.test\r\nContent-Length: 16000\r\n\r\n"
CHUNKS = b"POST /diagnose HTTP/1.1\r\nHost: help.test\r\nTransfer-Encoding: chunked\r\n\r\n"
SLOW = {
    "nothing": (b"", b""),
    "a line": (b"G", b"x"),
    "a header": (GET, b"x"),
    "many headers": (GET, b"X: x\r\n"),
    "empty lines": (b"", b"\r\n"),
    "a body": (BODY, b"x"),
    "chunks": (CHUNKS, b"1\r\nx\r\n"),
    "a chunk": (CHUNKS + b"ffff\r\n", b"x"),
    "the size of a chunk": (CHUNKS, b"0"),
}
"""How it begins, and what follows drop by drop."""
EACH = 20


def test_who_sends_drop_by_drop_is_refused_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    with running(tmp_path) as server, contextlib.ExitStack() as crowded:
        memory = server.memory()
        slow = [
            (crowded.enter_context(connect(server.port)), first, drop)
            for first, drop in SLOW.values()
            for _ in range(EACH)
        ]
        start = time.monotonic()
        for connection, first, _ in slow:
            connection.setblocking(False)
            connection.sendall(first)
        closed: dict[socket.socket, bytes] = {}
        while len(closed) < len(slow):
            assert time.monotonic() - start < 2 * RECEIVE_SECONDS + 10, "some are kept for ever"
            for connection, _, drop in slow:
                if connection not in closed:
                    with contextlib.suppress(BlockingIOError):
                        closed |= drip(connection, drop)
            assert server.get("/issues/wrong-key").status == 200
            time.sleep(0.5)
        assert time.monotonic() - start > RECEIVE_SECONDS * 0.9
        statuses = {answer.status for received in closed.values() for answer in parse(received)}
        # A form without a type is answered before its body is here; that ends all the same.
        assert statuses <= {400, 408, 422}
        assert 408 in statuses
        assert server.memory() - memory < 16 * 1024
        server.assert_healthy()


def drip(connection: socket.socket, drop: bytes) -> dict[socket.socket, bytes]:
    """Send a drop; return the connection with what it said when the server has closed it."""
    try:
        received = connection.recv(65536)
    except BlockingIOError:
        try:
            connection.sendall(drop)
        except (BrokenPipeError, ConnectionResetError):
            return {connection: b""}
        return {}
    except ConnectionResetError:
        return {connection: b""}
    return {connection: received}


def test_who_takes_all_connections_shuts_nobody_out(tmp_path: Path) -> None:
    """Twice as many connections as are kept, and as many files as most systems allow."""
    with running(tmp_path) as server:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (1024, 1024))
        hoard: list[socket.socket] = []
        try:
            for number in range(2 * MAX_CONNECTIONS):
                connection = connect(server.port)
                hoard.append(connection)
                connection.sendall(GET)
                if number % 50 == 0:
                    assert server.get("/issues/wrong-key").status == 200
            assert server.open_files() < 1000
            end = time.monotonic() + 3
            tally = crowd(server.port, 10, lambda _: time.monotonic() < end)
            assert tally.wrong == []
            assert tally.count > 20
            assert (tally.cut, tally.unanswered, tally.untaken, tally.refused) == (0, 0, 0, 0)
        finally:
            for connection in hoard:
                connection.close()
        server.until(lambda: server.open_files() < 100)
        server.assert_healthy()


def test_who_does_not_read_the_answers_costs_little(tmp_path: Path) -> None:
    """A hundred of them ask for the largest page again and again and read nothing."""
    with running(tmp_path) as server:
        before = server.memory()
        asked = (GET + b"\r\n") * 200
        deaf = [connect(server.port, 0.2) for _ in range(100)]
        for connection in deaf:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with contextlib.suppress(TimeoutError, BrokenPipeError, ConnectionResetError):
                connection.sendall(asked)
        for _ in range(10):
            assert server.get("/issues/wrong-key").status == 200
        assert server.memory() - before < 100 * 1024
        for connection in deaf:
            connection.close()
        server.until(lambda: server.open_files() < 100)
        server.assert_healthy()


@pytest.mark.parametrize("path", ["/diagnose", "/api/v1/diagnose"])
def test_who_sends_most_of_large_bodies_takes_no_more_than_that(tmp_path: Path, path: str) -> None:
    """From hundreds of connections at once, each just short of what is read at all."""
    kind = "application/json" if "api" in path else "application/x-www-form-urlencoded"
    head = f"POST {path} HTTP/1.1\r\nHost: help.test\r\nContent-Type: {kind}\r\n"
    length = f"Content-Length: {MAX_BODY_BYTES}\r\n\r\n"
    sent = (head + length).encode() + b"text=" + b"a" * (MAX_BODY_BYTES - 1000)
    with running(tmp_path) as server, contextlib.ExitStack() as crowded:
        before, count = server.memory(), MAX_CONNECTIONS - 100
        for _ in range(count):
            crowded.enter_context(connect(server.port)).sendall(sent)
        for _ in range(10):
            assert server.get("/issues/wrong-key").status == 200
        # Some of it is still on its way; none of it is kept twice.
        assert server.memory() - before < count * MAX_BODY_BYTES / 1024 * 1.5
        server.until(lambda: server.open_files() < 100)
        server.assert_healthy()
