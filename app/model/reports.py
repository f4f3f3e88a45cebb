"""What the diagnosis learns from: reports, and `vocabulary.yml`."""

from __future__ import annotations

from typing import Literal

from app.model.base import Entity, NonEmpty, Slug

NO_ISSUE = "none"
"""The label of a report about something else than connecting an exchange: no issue fits it."""


class Report(Entity):
    """A labelled problem report: the diagnosis learns from its words.

    Reports stand in `content/reports.jsonl` and in the files of `content/reports/`.
    """

    text: NonEmpty
    """What somebody pasted or typed, without secrets."""
    expected: NonEmpty
    """The slug of the right issue; `none` when it is not about connecting an exchange."""
    also: tuple[NonEmpty, ...] = ()
    """Other honest readings of the text alone."""
    kind: Literal["paste", "noisy", "question"]
    """One message; many lines around it; or somebody's own words."""
    exchange: str | None = None
    """The exchange that it is about."""
    lang: NonEmpty = "en"
    """The language of the words around the message."""
    source: NonEmpty
    """The public thread or page that it comes from."""
    origin: Literal["verbatim", "rebuilt", "rewritten"]
    """Whether the text is as printed, has other ids and amounts, or is retold."""


class WordGroup(Entity):
    """Words that say the same, in any language (`content/vocabulary.yml`)."""

    name: Slug
    """What they say, in a word."""
    words: NonEmpty
    """The words, with blanks between them; `word*` is the beginning of a word."""
