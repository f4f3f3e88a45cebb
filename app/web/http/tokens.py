"""Tokens in the header `Authorization`: of `/insights` and `/metrics`."""

from __future__ import annotations

import base64
import hmac

from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.web.http.limits import Limit, Limiter, client_ip

WRONG_PER_MINUTE = Limit("wrong passwords", 10, 60)
"""The most wrong tokens of an IP address in a minute; further tokens aren't checked."""


class Guard:
    """Protects a page with a token.

    A request sends it as a bearer token, or as the password of HTTP Basic authentication with any
    user name. Without a token the page answers 404. Browsers may show `realm` when they ask for the
    password.
    """

    def __init__(self, token: str | None, realm: str) -> None:
        self._token = token
        self._realm = realm
        self._limiter = Limiter()

    def check(self, request: Request) -> None:
        """Return when the token is right.

        Raises a 404 where there is no page, so that nobody learns of it; a 401 for a wrong
        token; a 429 for any token after too many wrong ones from the same IP address.
        """
        if not self._token:
            raise HTTPException(404)
        given, address = _given(request), client_ip(request)
        if given is not None:
            wait = self._limiter.wait_seconds(WRONG_PER_MINUTE, address)
            if wait is not None:
                raise HTTPException(429, headers={"Retry-After": str(wait)})
            # In constant time.
            if hmac.compare_digest(given, self._token.encode()):
                return
            self._limiter.hit(WRONG_PER_MINUTE, address)
        raise HTTPException(401, headers={"WWW-Authenticate": f'Basic realm="{self._realm}"'})


def _given(request: Request) -> bytes | None:
    """Return the token of a request; None where there is none."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.encode("latin-1")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except ValueError:
        return b""
