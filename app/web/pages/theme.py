"""`/theme.css`: the accent colour of the product."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.colours import stylesheet
from app.web.http.headers import cacheable
from app.web.pages.handlers import Handlers


class ThemeHandlers(Handlers):
    """The handler of the stylesheet with the accent colour, which pages load after ours."""

    __slots__ = ()

    async def stylesheet(self, request: Request) -> Response:  # noqa: ARG002 - the signature of a handler
        """Answer with the colour in both themes."""
        site = self.edition.knowledge.site
        if not site.accent:
            raise HTTPException(404)
        return cacheable(Response(stylesheet(site.accent, site.accent_dark), media_type="text/css"))
