"""A finding of `helpcenter check`."""

from __future__ import annotations

from typing import Literal

from app.model.base import Entity

Severity = Literal["error", "warning"]


class Finding(Entity):
    """One mistake in the content: where it is, what is wrong, and the cure."""

    rule: str
    path: str
    line: int
    column: int = 1
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"
