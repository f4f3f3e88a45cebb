"""Phrases: a few words that identify an issue or a question, and where a text contains them.

A phrase is found where all its words stand in one sentence, in any order, with at most
`weights.PHRASE_GAP` other words between them. `a/b` is a choice of words, `ключ*` the beginning of
a word, and Chinese, Japanese and Korean words are found inside a run of letters. Stop words and
English endings don't count (see `tokens`).

The index is prepared once; finding is linear in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import ahocorasick_rs

from app.diagnosis import weights
from app.diagnosis.normalised_text import NormalisedText, Span, normalise
from app.diagnosis.words import CJK, NEGATIONS, STOP_WORDS, WORD, Token, stem, tokens

MOST_TOKENS = 500
"""The most words of a text that are searched: those at its beginning and its end."""

SHORT_GAP = 20
"""A quote leaves out the text between two words when it has more characters."""

_SENTENCE_END = re.compile(r"[.?!;:](?: |$)|[。？！；：]| [|-] ")
_CJK = re.compile(f"[{CJK}]")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of an issue; each of its words is a set of terms, one of which has to be there.

    A term is a stem, `word*` (the beginning of a word), `=word` (inside a run of CJK letters) or
    `not`.
    """

    owner: str
    text: str
    words: tuple[frozenset[str], ...]

    @property
    def example(self) -> str:
        """The phrase as somebody would type it: the first of each choice of words."""
        return " ".join(part.split("/")[0].removesuffix("*") for part in self.text.split())


@dataclass(frozen=True, slots=True)
class FoundPhrase:
    """A phrase that stands in a text: the spans of its words, and the words as a quote."""

    phrase: Phrase
    spans: tuple[Span, ...]
    quote: str


def parse(owner: str, text: str) -> Phrase | None:
    """Read a phrase of `owner`; None when it holds nothing but stop words."""
    words: list[frozenset[str]] = []
    for part in normalise(text).flat.split():
        terms: set[str] = set()
        for choice in part.split("/"):
            if _CJK.search(choice):
                terms.add("=" + choice)
            elif choice.endswith("*"):
                terms.add(choice)
            else:
                pieces = [match.group().replace("'", "") for match in WORD.finditer(choice)]
                whole = "".join(pieces)
                if whole in NEGATIONS:
                    terms.add("not")
                elif pieces and (whole not in STOP_WORDS or "/" in part):
                    terms.add(stem(whole))
        if terms:
            words.append(frozenset(terms))
    return Phrase(owner, text, tuple(words)) if words else None


class PhraseIndex:
    """The phrases of all issues, prepared once; finding them changes nothing."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        """Prepare (owner, phrase) pairs; a phrase of stop words alone is left out."""
        self._phrases = [found for pair in phrases if (found := parse(*pair)) is not None]
        # For each term the phrases that it stands in, with a bit for its place among their words.
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for index, phrase in enumerate(self._phrases):
            for place, terms in enumerate(phrase.words):
                for term in terms:
                    self._postings[term].append((index, 1 << place))
        self._prefixes = frozenset(term[:-1] for term in self._postings if term.endswith("*"))
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefixes})
        self._within_runs = [term[1:] for term in self._postings if term.startswith("=")]
        self._automaton = (
            ahocorasick_rs.AhoCorasick(self._within_runs) if self._within_runs else None
        )

    def find(self, text: NormalisedText, understood: Iterable[Span] = ()) -> list[FoundPhrase]:
        """Return the phrases that stand in `text`, each once, those with most words first.

        Words within the spans that were `understood` already, as fixed messages, don't count.
        """
        found: dict[int, list[Token]] = {}
        for sentence in _sentences(text, understood):
            present = self._terms(text, sentence)
            masks: dict[int, int] = defaultdict(int)
            for term in present:
                for index, bit in self._postings.get(term, ()):
                    masks[index] |= bit
            for index, mask in masks.items():
                words = self._phrases[index].words
                if index in found or mask != (1 << len(words)) - 1:
                    continue
                first = [
                    min((present[term] for term in word if term in present), key=_start)
                    for word in words
                ]
                first.sort(key=_start)
                between = first[-1].place - first[0].place - len(first)
                if between <= weights.PHRASE_GAP:
                    found[index] = first
        best_first = sorted(found, key=lambda index: (-len(self._phrases[index].words), index))
        return [
            FoundPhrase(
                self._phrases[index],
                tuple((token.start, token.end) for token in found[index]),
                _quote(text, found[index]),
            )
            for index in best_first
        ]

    def _terms(self, text: NormalisedText, sentence: Sequence[Token]) -> dict[str, Token]:
        """Return every term that finds a word of `sentence`, with the first such word."""
        present: dict[str, Token] = {}
        for token in sentence:
            for term in token.terms:
                present.setdefault(term, token)
            word = text.flat[token.start : token.end]
            for length in self._prefix_lengths:
                if length <= len(word) and word[:length] in self._prefixes:
                    present.setdefault(word[:length] + "*", token)
        if self._automaton is not None:
            start = sentence[0].start
            piece = text.flat[start : sentence[-1].end]
            if not piece.isascii():
                pieces = self._automaton.find_matches_as_indexes(piece, overlapping=True)
                for index, begin, end in pieces:
                    term = "=" + self._within_runs[index]
                    present.setdefault(term, Token((term,), start + begin, start + end))
        return present


def _start(token: Token) -> int:
    return token.start


def _sentences(text: NormalisedText, understood: Iterable[Span]) -> list[list[Token]]:
    """Return the words of each sentence; of a long text those of its beginning and its end."""
    ignored = _merged(understood)
    beginnings = [start for start, _ in ignored]
    sentences: list[list[Token]] = []
    for start, line in zip(text.starts, text.flat_lines, strict=True):
        position = 0
        for end, after in _sentence_ends(line):
            sentence = [
                token
                for token in tokens(line[position:end], start + position)
                if not _is_within(token.start, ignored, beginnings)
            ]
            if sentence:
                sentences.append(sentence)
            position = after
    if sum(map(len, sentences)) > MOST_TOKENS:
        first = _first_tokens(sentences)
        last = _first_tokens(sentences[::-1])
        sentences = first + last[::-1]
    return sentences


def _sentence_ends(line: str) -> Iterator[Span]:
    """Yield where each sentence of a line ends, and where the next begins."""
    yield from (match.span() for match in _SENTENCE_END.finditer(line))
    yield len(line), len(line)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same places as `spans`, sorted and without overlaps."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _is_within(place: int, spans: Sequence[Span], beginnings: Sequence[int]) -> bool:
    """Tell whether a place is in one of the `spans`, which don't overlap."""
    before = bisect_right(beginnings, place) - 1
    return before >= 0 and place < spans[before][1]


def _first_tokens(sentences: Iterable[list[Token]]) -> list[list[Token]]:
    """Return the first sentences, half of `MOST_TOKENS` words in all."""
    room = MOST_TOKENS // 2
    first: list[list[Token]] = []
    for sentence in sentences:
        if room <= 0:
            break
        first.append(sentence[:room])
        room -= len(sentence)
    return first


def _quote(text: NormalisedText, words: Sequence[Token]) -> str:
    """Return the words as they stand, with an ellipsis for longer text between them."""
    quote = ""
    end = 0
    for token in words:
        if token.start < end:
            continue
        between = text.flat[end : token.start] if quote else ""
        quote += between if len(between) <= SHORT_GAP else " … "
        quote += text.flat[token.start : token.end]
        end = token.end
    return quote
