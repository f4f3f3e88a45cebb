"""Evidence of the checklist, the quick tests, answered questions and facts of an exchange."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from app.diagnosis import weights
from app.i18n import _
from app.model import (
    ChecklistItem,
    Evidence,
    Issue,
    Outcome,
    QuickTest,
)


def _by_place(
    kind: Literal["checklist", "test"],
    issues: Sequence[str],
    strengths: Sequence[float],
    because: str,
) -> Iterator[Evidence]:
    """Yield evidence for `issues` in order, each with the strength of its place."""
    for issue, strength in weights.by_place(issues, strengths):
        yield Evidence(kind, issue, strength, because)


def of_checklist(item: ChecklistItem, *, ticked: bool) -> Iterator[Evidence]:
    """Yield what a checklist item says: unticked it speaks for its issues, ticked against."""
    if ticked:
        return _by_place(
            "checklist",
            item.points_to,
            weights.TICKED,
            _("You ticked “{text}”").format(text=item.text),
        )
    return _by_place("checklist", item.points_to, weights.UNTICKED, item.missing)


def of_test(test: QuickTest, outcome: Outcome) -> Iterator[Evidence]:
    """Yield what the outcome of a quick test says."""
    result = test.on_pass if outcome == "pass" else test.on_fail
    yield from _by_place("test", result.points_to, weights.OUTCOME_FOR, result.because)
    yield from _by_place("test", result.speaks_against, weights.OUTCOME_AGAINST, result.because)


def of_maintenance(tests: Iterable[QuickTest], name: str) -> Iterator[Evidence]:
    """Yield what a maintenance of the exchange says: the same as a bad status page."""
    for test in tests:
        if test.live == "status":
            because = _("{name} says it's under maintenance").format(name=name)
            yield from _by_place("test", test.on_fail.points_to, weights.OUTCOME_FOR, because)


def of_choice(issue: str, label: str) -> Evidence:
    """Return what the answer to a question says."""
    return Evidence("choice", issue, weights.CHOICE, _("You chose “{text}”").format(text=label))


def of_none_of_these(issue: str) -> Evidence:
    """Return what "none of these" says about an issue that was offered."""
    return Evidence("choice", issue, -weights.CHOICE, _("You chose none of these"))


def of_exchange(issue: Issue, exchange: str, name: str) -> Iterator[Evidence]:
    """Yield that an issue can't occur with an exchange, if so."""
    if not issue.concerns(exchange):
        yield Evidence(
            "fact",
            issue.slug,
            weights.IMPOSSIBLE,
            _("This can't happen on {exchange}").format(exchange=name),
        )
