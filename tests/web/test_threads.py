"""Long texts are diagnosed beside the event loop, and refused where too many of them wait."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from app.diagnosis import report_model
from app.diagnosis.engine import Engine
from app.web.application import HelpCenter
from app.web.serving import threads
from app.web.serving.live import LONG_TEXT
from app.web.serving.threads import AT_ONCE, MOST_ACCEPTED, BoundedThreads
from tests.client import TestClient
from tests.conftest import MARBLES
from tests.web.conftest import client, until

LONG = '{"code":-7007} ' * LONG_TEXT


def engine_of(visitor: TestClient) -> Engine:
    assert isinstance(visitor.app, HelpCenter)
    return visitor.app.live.edition.engine


def test_too_many_are_refused_and_the_others_are_answered() -> None:
    go_on = threading.Event()
    started = threading.Semaphore(0)

    def work() -> str:
        started.release()
        go_on.wait()
        return "done"

    async def scenario() -> list[str]:
        runner = BoundedThreads()
        accepted = [asyncio.create_task(runner.run(work)) for _ in range(MOST_ACCEPTED)]
        for _ in range(AT_ONCE):
            await asyncio.to_thread(started.acquire)
        with pytest.raises(HTTPException) as refused:
            await runner.run(work)
        assert (refused.value.status_code, refused.value.headers) == (503, {"Retry-After": "5"})
        assert not started.acquire(blocking=False)  # no third one beside the two
        go_on.set()
        done = await asyncio.gather(*accepted)
        return [*done, await runner.run(work)]

    assert asyncio.run(scenario()) == ["done"] * (MOST_ACCEPTED + 1)


def test_what_is_said_to_who_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "MOST_ACCEPTED", 0)
    with client(MARBLES, data=tmp_path) as visitor:
        until(lambda: engine_of(visitor).is_trained)
        page = visitor.post("/diagnose", data={"text": LONG[:5_000]})
        part = visitor.post(
            "/diagnose", data={"text": LONG[:5_000]}, headers={"HX-Request": "true"}
        )
        told = visitor.post("/api/v1/diagnose", json={"text": LONG[:5_000]})
        short = visitor.post("/diagnose", data={"text": LONG[:500]})
    refused = [page, part, told]
    assert [answer.status_code for answer in (*refused, short)] == [503, 503, 503, 200]
    assert [answer.headers["Retry-After"] for answer in refused] == ["5", "5", "5"]
    assert "Please try again in a few seconds." in page.text
    assert "Please try again in a few seconds." in part.text
    assert told.json() == {
        "detail": "many long texts are being diagnosed; try again in a few seconds"
    }


def test_a_text_that_comes_before_the_engine_has_learned_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    train = report_model.ReportModel.__init__

    def slow(*args: Any) -> None:
        go_on.wait()
        train(*args)

    report_model.trained.cache_clear()
    monkeypatch.setattr(report_model.ReportModel, "__init__", slow)
    with client(MARBLES, data=tmp_path) as visitor, ThreadPoolExecutor() as threads:
        asked = threads.submit(visitor.post, "/api/v1/diagnose", json={"text": "my friend is gone"})
        for _ in range(3):
            assert visitor.get("/readyz").status_code == 200
        assert not asked.done()
        assert not engine_of(visitor).is_trained
        go_on.set()
        assert asked.result().status_code == 200
        assert engine_of(visitor).is_trained


def test_a_form_of_half_a_million_fields_is_refused(tmp_path: Path) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with client(MARBLES, data=tmp_path) as visitor:
        for path in ("/diagnose", "/report", "/whitelist", "/feedback"):
            assert visitor.post(path, content="&" * 500_000, headers=headers).status_code == 400
