"""A visitor's query -> a `ParsedQuery` -> tantivy queries.

A match counts by how rare its word is and by the field that holds it. BM25, tantivy's own score,
counts more in short texts: one-line error messages would come before every issue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import tantivy
from tantivy import Occur, Query

from app.search.analysis import FILLERS, STOP_WORDS, cut, is_code, parts_of, tokens_of
from app.search.words import TYPED, Forms, Phrase, Words

MAX_CHARACTERS, MAX_TOKENS = 200, 20
"""The most characters and tokens of a query that are read."""

PAGE_FIELDS = {"title": 2.0, "lead": 1.0, "text": 1.0}
"""How much a match counts. `text` has the title and the lead too, so they count 3 and 2."""

CODE_SCORE = 8.0
"""How much a code or compound counts: as a word that few pages have."""

KIND_SCORE = {"page": -1.0, "error": -2.0}
"""Added to the score of these kinds: other results that also match come first."""

EXCHANGE_BONUS = 4.0
"""What an error code gains whose exchange is chosen or named."""

SHOWN_BONUS = 4.0
"""What a passage gains that the visitor's choice of an exchange shows."""

TOLD_WEIGHT = 2.0
"""Factor for BM25 of the reports of people whom a page helps."""

_QUOTED = re.compile(r'(?<!\S)"([^"]+\s[^"]+)"(?!\S)')
_UNFINISHED = re.compile(r"[^\W\d_]\Z")
_LOOKALIKES = str.maketrans("“”„«»−–\N{NON-BREAKING HYPHEN}", '"""""---')


class ParsedQuery(NamedTuple):
    """What a query asks for, in words of the index."""

    words: tuple[Forms, ...] = ()
    codes: tuple[str, ...] = ()
    """What is matched whole: codes, and compounds such as `api-signature-not-valid`."""
    quoted: tuple[Phrase, ...] = ()
    """What a page must hold."""
    unknown: int = 0
    """How many words no page holds."""


def clean(query: str) -> str:
    """Return the part of a query that is read, with plain quotes and hyphens."""
    return cut(query.encode("utf-8", "ignore").decode()[:MAX_CHARACTERS].translate(_LOOKALIKES))


class QueryBuilder:
    """Builds queries for an index with this schema and these words."""

    def __init__(self, schema: tantivy.Schema, words: Words) -> None:
        self._schema = schema
        self._words = words

    def read(self, query: str) -> ParsedQuery:
        """Return what a clean query asks for; its last word may be unfinished."""
        loose = _QUOTED.sub(" ", query)
        tokens = tokens_of(loose)[:MAX_TOKENS]
        typed = [word for token in tokens if not is_code(token) for word in parts_of(token)]
        unfinished = typed[-1] if typed and _UNFINISHED.search(loose) else ""
        joined: dict[str, dict[Phrase, float]] = {}
        for pair in pairwise(typed):
            if whole := self._words.joined(*pair):
                joined |= dict.fromkeys(pair, whole)
        stop_words = STOP_WORDS | FILLERS if any(map(is_code, tokens)) else STOP_WORDS
        asked = [
            joined.get(word, {}) | self._words.forms(word, typing=word == unfinished)
            for word in dict.fromkeys(typed)
            if word not in stop_words
        ]
        return ParsedQuery(
            words=tuple(filter(None, asked)),
            codes=tuple(filter(self._words.contains_code, dict.fromkeys(tokens))),
            quoted=tuple(filter(None, map(self._words.analyze, _QUOTED.findall(query)))),
            unknown=sum(not forms for forms in asked),
        )

    def pages(self, question: ParsedQuery, exchanges: Iterable[str]) -> Query:
        """Return the query for the pages that fit.

        There are none if most words of the question are on no page.
        """
        if question.unknown > len(question.words) + len(question.codes):
            return Query.empty_query()
        codes = [self._score("codes", (code,), CODE_SCORE) for code in question.codes]
        fitting = [*self._clauses(question, PAGE_FIELDS), *((Occur.Should, code) for code in codes)]
        bonuses = [
            *(self._score("kind", (kind,), bonus) for kind, bonus in KIND_SCORE.items()),
            *(self._score("exchange", (exchange,), EXCHANGE_BONUS) for exchange in exchanges),
            *(
                Query.boost_query(Query.term_query(self._schema, "told", word), TOLD_WEIGHT * share)
                for forms in question.words
                for (word, *_), share in forms.items()
            ),
        ]
        return Query.boolean_query(
            [
                (Occur.Must, Query.boolean_query(fitting)),
                *((Occur.Should, bonus) for bonus in bonuses),
            ]
        )

    def titles(self, question: ParsedQuery) -> Query:
        """Return the query for the pages whose titles fit."""
        return Query.boolean_query(self._clauses(question, {"title": 1.0}))

    def near_code(self, exchange: str, code: str) -> Query:
        """Return the query for the error codes of an exchange that `code` can be a typo of.

        Numbers may have one typo, and codes of words two.
        """
        typos = 1 if code.lstrip("-").isdigit() else 2
        near = Query.fuzzy_term_query(self._schema, "code", code.casefold(), distance=typos)
        return Query.boolean_query(
            [(Occur.Must, self._one("exchange", (exchange,))), (Occur.Must, near)]
        )

    def passages(self, matches: Query, pages: Iterable[int], choices: Iterable[str]) -> Query:
        """Return the query for the passages of these pages that hold `matches`.

        Those that are shown for one of the `choices` are preferred.
        """
        return Query.boolean_query(
            [
                (Occur.Must, matches),
                (Occur.Must, self._any("page", pages)),
                (Occur.Should, Query.const_score_query(self._any("shown", choices), SHOWN_BONUS)),
            ]
        )

    def matches(self, question: ParsedQuery) -> Query:
        """Return the query for what to mark in passages."""
        codes = ({words: TYPED} for code in question.codes if (words := self._words.analyze(code)))
        question = question._replace(words=(*question.words, *codes))
        return Query.boolean_query(self._clauses(question, {"passage": 1.0}))

    def _any(self, field: str, values: Iterable[Any]) -> Query:
        return Query.boolean_query([(Occur.Should, self._one(field, (value,))) for value in values])

    def _clauses(
        self, question: ParsedQuery, fields: Mapping[str, float]
    ) -> list[tuple[Occur, Query]]:
        """Return what to look for: all that is quoted, and any of the other words."""
        clauses = []
        for phrase in question.quoted:
            anywhere = [(Occur.Should, self._one(field, phrase)) for field in fields]
            clauses.append((Occur.Must, Query.boolean_query(anywhere)))
        for forms in question.words:
            idf = self._words.idf(forms)
            for field, weight in fields.items():
                queries = [
                    self._score(field, phrase, weight * idf * share)
                    for phrase, share in forms.items()
                ]
                word = queries[0] if len(queries) == 1 else Query.disjunction_max_query(queries)
                clauses.append((Occur.Should, word))
        return clauses

    def _score(self, field: str, phrase: tuple[Any, ...], score: float) -> Query:
        return Query.const_score_query(self._one(field, phrase), score)

    def _one(self, field: str, phrase: tuple[Any, ...]) -> Query:
        if len(phrase) == 1:
            return Query.term_query(self._schema, field, phrase[0], index_option="basic")
        return Query.phrase_query(self._schema, field, [*phrase])
