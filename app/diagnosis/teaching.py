"""What a knowledge base teaches about wording: its reports, and what writers say about each issue.

Fixed messages teach nothing here: signatures read those, and the same few words of them, again and
again, would drown what people say themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from app.diagnosis.exchanges import Mention, MentionIndex, foreign_hosts
from app.diagnosis.reading import OFF_TOPIC
from app.diagnosis.text import normalise
from app.diagnosis.wording import Lesson, Sample
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, Report

WRITTEN = 0.15
"""Weight of a phrase or sentence of our writers, against 1 for a report."""

ALSO = 0.35
"""Share of the other readings in what a report teaches."""


def lesson(knowledge: KnowledgeBase, phrases: Iterable[tuple[str, str]]) -> Lesson:
    """Return what is learned from `knowledge` and from its `phrases` (class, phrase).

    An issue that no report is about is not learned: its own texts alone would say too little.
    """
    others = knowledge.diagnostic.other_exchanges if knowledge.diagnostic else ()
    mentions = MentionIndex(knowledge.exchanges, others)
    samples: list[Sample] = []
    classes = {OFF_TOPIC}
    for report in knowledge.content.reports:
        flat = normalise(report.text).flat
        found = mentions.find(flat)
        labels = _labels(report, knowledge)
        classes.update(labels)
        samples.append(Sample(flat, labels, marks=marks(found, foreign_hosts(flat, found))))
    texts = [(owner, text.replace("*", "").replace("/", " ")) for owner, text in phrases]
    for issue in knowledge.issues:
        steps = (solution.text for solution in issue.solutions)
        texts += ((issue.slug, text) for text in (issue.title, issue.symptom))
        texts += ((issue.slug, text) for text in (*issue.causes, *steps))
    samples += (
        Sample(normalise(text).flat, {owner: 1.0}, weight=WRITTEN)
        for owner, text in texts
        if owner in classes
    )
    return Lesson(knowledge.content.vocabulary, tuple(samples))


def marks(mentions: Collection[Mention], foreign: Collection[str]) -> tuple[str, ...]:
    """Return what a text shows besides its words."""
    return ("exchange",) * bool(mentions) + ("foreign",) * bool(foreign)


def _labels(report: Report, knowledge: KnowledgeBase) -> dict[str, float]:
    """Return the share of each class in what a report is: the first label weighs most."""
    labels: dict[str, float] = defaultdict(float)
    rest = ALSO if report.also else 0.0
    for label, share in (
        (report.expected, 1 - rest),
        *((a, rest / len(report.also)) for a in report.also),
    ):
        slug = knowledge.alias(label) or label
        labels[OFF_TOPIC if slug == NO_ISSUE else slug] += share
    return dict(labels)
