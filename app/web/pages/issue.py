"""`/issues/<slug>`: one issue, and its short link `/i/...`."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from app import addresses
from app.answers import answer
from app.content.markdown import plain
from app.content.variables import fill_entity
from app.knowledge import KnowledgeBase
from app.languages import current
from app.model import Answer, Exchange, Issue, Solution
from app.web.pages import answer_views
from app.web.pages.answer_views import ErrorView
from app.web.pages.handlers import Handlers, Shell, id_of, moved, moved_issue


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenStep:
    """A step that an issue's page shows only to those who follow a link to it.

    `names` are its anchors. The pages of `exchanges` show it, or with `is_general` the page without
    an exchange; if none does, `text` is the step.
    """

    names: tuple[str, ...]
    text: str
    exchanges: tuple[Exchange, ...]
    is_general: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePage:
    """`/issues/<slug>`: one issue.

    `answer` is what to do on the chosen exchange; while none is chosen, the general solutions stand
    in its place. `hidden` are the steps that are shown elsewhere. `source` is the body before its
    variables were filled in, `changed` the day of the last change. `only` names the exchanges that
    can have the issue, if the chosen exchange can't. `ahead` is how many seconds the clock of the
    exchange is ahead of our server's.
    """

    template: ClassVar[str] = "pages/issue.html"

    shell: Shell
    issue: Issue
    answer: Answer | None
    hidden: tuple[HiddenStep, ...]
    only: str
    source: str
    changed: dt.date | None
    related: tuple[Issue, ...]
    errors: tuple[ErrorView, ...]
    ahead: float | None


class IssueHandlers(Handlers):
    """The handlers of issues."""

    __slots__ = ()

    async def issue(self, request: Request) -> Response:
        """Answer with an issue, or redirect from an old address of it."""
        knowledge = self.edition.knowledge
        exchange = self.chosen_exchange(request)
        slug = request.path_params["slug"]
        issue = knowledge.issue(slug, id_of(exchange))
        if issue is None:
            return moved_issue(request, knowledge, slug)
        can_have_it = exchange and issue.concerns(exchange.id)
        found = answer(knowledge, slug, id_of(exchange)) if can_have_it else None
        shown = found.steps if found else issue.steps(None)
        context = IssuePage(
            shell=self.shell(
                issue.url,
                exchange,
                title=issue.title,
                description=plain(issue.symptom),
                crumbs=((plain(knowledge.site.issues_title), addresses.home("issues")),),
                json_ld=self._issue_json_ld(issue),
                is_stale=knowledge.is_stale(f"issues/{issue.slug}.md"),
            ),
            issue=issue,
            answer=found,
            hidden=tuple(_hidden_steps(issue, shown, exchange, knowledge)),
            only=only_on(issue, exchange, knowledge),
            source=knowledge.body_source(issue),
            changed=knowledge.last_changed(issue),
            related=tuple(
                other for name in issue.related if (other := knowledge.issue(name, id_of(exchange)))
            ),
            errors=_errors_meaning(issue, exchange, knowledge),
            ahead=self.status.ahead(exchange) if issue.live == "clock" else None,
        )
        return self.page(context)

    async def short_issue(self, request: Request) -> Response:
        """Lead from the short link of an issue to its page."""
        slug = request.path_params["slug"]
        present = self.edition.knowledge.current_slug(slug) or slug
        return moved(request, addresses.issue(present))

    def _issue_json_ld(self, issue: Issue) -> dict[str, object]:
        """Return the structured data of an issue: a technical article."""
        site = self.edition.knowledge.site
        data: dict[str, object] = {
            "@context": "https://schema.org",
            "@type": "TechArticle",
            "headline": plain(issue.title),
            "description": plain(issue.symptom),
            "inLanguage": current().tag,
            "about": site.product,
        }
        if self.base_url:
            data["url"] = self.base_url + addresses.localised(issue.url)
        changed = self.edition.knowledge.last_changed(issue) or issue.verified
        if changed:
            data["dateModified"] = changed.isoformat()
        return data


def _errors_meaning(
    issue: Issue, exchange: Exchange | None, knowledge: KnowledgeBase
) -> tuple[ErrorView, ...]:
    """Return the codes of one exchange, or of all, whose likeliest issue is `issue` in an entry."""
    wanted = [exchange] if exchange else list(knowledge.exchanges)
    found = [
        view
        for exchange in wanted
        for code, entries in knowledge.errors_of(exchange.id).items()
        if any(entry.issues[0] == issue.slug for entry in entries)
        and (view := answer_views.error_view(exchange.id, code, knowledge))
    ]
    return tuple(found)


def _hidden_steps(
    issue: Issue, shown: Iterable[Solution], exchange: Exchange | None, knowledge: KnowledgeBase
) -> Iterator[HiddenStep]:
    """Yield the steps that this page doesn't show, each with where it is shown."""
    present = {name for step in shown for name in (step.id, *step.aliases)}
    pages: dict[str, list[Exchange]] = defaultdict(list)
    for other in knowledge.exchanges:
        if issue.concerns(other.id) and (found := answer(knowledge, issue.slug, other.id)):
            for step in found.steps:
                pages[step.id].append(other)
    values = knowledge.variables(id_of(exchange))
    general = {step.id for step in issue.steps(None)}
    for step in issue.all_steps:
        if names := [name for name in (step.id, *step.aliases) if name not in present]:
            yield HiddenStep(
                names=tuple(names),
                text=fill_entity(step, values).text,
                exchanges=tuple(pages[step.id]),
                is_general=step.id in general,
            )


def only_on(issue: Issue, exchange: Exchange | None, knowledge: KnowledgeBase) -> str:
    """Return the names of exchanges that can have `issue`, or "" if the chosen exchange can."""
    if exchange is None or issue.concerns(exchange.id):
        return ""
    return ", ".join(
        exchange.name for exchange in knowledge.exchanges if issue.concerns(exchange.id)
    )
