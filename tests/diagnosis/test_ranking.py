"""Evidence becomes probabilities, and probabilities become matches."""

from __future__ import annotations

import math

import pytest

from app.diagnosis.ranking import matches, rank
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, Evidence

ORDER = {"string-not-listed": 0, "wrong-knot": 1, "no-wind": 2}


def said(issue: str, strength: float, because: str = "It was seen") -> Evidence:
    return Evidence("message", issue, strength, because)


def test_probabilities_are_those_of_the_summed_log_odds() -> None:
    ranked = rank([said("no-wind", 1.0), said("no-wind", 1.0), said("wrong-knot", 1.0)], ORDER)

    total = math.exp(2) + math.exp(1) + math.exp(0)
    assert [one.issue for one in ranked] == ["no-wind", "wrong-knot", NO_ISSUE]
    assert [one.probability for one in ranked] == pytest.approx(
        [math.exp(2) / total, math.exp(1) / total, 1 / total]
    )


def test_evidence_for_an_issue_that_is_not_published_is_left_out() -> None:
    assert [one.issue for one in rank([said("no-such-issue", 9.0)], ORDER)] == [NO_ISSUE]


def test_nothing_is_told_when_something_else_is_as_likely(kites: KnowledgeBase) -> None:
    ranked = rank([said("no-wind", 2.0), said(NO_ISSUE, 2.0)], ORDER)

    assert matches(ranked, kites) == ()


def test_weak_issues_and_issues_without_a_reason_are_not_told(kites: KnowledgeBase) -> None:
    evidence = [
        said("no-wind", 6.0),
        *(said("wrong-knot", 0.2) for _ in range(25)),
        said("string-not-listed", 2.0),
    ]

    assert [match.issue for match in matches(rank(evidence, ORDER), kites)] == ["no-wind"]


def test_the_strongest_reason_comes_first_and_each_once(kites: KnowledgeBase) -> None:
    evidence = [
        said("no-wind", 1.0, "Second"),
        said("no-wind", 2.0, "First"),
        said("no-wind", 1.0, "Second"),
        said("no-wind", 0.1, "Too weak to tell"),
        said("no-wind", -1.0, "Against"),
    ]

    [match] = matches(rank(evidence, ORDER), kites)

    assert match.because == ("First", "Second")


def test_the_callers_address_comes_before_all_other_reasons(kites: KnowledgeBase) -> None:
    evidence = [said("no-wind", 3.0), Evidence("caller-ip", "no-wind", 0.5, "The address")]

    [match] = matches(rank(evidence, ORDER), kites)

    assert match.because == ("The address", "It was seen")
