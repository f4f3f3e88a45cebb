"""What is known of all exchanges: the present state, the last 24 hours, and the changes."""

from __future__ import annotations

import datetime as dt
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, get_args

from app.status.asking import CheckResult
from app.status.reading import ExchangeState, ReportedState, parse_time

STALE = dt.timedelta(minutes=5)
"""The age from which on a result says nothing any more."""
SLOT_SECONDS = 15 * 60
SLOTS = 24 * 3600 // SLOT_SECONDS
"""The last day is divided into slots, each with its gravest state."""
MOST_CHANGES = 100
FAILURES_UNTIL_SILENT = 2
"""The number of failed checks in a row from which on an exchange counts as silent."""

GRAVITY: tuple[ExchangeState, ...] = (
    "unknown",
    "answers",
    "operating",
    "announced",
    "silent",
    "limited",
    "maintenance",
)
"""The states, the gravest last."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change in the state of an exchange."""

    exchange: str
    result: CheckResult


@dataclass(slots=True)
class _Record:
    """What is known of one exchange.

    `failed` counts the checks that failed since the last good one.
    """

    latest: CheckResult | None = None
    failed: int = 0
    slots: dict[int, ExchangeState] = field(default_factory=dict)


class Board:
    """The latest results for all exchanges, bounded in size however long they are noted."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}
        self.changes: deque[StateChange] = deque(maxlen=MOST_CHANGES)
        """The newest last."""

    def note(self, exchange: str, result: CheckResult) -> None:
        """Note a result."""
        record = self._records.setdefault(exchange, _Record())
        record.failed = record.failed + 1 if result.reported.state == "silent" else 0
        if 0 < record.failed < FAILURES_UNTIL_SILENT and record.latest:
            return
        before = record.latest.reported if record.latest else None
        record.latest = result
        reported = result.reported
        if before and (before.state, before.begin) != (reported.state, reported.begin):
            self.changes.append(StateChange(exchange, result))
        slot = int(result.at.timestamp()) // SLOT_SECONDS
        gravest = max(record.slots.get(slot, "unknown"), reported.state, key=GRAVITY.index)
        record.slots = {
            when: state for when, state in record.slots.items() if slot - SLOTS < when <= slot
        } | {slot: gravest}

    def failures(self, exchange: str) -> int:
        """Return how many checks failed since the last good one."""
        record = self._records.get(exchange)
        return record.failed if record else 0

    def is_known(self, now: dt.datetime) -> bool:
        """Tell whether any exchange has answered lately; if none has, our connection is down."""
        return any(
            _is_fresh(record.latest, now) and record.latest.reported.state != "silent"
            for record in self._records.values()
            if record.latest
        )

    def latest(self, exchange: str, now: dt.datetime) -> CheckResult | None:
        """Return the latest result; None when nothing is known of the exchange or of any other."""
        record = self._records.get(exchange)
        if record is None or record.latest is None or not _is_fresh(record.latest, now):
            return None
        return record.latest if self.is_known(now) else None

    def day(self, exchange: str, now: dt.datetime) -> tuple[ExchangeState, ...]:
        """Return the state of every quarter of an hour of the last day, the present last."""
        record = self._records.get(exchange)
        slots: Mapping[int, ExchangeState] = record.slots if record else {}
        last = int(now.timestamp()) // SLOT_SECONDS
        return tuple(slots.get(slot, "unknown") for slot in range(last - SLOTS + 1, last + 1))

    def our_clock(self, now: dt.datetime) -> float | None:
        """Return how many seconds our clock is behind those of most exchanges."""
        results = (self.latest(exchange, now) for exchange in self._records)
        told = [result.ahead for result in results if result and result.ahead is not None]
        return median(told) if told else None

    def dump(self) -> str:
        """Return everything as text, for other processes and the next start."""
        return json.dumps(
            {
                "exchanges": {
                    name: {"look": _dumped(record.latest), "slots": record.slots}
                    for name, record in self._records.items()
                    if record.latest
                },
                "changes": [[change.exchange, _dumped(change.result)] for change in self.changes],
            },
            separators=(",", ":"),
        )

    def load(self, text: str) -> None:
        """Take over what another process knows; a text that can't be read changes nothing."""
        try:
            told = json.loads(text)
            records = {
                name: _Record(
                    _loaded(saved["look"]),
                    slots={int(slot): _state(state) for slot, state in saved["slots"].items()},
                )
                for name, saved in told["exchanges"].items()
            }
            changes = [StateChange(name, _loaded(saved)) for name, saved in told["changes"]]
        except (ValueError, TypeError, KeyError, AttributeError):
            return  # of another version
        for name, record in records.items():
            record.failed = self.failures(name)
        self._records = records
        self.changes = deque(changes, maxlen=MOST_CHANGES)


def _is_fresh(result: CheckResult, now: dt.datetime) -> bool:
    """Tell whether a result is recent, and not from the future after a clock was set back."""
    return -STALE < now - result.at < STALE


def _dumped(result: CheckResult) -> list[Any]:
    times = (result.at, result.reported.begin, result.reported.end)
    return [result.reported.state, result.ahead, *(time and time.timestamp() for time in times)]


def _loaded(told: list[Any]) -> CheckResult:
    state, ahead, when, begin, end = told
    looked = parse_time(when)
    if looked is None or not isinstance(ahead, (float, int, type(None))):
        raise ValueError("not a result")
    return CheckResult(
        looked, ReportedState(_state(state), parse_time(begin), parse_time(end)), ahead
    )


def _state(value: Any) -> ExchangeState:
    if value not in get_args(ExchangeState):
        raise ValueError("not a state")
    found: ExchangeState = value
    return found
