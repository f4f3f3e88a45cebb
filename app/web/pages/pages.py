"""Help pages and their fragments, one handler for each address."""

from __future__ import annotations

import json
from collections import defaultdict
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.content.markdown import plain
from app.feedback.records import Kind
from app.knowledge import KnowledgeBase, error_url
from app.model import Exchange, Issue, Observations
from app.search import Result
from app.web.http.headers import cached
from app.web.pages import answers, contexts, forms
from app.web.pages.handlers import HTML, Handlers, about, id_of, moved, moved_error, moved_issue
from app.web.pages.links import with_query
from app.web.pages.rendering import HTMX_VARY, HtmxRequest
from app.web.serving.backstage import address_of
from app.whitelist import compare

RELATED_ERRORS = 12
LONGEST_QUERY = 200
"""What is longer than any question is not searched for, nor shown again."""
PANEL_RESULTS, PAGE_RESULTS = 8, 20
"""How many results somebody sees while typing, and on the page."""


class Pages(Handlers):
    """The handlers of the help pages."""

    __slots__ = ()

    async def home(self, request: Request) -> Response:
        """Answer with everything in one place."""
        knowledge = self.edition.knowledge
        exchange = self.chosen_exchange(request)
        context = contexts.HomePage(
            shell=self.shell(
                "/", exchange, title=knowledge.site.title, description=about(knowledge)
            ),
            form=forms.form_state(Observations(exchange=id_of(exchange)), knowledge),
            issues=knowledge.issues_for(id_of(exchange)),
            tips=knowledge.tips,
        )
        return self.page(context)

    async def issue(self, request: Request) -> Response:
        """Answer with one issue, or lead from its old address to the present one."""
        knowledge = self.edition.knowledge
        exchange = self.chosen_exchange(request)
        slug = request.path_params["slug"]
        issue = knowledge.issue(slug, id_of(exchange))
        if issue is None:
            return moved_issue(request, knowledge, slug)
        context = contexts.IssuePage(
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
            only=_only(issue, exchange, knowledge),
            source=knowledge.body_source(issue),
            changed=knowledge.changed(issue),
            related=tuple(
                found for name in issue.related if (found := knowledge.issue(name, id_of(exchange)))
            ),
            errors=_errors_meaning(issue, exchange, knowledge),
        )
        return self.page(context)

    async def exchanges(self, request: Request) -> Response:
        """Answer with the list of supported exchanges."""
        knowledge = self.edition.knowledge
        if not knowledge.exchanges:
            raise HTTPException(404)
        context = contexts.ExchangesPage(
            shell=self.shell(
                "/exchanges",
                self.chosen_exchange(request),
                title="Exchanges",
                description=about(knowledge),
            ),
            exchanges=knowledge.exchanges,
        )
        return self.page(context)

    async def exchange(self, request: Request) -> Response:
        """Answer with one exchange: facts, how-to and error codes."""
        knowledge = self.edition.knowledge
        name = request.path_params["exchange"]
        exchange = knowledge.exchange(name)
        if exchange is None:
            raise HTTPException(404)
        if exchange.id != name:
            return moved(request, exchange.url)
        context = contexts.ExchangePage(
            shell=self.shell(
                exchange.url,
                exchange,
                title=f"Connect {exchange.name} to {knowledge.site.product}",
                description=f"{exchange.name}: IP whitelist, API key permissions and error codes.",
                tailored=False,
            ),
            exchange=exchange,
            source=knowledge.body_source(exchange),
            groups=_error_groups(exchange, knowledge),
        )
        return self.page(context)

    async def error(self, request: Request) -> Response:
        """Answer with one error code of one exchange."""
        knowledge = self.edition.knowledge
        name, code = request.path_params["exchange"], request.path_params["code"]
        exchange = knowledge.exchange(name)
        if exchange is None:
            raise HTTPException(404)
        if exchange.id != name:
            return moved(request, error_url(exchange.id, code))
        entries = knowledge.errors(exchange.id, code)
        if not entries:
            return moved_error(request, knowledge, exchange.id, code)
        link = Observations(exchange=exchange.id, error=code)
        context = contexts.ErrorPage(
            shell=self.shell(
                error_url(exchange.id, code),
                exchange,
                title=f"{exchange.name} error {code}",
                description=f"{exchange.name} {code}: {entries[0].message or entries[0].code}",
                tailored=False,
            ),
            exchange=exchange,
            code=code,
            short_url=f"/e/{exchange.id}/{quote(code, safe=':')}",
            meanings=tuple(
                contexts.ErrorMeaning(
                    entry=entry,
                    matches=tuple(
                        (issue, issue.steps(exchange.id))
                        for slug in entry.issues
                        if (issue := knowledge.issue(slug, exchange.id))
                    ),
                    options=answers.options(entry, link),
                )
                for entry in entries
            ),
        )
        return self.page(context)

    async def short_error(self, request: Request) -> Response:
        """Lead from the short link of an error code to its page."""
        name, code = request.path_params["exchange"], request.path_params["code"]
        exchange = self.edition.knowledge.exchange(name)
        return moved(request, error_url(exchange.id if exchange else name, code))

    async def short_issue(self, request: Request) -> Response:
        """Lead from the short link of an issue to its page."""
        slug = request.path_params["slug"]
        present = self.edition.knowledge.alias(slug) or slug
        return moved(request, f"/issues/{quote(present)}")

    async def search(self, request: Request) -> Response:
        """Answer with search results, as a page or as the list alone."""
        edition = self.edition
        exchange = self.chosen_exchange(request)
        asked = request.query_params.get("q", "")
        query = asked[:LONGEST_QUERY].strip()
        is_panel = HtmxRequest.of(request).wants_fragment
        index = await edition.searchable()
        found = index.search(query, id_of(exchange), PAGE_RESULTS) if query else ()
        shown = found[:PANEL_RESULTS] if is_panel else found
        results = tuple(self._result_view(one, exchange) for one in shown)
        if is_panel:
            fragment = contexts.Results(
                query=query,
                results=results,
                total=len(found),
                more=with_query("/search", {"q": query}),
                site=edition.knowledge.site,
            )
            body = self.renderer.render(fragment, id_of(exchange))
            return cached(Response(body, media_type=HTML), vary=HTMX_VARY)
        page = contexts.SearchPage(
            shell=self.shell(
                with_query("/search", {"q": query}) if query else "/search",
                exchange,
                title=f"Search: {query}" if query else "Search",
                description=about(edition.knowledge),
                indexed=False,
            ),
            query=query,
            results=results,
        )
        if results or not query:
            return self.page(page, vary=HTMX_VARY)
        # Not while somebody types: half words are nobody's question.
        self.backstage.note_unanswered(
            Kind.SEARCH, asked, id_of(exchange), edition.knowledge.version, address_of(request)
        )
        # From a cache it would be noted once, however often it is asked.
        return self.once(page, exchange)

    async def whitelist(self, request: Request) -> Response:
        """Answer with the form that compares a saved IP list with the whitelist."""
        return self.page(self._whitelist_page(self.chosen_exchange(request), None))

    async def compare_whitelist(self, request: Request) -> Response:
        """Answer with the comparison of a posted list."""
        knowledge = self.edition.knowledge
        if knowledge.site.whitelist is None:
            raise HTTPException(404)
        form = await request.form(max_files=0, max_fields=forms.MAX_FIELDS)
        text, exchange = forms.list_from_form(form, knowledge)
        if forms.is_too_long(text):
            raise HTTPException(413)
        separator = exchange.whitelist.separator if exchange else None
        compared = compare(text, knowledge.site.whitelist.addresses, separator)
        comparison = contexts.WhitelistComparison(
            text=text,
            complete=compared.complete,
            lines=tuple(
                contexts.WhitelistLine(text=entry.text, verdict=entry.kind, advice=entry.advice)
                for entry in compared.entries
            ),
            missing=tuple(str(address) for address in compared.missing),
            separator_advice=compared.separator_advice,
        )
        context: contexts.WhitelistPage | contexts.WhitelistComparison = comparison
        if not HtmxRequest.of(request).wants_fragment:
            context = self._whitelist_page(exchange, comparison)
        return self.once(context, exchange)

    def problem(
        self, status: int, heading: str, text: str, path: str = "", exchange: str | None = None
    ) -> str:
        """Return an error page with a way on; for an unknown `path` with the nearest pages.

        `exchange` is what the address says of the visitor's choice.
        """
        edition = self.edition
        chosen = edition.knowledge.exchange(exchange)
        nearest = edition.search.nearest(path) if path else ()
        context = contexts.ProblemPage(
            shell=self.shell(
                "/", chosen, title=heading, description=text, tailored=bool(path), indexed=False
            ),
            status=status,
            heading=heading,
            text=text,
            suggestions=tuple(self._result_view(one, chosen) for one in nearest),
        )
        return self.renderer.render(context, id_of(chosen))

    def _result_view(self, result: Result, exchange: Exchange | None) -> contexts.ResultView:
        """Return a result in the words of the chosen exchange."""
        knowledge = self.edition.knowledge
        issue = None
        if result.kind == "issue":
            slug = result.url.partition("?")[0].removeprefix("/issues/")
            issue = knowledge.issue(slug, id_of(exchange))
        drafts = {issue.url for issue in knowledge.issues if issue.draft}
        drafts |= {exchange.url for exchange in knowledge.exchanges if exchange.draft}
        return contexts.ResultView(
            kind=result.kind,
            title=plain(issue.title) if issue else result.title,
            url=result.href,
            snippet=result.snippet,
            draft=result.url.partition("?")[0] in drafts,
            only=_only(issue, exchange, knowledge) if issue else "",
        )

    def _whitelist_page(
        self, exchange: Exchange | None, comparison: contexts.WhitelistComparison | None
    ) -> contexts.WhitelistPage:
        whitelist = self.edition.knowledge.site.whitelist
        if whitelist is None:
            raise HTTPException(404)
        return contexts.WhitelistPage(
            shell=self.shell(
                "/whitelist", exchange, title=whitelist.title, description=plain(whitelist.intro)
            ),
            comparison=comparison,
        )

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
) -> tuple[contexts.ErrorView, ...]:
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


