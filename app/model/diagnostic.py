"""The quick diagnostic: `diagnostic.yml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.model.base import Entity, NonEmpty, Prose, Slug


class ChecklistItem(Entity):
    """One item of "Before you start"; unticked, it speaks for `points_to` (likeliest first)."""

    id: Slug
    """The item's name in links; if you change it, add the old one to `aliases`."""
    text: Prose
    """What to tick off."""
    missing: Prose
    """The reason shown when it is not ticked, as in "You haven't ticked that ..."."""
    points_to: tuple[Slug, ...] = Field(min_length=1)
    """The issues that an unticked item speaks for, likeliest first."""
    exchanges: tuple[Slug, ...] = ()
    """Ask this only with these exchanges; all when left out."""
    aliases: tuple[Slug, ...] = ()
    """Old ids of this item: in links they still count."""
    live: Literal["status"] | None = None
    """`status`: the help center ticks this itself while the chosen exchange says it operates."""


class TestOutcome(Entity):
    """What one outcome of a quick test tells: the reason, and the issues it speaks for."""

    because: Prose
    """The reason shown, as in "It works elsewhere, so ..."."""
    points_to: tuple[Slug, ...] = ()
    """The issues that this outcome speaks for, likeliest first."""
    speaks_against: tuple[Slug, ...] = ()
    """The issues that this outcome rules out."""


class QuickTest(Entity):
    """One step of "Test your connection", and what its outcomes point to."""

    id: Slug
    """The test's name in links; if you change it, add the old one to `aliases`."""
    text: Prose
    """What to try."""
    on_pass: TestOutcome
    """What it means when it works."""
    on_fail: TestOutcome
    """What it means when it fails."""
    aliases: tuple[Slug, ...] = ()
    """Old ids of this test: in links they still count."""
    live: Literal["status"] | None = None
    """`status`: the help center answers this itself, by what the chosen exchange says."""


class Diagnostic(Entity):
    """The quick diagnostic (`content/diagnostic.yml`), and what is none of its business.

    `off_topic` are phrases and `off_topic_signatures` fixed messages of texts that are not about
    connecting an exchange. `other_exchanges` are names of exchanges without a page here: a text
    that names one is about connecting all the same, but its codes are not looked up.
    """

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
    """The things to try, in order."""
    off_topic: tuple[NonEmpty, ...] = ()
    """Phrases of texts that this help center is not about."""
    off_topic_signatures: tuple[NonEmpty, ...] = ()
    """Fixed messages of texts that this help center is not about."""
    other_exchanges: tuple[NonEmpty, ...] = ()
    """Names of exchanges that have no page here."""
