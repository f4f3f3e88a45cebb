"""What is served -> the JSON types of `/api/v1`."""

from __future__ import annotations

from collections.abc import Iterable

from app import addresses
from app.diagnosis.observations import (
    NOTHING_TO_ASK,
    by_present_id,
    chosen_issue,
    known_exchange,
)
from app.model import ErrorCode, Exchange, Issue, Observations
from app.web.api.types import (
    DiagnoseRequest,
    ErrorAnswer,
    ErrorEntry,
    ErrorSummary,
    ExchangeAnswer,
    ExchangeSummary,
    IssueAnswer,
    IssueSummary,
    ResultAnswer,
    StepAnswer,
)
from app.web.serving.live import Edition


def observed(request: DiagnoseRequest, edition: Edition) -> Observations:
    """Return what a program tells; an exchange that is not known is ignored."""
    diagnostic = edition.knowledge.diagnostic or NOTHING_TO_ASK
    return Observations(
        text=request.text,
        exchange=known_exchange(request.exchange, edition.knowledge),
        checklist=by_present_id(request.checklist, diagnostic.checklist),
        tests=by_present_id(request.tests, diagnostic.tests),
        chosen=chosen_issue(request.chosen, edition.knowledge),
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


def issue_answer(issue: Issue, exchange: str | None) -> IssueAnswer:
    """Return an issue in full, the steps for `exchange` first."""
    return IssueAnswer(
        **issue_summary(issue).model_dump(),
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


def exchange_summary(exchange: Exchange) -> ExchangeSummary:
    """Return an exchange as it stands in a list."""
    return ExchangeSummary(id=exchange.id, name=exchange.name, url=exchange.url)


def exchange_answer(exchange: Exchange, codes: list[str]) -> ExchangeAnswer:
    """Return an exchange in full, with the codes that are known of it."""
    facts = exchange.model_dump(
        mode="json", exclude={"id", "name", "body", "order", "draft"}, exclude_none=True
    )
    return ExchangeAnswer(
        **exchange_summary(exchange).model_dump(),
        facts=facts,
        body=exchange.body,
        errors=[ErrorSummary(code=code, url=addresses.error(exchange.id, code)) for code in codes],
    )


def error_answer(exchange: str, code: str, entries: Iterable[ErrorCode]) -> ErrorAnswer:
    """Return the meanings of a code."""
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
            )
            for entry in entries
        ],
    )
