"""The insights are computed beside the event loop, once at a time, and kept for a while."""

from __future__ import annotations

import asyncio
import gc
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx2 as httpx
import pytest

from app.feedback.records import StoreUnavailableError
from app.settings import Settings
from app.web.application import create_app
from app.web.serving import insights as module
from app.web.serving.insights import InsightsCache, NotComputedError
from tests.conftest import MARBLES
from tests.web.conftest import PATIENCE

TOKEN = "a-long-enough-token"


@dataclass
class Computation:
    """In the place of the computation: counts, and ends when it may."""

    count: int = 0
    is_away: bool = False
    may_end: threading.Event = field(default_factory=threading.Event)

    async def read(self, reading: Callable[[], object]) -> object:
        """Read like a store, which may be away."""
        if self.is_away:
            raise StoreUnavailableError("the kettle is cold")
        return reading()

    def summarise(self, _collected: object, _knowledge: object) -> int:
        self.count += 1
        assert self.may_end.wait(30)
        return self.count

    async def get(self, cache: InsightsCache) -> int:
        return cast("int", await cache.get(cast("Any", self), cast("Any", None)))


@pytest.fixture
def computation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Computation]:
    slow = Computation()
    monkeypatch.setattr(module, "collect", lambda store: None)
    monkeypatch.setattr(module, "summarise", slow.summarise)
    monkeypatch.setattr(module, "WAIT_SECONDS", PATIENCE)
    yield slow
    slow.may_end.set()


def test_all_who_ask_wait_for_one_computation(computation: Computation) -> None:
    cache = InsightsCache()

    async def ask() -> list[int]:
        asking = [asyncio.create_task(computation.get(cache)) for _ in range(5)]
        await asyncio.sleep(0)
        computation.may_end.set()
        return await asyncio.gather(*asking)

    assert asyncio.run(ask()) == [1] * 5


@pytest.mark.parametrize(("rest", "second"), [(1_000_000, 1), (0, 2)])
def test_insights_are_kept_for_a_multiple_of_the_time_they_took(
    computation: Computation, monkeypatch: pytest.MonkeyPatch, rest: int, second: int
) -> None:
    monkeypatch.setattr(module, "KEEP_FACTOR", rest)
    computation.may_end.set()
    cache = InsightsCache()

    async def ask() -> list[int]:
        return [await computation.get(cache), await computation.get(cache)]

    assert asyncio.run(ask()) == [1, second]


def test_the_first_insights_are_not_waited_for_longer_than_a_request_may(
    computation: Computation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    cache = InsightsCache()

    async def ask() -> int:
        for _ in range(2):
            with pytest.raises(NotComputedError):
                await computation.get(cache)
        computation.may_end.set()
        while True:
            try:
                return await computation.get(cache)
            except NotComputedError:
                continue

    assert asyncio.run(ask()) == 1


def test_during_a_long_computation_the_insights_from_before_are_shown(
    computation: Computation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEEP_FACTOR", 0)
    computation.may_end.set()
    cache = InsightsCache()

    async def ask() -> tuple[int, int]:
        first = await computation.get(cache)
        computation.may_end.clear()
        monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
        second = await computation.get(cache)
        computation.may_end.set()
        return first, second

    assert asyncio.run(ask()) == (1, 1)
    assert computation.count == 2


def test_a_failure_is_not_kept(computation: Computation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 30)
    computation.may_end.set()
    cache = InsightsCache()

    async def ask() -> int:
        computation.is_away = True
        with pytest.raises(StoreUnavailableError, match="the kettle is cold"):
            await computation.get(cache)
        computation.is_away = False
        return await computation.get(cache)

    assert asyncio.run(ask()) == 1


def fill(data: Path, count: int) -> None:
    """Put texts into the store that are all different, as long as they may be."""
    chance = random.Random(3)
    words = ["".join(chance.choices("abcdefghijklmnop", k=6)) for _ in range(20_000)]
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [
        ((now - timedelta(seconds=n)).isoformat(" "), " ".join(chance.choices(words, k=70)))
        for n in range(count)
    ]
    with closing(sqlite3.connect(data / "helpcenter.sqlite3", timeout=30)) as file:
        file.executemany(
            "INSERT INTO unanswered (created, kind, text, content_version) "
            "VALUES (?, 'search', ?, 'v1')",
            rows,
        )
        file.commit()


@pytest.mark.slow
@pytest.mark.hardening
def test_ten_thousand_texts_hold_up_nobody(tmp_path: Path) -> None:
    app = create_app(Settings(content=MARBLES, data=tmp_path, insights_token=TOKEN, watch=0))
    turns: list[float] = []

    async def measure_turns() -> None:
        """Note how much processor time the event loop takes between two turns of this task."""
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.001)
            turns.append(time.thread_time() - before)

    async def ask() -> None:
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://marbles.example") as client,
        ):
            while (await client.get("/readyz")).json()["store"] != "ok":
                await asyncio.sleep(0.01)
            # The first request compiles the template.
            assert (await client.get("/insights", auth=("", TOKEN))).status_code == 200
            await asyncio.to_thread(fill, tmp_path, 10_000)
            measuring = asyncio.create_task(measure_turns())
            while True:
                answer = await client.get("/insights", auth=("", TOKEN))
                assert answer.status_code == 200
                assert (await client.get("/readyz")).json()["store"] == "ok"
                if answer.text.count('<tr><td class="number">1</td>') == 50:
                    break
                await asyncio.sleep(0.01)
            measuring.cancel()

    # A full collection visits all objects of the tests before, which no server has.
    gc.collect()
    gc.freeze()
    try:
        asyncio.run(ask())
    finally:
        gc.unfreeze()
    assert max(turns) < 0.05
