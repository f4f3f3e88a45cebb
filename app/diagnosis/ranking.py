"""Evidence -> the probability of each issue, and of something else -> the matches that are told.

The strengths of the evidence for an issue add up, as log-odds do. The exponentials of the sums,
divided by their total, are the probabilities; `NO_ISSUE` (something else) takes part like an issue.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.diagnosis import weights
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, Evidence, Match


@dataclass(frozen=True, slots=True)
class Ranked:
    """An issue, or `NO_ISSUE`, with the sum of its evidence and its probability."""

    issue: str
    strength: float
    probability: float
    evidence: tuple[Evidence, ...]


def rank(evidence: Iterable[Evidence], order: Mapping[str, int]) -> tuple[Ranked, ...]:
    """Return something else and the issues that there is evidence for, likeliest first.

    `order` holds the place of every issue; of equally likely ones the first comes first, after
    something else. Evidence for other issues is left out.
    """
    places = {NO_ISSUE: -1, **order}
    pieces: dict[str, list[Evidence]] = defaultdict(list, {NO_ISSUE: []})
    for piece in evidence:
        if piece.issue in places:
            pieces[piece.issue].append(piece)
    sums = {issue: sum(piece.strength for piece in found) for issue, found in pieces.items()}
    highest = max(sums.values())
    total = sum(math.exp(strength - highest) for strength in sums.values())
    return tuple(
        Ranked(issue, sums[issue], math.exp(sums[issue] - highest) / total, tuple(pieces[issue]))
        for issue in sorted(sums, key=lambda issue: (-sums[issue], places[issue]))
    )


def matches(ranked: Iterable[Ranked], knowledge: KnowledgeBase) -> tuple[Match, ...]:
    """Return the issues to tell, likeliest first; none when something else is likeliest.

    An issue without a reason to tell is left out: many small hints are a guess.
    """
    first, *others = ranked
    if first.issue == NO_ISSUE:
        return ()
    told: list[Match] = []
    for one in (first, *others):
        issue = knowledge.issue(one.issue)
        if one.strength <= max(0.0, first.strength - weights.FAR_BEHIND):
            break
        because = _reasons(one.evidence)
        if issue and because:
            told.append(
                Match(
                    issue=issue.slug,
                    title=issue.title,
                    url=issue.url,
                    confidence=round(one.probability, 4),
                    because=because,
                )
            )
    return tuple(told[: weights.MOST_MATCHES])


def _reasons(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """Return the reasons that speak for an issue, the strongest first.

    What the caller's IP address says comes before all others: it may change what is to be done.
    """
    strongest = sorted(evidence, key=lambda piece: (piece.kind != "caller-ip", -piece.strength))
    told = (piece.because for piece in strongest if piece.strength >= weights.WORTH_SAYING)
    return tuple(dict.fromkeys(told))
