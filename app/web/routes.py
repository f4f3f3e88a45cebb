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
from app.web.pages.api_reference import ApiPages
from app.web.pages.diagnose import Diagnosing
from app.web.pages.error_code import Errors
from app.web.pages.exchange import Exchanges
from app.web.pages.feedback import Voting
from app.web.pages.feeds import Feeds
from app.web.pages.handlers import Handlers
from app.web.pages.home import Home
from app.web.pages.images import Images
from app.web.pages.insights import InsightsPages
from app.web.pages.issue import Issues
from app.web.pages.language_offer import Offers
from app.web.pages.question import Questions
from app.web.pages.rendering import Renderer
from app.web.pages.replies import Replies
from app.web.pages.report import Reports
from app.web.pages.search import Search
from app.web.pages.status import StatusPages
from app.web.pages.theme import ThemePages
from app.web.pages.whitelist import WhitelistPages
from app.web.serving.feedback import FeedbackService
from app.web.serving.live import Edition
from app.web.serving.status import StatusService


class ReplyForm(Convertor[str]):
    """The ending of an answer to paste."""

    regex = "|".join(REPLY_ENDINGS)

    def convert(self, value: str) -> str:
        """Return the ending as it stands."""
        return value

    def to_string(self, value: str) -> str:
        """Return the ending as it stands."""
        return value


register_url_convertor("reply", ReplyForm())
REPLY = ".{form:reply}"

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
        route(PATHS["home"], Home, Home.home),
        route(PATHS["issue"] + REPLY, Replies, Replies.issue),
        route(PATHS["issue"], Issues, Issues.issue),
        route(PATHS["question"] + REPLY, Replies, Replies.question),
        route(PATHS["question"], Questions, Questions.question),
        route(PATHS["image"], Images, Images.image),
        route(PATHS["exchanges"], Exchanges, Exchanges.exchanges),
        route(PATHS["exchange"] + REPLY, Replies, Replies.exchange),
        route(PATHS["exchange"], Exchanges, Exchanges.exchange),
        route(PATHS["error"] + REPLY, Replies, Replies.error),
        route(PATHS["error"], Errors, Errors.error),
        route(PATHS["short error"], Errors, Errors.short_error),
        route(PATHS["short issue"], Issues, Issues.short_issue),
        route(PATHS["search"], Search, Search.search),
        route(
            PATHS["whitelist"],
            WhitelistPages,
            WhitelistPages.whitelist,
            WhitelistPages.compare_whitelist,
        ),
        route(PATHS["diagnosis"] + REPLY, Replies, Replies.diagnosis),
        route(PATHS["diagnosis"], Diagnosing, Diagnosing.diagnosis_link, Diagnosing.diagnose),
        route(PATHS["report"], Reports, Reports.linked, Reports.posted),
        route(PATHS["feedback"], Voting, Voting.ask, Voting.vote),
        route(PATHS["insights"], InsightsPages, InsightsPages.show, guard=insights),
        route(PATHS["status"], StatusPages, StatusPages.show),
        route(PATHS["status feed"], StatusPages, StatusPages.feed),
        route(PATHS["api"], partial(ApiPages, openapi=openapi), ApiPages.show),
        route(PATHS["sitemap"], Feeds, Feeds.sitemap),
        route(PATHS["feed"], Feeds, Feeds.feed),
        route(PATHS["robots"], Feeds, Feeds.robots),
        route(PATHS["llms"], Feeds, Feeds.llms),
        route(PATHS["llms full"], Replies, Replies.everything),
        route(PATHS["theme"], ThemePages, ThemePages.stylesheet),
        route(PATHS["offer"], Offers, Offers.offer),
    ]


def templates(routes: Iterable[BaseRoute]) -> Callable[[Scope], str]:
    """Return what tells, after a request, the template of the address that was found.

    "none" if no route was found: the address itself may hold words of a visitor.
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
