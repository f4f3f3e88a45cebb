"""What a search answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ResultKind = Literal["issue", "question", "exchange", "error", "page"]
"""`page` is any page that is not one of the others, such as the home page."""


@dataclass(frozen=True, slots=True)
class Result:
    """A page that fits a query, and the passage of it that fits best.

    `url` is the permalink of the page, with `?exchange=` when only that choice shows the passage.
    `where` is the anchor of the passage, if it has one. `snippet` is the passage, or a part of it,
    as plain text in pieces, each with whether it matches the query; it is not escaped.
    """

    kind: ResultKind
    title: str
    url: str
    where: str | None
    snippet: tuple[tuple[str, bool], ...]

    @property
    def href(self) -> str:
        """The permalink with the anchor."""
        return f"{self.url}#{self.where}" if self.where else self.url
