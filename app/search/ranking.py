"""Question -> the items that fit, best first.

A match counts by how rare its word is and which field holds it, not by how long the text is:
one-line error messages would outrank every article.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest

import tantivy

from app.search.full_text import FullText
from app.search.passages import Field, Item, Passage
from app.search.question import Question
from app.search.tokens import codes_of, fold
from app.search.vocabulary import Meaning

FIELD_WEIGHTS: Mapping[Field, float] = {"title": 3.0, "lead": 2.0, "body": 1.0}
CODE_WEIGHT = 4.0
SENTENCE_WEIGHT = 2.0
"""What the words of a query gain that stand side by side in a text, as a pasted message does."""

SENTENCE_WORDS = 5
SENTENCE_FIELDS: tuple[Field, ...] = ("lead", "body")

NO_ISSUE, ISSUE_BONUS = "no issue", 2.0
"""What an error page loses against an issue of the same words: that is what helps."""

EXCHANGE_BONUS = 4.0
"""What an error code of the preferred exchange gains: about as much as one more matching word."""

TIE_BREAKER = 0.2
"""How much the other fields that hold a word add to the best one."""

WORDS_PER_MATCH = 3
"""What is found must tell as much as one in so many words of the query, the commonest ones."""

ROUNDING = 0.01
"""How far scores of the same may lie apart."""

Document = Mapping[str, Sequence[str]]
"""The texts of an item by field."""

_LINK_TARGET = re.compile(r"\]\([^)\s]*\)")


class Ranking:
    """All items with their texts, numbered in their order."""

    def __init__(self, texts: FullText, counts: Mapping[str, dict[str, int]]) -> None:
        """Rank `texts`; `counts` are their terms by field, with how many items hold them."""
        self._texts = texts
        self._counts = counts
        self._words: dict[str, int] = {}
        for field in FIELD_WEIGHTS:
            for word, count in counts[field].items():
                self._words[word] = max(count, self._words.get(word, 0))

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Ranking:
        """Index the documents, numbered in their order."""
        builder = tantivy.SchemaBuilder()
        for field in FIELD_WEIGHTS:
            builder.add_text_field(field, tokenizer_name="words")
        builder.add_text_field("codes", tokenizer_name="raw", index_option="basic")
        builder.add_text_field("traits", tokenizer_name="raw", index_option="basic")
        texts = FullText.of(builder, documents, {"words": _analyzer()})
        return cls(texts, {field: texts.terms(field) for field in (*FIELD_WEIGHTS, "codes")})

    @property
    def is_newest(self) -> bool:
        """Tell whether this can be changed."""
        return self._texts.is_newest

    def changed(
        self, gone: Mapping[int, Document], new: Sequence[Document], order: Sequence[int | None]
    ) -> Ranking:
        """Return the ranking of other items: see `FullText.changed`; `gone` are by number."""
        counts = {field: dict(counts) for field, counts in self._counts.items()}
        for documents, step in ((gone.values(), -1), (new, 1)):
            for document in documents:
                for field, terms in _terms(document):
                    for term in terms:
                        counts[field][term] = counts[field].get(term, 0) + step
                        if not counts[field][term]:
                            del counts[field][term]
        return Ranking(self._texts.changed(gone, new, order), counts)

    @property
    def codes(self) -> Mapping[str, int]:
        """The codes in the texts, each with the number of items that hold it."""
        return self._counts["codes"]

    @property
    def words(self) -> Mapping[str, int]:
        """The words of all texts, each with the number of items that hold it in one field."""
        return self._words

    def best(self, question: Question, limit: int) -> list[tuple[int, float]]:
        """Return the numbers of the items that fit, with their scores, best first."""
        optional = [self._word(meaning) for meaning in question.words]
        optional += [self._code(code) for code in question.codes]
        required = [self._phrase(phrase, FIELD_WEIGHTS) for phrase in question.phrases]
        if not optional and not required:
            return []
        query = tantivy.Query
        fitting = query.boolean_query(
            [
                *((tantivy.Occur.Must, one) for one in required),
                *((tantivy.Occur.Should, one) for one, _ in optional),
            ]
        )
        bonus = [self._term("traits", NO_ISSUE, -ISSUE_BONUS)]
        bonus += [
            self._term("traits", _owned(exchange), EXCHANGE_BONUS)
            for exchange in question.preferred
        ]
        if len(question.sentence) >= SENTENCE_WORDS:
            bonus.append(self._sentence(question.sentence))
        found = self._texts.hits(
            query.boolean_query(
                [(tantivy.Occur.Must, fitting), *((tantivy.Occur.Should, one) for one in bonus)]
            ),
            limit,
        )
        at_least = len(optional) // WORDS_PER_MATCH
        if required or at_least <= 1:
            return found
        least = sum(nsmallest(at_least, (score for _, score in optional)))
        return [(number, score) for number, score in found if score > least - ROUNDING]

    def _word(self, meaning: Meaning) -> tuple[tantivy.Query, float]:
        """Ask for a word by any of its forms; return also what it counts in a body at least.

        What it tells is what its commonest reading does: a rare one must not outweigh what was
        typed.
        """
        query, schema = tantivy.Query, self._texts.schema
        rarity = self._rarity(meaning.holders)
        forms_of: dict[float, list[str]] = defaultdict(list)
        for form, share in meaning.forms.items():
            forms_of[share].append(form)
        readings: list[tantivy.Query] = []
        for field, weight in FIELD_WEIGHTS.items():
            held = self._counts[field]
            for share, forms in forms_of.items():
                terms = [
                    query.term_query(schema, field, form, index_option="basic")
                    for form in forms
                    if form in held
                ]
                if terms:
                    readings.append(query.const_score_query(_any(terms), rarity * share * weight))
        word = query.disjunction_max_query(readings, tie_breaker=TIE_BREAKER)
        return word, rarity * min(forms_of)

    def _code(self, code: str) -> tuple[tantivy.Query, float]:
        score = CODE_WEIGHT * self._rarity(self.codes[code])
        return self._term("codes", code, score), score

    def _sentence(self, words: Sequence[str]) -> tantivy.Query:
        gain = SENTENCE_WEIGHT * sum(self._rarity(self._words.get(word, 1)) for word in words)
        return tantivy.Query.const_score_query(self._phrase(words, SENTENCE_FIELDS), gain)

    def _phrase(self, words: Sequence[str], fields: Iterable[Field]) -> tantivy.Query:
        """Ask for words side by side; what they count together is what each tells."""
        query, schema = tantivy.Query, self._texts.schema
        told = sum(self._rarity(self._words.get(word, 1)) for word in words)
        return query.disjunction_max_query(
            [
                query.const_score_query(
                    query.phrase_query(schema, field, list(words)), FIELD_WEIGHTS[field] * told
                )
                for field in fields
            ]
        )

    def _term(self, field: str, term: str, score: float) -> tantivy.Query:
        query = tantivy.Query.term_query(self._texts.schema, field, term, index_option="basic")
        return tantivy.Query.const_score_query(query, score)

    def _rarity(self, holders: int) -> float:
        """Return how much a term tells: the fewer items hold it, the more."""
        return math.log1p(len(self._texts) / holders)


def document(item: Item, passages: Iterable[Passage]) -> Document:
    """Return the texts of an item by field, folded."""
    texts: dict[str, list[str]] = {field: [] for field in FIELD_WEIGHTS}
    codes = set(codes_of(item.key)) if item.kind == "error" else set()
    for passage in passages:
        text = passage.text
        if "](" in text:
            text = _LINK_TARGET.sub("]", text)
        codes.update(codes_of(text))
        texts[passage.field].append(fold(text))
    traits = [] if item.kind == "issue" else [NO_ISSUE, _owned(item.exchange)]
    return {**texts, "codes": sorted(codes), "traits": traits}


def _any(queries: list[tantivy.Query]) -> tantivy.Query:
    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, one) for one in queries])


def _owned(exchange: str) -> str:
    return f"exchange {exchange}"


def _terms(one: Document) -> Iterator[tuple[str, set[str]]]:
    """Yield what the index finds a document by in each field that is counted."""
    analyze = _analyzer().analyze
    yield "codes", set(one["codes"])
    for field in FIELD_WEIGHTS:
        yield field, {term for text in one[field] for term in analyze(text)}


def _analyzer() -> tantivy.TextAnalyzer:
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).build()
