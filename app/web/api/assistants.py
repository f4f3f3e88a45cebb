"""`/mcp`, created at its first request: importing the SDK would make a start a fifth longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from app.knowledge import KnowledgeBase

if TYPE_CHECKING:
    from app.web.api.mcp import HelpServer


class Assistants:
    """The Model Context Protocol for one application.

    `app` answers what the tools ask, `knowledge` returns what it serves now. Pages of `origins` and
    of `base_url` may ask, pages of other sites may not.
    """

    def __init__(
        self,
        app: ASGIApp,
        knowledge: Callable[[], KnowledgeBase],
        base_url: str,
        origins: Collection[str],
    ) -> None:
        self._app = app
        self._knowledge = knowledge
        self._base_url = base_url
        self._origins = origins
        self._transport: asyncio.Future[ASGIApp] | None = None
        self._running: asyncio.Task[None] | None = None

    def server(self) -> HelpServer:
        """Return a server of these tools, for stdio or for HTTP."""
        from app.web.api.mcp import HelpServer  # noqa: PLC0415 - takes 0.6 s

        return HelpServer(self._app, self._knowledge)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if self._transport is None:
            self._transport = asyncio.get_running_loop().create_future()
            self._running = asyncio.create_task(self._run(self._transport))
        transport = await asyncio.shield(self._transport)
        await transport(scope, receive, send)

    async def close(self) -> None:
        """Stop what the first request started."""
        if self._running:
            self._running.cancel()
            await asyncio.wait([self._running])
        self._transport = self._running = None

    async def _run(self, ready: asyncio.Future[ASGIApp]) -> None:
        """Keep the tasks of the transport until `close`."""
        try:
            server = await asyncio.to_thread(self.server)
            from app.web.api.mcp import HttpTransport  # noqa: PLC0415 - takes 0.6 s

            transport = HttpTransport(server, self._base_url, self._origins)
            async with server.session_manager.run():
                ready.set_result(transport)
                await asyncio.Event().wait()
        except Exception as error:
            ready.set_exception(error)
            self._transport = None
