"""What all handlers share: the edition of one request, and answers made from contexts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from app import addresses
from app.content.markdown import plain
from app.knowledge import KnowledgeBase
from app.model import Exchange, Site
from app.web.http.headers import NO_STORE, cacheable
from app.web.pages.languages import LanguageLink, links_in
from app.web.pages.rendering import HTMX_VARY, Context, Renderer
from app.web.serving.feedback import FeedbackService
from app.web.serving.live import Edition
from app.web.serving.status import StatusService


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What the frame around every page needs.

    `path` is the page's own path with the query that belongs to it (without `exchange`); `base` the
    address of the server and `canonical` the absolute URL for search engines, if the server knows
    its own address; `exchange` the visitor's choice. `languages` are all languages of this page,
    English first; empty if there is only one. `is_stale`: a text of the page is translated from an
    older English text. `tailored` says whether the page changes with the exchange. `choices` is for
    the exchange menu.
    """

    site: Site
    exchange: Exchange | None
    choices: tuple[Exchange, ...]
    path: str
    canonical: str | None
    title: str
    description: str
    tailored: bool = True
    indexed: bool = True
    json_ld: tuple[str, ...] = ()
    version: str = ""
    languages: tuple[LanguageLink, ...] = ()
    is_stale: bool = False
    base: str = ""

    @property
    def action(self) -> str:
        """Where the exchange menu leads: this page where it is tailored, else to the exchange's."""
        return self.path.partition("?")[0] if self.tailored else addresses.PATHS["exchanges"]

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The page's own query, which the exchange menu has to keep."""
        return tuple(parse_qsl(self.path.partition("?")[2])) if self.tailored else ()


HTML = "text/html; charset=utf-8"


