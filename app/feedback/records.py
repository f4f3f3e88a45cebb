"""What goes into the store and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

LONGEST_TEXT = 500
"""Characters that are kept of a comment or of an unanswered text."""
LONGEST_KEY = 200
"""Characters that a page, an exchange, an issue or a content version may have."""

ANY_ISSUE = "*"
"""Stands for all issues in counts of reports; no issue is called that."""


class StoreUnavailableError(Exception):
    """The store can't do it now; nothing was acknowledged, and trying again later may help.

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
    """What found no answer."""

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
    """A paste that was diagnosed as unknown, or a search without result.

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
class Report:
    """On this day a support report was made after this issue was read or diagnosed.

    Each report has one with `ANY_ISSUE`, too, so that reports can be counted as well as issues.
    """

    day: date
    issue: str

    def __post_init__(self) -> None:
        _check_key("issue", self.issue)


@dataclass(frozen=True, slots=True)
class Comment:
    """What a visitor wrote beside a vote."""

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
    """How the store is; as a string `ok` or `degraded: <why>`, with what was dropped if anything.

    `reason` is None while the store works. `waiting` unanswered texts and report counts are not
    written yet; `dropped` were given up since the start because the store was away too long.
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
