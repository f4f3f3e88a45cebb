"""Where the JSON interface begins; what is behind it is imported when it is first asked for.

FastAPI and the types of the interface take as long to import as all that a page needs of the web.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from app.web.backstage import Backstage
from app.web.live import Live

if TYPE_CHECKING:
    from fastapi import FastAPI

API_PATH = "/api/v1"


class ApiEntry:
    """The application that is mounted at `API_PATH`; `origins` may use it from a browser."""

    def __init__(self, live: Live, backstage: Backstage, origins: tuple[str, ...]) -> None:
        self._live = live
        self._backstage = backstage
        self._origins = origins
        self._api: FastAPI | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        api = await self.api()
        await api(scope, receive, send)

    async def api(self) -> FastAPI:
        """Return the interface itself; the first time it takes a moment, off the event loop."""
        if self._api is None:
            # Once, however many ask at that moment.
            async with self._making:
                if self._api is None:
                    self._api = await asyncio.to_thread(self._make)
        return self._api

    def _make(self) -> FastAPI:
        from app.web.api import create_api  # noqa: PLC0415

        return create_api(self._live, self._backstage, self._origins)
