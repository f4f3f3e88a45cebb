"""The images of the content, at `/images/<name>`."""

from __future__ import annotations

import mimetypes

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.web.http.headers import PAGE_CACHE
from app.web.pages.handlers import Handlers


class ImageHandlers(Handlers):
    """The handler of images."""

    __slots__ = ()

    async def image(self, request: Request) -> Response:
        """Answer with an image of the edition; no file is opened for a visitor."""
        name = request.path_params["name"]
        image = self.edition.knowledge.content.images.get(name)
        if image is None:
            raise HTTPException(404)
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(image, media_type=media_type, headers={"Cache-Control": PAGE_CACHE})
