"""The JSON interface under `/api/v1`: its routes and handlers."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp

from app import addresses
from app.diagnosis.ids import known_exchange
from app.diagnosis.output import to_json
from app.diagnosis.shortening import is_too_long
from app.feedback.records import Kind
from app.i18n import widget_texts
from app.web.api.cors import Cors
from app.web.api.description import API_PATH, REFUSALS, TOO_LONG, describe, examples
from app.web.api.keys import KeyCheck, has_key
from app.web.api.refusals import on_error, on_http_exception, on_invalid
from app.web.api.responses import (
    error_answer,
    exchange_answer,
    exchange_summary,
    issue_answer,
    issue_summary,
    observed,
    question_answer,
    question_summary,
    results,
    status_answer,
)
from app.web.api.types import (
    DiagnoseAnswer,
    DiagnoseRequest,
    ErrorAnswer,
    EverydayAnswer,
    ExchangeAnswer,
    ExchangeSummary,
    IssueAnswer,
    IssueSummary,
    QuestionSummary,
    ResultAnswer,
    StatusAnswer,
)
from app.web.http.headers import NO_STORE, cacheable
from app.web.http.limits import client_ip
from app.web.serving.feedback import FeedbackService
from app.web.serving.live import Edition, Live
from app.web.serving.status import StatusService

Found = TypeVar("Found")

MAX_QUERY = 200

ChosenExchange = Annotated[
    str | None,
    Query(description="The id of an exchange: texts use its names, and its steps come first."),
]


class CachedRoute(APIRoute):
    """A route whose answers to GET may be kept for a while, like pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with the headers for caches added to what it answers."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            response = await handle(request)
            may_be_kept = request.method == "GET" and "Cache-Control" not in response.headers
            return cacheable(response) if may_be_kept else response

        return answer


