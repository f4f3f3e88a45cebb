"""Question -> the items that fit, best first.

A match counts by how rare its word is and which field holds it, not by how long the text is:
one-line error messages would outrank every article.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import tantivy

from app.search.full_text import FullText, analyzer
from app.search.passages import Field, Item, Passage
from app.search.question import Question
from app.search.tokens import codes_of, without_apostrophes
from app.search.vocabulary import Stems

FIELD_WEIGHTS: Mapping[Field, float] = {"title": 3.0, "lead": 2.0, "body": 1.0}
CODE_WEIGHT = 4.0
SENTENCE_WEIGHT = 2.0
"""What the words of a query gain that stand side by side in a text, as a pasted message does."""

SENTENCE_WORDS = 5
SENTENCE_FIELDS: tuple[Field, ...] = ("lead", "body")

ISSUE_BONUS = 2.0
"""What an issue gains over an error page of the same words: it is what helps."""

EXCHANGE_BONUS = 4.0
"""What an error code of the preferred exchange gains: about as much as one more matching word."""

TIE_BREAKER = 0.2
"""How much the other fields that hold a word add to the best one."""

WORDS_PER_MATCH = 3
"""One in so many words of a query must be found."""

Document = Mapping[str, Sequence[str]]
"""The texts of an item by field."""

_LINK_TARGET = re.compile(r"\]\([^)\s]*\)")


class Ranking:
    """All items with their texts, numbered in their order."""

    def __init__(self, documents: Iterable[Document]) -> None:
        builder = tantivy.SchemaBuilder()
        for field in FIELD_WEIGHTS:
            builder.add_text_field(field, tokenizer_name="stems")
        builder.add_text_field("words", tokenizer_name="words", index_option="basic")
        builder.add_text_field("codes", tokenizer_name="raw", index_option="basic")
        builder.add_text_field("bonus", tokenizer_name="raw", index_option="basic")
        self._texts = FullText(builder, documents, _analyzers())
        self._counts = {
            field: self._texts.terms(field) for field in (*FIELD_WEIGHTS, "words", "codes")
        }
        self._holders: dict[str, int] = {}
        for field in FIELD_WEIGHTS:
            for stem, count in self._counts[field].items():
                self._holders[stem] = max(count, self._holders.get(stem, 0))

    @property
    def is_newest(self) -> bool:
        """Tell whether this can be changed."""
        return self._texts.is_newest

    def changed(
        self, gone: Mapping[int, Document], new: Sequence[Document], order: Sequence[int | None]
    ) -> Ranking:
        """Return the ranking of other items: see `FullText.changed`; `gone` are by number."""
        changed = Ranking.__new__(Ranking)
        changed._texts = self._texts.changed(gone, new, order)
        changed._counts = {field: dict(counts) for field, counts in self._counts.items()}
        touched: set[str] = set()
        for documents, step in ((gone.values(), -1), (new, 1)):
            for document in documents:
                for field, terms in _terms(document):
                    counts = changed._counts[field]
                    touched |= terms
                    for term in terms:
                        counts[term] = counts.get(term, 0) + step
        for counts in changed._counts.values():
            for term in touched:
                if counts.get(term) == 0:
                    del counts[term]
        changed._holders = dict(self._holders)
        for stem in touched:
            most = max(changed._counts[field].get(stem, 0) for field in FIELD_WEIGHTS)
            changed._holders[stem] = most
            if not most:
                del changed._holders[stem]
        return changed

    @property
    def codes(self) -> Mapping[str, int]:
        """The codes in the texts, each with the number of items that hold it."""
        return self._counts["codes"]

    @property
    def words(self) -> Mapping[str, int]:
        """The words of all texts, each with the number of items that hold it."""
        return self._counts["words"]

    def rarity(self, stems: Stems) -> float:
        """Return how much a word tells, by its commonest stem."""
        return min(self._rarity(stem, self._holders) for stem in stems)

    def best(self, question: Question, limit: int) -> list[tuple[int, float]]:
        """Return the numbers of the items that fit, with their scores, best first."""
        query = self._query(question)
        return self._texts.hits(query, limit) if query else []

    def _query(self, question: Question) -> tantivy.Query | None:
        query = tantivy.Query
        optional = [self._word_query(stems) for stems in question.words]
        optional += [
            self._term("codes", code, CODE_WEIGHT * self._rarity(code, self.codes))
            for code in question.codes
        ]
        required = [self._phrase_query(phrase, FIELD_WEIGHTS) for phrase in question.phrases]
        if not optional and not required:
            return None
        parts = [(tantivy.Occur.Must, one) for one in required]
        parts += [(tantivy.Occur.Should, one) for one in optional]
        at_least = 0 if required else max(1, len(optional) // WORDS_PER_MATCH)
        fitting = query.boolean_query(parts, minimum_number_should_match=at_least)
        bonus = [self._term("bonus", "kind issue", ISSUE_BONUS)]
        bonus += [
            self._term("bonus", f"exchange {exchange}", EXCHANGE_BONUS)
            for exchange in question.preferred
        ]
        if len(question.sentence) >= SENTENCE_WORDS:
            rarities = (self._rarity(stem, self._holders) for stem in question.sentence)
            gain = SENTENCE_WEIGHT * sum(rarities)
            sentence = self._phrase_query(question.sentence, SENTENCE_FIELDS)
            bonus.append(query.const_score_query(sentence, gain))
        return query.boolean_query(
            [(tantivy.Occur.Must, fitting), *((tantivy.Occur.Should, one) for one in bonus)]
        )

    def _word_query(self, stems: Stems) -> tantivy.Query:
        """Ask for a word by any of its stems: a rare reading must not outweigh what was typed."""
        rarity = self.rarity(stems)
        return tantivy.Query.disjunction_max_query(
            [
                self._term(field, stem, rarity * share * weight)
                for stem, share in stems.items()
                for field, weight in FIELD_WEIGHTS.items()
            ],
            tie_breaker=TIE_BREAKER,
        )

    def _phrase_query(self, stems: Sequence[str], fields: Iterable[Field]) -> tantivy.Query:
        """Ask for stems side by side; what they count together is what each tells."""
        query, schema = tantivy.Query, self._texts.schema
        told = sum(self._rarity(stem, self._holders) for stem in stems)
        return query.disjunction_max_query(
            [
                query.const_score_query(
                    query.phrase_query(schema, field, list(stems)), FIELD_WEIGHTS[field] * told
                )
                for field in fields
            ]
        )

    def _term(self, field: str, term: str, score: float) -> tantivy.Query:
        query = tantivy.Query.term_query(self._texts.schema, field, term, index_option="basic")
        return tantivy.Query.const_score_query(query, score)

    def _rarity(self, term: str, holders: Mapping[str, int]) -> float:
        """Return how much a term tells: the fewer items hold it, the more."""
        return math.log1p(len(self._texts) / holders.get(term, 1))


def document(item: Item, passages: Iterable[Passage]) -> Document:
    """Return the texts of an item by field; `words` holds all of them, to be kept unstemmed."""
    texts: dict[str, list[str]] = {field: [] for field in FIELD_WEIGHTS}
    codes = set(codes_of(item.key)) if item.kind == "error" else set()
    for passage in passages:
        text = passage.text
        if "](" in text:
            text = _LINK_TARGET.sub("]", text)
        texts[passage.field].append(without_apostrophes(text))
        codes.update(codes_of(text))
    return {
        **texts,
        "words": [text for field in texts.values() for text in field],
        "codes": sorted(codes),
        "bonus": [f"kind {item.kind}", f"exchange {item.exchange}"],
    }


def _terms(one: Document) -> Iterator[tuple[str, set[str]]]:
    """Yield what the index finds a document by in each field that is counted."""
    analyzers = _analyzers()
    yield "codes", set(one["codes"])
    for field in (*FIELD_WEIGHTS, "words"):
        analyze = analyzers["words" if field == "words" else "stems"].analyze
        yield field, {term for text in one[field] for term in analyze(text)}


def _analyzers() -> dict[str, tantivy.TextAnalyzer]:
    return {
        "words": analyzer(tantivy.Tokenizer.simple()),
        "stems": analyzer(tantivy.Tokenizer.simple(), stem=True),
    }
