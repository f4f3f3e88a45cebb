from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from app.content.loader import load
from app.feedback.records import Shared
from app.knowledge import build
from app.model import Exchange
from app.settings import ROOT
from app.status import asking
from app.web.serving import status as serving
from app.web.serving.status import StatusService, StatusView, utc_now
from tests.status.exchanges import Played, playing


async def alone(holder: str, seconds: float, text: str | None) -> Shared:
    """Stand for a store that nobody shares."""
    return Shared(holds=True, text=text or "")


@pytest.fixture
def played() -> Iterator[Played]:
    with playing() as server:
        yield server


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let exchanges be asked on this machine."""
    monkeypatch.setattr(asking, "is_public", lambda address: True)


@pytest.fixture(scope="session")
def twelve() -> tuple[Exchange, ...]:
    found = build(load(ROOT / "content")).exchanges
    assert len(found) == 12
    return found


class Looking:
    """A service over the exchanges that `played` plays, at a time that the test sets."""

    def __init__(self, exchanges: tuple[Exchange, ...]) -> None:
        self.exchanges = exchanges
        self.now: Callable[[], dt.datetime] = utc_now
        self.service = StatusService(
            lambda: self.exchanges,
            alone,
            on=True,
            now=lambda: self.now(),  # noqa: PLW0108 - a test sets another
        )

    def turn(self, times: int = 1) -> dict[str, StatusView]:
        """Check all exchanges, and return what is known of them."""
        for _ in range(times):
            asyncio.run(self.service.turn())
        return {view.exchange.id: view for view in self.service.views()}


@pytest.fixture
def looking(
    played: Played,
    twelve: tuple[Exchange, ...],
    loopback: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Looking:
    """Check every exchange at each turn, also at those that don't answer."""
    monkeypatch.setattr(serving, "LONGEST_PAUSE_SECONDS", 0)
    return Looking(tuple(map(played.played, twelve)))
