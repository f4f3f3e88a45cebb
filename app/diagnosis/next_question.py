"""The next question to a visitor, in the words of the content.

A code of several exchanges asks for the exchange first. Then comes the choice between causes, in
the words of the error's own question if it has one. After "none of these" come the causes that are
left, then an item of the checklist or a quick test about them. Nothing is asked that was told
already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.content.variables import fill
from app.diagnosis import weights
from app.diagnosis.verdict import Ranked
from app.i18n import N_, _
from app.knowledge import KnowledgeBase
from app.model import (
    NO_ISSUE,
    ChecklistItem,
    Choice,
    Diagnostic,
    ErrorCode,
    NextQuestion,
    Observations,
    Option,
    Outcome,
    QuickTest,
)

MOST_QUESTIONS = 3
WHICH_CAUSE = N_("Which of these do you see?")
WHICH_EXCHANGE = N_("Which exchange is it?")

EXCHANGE, REMAINING_CAUSES = "exchange", "others"
"""The names of two questions that can be skipped: the exchange, and the choice between the causes
that remain after the first "None of these"."""


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
    found = knowledge.raw_issue(issue)
    if found is None:
        return issue
    # Only the label is filled in: an issue has hundreds of texts.
    exchange = entry.exchange if entry and found.concerns(entry.exchange) else None
    return fill(found.choice or found.symptom, knowledge.variables(exchange))


def which_exchange(exchanges: Sequence[str], knowledge: KnowledgeBase) -> NextQuestion:
    """Return the question which of `exchanges` a code comes from."""
    found = (knowledge.exchange(exchange) for exchange in exchanges)
    options = (Choice(label=exchange.name, exchange=exchange.id) for exchange in found if exchange)
    skip = Choice(label=_("Another exchange"), skip=EXCHANGE)
    return NextQuestion(text=_(WHICH_EXCHANGE), options=(*options, skip))


def _choice_between(
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
    return _choice_between(issues, entry, knowledge, none)


def further_question(
    ranked: Sequence[Ranked], observations: Observations, knowledge: KnowledgeBase
) -> NextQuestion | None:
    """Return the question after "none of these": other causes, then an item or a test about them.

    Items and tests about likelier causes come first. It is None when nothing is left to ask.
    """
    if observations.questions_asked >= MOST_QUESTIONS:
        return None
    left = [cause.issue for cause in ranked if cause.is_possible and not cause.was_declined]
    if len(left) > 1 and REMAINING_CAUSES not in observations.skipped:
        none = Choice(label=_("None of these"), skip=REMAINING_CAUSES)
        return _choice_between(left[: weights.MOST_CHOICES], None, knowledge, none)
    told = {*observations.checklist, *observations.items, *observations.tests}
    asked = told.union(observations.skipped)
    for issue in left:
        for thing, issues in _items_and_tests(knowledge.diagnostic):
            if thing.id not in asked and issue in issues:
                return (
                    _item_question(thing)
                    if isinstance(thing, ChecklistItem)
                    else _test_question(thing)
                )
    return None


def _items_and_tests(
    diagnostic: Diagnostic | None,
) -> Iterator[tuple[ChecklistItem | QuickTest, Sequence[str]]]:
    """Yield the checklist items and the quick tests, each with the issues that it is about."""
    if diagnostic:
        yield from ((item, item.points_to) for item in diagnostic.checklist)
        for test in diagnostic.tests:
            yield test, (*test.on_pass.points_to, *test.on_fail.points_to)


def _item_question(item: ChecklistItem) -> NextQuestion:
    options = (
        Choice(label=_("Yes"), checklist={item.id: True}),
        Choice(label=_("No"), checklist={item.id: False}),
        Choice(label=_("I don't know"), skip=item.id),
    )
    # An item is a statement, and Yes and No need a question.
    asked = _("Is this true? {statement}").format(statement=item.text)
    return NextQuestion(text=asked, options=options)


def _test_question(test: QuickTest) -> NextQuestion:
    labels = outcome_labels(test)
    outcomes: tuple[Outcome, ...] = ("pass", "fail")
    options = (Choice(label=labels[outcome], tests={test.id: outcome}) for outcome in outcomes)
    skip = Choice(label=_("Skip this"), skip=test.id)
    return NextQuestion(text=test.text, options=(*options, skip))


def outcome_labels(test: QuickTest) -> dict[Outcome | None, str]:
    """Return what a visitor chooses from after a quick test; None stands for no outcome yet."""
    if test.live == "status":
        return {None: _("Not checked"), "pass": _("No known issues"), "fail": _("Known issue")}
    return {None: _("Not tried"), "pass": _("Worked"), "fail": _("Failed")}
