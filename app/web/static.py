"""Static files under a URL that names their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

IMMUTABLE = "public, max-age=31536000, immutable"


class StaticFolder(StaticFiles):
    """The files of one folder at `/static/<version>/<file>`.

    The version is the hash of all files together, so that a module finds the other modules by
    relative path. A page of another version (during a roll-out) gets the present file, uncached.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)
        digest = hashlib.sha256()
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            digest.update(path.read_bytes())
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Return the address of a file; raise `LookupError` when there is no such file."""
        full_path, _ = self.lookup_path(name)
        if not full_path:
            raise LookupError(f"there is no static file {name!r}")
        return f"/static/{self.version}/{name}"

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file behind the version segment of `path`."""
        version, _, name = path.partition("/")
        response = await super().get_response(name, scope)
        if response.status_code < 400:  # noqa: PLR2004 - HTTP's own boundary
            current = version == self.version
            response.headers["Cache-Control"] = IMMUTABLE if current else "no-cache"
        return response
