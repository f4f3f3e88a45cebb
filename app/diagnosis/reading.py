"""What one text says before anything is made of it: messages, codes, mentions, and what it is like.

The nouns that reading and weighing share; how they are found is in `recognition`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import re2

from app.diagnosis.codes import Context, NumberHit
from app.diagnosis.exchanges import Mention
from app.diagnosis.signatures import Hit
from app.diagnosis.text import Text, normalise
from app.diagnosis.words import FEW_LINES, is_code
from app.model import ErrorCode

OFF_TOPIC = ""
"""Stands for everything that is not about connecting an exchange; no issue has this slug."""

TELLING_WORDS = 3
TELLING_LENGTH = 18
"""A message with so many words, or so long, is hardly said by chance."""

_STATUS = re2.compile(r"^http ([1-5][0-9]{2})$")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a signature is: an issue's (or `OFF_TOPIC`), an error's, or an error's literal code."""

    issue: str | None = None
    entry: ErrorCode | None = None
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one text says.

    `is_code`: it is mostly lines of a log or of code, nobody's own words.
    """

    text: Text
    hits: tuple[Hit[Owner], ...]
    numbers: tuple[NumberHit, ...]
    mentions: tuple[Mention, ...]
    foreign: tuple[str, ...]
    is_code: bool

    @property
    def is_log(self) -> bool:
        """Whether it is code of more lines than one message has."""
        return self.is_code and len(self.text.starts) > FEW_LINES

    @property
    def has_message(self) -> bool:
        """Whether a fixed message that means an issue stands in it."""
        means = (owner.issue not in {None, OFF_TOPIC} for hit in self.hits for owner in hit.owners)
        return any(means)

    def spans(self, found: Iterable[Recognised]) -> list[tuple[int, int]]:
        """Return the places of all fixed messages and codes.

        In a line of JSON or of a log, what stands around a code that was `found` is its message.
        """
        spans = [(hit.start, hit.end) for hit in self.numbers if hit.context != "bare"]
        spans += (span for hit in self.hits for span in hit.spans)
        return spans + self.lines_of(found)

    def lines_of(self, found: Iterable[Recognised]) -> list[tuple[int, int]]:
        """Return the lines of JSON or of a log in which the codes that were `found` stand.

        A line with an HTTP status alone is none: what stands behind it says more.
        """
        codes = (one for one in found if one.literal or one.context not in {None, "http"})
        lines = {self.text.line_span(one.position) for one in codes}
        return [span for span in sorted(lines) if is_code(self.text.flat[slice(*span)])]


@dataclass(slots=True)
class Recognised:
    """One error of one exchange in a text: how it stands there, where, and how often.

    `context` is the surest way in which its code stands there ("literal" for a code that is a text
    of its own), None when only its message does; `telling` says that the message is no short one.
    """

    entry: ErrorCode
    position: int
    last: int
    context: Context | None = None
    literal: bool = False
    message: bool = False
    telling: bool = False
    count: int = 0

    @property
    def has_code(self) -> bool:
        """Tell whether the code itself stands in the text."""
        return self.literal or self.context is not None


def telling(hit: Hit[Owner]) -> bool:
    """Tell whether a message is long enough not to be said by chance."""
    return hit.signature.words >= TELLING_WORDS or hit.signature.length >= TELLING_LENGTH


def status_of(signature: str) -> str | None:
    """Return the status of a signature such as "HTTP 429", which matches however it's written."""
    found = _STATUS.search(normalise(signature).flat)
    return str(found.group(1)) if found else None
