"""The JSON that `/api/v1` takes and gives; pydantic makes the OpenAPI schemas from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from app import addresses
from app.diagnosis.shortening import MAX_TEXT_BYTES
from app.model import Outcome, Verdict
from app.status.reading import ExchangeState

MOST_ENTRIES = 100
"""The most items, and the most tests, of one request; no content has so many."""

MOST_KB = MAX_TEXT_BYTES // 1024

Value = TypeVar("Value")


def _readable(value: object) -> object:
    """Replace what is no character (lone surrogates), so that every paste can be answered."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_readable)]
PageUrl = Annotated[str, AfterValidator(addresses.localised)]
"""The URL of a page, in the requested language."""


def _few(value: object) -> object:
    """Refuse too many entries before each is validated."""
    if isinstance(value, Mapping) and len(value) > MOST_ENTRIES:
        raise ValueError(f"must not have more than {MOST_ENTRIES} entries")
    return value


Entries = Annotated[dict[Text, Value], Field(max_length=MOST_ENTRIES), BeforeValidator(_few)]


class DiagnoseRequest(BaseModel):
    """What a visitor tells us; every field but `text` may be left out."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    text: Annotated[
        Text, Field(description=f"The error message as it was shown, up to {MOST_KB} KB.")
    ]
    exchange: Text | None = None
    """The id of an exchange, if known."""
    checklist: Entries[StrictBool] = Field(default_factory=dict)
    """Items of the quick diagnostic by id: true is done, false is not."""
    tests: Entries[Outcome] = Field(default_factory=dict)
    """Tests of the quick diagnostic by id: pass or fail."""
    skipped: Annotated[list[Text], Field(max_length=MOST_ENTRIES)] = []
    """The questions that the visitor skipped, by the `skip` of the option."""
    chosen: Text | None = None
    """The issue of the option that the visitor chose; `none` when none of those offered fits."""


class ApiAnswer(BaseModel):
    """Base of everything that is answered; addresses (`url`) are paths of this help center."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class ErrorReference(ApiAnswer):
    """The error code that was recognised."""

    exchange: str
    """The id of the exchange."""
    code: str
    """The code as the exchange sends it."""
    message: str | None
    """The exchange's own wording."""
    url: PageUrl
    """The page about the code."""


class CallerIpAnswer(ApiAnswer):
    """The IP address that the exchange saw."""

    address: str
    """The IP address, as in the message."""
    verdict: Literal["ours", "not-ours", "ipv6"]
    """`ours`: add it to the list; `not-ours`: another program's; `ipv6`: IPv6, but not ours."""


class FixStepAnswer(ApiAnswer):
    """One step of what to do."""

    text: str
    """What to do, as plain text."""
    html: str
    """The same as HTML; links in it may be paths of this help center."""
    url: PageUrl
    """The permalink of the step."""


class MatchAnswer(ApiAnswer):
    """One issue that fits, and why."""

    issue: str
    """The slug of the issue, for `GET /issues/{slug}`."""
    title: str
    """The heading of the issue, in inline Markdown."""
    url: PageUrl
    """The page of the issue."""
    confidence: float
    """The probability that this is the issue, from 0 to 1."""
    because: list[str]
    """The reasons, as whole sentences."""
    steps: list[FixStepAnswer]
    """What to do about it on the recognised or chosen exchange, in order."""


class EverydayReference(ApiAnswer):
    """The answer to an everyday question that the text asks."""

    question: str
    """The slug of the question, for `GET /questions/{slug}`."""
    title: str
    """The question."""
    url: PageUrl
    """The page of the question."""
    text: str
    """The answer as plain text, its steps on numbered lines."""


class OptionAnswer(ApiAnswer):
    """One answer to the question, and what to send when it is chosen."""

    label: str
    """What to offer, in inline Markdown."""
    issue: str | None
    """Send it as `chosen`: the slug of an issue, or `none` for "none of these"."""
    exchange: str | None
    """Send it as `exchange`: the id of an exchange."""
    checklist: dict[str, bool]
    """Send it in `checklist`: an item that is done, or isn't."""
    tests: dict[str, Outcome]
    """Send it in `tests`: a test with its outcome."""
    skip: str | None
    """Send it in `skipped`: the name of the question that this answer skips."""


class QuestionAnswer(ApiAnswer):
    """What to ask the visitor next; send the same request again with what they choose."""

    text: str
    """The question."""
    options: list[OptionAnswer]
    """What to offer, in this order."""


class DiagnoseAnswer(ApiAnswer):
    """The diagnosis: what the message means, and how sure that is."""

    verdict: Verdict
    """How sure the answer is.

    With `recognised` (by an error code or message of the exchange) and `likely` the first match is
    the answer. With `unsure` the right one is probably among two or three matches, which `question`
    offers. With `unknown` there are no matches.
    """
    exchange: str | None
    """The id of the exchange, from the request or the message."""
    error: ErrorReference | None
    """The error code that was recognised."""
    caller_ip: CallerIpAnswer | None
    """The IP address in the message."""
    matches: list[MatchAnswer]
    """The issues that fit, likeliest first, five at most."""
    answer: EverydayReference | None
    """The answer to an everyday question, beside `matches` or instead of them."""
    question: QuestionAnswer | None
    """What to ask next when several causes are left."""
    redacted_text: str
    """The message without the secrets that were found in it."""


