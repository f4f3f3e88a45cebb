"""A visitor's observations, and the diagnosis made from them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field

from app import addresses
from app.model.articles import Solution
from app.model.base import Entity, Slug
from app.model.errors import ErrorCode

Outcome = Literal["pass", "fail"]
Verdict = Literal["recognised", "likely", "unsure", "unknown"]
"""`recognised` and `likely` name the first match, `unsure` offers its matches as a choice."""


class Observations(Entity):
    """Everything that a visitor tells us; each part may be absent.

    `error` is a code of `exchange`, from a link instead of a text. `checklist` says whether an item
    is ticked; an absent item was not asked. `chosen` is the issue of the chosen option of a
    question, or `NO_ISSUE` for "none of these". `ruled_out` are issues whose answers did not help.
    `items` are answers to questions about single checklist items, and `skipped` the skipped
    questions. `in_maintenance` are the exchanges that report a maintenance; the server adds them.
    """

    text: str = ""
    exchange: Slug | None = None
    error: str | None = None
    checklist: dict[str, bool] = Field(default_factory=dict)
    tests: dict[str, Outcome] = Field(default_factory=dict)
    chosen: Slug | None = None
    ruled_out: tuple[Slug, ...] = ()
    in_maintenance: frozenset[Slug] = frozenset()
    items: dict[str, bool] = Field(default_factory=dict)
    skipped: tuple[str, ...] = ()

    def after(self, choice: Choice) -> Observations:
        """Return these observations with an additional answer."""
        return self.model_copy(
            update={
                "chosen": choice.issue or self.chosen,
                "exchange": choice.exchange or self.exchange,
                "items": {**self.items, **choice.checklist},
                "tests": {**self.tests, **choice.tests},
                "skipped": (*self.skipped, *((choice.skip,) if choice.skip else ())),
            }
        )

    @property
    def questions_asked(self) -> int:
        """How many questions the visitor has answered or skipped."""
        return len(self.skipped) + len(self.items) + (self.chosen is not None)

    @property
    def url(self) -> str:
        """The URL of the diagnosis, which contains everything except the text."""
        return addresses.diagnosis(
            exchange=self.exchange,
            error=self.error,
            checklist=self.checklist,
            tests=self.tests,
            issue=self.chosen,
            ruled_out=self.ruled_out,
            items=self.items,
            skipped=self.skipped,
        )

    @property
    def can_be_diagnosed(self) -> bool:
        """Whether there is anything to diagnose besides the exchange."""
        return self != Observations(exchange=self.exchange)


class Evidence(NamedTuple):
    """An observation for (`strength` > 0) or against (< 0) an issue.

    Strengths are log-odds: they add up, and 1.0 makes an issue 2.7 times as likely.
    """

    kind: Literal["code", "message", "caller-ip", "words", "checklist", "test", "choice", "fact"]
    issue: str
    strength: float
    because: str


class CallerIp(Entity):
    """The IP address that the exchange saw, compared with the whitelist."""

    address: str
    verdict: Literal["ours", "not-ours", "ipv6"]


class Match(Entity):
    """An issue that fits, the probability of the issue (0 to 1), and the reasons in plain words."""

    issue: Slug
    title: str
    url: str
    confidence: float = Field(ge=0, le=1)
    because: tuple[str, ...]


class Choice(Entity):
    """An option of a question of the diagnosis.

    `issue` is the issue that it indicates, or `NO_ISSUE` for "none of these"; `exchange` is the
    exchange that it names; `checklist` and `tests` hold an item or a test with its outcome; `skip`
    is the name of the question that it skips.
    """

    label: str
    issue: str | None = None
    exchange: Slug | None = None
    checklist: dict[str, bool] = Field(default_factory=dict)
    tests: dict[str, Outcome] = Field(default_factory=dict)
    skip: str | None = None


class NextQuestion(Entity):
    """The next question to the visitor."""

    text: str
    options: tuple[Choice, ...]


class Diagnosis(Entity):
    """Ranked matches with their reasons (best first), or "unknown".

    There are five matches at most. With the verdict `unsure` there are two or three, and `question`
    offers them. `error` is the entry of the recognised code, `everyday` the slug of the everyday
    question in the text, `excerpt` the line of the paste that matched, and `removed` the number of
    secrets of each kind that were removed from `redacted_text`.
    """

    verdict: Verdict
    exchange: Slug | None = None
    error: ErrorCode | None = None
    caller_ip: CallerIp | None = None
    matches: tuple[Match, ...] = ()
    question: NextQuestion | None = None
    everyday: Slug | None = None
    excerpt: str | None = None
    redacted_text: str = ""
    removed: tuple[tuple[str, int], ...] = ()


class Answer(Entity):
    """The answer for a visitor: a cause and a list of steps, with variables filled in.

    `level` says where the steps come from: the error code (or a recipe that it names), the issue's
    recipe, or the general solutions of the issue. `page` is the permalink of the page that shows
    them.
    """

    issue: Slug
    cause: str
    steps: tuple[Solution, ...]
    note: str | None = None
    level: Literal["code", "recipe", "general"]
    page: str

    def step_url(self, step: Solution) -> str:
        """Return the permalink of a step of this answer."""
        return f"{self.page}#{step.id}"
