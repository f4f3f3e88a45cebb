"""The model of reports: trained on labelled reports, it says how likely each issue is for a text.

A class is an issue, or `NO_ISSUE` for texts about something else. The model is multinomial logistic
regression over the words of a text, the groups that they belong to (`word_groups`) and pairs of
groups. The log-odds of a class are a sum over the words, so the words that decided can be quoted.

Training is deterministic and takes about a second; reading is linear in the text.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from operator import add

from app.diagnosis import weights
from app.diagnosis.exchange_names import Mention, MentionIndex, foreign_hosts, without_names
from app.diagnosis.normalised_text import Span, normalise
from app.diagnosis.word_groups import WordGroups
from app.diagnosis.words import CJK, STOP_STEMS, WORD, stem
from app.knowledge import KnowledgeBase
from app.model import Report, WordGroup

MOST_WORDS = 400
"""The most words of a text that are read: half from its beginning, half from its end."""

LONGEST_WORD = 24
"""Longer words are keys, ids and hashes, and are not read."""

STATUS_LENGTH = 3
"""Numbers of this length are read as they stand (429), others as numbers of their length."""

MOST_QUOTED = 3
"""Words in a quote, at most."""

_CJK = re.compile(f"[{CJK}]")
_FIELD = re.compile(r"'[a-z_-]{1,40}' ?: ?'?[0-9.-]+")
"""A number with its name in data ('timestamp':1677838680041): nobody's words."""

LEAST_PROBABILITY = 1e-9
"""Smaller probabilities are raised to this, so that their logarithm is finite."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A normalised text to learn from.

    `labels` are the share of each class in its label, `marks` what it shows besides words.
    """

    flat: str
    labels: Mapping[str, float] = field(hash=False)
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """The log of the probability of each class for one text (`flat`).

    `contributions` are the log-odds that each word, by its span, adds to every one of `classes`.
    """

    log_probabilities: Mapping[str, float]
    flat: str
    classes: Sequence[str]
    contributions: Mapping[Span, Sequence[float]]

    def quote(self, label: str) -> str:
        """Return the words that speak most for a class, in the order of the text."""
        index = self.classes.index(label)
        telling = (
            (-row[index], span)
            for span, row in self.contributions.items()
            if row[index] >= weights.LEAST_QUOTED
        )
        best = sorted(span for _, span in sorted(telling)[:MOST_QUOTED])
        return " … ".join(self.flat[slice(*span)] for span in best)


@dataclass(slots=True)
class _Features:
    """What a text consists of: words and groups with their spans, and pairs of groups.

    A key of `single` is a stem, two CJK letters, `=group`, `#length` of a number, or `!mark`.
    """

    single: dict[str, Span]
    pairs: list[str]

    @property
    def scale(self) -> float:
        size = len(self.single) + weights.PAIR * len(self.pairs)
        return math.sqrt(weights.USUAL_SIZE / max(weights.SMALLEST_SIZE, size))


_Rows = Sequence[list[float]]
"""The weights of some features: for each a row with a number for every class."""


