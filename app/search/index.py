"""The search over one knowledge base."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import pairwise
from urllib.parse import unquote

from app.knowledge import KnowledgeBase
from app.search.names import Names
from app.search.passages import Passage, items_of, passages_of, same_passages
from app.search.question import MAX_CHARACTERS, Question, Reader
from app.search.ranking import Document, Ranking, document
from app.search.results import Kind, Result
from app.search.snippets import Marker
from app.search.vocabulary import Vocabulary

MOST_CHANGED = 0.2
"""If more of the items changed, a new index is built: many small changes make an old one slow."""

_FILE_ENDING = re.compile(r"\.(md|html?|txt) $")
_WORD = re.compile(r"[^\W_]+")
LIKENESS = 0.8
"""From this share of equal characters on, a word is a misspelling of another."""
SHORTEST_MISSPELT = 4
"""A shorter word of an address must be one of a page's, letter by letter."""
_FOLDERS: Mapping[str, Kind] = {
    "issues": "issue",
    "i": "issue",
    "exchanges": "exchange",
    "errors": "error",
    "e": "error",
}


class SearchIndex:
    """The search over one knowledge base: built once, never changed, safe to share by threads."""

    def __init__(self, knowledge: KnowledgeBase, previous: SearchIndex | None = None) -> None:
        """Index `knowledge`; of the `previous` index, what is the same is kept."""
        self._knowledge = knowledge
        self._items = tuple(items_of(knowledge))
        self._issues = {
            item.key: number for number, item in enumerate(self._items) if item.kind == "issue"
        }
        self._names = Names(self._items, knowledge.exchanges)
        order = self._same_as(previous)
        self._passages: list[tuple[Passage, ...]] = [
            tuple(passages_of(item, knowledge))
            if number is None or previous is None
            else previous._passages[number]
            for item, number in zip(self._items, order, strict=True)
        ]
        self._ranking = (previous and self._changed(previous, order)) or Ranking.of(
            self._document(number) for number in range(len(self._items))
        )
        self._vocabulary: Vocabulary = Vocabulary(
            self._ranking.words, previous._vocabulary if previous else None
        )
        self._reader = Reader(self._vocabulary, self._ranking.codes, self._names)

    def _same_as(self, previous: SearchIndex | None) -> list[int | None]:
        """Return the numbers in `previous` of the items that say the same there, or None."""
        if previous is None:
            return [None] * len(self._items)
        before = {item: number for number, item in enumerate(previous._items)}
        return [
            before[item]
            if item in before and same_passages(item, self._knowledge, previous._knowledge)
            else None
            for item in self._items
        ]

    def _changed(self, previous: SearchIndex, order: list[int | None]) -> Ranking | None:
        """Return the ranking of `previous` with what changed since; None if that can't be had."""
        kept = set(order)
        gone = [number for number in range(len(previous._items)) if number not in kept]
        new = [number for number, before in enumerate(order) if before is None]
        too_many = len(gone) + len(new) > len(self._items) * MOST_CHANGED
        if too_many or not previous._ranking.is_newest:
            return None
        return previous._ranking.changed(
            {number: previous._document(number) for number in gone},
            [self._document(number) for number in new],
            order,
        )

    def _document(self, number: int) -> Document:
        return document(self._items[number], self._passages[number])

    def search(
        self, query: str, exchange: str | None = None, limit: int = 20
    ) -> tuple[Result, ...]:
        """Return what fits `query`, best first; its last word may be unfinished.

        Any string is a query. Error codes of `exchange` are preferred. A query that names an
        error code gets that code's page first, then the issues that it can mean.
        """
        if limit < 1:
            return ()
        question = self._reader.read(query, exchange)
        leading = self._leading(question)
        scored = self._ranking.best(question, limit + len(leading))
        best = scored[0][1] if scored else 0.0
        ranked = [(number, best + len(leading) - place) for place, number in enumerate(leading)]
        ranked += [(number, score) for number, score in scored if number not in leading]
        return self._results(ranked[:limit], question, exchange)

    def nearest(self, path: str, limit: int = 3) -> tuple[Result, ...]:
        """Return the pages that somebody may have meant by a path that doesn't exist.

        Of a path that is longer than a query may be, the beginning counts.
        """
        read = unquote(path, errors="replace")[:MAX_CHARACTERS]
        segments = [part for part in read.split("/") if part]
        kind = _FOLDERS.get(segments[0]) if segments else None
        if kind == "error" and len(segments) > 1:
            near = self._near_errors(segments[1].casefold(), " ".join(segments[2:]))
            if near:
                return near[: max(limit, 0)]
        words = " ".join(segments[1:] if kind else segments).replace("-", " ")
        words = _FILE_ENDING.sub(" ", f"{words} ")
        found = [
            result
            for result in self.search(words, limit=max(limit, 20))
            if _is_named(result, words)
        ]
        return tuple(sorted(found, key=lambda result: result.kind != kind)[: max(limit, 0)])

    def _leading(self, question: Question) -> tuple[int, ...]:
        """Return the pages of the codes that are named, then the issues that they can mean."""
        pages = [
            page for code in question.named for page in self._names.pages(code, question.preferred)
        ]
        likelihood: dict[str, int] = {}
        for page in pages:
            for entry in self._knowledge.errors(self._items[page].exchange, self._items[page].key):
                for place, slug in enumerate(entry.issues):
                    likelihood[slug] = min(place, likelihood.get(slug, place))
        issues = sorted(likelihood, key=likelihood.__getitem__)
        known = [self._issues[slug] for slug in issues if slug in self._issues]
        return tuple(dict.fromkeys((*pages, *known)))

    def _near_errors(self, exchange: str, code: str) -> tuple[Result, ...]:
        """Return the pages of an exchange's codes that look like `code`, and the exchange's."""
        pages = {
            item.key: number
            for number, item in enumerate(self._items)
            if item.exchange == exchange or (item.kind, item.key) == ("exchange", exchange)
        }
        near = get_close_matches(code, pages, n=10)
        swapped_first = sorted(near, key=lambda key: sorted(key) != sorted(code))[:2]
        chosen = [pages[key] for key in dict.fromkeys((*swapped_first, exchange)) if key in pages]
        ranked = [(number, float(len(chosen) - place)) for place, number in enumerate(chosen)]
        return self._results(ranked, Question(), exchange)

    def _results(
        self, ranked: Iterable[tuple[int, float]], question: Question, exchange: str | None
    ) -> tuple[Result, ...]:
        marker = Marker(question)
        return tuple(self._result(number, score, marker, exchange) for number, score in ranked)

    def _result(self, number: int, score: float, marker: Marker, exchange: str | None) -> Result:
        item = self._items[number]
        passages = self._passages[number]
        if exchange:
            passages = tuple(passages_of(item, self._knowledge, exchange))
        passage = marker.best(passages[0], passages[1:])
        return Result(
            kind=item.kind,
            title=item.title,
            url=f"{item.url}?exchange={passage.exchange}" if passage.exchange else item.url,
            where=passage.anchor,
            snippet=marker.mark(passage.shown),
            score=score,
        )


def _is_named(result: Result, words: str) -> bool:
    """Tell whether one of `words` is nearly one of a result's title or address.

    A word somewhere in its text is no reason: an address is not a question.
    """
    names = _WORD.findall(f"{result.title} {unquote(result.url)}".casefold())
    names += [one + two for one, two in pairwise(names)]
    return any(
        word in names
        or (len(word) >= SHORTEST_MISSPELT and get_close_matches(word, names, 1, LIKENESS))
        for word in _WORD.findall(words.casefold())
    )
