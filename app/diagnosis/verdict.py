"""From evidence to the probability of each issue, and to the verdict.

The strengths of the evidence for an issue add up, as log-odds do. The exponentials of the scaled
sums, divided by their total, are the probabilities; `NO_ISSUE` (something else) takes part like an
issue.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from app.diagnosis import weights
from app.model import NO_ISSUE, Evidence, Verdict


@dataclass(frozen=True, slots=True)
class Ranked:
    """An issue, or `NO_ISSUE`, with the sum of its evidence and its probability."""

    issue: str
    strength: float
    probability: float
    evidence: tuple[Evidence, ...]

    @property
    def is_possible(self) -> bool:
        """Whether any evidence speaks for the issue, or its words were compared."""
        asked = any(piece.strength > 0 or piece.kind == "words" for piece in self.evidence)
        return self.issue != NO_ISSUE and asked

    @property
    def was_declined(self) -> bool:
        """Whether the visitor was offered the issue and chose "none of these"."""
        return any(piece.kind == "choice" and piece.strength < 0 for piece in self.evidence)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons that speak for it, the strongest first.

        The reason about the caller's IP address comes first: it may change what to do.
        """
        strongest = sorted(
            self.evidence, key=lambda piece: (piece.kind != "caller-ip", -piece.strength)
        )
        told = (piece.because for piece in strongest if piece.strength >= weights.WORTH_SAYING)
        return tuple(dict.fromkeys(told))


def rank(
    evidence: Iterable[Evidence], order: Mapping[str, int], by_error: Collection[str] = ()
) -> tuple[Ranked, ...]:
    """Rank the issues with evidence, and `NO_ISSUE`, likeliest first.

    `by_error` are the issues that the recognised error can mean: if it can mean the first issue,
    the sums are scaled by `SCALE_BY_ERROR`, else by `SCALE`.

    `order` holds the place of every issue; among equally likely issues the first comes first, after
    something else. Evidence for other issues is left out.
    """
    places = {NO_ISSUE: -1, **order}
    pieces: dict[str, list[Evidence]] = defaultdict(list, {NO_ISSUE: []})
    for piece in evidence:
        if piece.issue in places:
            pieces[piece.issue].append(piece)
    sums = {issue: sum(piece.strength for piece in found) for issue, found in pieces.items()}
    issues = sorted(sums, key=lambda issue: (-sums[issue], places[issue]))
    first = issues[0]
    scale = weights.SCALE_BY_ERROR if first in by_error else weights.SCALE
    shares = {issue: math.exp(scale * (sums[issue] - sums[first])) for issue in issues}
    total = sum(shares.values())
    return tuple(
        Ranked(issue, sums[issue], shares[issue] / total, tuple(pieces[issue])) for issue in issues
    )


def offered(ranked: Iterable[Ranked]) -> tuple[Ranked, ...]:
    """Return the issues to choose from, likeliest first."""
    left = [cause for cause in ranked if cause.is_possible and not cause.was_declined]
    return tuple(left[: weights.MOST_CHOICES])


def decide(
    ranked: Sequence[Ranked], by_error: Collection[str], chosen: str | None
) -> tuple[Verdict, tuple[Ranked, ...]]:
    """Return the verdict, and the issues to tell, likeliest first.

    `by_error` are the issues that the recognised error can mean. `chosen` is the issue that the
    visitor chose, or `NO_ISSUE`. An issue is named only with a reason that is worth telling: many
    small hints are a guess.
    """
    issues = [cause for cause in ranked if cause.is_possible]
    if not issues:
        return "unknown", ()
    first = issues[0]
    choices = offered(ranked)
    alone = len(choices) < weights.LEAST_CHOICES and ranked[0] is first
    enough = weights.NAMED_BY_ERROR if first.issue in by_error else weights.NAMED
    if (first.probability >= enough or first.issue == chosen or alone) and first.reasons:
        least = max(0.0, first.strength - weights.FAR_BEHIND)
        others = (cause for cause in issues[1:] if cause.strength > least and cause.reasons)
        told = (first, *islice(others, weights.MOST_MATCHES - 1))
        return "recognised" if first.issue in by_error else "likely", told
    something_else = next(cause for cause in ranked if cause.issue == NO_ISSUE)
    is_else = something_else.probability >= weights.SOMETHING_ELSE
    if is_else or len(choices) < weights.LEAST_CHOICES:
        return "unknown", ()
    return "unsure", choices
