"""The application over fixture content, as a visitor's browser talks to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from app.web.application import create_app
from tests.client import TestClient

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
BASE_URL = "https://help.test"
PATIENCE = 60
"""Seconds; far more than it takes, since the machine may be busy."""


def client(content: Path, **settings: Any) -> TestClient:
    """Return a client of the application that serves `content`; redirects are not followed."""
    app = create_app(Settings(content=content, **settings))
    return TestClient(app, follow_redirects=False)


def until(happens: Callable[[], bool]) -> None:
    """Wait until something happens; fail when it doesn't."""
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline, "it doesn't happen"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def teapots() -> Iterator[TestClient]:
    """Help without exchanges and without a whitelist."""
    with client(FIXTURES / "content", base_url=BASE_URL) as running:
        yield running


@pytest.fixture(scope="session")
def marbles() -> Iterator[TestClient]:
    """Help with two exchanges and three whitelist addresses."""
    with client(FIXTURES / "exchange_content", base_url=BASE_URL) as running:
        yield running
