"""`/widget.js` and `/widget-<number>.js`: the answer for other products' pages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.addresses import PATHS
from app.web.http.headers import PAGE_CACHE
from app.web.http.static import IMMUTABLE, StaticFolder

NEWEST_WIDGET = 1
"""The number of the widget at `/widget.js`."""


def widgets(static: StaticFolder) -> list[Route]:
    """Return the routes of the newest widget and of the numbered widgets.

    A numbered widget never changes, so pages can name it with its checksum.
    """

    async def newest(request: Request) -> Response:
        response = await static.response(f"widget-{NEWEST_WIDGET}.js", request.headers)
        response.headers["Cache-Control"] = PAGE_CACHE
        return response

    async def numbered(request: Request) -> Response:
        response = await static.response(
            f"widget-{request.path_params['number']}.js", request.headers
        )
        response.headers["Cache-Control"] = IMMUTABLE
        return response

    return [Route(PATHS["widget"], newest), Route(PATHS["numbered widget"], numbered)]
