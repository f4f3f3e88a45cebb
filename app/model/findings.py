"""A finding of `helpcenter check`."""

from __future__ import annotations

from typing import Literal

from app.model.base import Entity

Severity = Literal["error", "warning"]


class Finding(Entity):
    """A mistake in the content: the place, the problem and the fix."""

    rule: str
    path: str
    line: int
    column: int = 1
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"
