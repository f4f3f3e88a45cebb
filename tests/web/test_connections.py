"""A connection may not take for ever, and not everything there is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.web.http import connections
from tests.hardening.wire import Answer, ask, connect, parse, read_all

HEAD = b"GET / HTTP/1.1\r\nHost: teapot.test\r\n"
POST = b"POST / HTTP/1.1\r\nHost: teapot.test\r\nContent-Length: 100\r\n\r\n"
PATIENCE = 0.4
"""The seconds of all limits here."""


BEGUN = threading.Event()
"""Set when a request with a body has begun."""


async def tea(request: Request) -> Response:
    """Pour what was asked for: a little, or more than fits into all buffers."""
    if request.method == "POST":
        BEGUN.set()
        await request.body()
    return PlainTextResponse("tea" * int(request.query_params.get("cups", "1")))


class Kitchen:
    """A server with the bounded protocol, in a thread."""

    def __init__(self) -> None:
        app = Starlette(routes=[Route("/", tea, methods=["GET", "POST"])])
        config = uvicorn.Config(
            app,
            http=connections.BoundedProtocol,
            log_config=None,
            timeout_graceful_shutdown=connections.STOP_SECONDS,
            timeout_notify=0,
        )
        self.server = uvicorn.Server(config)
        config.callback_notify = partial(connections.check_connections, self.server)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]})
        self.thread.start()

    def is_stopping(self) -> bool:
        """Tell whether no connection is taken any more."""
        try:
            connect(self.port).close()
        except ConnectionRefusedError:
            return True
        return False

    def close(self) -> None:
        """Ask it to stop."""
        self.server.should_exit = True


@pytest.fixture
def kitchen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kitchen]:
    monkeypatch.setattr(connections, "RECEIVE_SECONDS", PATIENCE)
    monkeypatch.setattr(connections, "READ_SECONDS", PATIENCE)
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 30)
    BEGUN.clear()
    running = Kitchen()
    try:
        yield running
    finally:
        running.close()
        running.thread.join(60)
        assert not running.thread.is_alive()


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def read_answer(connection: socket.socket) -> Answer:
    """Read one answer, in as many pieces as it comes."""
    received = b""
    while True:
        received += connection.recv(1000)
        with suppress(ValueError):
            return parse(received)[0]


def trickle(port: int, first: bytes, drop: bytes) -> bytes:
    """Send something, and then a drop now and then until the server has had enough."""
    with connect(port, 10) as connection:
        connection.sendall(first)
        connection.settimeout(0.1)
        for _ in range(100):
            try:
                return connection.recv(1000)
            except TimeoutError:
                with suppress(OSError):
                    connection.sendall(drop)
            except ConnectionResetError:
                return b""
    raise AssertionError("the server waits for ever")


@pytest.mark.slow
@pytest.mark.parametrize("first", [HEAD, POST, b"GET /"])
def test_a_request_that_trickles_in_is_refused(kitchen: Kitchen, first: bytes) -> None:
    received = trickle(kitchen.port, first, b"x")
    assert {answer.status for answer in parse(received)} <= {408}


@pytest.mark.slow
def test_drops_between_two_requests_do_not_keep_a_connection(kitchen: Kitchen) -> None:
    with connect(kitchen.port) as connection:
        connection.sendall(HEAD + b"\r\n")
        assert read_answer(connection).status == 200
        connection.settimeout(0.1)
        for _ in range(100):
            with suppress(TimeoutError):
                assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
                return
            connection.sendall(b"\r\n")
    raise AssertionError("the server waits for ever")


@pytest.mark.slow
def test_a_connection_without_a_request_is_closed_without_a_word(kitchen: Kitchen) -> None:
    with connect(kitchen.port) as connection:
        assert read_all(connection) == b""


@pytest.mark.slow
def test_an_answer_that_nobody_reads_is_dropped(kitchen: Kitchen) -> None:
    with connect(kitchen.port) as connection:
        connection.sendall(b"GET /?cups=9000000 HTTP/1.1\r\nHost: teapot.test\r\n\r\n")
        wait_until(lambda: bool(kitchen.server.server_state.connections))
        wait_until(lambda: not kitchen.server.server_state.connections)
        with pytest.raises(ValueError, match="ends early"):
            parse(read_all(connection))


@pytest.mark.slow
def test_the_longest_waiting_make_room_for_those_who_ask(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "RECEIVE_SECONDS", 1000)
    with ExitStack() as crowd:
        waiting = [crowd.enter_context(connect(kitchen.port)) for _ in range(60)]
        for connection in waiting:
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(HEAD)
        asked = HEAD + b"Connection: close\r\n\r\n"
        assert [answer.status for answer in ask(kitchen.port, asked)] == [200]
        assert len(kitchen.server.server_state.connections) <= 31


@pytest.mark.slow
def test_a_stop_answers_what_has_begun_and_what_comes_at_that_moment(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RECEIVE_SECONDS", "LINGER_SECONDS"):
        monkeypatch.setattr(connections, name, 1000)
    kitchen.server.config.timeout_graceful_shutdown = 60
    with connect(kitchen.port) as begun, connect(kitchen.port) as idle:
        begun.sendall(POST + b"x" * 50)
        idle.sendall(HEAD + b"\r\n")
        assert read_answer(idle).status == 200
        kitchen.close()
        wait_until(kitchen.is_stopping)
        idle.sendall(HEAD + b"\r\n")
        begun.sendall(b"x" * 50)
        for connection in (begun, idle):
            (answer,) = parse(read_all(connection))
            assert answer.status == 200
            assert answer.headers["connection"] == "close"


@pytest.mark.slow
def test_a_stop_does_not_wait_for_ever(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "RECEIVE_SECONDS", 1000)
    kitchen.server.config.timeout_graceful_shutdown = 1
    with connect(kitchen.port) as connection:
        connection.sendall(POST + b"x" * 50)
        assert BEGUN.wait(30)
        kitchen.close()
        kitchen.thread.join(60)
        assert not kitchen.thread.is_alive()
