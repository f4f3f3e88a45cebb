"""The words of the index, and what a word of a query can mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from heapq import nlargest

import tantivy

from app.search.analysis import is_code

TYPED, CORRECTED, COMPLETED, JOINED = 1.0, 0.7, 0.6, 0.7
"""Factors for a word as it was typed, corrected, completed, or joined with its neighbour."""

TYPOS = ((1, 4), (2, 8))
"""How many typos are corrected, and from which length on. Two swapped letters are one typo."""

SHORTEST_PREFIX = 2
COMPLETIONS, CORRECTIONS = 20, 8
"""How many words an unfinished or a mistyped word can mean."""

LONGEST_WORD = 40
"""Longer runs of letters are keys and hashes, which nobody mistypes."""

Phrase = tuple[str, ...]
"""Indexed words that stand side by side; often a single word."""

Forms = Mapping[Phrase, float]
"""What a word of a query can mean, each with how much it counts."""


def rarities(searcher: tantivy.Searcher, field: str, size: int) -> dict[str, float]:
    """Return the rarity of each word of a field among `size` documents."""
    return {word: math.log1p(size / count) for word, count in searcher.terms_with_prefix(field, "")}


class Words:
    """The words of a field that `size` documents have."""

    def __init__(
        self, searcher: tantivy.Searcher, field: str, analyzer: tantivy.TextAnalyzer, size: int
    ) -> None:
        self._searcher = searcher
        self._field = field
        self._analyzer = analyzer
        self._rarities = rarities(searcher, field, size)
        words = [word for word in self._rarities if len(word) <= LONGEST_WORD and not is_code(word)]
        self._commonest = sorted(words, key=self._rarities.__getitem__)
        builder = tantivy.SchemaBuilder().add_text_field("word", tokenizer_name="raw")
        self._schema = builder.add_integer_field("place", fast=True).build()
        index = tantivy.Index(self._schema)
        writer = index.writer(num_threads=1)
        for place, word in enumerate(self._commonest):
            writer.add_document(tantivy.Document(word=word, place=place))
        writer.commit()
        index.reload()
        self._index = index.searcher()

    def analyze(self, text: str) -> Phrase:
        """Return the words of a text as they are indexed."""
        return tuple(self._analyzer.analyze(text))

    def know(self, phrase: Phrase) -> bool:
        """Tell whether each word of a phrase is in some document."""
        return bool(phrase) and all(word in self._rarities for word in phrase)

    def rarity(self, phrases: Iterable[Phrase]) -> float:
        """Return the rarity of the commonest of the phrases."""
        return min(sum(self._rarities.get(word, 0.0) for word in phrase) for phrase in phrases)

    def forms(self, word: str, *, typing: bool) -> dict[Phrase, float]:
        """Return what a word can mean; empty if no document has a similar word.

        With `typing`, it may be unfinished. Only a word that no document holds is corrected.
        """
        stem = self.analyze(word)
        forms = {stem: TYPED} if self.know(stem) else {}
        if typing and len(word) >= SHORTEST_PREFIX:
            longer = self._searcher.terms_with_prefix(self._field, word)
            commonest = nlargest(COMPLETIONS, longer, key=lambda hit: hit[1])
            forms = {(token,): COMPLETED for token, _ in commonest} | forms
        if not forms:
            forms = self._corrections(word) or self._halves(word)
        if not forms and typing:
            forms = self._corrections(word, prefix=True)
        return forms

    def joined(self, word: str, next_word: str) -> dict[Phrase, float]:
        """Return the joined form of words that were written apart: `whitelist` for `white list`."""
        whole = self.analyze(word + next_word)
        return {whole: JOINED} if self.know(whole) else {}

    def _halves(self, word: str) -> dict[Phrase, float]:
        """Return the parts of a word that should be two words: `apikey` is `api key`."""
        cuts = range(SHORTEST_PREFIX, len(word) - 1)
        pairs = [self.analyze(f"{word[:cut]} {word[cut:]}") for cut in cuts]
        return dict.fromkeys(filter(self.know, pairs), TYPED)

    def _corrections(self, word: str, *, prefix: bool = False) -> dict[Phrase, float]:
        """Return the commonest words within the fewest typos; the first letter is right.

        With `prefix`, only the beginning of a word has to be near.
        """
        # The index holds stems, and a typo can spoil the stem: `gaate` has the stem `gaat`.
        for typed in dict.fromkeys((*self.analyze(word), word)):
            for distance, least in TYPOS:
                if least <= len(typed) <= LONGEST_WORD:
                    query = tantivy.Query.fuzzy_term_query(
                        self._schema, "word", typed, distance=distance, prefix=prefix
                    )
                    hits = self._index.search(query, limit=CORRECTIONS, count=False).hits
                    places = self._index.fast_field_values("place", [hit for _, hit in hits])
                    near = [self._commonest[int(place or 0)] for place in places]
                    share = CORRECTED * COMPLETED if prefix else CORRECTED
                    if near := [corrected for corrected in near if corrected[0] == typed[0]]:
                        return {(corrected,): share for corrected in near}
        return {}
