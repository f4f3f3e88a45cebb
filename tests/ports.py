"""Ports for the servers that tests and measurements start."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on now.

    It isn't one that the system gives to whoever asks for any port: another test could get it
    before the server listens on it.
    """
    while True:
        port = 15_000 + secrets.randbelow(15_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
