"""The response of an exchange -> its state, as its content file explains.

Only a state, two times and a clock are taken from a response; no text of it is kept.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.model import StatusCalls, StatusNotices

ExchangeState = Literal[
    "operating", "announced", "maintenance", "limited", "answers", "silent", "unknown"
]
"""`silent`: it does not answer from here. `unknown`: nothing is newer than five minutes."""

_EARLIEST, _LATEST = 946_684_800.0, 4_102_444_800.0
"""The years 2000 and 2100: times outside are nonsense."""
_UNITS = (1.0, 1e3, 1e6, 1e9)
"""Seconds, milliseconds, microseconds and nanoseconds, in parts of a second."""


class UnreadableResponseError(Exception):
    """A response that differs from its documentation."""


@dataclass(frozen=True, slots=True)
class ReportedState:
    """What an exchange says of itself; `begin` and `end` are those of a maintenance."""

    state: ExchangeState
    begin: dt.datetime | None = None
    end: dt.datetime | None = None


def parse_json(body: bytes) -> Any:
    """Return the JSON of a response; raise `UnreadableResponseError` if it isn't JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableResponseError("no JSON") from None


def read_state(calls: StatusCalls, answer: Any) -> ReportedState:
    """Return the state in a response to a status call; raise `UnreadableResponseError`."""
    if not isinstance(answer, (dict, list)):
        raise UnreadableResponseError("no object and no list")
    if not _agrees(answer, calls.expect):
        raise UnreadableResponseError("not the expected answer")
    found: list[ReportedState] = []
    if calls.field:
        state = calls.values.get(_text(value_at(answer, calls.field)))
        if state is None:
            return ReportedState("answers")
        found.append(ReportedState(state, end=parse_time(value_at(answer, calls.end))))
    if calls.notices:
        found += _notices(calls.notices, answer)
    # The gravest counts; of several announcements, the next.
    order = ("maintenance", "limited", "announced", "operating", "answers")
    latest = dt.datetime.max.replace(tzinfo=dt.UTC)
    return min(
        found or [ReportedState("operating" if calls.notices else "answers")],
        key=lambda said: (order.index(said.state), said.begin or latest),
    )


def _notices(notices: StatusNotices, answer: Any) -> Iterator[ReportedState]:
    listed = value_at(answer, notices.field)
    if listed is None and notices.state is None:
        return  # a list that may be left out while it is empty
    if not isinstance(listed, list):
        raise UnreadableResponseError("no list of announcements")
    for notice in listed:
        known = notices.values.get(_text(value_at(notice, notices.state)))
        state = known if notices.state else "announced"
        if state and _agrees(notice, notices.only):
            begin, end = value_at(notice, notices.begin), value_at(notice, notices.end)
            yield ReportedState(state, parse_time(begin), parse_time(end))


def value_at(value: Any, path: str | None) -> Any:
    """Return the value at a path such as `result.list` or `data.0.ts`; None when it is absent."""
    if path is None:
        return None
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def parse_time(value: Any) -> dt.datetime | None:
    """Return a time in ISO 8601, or since 1970 in any unit; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return _iso(value)
    for unit in _UNITS:
        if _EARLIEST <= number / unit <= _LATEST:
            return dt.datetime.fromtimestamp(number / unit, dt.UTC)
    return None


def _iso(value: Any) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(value).astimezone(dt.UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if _EARLIEST <= found.timestamp() <= _LATEST else None


def _agrees(value: Any, wanted: Mapping[str, str]) -> bool:
    return all(_text(value_at(value, path)) == text for path, text in wanted.items())


def _text(value: Any) -> str:
    """Return a value as a content file writes it: 0 and "0" are the same there."""
    return str(value) if isinstance(value, (str, int)) else ""