class ReportModel:
    """Predicts the class of a text; nothing changes after the training."""

    def __init__(self, groups: Iterable[WordGroup], samples: Iterable[Sample]) -> None:
        """Learn from `samples`; without any, there is no prediction for any text."""
        self._groups = WordGroups(groups)
        taught = [(sample, self._features(sample.flat, sample.marks)) for sample in samples]
        self._classes = sorted({label for sample, _ in taught for label in sample.labels})
        counts = Counter(
            feature for _, found in taught for feature in (*found.single, *found.pairs)
        )
        self._weights = {feature: [0.0] * len(self._classes) for feature in counts}
        self._bias = [0.0] * len(self._classes)
        self._train(taught, counts)

    def predict(self, flat: str, marks: Sequence[str] = ()) -> Prediction | None:
        """Return the prediction for a normalised text; None when only stop words are known."""
        found = self._features(flat, marks)
        known = {
            feature: span for feature, span in found.single.items() if feature in self._weights
        }
        if not any(end for word, (_, end) in known.items() if word not in STOP_STEMS):
            return None
        single, pairs = self._rows(found)
        probabilities = self._probabilities(single, pairs, found.scale)
        logs = {
            label: math.log(max(probability, LEAST_PROBABILITY))
            for label, probability in zip(self._classes, probabilities, strict=True)
        }
        return Prediction(logs, flat, self._classes, self._contributions(known, found.scale))

    # --- reading ------------------------------------------------------------------------------

    def _features(self, flat: str, marks: Sequence[str]) -> _Features:
        single: dict[str, Span] = {}
        groups: dict[str, None] = {}
        words = _FIELD.sub(lambda field: " " * len(field.group()), flat)
        matches = list(WORD.finditer(words))
        if len(matches) > MOST_WORDS:
            matches = matches[: MOST_WORDS // 2] + matches[-MOST_WORDS // 2 :]
        read: set[str] = set()
        for match in matches:
            start, end = match.span()
            if match.group() in read:
                continue
            read.add(match.group())
            word = match.group().removesuffix("'s").replace("'", "")
            if _CJK.match(word):
                for place in range(max(1, len(word) - 1)):
                    single.setdefault(word[place : place + 2], (start + place, start + place + 2))
                for group, first, last in self._groups.within(word):
                    groups[group] = None
                    single.setdefault(f"={group}", (start + first, start + last))
                continue
            if len(word) > LONGEST_WORD:
                continue
            if word.isdigit() and len(word) != STATUS_LENGTH:
                single.setdefault(f"#{len(word)}", (start, start))
                continue
            term = stem(word)
            single.setdefault(term, (start, end))
            for group in self._groups.of(word, term):
                groups[group] = None
                single.setdefault(f"={group}", (start, end))
        for mark in marks:
            single[f"!{mark}"] = (0, 0)
        few = len(groups) <= weights.MOST_GROUPS
        pairs = (
            [f"{group} {other}" for group, other in combinations(sorted(groups), 2)] if few else []
        )
        return _Features(single, pairs)

    def _rows(self, found: _Features) -> tuple[_Rows, _Rows]:
        known = self._weights
        return (
            [known[feature] for feature in found.single if feature in known],
            [known[feature] for feature in found.pairs if feature in known],
        )

    def _probabilities(self, single: _Rows, pairs: _Rows, scale: float) -> list[float]:
        by_single = list(map(sum, zip(*single, strict=True))) if single else [0.0] * len(self._bias)
        by_pairs = list(map(sum, zip(*pairs, strict=True))) if pairs else [0.0] * len(self._bias)
        odds = [
            bias + scale * (alone + weights.PAIR * other)
            for bias, alone, other in zip(self._bias, by_single, by_pairs, strict=True)
        ]
        highest = max(odds)
        exponents = [math.exp(value - highest) for value in odds]
        total = sum(exponents)
        return [value / total for value in exponents]

    def _contributions(self, known: Mapping[str, Span], scale: float) -> dict[Span, list[float]]:
        """Return what each word adds to every class: by itself and by its groups."""
        contributions: dict[Span, list[float]] = {}
        for feature, span in known.items():
            if span[1] > span[0] and feature not in STOP_STEMS:
                row = [scale * weight for weight in self._weights[feature]]
                before = contributions.get(span)
                contributions[span] = (
                    [a + b for a, b in zip(before, row, strict=True)] if before else row
                )
        return contributions

    # --- training -----------------------------------------------------------------------------

    def _train(self, taught: Sequence[tuple[Sample, _Features]], counts: Mapping[str, int]) -> None:
        """Descend the gradient text by text.

        The order follows from each text alone, so adding a report doesn't move the others.
        """
        texts = []
        for sample, found in sorted(taught, key=_order):
            wanted = [sample.labels.get(label, 0.0) for label in self._classes]
            texts.append((*self._rows(found), found.scale, wanted))
        for turn in range(weights.EPOCHS):
            rate = weights.LEARNING_RATE / (1 + turn)
            for single, pairs, scale, wanted in texts:
                probabilities = self._probabilities(single, pairs, scale)
                errors = [want - got for want, got in zip(wanted, probabilities, strict=True)]
                for rows, factor in (
                    ([self._bias], weights.BIAS_RATE),
                    (single, scale),
                    (pairs, scale * weights.PAIR),
                ):
                    steps = [rate * factor * error for error in errors]
                    for row in rows:
                        row[:] = map(add, row, steps)
            for feature, row in self._weights.items():
                keep = (1 - weights.WEIGHT_DECAY) ** counts[feature]
                row[:] = [keep * weight for weight in row]


def _order(pair: tuple[Sample, _Features]) -> tuple[int, str]:
    """Return a key that sorts texts in a random order, which is the same in every process."""
    return zlib.crc32(pair[0].flat.encode()), pair[0].flat


@lru_cache(maxsize=1)
def trained(groups: tuple[WordGroup, ...], samples: tuple[Sample, ...]) -> ReportModel:
    """Return the model trained on `samples`.

    The last model is kept: most changes of the content change no report and no group.
    """
    return ReportModel(groups, samples)


def samples(knowledge: KnowledgeBase, mentions: MentionIndex) -> Iterator[Sample]:
    """Yield the reports of `knowledge` as texts to learn from, their labels by present slugs."""
    reports = knowledge.content.reports
    labels = {label for report in reports for label in (report.expected, *report.also)}
    slugs = {label: knowledge.current_slug(label) or label for label in labels}
    for report in reports:
        flat = normalise(report.text).flat
        found = mentions.find(flat)
        seen = marks(found, foreign_hosts(flat, found))
        yield Sample(without_names(flat, found), _shares(report, slugs), marks=seen)


def marks(mentions: Collection[Mention], foreign: Collection[str]) -> tuple[str, ...]:
    """Return what a text shows besides its words: an exchange, or only hosts of others."""
    return ("exchange",) * bool(mentions) + ("foreign",) * bool(foreign)


def _shares(report: Report, slugs: Mapping[str, str]) -> dict[str, float]:
    """Return the share of each class in the label of a report; `expected` weighs most."""
    if not report.also:
        return {slugs[report.expected]: 1.0}
    shares: dict[str, float] = defaultdict(float)
    shares[slugs[report.expected]] = 1 - weights.ALSO
    for label in report.also:
        shares[slugs[label]] += weights.ALSO / len(report.also)
    return dict(shares)
