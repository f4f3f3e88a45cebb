"""Keys for programs that ask from a server: `Authorization: Bearer <key>` (`HELP_API_KEYS`)."""

from __future__ import annotations

import hmac
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.api.refusals import refusal


class KeyCheck:
    """Refuses an unknown key before it reads the request.

    The proxy lifts its limits for any key, because it doesn't know them; so a wrong key must cost
    nothing here. A request without a key passes.
    """

    def __init__(self, app: ASGIApp, keys: Collection[str]) -> None:
        self._app = app
        self._keys = tuple(key.encode() for key in keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with a 401."""
        given = _bearer(Headers(scope=scope))
        if given is None or self._is_known(given):
            await self._app(scope, receive, send)
            return
        answer = refusal(401, "there is no such key", {"WWW-Authenticate": "Bearer"})
        await answer(scope, receive, send)

    def _is_known(self, given: str) -> bool:
        # Each is compared in constant time, so that the time tells nothing about the keys.
        found = [hmac.compare_digest(given.encode("latin-1"), key) for key in self._keys]
        return any(found)


def has_key(headers: Headers) -> bool:
    """Tell whether a request that `KeyCheck` let pass has a key."""
    return _bearer(headers) is not None


def _bearer(headers: Headers) -> str | None:
    scheme, _, credentials = headers.get("Authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else None
