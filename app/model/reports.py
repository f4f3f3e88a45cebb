"""What the diagnosis learns from: reports, and `vocabulary.yml`."""

from __future__ import annotations

from typing import Literal

from app.model.base import Entity, NonEmpty, Slug

NO_ISSUE = "none"
"""The label of a report that isn't about connecting an exchange: no issue fits it."""


class Report(Entity):
    """A labelled problem report, whose words teach the diagnosis.

    Reports are in `content/reports.jsonl` and in the files of `content/reports/`.
    """

    text: NonEmpty
    """The pasted or typed text, without secrets."""
    expected: NonEmpty
    """The slug of the right issue; `none` if it isn't about connecting an exchange."""
    also: tuple[NonEmpty, ...] = ()
    """Other issues that the text alone can mean."""
    kind: Literal["paste", "noisy", "question"]
    """A single message; a message among many lines; or the person's own words."""
    exchange: str | None = None
    """The exchange of the report."""
    lang: NonEmpty = "en"
    """The language of the words around the message."""
    source: NonEmpty
    """The public thread or page with the report."""
    origin: Literal["verbatim", "rebuilt", "rewritten"]
    """Whether the text is original, has replaced ids and amounts, or is retold."""


class WordGroup(Entity):
    """Words with the same meaning, in any language (`content/vocabulary.yml`)."""

    name: Slug
    """Their meaning, in a word."""
    words: NonEmpty
    """The words, separated by spaces; `word*` stands for any ending."""
