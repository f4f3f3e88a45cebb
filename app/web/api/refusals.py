"""The one shape of every error of the JSON interface: `{"detail": "a sentence"}`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.addresses import PATHS
from app.web.api.types import FieldMistake, Mistakes, Refusal
from app.web.http.headers import NO_STORE

MOST_MISTAKES = 10
"""The most mistakes of one request that are named."""
RETRY_SECONDS = 10
"""When to try again while there is nothing to serve."""

DETAILS: Mapping[int, str] = {
    404: f"there is no such URL; {PATHS['api']} lists them",
    405: "this method isn't allowed here; the header Allow lists those that are",
    500: "something went wrong on our side; search the log for the X-Request-ID",
}
"""The message of a status without a more exact message."""


def refusal(
    status: int,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    mistakes: Iterable[FieldMistake] | None = None,
) -> JSONResponse:
    """Return the answer to a request that is refused; a validation error names its `mistakes`."""
    if not detail or detail == HTTPStatus(status).phrase:
        detail = DETAILS.get(status, HTTPStatus(status).phrase)
    said = (
        Refusal(detail=detail) if mistakes is None else Mistakes(detail=detail, errors=[*mistakes])
    )
    return JSONResponse(said.model_dump(), status, {**(headers or {}), "Cache-Control": NO_STORE})


async def on_http_exception(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    """Answer a refusal that a handler has raised."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return refusal(error.status_code, error.detail, headers)


async def on_error(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    """Answer after an internal error, which the server logs."""
    return refusal(500)


async def on_invalid(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    """Say what is wrong with a request, without repeating what was sent."""
    assert isinstance(error, RequestValidationError)
    details = error.errors()
    mistakes = [
        FieldMistake(
            # The deeper parts of `loc` repeat keys that were sent.
            loc=list(detail["loc"][:2]),
            msg=detail["msg"].removeprefix("Value error, "),
            type=detail["type"],
        )
        for detail in details[:MOST_MISTAKES]
    ]
    place = ".".join(str(part) for part in mistakes[0].loc) if mistakes else "request"
    detail = f"{place}: {mistakes[0].msg}" if mistakes else "the request is not as described"
    if len(details) > 1:
        detail += f" (and {len(details) - 1} more)"
    return refusal(422, detail, mistakes=mistakes)
