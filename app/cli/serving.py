"""`helpcenter serve`."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import (
    CommandError,
    exit_with_errors,
    relative_path,
    setting_options,
    settings_from,
)

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from uvicorn import Server

    from app.settings import Settings

BACKLOG = 2048
"""The most new connections that wait to be accepted."""

ACCEPTED_AT_A_TIME = 16
"""The most new connections that are accepted in one turn of the event loop."""

FIRST_INHERITED = 3
"""The number of the first socket that systemd hands over (`man sd_listen_fds`)."""

M_ARENA_MAX, ARENAS = -8, 2
"""glibc's parameter for the most heaps (`man mallopt`), and our value for it."""


@click.command(epilog="Example: helpcenter serve --host 0.0.0.0 --port 80")
@setting_options
def serve(**given: Any) -> None:
    """Serve the help center until Ctrl+C.

    The server follows the content folder. It serves a change as soon as the content has no errors.
    A start leaves out files that it can't read and logs the errors; only a broken site.yml stops
    it, with exit code 1.

    Other users of the machine can read a command line: give tokens, keys and passwords as
    variables.

    A systemd socket (LISTEN_FDS) replaces --host and --port.
    """
    settings = settings_from(**given)
    settings = settings.model_copy(update={"content": relative_path(settings.content)})
    with _inherit() or _listen(settings.host, settings.port) as listener:
        _run(settings, listener)


def _listen(host: str, port: int) -> socket.socket:
    """Open the port before anything is loaded; a port in use is wrong usage."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        # Python adds the address to some of the reasons.
        reason = (error.strerror or str(error)).partition(" (while")[0]
        message = f"can't listen on {host}, port {port}: {reason}; choose another --host or --port"
        raise CommandError(message) from None


def _inherit() -> socket.socket | None:
    """Return the socket that systemd hands over to this process, if it does."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or not os.environ.get("LISTEN_FDS"):
        return None
    listener = socket.socket(fileno=FIRST_INHERITED)
    # Before `dup`, which would make it wait, and with it every other process that has this socket.
    listener.settimeout(0)
    return listener


def _run(settings: Settings, listener: socket.socket) -> None:
    # Not above: a port that is taken, or `--help`, need not wait for it.
    from app.knowledge import BrokenContentError  # noqa: PLC0415
    from app.web.application import create_app  # noqa: PLC0415
    from app.web.pages.rendering import BrokenTemplateError  # noqa: PLC0415

    _share_heaps()
    try:
        application = create_app(settings, is_stopping=lambda: server.should_exit)
    except BrokenContentError as error:
        raise exit_with_errors(error, settings) from None
    except BrokenTemplateError as error:
        click.echo(str(error))
        raise SystemExit(1) from None
    if not settings.dev:
        application.renderer.compile()
    server = server_of(application, settings)
    address, port = listener.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    click.echo(f"Help center on http://{shown}:{port} (Ctrl+C to stop)", err=True)
    # uvloop accepts one connection per socket and turn of the event loop. Under load, turns are
    # long and new visitors would wait for seconds, so the socket is there several times.
    listeners = [listener, *(listener.dup() for _ in range(ACCEPTED_AT_A_TIME - 1))]
    _say_when_ready(server)
    try:
        server.run(sockets=listeners)
    except KeyboardInterrupt:
        return
    if not server.started:
        raise SystemExit(1)


def server_of(application: ASGIApp, settings: Settings) -> Server:
    """Return a uvicorn server for the application: one process, without uvicorn's access log."""
    import uvicorn  # noqa: PLC0415

    from app.web.http.logs import logging_config  # noqa: PLC0415

    config = uvicorn.Config(
        application,
        log_config=logging_config(settings.log_format),
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        ws="none",
        forwarded_allow_ips=settings.proxies,
    )
    server = uvicorn.Server(config)
    _bound(server)
    return server


def _say_when_ready(server: Server) -> None:
    """Tell systemd, if that started this process, once connections are taken (`man sd_notify`)."""
    if not (address := os.environ.get("NOTIFY_SOCKET")):
        return
    start_up = server.startup

    async def start_up_and_say(sockets: list[socket.socket] | None = None) -> None:
        await start_up(sockets)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            # "@" stands for an address without a file, which begins with a zero byte.
            line.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            line.send(b"READY=1")

    server.startup = start_up_and_say  # type: ignore[method-assign]


def _share_heaps() -> None:
    """Let threads share heaps, where the C library is glibc.

    Each search index is built in threads of its own. By default glibc gives each of them a heap,
    up to eight for each core, and keeps what was freed: without this limit, reloads double the
    memory of the process.
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(M_ARENA_MAX, ARENAS)


def _bound(server: Server) -> None:
    """Bound what one connection may take; not on Windows, which has no fast parser."""
    if sys.platform == "win32":
        return
    from app.web.http import connections  # noqa: PLC0415

    config = server.config
    config.http = connections.BoundedProtocol
    config.timeout_graceful_shutdown = connections.STOP_SECONDS
    config.timeout_notify = connections.CHECK_SECONDS
    config.callback_notify = partial(connections.check_connections, server)
