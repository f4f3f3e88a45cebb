"""Wiring: settings in, the application with its middleware and background tasks out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from urllib.parse import quote

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.addresses import PATHS
from app.diagnosis.redaction import Redactor
from app.knowledge import BrokenContentError
from app.settings import REDACTION_RULES, STATIC, TEMPLATES, Settings
from app.web.api.application import create_api, guarded
from app.web.api.assistants import Assistants
from app.web.api.description import API_PATH
from app.web.http.cache import ResponseCache
from app.web.http.headers import BodyLimit, SecurityHeaders
from app.web.http.languages import InLanguage
from app.web.http.metrics import Metrics, Snapshot
from app.web.http.observing import RequestLog
from app.web.http.static import StaticFolder
from app.web.http.tokens import Guard
from app.web.pages.handlers import moved
from app.web.pages.operators import healthz, metrics_route, readyz_route
from app.web.pages.problem import ProblemPages, answer_errors
from app.web.pages.rendering import Renderer
from app.web.pages.widget import widgets
from app.web.routes import route_templates, routes
from app.web.serving import dev
from app.web.serving.feedback import FeedbackService
from app.web.serving.live import Live
from app.web.serving.status import StatusService


class HelpCenter(FastAPI):
    """The application, with the response cache in front of FastAPI.

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

    `is_stopping` tells whether the server has been asked to stop; open streams then end.
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
        follow=settings.dev,
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
        Route("/healthz", healthz),
        readyz_route(live, feedback, settings.content),
        metrics_route(metrics, Guard(settings.metrics_token, "metrics")),
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
        *widgets(static),
        Mount("/static", static, name="static"),
        Route("/{path:path}/", _without_slash),
    ]
    answer_errors(
        app,
        live,
        renderer,
        lambda edition: ProblemPages(renderer, base_url, edition, feedback, status),
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
        lambda: None if settings.dev else status.cache_version(live.state.edition),
        route_templates(app.router.routes),
    )
    metrics.collect_from(lambda: _snapshot(live, feedback, cache, status))
    app.front = RequestLog(cache, metrics)
    return app


def _snapshot(
    live: Live, feedback: FeedbackService, cache: ResponseCache, status: StatusService
) -> Snapshot:
    state = live.state
    kept, kept_bytes = cache.size
    return Snapshot(
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


async def _without_slash(request: Request) -> Response:
    """Redirect from an address with a slash at its end to the page."""
    return moved(request, "/" + quote(request.path_params["path"].strip("/")))
