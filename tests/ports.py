"""Ports for the servers that tests and measurements start."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Return a port of the loopback interface that nobody has now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
