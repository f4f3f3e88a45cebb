"""The images of the content, at `/images/<name>`."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from app.web.http.headers import PAGE_CACHE
from app.web.pages.handlers import Handlers


class WholeFile(FileResponse):
    """A file sent in one piece: what is streamed can't be answered with "unchanged"."""

    chunk_size = 8 * 1024 * 1024
    """No picture of an article is longer."""


class Images(Handlers):
    """The handler of images."""

    __slots__ = ()

    async def image(self, request: Request) -> Response:
        """Answer with an image that the loader found; nothing else of the folder is shown."""
        name = request.path_params["name"]
        content = self.edition.knowledge.content
        path = content.root / "images" / name
        if name not in content.images or not path.is_file():
            raise HTTPException(404)
        return WholeFile(path, headers={"Cache-Control": PAGE_CACHE})
