"""What is known of all exchanges: the present state, the last 24 hours, and the changes."""

from __future__ import annotations

import datetime as dt
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, get_args

from app.status.asking import Look
from app.status.reading import Said, State, moment

STALE = dt.timedelta(minutes=5)
"""The age from which on a look says nothing any more."""
SLOT_SECONDS = 15 * 60
SLOTS = 24 * 3600 // SLOT_SECONDS
"""The last day is divided into slots, each with its gravest state."""
MOST_CHANGES = 100
FAILURES = 2
"""The number of failed looks in a row from which on an exchange counts as silent."""

GRAVITY: tuple[State, ...] = (
    *("unknown", "answers", "operating", "announced"),
    *("silent", "limited", "maintenance"),
)
"""The states, the gravest last."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change in the state of an exchange."""

    exchange: str
    look: Look


@dataclass(slots=True)
class _Record:
    """What is known of one exchange; `failed` counts the looks that failed since the last good."""

    look: Look | None = None
    failed: int = 0
    slots: dict[int, State] = field(default_factory=dict)


class Board:
    """The latest looks at all exchanges, bounded in size however long they are noted."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}
        self.changes: deque[StateChange] = deque(maxlen=MOST_CHANGES)
        """The newest last."""

    def note(self, exchange: str, look: Look) -> None:
        """Note a look."""
        record = self._records.setdefault(exchange, _Record())
        record.failed = record.failed + 1 if look.said.state == "silent" else 0
        if 0 < record.failed < FAILURES and record.look:
            return
        before = record.look.said if record.look else None
        record.look = look
        if before and (before.state, before.begin) != (look.said.state, look.said.begin):
            self.changes.append(StateChange(exchange, look))
        slot = int(look.at.timestamp()) // SLOT_SECONDS
        gravest = max(record.slots.get(slot, "unknown"), look.said.state, key=GRAVITY.index)
        record.slots = {
            when: state for when, state in record.slots.items() if slot - SLOTS < when <= slot
        } | {slot: gravest}

    def failures(self, exchange: str) -> int:
        """Return how many looks failed since the last good one."""
        record = self._records.get(exchange)
        return record.failed if record else 0

    def is_known(self, now: dt.datetime) -> bool:
        """Tell whether any exchange has answered lately; if none has, our connection is down."""
        return any(
            _is_fresh(record.look, now) and record.look.said.state != "silent"
            for record in self._records.values()
            if record.look
        )

    def look(self, exchange: str, now: dt.datetime) -> Look | None:
        """Return the latest look; None when nothing is known of the exchange or of any other."""
        record = self._records.get(exchange)
        if record is None or record.look is None or not _is_fresh(record.look, now):
            return None
        return record.look if self.is_known(now) else None

    def day(self, exchange: str, now: dt.datetime) -> tuple[State, ...]:
        """Return the state of every quarter of an hour of the last day, the present last."""
        record = self._records.get(exchange)
        slots: Mapping[int, State] = record.slots if record else {}
        last = int(now.timestamp()) // SLOT_SECONDS
        return tuple(slots.get(slot, "unknown") for slot in range(last - SLOTS + 1, last + 1))

    def our_clock(self, now: dt.datetime) -> float | None:
        """Return how many seconds our clock is behind those of most exchanges."""
        looks = (self.look(exchange, now) for exchange in self._records)
        told = [look.ahead for look in looks if look and look.ahead is not None]
        return median(told) if told else None

    def dump(self) -> str:
        """Return everything as text, for other processes and the next start."""
        return json.dumps(
            {
                "exchanges": {
                    name: {"look": _dumped(record.look), "slots": record.slots}
                    for name, record in self._records.items()
                    if record.look
                },
                "changes": [[change.exchange, _dumped(change.look)] for change in self.changes],
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
            changes = [StateChange(name, _loaded(look)) for name, look in told["changes"]]
        except (ValueError, TypeError, KeyError, AttributeError):
            return  # of another version
        for name, record in records.items():
            record.failed = self.failures(name)
        self._records = records
        self.changes = deque(changes, maxlen=MOST_CHANGES)


def _is_fresh(look: Look | None, now: dt.datetime) -> bool:
    """Tell whether a look is recent, and not from the future after a clock was set back."""
    return look is not None and -STALE < now - look.at < STALE


def _dumped(look: Look | None) -> list[Any] | None:
    if look is None:
        return None
    times = (look.at, look.said.begin, look.said.end)
    return [look.said.state, look.ahead, *(moment and moment.timestamp() for moment in times)]


def _loaded(told: list[Any]) -> Look:
    state, ahead, when, begin, end = told
    looked = moment(when)
    if looked is None or not isinstance(ahead, (float, int, type(None))):
        raise ValueError("not a look")
    return Look(looked, Said(_state(state), moment(begin), moment(end)), ahead)


def _state(value: Any) -> State:
    if value not in get_args(State):
        raise ValueError("not a state")
    found: State = value
    return found