class IssueSummary(ApiAnswer):
    """An issue in a list."""

    slug: str
    """The name in the URL."""
    title: str
    """The heading."""
    symptom: str
    """What somebody with this issue sees."""
    url: PageUrl
    """The page of the issue."""


class StepAnswer(ApiAnswer):
    """One step of an issue."""

    id: str
    """The anchor of the step on the page."""
    text: str
    """What to do, in inline Markdown."""
    exchanges: list[str]
    """The ids of the exchanges that the step is for; empty for all."""
    url: PageUrl
    """The link to the step."""


class IssueAnswer(IssueSummary):
    """One issue in full; texts are inline Markdown with the variables filled in."""

    causes: list[str]
    """Where it comes from, likeliest first."""
    solutions: list[StepAnswer]
    """The steps, in order."""
    related: list[str]
    """The slugs of other issues worth a look."""
    body: str
    """The background, in Markdown."""
    verified: str | None
    """The day on which the facts were last checked, as 2026-11-20."""


class QuestionSummary(ApiAnswer):
    """An everyday question in a list."""

    slug: str
    """The name in the URL."""
    title: str
    """The question."""
    url: PageUrl
    """The page of the question."""


class EverydayAnswer(QuestionSummary):
    """One everyday question in full; texts are inline Markdown with the variables filled in."""

    answer: str
    """The answer in a few sentences."""
    steps: list[StepAnswer]
    """What to do, in order; often nothing."""
    related: list[str]
    """The slugs of issues worth a look."""
    body: str
    """The background, in Markdown."""
    verified: str | None
    """The day on which the facts were last checked, as 2026-11-20."""


class ExchangeSummary(ApiAnswer):
    """An exchange in a list."""

    id: str
    """The id, as it stands in addresses."""
    name: str
    """The name for people."""
    url: PageUrl
    """The page of the exchange."""


class ErrorSummary(ApiAnswer):
    """An error code in a list."""

    code: str
    """The code as the exchange sends it."""
    url: PageUrl
    """The page about the code."""


class ExchangeAnswer(ExchangeSummary):
    """One exchange in full: the facts of its page, and its error codes."""

    facts: dict[str, Any]
    """What is known of its whitelist, passphrase, testnet, clock and so on."""
    body: str
    """How to create a key, whitelist and test, in Markdown."""
    errors: list[ErrorSummary]
    """Its error codes, in the writers' order."""


class ErrorEntry(ApiAnswer):
    """One meaning of an error code."""

    match: str | None
    """A part of the message that tells this meaning from others of the same code."""
    message: str | None
    """The exchange's own wording."""
    http: int | None
    """The HTTP status that it comes with."""
    scope: str | None
    """The part of the exchange that sends it, as in `futures`."""
    issues: list[str]
    """The slugs of the issues that it can mean, likeliest first."""
    note: str | None
    """What it means, and what to do, in inline Markdown."""
    unverified: bool
    """Whether no documentation of the exchange confirms it."""
    steps: list[FixStepAnswer]
    """What to do about the first of `issues`, in order."""


class ErrorAnswer(ApiAnswer):
    """One error code of one exchange."""

    exchange: str
    """The id of the exchange."""
    code: str
    """The code as the exchange sends it."""
    url: PageUrl
    """The page about the code."""
    entries: list[ErrorEntry]
    """The meanings of the code."""


class ResultAnswer(ApiAnswer):
    """One search result."""

    kind: str
    """What was found, as in `issue` or `exchange`."""
    title: str
    """The heading of the page."""
    url: PageUrl
    """The link to the passage."""
    snippet: str
    """The words around what was found, as plain text."""


class StatusAnswer(ApiAnswer):
    """Whether one exchange answers now; times are in UTC."""

    exchange: str
    """The id of the exchange."""
    name: str
    """The name for people."""
    state: ExchangeState
    """What it says; `silent`: it doesn't answer our server; `unknown`: no update in the last
    5 minutes."""
    at: dt.datetime | None
    """When we looked."""
    begin: dt.datetime | None
    """When the maintenance begins."""
    end: dt.datetime | None
    """When the maintenance ends."""
    clock_ahead: float | None
    """How many seconds its clock is ahead of our server's; negative if it is behind."""
    status_url: str | None
    """Its own status page."""
    url: str
    """Our page about the exchange."""


class Refusal(ApiAnswer):
    """Why there is no answer."""

    detail: str
    """The reason, as a sentence for a developer."""


class FieldMistake(ApiAnswer):
    """One thing that is wrong with a request; what was sent is not repeated."""

    loc: list[str | int]
    """Where: the part of the request, then the field."""
    msg: str
    """What is wrong."""
    type: str
    """A stable name for the kind of mistake."""


class Mistakes(Refusal):
    """Why a request was not understood."""

    errors: list[FieldMistake]
    """The first ten mistakes."""
