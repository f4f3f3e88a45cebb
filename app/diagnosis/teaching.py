"""What a knowledge base teaches about wording: its reports, and what writers say about each issue.

Fixed messages teach nothing here: signatures read those, and the same few words of them, again and
again, would drown what people say themselves.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from functools import cached_property

from app.diagnosis.exchanges import Mention, MentionIndex, foreign_hosts
from app.diagnosis.reading import OFF_TOPIC
from app.diagnosis.text import normalise
from app.diagnosis.wording import Learned, Sample, WordingModel
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, Report

WRITTEN = 0.15
"""Weight of a phrase or sentence of our writers, against 1 for a report."""

ALSO = 0.35
"""Share of the other readings in what a report teaches."""


class Lesson:
    """What is learned from, and the model that has learned it: made when it is first asked for.

    Lessons with the same `id` teach the same.
    """

    def __init__(self, knowledge: KnowledgeBase, phrases: Iterable[tuple[str, str]]) -> None:
        """Gather what `knowledge` and its `phrases` (class, phrase) teach.

        An issue that no report is about is not learned: its own texts alone would say too little.
        """
        self._groups = knowledge.content.vocabulary
        self._exchanges = knowledge.exchanges
        self._others = knowledge.diagnostic.other_exchanges if knowledge.diagnostic else ()
        reports = knowledge.content.reports
        labels = {label for report in reports for label in (report.expected, *report.also)}
        slugs = {label: _slug(label, knowledge) for label in labels}
        self._reports = tuple((report.text, _shares(report, slugs)) for report in reports)
        self._written = tuple(_written(knowledge, phrases, {OFF_TOPIC, *slugs.values()}))
        self._model: WordingModel | None = None
        self._learning = threading.Lock()

    @cached_property
    def id(self) -> str:
        """A name of all that teaches, equal in every process."""
        names = [(one.id, one.name, one.names, one.hosts) for one in self._exchanges]
        groups = [(group.name, group.words) for group in self._groups]
        taught = json.dumps((names, self._others, groups, self._reports, self._written))
        return hashlib.blake2b(taught.encode(), digest_size=16).hexdigest()

    def model(self) -> WordingModel:
        """Return the model; the first call takes a second, and others wait for it."""
        with self._learning:
            self._model = self._model or WordingModel(self._groups, self._samples())
            return self._model

    def learned(self) -> Learned | None:
        """Return what was learned; None until it is."""
        return self._model.learned(self.id) if self._model else None

    def recall(self, learned: Learned) -> None:
        """Take over what was `learned` before, if the same texts taught it."""
        if learned.taught_by == self.id:
            self._model = WordingModel.recalled(self._groups, learned)

    def _samples(self) -> Iterator[Sample]:
        mentions = MentionIndex(self._exchanges, self._others)
        for text, labels in self._reports:
            flat = normalise(text).flat
            found = mentions.find(flat)
            yield Sample(flat, labels, marks=marks(found, foreign_hosts(flat, found)))
        for owner, text in self._written:
            yield Sample(normalise(text).flat, {owner: 1.0}, weight=WRITTEN)


def _written(
    knowledge: KnowledgeBase, phrases: Iterable[tuple[str, str]], classes: Container[str]
) -> Iterator[tuple[str, str]]:
    """Yield what our writers say about `classes`: (class, text)."""
    for owner, phrase in phrases:
        if owner in classes:
            yield owner, phrase.replace("*", "").replace("/", " ")
    for issue in knowledge.issues:
        if issue.slug in classes:
            steps = (solution.text for solution in issue.all_steps)
            for text in (issue.title, issue.symptom, *issue.causes, *steps):
                yield issue.slug, text


def marks(mentions: Collection[Mention], foreign: Collection[str]) -> tuple[str, ...]:
    """Return what a text shows besides its words."""
    return ("exchange",) * bool(mentions) + ("foreign",) * bool(foreign)


def _slug(label: str, knowledge: KnowledgeBase) -> str:
    return OFF_TOPIC if label == NO_ISSUE else knowledge.alias(label) or label


def _shares(report: Report, slugs: Mapping[str, str]) -> dict[str, float]:
    """Return the share of each class in what a report is: the first label weighs most."""
    if not report.also:
        return {slugs[report.expected]: 1.0}
    shares: dict[str, float] = defaultdict(float)
    shares[slugs[report.expected]] = 1 - ALSO
    for label in report.also:
        shares[slugs[label]] += ALSO / len(report.also)
    return dict(shares)
