"""The same failures as a visitor meets them: a running server, asked over HTTP."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx2 as httpx
import psycopg
import pytest

from app.settings import ROOT
from tests.conftest import MARBLES
from tests.feedback.examples import until
from tests.feedback.postgres import Server

pytestmark = pytest.mark.slow

VOTES = 1000
PAGE = "/issues/address-not-allowed"
PATIENCE = 60


class Served:
    """`helpcenter serve` in a process of its own, with a client that is a proxy in front of it."""

    def __init__(self, **environment: str) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "app", "serve", "--port", str(port)]
        self.process = subprocess.Popen(
            [*command, "--content", str(MARBLES)], cwd=ROOT, env={**os.environ, **environment}
        )
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)
        until(lambda: self.store() == "ok", PATIENCE)

    def store(self) -> str:
        """Return what it says of its store; nothing while it does not answer."""
        with suppress(httpx.HTTPError):
            said: str = self.client.get("/readyz").json()["store"]
            return said
        assert self.process.poll() is None
        return ""

    def vote(self, visitor: int) -> httpx.Response:
        return self.client.post("/feedback", data=VOTE, headers=at_home_of(visitor))


VOTE = {"page": PAGE, "helpful": "yes"}


def at_home_of(visitor: int) -> dict[str, str]:
    """Return what a proxy adds to a request: each visitor has an address of their own."""
    return {"X-Forwarded-For": f"198.18.{visitor // 256}.{visitor % 256}"}


@contextmanager
def served(**environment: str) -> Iterator[Served]:
    running = Served(**environment)
    try:
        yield running
    finally:
        running.client.close()
        running.process.kill()
        running.process.wait()


def rows(url: str) -> dict[str, int]:
    """Count what is stored, past the store."""
    with psycopg.connect(url) as connection:
        counted = connection.execute(
            "SELECT 'vote', count(*) FROM vote UNION ALL "
            "SELECT 'unanswered', count(*) FROM unanswered UNION ALL "
            "SELECT 'report', count(*) FROM report"
        )
        return dict(counted.fetchall())


async def storm(server: Served, kill_after: int) -> list[int]:
    """Vote a thousand times at once, kill the server in the middle; return what was answered."""
    statuses: list[int] = []
    limits = httpx.Limits(max_connections=200)

    async def vote(client: httpx.AsyncClient, visitor: int) -> None:
        with suppress(httpx.HTTPError):
            answer = await client.post("/feedback", data=VOTE, headers=at_home_of(visitor))
            statuses.append(answer.status_code)
            if len(statuses) == kill_after:
                server.process.kill()

    async with httpx.AsyncClient(
        base_url=server.url, limits=limits, timeout=PATIENCE, trust_env=False
    ) as client:
        await asyncio.gather(*(vote(client, visitor) for visitor in range(VOTES)))
    return statuses


def test_every_vote_that_was_answered_survives_kill_9(tmp_path: Path) -> None:
    with served(HELP_DATA=str(tmp_path)) as server:
        statuses = asyncio.run(storm(server, kill_after=100))
    assert set(statuses) == {200}
    assert 100 <= len(statuses) < VOTES
    with closing(sqlite3.connect(tmp_path / "helpcenter.sqlite3")) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("SELECT count(*) FROM vote").fetchone()[0] >= len(statuses)
    with served(HELP_DATA=str(tmp_path)) as server:
        assert server.vote(VOTES + 1).status_code == 200


def test_pages_go_on_while_postgresql_is_away(postgres: Server, postgres_url: str) -> None:
    with served(HELP_DATABASE_URL=postgres_url) as server:
        assert server.vote(1).status_code == 200
        postgres.stop()
        try:
            refused = server.vote(2)
            assert refused.status_code == 503
            assert "save your feedback" in refused.text
            assert int(refused.headers["Retry-After"]) > 0
            until(lambda: server.store().startswith("degraded: the database server can't be"))
            assert server.client.get(PAGE).status_code == 200
            unknown = server.client.post("/diagnose", data={"text": "my kettle sings too high"})
            assert unknown.status_code == 200
            known = server.client.post("/diagnose", data={"text": "glassmarket -7007"})
            assert "Address Not Allowed" in known.text
            reported = server.client.post("/report", data={"text": "glassmarket -7007"})
            assert "Error: -7007" in reported.text
        finally:
            postgres.start()
        until(lambda: server.store() == "ok", PATIENCE)
        assert server.vote(3).status_code == 200

        # What needs no answer waited: the text, and the report with the issue that led to it.
        until(lambda: rows(postgres_url) == {"vote": 2, "unanswered": 1, "report": 2})
