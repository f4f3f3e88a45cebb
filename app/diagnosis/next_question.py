"""The next question to a visitor, in the words of the content.

A code of several exchanges asks for the exchange first. Then comes the choice between causes, in
the words of the error's own question if it has one. After "none of these" comes the question whose
answers are expected to tell most: an item of the checklist, a quick test, or the choice between the
causes that are left. Nothing is asked that was told already.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from app.diagnosis import weights
from app.diagnosis.evidence_of_answers import of_checklist, of_test
from app.diagnosis.verdict import Ranked
from app.i18n import N_, _
from app.knowledge import KnowledgeBase
from app.model import (
    NO_ISSUE,
    Choice,
    ErrorCode,
    Evidence,
    NextQuestion,
    Observations,
    Option,
    Outcome,
    QuickTest,
)

MOST_QUESTIONS = 3
WHICH_CAUSE = N_("Which of these do you see?")
WHICH_EXCHANGE = N_("Which exchange is it?")

EXCHANGE, OTHERS = "exchange", "others"
"""The names of two questions that can be skipped: the exchange, and the choice between causes."""


class _Candidate(NamedTuple):
    """A question, and how likely each of its answers is with each issue."""

    question: NextQuestion
    answers: Sequence[Mapping[str, float]]
    otherwise: Sequence[float]
    """How likely each answer is with all other issues, and with something else."""


def options_of(entry: ErrorCode | None) -> tuple[Option, ...]:
    """Return the answers to the question of an error code, if it has one."""
    return entry.question.options if entry and entry.question else ()


def question_of(entry: ErrorCode | None) -> NextQuestion | None:
    """Return the question of an error code, if it has one."""
    if entry is None or entry.question is None:
        return None
    options = tuple(Choice(label=option.label, issue=option.issue) for option in options_of(entry))
    return NextQuestion(text=entry.question.text, options=options)


def label_of(issue: str, entry: ErrorCode | None, knowledge: KnowledgeBase) -> str:
    """Return an issue as a visitor sees it: in the words of the error's question, or its own."""
    for option in options_of(entry):
        if option.issue == issue:
            return option.label
    found = knowledge.issue(issue, entry.exchange if entry else None)
    return (found.choice or found.symptom) if found else issue


def which_exchange(exchanges: Sequence[str], knowledge: KnowledgeBase) -> NextQuestion:
    """Return the question which of `exchanges` a code comes from."""
    found = (knowledge.exchange(exchange) for exchange in exchanges)
    options = (Choice(label=exchange.name, exchange=exchange.id) for exchange in found if exchange)
    skip = Choice(label=_("Another exchange"), skip=EXCHANGE)
    return NextQuestion(text=_(WHICH_EXCHANGE), options=(*options, skip))


def between(
    issues: Sequence[str], entry: ErrorCode | None, knowledge: KnowledgeBase, none: Choice
) -> NextQuestion:
    """Return the choice between `issues`, and `none` of them."""
    asked = question_of(entry)
    if asked and issues and issues[0] in {option.issue for option in asked.options}:
        return asked.model_copy(update={"options": (*asked.options, none)})
    options = (Choice(label=label_of(issue, entry, knowledge), issue=issue) for issue in issues)
    return NextQuestion(text=_(WHICH_CAUSE), options=(*options, none))


def first_choice(
    issues: Sequence[str], entry: ErrorCode | None, knowledge: KnowledgeBase
) -> NextQuestion:
    """Return the choice between the issues that an unsure diagnosis offers."""
    none = Choice(label=_("None of these"), issue=NO_ISSUE)
    return between(issues, entry, knowledge, none)


def most_telling(
    ranked: Sequence[Ranked], observations: Observations, knowledge: KnowledgeBase
) -> NextQuestion | None:
    """Return the question whose answers are expected to tell most; None when none tells enough."""
    if observations.questions_asked >= MOST_QUESTIONS:
        return None
    now = {cause.issue: cause.probability for cause in ranked}
    candidates = _candidates(ranked, observations, knowledge)
    gains = [
        (_gain(now, candidate), -place, candidate) for place, candidate in enumerate(candidates)
    ]
    gain, _place, best = max(gains, default=(0.0, 0, None), key=lambda scored: scored[:2])
    return best.question if best and gain >= weights.LEAST_GAIN else None


