"""Error codes: `errors/<id>.yml`."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from app.model.articles import Recipe
from app.model.base import Entity, NonEmpty, Prose, Slug
from app.model.exchanges import Source

PLACEHOLDER = re.compile(r"\{(?:ip|n)?\}")
"""What changes in the message of an error: an address, a number, or anything."""


class Option(Entity):
    """One answer to a question: what it says, and the issue it speaks for."""

    label: Prose
    """What the visitor chooses."""
    issue: Slug
    """The issue that this answer speaks for; one of the error's `issues`."""


class FollowUp(Entity):
    """What to ask a visitor when an error has several causes."""

    text: Prose
    """What to ask."""
    options: tuple[Option, ...] = Field(min_length=2)
    """The answers."""


class ErrorCode(Entity):
    """One literal error of one exchange and the issues it can mean, likeliest first.

    Several entries may share a code; `match`, part of the text, then tells them apart, and the
    entry without `match` is what is left. `message` is the text on the wire unless `verbatim` is
    false. Further texts of the same error stand in `signatures`. `http` is the HTTP status.
    """

    exchange: Slug
    code: NonEmpty
    """The code as it stands in the exchange's answer, in quotes."""
    match: NonEmpty | None = None
    """Part of the message, to tell entries with the same code apart."""
    message: NonEmpty | None = None
    """The message as it stands in the answer, with `{}`, `{n}` and `{ip}` for what changes."""
    verbatim: bool = True
    """Whether `message` is the very text; false when it only describes the error."""
    http: int | None = Field(default=None, ge=100, le=599)
    """The HTTP status of the answer."""
    scope: Literal["spot", "futures", "margin", "ws", "http", "v1", "v2", "oauth"] | None = None
    """The part of the exchange's API, where a code means different things."""
    issues: tuple[Slug, ...] = Field(min_length=1)
    """The issues that it can mean, likeliest first."""
    note: Prose | None = None
    """What the error means, then what to do; two sentences at most."""
    recipe: Slug | None = None
    """The recipe of the first issue that answers this error, when `general` doesn't."""
    answer: Recipe | None = None
    """What to do, when the fix is this error's own."""
    signatures: tuple[NonEmpty, ...] = ()
    """Further texts of the same error."""
    examples: tuple[NonEmpty, ...] = ()
    """Real answers; each must be diagnosed as this error."""
    question: FollowUp | None = None
    """What to ask when it has several causes."""
    unverified: bool = False
    """Whether no official source confirms it."""
    sources: tuple[Slug, ...] = ()
    """Where it comes from: keys of `sources` of this file."""

    @property
    def wording(self) -> str | None:
        """The message for people: what changes in it is left open."""
        return PLACEHOLDER.sub("…", self.message) if self.message else None


class ErrorFile(Entity):
    """`errors/<id>.yml`: the error codes of one exchange, and the sources they cite by key."""

    sources: dict[Slug, Source] = Field(default_factory=dict)
    """The sources that entries cite, by a key of your choice."""
    errors: tuple[ErrorCode, ...] = ()
    """The error codes."""
