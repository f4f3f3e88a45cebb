"""Error codes: `errors/<id>.yml`."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from app.model.articles import Recipe
from app.model.base import Entity, NonEmpty, Prose, Slug
from app.model.exchanges import FactSource

PLACEHOLDER = re.compile(r"\{(?:ip|n)?\}")
"""The placeholders of a message: an IP address, a number, or any text."""


class Option(Entity):
    """An option of a question: its text, and the issue that it indicates."""

    label: Prose
    """The text of the option."""
    issue: Slug
    """The issue that it indicates, from the error's `issues`."""


class FollowUp(Entity):
    """A question to the visitor, for an error with several causes."""

    text: Prose
    """The question."""
    options: tuple[Option, ...] = Field(min_length=2)
    """The options."""


class ErrorCode(Entity):
    """An error of an exchange and the issues that it can mean.

    Several entries may share a code. Each is then used for messages that contain its `match`, and
    the entry without `match` for all others.
    """

    exchange: Slug
    code: NonEmpty
    """The code in the exchange's response, in quotes."""
    match: NonEmpty | None = None
    """A part of the message, if several entries have the code."""
    message: NonEmpty | None = None
    """Its message, with `{}`, `{n}` and `{ip}` for what changes."""
    verbatim: bool = True
    """`false` if `message` isn't the exact text."""
    http: int | None = Field(default=None, ge=100, le=599)
    """The HTTP status of the response."""
    scope: Literal["spot", "futures", "margin", "ws", "http", "v1", "v2", "oauth"] | None = None
    """The part of the API, if the code has several meanings."""
    issues: tuple[Slug, ...] = Field(min_length=1)
    """The issues that the error can mean, likeliest first."""
    note: Prose | None = None
    """What it means and what to do, in two sentences at most."""
    recipe: Slug | None = None
    """The recipe; by default the issue's for the exchange, or `general`."""
    answer: Recipe | None = None
    """The steps, if no other error has the same fix."""
    signatures: tuple[NonEmpty, ...] = ()
    """More messages of the same error."""
    examples: tuple[NonEmpty, ...] = ()
    """Real responses that must be diagnosed as this error."""
    question: FollowUp | None = None
    """A question to the visitor, if it has several causes."""
    unverified: bool = False
    """Whether no official source confirms it."""
    sources: tuple[Slug, ...] = ()
    """Its sources, by their keys in `sources`."""

    @property
    def wording(self) -> str | None:
        """The message for people, with an ellipsis for each placeholder."""
        return PLACEHOLDER.sub("…", self.message) if self.message else None


class ErrorFile(Entity):
    """The error codes of an exchange, and the sources that they cite by key."""

    sources: dict[Slug, FactSource] = Field(default_factory=dict)
    """The sources that entries cite, by any key."""
    errors: tuple[ErrorCode, ...] = ()
    """The error codes."""
