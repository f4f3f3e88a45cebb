"""What stands in one text: fixed messages, codes, exchanges, and who wrote its lines.

The types that recognising and weighing share; `recognition` fills them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

import re2

from app.diagnosis import weights
from app.diagnosis.codes import Context, NumberHit
from app.diagnosis.exchanges import Mention
from app.diagnosis.lines import is_machine_made
from app.diagnosis.signatures import Hit
from app.diagnosis.text import NormalisedText, Span, normalise
from app.model import NO_ISSUE, ErrorCode

_STATUS = re2.compile(r"^http ([1-5][0-9]{2})$")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a signature is: an issue's (or `NO_ISSUE`), an error's, or an error's literal code."""

    issue: str | None = None
    entry: ErrorCode | None = None
    is_code: bool = False

    def says_something(self, codes: Container[tuple[str, str]]) -> bool:
        """Whether the signature is no code, or one of the recognised codes (exchange and code)."""
        known = self.entry and (self.entry.exchange, self.entry.code)
        return not self.is_code or known in codes


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was found in one text.

    `is_machine_made`: a program wrote most of its lines, so they are nobody's own words.
    """

    text: NormalisedText
    hits: tuple[Hit[Owner], ...]
    numbers: tuple[NumberHit, ...]
    mentions: tuple[Mention, ...]
    foreign: tuple[str, ...]
    is_machine_made: bool

    @property
    def has_message(self) -> bool:
        """Whether a fixed message that means an issue stands in it."""
        means = (owner.issue not in {None, NO_ISSUE} for hit in self.hits for owner in hit.owners)
        return any(means)

    @property
    def has_error(self) -> bool:
        """Whether a fixed message stands in it, or a number that stands as a code."""
        codes = (hit.context not in {"bare", "http"} for hit in self.numbers)
        messages = (not owner.is_code for hit in self.hits for owner in hit.owners)
        return self.has_message or any(codes) or any(messages)

    def spans(self, found: Iterable[Recognised]) -> list[Span]:
        """Return the places of all fixed messages and codes.

        In a line of JSON or of a log, what stands around a code that was `found` is its message. A
        word that is only another exchange's code ("timeout") is a word like others.
        """
        found = list(found)
        codes = {(error.entry.exchange, error.entry.code) for error in found if error.literal}
        spans = [(hit.start, hit.end) for hit in self.numbers if hit.context != "bare"]
        for hit in self.hits:
            if any(owner.says_something(codes) for owner in hit.owners):
                spans += hit.spans
        return spans + self.lines_of(found)

    def lines_of(self, found: Iterable[Recognised]) -> list[Span]:
        """Return the lines of JSON or of a log in which the codes that were `found` stand.

        Lines that only have an HTTP status are left out: the text after the status says more.
        """
        codes = (error for error in found if error.literal or error.context not in {None, "http"})
        lines = {self.text.line_span(error.position) for error in codes}
        return [span for span in sorted(lines) if is_machine_made(self.text.flat[slice(*span)])]


@dataclass(slots=True)
class Recognised:
    """One error of one exchange in a text: how it stands there, where, and how often.

    `context` is the surest way in which its code stands there ("literal" for a code that is a text
    of its own), None when only its message does; `telling`: the message is long enough to be sure.
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


def is_telling(hit: Hit[Owner]) -> bool:
    """Tell whether a message is long enough not to be said by chance."""
    words, length = hit.signature.words, hit.signature.length
    return words >= weights.TELLING_WORDS or length >= weights.TELLING_LENGTH


def status_of(signature: str) -> str | None:
    """Return the status of a signature such as "HTTP 429", which matches however it's written."""
    found = _STATUS.search(normalise(signature).flat)
    return str(found.group(1)) if found else None