def _candidates(
    ranked: Sequence[Ranked], observations: Observations, knowledge: KnowledgeBase
) -> Iterator[_Candidate]:
    left = [cause for cause in ranked if cause.is_possible and not cause.is_ruled_out]
    if len(left) > 1 and OTHERS not in observations.skipped:
        issues = [cause.issue for cause in left[: weights.MOST_CHOICES]]
        none = Choice(label=_("None of these"), skip=OTHERS)
        question = between(issues, None, knowledge, none)
        sees, not_ = weights.SEES_ITS_CAUSE, 1 - weights.SEES_ITS_CAUSE
        answers: list[Mapping[str, float]] = [{issue: sees} for issue in issues]
        yield _Candidate(
            question, [*answers, dict.fromkeys(issues, not_)], [0.0] * len(issues) + [1.0]
        )
    diagnostic = knowledge.diagnostic
    for item in diagnostic.checklist if diagnostic else ():
        told = {**observations.checklist, **observations.items}
        if item.id not in told and item.id not in observations.skipped:
            yield _yes_or_no(
                NextQuestion(
                    text=item.text,
                    options=(
                        Choice(label=_("Yes"), checklist={item.id: True}),
                        Choice(label=_("No"), checklist={item.id: False}),
                        Choice(label=_("I don't know"), skip=item.id),
                    ),
                ),
                list(of_checklist(item, ticked=True)),
                list(of_checklist(item, ticked=False)),
            )
    outcomes: tuple[Outcome, ...] = ("pass", "fail")
    for test in diagnostic.tests if diagnostic else ():
        if test.id not in observations.tests and test.id not in observations.skipped:
            labels = outcome_labels(test)
            options = (
                Choice(label=labels[outcome], tests={test.id: outcome}) for outcome in outcomes
            )
            skip = Choice(label=_("Skip this"), skip=test.id)
            yield _yes_or_no(
                NextQuestion(text=test.text, options=(*options, skip)),
                list(of_test(test, "pass")),
                list(of_test(test, "fail")),
            )


def outcome_labels(test: QuickTest) -> dict[Outcome | None, str]:
    """Return what a visitor chooses from after a quick test; None stands for no outcome yet."""
    if test.live == "status":
        return {None: _("Not checked"), "pass": _("No known issues"), "fail": _("Known issue")}
    return {None: _("Not tried"), "pass": _("Worked"), "fail": _("Failed")}


def _yes_or_no(
    question: NextQuestion, yes: Sequence[Evidence], no: Sequence[Evidence]
) -> _Candidate:
    """Return a question of two answers; what each says is the log-odds of its evidence."""
    usual = weights.USUALLY_YES
    odds = {piece.issue: math.log(usual / (1 - usual)) for piece in (*yes, *no)}
    for sign, pieces in ((1, yes), (-1, no)):
        for piece in pieces:
            odds[piece.issue] += sign * piece.strength
    likely = {issue: 1 / (1 + math.exp(-value)) for issue, value in odds.items()}
    unlikely = {issue: 1 - value for issue, value in likely.items()}
    return _Candidate(question, [likely, unlikely], [usual, 1 - usual])


def _gain(now: Mapping[str, float], candidate: _Candidate) -> float:
    """Return how much the answers are expected to lower the entropy, in bits."""
    expected = 0.0
    for answer, otherwise in zip(candidate.answers, candidate.otherwise, strict=True):
        joint = [share * answer.get(issue, otherwise) for issue, share in now.items()]
        total = sum(joint)
        if total:
            expected += total * _entropy([share / total for share in joint])
    return _entropy(now.values()) - expected


def _entropy(shares: Iterable[float]) -> float:
    return -sum(share * math.log2(share) for share in shares if share > 0)
