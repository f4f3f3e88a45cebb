"""Limits on what one visitor leaves."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from app.web.http import limits as module
from app.web.http.limits import Limit, Limiter

TWICE_A_MINUTE = Limit("votes", 2, 60)


def test_beyond_the_limit_a_visitor_waits_until_the_window_ends() -> None:
    limits = Limiter()
    waits = [limits.hit(TWICE_A_MINUTE, "brass") for _ in range(4)]
    assert waits == [None, None, 60, 60]
    assert limits.wait_seconds(TWICE_A_MINUTE, "brass") == 60
    assert limits.hit(TWICE_A_MINUTE, "copper") is None
    assert limits.hit(Limit("texts", 1, 60), "brass") is None


def test_the_next_window_counts_from_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    limits = Limiter()
    assert [limits.hit(TWICE_A_MINUTE, "brass") for _ in range(3)] == [None, None, 60]
    now += 59.5
    assert limits.hit(TWICE_A_MINUTE, "brass") == 1
    now += 0.5
    assert limits.hit(TWICE_A_MINUTE, "brass") is None


@pytest.mark.slow
def test_many_addresses_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COUNTS", 200)
    limits = Limiter()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(5_000):
            assert limits.hit(TWICE_A_MINUTE, f"visitor {number}") is None
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A count takes some 400 bytes.
    assert after - before < 250_000
    waits = [limits.hit(TWICE_A_MINUTE, "brass") for _ in range(3)]
    assert waits == [None, None, 60]


def test_visitors_who_reached_their_limit_stay_limited_when_old_counts_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    monkeypatch.setattr(module, "MOST_COUNTS", 10)
    limits = Limiter()
    for number in range(8):
        limits.hit(Limit("texts", 1, 1), f"visitor {number}")
    once_a_day = Limit("votes", 1, 24 * 3600)
    limits.hit(once_a_day, "brass")
    now += 2
    for number in range(4):
        limits.hit(once_a_day, f"visitor {number}")
    assert limits.hit(once_a_day, "brass") is not None
