"""HTTP by hand: what no client library would send, and what came back, byte for byte."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass

PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; header names are in lower case, and a repeated one is joined with commas."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def connect(port: int, seconds: float = PATIENCE_SECONDS) -> socket.socket:
    """Open a connection that waits no longer than `seconds` for anything."""
    return socket.create_connection(("127.0.0.1", port), timeout=seconds)


def read_all(connection: socket.socket) -> bytes:
    """Read until the server closes; raises `TimeoutError` when it doesn't."""
    pieces = []
    # A connection that is cut while we still send is reset; what came before that counts.
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def send_all(connection: socket.socket, sent: bytes) -> None:
    """Send, as far as the server listens."""
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(sent)


def ask(port: int, sent: bytes, *, seconds: float = PATIENCE_SECONDS) -> list[Answer]:
    """Send bytes on a new connection, and return every answer until the server closes."""
    with connect(port, seconds) as connection:
        send_all(connection, sent)
        return parse(read_all(connection))


def parse(received: bytes) -> list[Answer]:
    """Take a stream of answers apart; raises `ValueError` for anything that is not one."""
    answers = []
    while received:
        head, found, received = received.partition(b"\r\n\r\n")
        if not found:
            raise ValueError(f"the head of an answer ends early: {head!r}")
        version, _, rest = head.partition(b" ")
        if version != b"HTTP/1.1":
            raise ValueError(f"this is no answer: {head!r}")
        first, *lines = rest.decode("latin-1").split("\r\n")
        status = int(first[:3])
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if headers.get("transfer-encoding") == "chunked":
            body, received = _chunks(received)
        else:
            length = int(headers.get("content-length", "0")) if status not in {204, 304} else 0
            body, received = received[:length], received[length:]
            if len(body) < length:
                raise ValueError(f"the body of an answer ends early: {len(body)} of {length} bytes")
        if status != 100:
            answers.append(Answer(status, headers, body))
    return answers


def _chunks(received: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, found, received = received.partition(b"\r\n")
        length = int(size, 16)
        if not found or len(received) < length + 2:
            raise ValueError("a chunk ends early")
        body += received[:length]
        received = received[length + 2 :]
        if length == 0:
            return body, received
