"""Files for machines, made from the knowledge base: sitemap, feed, robots.txt, llms.txt."""

from __future__ import annotations

import datetime as dt

from starlette.requests import Request
from starlette.responses import Response

from app import addresses
from app.languages import ENGLISH
from app.model import Issue, Question
from app.web.pages.handlers import Handlers


class FeedHandlers(Handlers):
    """The handlers of the files for machines."""

    __slots__ = ()

    async def sitemap(self, request: Request) -> Response:
        """Answer with the addresses of all pages for search engines."""
        knowledge = self.edition.knowledge
        pages: list[tuple[str, object]] = [(addresses.home(), None)]
        pages += (
            (issue.url, knowledge.last_changed(issue) or issue.verified)
            for issue in knowledge.issues
        )
        pages += (
            (question.url, knowledge.last_changed(question) or question.verified)
            for question in knowledge.questions
        )
        if knowledge.site.whitelist:
            pages.append((addresses.PATHS["whitelist"], None))
        if knowledge.exchanges:
            pages.append((addresses.PATHS["exchanges"], None))
        for exchange in knowledge.exchanges:
            pages.append((exchange.url, knowledge.last_changed(exchange) or exchange.verified))
            codes_changed = knowledge.errors_last_changed(exchange.id) or exchange.verified
            pages += (
                (addresses.error(exchange.id, code), codes_changed)
                for code in knowledge.errors_of(exchange.id)
            )
        translations = knowledge.content.translations.values()
        languages = [ENGLISH, *(translation.language for translation in translations)]
        localised = [
            (addresses.localised(path, language), changed)
            for language in languages
            for path, changed in pages
        ]
        return self.template(request, "text/sitemap.xml", "application/xml", pages=localised)

    async def feed(self, request: Request) -> Response:
        """Answer with the issues and everyday questions as an Atom feed, newest first."""
        knowledge = self.edition.knowledge
        articles: tuple[Issue | Question, ...] = (*knowledge.issues, *knowledge.questions)
        dates = [knowledge.last_changed(article) or article.verified for article in articles]
        # Atom requires a date for each entry. An article without a date gets the oldest date.
        oldest = min(filter(None, dates), default=dt.date(1970, 1, 1))
        dated = zip(articles, (day or oldest for day in dates), strict=True)
        newest = sorted(dated, key=lambda entry: entry[1], reverse=True)
        return self.template(
            request,
            "text/feed.xml",
            "application/atom+xml",
            site=knowledge.site,
            articles=newest,
            updated=newest[0][1] if newest else "1970-01-01",
        )

    async def robots(self, request: Request) -> Response:
        """Answer with what crawlers should leave out."""
        folders = self.edition.knowledge.content.translations
        prefixes = ["", *(f"/{folder}" for folder in folders)]
        return self.template(request, "text/robots.txt", "text/plain", prefixes=prefixes)

    async def llms(self, request: Request) -> Response:
        """Answer with an overview for language models."""
        knowledge = self.edition.knowledge
        return self.template(
            request,
            "text/llms.txt",
            "text/plain",
            site=knowledge.site,
            issues=knowledge.issues,
            questions=knowledge.questions,
            exchanges=knowledge.exchanges,
        )
