"""The search over one knowledge base.

Its tantivy index holds each page with all its texts, to find and rank pages, and each passage of a
page alone, to choose the passage that a result shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import unquote

import tantivy
from tantivy import Query

from app import addresses
from app.knowledge import KnowledgeBase
from app.languages import current
from app.search.analysis import analyzer_for, cut, tokens_of
from app.search.documents import ALWAYS, NONE_CHOSEN, Passage, documents_of
from app.search.names import Names
from app.search.query import MAX_CHARACTERS, PAGE_FIELDS, ParsedQuery, QueryBuilder, clean
from app.search.results import Result
from app.search.snippets import Snippets
from app.search.words import Words

PASSAGES_PER_RESULT = 20
"""How many passages are looked at for each result, on average."""


class SearchIndex:
    """The search over one knowledge base: built once, never changed, safe to share by threads.

    It finds words of the language in use when it is built. `english` is the search over the same
    content in English, for queries that find nothing here.
    """

    def __init__(self, knowledge: KnowledgeBase, english: SearchIndex | None = None) -> None:
        self._english = english
        self._documents = tuple(documents_of(knowledge))
        self._passages = tuple(
            (page, passage)
            for page, document in enumerate(self._documents)
            for passage in document.passages
        )
        self._names = Names(self._documents)
        analyzer = analyzer_for(current())
        self._schema = _schema()
        index = tantivy.Index(self._schema)
        index.register_tokenizer("words", analyzer)
        # With one thread, documents that fit equally well keep their order.
        writer = index.writer(heap_size=64_000_000, num_threads=1)
        for fields in self._fields():
            writer.add_document(tantivy.Document(**fields))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()
        words = Words(self._searcher, analyzer, len(self._documents))
        self._queries = QueryBuilder(self._schema, words)

    def _fields(self) -> Iterator[dict[str, Any]]:
        """Yield the fields of all pages, then of all passages."""
        for number, document in enumerate(self._documents):
            texts = [
                *map(cut, (document.title, *document.names, *document.lead, *document.hidden)),
                *(cut(passage.text) for passage in document.passages),
            ]
            yield {
                "title": [*map(cut, document.names)],
                "lead": [*map(cut, document.lead)],
                "text": texts,
                "codes": [
                    *{token for text in texts for token in tokens_of(text) if not token.isalpha()}
                ],
                "told": [*document.told],
                "kind": document.kind,
                "exchange": document.exchange if document.code else "",
                "code": document.code.casefold(),
                "number": number,
            }
        for number, (page, passage) in enumerate(self._passages):
            yield {
                "passage": cut(passage.text),
                "shown": passage.shown,
                "page": page,
                "number": number,
            }

    def search(
        self, query: str, exchange: str | None = None, limit: int = 20
    ) -> tuple[Result, ...]:
        """Return what fits `query`, best first; its last word may be unfinished.

        Any string is a query. If it names an error code or is an error message, the page of that
        error comes first, then the issues that it can mean. Errors of `exchange` are preferred.
        """
        text = clean(query)
        exchanges = [*self._names.exchanges(text), *([exchange] if exchange else ())]
        question = self._queries.read(text)
        ranked = self._ranked(text, question, exchanges, limit)
        if not ranked and self._english:
            # Both have the same pages in the same order.
            english = self._english
            ranked = english._ranked(text, english._queries.read(text), exchanges, limit)
        return self._results(ranked[: max(limit, 0)], question, exchange, exchanges)

    def _ranked(
        self, text: str, question: ParsedQuery, exchanges: Sequence[str], limit: int
    ) -> tuple[int, ...]:
        """Return the numbers of the pages that fit a clean query, best first."""
        named = self._names.pages(text, exchanges)
        found = self._hits(self._queries.pages(question, exchanges), max(limit, 1))
        return tuple(dict.fromkeys((*named, *found)))

    def nearest(self, path: str, limit: int = 3) -> tuple[Result, ...]:
        """Return the pages that somebody may have meant by a path that doesn't exist."""
        path = path[:MAX_CHARACTERS]
        address = addresses.parse(path) or addresses.Address("home", name=unquote(path))
        pages = self._near_errors(address.exchange, address.code) if address.code else []
        if not pages:
            # A blank at the end: the last word is finished.
            question = self._queries.read(clean(f"{address.name} {address.exchange} "))
            pages = self._hits(self._queries.titles(question), 20)
            kind = address.kind.removeprefix("short ")
            pages.sort(key=lambda page: self._documents[page].kind != kind)
        return self._results(pages[: max(limit, 0)], ParsedQuery(), None)

    def _near_errors(self, exchange: str, code: str) -> list[int]:
        """Return the pages of the codes that `code` can be a typo of, and of the exchange."""
        exchange = exchange.casefold()
        # A fuzzy query of many different letters takes up to 300 ms. Codes are in ASCII.
        near = self._hits(self._queries.near_code(exchange, code), 10) if code.isascii() else []
        near.sort(key=lambda page: sorted(self._documents[page].code) != sorted(code))  # swapped
        own = addresses.exchange(exchange)
        pages = (page for page, document in enumerate(self._documents) if document.url == own)
        return [*near[:2], *pages]

    def _hits(self, query: Query, limit: int) -> list[int]:
        """Return the numbers of the pages or passages that fit, best first."""
        hits = self._searcher.search(query, limit=limit, count=False).hits
        numbers = self._searcher.fast_field_values("number", [address for _, address in hits])
        return [int(number or 0) for number in numbers]

    def _results(
        self,
        pages: Sequence[int],
        question: ParsedQuery,
        exchange: str | None,
        named: Iterable[str] = (),
    ) -> tuple[Result, ...]:
        """Return the results for the pages, each with its best passage that `exchange` shows.

        While none is chosen, passages for everybody and for the `named` exchanges are preferred.
        """
        choices = (ALWAYS, exchange) if exchange else (ALWAYS, NONE_CHOSEN, *named)
        matches = self._queries.matches(question)
        query = self._queries.passages(matches, pages, choices)
        best: dict[int, Passage] = {}
        for number in self._hits(query, PASSAGES_PER_RESULT * max(len(pages), 1)):
            page, passage = self._passages[number]
            if not exchange or passage.shown in choices:
                best.setdefault(page, passage)
        snippets = Snippets(self._searcher, matches, self._schema, "passage")
        results = []
        for page in pages:
            document = self._documents[page]
            passage = best.get(page) or Passage(document.beginning)
            url = document.url
            if not exchange and passage.shown not in {ALWAYS, NONE_CHOSEN}:
                url = addresses.with_query(url, {"exchange": passage.shown})
            results.append(
                Result(
                    kind=document.kind,
                    title=document.title,
                    url=url,
                    where=passage.anchor,
                    snippet=snippets.of(cut(passage.text)),
                )
            )
        return tuple(results)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in (*PAGE_FIELDS, "told", "passage"):
        builder.add_text_field(field, tokenizer_name="words")
    for field in ("codes", "kind", "exchange", "code", "shown"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("number", fast=True)
    builder.add_integer_field("page", indexed=True)
    return builder.build()
