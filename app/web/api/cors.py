"""Which pages and apps may use the JSON interface from a browser."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from app.web.api.refusals import refusal

EXPOSED = ("Retry-After", "X-Request-ID")
"""The headers of an answer that a page of a named origin may read."""
PREFLIGHT_SECONDS = 3600
"""The seconds for which a browser may keep the answer to a preflight request."""


class Cors(CORSMiddleware):
    """Adds the headers for named origins to every answer, errors included.

    `Authorization` is not among the headers that they may send: a key in a page is no secret.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        allowed = tuple(origins)
        super().__init__(
            app,
            allow_origins=allowed,
            allow_methods=("GET", "POST"),
            allow_headers=("Content-Type",),
            expose_headers=EXPOSED if "*" in allowed else (),
            max_age=PREFLIGHT_SECONDS,
        )

    @staticmethod
    def allow_explicit_origin(headers: MutableHeaders, origin: str) -> None:
        """Let a named origin read a response; other origins can't."""
        CORSMiddleware.allow_explicit_origin(headers, origin)
        headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer what a browser asks before a request; refuse in the shape of all errors."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:  # noqa: PLR2004
            return answer
        kept = {name: value for name, value in answer.headers.items() if name != "content-type"}
        kept.pop("content-length", None)
        return refusal(answer.status_code, bytes(answer.body).decode(), kept)
