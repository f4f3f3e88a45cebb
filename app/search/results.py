"""What a search answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["issue", "exchange", "error"]


@dataclass(frozen=True, slots=True)
class Result:
    """One answer: what it is, where it stands, and the passage that fits the query best.

    `url` is the permalink of the page (with `?exchange=` when only that choice shows the passage)
    and `where` the anchor on it, if the passage has one.
    `snippet` is plain text in pieces, each with whether it is a match to be marked; it is not
    escaped. `score` orders the results of one query and means nothing beyond it.
    """

    kind: Kind
    title: str
    url: str
    where: str | None
    snippet: tuple[tuple[str, bool], ...]
    score: float

    @property
    def href(self) -> str:
        """The permalink with the anchor."""
        return f"{self.url}#{self.where}" if self.where else self.url
