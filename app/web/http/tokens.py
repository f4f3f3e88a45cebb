"""Pages behind a token: `/insights` and `/metrics`."""

from __future__ import annotations

import base64
import binascii
import hmac

from starlette.exceptions import HTTPException
from starlette.requests import Request


def require(request: Request, token: str | None, realm: str) -> None:
    """Let pass who knows the token: as the password (any name will do), or as a bearer token.

    Raises a 404 where there is no token, so that nobody learns of the page, else a 401.
    """
    if not token:
        raise HTTPException(404)
    # In a time that does not depend on where the difference is.
    if not hmac.compare_digest(_given(request), token.encode()):
        raise HTTPException(401, headers={"WWW-Authenticate": f'Basic realm="{realm}"'})


def _given(request: Request) -> bytes:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.encode("latin-1")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""
