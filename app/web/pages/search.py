"""`/search?q=`: results as a page, or as the panel below the field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from app import addresses
from app.content.markdown import plain
from app.feedback.records import Kind
from app.i18n import _
from app.knowledge import KnowledgeBase
from app.model import Exchange
from app.search import Result
from app.web.http.headers import cacheable
from app.web.http.limits import client_ip
from app.web.pages.handlers import HTML, Handlers, Shell, id_of, site_description
from app.web.pages.issue import only_on
from app.web.pages.rendering import HTMX_VARY, wants_fragment

LONGEST_NOTED = 2_000
"""The most characters of a search that is kept for writers: removing secrets from more takes too
long."""
LONGEST_QUERY = 200
"""The most characters of a query; the rest is neither searched for nor shown."""
PANEL_RESULTS, PAGE_RESULTS = 8, 20
"""How many results the panel and the page show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """One search result; `snippet` is text pieces, each marked as matching or not.

    `only` names the exchanges that can have the issue, if the chosen exchange can't.
    """

    kind: str
    title: str
    url: str
    snippet: tuple[tuple[str, bool], ...]
    draft: bool
    only: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsFragment:
    """What htmx gets from `/search` while the visitor types: the best of `total` results.

    `more` is the page with all of them.
    """

    template: ClassVar[str] = "fragments/results.html"

    query: str
    results: tuple[ResultView, ...]
    total: int
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """`/search?q=`."""

    template: ClassVar[str] = "pages/search.html"

    shell: Shell
    query: str
    results: tuple[ResultView, ...]


class SearchHandlers(Handlers):
    """The handler of the search."""

    __slots__ = ()

    async def search(self, request: Request) -> Response:
        """Answer with search results, as a page or as the list alone."""
        edition = self.edition
        exchange = self.chosen_exchange(request)
        asked = request.query_params.get("q", "")
        query = asked[:LONGEST_QUERY].strip()
        is_panel = wants_fragment(request)
        found = edition.search.search(query, id_of(exchange), PAGE_RESULTS) if query else ()
        shown = found[:PANEL_RESULTS] if is_panel else found
        results = tuple(result_view(result, exchange, edition.knowledge) for result in shown)
        if is_panel:
            fragment = ResultsFragment(
                query=query,
                results=results,
                total=len(found),
                more=addresses.search(query),
            )
            body = self.renderer.render(fragment, id_of(exchange))
            return cacheable(Response(body, media_type=HTML), vary=HTMX_VARY)
        page = SearchPage(
            shell=self.shell(
                addresses.search(query),
                exchange,
                title=_("Search: {query}").format(query=query) if query else _("Search"),
                description=site_description(edition.knowledge),
                indexed=False,
            ),
            query=query,
            results=results,
        )
        if results or not query:
            return self.page(page, vary=HTMX_VARY)
        # Only finished searches count.
        if len(asked) <= LONGEST_NOTED:
            self.feedback.note_unanswered(
                Kind.SEARCH, asked, id_of(exchange), edition.knowledge.version, client_ip(request)
            )
        # A cached page would be counted once, however often it is requested.
        return self.uncached(page, exchange)


def result_view(result: Result, exchange: Exchange | None, knowledge: KnowledgeBase) -> ResultView:
    """Return a result in the words of the chosen exchange."""
    issue = None
    if result.kind == "issue":
        address = addresses.parse(result.url)
        issue = knowledge.issue(address.name, id_of(exchange)) if address else None
    drafts = {issue.url for issue in knowledge.issues if issue.draft}
    drafts |= {exchange.url for exchange in knowledge.exchanges if exchange.draft}
    return ResultView(
        kind=result.kind,
        title=plain(issue.title) if issue else result.title,
        url=result.href,
        snippet=result.snippet,
        draft=result.url.partition("?")[0] in drafts,
        only=only_on(issue, exchange, knowledge) if issue else "",
    )
