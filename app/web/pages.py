"""Help pages and their fragments, one handler for each address."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from app.content.markdown import plain
from app.knowledge import KnowledgeBase, error_url
from app.model import Exchange, Issue, Observations
from app.search import Result
from app.web import answers, contexts, forms
from app.web.headers import NO_STORE, cached
from app.web.links import diagnosis_url, with_query
from app.web.live import Edition
from app.web.render import HTMX_VARY, HtmxRequest, Renderer
from app.whitelist import compare

HTML = "text/html; charset=utf-8"
TOO_LONG = (
    "This text is longer than 16 KB. Keep the lines with the error message and try again; "
    "your text is still in the field."
)
RELATED_ERRORS = 12

Handler = Callable[["Pages", Request], Awaitable[Response]]


def routes(pages: Callable[[], Pages]) -> list[Route]:
    """Return the addresses and their handlers; `pages` gives the handlers for one request."""

    def route(path: str, read: Handler, post: Handler | None = None) -> Route:
        # One route for both methods, so that a 405 names both.
        async def answer(request: Request) -> Response:
            handler = post if post and request.method == "POST" else read
            return await handler(pages(), request)

        return Route(path, answer, methods=["GET", "POST"] if post else ["GET"])

    return [
        route("/", Pages.home),
        route("/issues/{slug}.md", Pages.issue_markdown),
        route("/issues/{slug}", Pages.issue),
        route("/exchanges", Pages.exchanges),
        route("/exchanges/{exchange}", Pages.exchange),
        route("/errors/{exchange}/{code:path}", Pages.error),
        route("/e/{exchange}/{code:path}", Pages.short_error),
        route("/i/{slug}", Pages.short_issue),
        route("/search", Pages.search),
        route("/diagnose", Pages.diagnosis_link, Pages.diagnose),
        route("/whitelist", Pages.whitelist, Pages.compare_whitelist),
        route("/sitemap.xml", Pages.sitemap),
        route("/feed.xml", Pages.feed),
        route("/robots.txt", Pages.robots),
        route("/llms.txt", Pages.llms),
    ]


@dataclass(frozen=True, slots=True)
class Pages:
    """The handlers of all help pages, made anew for each request: a page is of one edition."""

    renderer: Renderer
    base_url: str
    edition: Edition

    async def home(self, request: Request) -> Response:
        """Answer with everything in one place."""
        knowledge = self.edition.knowledge
        exchange = self._exchange(request)
        context = contexts.HomePage(
            shell=self._shell(
                "/", exchange, title=knowledge.site.title, description=_about(knowledge)
            ),
            form=forms.form_state(Observations(exchange=_id(exchange)), knowledge),
            issues=knowledge.issues_for(_id(exchange)),
            tips=knowledge.tips,
        )
        return self._page(request, context)

    async def issue(self, request: Request) -> Response:
        """Answer with one issue, or lead from its old address to the present one."""
        knowledge = self.edition.knowledge
        exchange = self._exchange(request)
        slug = request.path_params["slug"]
        issue = knowledge.issue(slug, _id(exchange))
        if issue is None:
            return _moved_issue(request, knowledge, slug)
        context = contexts.IssuePage(
            shell=self._shell(
                issue.url,
                exchange,
                title=issue.title,
                description=plain(issue.symptom),
                json_ld=self._issue_json_ld(issue),
            ),
            issue=issue,
            steps=issue.steps(_id(exchange)),
            related=tuple(
                found for name in issue.related if (found := knowledge.issue(name, _id(exchange)))
            ),
            errors=_errors_meaning(issue, exchange, knowledge),
        )
        return self._page(request, context)

    async def issue_markdown(self, request: Request) -> Response:
        """Answer with one issue as Markdown."""
        knowledge = self.edition.knowledge
        exchange = self._exchange(request)
        slug = request.path_params["slug"]
        issue = knowledge.issue(slug, _id(exchange))
        if issue is None:
            return _moved_issue(request, knowledge, slug, suffix=".md")
        context = contexts.IssueMarkdown(
            site=knowledge.site,
            issue=issue,
            steps=issue.steps(_id(exchange)),
            url=self.base_url + issue.url,
        )
        return self._text(request, self.renderer.render(context), "text/markdown; charset=utf-8")

    async def exchanges(self, request: Request) -> Response:
        """Answer with the list of supported exchanges."""
        knowledge = self.edition.knowledge
        if not knowledge.exchanges:
            raise HTTPException(404)
        context = contexts.ExchangesPage(
            shell=self._shell("/exchanges", None, title="Exchanges", description=_about(knowledge)),
            exchanges=knowledge.exchanges,
        )
        return self._page(request, context)

    async def exchange(self, request: Request) -> Response:
        """Answer with one exchange: facts, how-to and error codes."""
        knowledge = self.edition.knowledge
        exchange = knowledge.exchange(request.path_params["exchange"])
        if exchange is None:
            raise HTTPException(404)
        context = contexts.ExchangePage(
            shell=self._shell(
                exchange.url,
                exchange,
                title=f"Connect {exchange.name} to {knowledge.site.product}",
                description=f"{exchange.name}: IP whitelist, API key permissions and error codes.",
                tailored=False,
            ),
            exchange=exchange,
            groups=_error_groups(exchange, knowledge),
        )
        return self._page(request, context)

    async def error(self, request: Request) -> Response:
        """Answer with one error code of one exchange."""
        knowledge = self.edition.knowledge
        exchange = knowledge.exchange(request.path_params["exchange"])
        code = request.path_params["code"]
        if exchange is None:
            raise HTTPException(404)
        entries = knowledge.errors(exchange.id, code)
        if not entries:
            return _respelled_error(request, knowledge, exchange.id, code)
        link = Observations(exchange=exchange.id, error=code)
        context = contexts.ErrorPage(
            shell=self._shell(
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
        return self._page(request, context)

    async def short_error(self, request: Request) -> Response:
        """Lead from the short link of an error code to its page."""
        parameters = request.path_params
        return _moved(request, error_url(parameters["exchange"], parameters["code"]))

    async def short_issue(self, request: Request) -> Response:
        """Lead from the short link of an issue to its page."""
        return _moved(request, f"/issues/{quote(request.path_params['slug'])}")

    async def search(self, request: Request) -> Response:
        """Answer with search results, as a page or as the list alone."""
        edition = self.edition
        exchange = self._exchange(request)
        query = request.query_params.get("q", "").strip()
        found = edition.search.search(query, _id(exchange)) if query else ()
        results = tuple(_result_view(one) for one in found)
        site = edition.knowledge.site
        if HtmxRequest.of(request).wants_fragment:
            fragment = contexts.Results(query=query, results=results, site=site)
            body = self.renderer.render(fragment, _id(exchange))
            return cached(Response(body, media_type=HTML), request.headers, vary=HTMX_VARY)
        page = contexts.SearchPage(
            shell=self._shell(
                with_query("/search", {"q": query}) if query else "/search",
                exchange,
                title=f"Search: {query}" if query else "Search",
                description=_about(edition.knowledge),
                indexed=False,
            ),
            query=query,
            results=results,
        )
        return self._page(request, page, vary=HTMX_VARY)

    async def diagnosis_link(self, request: Request) -> Response:
        """Answer a diagnosis that was linked: exchange, error, checklist and tests, no text."""
        observations = forms.from_query(request.query_params, self.edition.knowledge)
        return self._diagnosed(request, observations)

    async def diagnose(self, request: Request) -> Response:
        """Answer a posted form. The text in it is used for this answer and kept nowhere."""
        form = await request.form(max_files=0, max_fields=forms.MAX_FIELDS)
        observations = forms.from_form(form, self.edition.knowledge)
        if len(observations.text.encode("utf-8", "replace")) > forms.MAX_TEXT_BYTES:
            return self._refused(request, observations, TOO_LONG, 413)
        wants_page = not HtmxRequest.of(request).wants_fragment
        if wants_page and not observations.text.strip():
            # Without a text the answer has an address of its own, which survives a reload.
            return RedirectResponse(diagnosis_url(observations), status_code=303)
        return self._diagnosed(request, observations)

    async def whitelist(self, request: Request) -> Response:
        """Answer with the form that compares a saved IP list with the whitelist."""
        return self._page(request, self._whitelist_page(self._exchange(request), None))

    async def compare_whitelist(self, request: Request) -> Response:
        """Answer with the comparison of a posted list."""
        knowledge = self.edition.knowledge
        if knowledge.site.whitelist is None:
            raise HTTPException(404)
        form = await request.form(max_files=0, max_fields=forms.MAX_FIELDS)
        text, exchange = forms.list_from_form(form, knowledge)
        if len(text.encode("utf-8", "replace")) > forms.MAX_TEXT_BYTES:
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
        body = self.renderer.render(context, _id(exchange))
        headers = {"Cache-Control": NO_STORE, "Vary": HTMX_VARY}
        return Response(body, media_type=HTML, headers=headers)

    async def sitemap(self, request: Request) -> Response:
        """Answer with the addresses of all pages for search engines."""
        knowledge = self.edition.knowledge
        pages: list[tuple[str, object]] = [("/", None)]
        pages += ((issue.url, issue.verified) for issue in knowledge.issues)
        if knowledge.site.whitelist:
            pages.append(("/whitelist", None))
        if knowledge.exchanges:
            pages.append(("/exchanges", None))
        for exchange in knowledge.exchanges:
            pages.append((exchange.url, exchange.verified))
            pages += (
                (error_url(exchange.id, code), exchange.verified)
                for code in knowledge.errors_of(exchange.id)
            )
        return self._template(request, "text/sitemap.xml", "application/xml", pages=pages)

    async def feed(self, request: Request) -> Response:
        """Answer with the issues as an Atom feed, newest first."""
        knowledge = self.edition.knowledge
        dated = [issue for issue in knowledge.issues if issue.verified]
        newest = sorted(dated, key=lambda issue: str(issue.verified), reverse=True)
        return self._template(
            request,
            "text/feed.xml",
            "application/atom+xml",
            site=knowledge.site,
            issues=newest,
            updated=newest[0].verified if newest else "1970-01-01",
        )

    async def robots(self, request: Request) -> Response:
        """Answer with what crawlers should leave out."""
        return self._template(request, "text/robots.txt", "text/plain")

    async def llms(self, request: Request) -> Response:
        """Answer with an overview for language models."""
        knowledge = self.edition.knowledge
        return self._template(
            request,
            "text/llms.txt",
            "text/plain",
            site=knowledge.site,
            issues=knowledge.issues,
            exchanges=knowledge.exchanges,
        )

    def problem(self, status: int, heading: str, text: str, path: str = "") -> str:
        """Return an error page with a way on; for an unknown `path` with the nearest issues."""
        edition = self.edition
        nearest = edition.search.nearest(path) if path else ()
        context = contexts.ProblemPage(
            shell=self._shell(
                "/", None, title=heading, description=text, tailored=False, indexed=False
            ),
            status=status,
            heading=heading,
            text=text,
            suggestions=tuple(_result_view(one) for one in nearest),
        )
        return self.renderer.render(context)

    def _whitelist_page(
        self, exchange: Exchange | None, comparison: contexts.WhitelistComparison | None
    ) -> contexts.WhitelistPage:
        whitelist = self.edition.knowledge.site.whitelist
        if whitelist is None:
            raise HTTPException(404)
        return contexts.WhitelistPage(
            shell=self._shell(
                "/whitelist", exchange, title=whitelist.title, description=plain(whitelist.intro)
            ),
            comparison=comparison,
        )

    def _diagnosed(self, request: Request, observations: Observations) -> Response:
        """Answer with the diagnosis of what was told."""
        edition = self.edition
        knowledge = edition.knowledge
        told = observations != Observations(exchange=observations.exchange)
        diagnosis = edition.engine.diagnose(observations) if told else None
        exchange = observations.exchange or (diagnosis and diagnosis.exchange)
        shown = observations.model_copy(update={"exchange": exchange})
        answer = answers.answer(diagnosis, observations, knowledge) if diagnosis else None
        form = forms.form_state(shown, knowledge, text=diagnosis.redacted_text if diagnosis else "")
        return self._answer(request, answer, form, shown)

    def _refused(
        self, request: Request, observations: Observations, reason: str, status: int
    ) -> Response:
        """Answer that the input can't be taken, with the input still in the form."""
        form = forms.form_state(
            observations, self.edition.knowledge, text=observations.text, error=reason
        )
        return self._answer(request, None, form, observations, status)

    def _answer(
        self,
        request: Request,
        answer: contexts.Answer | None,
        form: contexts.DiagnoseForm,
        observations: Observations,
        status: int = 200,
    ) -> Response:
        knowledge = self.edition.knowledge
        exchange = knowledge.exchange(observations.exchange)
        linked = request.method in {"GET", "HEAD"}
        if HtmxRequest.of(request).wants_fragment:
            fragment = contexts.AnswerFragment(
                answer=answer, form=form, site=knowledge.site, exchange=exchange
            )
            response = Response(
                self.renderer.render(fragment, _id(exchange)), status, media_type=HTML
            )
            if not form.error:
                response.headers["HX-Push-Url"] = (
                    answer.share_url if answer else diagnosis_url(observations)
                )
        else:
            page = contexts.DiagnosePage(
                shell=self._shell(
                    diagnosis_url(observations.model_copy(update={"exchange": None})),
                    exchange,
                    title="Diagnosis",
                    description=_about(knowledge),
                    indexed=False,
                ),
                form=form,
                answer=answer,
            )
            response = Response(self.renderer.render(page, _id(exchange)), status, media_type=HTML)
        if linked:
            return cached(response, request.headers, vary=HTMX_VARY)
        response.headers["Cache-Control"] = NO_STORE
        response.headers["Vary"] = HTMX_VARY
        return response

    def _page(self, request: Request, context: contexts.Page, *, vary: str = "") -> Response:
        exchange = context.shell.exchange if context.shell.tailored else None
        body = self.renderer.render(context, _id(exchange))
        return cached(Response(body, media_type=HTML), request.headers, vary=vary)

    def _template(
        self, request: Request, template: str, media_type: str, **values: object
    ) -> Response:
        body = self.renderer.render_template(template, values)
        return self._text(request, body, f"{media_type}; charset=utf-8")

    def _text(self, request: Request, body: str, media_type: str) -> Response:
        return cached(PlainTextResponse(body, media_type=media_type), request.headers)

    def _exchange(self, request: Request) -> Exchange | None:
        return self.edition.knowledge.exchange(request.query_params.get("exchange"))

    def _shell(
        self,
        path: str,
        exchange: Exchange | None,
        *,
        title: str,
        description: str,
        json_ld: str | None = None,
        tailored: bool = True,
        indexed: bool = True,
    ) -> contexts.Shell:
        knowledge = self.edition.knowledge
        return contexts.Shell(
            site=knowledge.site,
            exchange=exchange,
            choices=knowledge.exchanges,
            path=path,
            canonical=self.base_url + path if self.base_url else None,
            title=title,
            description=description,
            tailored=tailored,
            indexed=indexed,
            json_ld=json_ld,
            version=knowledge.version,
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
        if issue.verified:
            data["dateModified"] = issue.verified.isoformat()
        # "</" would end the script element that holds the data.
        return json.dumps(data, ensure_ascii=False).replace("</", "<\\/")


def _id(exchange: Exchange | None) -> str | None:
    return exchange.id if exchange else None


def _about(knowledge: KnowledgeBase) -> str:
    return plain(knowledge.site.description or knowledge.site.intro)


def _result_view(result: Result) -> contexts.ResultView:
    anchor = f"#{result.where}" if result.where else ""
    return contexts.ResultView(
        kind=result.kind, title=result.title, url=result.url + anchor, snippet=result.snippet
    )


def _moved(request: Request, url: str) -> Response:
    """Lead to `url` for good and keep the query (the tailoring among it)."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(url + query, status_code=301)


def _moved_issue(
    request: Request, knowledge: KnowledgeBase, slug: str, suffix: str = ""
) -> Response:
    present = knowledge.alias(slug)
    if present is None and knowledge.issue(slug.lower()):
        present = slug.lower()
    if present is None:
        raise HTTPException(404)
    return _moved(request, f"/issues/{present}{suffix}")


def _respelled_error(
    request: Request, knowledge: KnowledgeBase, exchange: str, code: str
) -> Response:
    """Lead from another spelling of a code (letter case, spaces) to its page."""
    wanted = " ".join(code.replace("+", " ").casefold().split())
    for known in knowledge.errors_of(exchange):
        if known.casefold() == wanted:
            return _moved(request, error_url(exchange, known))
    raise HTTPException(404)


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
