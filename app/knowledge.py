"""Model -> KnowledgeBase: the immutable, in-memory result of one load of `content/`.

It answers by slug, alias and code, with variables filled in, for everybody or for one exchange.
It is replaced whole and never changed.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from app.content.loader import Content
from app.content.variables import fill_entity, variables
from app.model import Article, Diagnostic, ErrorCode, Exchange, Finding, Issue, Question, Site, Tip


class BrokenContentError(Exception):
    """The content has mistakes that make it unfit to be served; `findings` says which."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(f"{len(findings)} mistakes in the content, the first: {findings[0]}")
        self.findings = findings


@dataclass(frozen=True)
class KnowledgeBase:
    """Everything that the help center knows. Build it with `build`."""

    content: Content
    site: Site
    diagnostic: Diagnostic | None
    tips: tuple[Tip, ...]
    issues: tuple[Issue, ...]
    exchanges: tuple[Exchange, ...]
    questions: tuple[Question, ...]

    @property
    def version(self) -> str:
        """The hash of all content files: equal content, equal version."""
        return self.content.version

    def variables(self, exchange: str | None = None) -> dict[str, str]:
        """Return the values of the variables in texts, including those of `exchange`."""
        return variables(self.site, self._exchanges_by_id.get(self._present(exchange)))

    def exchange(self, exchange: str | None) -> Exchange | None:
        """Return a supported exchange by its id, or by an old one."""
        return self._exchanges_by_id.get(self._present(exchange))

    def body_source(self, page: Article) -> str:
        """Return the body of a page in English, before its variables were filled in."""
        return self._bodies.get(page.url, page.body)

    def last_changed(self, page: Article) -> dt.date | None:
        """Return when the file of a page was changed last, where that is known."""
        return self._changed(f"{page.url.removeprefix('/')}.md")

    def errors_last_changed(self, exchange: str) -> dt.date | None:
        """Return when the error codes of an exchange were changed last, where that is known."""
        return self._changed(f"errors/{exchange}.yml")

    def is_stale(self, path: str, *below: str) -> bool:
        """Tell whether a text was translated from an older source.

        `path` is that of the source; `below` limits it to what stands below a key.
        """
        return any(place[: len(below)] == below for place in self.content.stale.get(path, ()))

    def _changed(self, path: str) -> dt.date | None:
        change = self.content.changes.get(path)
        return change.day if change else None

    def issue(self, slug: str, exchange: str | None = None) -> Issue | None:
        """Return an issue by its slug, filled in for `exchange` if the exchange can have it."""
        if self.exchange(exchange) is None:
            return self._issues_by_slug.get(slug)
        raw = self._raw_issues.get(slug)
        if raw is None or not raw.concerns(self._present(exchange)):
            return self._issues_by_slug.get(slug)
        return fill_entity(raw, self.variables(exchange))

    def raw_issue(self, slug: str) -> Issue | None:
        """Return an issue as its file has it, before its variables were filled in."""
        return self._raw_issues.get(slug)

    def issues_for(self, exchange: str | None) -> tuple[Issue, ...]:
        """Return the issues that `exchange` can have, in the writers' order."""
        if self.exchange(exchange) is None:
            return self.issues
        values = self.variables(exchange)
        return tuple(
            fill_entity(issue, values)
            for issue in self.content.issues
            if issue.concerns(self._present(exchange))
        )

    def question(self, slug: str, exchange: str | None = None) -> Question | None:
        """Return an everyday question by its slug, with the answer for `exchange`."""
        raw = self.raw_question(slug)
        if raw is None:
            return None
        own = raw.answers.get(self._present(exchange), raw.answer)
        return fill_entity(raw.model_copy(update={"answer": own}), self.variables(exchange))

    def raw_question(self, slug: str) -> Question | None:
        """Return an everyday question as its file has it, before its variables were filled in."""
        return next(
            (question for question in self.content.questions if question.slug == slug), None
        )

    def current_question_slug(self, slug: str) -> str | None:
        """Return the present slug of an everyday question for an old one."""
        return next(
            (question.slug for question in self.questions if slug in question.aliases), None
        )

    def current_slug(self, slug: str) -> str | None:
        """Return the present slug for an old one."""
        return self._aliases.get(slug)

    def redirect(self, path: str) -> str | None:
        """Return where the page at `path` leads since it was retired; `path` is unquoted."""
        return self._redirects.get(path)

    def errors(self, exchange: str, code: str) -> tuple[ErrorCode, ...]:
        """Return the entries of one code, those with `match` first; empty when unknown."""
        return self.errors_of(exchange).get(code, ())

    def errors_of(self, exchange: str) -> Mapping[str, tuple[ErrorCode, ...]]:
        """Return the entries of every code of an exchange, by code, in the writers' order."""
        return self._errors.get(self._present(exchange), {})

    def _present(self, exchange: str | None) -> str:
        """Return the present id for an old id of an exchange, anything else unchanged."""
        return self._exchange_aliases.get(exchange or "", exchange or "")

    @cached_property
    def _bodies(self) -> dict[str, str]:
        content = self.content.original or self.content
        pages: tuple[Article, ...] = (*content.issues, *content.exchanges, *content.questions)
        return {page.url: page.body for page in pages}

    @cached_property
    def _issues_by_slug(self) -> dict[str, Issue]:
        return {issue.slug: issue for issue in self.issues}

    @cached_property
    def _raw_issues(self) -> dict[str, Issue]:
        return {issue.slug: issue for issue in self.content.issues}

    @cached_property
    def _exchanges_by_id(self) -> dict[str, Exchange]:
        return {exchange.id: exchange for exchange in self.exchanges}

    @cached_property
    def _exchange_aliases(self) -> dict[str, str]:
        return {alias: exchange.id for exchange in self.exchanges for alias in exchange.aliases}

    @cached_property
    def _aliases(self) -> dict[str, str]:
        return {alias: issue.slug for issue in self.issues for alias in issue.aliases}

    @cached_property
    def _redirects(self) -> dict[str, str]:
        return {unquote(old): new for old, new in self.content.redirects.items()}

    @cached_property
    def _errors(self) -> dict[str, dict[str, tuple[ErrorCode, ...]]]:
        grouped: dict[str, dict[str, list[ErrorCode]]] = defaultdict(lambda: defaultdict(list))
        for error in self.content.errors:
            filled = fill_entity(error, self.variables(error.exchange))
            grouped[error.exchange][error.code].append(filled)
        return {
            exchange: {
                code: tuple(sorted(entries, key=lambda entry: entry.match is None))
                for code, entries in codes.items()
            }
            for exchange, codes in grouped.items()
        }


def build(content: Content, *, without_broken: bool = False) -> KnowledgeBase:
    """Build the knowledge base; raise `BrokenContentError` when a file can't be read.

    With `without_broken`, such files are left out, and only a broken `site.yml` raises. Slugs and
    ids in other files may then refer to files that are left out.
    """
    errors = tuple(finding for finding in content.findings if finding.severity == "error")
    if content.site is None or (errors and not without_broken):
        raise BrokenContentError(errors)
    values = variables(content.site)
    diagnostic = content.diagnostic
    return KnowledgeBase(
        content=content,
        site=fill_entity(content.site, values),
        diagnostic=fill_entity(diagnostic, values) if diagnostic else None,
        tips=tuple(fill_entity(tip, values) for tip in content.tips),
        issues=tuple(fill_entity(issue, values) for issue in content.issues),
        exchanges=tuple(
            fill_entity(exchange, variables(content.site, exchange))
            for exchange in content.exchanges
        ),
        questions=tuple(fill_entity(question, values) for question in content.questions),
    )
