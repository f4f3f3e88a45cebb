"""The language of a request: `/es/...` is the page at `/...` in Spanish.

The application sees the English address, and the language in use. Its responses have English
addresses too: this class adds the language to those in headers, `Renderer` to those in pages. The
JSON interface takes `?lang=` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import parse_qs, quote

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import addresses
from app.languages import ENGLISH, Language, use_language

_ADDRESSES = frozenset({b"location", b"hx-push-url"})


class Languages(Protocol):
    """Something that knows the languages that are served."""

    def languages(self) -> Mapping[str, Language]:
        """Return the languages other than English, by the names of their folders."""


class InLanguage:
    """Sets the language in use, and takes it out of the path."""

    def __init__(self, app: ASGIApp, served: Languages) -> None:
        self._app = app
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request in its language."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        languages = self._served.languages()
        folders = {ENGLISH.folder, *languages}
        # People type "/es" for the home page, which is at "/es/".
        asked = f"{scope['path']}/" if scope["path"][1:] in folders else scope["path"]
        folder, path = addresses.split_language(asked, folders)
        elsewhere = path if folder == ENGLISH.folder else asked
        if elsewhere != scope["path"] and scope["method"] in {"GET", "HEAD"}:
            # Only a form may be sent below "/en/": a page in English has one address.
            query = scope["query_string"].decode("latin-1")
            url = quote(elsewhere) + (f"?{query}" if query else "")
            await RedirectResponse(url, 301)(scope, receive, send)
            return
        if folder:
            # In place: the cache reads the route from this scope.
            scope["path"] = path
            raw = scope.get("raw_path") or b""
            scope["raw_path"] = raw[len(folder) + 1 :]
        elif path.startswith(f"{addresses.PATHS['api']}/"):
            tag = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
            folder = tag.lower()
        language = languages.get(folder, ENGLISH)

        async def send_localised(message: Message) -> None:
            if folder and message["type"] == "http.response.start":
                message["headers"] = [
                    (name, addresses.localised(value.decode("latin-1"), language).encode("latin-1"))
                    if name.lower() in _ADDRESSES
                    else (name, value)
                    for name, value in message["headers"]
                ]
            await send(message)

        with use_language(language):
            await self._app(scope, receive, send_localised)