def _only(issue: Issue, exchange: Exchange | None, knowledge: KnowledgeBase) -> str:
    """Name the exchanges that can have `issue`, if the chosen one can't; else return nothing."""
    if exchange is None or issue.concerns(exchange.id):
        return ""
    return ", ".join(one.name for one in knowledge.exchanges if issue.concerns(one.id))


def _other_steps(
    issue: Issue, exchange: Exchange | None, knowledge: KnowledgeBase
) -> tuple[contexts.StepGroup, ...]:
    """Return the steps that only other exchanges have, so that links to them lead somewhere."""
    shown = set(issue.steps(id_of(exchange)))
    grouped: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, step in enumerate(issue.solutions):
        if step not in shown:
            grouped[step.exchanges].append(index)
    groups: list[contexts.StepGroup] = []
    for ids, indices in grouped.items():
        owners = [found for name in ids if (found := knowledge.exchange(name))]
        # The words of one exchange are known; several share words that fit them all.
        only = owners[0] if len(owners) == 1 else None
        worded = knowledge.issue(issue.slug, id_of(only)) or issue
        if owners:
            groups.append(
                contexts.StepGroup(
                    names=", ".join(one.name for one in owners),
                    exchange=only,
                    steps=tuple(worded.solutions[index] for index in indices),
                )
            )
    return tuple(groups)


def _error_groups(exchange: Exchange, knowledge: KnowledgeBase) -> tuple[contexts.ErrorGroup, ...]:
    """Return the codes of an exchange, by the issue they mean first of all."""
    by_issue: dict[str, list[contexts.ErrorView]] = defaultdict(list)
    for code, entries in knowledge.errors_of(exchange.id).items():
        if view := answers.error_view(exchange.id, code, knowledge):
            by_issue[entries[0].issues[0]].append(view)
    return tuple(
        contexts.ErrorGroup(issue=issue, errors=tuple(by_issue[issue.slug]))
        for issue in knowledge.issues_for(exchange.id)
        if issue.slug in by_issue
    )
