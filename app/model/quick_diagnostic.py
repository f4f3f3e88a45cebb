"""The quick diagnostic: `diagnostic.yml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.model.base import Entity, NonEmpty, Prose, Slug


class ChecklistItem(Entity):
    """An item of "Before you start"; if unticked, it is evidence for `points_to`."""

    id: Slug
    """Its name in links; if you change it, add the old name to `aliases`."""
    text: Prose
    """The text of the item."""
    missing: Prose
    """The reason if it is unticked: "You haven't confirmed that ..."."""
    points_to: tuple[Slug, ...] = Field(min_length=1)
    """The issues that it then indicates, likeliest first."""
    exchanges: tuple[Slug, ...] = ()
    """The exchanges that show it; by default all."""
    aliases: tuple[Slug, ...] = ()
    """Old names; they still work in links."""
    live: Literal["status"] | None = None
    """`status`: ticked while the chosen exchange says that it operates."""


class TestOutcome(Entity):
    """What an outcome of a quick test means: the reason, and the issues that it indicates."""

    because: Prose
    """The reason: "It works elsewhere, so ..."."""
    points_to: tuple[Slug, ...] = ()
    """The issues that it indicates, likeliest first."""
    speaks_against: tuple[Slug, ...] = ()
    """The issues that it rules out."""


class QuickTest(Entity):
    """A step of "Test your connection", and what its outcomes mean."""

    id: Slug
    """Its name in links; if you change it, add the old name to `aliases`."""
    text: Prose
    """What to try."""
    on_pass: TestOutcome
    """What a success means."""
    on_fail: TestOutcome
    """What a failure means."""
    aliases: tuple[Slug, ...] = ()
    """Old names; they still work in links."""
    live: Literal["status"] | None = None
    """`status`: answered with what the chosen exchange says."""


class Diagnostic(Entity):
    """The quick diagnostic, and how to recognise texts on other subjects."""

    title: Prose = "Quick diagnostic"
    """The heading of the section."""
    checklist_title: Prose
    """The heading above the checklist."""
    tests_title: Prose
    """The heading above the quick tests."""
    tests_intro: Prose | None = None
    """The sentence above the quick tests."""
    checklist: tuple[ChecklistItem, ...] = ()
    """The items to tick off, in order."""
    tests: tuple[QuickTest, ...] = ()
    """The tests, in order."""
    off_topic: tuple[NonEmpty, ...] = ()
    """Phrases of texts on other subjects."""
    off_topic_signatures: tuple[NonEmpty, ...] = ()
    """Fixed messages of texts on other subjects."""
    other_exchanges: tuple[NonEmpty, ...] = ()
    """Exchanges without a page; texts that name them are on the subject."""
