"""The JSON interface under `/api/v1`, for the product itself and for scripts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.diagnosis.presentation import to_json
from app.feedback.records import Kind
from app.knowledge import error_url
from app.model import ErrorCode, Exchange, Issue, Observations, Outcome, Verdict
from app.web.backstage import Backstage
from app.web.forms import MAX_TEXT_BYTES, known_exchange
from app.web.headers import NO_STORE
from app.web.live import Edition, Live

MAX_QUERY = 200


def _readable(value: object) -> object:
    """Replace what is no character (lone surrogates), so that every paste can be answered."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_readable)]


class DiagnoseRequest(BaseModel):
    """What a visitor tells us; every field but `text` may be left out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": '{"code":-2014,"msg":"API-key format invalid."}',
                    "exchange": None,
                    "checklist": {"ip-whitelisted": False},
                    "tests": {},
                }
            ]
        }
    )

    text: Text = Field(description="The error message as it was shown, up to 16 KB.")
    exchange: Text | None = Field(default=None, description="The id of an exchange, if known.")
    checklist: dict[Text, bool] = Field(default_factory=dict, max_length=100)
    tests: dict[Text, Outcome] = Field(default_factory=dict, max_length=100)


class ErrorReference(BaseModel):
    """The error code that was recognised."""

    exchange: str
    code: str
    message: str | None
    url: str


class CallerIpAnswer(BaseModel):
    """The address that the exchange says it saw."""

    address: str
    verdict: Literal["ours", "not-ours", "ipv6"]


class MatchAnswer(BaseModel):
    """One issue that fits, and why."""

    issue: str
    title: str
    url: str
    confidence: float
    because: list[str]


class OptionAnswer(BaseModel):
    """One answer to the question, and the issue it speaks for."""

    label: str
    issue: str


class QuestionAnswer(BaseModel):
    """What to ask the visitor to tell the causes apart."""

    text: str
    options: list[OptionAnswer]


class DiagnoseAnswer(BaseModel):
    """The diagnosis: `matches` is best first, five at most, and empty when nothing fits."""

    verdict: Verdict
    exchange: str | None
    error: ErrorReference | None
    caller_ip: CallerIpAnswer | None
    matches: list[MatchAnswer]
    question: QuestionAnswer | None
    redacted_text: str


class IssueSummary(BaseModel):
    """An issue in a list."""

    slug: str
    title: str
    symptom: str
    url: str


class StepAnswer(BaseModel):
    """One step of an issue."""

    id: str
    text: str
    exchanges: list[str]
    url: str


class IssueAnswer(IssueSummary):
    """One issue in full; texts are inline Markdown with the variables filled in."""

    causes: list[str]
    solutions: list[StepAnswer]
    related: list[str]
    body: str
    verified: str | None


class ExchangeSummary(BaseModel):
    """An exchange in a list."""

    id: str
    name: str
    url: str


class ErrorSummary(BaseModel):
    """An error code in a list."""

    code: str
    url: str


class ExchangeAnswer(ExchangeSummary):
    """One exchange in full: the facts of its page, and its error codes."""

    facts: dict[str, Any]
    body: str
    errors: list[ErrorSummary]


class ErrorEntry(BaseModel):
    """One meaning of an error code; `issues` is likeliest first."""

    match: str | None
    message: str | None
    http: int | None
    scope: str | None
    issues: list[str]
    note: str | None
    unverified: bool


class ErrorAnswer(BaseModel):
    """One error code of one exchange."""

    exchange: str
    code: str
    url: str
    entries: list[ErrorEntry]


class ResultAnswer(BaseModel):
    """One search result; `snippet` is plain text."""

    kind: str
    title: str
    url: str
    snippet: str


def create_api(live: Live, backstage: Backstage) -> FastAPI:
    """Return the application that is mounted at `/api/v1`; `live` is what it serves."""
    api = FastAPI(
        title="Help center",
        version="1",
        description="Diagnose connection errors, and read issues, exchanges and error codes.",
        docs_url=None,
        redoc_url=None,
    )
    api.add_exception_handler(RequestValidationError, _invalid)

    def edition() -> Edition:
        return live.edition

    @api.post("/diagnose", summary="Diagnose an error message", tags=["diagnosis"])
    async def diagnose(request: DiagnoseRequest, response: Response) -> DiagnoseAnswer:
        """Say what an error means. The text is used for this answer and kept nowhere."""
        response.headers["Cache-Control"] = NO_STORE
        if len(request.text.encode()) > MAX_TEXT_BYTES:
            raise HTTPException(413, "text is longer than 16 KB; send the lines with the error")
        now = edition()
        knowledge = now.knowledge
        observations = Observations(
            text=request.text,
            exchange=known_exchange(request.exchange, knowledge),
            checklist=request.checklist,
            tests=request.tests,
        )
        diagnosis = now.engine.diagnose(observations)
        if diagnosis.verdict == "unknown":
            backstage.note_unanswered(
                Kind.DIAGNOSIS, diagnosis.redacted_text, diagnosis.exchange, now.knowledge.version
            )
        return DiagnoseAnswer.model_validate(to_json(diagnosis))

    @api.get("/issues", summary="All issues", tags=["content"])
    async def issues(exchange: str | None = None) -> list[IssueSummary]:
        """List the issues in the writers' order, in the names of `exchange` if given."""
        return [_summary(issue) for issue in edition().knowledge.issues_for(exchange)]

    @api.get("/issues/{slug}", summary="One issue", tags=["content"])
    async def issue(slug: str, exchange: str | None = None) -> IssueAnswer:
        """Return an issue with its steps, those of `exchange` first if given."""
        knowledge = edition().knowledge
        found = knowledge.issue(knowledge.alias(slug) or slug, exchange)
        if found is None:
            raise HTTPException(404, f"there is no issue {slug!r}")
        return _issue(found, known_exchange(exchange, knowledge))

    @api.get("/exchanges", summary="All exchanges", tags=["content"])
    async def exchanges() -> list[ExchangeSummary]:
        """List the supported exchanges."""
        return [
            ExchangeSummary(id=one.id, name=one.name, url=one.url)
            for one in edition().knowledge.exchanges
        ]

    @api.get("/exchanges/{exchange}", summary="One exchange", tags=["content"])
    async def exchange(exchange: str) -> ExchangeAnswer:
        """Return the facts of an exchange and its error codes."""
        knowledge = edition().knowledge
        found = knowledge.exchange(exchange)
        if found is None:
            raise HTTPException(404, f"there is no exchange {exchange!r}")
        return _exchange(found, [*knowledge.errors_of(found.id)])

    @api.get("/errors/{exchange}/{code:path}", summary="One error code", tags=["content"])
    async def error(exchange: str, code: str) -> ErrorAnswer:
        """Return what an error code means."""
        entries = edition().knowledge.errors(exchange, code)
        if not entries:
            raise HTTPException(404, f"there is no error {code!r} of {exchange!r}")
        return ErrorAnswer(
            exchange=exchange,
            code=code,
            url=error_url(exchange, code),
            entries=[_entry(entry) for entry in entries],
        )

    @api.get("/search", summary="Search", tags=["content"])
    async def search(
        q: Annotated[str, Query(max_length=MAX_QUERY)], exchange: str | None = None
    ) -> list[ResultAnswer]:
        """Search issues, exchanges and error codes; best first."""
        now = edition()
        found = now.search.search(q, known_exchange(exchange, now.knowledge))
        return [
            ResultAnswer(
                kind=result.kind,
                title=result.title,
                url=result.url,
                snippet="".join(text for text, _ in result.snippet),
            )
            for result in found
        ]

    return api


