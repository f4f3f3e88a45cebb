"""The real content, loaded and built once for all tests that read it."""

from __future__ import annotations

import pytest

from app.content.loader import Content, load
from app.knowledge import KnowledgeBase, build
from app.settings import ROOT


@pytest.fixture(scope="session")
def content() -> Content:
    """Return the content of the repository."""
    return load(ROOT / "content")


@pytest.fixture(scope="session")
def knowledge(content: Content) -> KnowledgeBase:
    """Return the knowledge base of the repository's content."""
    return build(content)
