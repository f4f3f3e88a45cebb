"""The present ids of exchanges, issues, checklist items and tests that a request names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, ChecklistItem, Diagnostic, QuickTest

NOTHING_TO_ASK = Diagnostic(checklist_title="-", tests_title="-")
"""Stands for the quick diagnostic of content that has none."""

Value = TypeVar("Value")


def known_exchange(value: str | None, knowledge: KnowledgeBase) -> str | None:
    """Return the present id of a supported exchange, or None for anything else."""
    found = knowledge.exchange(value)
    return found.id if found else None


def known_issue(value: str | None, knowledge: KnowledgeBase) -> str | None:
    """Return the present slug of an issue, or None for anything else."""
    present = knowledge.current_slug(value or "") or value
    return present if present and knowledge.issue(present) else None


def chosen_issue(value: str | None, knowledge: KnowledgeBase) -> str | None:
    """Return the issue that was chosen, or `NO_ISSUE` for "none of these"."""
    return value if value == NO_ISSUE else known_issue(value, knowledge)


def by_present_id(
    given: Mapping[str, Value], things: Iterable[ChecklistItem | QuickTest]
) -> dict[str, Value]:
    """Return `given` values under the present ids of `things`.

    A value may name its item or test by an old id. Values for unknown ids are left out.
    """
    return {
        thing.id: given[name]
        for thing in things
        for name in (*thing.aliases, thing.id)
        if name in given
    }
