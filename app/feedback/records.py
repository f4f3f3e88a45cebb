"""The records that go into the store and come out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

LONGEST_TEXT = 500
"""The most characters of a comment or an unanswered text; the rest is cut off."""
LONGEST_KEY = 200
"""The most characters of a page, an exchange, an issue or a content version."""
UNANSWERED_DAYS = 90
"""How long unanswered texts are kept."""

ANY_ISSUE = "*"
"""Stands for all issues in counts of reports; it can't be a slug."""


class StoreUnavailableError(Exception):
    """The store failed. Nothing was acknowledged, and trying again later may help.

    The message says why, for an operator: it names no file, host, user or stored value.
    """


class Reason(StrEnum):
    """Why a page did not help, as the visitor chose it."""

    DID_NOT_FIX = "did-not-fix"
    NOT_MY_PROBLEM = "not-my-problem"
    HARD_TO_FOLLOW = "hard-to-follow"
    OUT_OF_DATE = "out-of-date"
    OTHER = "other"


class Kind(StrEnum):
    """Where a visitor found no answer."""

    DIAGNOSIS = "diagnosis"
    SEARCH = "search"


def _storable(text: str) -> str:
    # PostgreSQL takes no NUL, and no encoding takes half of a surrogate pair.
    text = (
        text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
    )
    return text[:LONGEST_TEXT]


def _check_key(name: str, value: str) -> None:
    if not 0 < len(value) <= LONGEST_KEY or not value.isprintable():
        raise ValueError(f"{name}: 1 to {LONGEST_KEY} printable characters are needed")


def _check_utc(value: datetime) -> None:
    if value.utcoffset() is None:
        raise ValueError("created: a time with a time zone is needed")


@dataclass(frozen=True, slots=True)
class Vote:
    """One visitor's answer to "Was this helpful?".

    `page` is a permalink path (`/issues/lost-teapot`) or the key of a diagnosis; `visitor` comes
    from `visitor.visitor_hash`. The caller has redacted `comment`; it is cut to 500 characters.
    Keys that are empty, too long or unprintable, and a time without a zone, raise `ValueError`.
    """

    created: datetime
    page: str
    helpful: bool
    visitor: str
    content_version: str
    reason: Reason | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        _check_utc(self.created)
        _check_key("page", self.page)
        _check_key("visitor", self.visitor)
        _check_key("content version", self.content_version)
        if self.comment is not None:
            object.__setattr__(self, "comment", _storable(self.comment.strip()) or None)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A pasted text that the diagnosis did not recognise, or a search without results.

    The caller has redacted `text`; it is cut to 500 characters. Bad keys and a time without a
    zone raise `ValueError`.
    """

    created: datetime
    kind: Kind
    text: str
    content_version: str
    exchange: str | None = None

    def __post_init__(self) -> None:
        _check_utc(self.created)
        _check_key("content version", self.content_version)
        if self.exchange is not None:
            _check_key("exchange", self.exchange)
        object.__setattr__(self, "text", _storable(self.text.strip()))


@dataclass(frozen=True, slots=True)
class ReportCount:
    """On this day a visitor made a support report after reading this issue or being led to it.

    Each support report has a row with `ANY_ISSUE` too, which counts the reports themselves.
    """

    day: date
    issue: str

    def __post_init__(self) -> None:
        _check_key("issue", self.issue)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all processes know of the exchanges, and whether this process is to ask them."""

    holds: bool
    text: str


@dataclass(frozen=True, slots=True)
class Comment:
    """The text that a visitor wrote with a vote."""

    created: datetime
    helpful: bool
    reason: Reason | None
    text: str
    content_version: str


@dataclass(frozen=True, slots=True)
class PageVotes:
    """The votes on one page; `comments` are the newest first."""

    page: str
    helpful: int
    unhelpful: int
    reasons: dict[Reason, int]
    comments: tuple[Comment, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Totals of the seven days from Monday `start` on (UTC)."""

    start: date
    helpful: int
    unhelpful: int
    unanswered: int
    reports: int


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the store; as a string `ok` or `degraded: <why>`, and what was dropped.

    `reason` is None while the store works. `waiting` is the number of unanswered texts and report
    counts that are not written yet; `dropped` is the number that was given up since the start.
    """

    reason: str | None
    waiting: int
    dropped: int

    @property
    def ok(self) -> bool:
        """Whether the store works."""
        return self.reason is None

    def __str__(self) -> str:
        text = "ok" if self.reason is None else f"degraded: {self.reason}"
        return f"{text} (dropped since the start: {self.dropped})" if self.dropped else text
