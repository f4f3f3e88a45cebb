"""Diagnosis -> the contexts of its templates: the answer, its matches, errors and choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from app import addresses
from app.answers import answer_for_match, steps_for
from app.diagnosis.next_question import question_of
from app.knowledge import KnowledgeBase
from app.model import (
    Answer,
    CallerIp,
    Diagnosis,
    ErrorCode,
    Exchange,
    Issue,
    Match,
    NextQuestion,
    Observations,
    Question,
    Site,
    Solution,
    Verdict,
)
from app.search.results import Result
from app.status.reading import ExchangeState
from app.web.pages.forms import answer_fields, field_of, form_fields
from app.web.pages.languages import LanguageLink
from app.web.serving.status import StatusService, StatusView


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchView:
    """One match of a diagnosis: its issue, why, and what to do on the chosen exchange."""

    issue: Issue
    answer: Answer
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView:
    """One error code on a page, with its entries."""

    exchange: Exchange
    code: str
    url: str
    entries: tuple[ErrorCode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EverydayView:
    """An everyday question that the text asks, with its answer and steps."""

    question: Question
    steps: tuple[Solution, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionView:
    """One answer to a question as a link, and as a field of the form."""

    label: str
    name: str
    value: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """The answer to what a visitor told us, for partials/_diagnosis.html.

    `share_url` holds everything but the text, `report_fields` the text (without secrets) too.
    `removed` is how many secrets of each kind were taken out. `exchange` is the recognised or
    chosen exchange. `chosen` is the issue that the visitor chose, or `none`; `kept` are the fields
    of this and all other answers, to be sent again. `everyday` is the everyday question that the
    text asks; it `leads` the answer, and the causes fold below it, unless the text holds an error
    code. `ruled_out` are the causes whose answers did not help. `opens_wallet`: a recovery phrase
    or a private key was among what was removed. `status` is that of the exchange, where it matters;
    `explained`: it is the cause. `ahead` is how many seconds the clock of the exchange is before
    our server's. `near` are everyday questions that are similar to an unknown text. `left_out` is
    how many lines were too many to read. `offer` is this page in the language of the text, if that
    is another.
    """

    verdict: Verdict
    exchange: Exchange | None
    error: ErrorView | None
    entry: ErrorCode | None
    caller_ip: CallerIp | None
    matches: tuple[MatchView, ...]
    question: NextQuestion | None
    options: tuple[OptionView, ...]
    excerpt: str | None
    removed: tuple[tuple[str, int], ...]
    share_url: str
    report_fields: tuple[tuple[str, str], ...]
    from_text: bool
    site: Site
    chosen: str | None = None
    kept: tuple[tuple[str, str], ...] = ()
    near: tuple[Result, ...] = ()
    left_out: int = 0
    opens_wallet: bool = False
    everyday: EverydayView | None = None
    ruled_out: tuple[Issue, ...] = ()
    status: StatusView | None = None
    explained: bool = False
    ahead: float | None = None
    offer: LanguageLink | None = None

    @property
    def is_beyond_ticks(self) -> bool:
        """Whether it answers a text, a code or a choice: ticks alone are answered beside them."""
        return self.from_text or self.error is not None or bool(self.kept)

    @property
    def leads(self) -> bool:
        """Whether the everyday question stands above the causes."""
        return self.everyday is not None and (self.error is None or self.everyday.question.urgent)


# Secrets that give access to the money. The text is searched for their placeholders, because the
# browser has removed the secrets.
WALLET_SECRETS = ("[recovery phrase removed]", "[private key removed]")


def answer_view(
    diagnosis: Diagnosis,
    observations: Observations,
    knowledge: KnowledgeBase,
    status: StatusService | None = None,
) -> AnswerView:
    """Return the answer to show, in the names of the recognised exchange."""
    exchange = knowledge.exchange(diagnosis.exchange)
    explained = bool(diagnosis.matches) and diagnosis.matches[0].issue in _outages(knowledge)
    everyday = _everyday(diagnosis, knowledge)
    known = status.view(exchange) if status else None
    matters: set[ExchangeState] = {"maintenance", "limited"}
    if explained:
        matters.add("silent")
    if everyday and everyday.question.live == "status":
        matters = set(get_args(ExchangeState))
    linked = linkable(diagnosis, observations)
    error = diagnosis.error
    # A question that was answered stays, so that the next tick sends its answer again.
    again = observations.chosen and diagnosis.matches
    question = diagnosis.question or (question_of(error) if again else None)
    return AnswerView(
        verdict=diagnosis.verdict,
        exchange=exchange,
        error=error_view(error.exchange, error.code, knowledge) if error else None,
        entry=error,
        caller_ip=diagnosis.caller_ip,
        matches=tuple(
            view
            for match in diagnosis.matches
            if (view := _match_view(match, diagnosis, observations, knowledge))
        ),
        question=question,
        options=options(question, linked),
        chosen=observations.chosen,
        kept=answer_fields(observations),
        excerpt=diagnosis.excerpt,
        removed=diagnosis.removed,
        share_url=linked.url,
        report_fields=form_fields(linked.model_copy(update={"text": diagnosis.redacted_text})),
        from_text=bool(observations.text.strip()),
        site=knowledge.site,
        ruled_out=_issues(observations.ruled_out, diagnosis.exchange, knowledge),
        everyday=everyday,
        opens_wallet=any(secret in diagnosis.redacted_text for secret in WALLET_SECRETS),
        status=known if known and known.state in matters else None,
        explained=explained,
        ahead=status.ahead(exchange) if status else None,
    )


def _everyday(diagnosis: Diagnosis, knowledge: KnowledgeBase) -> EverydayView | None:
    question = knowledge.question(diagnosis.everyday or "", diagnosis.exchange)
    if question is None:
        return None
    steps = steps_for(knowledge, question.slug, diagnosis.exchange)
    return EverydayView(question=question, steps=steps)


def _outages(knowledge: KnowledgeBase) -> frozenset[str]:
    """Return the issues that a bad status of an exchange explains."""
    tests = knowledge.diagnostic.tests if knowledge.diagnostic else ()
    return frozenset(
        slug for test in tests if test.live == "status" for slug in test.on_fail.points_to
    )


def linkable(diagnosis: Diagnosis, observations: Observations) -> Observations:
    """Return the observations that a link to this diagnosis carries: all but the text."""
    return observations.model_copy(
        update={
            "text": "",
            "in_maintenance": frozenset(),
            "exchange": diagnosis.exchange or observations.exchange,
            "error": diagnosis.error.code if diagnosis.error else observations.error,
        }
    )


def options(question: NextQuestion | None, observations: Observations) -> tuple[OptionView, ...]:
    """Return the answers to a question, each as a link that keeps what was told."""
    views = []
    for option in question.options if question else ():
        name, value = field_of(option)
        url = observations.after(option).url
        views.append(OptionView(label=option.label, name=name, value=value, url=url))
    return tuple(views)


def error_view(exchange: str, code: str, knowledge: KnowledgeBase) -> ErrorView | None:
    """Return one error code for a page; None when the exchange is not shown (a draft)."""
    known = knowledge.exchange(exchange)
    entries = knowledge.errors(exchange, code)
    if known is None or not entries:
        return None
    return ErrorView(
        exchange=known,
        code=code,
        url=addresses.error(exchange, code),
        entries=entries,
    )


def _issues(
    slugs: tuple[str, ...], exchange: str | None, knowledge: KnowledgeBase
) -> tuple[Issue, ...]:
    return tuple(issue for slug in slugs if (issue := knowledge.issue(slug, exchange)))


def _match_view(
    match: Match, diagnosis: Diagnosis, observations: Observations, knowledge: KnowledgeBase
) -> MatchView | None:
    issue = knowledge.issue(match.issue, diagnosis.exchange)
    found = answer_for_match(diagnosis, match, knowledge, observations)
    if issue is None or found is None:
        return None
    return MatchView(
        issue=issue,
        answer=found,
        because=match.because,
    )
