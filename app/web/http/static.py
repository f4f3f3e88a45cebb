"""Static files under a URL with a hash of their content, so that browsers may keep them forever."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import mimetypes
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.web.http.coding import BEST_QUALITY, Coding, encoded, is_text, preferred

IMMUTABLE = "public, max-age=31536000, immutable"

_encoded_once = functools.lru_cache(maxsize=256)(encoded)
"""Compresses each file once in a process, because the best compression takes a while."""


class StaticFolder:
    """The files of one folder at `/static/<version>/<file>`, as they were when they were read.

    The version is the hash of all files together, so that a module finds the other modules by
    relative path. A page of another version (during a roll-out) gets the present file, to be asked
    for again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.read()

    def read(self) -> None:
        """Read all files; their version changes if one of them did."""
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        self._files = {
            path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths
        }
        digest = hashlib.sha256()
        for name, body in self._files.items():
            digest.update(f"{name}\0".encode())
            digest.update(body)
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Return the address of a file; raise `LookupError` when there is no such file."""
        if name not in self._files:
            raise LookupError(f"there is no static file {name!r}")
        return f"/static/{self.version}/{name}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the file behind the version segment of the path, in the coding asked for."""
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        path = scope["path"].removeprefix(scope["root_path"]).removeprefix("/")
        version, _, name = path.partition("/")
        response = await self.response(name, Headers(scope=scope))
        response.headers["Cache-Control"] = IMMUTABLE if version == self.version else "no-cache"
        await response(scope, receive, send)

    async def response(self, name: str, headers: Headers) -> Response:
        """Answer with a file in the coding that a request asks for; raise a 404 for no file.

        Pages of every origin may read it: the widget runs in them, and there is no secret here.
        """
        body = self._files.get(name)
        if body is None:
            raise HTTPException(404)
        accepted = headers.get("Accept-Encoding")
        coding = preferred(accepted.encode("latin-1") if accepted is not None else None)
        response = await asyncio.to_thread(self._response, name, body, coding)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    def _response(self, name: str, body: bytes, coding: Coding) -> Response:
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        shorter = _encoded_once(body, coding, BEST_QUALITY) if is_text(media_type) else None
        response = Response(body if shorter is None else shorter, media_type=media_type)
        if shorter is not None:
            response.headers["Content-Encoding"] = coding
        if is_text(media_type):
            response.headers["Vary"] = "Accept-Encoding"
        return response