class Page(Context, Protocol):
    """A context with a shell: a whole page."""

    @property
    def shell(self) -> Shell:
        """The frame around the page."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers of a page, created for each request, so that a response has a single edition."""

    renderer: Renderer
    base_url: str
    edition: Edition
    feedback: FeedbackService
    status: StatusService

    def page(self, context: Page, *, vary: str = "") -> Response:
        """Answer with a page that may be cached."""
        exchange = context.shell.exchange if context.shell.tailored else None
        body = self.renderer.render(context, id_of(exchange))
        address = addresses.parse(context.shell.path)
        headers = {}
        if address and address.kind in addresses.MARKDOWN:
            markdown = addresses.reply(context.shell.path, "md")
            headers["Link"] = f'<{markdown}>; rel="alternate"; type="text/markdown"'
        return cacheable(Response(body, media_type=HTML, headers=headers), vary=vary)

    def uncached(
        self,
        context: Context,
        exchange: Exchange | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Answer with a page or fragment that is only for this request: no cache keeps it.

        Links in it keep the chosen `exchange`.
        """
        always = {"Cache-Control": NO_STORE, "Vary": HTMX_VARY}
        body = self.renderer.render(context, id_of(exchange))
        return Response(body, status, media_type=HTML, headers={**always, **(headers or {})})

    def absolute(self, request: Request, path: str) -> str:
        """Return the absolute URL of `path`, for chats, feed readers and crawlers."""
        return (self.base_url or str(request.base_url).rstrip("/")) + addresses.localised(path)

    def cacheable_with_links(self, response: Response) -> Response:
        """Let a response with absolute links be cached, if the server knows its own URL.

        Otherwise the links have the host of the request, which a client can invent: no cache may
        keep them.
        """
        if self.base_url:
            return cacheable(response)
        response.headers["Cache-Control"] = NO_STORE
        return response

    def template(
        self, request: Request, template: str, media_type: str, **values: object
    ) -> Response:
        """Answer with a file made from a template that has no context type."""
        links = {"absolute": lambda path: self.absolute(request, path)}
        body = self.renderer.render_template(template, links | values)
        media_type = f"{media_type}; charset=utf-8"
        return self.cacheable_with_links(PlainTextResponse(body, media_type=media_type))

    def chosen_exchange(self, request: Request) -> Exchange | None:
        """Return the exchange in the query, if it is supported."""
        return self.edition.knowledge.exchange(request.query_params.get("exchange"))

    def shell(
        self,
        path: str,
        exchange: Exchange | None,
        *,
        title: str,
        description: str,
        crumbs: Sequence[tuple[str, str]] = (),
        json_ld: Mapping[str, object] | None = None,
        tailored: bool = True,
        indexed: bool = True,
        is_stale: bool = False,
    ) -> Shell:
        """Return the frame of a page; `path` is its own, without the exchange.

        `crumbs` are the titles and paths of the pages above it, for search engines; `json_ld` is
        further structured data.
        """
        knowledge = self.edition.knowledge
        data = [json_ld] if json_ld else []
        if crumbs and self.base_url:
            data.append(self._breadcrumbs((*crumbs, (plain(title), path))))
        return Shell(
            site=knowledge.site,
            exchange=exchange,
            choices=knowledge.exchanges,
            path=path,
            canonical=self.base_url + addresses.localised(path) if self.base_url else None,
            title=title,
            description=description,
            tailored=tailored,
            indexed=indexed,
            json_ld=tuple(_as_script(item) for item in data),
            version=knowledge.version,
            languages=self.languages(path, exchange if tailored else None),
            base=self.base_url,
            is_stale=is_stale,
        )

    def _breadcrumbs(self, pages: Sequence[tuple[str, str]]) -> Mapping[str, object]:
        """Return the way to a page as schema.org's BreadcrumbList."""
        items = [
            {
                "@type": "ListItem",
                "position": position,
                "name": name,
                "item": self.base_url + addresses.localised(path),
            }
            for position, (name, path) in enumerate(pages, start=1)
        ]
        return {
            "@context": "https://schema.org",
            "@type": "BreadcrumbList",
            "itemListElement": items,
        }

    def languages(self, path: str, exchange: Exchange | None) -> tuple[LanguageLink, ...]:
        """Return a page in all languages, English first; empty if there is only English."""
        translations = self.edition.knowledge.content.translations.values()
        url = addresses.with_query(path, {"exchange": exchange.id}) if exchange else path
        return links_in([translation.language for translation in translations], path, url)


def _as_script(data: Mapping[str, object]) -> str:
    """Return structured data as the text of a script element."""
    # In a script element "</" ends it, and "<!--<script>" swallows the page behind it.
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def id_of(exchange: Exchange | None) -> str | None:
    """Return the id of an exchange that may not be chosen."""
    return exchange.id if exchange else None


def site_description(knowledge: KnowledgeBase) -> str:
    """Return what the help center is about, for descriptions of pages."""
    return plain(knowledge.site.description or knowledge.site.intro)


def moved(request: Request, url: str) -> Response:
    """Redirect permanently to `url` and keep the query."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(url + query, status_code=301)


def moved_issue(
    request: Request, knowledge: KnowledgeBase, slug: str, suffix: str = ""
) -> Response:
    """Redirect from an old or misspelt slug to its page; raise a 404 if there is none."""
    present = knowledge.current_slug(slug)
    if present is None and knowledge.issue(slug.lower()):
        present = slug.lower()
    if present is None:
        raise HTTPException(404)
    return moved(request, addresses.issue(present) + suffix)


def moved_question(
    request: Request, knowledge: KnowledgeBase, slug: str, suffix: str = ""
) -> Response:
    """Redirect from an old slug of a question to its page; raise a 404 if there is none."""
    present = knowledge.current_question_slug(slug)
    if present is None:
        raise HTTPException(404)
    return moved(request, addresses.question(present) + suffix)


def moved_error(
    request: Request, knowledge: KnowledgeBase, exchange: str, code: str, suffix: str = ""
) -> Response:
    """Redirect from another spelling of a code (letter case, spaces) to its page."""
    wanted = " ".join(code.replace("+", " ").casefold().split())
    for known in knowledge.errors_of(exchange):
        if known.casefold() == wanted:
            return moved(request, addresses.error(exchange, known) + suffix)
    raise HTTPException(404)
