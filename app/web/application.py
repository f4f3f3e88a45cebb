"""Wiring: settings in, the application out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.addresses import PATHS
from app.diagnosis.redaction import Redactor
from app.i18n import N_, _
from app.knowledge import BrokenContentError
from app.model import Finding
from app.settings import REDACTION_RULES, STATIC, TEMPLATES, Settings
from app.web.api import refusals
from app.web.api.application import create_api, guarded
from app.web.api.assistants import Assistants
from app.web.api.description import API_PATH
from app.web.http.cache import ResponseCache
from app.web.http.headers import NO_STORE, PAGE_CACHE, SECURITY_HEADERS, BodyLimit, SecurityHeaders
from app.web.http.languages import InLanguage
from app.web.http.logs import REQUEST_ID
from app.web.http.metrics import CONTENT_TYPE, Metrics, Now
from app.web.http.observing import Observer
from app.web.http.static import IMMUTABLE, StaticFolder
from app.web.http.tokens import Guard
from app.web.pages.handlers import HTML, moved
from app.web.pages.problem import Problems
from app.web.pages.rendering import HTMX_VARY, HtmxRequest, Renderer
from app.web.routes import routes, templates
from app.web.serving import dev
from app.web.serving.feedback import FeedbackService
from app.web.serving.live import Edition, Live
from app.web.serving.status import StatusService

PROBLEMS = {
    400: (
        N_("We couldn't read that request"),
        N_("Check the link, or go back and send the form again."),
    ),
    401: (
        N_("Enter your access token"),
        N_("Use it as the password. The user name can be anything."),
    ),
    403: (
        N_("We don't accept forms from other sites"),
        N_("Open the page in this help center and try again."),
    ),
    404: (
        N_("Page not found"),
        N_("Check the link for a typing mistake."),
    ),
    405: (
        N_("This link can't be used that way"),
        N_("Go back and try again."),
    ),
    429: (N_("Too many attempts"), N_("Wait a minute, then try again.")),
    413: (
        N_("Your text is too long"),
        N_("Keep only the lines around the error, up to 16 KB, and try again."),
    ),
    503: (
        N_("We can't answer right now"),
        N_("Please try again in a few seconds."),
    ),
    500: (
        N_("Something went wrong on our side"),
        N_("Please try again. We stored nothing that you entered."),
    ),
}
NEWEST_WIDGET = 1
"""The number of the widget at `/widget.js`."""
API_PREFIX = f"{PATHS['api']}/"
"""Below this, every error is JSON."""


class HelpCenter(FastAPI):
    """The application, with the answer cache in front of everything that FastAPI does.

    `live`, `feedback`, `status` and `renderer` are what it was made of, for the command line and
    tests; no handler reads them here. `assistants` answers at `/mcp`, and over stdio.
    """

    front: ASGIApp
    renderer: Renderer
    live: Live
    feedback: FeedbackService
    status: StatusService
    assistants: Assistants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self.front(scope, receive, send)


def create_app(
    settings: Settings | None = None, *, is_stopping: Callable[[], bool] = lambda: False
) -> HelpCenter:
    """Return the application for `settings` (by default read from the environment).

    `is_stopping` tells whether the server has been asked to stop, which open streams must follow.
    Raises `BrokenContentError` when the content can't be served.
    """
    settings = settings or Settings()
    base_url = (settings.base_url or "").rstrip("/")
    static = StaticFolder(STATIC)
    redactor = Redactor.from_file(REDACTION_RULES)
    live = Live(settings.content, redactor, drafts=settings.dev)
    if live.state.edition is None and not settings.dev:
        raise BrokenContentError(live.state.errors)
    look_seconds = dev.LOOK_SECONDS if settings.dev else settings.watch
    assets = dev.Assets(TEMPLATES, static) if settings.dev else None
    renderer = Renderer(
        TEMPLATES,
        static,
        own=settings.templates,
        keeps_unanswered=settings.keep_unanswered,
        dev=lambda: dev.Shown(live.state, assets.version()) if assets else None,
    )

    metrics = Metrics()
    feedback = FeedbackService(
        settings.database,
        redactor,
        keep_unanswered=settings.keep_unanswered,
        metrics=metrics,
    )

    status = StatusService(
        lambda: live.state.edition.knowledge.exchanges if live.state.edition else (),
        feedback.share_status,
        on=settings.status,
    )

    @asynccontextmanager
    async def lifespan(app: HelpCenter) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(live.follow(look_seconds)),
            asyncio.create_task(feedback.run()),
            asyncio.create_task(status.run()),
        ]
        yield
        await app.assistants.close()
        await cancel(tasks)

    app = HelpCenter(
        title="Help center",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # redirects would use the proxy's host and scheme
    )
    app.live, app.feedback, app.status, app.renderer = live, feedback, status, renderer
    app.assistants = Assistants(
        app, lambda: live.edition.knowledge, base_url, settings.cors_origins
    )
    api = create_api(live, feedback, status)
    app.router.routes += [
        Route("/healthz", _healthy),
        _ready(live, feedback, settings.content),
        _metrics(metrics, Guard(settings.metrics_token, "metrics")),
        *routes(
            renderer,
            base_url,
            lambda: live.edition,
            feedback,
            status,
            insights=Guard(settings.insights_token, "insights"),
            openapi=api.openapi,
        ),
        Mount(API_PATH, guarded(api, settings.cors_origins, settings.api_keys), name="api"),
        Route(PATHS["mcp"], app.assistants),
        *_widget(static),
        Mount("/static", static, name="static"),
        Route("/{path:path}/", _without_slash),
    ]
    _answer_problems(
        app, live, renderer, lambda edition: Problems(renderer, base_url, edition, feedback, status)
    )
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    if assets:
        app.router.routes.append(
            dev.events(lambda: dev.Shown(live.state, assets.version()), is_stopping)
        )
        app.add_middleware(dev.NoStore)
    cache = ResponseCache(
        # FastAPI's own `__call__`; that of `app` answers from the cache first.
        InLanguage(super(HelpCenter, app).__call__, live),
        lambda: None if settings.dev else status.edition(live.state.edition),
        templates(app.router.routes),
    )
    metrics.look_at(lambda: _now(live, feedback, cache, status))
    app.front = Observer(cache, metrics)
    return app


def _now(live: Live, feedback: FeedbackService, cache: ResponseCache, status: StatusService) -> Now:
    state = live.state
    kept, kept_bytes = cache.size
    return Now(
        content=state.edition.knowledge.version if state.edition else None,
        errors=state.error_count,
        reloads=live.reloads,
        store=feedback.status(),
        kept=kept,
        kept_bytes=kept_bytes,
        exchanges=tuple((view.exchange.id, view.state, view.ahead) for view in status.views()),
    )


async def cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel background tasks until they have ended.

    A single cancellation isn't enough: `asyncio.wait_for` of Python 3.11 loses it if it comes in
    the moment in which the awaited task ends. The server would never stop.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1)


async def _healthy(request: Request) -> Response:  # noqa: ARG001 - the signature of a handler
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": NO_STORE})


def _ready(live: Live, feedback: FeedbackService, folder: Path) -> Route:
    """Return `/readyz`: the state of the content and of the store.

    The server is ready as long as it serves anything: the help pages don't need the store, and an
    edition without the broken files helps too.
    """

    async def answer(request: Request) -> Response:  # noqa: ARG001 - the signature of a handler
        state, store = live.state, feedback.status()
        is_degraded = store.startswith("degraded") or state.errors
        version = state.edition.knowledge.version if state.edition else None
        said = {
            "status": ("degraded" if is_degraded else "ok") if version else "nothing to serve",
            "content": version,
            "store": store,
            "limits": "counted by each process for itself",
            "reloads": live.reloads,
            "left_out": state.left_out,
            "error_count": state.error_count,
            "errors": [_public(finding, folder) for finding in state.errors],
        }
        return JSONResponse(said, 200 if version else 503, headers={"Cache-Control": NO_STORE})

    return Route("/readyz", answer)


def _widget(static: StaticFolder) -> list[Route]:
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


def _metrics(metrics: Metrics, guard: Guard) -> Route:
    """Return `/metrics`, which needs its password."""

    async def answer(request: Request) -> Response:
        guard.check(request)
        headers = {"Cache-Control": NO_STORE, "Content-Type": CONTENT_TYPE}
        return Response(metrics.page(), headers=headers)

    return Route("/metrics", answer)


def _public(finding: Finding, folder: Path) -> dict[str, object]:
    """Return a finding as anybody may see it, without where the content folder lies."""
    path, message = (
        text.replace(f"{folder}{os.sep}", "").replace(str(folder), folder.name)
        for text in (finding.path, finding.message)
    )
    return finding.model_dump() | {"path": path, "message": message}


async def _without_slash(request: Request) -> Response:
    """Redirect from an address with a slash at its end to the page."""
    return moved(request, "/" + quote(request.path_params["path"].strip("/")))


def _answer_problems(
    app: FastAPI, live: Live, renderer: Renderer, pages: Callable[[Edition], Problems]
) -> None:
    """Answer errors in the same look as pages; as a line of text where htmx asked for a part."""

    def problem(request: Request, status: int) -> Response:
        heading, text = map(_, PROBLEMS.get(status, PROBLEMS[400 if status < 500 else 500]))  # noqa: PLR2004
        if status == 500 and (request_id := REQUEST_ID.get()):  # noqa: PLR2004
            text += " " + _("If it happens again, give support this number: {number}.").format(
                number=request_id
            )
        edition = live.state.edition
        if HtmxRequest.of(request).wants_fragment:
            line = {"text": f"{heading}. {text}"}
            body = renderer.render_template("fragments/problem.html", line)
        elif edition is None:
            body = renderer.render_template("pages/broken.html", {})
        else:
            path = request.url.path if status == 404 else ""  # noqa: PLR2004
            exchange = request.query_params.get("exchange")
            body = pages(edition).problem(status, heading, text, path, exchange)
        headers = {"Cache-Control": NO_STORE, "Vary": HTMX_VARY}
        return Response(body, status, media_type=HTML, headers=headers)

    async def on_http_exception(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(API_PREFIX):
            return await refusals.on_http_exception(request, error)
        status = error.status_code if isinstance(error, HTTPException) else 500
        edition = live.state.edition if status == 404 else None  # noqa: PLR2004
        if edition and (new := edition.knowledge.redirect(request.scope["path"])):
            return RedirectResponse(new, status_code=301)
        response = problem(request, status)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    async def on_error(request: Request, error: Exception) -> Response:  # noqa: ARG001
        # This answer is made outside the middleware, so it brings the headers itself.
        response = problem(request, 500)
        response.headers.update(SECURITY_HEADERS)
        return response

    async def on_hang_up(request: Request, error: Exception) -> Response:  # noqa: ARG001
        # Nobody reads this; without it every broken connection would log a traceback.
        return Response(status_code=400)

    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(ClientDisconnect, on_hang_up)
    app.add_exception_handler(Exception, on_error)
