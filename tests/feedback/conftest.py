from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.feedback import writer
from app.feedback.store import Store
from tests.feedback.postgres import Server

_numbers = itertools.count()

OpenStore = Callable[[str], Store]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Start a server; every test leaves it running."""
    with Server() as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/data/feedback.db"


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)],
)
def url(request: pytest.FixtureRequest) -> str:
    """Name an empty database, of each kind in turn."""
    if request.param == "sqlite":
        found: str = request.getfixturevalue("sqlite_url")
        return found
    server: Server = request.getfixturevalue("postgres")
    return server.empty(f"kettle{next(_numbers)}")


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    return postgres.empty(f"kettle{next(_numbers)}")


@pytest.fixture
def open_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenStore]:
    """Open stores that look after themselves more often than in earnest, and close them."""
    monkeypatch.setattr(writer, "PROBE_SECONDS", 0.1)
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.1)
    opened: list[Store] = []

    def open_one(url: str) -> Store:
        opened.append(Store.open(url))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(url: str, open_store: OpenStore) -> Store:
    return open_store(url)
