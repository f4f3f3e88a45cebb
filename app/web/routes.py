"""Every address of the help pages, with its handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Scope

from app.addresses import PATHS, REPLY_ENDINGS
from app.web.http.tokens import Guard
from app.web.pages.api_reference import ApiReferenceHandlers
from app.web.pages.diagnose import DiagnosisHandlers
from app.web.pages.error_code import ErrorCodeHandlers
from app.web.pages.exchange import ExchangeHandlers
from app.web.pages.feedback import FeedbackHandlers
from app.web.pages.feeds import FeedHandlers
from app.web.pages.handlers import Handlers
from app.web.pages.home import HomeHandlers
from app.web.pages.images import ImageHandlers
from app.web.pages.insights import InsightsHandlers
from app.web.pages.issue import IssueHandlers
from app.web.pages.language_offer import LanguageOfferHandlers
from app.web.pages.question import QuestionHandlers
from app.web.pages.rendering import Renderer
from app.web.pages.replies import ReplyHandlers
from app.web.pages.report import ReportHandlers
from app.web.pages.search import SearchHandlers
from app.web.pages.status import StatusHandlers
from app.web.pages.theme import ThemeHandlers
from app.web.pages.whitelist import WhitelistHandlers
from app.web.serving.feedback import FeedbackService
from app.web.serving.live import Edition
from app.web.serving.status import StatusService


class ReplyEnding(Convertor[str]):
    """The ending of an answer to paste."""

    regex = "|".join(REPLY_ENDINGS)

    def convert(self, value: str) -> str:
        """Return the ending as it stands."""
        return value

    def to_string(self, value: str) -> str:
        """Return the ending as it stands."""
        return value


register_url_convertor("reply", ReplyEnding())
REPLY = ".{ending:reply}"

HandlersT = TypeVar("HandlersT", bound=Handlers)
Handler = Callable[[HandlersT, Request], Awaitable[Response]]


def routes(
    renderer: Renderer,
    base_url: str,
    edition: Callable[[], Edition],
    feedback: FeedbackService,
    status: StatusService,
    *,
    insights: Guard,
    openapi: Callable[[], Mapping[str, Any]],
) -> list[Route]:
    """Return the addresses and their handlers; `edition` is asked once for each request.

    `insights` guards the page of that name; `openapi` returns the document of the JSON interface.
    """

    def route(
        path: str,
        handlers: Callable[[Renderer, str, Edition, FeedbackService, StatusService], HandlersT],
        read: Handler[HandlersT],
        post: Handler[HandlersT] | None = None,
        guard: Guard | None = None,
    ) -> Route:
        # One route for both methods, so that a 405 names both.
        async def answer(request: Request) -> Response:
            if guard:
                guard.check(request)
            handler = post if post and request.method == "POST" else read
            return await handler(handlers(renderer, base_url, edition(), feedback, status), request)

        return Route(path, answer, methods=["GET", "POST"] if post else ["GET"])

    return [
        route(PATHS["home"], HomeHandlers, HomeHandlers.home),
        route(PATHS["issue"] + REPLY, ReplyHandlers, ReplyHandlers.issue),
        route(PATHS["issue"], IssueHandlers, IssueHandlers.issue),
        route(PATHS["question"] + REPLY, ReplyHandlers, ReplyHandlers.question),
        route(PATHS["question"], QuestionHandlers, QuestionHandlers.question),
        route(PATHS["image"], ImageHandlers, ImageHandlers.image),
        route(PATHS["exchanges"], ExchangeHandlers, ExchangeHandlers.exchanges),
        route(PATHS["exchange"] + REPLY, ReplyHandlers, ReplyHandlers.exchange),
        route(PATHS["exchange"], ExchangeHandlers, ExchangeHandlers.exchange),
        route(PATHS["error"] + REPLY, ReplyHandlers, ReplyHandlers.error),
        route(PATHS["error"], ErrorCodeHandlers, ErrorCodeHandlers.error),
        route(PATHS["short error"], ErrorCodeHandlers, ErrorCodeHandlers.short_error),
        route(PATHS["short issue"], IssueHandlers, IssueHandlers.short_issue),
        route(PATHS["search"], SearchHandlers, SearchHandlers.search),
        route(
            PATHS["whitelist"],
            WhitelistHandlers,
            WhitelistHandlers.whitelist,
            WhitelistHandlers.compare_whitelist,
        ),
        route(PATHS["diagnosis"] + REPLY, ReplyHandlers, ReplyHandlers.diagnosis),
        route(
            PATHS["diagnosis"],
            DiagnosisHandlers,
            DiagnosisHandlers.diagnosis_link,
            DiagnosisHandlers.diagnose,
        ),
        route(PATHS["report"], ReportHandlers, ReportHandlers.linked, ReportHandlers.posted),
        route(PATHS["feedback"], FeedbackHandlers, FeedbackHandlers.ask, FeedbackHandlers.vote),
        route(PATHS["insights"], InsightsHandlers, InsightsHandlers.show, guard=insights),
        route(PATHS["status"], StatusHandlers, StatusHandlers.show),
        route(PATHS["status feed"], StatusHandlers, StatusHandlers.feed),
        route(
            PATHS["api"], partial(ApiReferenceHandlers, openapi=openapi), ApiReferenceHandlers.show
        ),
        route(PATHS["sitemap"], FeedHandlers, FeedHandlers.sitemap),
        route(PATHS["feed"], FeedHandlers, FeedHandlers.feed),
        route(PATHS["robots"], FeedHandlers, FeedHandlers.robots),
        route(PATHS["llms"], FeedHandlers, FeedHandlers.llms),
        route(PATHS["llms full"], ReplyHandlers, ReplyHandlers.everything),
        route(PATHS["theme"], ThemeHandlers, ThemeHandlers.stylesheet),
        route(PATHS["offer"], LanguageOfferHandlers, LanguageOfferHandlers.offer),
    ]


def route_templates(routes: Iterable[BaseRoute]) -> Callable[[Scope], str]:
    """Return a function that gives the route template of a request that was answered.

    It gives "none" if no route matched: the path itself may contain words of a visitor.
    """
    by_endpoint: dict[Any, str] = {}
    for route in routes:
        if isinstance(route, Route):
            by_endpoint[route.endpoint] = route.path
        elif isinstance(route, Mount):
            by_endpoint[route.app] = route.path

    def template(scope: Scope) -> str:
        route = scope.get("route")  # set by FastAPI for its own routes alone
        if route is not None:
            return f"{scope['root_path']}{route.path}"
        return by_endpoint.get(scope.get("endpoint"), "none")

    return template