async def _invalid(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    """Say what is wrong with a request without repeating what was sent."""
    details = error.errors() if isinstance(error, RequestValidationError) else []
    kept = [{"loc": one["loc"], "msg": one["msg"], "type": one["type"]} for one in details]
    return JSONResponse({"detail": kept}, status_code=422)


def _summary(issue: Issue) -> IssueSummary:
    return IssueSummary(slug=issue.slug, title=issue.title, symptom=issue.symptom, url=issue.url)


def _issue(issue: Issue, exchange: str | None) -> IssueAnswer:
    return IssueAnswer(
        **_summary(issue).model_dump(),
        causes=list(issue.causes),
        solutions=[
            StepAnswer(
                id=step.id,
                text=step.text,
                exchanges=list(step.exchanges),
                url=f"{issue.url}#{step.id}",
            )
            for step in issue.steps(exchange)
        ],
        related=list(issue.related),
        body=issue.body,
        verified=issue.verified.isoformat() if issue.verified else None,
    )


def _exchange(exchange: Exchange, codes: list[str]) -> ExchangeAnswer:
    facts = exchange.model_dump(
        mode="json", exclude={"id", "name", "body", "order", "draft"}, exclude_none=True
    )
    return ExchangeAnswer(
        id=exchange.id,
        name=exchange.name,
        url=exchange.url,
        facts=facts,
        body=exchange.body,
        errors=[ErrorSummary(code=code, url=error_url(exchange.id, code)) for code in codes],
    )


def _entry(error: ErrorCode) -> ErrorEntry:
    return ErrorEntry(
        match=error.match,
        message=error.message,
        http=error.http,
        scope=error.scope,
        issues=list(error.issues),
        note=error.note,
        unverified=error.unverified,
    )
