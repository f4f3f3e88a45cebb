"""What is known over time: staleness, backoff, changes, clock jumps, eight hours without growth."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import json
import sys
import time
from functools import partial
from typing import Any

import pytest

from app.model import Exchange
from app.status import asking
from app.status.asking import CheckResult
from app.status.board import MOST_CHANGES, SLOTS, Board
from app.status.reading import ExchangeState, ReportedState
from app.web.serving import status
from app.web.serving.status import StatusService
from tests.status.conftest import Looking, alone
from tests.status.exchanges import MAINTENANCE, NORMAL, Played

START = dt.datetime(2026, 11, 29, 8, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def look(state: ExchangeState, minutes: float) -> CheckResult:
    return CheckResult(START + minutes * MINUTE, ReportedState(state))


def test_what_is_older_than_five_minutes_is_unknown(played: Played, looking: Looking) -> None:
    looking.now = lambda: START
    assert looking.turn()["binance"].state == "operating"
    looking.now = lambda: START + 4 * MINUTE
    assert looking.service.views()[0].state == "operating"
    looking.now = lambda: START + 6 * MINUTE
    assert looking.service.views() == (), "nothing is known of any"


def test_one_of_them_can_be_unknown(twelve: tuple[Exchange, ...]) -> None:
    board = Board()
    board.note("binance", look("operating", 0))
    board.note("okx", look("operating", 6))
    assert board.latest("binance", START + 7 * MINUTE) is None
    assert board.latest("okx", START + 7 * MINUTE)


def test_a_clock_jump_is_over_with_the_next_look(played: Played, looking: Looking) -> None:
    looking.now = lambda: START
    looking.turn()
    for jump in (-dt.timedelta(hours=3), dt.timedelta(days=400)):
        jumped = START + jump
        looking.now = partial(dt.datetime.fromtimestamp, jumped.timestamp(), dt.UTC)
        assert looking.service.views() == ()
        found = looking.turn()
        assert found["binance"].state == "operating"
        assert len(found["binance"].day) == SLOTS


def test_silence_is_told_after_the_second_look(played: Played, looking: Looking) -> None:
    assert looking.turn()["gate"].state == "answers"
    played.answers["gate"] = (500, {})
    assert looking.turn()["gate"].state == "answers"
    assert looking.turn()["gate"].state == "silent"
    played.answers.clear()
    assert looking.turn()["gate"].state == "answers"
    assert [change.result.reported.state for _, change in looking.service.changes()] == [
        "answers",
        "silent",
    ]


def test_where_nobody_answers_nothing_is_told(played: Played, looking: Looking) -> None:
    played.answers = dict.fromkeys((exchange.id for exchange in looking.exchanges), (503, {}))
    assert looking.turn(times=3) == {}
    assert looking.service.changes() == ()
    assert looking.service.in_maintenance() == frozenset()


def test_the_pauses_grow(twelve: tuple[Exchange, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate an hour, turn by turn, in which one exchange never answers."""
    clock, asked = 0.0, []

    async def answer(calls: Any, now: Any) -> CheckResult:
        asked.append(clock)
        return CheckResult(START, ReportedState("silent"))

    monkeypatch.setattr(asking, "check_exchange", answer)
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    service = StatusService(lambda: twelve[:1], alone, on=True)
    for _ in range(60):
        asyncio.run(service.turn())
        clock += status.PERIOD_SECONDS
    pauses = [after - before for before, after in itertools.pairwise(asked)]
    assert pauses[:2] == [60, 120]
    assert set(pauses[2:]) <= {180, 240, 300}
    assert len(asked) < 20


def test_changes_are_noted_once(played: Played, looking: Looking) -> None:
    looking.turn(times=3)
    played.says = NORMAL | {"okx": MAINTENANCE["okx"]}
    looking.turn(times=3)
    changes = [
        (exchange.id, change.result.reported.state)
        for exchange, change in looking.service.changes()
    ]
    assert changes == [("okx", "maintenance")]


@pytest.mark.slow
def test_eight_hours_take_no_more_than_one(twelve: tuple[Exchange, ...]) -> None:
    """A minute at a time, with a change of each exchange every minute."""
    board = Board()
    states: tuple[ExchangeState, ...] = ("operating", "maintenance", "limited", "answers")
    sizes = []
    for hour in range(48):
        for minute in range(60):
            for replica in twelve:
                board.note(replica.id, look(states[minute % 4], 60 * hour + minute))
        sizes.append(len(board.dump()))
    assert len(board.changes) == MOST_CHANGES
    assert len(json.loads(board.dump())["exchanges"]["okx"]["slots"]) == SLOTS
    assert max(sizes[24:]) <= 1.02 * sizes[24]
    assert sizes[-1] < 64_000, sys.getsizeof(board)


def test_another_process_reads_what_this_one_knows(played: Played, looking: Looking) -> None:
    played.says = NORMAL | MAINTENANCE
    looking.turn()
    other = Board()
    other.load(looking.service.board.dump())
    assert other.dump() == looking.service.board.dump()


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"exchanges": 1, "changes": []}', '{"exchanges": {"a": {}}}'),
        '{"exchanges": {}, "changes": [["a", ["<b>", 1, 1, 1, 1]]]}',
    ],
)
def test_what_another_version_stored_changes_nothing(text: str) -> None:
    board = Board()
    board.note("okx", look("operating", 0))
    before = board.dump()
    board.load(text)
    assert board.dump() == before
