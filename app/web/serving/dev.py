"""What `helpcenter serve --dev` adds: open pages follow the content, and nothing is cached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.http.headers import NO_STORE
from app.web.serving.live import Live

TICK_SECONDS = 0.1
LOOK_SECONDS = 0.2
"""How often to look at the content while somebody writes it."""


def events(live: Live, is_stopping: Callable[[], bool]) -> Route:
    """Return the stream of server-sent events that tells a page what it should show by now."""

    async def states() -> AsyncIterator[str]:
        yield "retry: 500\n\n"
        told = ""
        # An open stream would keep a server from stopping.
        while not is_stopping():
            if live.state.id != told:
                told = live.state.id
                yield f"data: {told}\n\n"
            await asyncio.sleep(TICK_SECONDS)

    async def answer(request: Request) -> Response:  # noqa: ARG001 - the signature of a handler
        return StreamingResponse(states(), media_type="text/event-stream")

    return Route("/dev/events", answer)


class NoStore:
    """Lets nothing be cached: what was saved a moment ago has to be seen."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and change the header on the way back."""

        async def send_without_cache(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Cache-Control"] = NO_STORE
            await send(message)

        await self._app(scope, receive, send_without_cache)
