"""Several processes with one store ask once, and all of them know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from app.feedback.store import Store
from app.settings import ROOT
from app.status import asking
from app.web.application import HelpCenter
from app.web.serving.status import LEASE_SECONDS
from tests.client import TestClient
from tests.status.exchanges import MAINTENANCE, NORMAL, Played, playing
from tests.web.conftest import client


def turn(replica: TestClient) -> dict[str, str]:
    """Let a replica take its turn; return the states that it tells."""
    assert isinstance(replica.app, HelpCenter)
    assert replica.portal
    replica.portal.call(replica.app.status.turn)
    return {status["exchange"]: status["state"] for status in replica.get("/api/v1/status").json()}


@contextmanager
def replicas(content: Path, url: str) -> Iterator[list[TestClient]]:
    with ExitStack() as stack:
        yield [stack.enter_context(client(content, watch=0, database_url=url)) for _ in range(2)]


@pytest.mark.slow
def test_two_replicas_with_postgresql_ask_once(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "is_public", lambda address: True)
    with playing() as played:
        _ask_once(played, tmp_path, postgres_url)


def _ask_once(played: Played, tmp_path: Path, postgres_url: str) -> None:
    content = played.content(ROOT / "content", tmp_path / "content")
    with replicas(content, postgres_url) as (first, second):
        for _ in range(3):
            told = turn(first)
            assert len(told) == 12
            assert turn(second) == told
        assert set(played.asked.values()) == {3}, "only the first asked"
        played.says = NORMAL | {"okx": MAINTENANCE["okx"]}
        turn(first)
        assert turn(second)["okx"] == "maintenance"
        assert "under maintenance" in second.get("/exchanges/okx").text
        assert "<title>OKX: under maintenance</title>" in second.get("/status.xml").text


def test_one_of_two_holds_the_right_to_ask(store: Store) -> None:
    async def share(
        holder: str, text: str | None = None, seconds: float = LEASE_SECONDS
    ) -> tuple[bool, str]:
        found = await store.share_status(holder, seconds, text)
        return found.holds, found.text

    async def run() -> None:
        assert await share("a") == (True, "")
        assert await share("b") == (False, "")
        assert await share("a", "known") == (True, "known")
        assert await share("b", "of b") == (False, "known")
        assert await share("a") == (True, "known")
        assert await share("b", "of b", seconds=0) == (True, "of b"), "the right has run out"
        assert await share("a") == (False, "of b")
        both = await asyncio.gather(*(share(name, seconds=LEASE_SECONDS) for name in "abab"))
        assert [holds for holds, _ in both] == [False, True, False, True]

    asyncio.run(run())
