"""Entities and diagnoses -> the JSON types of `/api/v1`."""

from __future__ import annotations

from collections.abc import Iterable

from app import addresses
from app.answers import answer, steps_for
from app.diagnosis.ids import (
    NOTHING_TO_ASK,
    by_present_id,
    chosen_issue,
    known_exchange,
)
from app.diagnosis.output import steps_json
from app.knowledge import KnowledgeBase
from app.model import ErrorCode, Exchange, Issue, Observations, Question
from app.web.api.types import (
    DiagnoseRequest,
    ErrorAnswer,
    ErrorEntry,
    ErrorSummary,
    EverydayAnswer,
    ExchangeAnswer,
    ExchangeSummary,
    FixStepAnswer,
    IssueAnswer,
    IssueSummary,
    QuestionSummary,
    ResultAnswer,
    StatusAnswer,
    StepAnswer,
)
from app.web.serving.live import Edition
from app.web.serving.status import StatusView


def observed(
    request: DiagnoseRequest, edition: Edition, in_maintenance: frozenset[str] = frozenset()
) -> Observations:
    """Return what a program tells; an exchange that is not known is ignored."""
    diagnostic = edition.knowledge.diagnostic or NOTHING_TO_ASK
    return Observations(
        text=request.text,
        exchange=known_exchange(request.exchange, edition.knowledge),
        checklist=by_present_id(request.checklist, diagnostic.checklist),
        tests=by_present_id(request.tests, diagnostic.tests),
        chosen=chosen_issue(request.chosen, edition.knowledge),
        in_maintenance=in_maintenance,
        skipped=tuple(request.skipped),
    )


def results(edition: Edition, query: str, exchange: str | None) -> list[ResultAnswer]:
    """Return what a search finds, best first."""
    return [
        ResultAnswer(
            kind=result.kind,
            title=result.title,
            url=result.href,
            snippet="".join(text for text, _ in result.snippet),
        )
        for result in edition.search.search(query, exchange)
    ]


def issue_summary(issue: Issue) -> IssueSummary:
    """Return an issue as it stands in a list."""
    return IssueSummary(slug=issue.slug, title=issue.title, symptom=issue.symptom, url=issue.url)


def issue_answer(issue: Issue, exchange: str | None, knowledge: KnowledgeBase) -> IssueAnswer:
    """Return an issue in full, with the steps of its answer on `exchange`."""
    can_have_it = exchange is not None and issue.concerns(exchange)
    found = answer(knowledge, issue.slug, exchange) if can_have_it else None
    steps = found.steps if found else issue.steps(None)
    return IssueAnswer(
        **issue_summary(issue).model_dump(),
        causes=list(issue.causes),
        solutions=[
            StepAnswer(
                id=step.id,
                text=step.text,
                exchanges=list(step.exchanges),
                url=found.step_url(step) if found else f"{issue.url}#{step.id}",
            )
            for step in steps
        ],
        related=list(issue.related),
        body=issue.body,
        verified=issue.verified.isoformat() if issue.verified else None,
    )


def question_summary(question: Question) -> QuestionSummary:
    """Return an everyday question as it stands in a list."""
    return QuestionSummary(slug=question.slug, title=question.title, url=question.url)


def question_answer(
    question: Question, exchange: str | None, knowledge: KnowledgeBase
) -> EverydayAnswer:
    """Return an everyday question in full, with its answer and steps on `exchange`."""
    url = addresses.with_query(question.url, {"exchange": exchange})
    return EverydayAnswer(
        **question_summary(question).model_dump(),
        answer=question.answer,
        steps=[
            StepAnswer(
                id=step.id, text=step.text, exchanges=list(step.exchanges), url=f"{url}#{step.id}"
            )
            for step in steps_for(knowledge, question.slug, exchange)
        ],
        related=list(question.related),
        body=question.body,
        verified=question.verified.isoformat() if question.verified else None,
    )


def exchange_summary(exchange: Exchange) -> ExchangeSummary:
    """Return an exchange as it stands in a list."""
    return ExchangeSummary(id=exchange.id, name=exchange.name, url=exchange.url)


def status_answer(view: StatusView) -> StatusAnswer:
    """Return what is known of an exchange now."""
    return StatusAnswer(
        exchange=view.exchange.id,
        name=view.exchange.name,
        state=view.state,
        at=view.at,
        begin=view.begin,
        end=view.end,
        clock_ahead=view.ahead,
        status_url=view.exchange.status_url,
        url=view.exchange.url,
    )


def exchange_answer(exchange: Exchange, codes: list[str]) -> ExchangeAnswer:
    """Return an exchange in full, with the codes that are known of it."""
    facts = exchange.model_dump(
        mode="json", exclude={"id", "name", "body", "order", "draft", "status"}, exclude_none=True
    )
    return ExchangeAnswer(
        **exchange_summary(exchange).model_dump(),
        facts=facts,
        body=exchange.body,
        errors=[ErrorSummary(code=code, url=addresses.error(exchange.id, code)) for code in codes],
    )


def error_answer(
    exchange: str, code: str, entries: Iterable[ErrorCode], knowledge: KnowledgeBase
) -> ErrorAnswer:
    """Return the meanings of a code, each with what to do about its likeliest cause."""
    return ErrorAnswer(
        exchange=exchange,
        code=code,
        url=addresses.error(exchange, code),
        entries=[
            ErrorEntry(
                match=entry.match,
                message=entry.wording,
                http=entry.http,
                scope=entry.scope,
                issues=list(entry.issues),
                note=entry.note,
                unverified=entry.unverified,
                steps=[
                    FixStepAnswer(**step)
                    for step in steps_json(
                        answer(knowledge, entry.issues[0], exchange, entry=entry)
                    )
                ],
            )
            for entry in entries
        ],
    )
