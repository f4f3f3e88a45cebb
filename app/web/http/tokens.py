"""Passwords in the header `Authorization`: of `/insights` and `/metrics`."""

from __future__ import annotations

import base64
import binascii
import hmac

from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.web.http.limits import Limit, Limiter, address_of

WRONG_PER_MINUTE = Limit("wrong passwords", 10, 60)
"""The most wrong passwords of an address in a minute; further passwords aren't checked."""


class Guard:
    """Protects a page with a password, given as the password (with any name) or as a token.

    Without a password the page doesn't exist. Browsers show `realm` as the name of the page.
    """

    def __init__(self, password: str | None, realm: str) -> None:
        self._password = password
        self._realm = realm
        self._limiter = Limiter()

    def check(self, request: Request) -> None:
        """Return when the password is right.

        Raises a 404 where there is no page, so that nobody learns of it; a 401 for a wrong
        password; a 429 for any password after too many wrong ones from the same address.
        """
        if not self._password:
            raise HTTPException(404)
        given, address = _given(request), address_of(request)
        if given is not None:
            wait = self._limiter.wait_seconds(WRONG_PER_MINUTE, address)
            if wait is not None:
                raise HTTPException(429, headers={"Retry-After": str(wait)})
            # In constant time.
            if hmac.compare_digest(given, self._password.encode()):
                return
            self._limiter.hit(WRONG_PER_MINUTE, address)
        raise HTTPException(401, headers={"WWW-Authenticate": f'Basic realm="{self._realm}"'})


def _given(request: Request) -> bytes | None:
    """Return the password of a request; None where there is none."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.encode("latin-1")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""