def create_api(live: Live, feedback: FeedbackService, status: StatusService) -> FastAPI:
    """Return the JSON interface to what `live` serves; mount it through `guarded` (CORS, keys)."""
    api = FastAPI(
        title="Help center",
        dependencies=[Depends(_lang_parameter)],
        version="1",
        description="Diagnose errors, and read what this help center says of them.",
        servers=[{"url": API_PATH}],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        responses={status: REFUSALS[status] for status in (401, 422, 429, 503)},
    )
    api.router.route_class = CachedRoute
    api.add_exception_handler(RequestValidationError, on_invalid)
    api.add_exception_handler(StarletteHTTPException, on_http_exception)
    api.add_exception_handler(Exception, on_error)

    def edition() -> Edition:
        return live.edition

    @api.post(
        "/diagnose",
        summary="Diagnose an error message",
        tags=["diagnosis"],
        responses={status: REFUSALS[status] for status in (400, 413)},
    )
    async def diagnose(
        asked: DiagnoseRequest, request: Request, response: Response
    ) -> DiagnoseAnswer:
        """Say what an error means. Secrets are removed first; the text is not stored.

        Only a text that nothing fits is kept, without its secrets, for writers: unless the
        operator switched that off.
        """
        response.headers["Cache-Control"] = NO_STORE
        if is_too_long(asked.text):
            raise HTTPException(413, TOO_LONG)
        now = edition()
        observations = observed(asked, now, status.in_maintenance())
        diagnosis = await now.diagnose(observations)
        feedback.metrics.count_diagnosis(diagnosis.verdict, "api")
        if diagnosis.verdict == "unknown" and not diagnosis.everyday:
            feedback.note_unanswered(
                Kind.DIAGNOSIS,
                diagnosis.redacted_text,
                diagnosis.exchange,
                now.knowledge.version,
                None if has_key(request.headers) else client_ip(request),
            )
        return DiagnoseAnswer.model_validate(to_json(diagnosis, now.knowledge, observations))

    @api.get(
        "/errors/{exchange}/{code:path}",
        summary="What an error code means",
        tags=["content"],
        responses={404: REFUSALS[404]},
    )
    async def get_error(
        exchange: Annotated[str, Path(description="The id of the exchange.")],
        code: Annotated[str, Path(description="The code as the exchange sends it.")],
    ) -> ErrorAnswer:
        """Return the meanings of an error code, and the issues behind each, likeliest first."""
        knowledge = edition().knowledge
        found = _found_or_404(knowledge.exchange(exchange), f"exchange {exchange!r}")
        entries = _found_or_404(knowledge.errors(found.id, code), f"error {code!r} of {exchange!r}")
        return error_answer(found.id, code, entries, knowledge)

    @api.get("/issues", summary="All issues", tags=["content"])
    async def list_issues(exchange: ChosenExchange = None) -> list[IssueSummary]:
        """List the issues in the writers' order."""
        return [issue_summary(issue) for issue in edition().knowledge.issues_for(exchange)]

    @api.get(
        "/issues/{slug}",
        summary="One issue",
        tags=["content"],
        responses={404: REFUSALS[404]},
    )
    async def get_issue(
        slug: Annotated[str, Path(description="The name in the URL; old names work too.")],
        exchange: ChosenExchange = None,
    ) -> IssueAnswer:
        """Return an issue with its causes and steps."""
        knowledge = edition().knowledge
        found = knowledge.issue(knowledge.current_slug(slug) or slug, exchange)
        chosen = known_exchange(exchange, knowledge)
        return issue_answer(_found_or_404(found, f"issue {slug!r}"), chosen, knowledge)

    @api.get("/questions", summary="All everyday questions", tags=["content"])
    async def list_questions() -> list[QuestionSummary]:
        """List the everyday questions in the writers' order."""
        return [question_summary(question) for question in edition().knowledge.questions]

    @api.get(
        "/questions/{slug}",
        summary="One everyday question",
        tags=["content"],
        responses={404: REFUSALS[404]},
    )
    async def get_question(
        slug: Annotated[str, Path(description="The name in the URL; old names work too.")],
        exchange: ChosenExchange = None,
    ) -> EverydayAnswer:
        """Return an everyday question with its answer and steps."""
        knowledge = edition().knowledge
        found = knowledge.question(knowledge.current_question_slug(slug) or slug, exchange)
        chosen = known_exchange(exchange, knowledge)
        return question_answer(_found_or_404(found, f"question {slug!r}"), chosen, knowledge)

    @api.get("/exchanges", summary="All exchanges", tags=["content"])
    async def list_exchanges() -> list[ExchangeSummary]:
        """List the supported exchanges."""
        return [exchange_summary(exchange) for exchange in edition().knowledge.exchanges]

    @api.get(
        "/exchanges/{exchange}",
        summary="One exchange",
        tags=["content"],
        responses={404: REFUSALS[404]},
    )
    async def get_exchange(
        exchange: Annotated[str, Path(description="The id of the exchange.")],
    ) -> ExchangeAnswer:
        """Return the facts of an exchange and its error codes."""
        knowledge = edition().knowledge
        found = _found_or_404(knowledge.exchange(exchange), f"exchange {exchange!r}")
        return exchange_answer(found, [*knowledge.errors_of(found.id)])

    _add_status(api, status)

    @api.get("/search", summary="Search", tags=["content"])
    async def search(
        q: Annotated[str, Query(max_length=MAX_QUERY, description="Words or an error code.")],
        exchange: ChosenExchange = None,
    ) -> list[ResultAnswer]:
        """Search the help pages; best first."""
        now = edition()
        return results(now, q, known_exchange(exchange, now.knowledge))

    _add_undescribed(api, edition)
    return api


def _lang_parameter(
    lang: Annotated[
        str | None,
        Query(description="The language of the answer, as in `es` or `pt-BR`; else English."),
    ] = None,
) -> None:
    """Declare `lang`, which `InLanguage` has read already; an unknown language gets English."""


def _add_status(api: FastAPI, status: StatusService) -> None:
    """Add what is known of the exchanges now, which no cache keeps."""

    @api.get("/status", summary="Whether the exchanges answer", tags=["status"])
    async def list_status(response: Response) -> list[StatusAnswer]:
        """List what is known of the exchanges now; empty while the server can reach none."""
        response.headers["Cache-Control"] = NO_STORE
        return [status_answer(view) for view in status.views()]


def _add_undescribed(api: FastAPI, edition: Callable[[], Edition]) -> None:
    """Add the OpenAPI document, and the texts for the widget."""

    @api.get("/widget", include_in_schema=False)
    async def get_widget_words() -> JSONResponse:
        """Return the texts that the widget shows, and the first page, in the language in use."""
        return JSONResponse(json.loads(widget_texts()) | {"/": addresses.localised("/")})

    @api.get("/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(describe(api.openapi(), examples(edition())))


def guarded(api: FastAPI, origins: Iterable[str] = (), keys: Collection[str] = ()) -> ASGIApp:
    """Return the interface with CORS for `origins` and the check of `keys` around it."""
    return Cors(KeyCheck(api, keys), origins)


def _found_or_404(found: Found | None, what: str) -> Found:
    """Return what was looked up; raise a 404 when there is no such thing."""
    if not found:
        raise HTTPException(404, f"there is no {what}")
    return found
