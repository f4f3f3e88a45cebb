"""What `helpcenter serve --dev` adds: open pages follow every saved file, and nothing is cached.

Saved files are those of the content, the templates and the static files.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.http.headers import NO_STORE
from app.web.http.static import StaticFolder
from app.web.serving.live import ServedState

TICK_SECONDS = 0.1
LOOK_SECONDS = 0.2
"""How often to look at the content while somebody writes it."""


class Assets:
    """The templates and static files while somebody edits them."""

    def __init__(self, templates: Path, static: StaticFolder) -> None:
        self._folders = (templates, static.folder)
        self._static = static
        self._version = self._look()

    def version(self) -> str:
        """Return a name for the present files; static files are read again when it changes."""
        version = self._look()
        if version != self._version:
            self._static.read()
            self._version = version
        return version

    def _look(self) -> str:
        digest = hashlib.blake2b(digest_size=6)
        for folder in self._folders:
            for path in sorted(folder.rglob("*")):
                with suppress(FileNotFoundError):  # an editor is just replacing it
                    found = path.stat()
                    digest.update(f"{path} {found.st_mtime_ns} {found.st_size}\0".encode())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: the state of the content, and the version of templates and styles."""

    state: ServedState
    assets: str

    @property
    def id(self) -> str:
        """A name for what pages show: it changes when they do."""
        return f"{self.state.id}.{self.assets}"


def events(shown: Callable[[], Shown], is_stopping: Callable[[], bool]) -> Route:
    """Return the route of server-sent events that tell a page which version to show."""

    async def states() -> AsyncIterator[str]:
        yield "retry: 500\n\n"
        told = ""
        # An open stream would keep a server from stopping.
        while not is_stopping():
            if (now := shown().id) != told:
                told = now
                yield f"data: {told}\n\n"
            await asyncio.sleep(TICK_SECONDS)

    async def answer(request: Request) -> Response:  # noqa: ARG001 - the signature of a handler
        return StreamingResponse(states(), media_type="text/event-stream")

    return Route("/dev/events", answer)


class NoStore:
    """Makes every response uncacheable, so that saved files are shown at once."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and change the header on the way back."""

        async def send_without_cache(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Cache-Control"] = NO_STORE
            await send(message)

        await self._app(scope, receive, send_without_cache)
