"""What a text is like: learned from labelled reports, read by the words of a new one.

Reports that people wrote (`content/reports.jsonl`) and the texts of our writers teach how often a
word stands with each issue, and with "something else". Words that say the same in any language are
grouped (`content/vocabulary.yml`); a group, and two groups in one text, count like a word.

The model is multinomial logistic regression: the log-odds of a class are a sum over the words, so
what a text was judged by can be quoted. Training is deterministic; reading is linear in the text.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from app.diagnosis.words import SCRIPT, stem
from app.model import WordGroup

MOST_WORDS = 400
"""Of a long text only so many words are read, half of them from its end."""

LONGEST_WORD = 24
"""Longer ones are keys, ids and hashes."""

CODE_LENGTH = 3
"""Numbers of this length are kept (429); others count as numbers of their length."""

MOST_GROUPS = 20
"""A text with more groups holds something of everything: pairs of them say nothing."""

PAIR = 0.5
"""Weight of two groups in one text, against 1 for a word or a group."""

USUAL_LENGTH = 30
SHORTEST_LENGTH = 10
"""Each word of a text with more features than usual counts less, of a short one more."""

RARE = 2
"""What stands in fewer texts teaches nothing."""

ROUNDS = 4
RATE = 0.2
DECAY = 0.001
GOOD_ENOUGH = 0.15
SETTLED = 0.05
SMALL_ERROR = 0.02
"""Training: passes over the texts, step, share of a weight forgotten for each use of it, and the
errors below which a text has nothing to teach now, or in later passes either, and a class in it."""

QUOTED = 3
LEAST_QUOTED = 0.12
"""So many words are quoted at most, each of at least this much log-odds."""

_NUMBER_OR_WORD = re.compile(rf"[{SCRIPT}]+|[^\W_{SCRIPT}]+(?:'[a-z]{{1,2}}\b)?")
_SCRIPT = re.compile(f"[{SCRIPT}]")
_FIELD = re.compile(r"'[a-z_-]{1,40}' ?: ?'?[0-9.-]+")
"""A number with its name, as machines write it ('timestamp':1677838680041): nobody's words."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text (normalised) to learn from: the share of each class in its label, and its weight."""

    flat: str
    labels: Mapping[str, float]
    weight: float = 1.0
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Learned:
    """What a model has learned: plain data, which can be kept and put back.

    `taught_by` names the texts that it was learned from; `bias` and every row of `weights` hold one
    number for each of `classes`.
    """

    taught_by: str
    classes: tuple[str, ...]
    bias: tuple[float, ...]
    weights: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The log of the probability of each class, and the words that speak most for each.

    `worths` are the log-odds that each word (its place in `flat`) adds to every one of `classes`.
    """

    logs: Mapping[str, float]
    flat: str
    classes: Sequence[str]
    worths: Mapping[tuple[int, int], Sequence[float]]

    def quote(self, label: str) -> str:
        """Return the words that speak most for a class, in the order of the text."""
        index = self.classes.index(label)
        telling = (
            (-row[index], place) for place, row in self.worths.items() if row[index] >= LEAST_QUOTED
        )
        best = sorted(place for _, place in sorted(telling)[:QUOTED])
        return " … ".join(self.flat[slice(*place)] for place in best)


@dataclass(slots=True)
class _Features:
    """What a text consists of: words and groups with their places, and pairs of groups."""

    single: dict[str, tuple[int, int]]
    pairs: list[str]

    @property
    def scale(self) -> float:
        size = len(self.single) + PAIR * len(self.pairs)
        return math.sqrt(USUAL_LENGTH / max(SHORTEST_LENGTH, size))


class Vocabulary:
    """Groups of words that say the same, prepared for looking up."""

    def __init__(self, groups: Iterable[WordGroup]) -> None:
        """Prepare whole words, beginnings (`word*`), and words of scripts without spaces."""
        self._whole: dict[str, set[str]] = defaultdict(set)
        self._beginnings: dict[str, set[str]] = defaultdict(set)
        self._within: dict[str, set[str]] = defaultdict(set)
        for group in groups:
            for word in group.words.casefold().split():
                if _SCRIPT.search(word):
                    self._within[word].add(group.name)
                elif word.endswith("*"):
                    self._beginnings[word[:-1]].add(group.name)
                else:
                    self._whole[stem(word)].add(group.name)
        self._lengths = sorted({len(word) for word in self._beginnings})
        self._shortest = min(self._lengths, default=0)
        self._first_letters = {word[: self._shortest] for word in self._beginnings}
        self._longest = max(map(len, self._within), default=0)

    def groups(self, word: str, term: str) -> Iterator[str]:
        """Yield the groups of a word and its stem."""
        yield from self._whole.get(term, ())
        if word[: self._shortest] not in self._first_letters:
            return
        for length in self._lengths:
            if length <= len(word) and (found := self._beginnings.get(word[:length])):
                yield from found

    def groups_within(self, run: str) -> Iterator[tuple[str, int, int]]:
        """Yield the groups in a run of a script without spaces, the longest word at each place."""
        start = 0
        while start < len(run):
            for end in range(min(len(run), start + self._longest), start, -1):
                if found := self._within.get(run[start:end]):
                    for group in found:
                        yield group, start, end
                    start = end
                    break
            else:
                start += 1


class WordingModel:
    """Tells what texts are like; nothing changes after it has learned."""

    def __init__(self, groups: Iterable[WordGroup], samples: Iterable[Sample]) -> None:
        """Learn from `samples`; without any, no text is like anything."""
        self._vocabulary = Vocabulary(groups)
        learned = [(sample, self._features(sample.flat, sample.marks)) for sample in samples]
        self._classes = sorted({label for sample, _ in learned for label in sample.labels})
        counts = Counter(
            feature for _, found in learned for feature in (*found.single, *found.pairs)
        )
        known = [feature for feature, count in counts.items() if count >= RARE]
        self._weights: dict[str, list[float]] = {
            feature: [0.0] * len(self._classes) for feature in known
        }
        self._bias = [0.0] * len(self._classes)
        self._learn(learned, counts)

    @classmethod
    def recalled(cls, groups: Iterable[WordGroup], learned: Learned) -> WordingModel:
        """Return the model that has `learned` this with the same `groups`."""
        model = cls(groups, ())
        model._classes = list(learned.classes)
        model._bias = list(learned.bias)
        model._weights = {feature: list(row) for feature, row in learned.weights.items()}
        return model

    def learned(self, taught_by: str) -> Learned:
        """Return what it has learned, with the name of the texts that it was `taught_by`."""
        return Learned(taught_by, tuple(self._classes), tuple(self._bias), self._weights)

    def likeness(self, flat: str, marks: Sequence[str] = ()) -> Likeness | None:
        """Tell what a normalised text is like; None when nothing is known of its words."""
        found = self._features(flat, marks)
        known = [
            (feature, place) for feature, place in found.single.items() if feature in self._weights
        ]
        if not any(end for _, (_, end) in known):
            return None
        single, pairs = self._rows(found)
        shares = self._shares(single, pairs, found.scale)
        logs = {
            label: math.log(max(share, 1e-9))
            for label, share in zip(self._classes, shares, strict=True)
        }
        return Likeness(logs, flat, self._classes, self._worths(known, found.scale))

    # --- reading ------------------------------------------------------------------------------

    def _features(self, flat: str, marks: Sequence[str]) -> _Features:
        single: dict[str, tuple[int, int]] = {}
        groups: dict[str, None] = {}
        words = _FIELD.sub(lambda field: " " * len(field.group()), flat)
        matches = list(_NUMBER_OR_WORD.finditer(words))
        if len(matches) > MOST_WORDS:
            matches = matches[: MOST_WORDS // 2] + matches[-MOST_WORDS // 2 :]
        read: set[str] = set()
        for match in matches:
            start, end = match.span()
            if match.group() in read:
                continue
            read.add(match.group())
            word = match.group().removesuffix("'s").replace("'", "")
            if _SCRIPT.match(word):
                for place in range(max(1, len(word) - 1)):
                    single.setdefault(word[place : place + 2], (start + place, start + place + 2))
                for group, first, last in self._vocabulary.groups_within(word):
                    groups[group] = None
                    single.setdefault(f"={group}", (start + first, start + last))
                continue
            if len(word) > LONGEST_WORD:
                continue
            if word.isdigit() and len(word) != CODE_LENGTH:
                single.setdefault(f"#{len(word)}", (start, start))
                continue
            term = stem(word)
            single.setdefault(term, (start, end))
            for group in self._vocabulary.groups(word, term):
                groups[group] = None
                single.setdefault(f"={group}", (start, end))
        for mark in marks:
            single[f"!{mark}"] = (0, 0)
        few = len(groups) <= MOST_GROUPS
        pairs = [f"{one} {other}" for one, other in combinations(sorted(groups), 2)] if few else []
        return _Features(single, pairs)

    def _rows(self, found: _Features) -> tuple[list[list[float]], list[list[float]]]:
        weights = self._weights
        return (
            [weights[feature] for feature in found.single if feature in weights],
            [weights[feature] for feature in found.pairs if feature in weights],
        )

    def _shares(
        self, single: Sequence[list[float]], pairs: Sequence[list[float]], scale: float
    ) -> list[float]:
        """Return the probability of each class."""
        sums = list(map(sum, zip(*single, strict=True))) if single else [0.0] * len(self._bias)
        by_pairs = list(map(sum, zip(*pairs, strict=True))) if pairs else [0.0] * len(self._bias)
        odds = [
            bias + scale * (one + PAIR * other)
            for bias, one, other in zip(self._bias, sums, by_pairs, strict=True)
        ]
        highest = max(odds)
        exponents = [math.exp(value - highest) for value in odds]
        total = sum(exponents)
        return [value / total for value in exponents]

    def _worths(
        self, known: Iterable[tuple[str, tuple[int, int]]], scale: float
    ) -> dict[tuple[int, int], list[float]]:
        """Return what each word adds to every class: by itself and by its groups."""
        worths: dict[tuple[int, int], list[float]] = {}
        for feature, place in known:
            if place[1] > place[0]:
                row = [scale * weight for weight in self._weights[feature]]
                before = worths.get(place)
                worths[place] = [a + b for a, b in zip(before, row, strict=True)] if before else row
        return worths

    # --- learning -----------------------------------------------------------------------------

    def _learn(
        self, learned: Sequence[tuple[Sample, _Features]], counts: Mapping[str, int]
    ) -> None:
        """Descend the gradient text by text.

        The order follows from each text alone: a report that is added moves no other one.
        """
        texts = []
        for sample, found in sorted(learned, key=_place):
            wanted = [sample.labels.get(label, 0.0) for label in self._classes]
            texts.append((*self._rows(found), found.scale, wanted, sample.weight))
        for turn in range(ROUNDS):
            rate = RATE / (1 + turn)
            unsettled = []
            for text in texts:
                single, pairs, scale, wanted, weight = text
                shares = self._shares(single, pairs, scale)
                errors = [want - share for want, share in zip(wanted, shares, strict=True)]
                worst = max(errors)
                if worst >= SETTLED:
                    unsettled.append(text)
                if worst < GOOD_ENOUGH:
                    continue
                moves = [
                    (index, rate * weight * error)
                    for index, error in enumerate(errors)
                    if abs(error) > SMALL_ERROR
                ]
                if weight == 1.0:  # what our writers say tells nothing of how frequent an issue is
                    for index, move in moves:
                        self._bias[index] += 0.1 * move
                for rows, share in ((single, scale), (pairs, scale * PAIR)):
                    for index, move in moves:
                        step_of_row = share * move
                        for row in rows:
                            row[index] += step_of_row
            texts = unsettled
            for feature, row in self._weights.items():
                keep = (1 - DECAY) ** counts[feature]
                row[:] = [keep * weight for weight in row]


def _place(pair: tuple[Sample, _Features]) -> tuple[int, str]:
    """Return what texts are sorted by, so that none stands beside those of its kind."""
    return zlib.crc32(pair[0].flat.encode()), pair[0].flat
