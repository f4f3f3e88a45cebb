"""Which pages and apps may use the JSON interface from a browser."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from app.web.api.refusals import refusal

PREFLIGHT_SECONDS = 3600
"""For so long a browser need not ask again whether another origin may use the interface."""


class Cors(CORSMiddleware):
    """Adds the headers for named origins to every answer, errors included.

    `Authorization` is not among the headers that they may send: a key in a page is no secret.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        super().__init__(
            app,
            allow_origins=tuple(origins),
            allow_methods=("GET", "POST"),
            allow_headers=("Content-Type",),
            expose_headers=("Retry-After", "X-Request-ID"),
            max_age=PREFLIGHT_SECONDS,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer what a browser asks before a request; refuse in the shape of all errors."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:  # noqa: PLR2004
            return answer
        kept = {name: value for name, value in answer.headers.items() if name != "content-type"}
        kept.pop("content-length", None)
        return refusal(answer.status_code, bytes(answer.body).decode(), kept)
