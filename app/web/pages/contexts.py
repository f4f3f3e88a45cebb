"""One frozen context type for each page and fragment: what its template is given, and no more.

Every page has a `shell`; a fragment has what its partial needs. `template` names the file.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal
from urllib.parse import parse_qsl

from app.insights import Insights
from app.model import (
    CallerIp,
    Diagnostic,
    ErrorCode,
    Exchange,
    Issue,
    Outcome,
    Question,
    Site,
    Solution,
    Tip,
    Verdict,
)
from app.web.pages.charts import Bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What the frame around every page needs.

    `path` is the page's own path with the query that belongs to it (without `exchange`);
    `canonical` the absolute URL for search engines, if the server knows its own address;
    `exchange` the visitor's choice.
    `tailored` says whether the page changes with the exchange. `choices` is for the exchange menu.
    """

    site: Site
    exchange: Exchange | None
    choices: tuple[Exchange, ...]
    path: str
    canonical: str | None
    title: str
    description: str
    tailored: bool = True
    indexed: bool = True
    json_ld: str | None = None
    version: str = ""

    @property
    def action(self) -> str:
        """Where the exchange menu leads: this page where it is tailored, else the home page."""
        return self.path.partition("?")[0] if self.tailored else "/"

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The page's own query, which the exchange menu has to keep."""
        return tuple(parse_qsl(self.path.partition("?")[2])) if self.tailored else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckItem:
    """One checklist item in a form: `ticked` is None while nothing has been asked."""

    id: str
    text: str
    ticked: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestItem:
    """One quick test in a form, with the outcome that the visitor chose."""

    __test__ = False  # not a pytest class

    id: str
    text: str
    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseForm:
    """The one form of the diagnosis: paste, exchange, checklist and tests, with their state.

    `done` of `total` items are ticked or tested. `error` is what is wrong with the input itself.
    """

    diagnostic: Diagnostic | None
    checklist: tuple[CheckItem, ...]
    tests: tuple[TestItem, ...]
    text: str = ""
    error_code: str | None = None
    touched: bool = False
    error: str | None = None

    @property
    def done(self) -> int:
        """How many items are ticked and how many tests have an outcome, together."""
        ticked = sum(item.ticked is True for item in self.checklist)
        return ticked + sum(test.outcome is not None for test in self.tests)

    @property
    def total(self) -> int:
        """How many items and tests there are."""
        return len(self.checklist) + len(self.tests)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchView:
    """One match of a diagnosis: its issue, why, and its first steps for the chosen exchange.

    `level` puts the confidence into words: "high", "medium" or "low".
    """

    issue: Issue
    steps: tuple[Solution, ...]
    because: tuple[str, ...]
    confidence: float
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView:
    """One error code on a page: its entries, each with the issues it can mean."""

    exchange: Exchange
    code: str
    url: str
    entries: tuple[ErrorCode, ...]
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionView:
    """One answer to a question as a link (and its value, for the form)."""

    label: str
    issue: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to what a visitor told us: partials/_diagnosis.html.

    `share_url` holds everything but the text, `report_fields` the text (without secrets) too.
    `removed` is how many secrets of each kind were taken out. `exchange` is the one that was
    recognised or chosen. `chosen` is the issue of the option that answers the question.
    """

    template: ClassVar[str] = "partials/_diagnosis.html"

    verdict: Verdict
    exchange: Exchange | None
    error: ErrorView | None
    entry: ErrorCode | None
    caller_ip: CallerIp | None
    matches: tuple[MatchView, ...]
    question: Question | None
    options: tuple[OptionView, ...]
    excerpt: str | None
    removed: tuple[tuple[str, int], ...]
    share_url: str
    report_fields: tuple[tuple[str, str], ...]
    from_text: bool
    site: Site
    chosen: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFragment:
    """What htmx gets from `/diagnose`: the answer, and the checklist's progress and next steps."""

    template: ClassVar[str] = "partials/_answer.html"

    answer: Answer | None
    form: DiagnoseForm
    site: Site
    exchange: Exchange | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """`/`: everything in one place."""

    template: ClassVar[str] = "pages/home.html"

    shell: Shell
    form: DiagnoseForm
    issues: tuple[Issue, ...]
    tips: tuple[Tip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosePage:
    """`/diagnose`: the form and its answer."""

    template: ClassVar[str] = "pages/diagnose.html"

    shell: Shell
    form: DiagnoseForm
    answer: Answer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepGroup:
    """Steps that only some exchanges have; `exchange` is None where these are several."""

    names: str
    exchange: Exchange | None
    steps: tuple[Solution, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePage:
    """`/issues/<slug>`: one issue.

    `others` are the steps of exchanges that are not chosen, `source` the body before its variables
    were filled in, `changed` the day of the last change. `only` names the exchanges that alone can
    have the issue, when the chosen one can't.
    """

    template: ClassVar[str] = "pages/issue.html"

    shell: Shell
    issue: Issue
    steps: tuple[Solution, ...]
    others: tuple[StepGroup, ...]
    only: str
    source: str
    changed: dt.date | None
    related: tuple[Issue, ...]
    errors: tuple[ErrorView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Error codes of an exchange that mean the same issue first of all."""

    issue: Issue
    errors: tuple[ErrorView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangesPage:
    """`/exchanges`: all supported exchanges."""

    template: ClassVar[str] = "pages/exchanges.html"

    shell: Shell
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePage:
    """`/exchanges/<id>`: one exchange; `source` is its body before the variables were filled in."""

    template: ClassVar[str] = "pages/exchange.html"

    shell: Shell
    exchange: Exchange
    source: str
    groups: tuple[ErrorGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMeaning:
    """One entry of an error code: what it says, and the issues it means with their steps."""

    entry: ErrorCode
    matches: tuple[tuple[Issue, tuple[Solution, ...]], ...]
    options: tuple[OptionView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    """`/errors/<exchange>/<code>`: what one error code means and what to do."""

    template: ClassVar[str] = "pages/error.html"

    shell: Shell
    exchange: Exchange
    code: str
    short_url: str
    meanings: tuple[ErrorMeaning, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """One search result; `snippet` is text pieces, each marked as matching or not.

    `only` names the exchanges that alone can have an issue, when the chosen one can't.
    """

    kind: str
    title: str
    url: str
    snippet: tuple[tuple[str, bool], ...]
    draft: bool
    only: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What htmx gets from `/search` while the visitor types: the best of `total` results.

    `more` is the page with all of them.
    """

    template: ClassVar[str] = "partials/_results.html"

    query: str
    results: tuple[ResultView, ...]
    total: int
    more: str
    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """`/search?q=`."""

    template: ClassVar[str] = "pages/search.html"

    shell: Shell
    query: str
    results: tuple[ResultView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhitelistLine:
    """One entry of a pasted IP list: what was found, and what to do about it."""

    text: str
    verdict: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhitelistComparison:
    """A saved IP list against ours: partials/_whitelist_check.html."""

    template: ClassVar[str] = "partials/_whitelist_check.html"

    text: str
    complete: bool
    lines: tuple[WhitelistLine, ...]
    missing: tuple[str, ...]
    separator_advice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhitelistPage:
    """`/whitelist`: compare what was saved at the exchange with our addresses."""

    template: ClassVar[str] = "pages/whitelist.html"

    shell: Shell
    comparison: WhitelistComparison | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    """An error page (404, 405, 413, 500) with a way on."""

    template: ClassVar[str] = "pages/problem.html"

    shell: Shell
    status: int
    heading: str
    text: str
    suggestions: tuple[ResultView, ...] = ()


FeedbackState = Literal["ask", "why", "thanks", "refused"]
DIAGNOSIS_PAGE = "/diagnose"
"""What votes on diagnoses without a code are counted for; those with one count for the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackForm:
    """The question "Was this helpful?" for one page; after a vote why, then thanks.

    `message` says why a vote was refused.
    """

    template: ClassVar[str] = "partials/_feedback.html"

    page: str
    state: FeedbackState
    helpful: bool | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackPage:
    """`/feedback`: the same as a page of its own, for visitors without JavaScript."""

    template: ClassVar[str] = "pages/feedback.html"

    shell: Shell
    feedback: FeedbackForm


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """A small bar chart, a bar for each week; `values` say the same in words.

    `weeks` are the days on which the weeks began, for people.
    """

    title: str
    weeks: tuple[str, ...]
    values: tuple[int, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightsPage:
    """`/insights`: for writers. `unavailable` says why there are none, when the store is away."""

    template: ClassVar[str] = "pages/insights.html"

    shell: Shell
    insights: Insights | None
    unavailable: str | None
    charts: tuple[ChartView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterView:
    """One thing that an operation takes: `place` is "path", "query" or "body"."""

    name: str
    place: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView:
    """One way in which an operation refuses: its status, what it means, and its JSON."""

    status: str
    description: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """One operation of the interface; `curl` is a line to try, `answer` what it brings.

    Both are empty while the content has nothing to show it with.
    """

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[ParameterView, ...]
    curl: str
    answer: str
    refusals: tuple[RefusalView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPage:
    """`/api`: the reference of the JSON interface."""

    template: ClassVar[str] = "pages/api.html"

    shell: Shell
    description: str
    operations: tuple[OperationView, ...]
    document_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportText:
    """The text of a support report; `read` are the titles of issues that were read."""

    template: ClassVar[str] = "text/report.txt"

    site: Site
    exchange: Exchange | None
    answer: Answer | None
    form: DiagnoseForm
    read: tuple[str, ...]
    version: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """`/report`: the report to edit, and the ways to send it. `told` is False while it is empty."""

    template: ClassVar[str] = "pages/report.html"

    shell: Shell
    text: str
    subject: str
    mail_url: str | None
    ticket_url: str | None
    told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueMarkdown:
    """`/issues/<slug>.md`: all of an issue as Markdown."""

    template: ClassVar[str] = "text/issue.md"

    site: Site
    issue: Issue
    steps: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCause:
    """One cause in a reply: its title (empty when the reply is about nothing else) and steps."""

    title: str
    steps: tuple[str, ...]
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to paste; texts are inline Markdown, shown without its marks in `plain_text`."""

    template: ClassVar[str] = "text/reply.txt"

    title: str
    paragraphs: tuple[str, ...]
    causes: tuple[ReplyCause, ...]
    others: tuple[str, ...]
    url: str
    plain_text: bool


Page = (
    HomePage
    | DiagnosePage
    | IssuePage
    | ExchangesPage
    | ExchangePage
    | ErrorPage
    | SearchPage
    | WhitelistPage
    | ReportPage
    | FeedbackPage
    | InsightsPage
    | ApiPage
    | ProblemPage
)
