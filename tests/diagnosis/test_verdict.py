"""Evidence becomes probabilities, and probabilities become matches."""

from __future__ import annotations

import math

import pytest

from app.diagnosis import weights
from app.diagnosis.verdict import decide, rank
from app.model import NO_ISSUE, Evidence

ORDER = {"string-not-listed": 0, "wrong-knot": 1, "no-wind": 2}


def said(issue: str, strength: float, because: str = "It was seen") -> Evidence:
    return Evidence("message", issue, strength, because)


def test_probabilities_are_those_of_the_summed_log_odds() -> None:
    ranked = rank([said("no-wind", 1.0), said("no-wind", 1.0), said("wrong-knot", 1.0)], ORDER)

    scale = weights.SCALE
    total = math.exp(2 * scale) + math.exp(scale) + 1
    assert [cause.issue for cause in ranked] == ["no-wind", "wrong-knot", NO_ISSUE]
    assert [cause.probability for cause in ranked] == pytest.approx(
        [math.exp(2 * scale) / total, math.exp(scale) / total, 1 / total]
    )


def test_evidence_for_an_issue_that_is_not_published_is_left_out() -> None:
    assert [cause.issue for cause in rank([said("no-such-issue", 9.0)], ORDER)] == [NO_ISSUE]


def test_nothing_is_told_when_something_else_is_far_likelier() -> None:
    ranked = rank([said("no-wind", 2.0), said("wrong-knot", 1.0), said(NO_ISSUE, 6.0)], ORDER)

    assert decide(ranked, (), None) == ("unknown", ())


def test_a_choice_is_offered_between_two_or_three() -> None:
    evidence = [said("no-wind", 2.0), said("wrong-knot", 1.0), said("string-not-listed", 0.9)]
    rest = said("string-not-listed", -4.0)

    for pieces, issues in (
        (evidence, ["no-wind", "wrong-knot", "string-not-listed"]),
        ([*evidence, rest], ["no-wind", "wrong-knot", "string-not-listed"]),
        (evidence[:2], ["no-wind", "wrong-knot"]),
    ):
        verdict, told = decide(rank(pieces, ORDER), (), None)
        assert (verdict, [cause.issue for cause in told]) == ("unsure", issues)


def test_an_error_needs_less_to_be_named_than_words() -> None:
    ranked = rank([said("no-wind", 2.6), said("wrong-knot", 0.6)], ORDER)

    assert weights.NAMED_BY_ERROR < ranked[0].probability < weights.NAMED
    assert decide(ranked, ["no-wind"], None)[0] == "recognised"
    assert decide(ranked, (), None)[0] == "unsure"


def test_a_chosen_issue_is_named() -> None:
    ranked = rank([said("no-wind", 1.0), said("wrong-knot", 0.9)], ORDER)

    assert decide(ranked, (), "no-wind")[0] == "likely"
    assert decide(ranked, (), "wrong-knot")[0] == "unsure"


def test_weak_issues_and_issues_without_a_reason_are_not_told() -> None:
    evidence = [
        said("no-wind", 9.5),
        *(said("wrong-knot", 0.2) for _ in range(32)),
        said("string-not-listed", 2.0),
    ]

    _, told = decide(rank(evidence, ORDER), (), None)

    assert [cause.issue for cause in told] == ["no-wind"]


def test_the_strongest_reason_comes_first_and_each_once() -> None:
    evidence = [
        said("no-wind", 1.0, "Second"),
        said("no-wind", 2.0, "First"),
        said("no-wind", 1.0, "Second"),
        said("no-wind", 0.1, "Too weak to tell"),
        said("no-wind", -1.0, "Against"),
    ]

    assert rank(evidence, ORDER)[0].reasons == ("First", "Second")


def test_the_callers_address_comes_before_all_other_reasons() -> None:
    evidence = [said("no-wind", 3.0), Evidence("caller-ip", "no-wind", 0.5, "The address")]

    assert rank(evidence, ORDER)[0].reasons == ("The address", "It was seen")
