"""Limits on the size and duration of a connection: a subclass of uvicorn's protocol.

uvicorn only limits the time of an idle connection. It has no limit for the time in which a request
arrives, for the size of its head, or for the time until a response is read. So a few hundred slow
clients could keep everybody else out. Attacks from many IP addresses have to be stopped by the
proxy or the network.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import Server

MAX_HEAD_BYTES = 64 * 1024
"""The most bytes of the request line with all headers: the limit of uvicorn's other parser."""
MAX_REQUEST_BYTES = 4 * 1024 * 1024
"""The most bytes of a request as it is sent; `headers.MAX_BODY_BYTES` of the body are read."""
RECEIVE_SECONDS = 20.0
"""The seconds from the first byte of a request (or from the connection) to its last byte."""
READ_SECONDS = 120.0
"""The seconds until the client has read a response."""
MAX_CONNECTIONS = 900
"""The most connections: on most systems a process may open 1,024 files."""
LINGER_SECONDS = 0.3
"""At a stop, the seconds for which an idle connection may still bring a request."""
STOP_SECONDS = 5
"""At a stop, the seconds for which the server waits for requests that have begun."""
CHECK_SECONDS = 1
"""The seconds between two looks for overdue connections."""

REFUSALS = {
    400: b"This is not a proper HTTP request.",
    408: b"The request took too long to arrive.",
    413: b"The request is too long.",
    431: b"The head of the request is too long.",
}


_NOWHERE: deque[tuple[bytes, bytes]] = deque(maxlen=0)
"""Swallows headers that follow a body: they don't belong to the request that we answer."""


class _RefusedError(Exception):
    """Stops the parser; uvicorn then calls `send_400_response`."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection with limits, which refuses ambiguous requests."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for a request; make room when there are too many connections."""
        super().connection_made(transport)
        self._is_stopping = False
        self._unread_since: float | None = None
        self._expect_request()
        if len(self.connections) > MAX_CONNECTIONS:
            _make_room(cast("Iterable[BoundedProtocol]", self.connections))

    def _expect_request(self) -> None:
        self._is_complete = False
        self._in_head = True
        self._received = 0
        self._refusal = 400
        self._since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Take what arrived, if the request is not too long by now."""
        if self._is_complete:
            # The client has begun a request, which must end in time.
            self._expect_request()
        self._received += len(data)
        super().data_received(data)
        if self._in_head and self._received > MAX_HEAD_BYTES:
            self._refuse(431)
        elif not self._is_complete and self._received > MAX_REQUEST_BYTES:
            self._refuse(413)

    def on_message_begin(self) -> None:
        """Note that a request has begun; it may be the second in what arrived at once."""
        if self._is_complete:
            self._expect_request()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Refuse a head that is too long, or that a proxy could read in another way."""
        if self._received > MAX_HEAD_BYTES:
            # A part of the body may have arrived too, so the head is counted exactly.
            length = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if length > MAX_HEAD_BYTES:
                self._refusal = 431
                raise _RefusedError
        hosts = [name for name, _ in self.headers].count(b"host")
        version = self.parser.get_http_version()
        # RFC 9112, 3.2: exactly one Host. HTTP/0.9 has no headers at all.
        if version not in {"1.0", "1.1"} or hosts > 1 or (not hosts and version == "1.1"):
            raise _RefusedError
        # The parser would leave the bytes that follow to the other protocol: a body would be read
        # as the next request.
        wants_another_protocol = self.parser.should_upgrade()
        if wants_another_protocol and self._has_body():
            raise _RefusedError
        self._in_head = False
        super().on_headers_complete()
        self.headers = _NOWHERE  # type: ignore[assignment]
        if self._is_stopping or wants_another_protocol:
            self.cycle.keep_alive = False

    def _has_body(self) -> bool:
        return any(
            name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
            for name, value in self.headers
        )

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: a request for another protocol is answered in HTTP/1.1."""

    def on_message_complete(self) -> None:
        """Note that the request is complete: from now on the client waits for us."""
        self._is_complete = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Note since when the connection is idle."""
        self._since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Answer a request that can't be parsed or was refused, and close."""
        self._refuse(self._refusal)

    def _refuse(self, status: int) -> None:
        """Answer with `status`, unless an answer has begun, and close."""
        if self.transport.is_closing():
            return
        if self._is_answered() or not self.cycle.response_started:
            text = REFUSALS[status]
            head = b"content-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\n"
            length = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(text)
            self.transport.write(STATUS_LINE[status] + head + length + text)
        self.transport.close()

    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _has_begun(self) -> bool:
        """Tell whether a part of a request is here."""
        return not self._is_complete and self._received > 0

    def shutdown(self) -> None:
        """At a stop: answer requests that have begun, and those that are on their way."""
        self._is_stopping = True
        if self.cycle is not None:
            self.cycle.keep_alive = False
        self.loop.call_later(LINGER_SECONDS, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if self._is_answered() and not self._has_begun():
            self.transport.close()

    def waits_since(self) -> float | None:
        """Return since when this waits for the client; None while the client waits for us."""
        waits = self._is_answered() or not self._is_complete or self.flow.write_paused
        return self._since if waits and not self.transport.is_closing() else None

    def check(self, now: float) -> None:
        """Close the connection if the client is overdue at `now`, in loop time."""
        if self.transport.get_write_buffer_size() == 0:
            self._unread_since = None
        elif self._unread_since is None:
            self._unread_since = now
        elif now - self._unread_since > READ_SECONDS:
            self.transport.abort()
        if self._is_complete or now - self._since <= RECEIVE_SECONDS:
            return
        if self._has_begun():
            self._refuse(408)
        else:
            # A browser that connected in advance would take a 408 for the answer to its next
            # request.
            self.transport.close()


def _make_room(connections: Iterable[BoundedProtocol]) -> None:
    """Close a tenth of the connections that wait for their client, the longest waiting first.

    Honest clients are only among them for moments.
    """
    waiting = [
        (since, connection)
        for connection in connections
        if (since := connection.waits_since()) is not None
    ]
    waiting.sort(key=lambda pair: pair[0])
    for _, connection in waiting[: len(waiting) // 10 + 1]:
        connection.transport.abort()


async def check_connections(server: Server) -> None:
    """Close the overdue connections of `server`; to be called every `CHECK_SECONDS`."""
    now = asyncio.get_running_loop().time()
    for connection in list(server.server_state.connections):
        cast("BoundedProtocol", connection).check(now)
