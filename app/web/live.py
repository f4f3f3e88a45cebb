"""What is being served: one edition of the content, replaced whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.content.loader import load
from app.diagnosis.engine import Engine
from app.diagnosis.redaction import Redactor
from app.knowledge import KnowledgeBase, build
from app.search import SearchIndex


@dataclass(frozen=True, slots=True)
class Edition:
    """A knowledge base, and the search index and the diagnosis engine built from it."""

    knowledge: KnowledgeBase
    search: SearchIndex
    engine: Engine

    @classmethod
    def build(cls, content: Path, redactor: Redactor) -> Edition:
        """Load `content` and build everything; raise `BrokenContentError` when it has errors."""
        knowledge = build(load(content))
        return cls(knowledge, SearchIndex(knowledge), Engine(knowledge, redactor))
