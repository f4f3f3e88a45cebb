"""What teaches the model of reports: the labelled reports of a knowledge base."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from app.diagnosis import weights
from app.diagnosis.exchanges import Mention, MentionIndex, foreign_hosts, without_names
from app.diagnosis.report_model import Sample
from app.diagnosis.text import normalise
from app.knowledge import KnowledgeBase
from app.model import Report


def samples(knowledge: KnowledgeBase, mentions: MentionIndex) -> Iterator[Sample]:
    """Yield the reports of `knowledge` as texts to learn from, their labels by present slugs."""
    reports = knowledge.content.reports
    labels = {label for report in reports for label in (report.expected, *report.also)}
    slugs = {label: knowledge.alias(label) or label for label in labels}
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
