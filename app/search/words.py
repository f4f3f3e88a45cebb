"""The words of the index, and what a word of a query can mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from heapq import nlargest

import tantivy

from app.search.analysis import is_code

TYPED, GUESSED = 1.0, 0.7
"""Factors for a word as it was typed, and for a correction, a completion or a compound."""

TYPOS = ((1, 4), (2, 8))
"""How many typos are corrected, and from which length on. Two swapped letters are one typo."""

SHORTEST_PREFIX = 2
MOST_MEANINGS = 20
"""How many words an unfinished or a mistyped word can mean."""

LONGEST_WORD = 40
"""Longer runs of letters are keys and hashes, which nobody mistypes."""

Phrase = tuple[str, ...]
"""Indexed words that stand side by side; often a single word."""

Forms = Mapping[Phrase, float]
"""What a word of a query can mean, each with how much it counts."""


class Words:
    """The words in the field `text` of `size` pages."""

    def __init__(
        self, searcher: tantivy.Searcher, analyzer: tantivy.TextAnalyzer, size: int
    ) -> None:
        self._searcher = searcher
        self._analyzer = analyzer
        self._size = size
        self._document_frequency = dict(searcher.terms_with_prefix("text", ""))
        # A fuzzy query says which documents match, not by which words: so each word is a document.
        builder = tantivy.SchemaBuilder()
        self._schema = builder.add_text_field("word", stored=True, tokenizer_name="raw").build()
        index = tantivy.Index(self._schema)
        writer = index.writer(num_threads=1)
        for word in self._document_frequency:
            if not is_code(word):
                writer.add_document(tantivy.Document(word=word))
        writer.commit()
        index.reload()
        self._vocabulary = index.searcher()

    def analyze(self, text: str) -> Phrase:
        """Return the words of a text as they are indexed."""
        return tuple(self._analyzer.analyze(text))

    def contains(self, phrase: Phrase) -> bool:
        """Tell whether each word of a phrase is on some page."""
        return bool(phrase) and all(word in self._document_frequency for word in phrase)

    def contains_code(self, token: str) -> bool:
        """Tell whether a token is a code or compound that is on some page."""
        return not token.isalpha() and self._searcher.doc_freq("codes", token) > 0

    def idf(self, phrases: Iterable[Phrase]) -> float:
        """Return the inverse document frequency of the commonest phrase; each word is on a page."""
        return min(
            sum(math.log1p(self._size / self._document_frequency[word]) for word in phrase)
            for phrase in phrases
        )

    def forms(self, word: str, *, typing: bool) -> dict[Phrase, float]:
        """Return what a word can mean; empty if no page has a similar word.

        With `typing`, it may be unfinished. Only a word that no page has is corrected.
        """
        stem = self.analyze(word)
        forms = {stem: TYPED} if self.contains(stem) else {}
        if typing and len(word) >= SHORTEST_PREFIX:
            longer = self._searcher.terms_with_prefix("text", word)
            commonest = nlargest(MOST_MEANINGS, longer, key=lambda hit: hit[1])
            forms = {(token,): GUESSED for token, _ in commonest} | forms
        if not forms:
            forms = self._corrections(word) or self._halves(word)
        if not forms and typing:
            forms = self._corrections(word, prefix=True)
        return forms

    def joined(self, word: str, next_word: str) -> dict[Phrase, float]:
        """Return the joined form of words that were written apart: `whitelist` for `white list`."""
        whole = self.analyze(word + next_word)
        return {whole: GUESSED} if self.contains(whole) else {}

    def _halves(self, word: str) -> dict[Phrase, float]:
        """Return the parts of a word that should be two words: `apikey` is `api key`."""
        cuts = range(SHORTEST_PREFIX, len(word) - 1)
        pairs = [self.analyze(f"{word[:cut]} {word[cut:]}") for cut in cuts]
        return dict.fromkeys(filter(self.contains, pairs), TYPED)

    def _corrections(self, word: str, *, prefix: bool = False) -> dict[Phrase, float]:
        """Return words within the fewest typos.

        With `prefix`, only the beginning of a word has to be near.
        """
        # The index holds stems, and a typo can spoil the stem: `gaate` has the stem `gaat`.
        for typed in dict.fromkeys((*self.analyze(word), word)):
            for distance, least in TYPOS:
                if least <= len(typed) <= LONGEST_WORD:
                    query = tantivy.Query.fuzzy_term_query(
                        self._schema, "word", typed, distance=distance, prefix=prefix
                    )
                    hits = self._vocabulary.search(query, limit=MOST_MEANINGS, count=False).hits
                    if hits:
                        near = [self._vocabulary.doc(address)["word"][0] for _, address in hits]
                        return {(word,): GUESSED for word in near}
        return {}
