"""The JSON that `/api/v1` takes and gives; pydantic makes the OpenAPI schemas from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StrictBool

from app.model import Outcome, Verdict


def _readable(value: object) -> object:
    """Replace what is no character (lone surrogates), so that every paste can be answered."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_readable)]


class DiagnoseRequest(BaseModel):
    """What a visitor tells us; every field but `text` may be left out."""

    text: Text = Field(description="The error message as it was shown, up to 16 KB.")
    exchange: Text | None = Field(default=None, description="The id of an exchange, if known.")
    checklist: dict[Text, StrictBool] = Field(
        default_factory=dict,
        max_length=100,
        description="Items of the quick diagnostic by id: true is done, false is not.",
    )
    tests: dict[Text, Outcome] = Field(
        default_factory=dict,
        max_length=100,
        description="Tests of the quick diagnostic by id: pass or fail.",
    )


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
    """One search result; `url` leads to the very passage, `snippet` is plain text."""

    kind: str
    title: str
    url: str
    snippet: str


class Refusal(BaseModel):
    """Why there is no answer."""

    detail: str


class Mistake(BaseModel):
    """One thing that is wrong with a request: where, and what."""

    loc: list[str | int]
    msg: str
    type: str


class Mistakes(BaseModel):
    """What is wrong with a request; what was sent is not repeated."""

    detail: list[Mistake]
