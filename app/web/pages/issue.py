"""`/issues/<slug>`: one issue, and its short link."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from app import addresses
from app.content.markdown import plain
from app.knowledge import KnowledgeBase
from app.model import Exchange, Issue, Solution
from app.web.pages import answers
from app.web.pages.answers import ErrorView
from app.web.pages.handlers import Handlers, Shell, id_of, moved, moved_issue

RELATED_ERRORS = 12
"""So many codes of all exchanges are listed while none is chosen."""


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


class Issues(Handlers):
    """The handlers of issues."""

    __slots__ = ()

    async def issue(self, request: Request) -> Response:
        """Answer with one issue, or lead from its old address to the present one."""
        knowledge = self.edition.knowledge
        exchange = self.chosen_exchange(request)
        slug = request.path_params["slug"]
        issue = knowledge.issue(slug, id_of(exchange))
        if issue is None:
            return moved_issue(request, knowledge, slug)
        context = IssuePage(
            shell=self.shell(
                issue.url,
                exchange,
                title=issue.title,
                description=plain(issue.symptom),
                json_ld=self._issue_json_ld(issue),
            ),
            issue=issue,
            steps=issue.steps(id_of(exchange)),
            others=_other_steps(issue, exchange, knowledge),
            only=exchanges_with(issue, exchange, knowledge),
            source=knowledge.body_source(issue),
            changed=knowledge.changed(issue),
            related=tuple(
                found for name in issue.related if (found := knowledge.issue(name, id_of(exchange)))
            ),
            errors=_errors_meaning(issue, exchange, knowledge),
        )
        return self.page(context)

    async def short_issue(self, request: Request) -> Response:
        """Lead from the short link of an issue to its page."""
        slug = request.path_params["slug"]
        present = self.edition.knowledge.alias(slug) or slug
        return moved(request, addresses.issue(present))

    def _issue_json_ld(self, issue: Issue) -> str:
        """Return the structured data that is true of an issue: a technical article."""
        site = self.edition.knowledge.site
        data: dict[str, object] = {
            "@context": "https://schema.org",
            "@type": "TechArticle",
            "headline": plain(issue.title),
            "description": plain(issue.symptom),
            "inLanguage": site.language,
            "about": site.product,
        }
        if self.base_url:
            data["url"] = self.base_url + issue.url
        changed = self.edition.knowledge.changed(issue) or issue.verified
        if changed:
            data["dateModified"] = changed.isoformat()
        # In a script element "</" ends it, and "<!--<script>" swallows the page behind it.
        return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def _errors_meaning(
    issue: Issue, exchange: Exchange | None, knowledge: KnowledgeBase
) -> tuple[ErrorView, ...]:
    """Return the codes whose first meaning is `issue`: the chosen exchange's, or a few of all."""
    wanted = [exchange] if exchange else list(knowledge.exchanges)
    found = [
        view
        for one in wanted
        for code, entries in knowledge.errors_of(one.id).items()
        if any(entry.issues[0] == issue.slug for entry in entries)
        and (view := answers.error_view(one.id, code, knowledge))
    ]
    return tuple(found if exchange else found[:RELATED_ERRORS])


def _other_steps(
    issue: Issue, exchange: Exchange | None, knowledge: KnowledgeBase
) -> tuple[StepGroup, ...]:
    """Return the steps that only other exchanges have, so that links to them lead somewhere."""
    shown = set(issue.steps(id_of(exchange)))
    grouped: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, step in enumerate(issue.solutions):
        if step not in shown:
            grouped[step.exchanges].append(index)
    groups: list[StepGroup] = []
    for ids, indices in grouped.items():
        owners = [found for name in ids if (found := knowledge.exchange(name))]
        # The words of one exchange are known; several share words that fit them all.
        only = owners[0] if len(owners) == 1 else None
        worded = knowledge.issue(issue.slug, id_of(only)) or issue
        if owners:
            groups.append(
                StepGroup(
                    names=", ".join(one.name for one in owners),
                    exchange=only,
                    steps=tuple(worded.solutions[index] for index in indices),
                )
            )
    return tuple(groups)


def exchanges_with(issue: Issue, exchange: Exchange | None, knowledge: KnowledgeBase) -> str:
    """Name the exchanges that can have `issue`, if the chosen one can't; else return nothing."""
    if exchange is None or issue.concerns(exchange.id):
        return ""
    return ", ".join(one.name for one in knowledge.exchanges if issue.concerns(one.id))
