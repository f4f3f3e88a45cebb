"""What a word of a query may stand for: typos, endings, completions."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import pairwise
from typing import NamedTuple

import tantivy

from app.search.full_text import FullText
from app.search.tokens import STOP_WORDS, has_digit

ONE_TYPO_CHARACTERS, TWO_TYPOS_CHARACTERS = 4, 8
"""From this length on, a word is forgiven one typo, or two."""

PREFIX_CHARACTERS = 2
"""Below this length, the last word is not completed: too many words begin like it."""

COMPLETIONS = 20
CORRECTIONS = 8
MAX_WORD_CHARACTERS = 40
"""Longer runs of letters are keys and hashes, not words that somebody could mistype."""

EXACT, ONE_TYPO, TWO_TYPOS, COMPLETED, JOINED = 1.0, 0.7, 0.4, 0.6, 0.7
"""What a word counts: as typed, after one or two typos, completed, joined to its neighbour."""

Stems = Mapping[str, float]
"""Stems that one word of a query may have, and how much each counts."""


class Meaning(NamedTuple):
    """What one word of a query may stand for.

    `forms` are words as they stand in texts, folded, each with how much it counts. `holders` is in
    about how many texts the commonest of them stands, whatever its ending.
    """

    forms: Mapping[str, float]
    holders: int


class Vocabulary:
    """The words of all texts: what a word of a query may stand for."""

    def __init__(self, counts: Mapping[str, int], previous: Vocabulary | None = None) -> None:
        """Prepare words with the number of texts that hold them.

        What `previous` knows of the same words is taken over.
        """
        self._stemmer = _stemmer()
        self._counts = {
            word: count
            for word, count in counts.items()
            if len(word) <= MAX_WORD_CHARACTERS and not has_digit(word)
        }
        self._sorted = sorted(self._counts)
        stems: Mapping[str, str] = previous._stems if previous else {}
        self._stems: dict[str, str] = {
            word: stems.get(word) or self._stem(word) for word in self._sorted
        }
        self._forms: dict[str, list[str]] = defaultdict(list)
        for word, stem in self._stems.items():
            self._forms[stem].append(word)
        self._by_count = sorted(self._sorted, key=self._counts.__getitem__, reverse=True)
        self._words = self._index(previous)

    def _index(self, previous: Vocabulary | None) -> FullText:
        """Return the index of the words, numbered by how common they are."""
        if previous is None or not previous._words.is_newest:
            builder = tantivy.SchemaBuilder()
            builder.add_text_field("word", tokenizer_name="raw", index_option="basic")
            return FullText.of(builder, ({"word": word} for word in self._by_count), {})
        if previous._by_count == self._by_count:
            return previous._words
        before = {word: number for number, word in enumerate(previous._by_count)}
        order = [before.get(word) for word in self._by_count]
        new = [{"word": word} for word in self._by_count if word not in before]
        gone = [number for word, number in before.items() if word not in self._counts]
        return previous._words.changed(gone, new, order)

    def read(self, words: Sequence[str], *, typing: bool) -> Iterator[Meaning]:
        """Yield what each word may stand for; words that stand for nothing are left out.

        Words written apart (`white list`) are found together as well. With `typing`, the last
        word may be unfinished.
        """
        whole_of: dict[str, str] = {}
        for pair in pairwise(words):
            whole = "".join(pair)
            if whole in self._counts:
                whole_of |= dict.fromkeys(pair, self._stems[whole])
        meant = [word for word in words if word not in STOP_WORDS] or words[-1:]
        for place, word in enumerate(meant):
            unfinished = typing and place == len(meant) - 1 and word == words[-1]
            if word in whole_of:
                stem = self._stem(word)
                alone = {stem: EXACT} if stem in self._forms else {}
                yield self._meaning({whole_of[word]: JOINED} | alone)
            elif stems := self._readings(word, unfinished=unfinished):
                yield self._meaning(stems)

    def _meaning(self, stems: Stems) -> Meaning:
        return Meaning(
            {form: share for stem, share in stems.items() for form in self._forms[stem]},
            max(sum(self._counts[form] for form in self._forms[stem]) for stem in stems),
        )

    def _stem(self, word: str) -> str:
        """Return the English stem of a word."""
        return next(iter(self._stemmer.analyze(word)), word)

    def _readings(self, word: str, *, unfinished: bool) -> Stems:
        stem = self._stems.get(word) or self._stem(word)
        stems = {stem: EXACT} if stem in self._forms and word not in STOP_WORDS else {}
        if unfinished and len(word) >= PREFIX_CHARACTERS:
            for longer in self._beginning_with(word):
                stems.setdefault(self._stems[longer], COMPLETED)
        if stems or len(word) < ONE_TYPO_CHARACTERS or len(word) > MAX_WORD_CHARACTERS:
            return stems
        meant, weight = self._guess(word, unfinished=unfinished)
        return {self._stems[one]: weight for one in meant}

    def _guess(self, word: str, *, unfinished: bool) -> tuple[Sequence[str], float]:
        """Return the words that an unknown one may be, by the likeliest mistake, and its weight."""
        if one_typo := self._near(word, 1):
            return one_typo, ONE_TYPO
        if halves := self._halves(word):
            return halves, EXACT
        if len(word) >= TWO_TYPOS_CHARACTERS and (two_typos := self._near(word, 2)):
            return two_typos, TWO_TYPOS
        if unfinished:
            return self._near(word, 1, prefix=True), COMPLETED * ONE_TYPO
        return (), 0.0

    def _beginning_with(self, prefix: str) -> list[str]:
        """Return the commonest words that begin with `prefix`."""
        start = bisect_left(self._sorted, prefix)
        end = bisect_left(self._sorted, prefix + chr(0x10FFFF), start)
        return nlargest(COMPLETIONS, self._sorted[start:end], key=self._counts.__getitem__)

    def _near(self, word: str, distance: int, *, prefix: bool = False) -> list[str]:
        """Return the commonest words within `distance` typos (a swap of neighbours is one)."""
        query = tantivy.Query.fuzzy_term_query(
            self._words.schema, "word", word, distance=distance, prefix=prefix
        )
        hits = self._words.hits(query, CORRECTIONS)
        return [self._by_count[number] for number in sorted(number for number, _ in hits)]

    def _halves(self, word: str) -> tuple[str, ...]:
        """Return the two words that were written as one (`apikey`), the commonest such pair."""
        pairs = [
            (word[:cut], word[cut:])
            for cut in range(2, len(word) - 1)
            if word[:cut] in self._counts and word[cut:] in self._counts
        ]
        return max(pairs, key=lambda pair: min(map(self._counts.__getitem__, pair)), default=())


def _stemmer() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    builder = builder.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold())
    return builder.filter(tantivy.Filter.stemmer("english")).build()
