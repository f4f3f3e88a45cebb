"""Wiring: settings in, the application out."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from app.diagnosis.redaction import Redactor
from app.settings import Settings
from app.web.api import create_api
from app.web.handlers import HTML
from app.web.headers import NO_STORE, SECURITY_HEADERS, BodyLimit, SecurityHeaders
from app.web.live import Edition
from app.web.pages import Pages
from app.web.render import HTMX_VARY, HtmxRequest, Renderer
from app.web.routes import routes
from app.web.static import StaticFolder

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"

PROBLEMS = {
    400: ("This request can't be read", "Something in the address or the form is not as expected."),
    404: ("This page does not exist", "The address may be misspelt, or the page has moved."),
    405: ("This address can't be used that way", "Open it as a page, or go back and try again."),
    413: ("This is too long", "Keep the lines with the error message (up to 16 KB) and try again."),
    500: ("Something went wrong on our side", "Please try again. Your input was not stored."),
}

logger = logging.getLogger("helpcenter")


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application for `settings` (by default read from the environment).

    Raises `BrokenContentError` when the content can't be served.
    """
    settings = settings or Settings()
    base_url = (settings.base_url or "").rstrip("/")
    static = StaticFolder(STATIC)
    redactor = Redactor.from_file(STATIC / "redaction-rules.json")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        edition: Edition = app.state.edition
        logger.info("serving content %s", edition.knowledge.version)
        yield

    app = FastAPI(
        title="Help center",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.edition = Edition.build(settings.content, redactor)
    renderer = Renderer(TEMPLATES, static, base_url)

    def pages() -> Pages:
        return Pages(renderer, base_url, app.state.edition)

    app.router.routes += [
        Route("/healthz", _healthy),
        Route("/readyz", _ready),
        *routes(renderer, base_url, lambda: app.state.edition),
        Mount("/api/v1", create_api(app.state), name="api"),
        Mount("/static", static, name="static"),
    ]
    _answer_problems(app, pages)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    return app


async def _healthy(request: Request) -> Response:  # noqa: ARG001 - the signature of a handler
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": NO_STORE})


async def _ready(request: Request) -> Response:
    edition: Edition = request.app.state.edition
    return JSONResponse(
        {"status": "ok", "content": edition.knowledge.version},
        headers={"Cache-Control": NO_STORE},
    )


def _answer_problems(app: FastAPI, pages: Callable[[], Pages]) -> None:
    """Answer errors in the same look as pages; as a line of text where htmx asked for a part."""

    def problem(request: Request, status: int) -> Response:
        heading, text = PROBLEMS.get(status, PROBLEMS[400 if status < 500 else 500])  # noqa: PLR2004
        if HtmxRequest.of(request).wants_fragment:
            body = pages().renderer.render_template(
                "partials/_problem.html", {"text": f"{heading}. {text}"}
            )
        else:
            path = request.url.path if status == 404 else ""  # noqa: PLR2004
            body = pages().problem(status, heading, text, path)
        headers = {"Cache-Control": NO_STORE, "Vary": HTMX_VARY}
        return Response(body, status, media_type=HTML, headers=headers)

    async def on_http_exception(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        response = problem(request, status)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    async def on_error(request: Request, error: Exception) -> Response:  # noqa: ARG001
        # This answer is made outside the middleware, so it brings the headers itself.
        response = problem(request, 500)
        response.headers.update(SECURITY_HEADERS)
        return response

    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(Exception, on_error)
