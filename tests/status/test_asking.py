"""The twelve exchanges as their documentation has them, asked over HTTP."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest

from app.model import Exchange, StatusCalls
from app.status import asking
from app.status.reading import UnreadableResponseError, parse_time, read_state
from tests.status.conftest import Looking
from tests.status.exchanges import ANNOUNCED, LIMITED, MAINTENANCE, NORMAL, Played

BEGIN = dt.datetime(2026, 11, 29, 9, tzinfo=dt.UTC)
END = dt.datetime(2026, 11, 29, 10, tzinfo=dt.UTC)


def test_all_operate_or_answer(played: Played, looking: Looking) -> None:
    states = {name: view.state for name, view in looking.turn().items()}
    answering = {"bitget", "gate", "bingx", "mexc"}
    assert states == {
        exchange.id: "answers" if exchange.id in answering else "operating"
        for exchange in looking.exchanges
    }


def test_each_word_of_the_documentation_is_understood(played: Played, looking: Looking) -> None:
    for state, told in (
        ("maintenance", MAINTENANCE),
        ("limited", LIMITED),
        ("announced", ANNOUNCED),
    ):
        played.says = NORMAL | told
        found = looking.turn()
        assert {name: found[name].state for name in told} == dict.fromkeys(told, state)
    assert (found["bybit"].begin, found["bybit"].end) == (BEGIN, END)
    assert (found["okx"].begin, found["okx"].end) == (BEGIN, END)
    assert (found["kraken"].begin, found["kraken"].end) == (None, None)
    played.says = NORMAL | MAINTENANCE
    found = looking.turn()
    assert found["htx"].end == found["okx"].end == END
    assert found["binance"].end is None


def test_the_clocks_of_eleven_are_compared(played: Played, looking: Looking) -> None:
    played.ahead = 240
    found = looking.turn()
    assert found["bitfinex"].ahead is None
    told = {name: view.ahead for name, view in found.items() if name != "bitfinex"}
    for name, ahead in told.items():
        assert ahead is not None, name
        assert 235 < ahead < 245, name
    ours = looking.service.ahead(None)
    assert ours is not None
    assert 235 < ours < 245


def test_a_request_says_who_we_are_and_nothing_else(played: Played, looking: Looking) -> None:
    looking.turn()
    assert len(played.headers) == 20
    for headers in played.headers:
        assert headers.pop("User-Agent").startswith("helpcenter-status/")
        assert headers.keys() <= {"Host", "Accept", "Accept-Encoding", "Connection"}


NONSENSE: dict[str, Any] = {
    "no JSON": b"<!doctype html><script>alert(1)</script>",
    "nothing": b"",
    "nested": b"[" * 100_000,
    "huge": b'{"status": 0, "msg": "' + b"x" * 300_000 + b'"}',
    "not UTF-8": b"\xff\xfe\x00",
    "a number": b"17",
    "null": b"null",
}


@pytest.fixture
def two(looking: Looking) -> Looking:
    """Check two exchanges alone."""
    names = {"binance", "okx"}
    looking.exchanges = tuple(item for item in looking.exchanges if item.id in names)
    return looking


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_counts_as_no_answer(what: str, played: Played, two: Looking) -> None:
    played.says["binance"] = NONSENSE[what]
    found = two.turn(times=2)
    assert found["binance"].state == "silent"
    assert found["okx"].state == "operating"


@pytest.mark.parametrize("status", [301, 302, 403, 404, 429, 451, 500, 503])
def test_other_answers_count_as_none(status: int, played: Played, two: Looking) -> None:
    played.answers["binance"] = (status, {"Location": f"{played.url}/elsewhere/status"})
    assert two.turn(times=2)["binance"].state == "silent"
    assert played.asked["elsewhere"] == 0, "a redirect was followed"


def test_compressed_answers_are_not_unpacked(played: Played, two: Looking) -> None:
    played.answers["binance"] = (200, {"Content-Encoding": "gzip"})
    assert two.turn(times=2)["binance"].state == "operating", "the bytes are read as they are"


def test_an_unknown_word_only_shows_that_it_answers(played: Played, looking: Looking) -> None:
    played.says |= {
        "binance": {"status": 7},
        "kucoin": {"code": "200000", "data": {"status": ["<script>"]}},
        "kraken": {"result": None},
    }
    found = looking.turn()
    assert [found[name].state for name in ("binance", "kucoin", "kraken")] == ["answers"] * 3


def test_a_refusal_is_not_an_empty_list(played: Played, looking: Looking) -> None:
    played.says["okx"] = {"code": "50011", "data": []}
    played.says["bybit"] = {"retCode": 0, "result": {}}
    found = looking.turn(times=2)
    assert {found["okx"].state, found["bybit"].state} == {"silent"}


@pytest.mark.slow
def test_a_slow_exchange_is_given_up(
    played: Played, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 0.3)
    played.silent = {"binance", "gate"}
    begun = time.monotonic()
    found = looking.turn(times=2)
    assert {found["binance"].state, found["gate"].state} == {"silent"}
    assert found["okx"].state == "operating"
    assert time.monotonic() - begun < 30


def test_a_private_address_is_refused(
    played: Played, twelve: tuple[Exchange, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = Looking(tuple(map(played.played, twelve)))
    assert looking.turn(times=2) == {}
    assert not played.asked
    for address in ("10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fe80::1%eth0", "fd00::1"):
        assert not asking.is_public(address)
    assert asking.is_public("1.1.1.1")


def test_times_are_read_in_any_unit() -> None:
    wanted = dt.datetime(2026, 11, 29, 9, tzinfo=dt.UTC)
    seconds = int(wanted.timestamp())
    written = (seconds, str(seconds * 1000), seconds * 10**9, "2026-11-29T09:00:00Z")
    assert [parse_time(text) for text in written] == [wanted] * 4
    nonsense: list[Any] = ["", None, "soon", "NaN", "-inf", 10**400, -1, 0, [], {}]
    nonsense.append("9999-12-31T23:59:59-23:00")
    assert [parse_time(text) for text in nonsense] == [None] * len(nonsense)


def test_an_answer_without_a_state_is_no_list_of_announcements() -> None:
    calls = StatusCalls.model_validate({"url": "https://a.example", "notices": {"field": "data"}})
    assert read_state(calls, {}).state == "operating"
    with pytest.raises(UnreadableResponseError):
        read_state(calls, {"data": "soon"})
