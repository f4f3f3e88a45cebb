"""What to ask a visitor next: the question of an error code, or the choice between causes."""

from __future__ import annotations

from collections.abc import Sequence

from app.i18n import N_, _
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, Choice, ErrorCode, NextQuestion, Option, Verdict

WHICH_CAUSE = N_("Which of these do you see?")
NONE_OF_THESE = N_("None of these")


def of_error(entry: ErrorCode | None) -> NextQuestion | None:
    """Return the question of an error code, if it has one."""
    options = tuple(Choice(label=one.label, issue=one.issue) for one in options_of(entry))
    return (
        NextQuestion(text=entry.question.text, options=options)
        if entry and entry.question
        else None
    )


def options_of(entry: ErrorCode | None) -> tuple[Option, ...]:
    """Return the answers to the question of an error code, if it has one."""
    return entry.question.options if entry and entry.question else ()


def label_of(issue: str, entry: ErrorCode | None, knowledge: KnowledgeBase) -> str:
    """Return an issue as a visitor sees it: in the words of the error's question, or its own."""
    for option in options_of(entry):
        if option.issue == issue:
            return option.label
    found = knowledge.issue(issue, entry.exchange if entry else None)
    return (found.choice or found.symptom) if found else issue


def next_question(
    verdict: Verdict, issues: Sequence[str], entry: ErrorCode | None, knowledge: KnowledgeBase
) -> NextQuestion | None:
    """Return what to ask about `issues`, likeliest first; None when nothing is left to ask."""
    question = of_error(entry)
    if question is None or not issues or issues[0] not in {one.issue for one in options_of(entry)}:
        labels = ((issue, label_of(issue, entry, knowledge)) for issue in issues)
        options = tuple(Choice(label=label, issue=issue) for issue, label in labels)
        question = (
            NextQuestion(text=_(WHICH_CAUSE), options=options) if verdict == "unsure" else None
        )
    if question and verdict == "unsure":
        none = Choice(label=_(NONE_OF_THESE), issue=NO_ISSUE)
        return question.model_copy(update={"options": (*question.options, none)})
    return question
