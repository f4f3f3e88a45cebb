"""The status of the exchanges: a single process asks, and shares the result with the others."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from app.feedback.records import Shared, StoreUnavailableError
from app.model import Exchange
from app.status import asking
from app.status.asking import CheckResult
from app.status.board import Board, StateChange
from app.status.reading import ExchangeState, ReportedState

PERIOD_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 240.0
"""The longest pause for an exchange that doesn't answer; its last result still counts as known
then."""
JITTER = 0.1
"""The part of a pause by which it varies, so that installations don't ask at the same moment."""
LEASE_SECONDS = 150.0
"""The seconds after which another process takes over from a silent process."""
CACHED_SECONDS = 300.0
"""The seconds after which pages with a status are rendered again."""

Share = Callable[[str, float, str | None], Awaitable[Shared]]

logger = logging.getLogger("helpcenter")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The status of one exchange for a page, as known at `now`.

    `at` is when we looked. `begin` and `end` are those of a maintenance. `ahead` is how many
    seconds its clock is ahead of our server's. `day` are the quarters of an hour of the last day.
    """

    exchange: Exchange
    state: ExchangeState
    now: dt.datetime
    at: dt.datetime | None = None
    begin: dt.datetime | None = None
    end: dt.datetime | None = None
    ahead: float | None = None
    day: tuple[ExchangeState, ...] = ()

    @property
    def operates(self) -> bool | None:
        """Whether it says that it operates; None when it says nothing of the kind."""
        if self.state in {"operating", "announced"}:
            return True
        return False if self.state in {"maintenance", "limited"} else None


def utc_now() -> dt.datetime:
    """Return the present time."""
    return dt.datetime.now(dt.UTC)


class StatusService:
    """Asks the exchanges of `exchanges` while `run` runs, and tells what is known of them.

    `share` is the store's (`Store.share_status`). Nothing waits for an exchange. When it is not
    `on`, and while no exchange answers, there is nothing to tell.
    """

    def __init__(
        self,
        exchanges: Callable[[], Sequence[Exchange]],
        share: Share,
        *,
        on: bool,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self.board = Board()
        self._exchanges = exchanges
        self._share = share
        self._on = on
        self._now = now
        self._holder = uuid4().hex
        self._holds = False
        self._due: dict[str, float] = {}
        self._cache_version: tuple[object, object] | None = None
        self._shown: object = None
        self._shown_at = 0.0

    async def run(self) -> None:
        """Check the exchanges once a minute, for ever."""
        while self._on:
            try:
                await self.turn()
            except Exception:
                logger.exception("the status of the exchanges could not be looked up")
            await asyncio.sleep(_varied(PERIOD_SECONDS))

    async def turn(self) -> None:
        """Check each exchange that is due, or learn what the process that asks has found."""
        held = self._holds
        shared = await self._shared(None)
        self._holds = shared is None or shared.holds
        if shared and not (held and self._holds):
            self.board.load(shared.text)
        if self._holds:
            await asyncio.gather(*map(self._check, self._exchanges()))
            if self.is_known():
                await self._shared(self.board.dump())
        self.renew()

    async def _shared(self, text: str | None) -> Shared | None:
        """Share with other processes; None when the store is away, and each asks for itself."""
        try:
            return await self._share(self._holder, LEASE_SECONDS, text)
        except StoreUnavailableError:
            return None

    async def _check(self, exchange: Exchange) -> None:
        calls = exchange.status
        if calls is None or time.monotonic() < self._due.get(exchange.id, 0):
            return
        self.board.note(exchange.id, await asking.check_exchange(calls, self._now))
        if failed := self.board.failures(exchange.id):
            pause = min(PERIOD_SECONDS * 2 ** (failed - 1), LONGEST_PAUSE_SECONDS)
            # A pause of one period is over at the next turn.
            self._due[exchange.id] = time.monotonic() + _varied(pause) - PERIOD_SECONDS / 2
        else:
            self._due.pop(exchange.id, None)

    def renew(self) -> None:
        """Expire the cached pages once a status in them has changed or is too old."""
        shown = [(view.exchange.id, view.state, view.begin) for view in self.views()]
        is_old = shown and time.monotonic() - self._shown_at > CACHED_SECONDS
        if shown != self._shown or is_old:
            self._shown, self._shown_at, self._cache_version = shown, time.monotonic(), None

    def cache_version(self, edition: object | None) -> object | None:
        """Return an object that stays the same as long as cached pages may be served."""
        if edition is None:
            return None
        if self._cache_version is None or self._cache_version[0] is not edition:
            self._cache_version = (edition, object())
        return self._cache_version

    def is_known(self) -> bool:
        """Tell whether there is anything to tell."""
        return self.board.is_known(self._now())

    def view(self, exchange: Exchange | None) -> StatusView | None:
        """Return what is known of an exchange; None while nothing is known of any."""
        now = self._now()
        if exchange is None or exchange.status is None or not self.board.is_known(now):
            return None
        result = self.board.latest(exchange.id, now) or CheckResult(now, ReportedState("unknown"))
        reported = result.reported
        return StatusView(
            exchange=exchange,
            state=reported.state,
            now=now,
            at=None if reported.state == "unknown" else result.at,
            begin=reported.begin,
            end=reported.end,
            ahead=result.ahead,
            day=self.board.day(exchange.id, now),
        )

    def views(self) -> tuple[StatusView, ...]:
        """Return what is known of all exchanges, in the writers' order."""
        return tuple(view for exchange in self._exchanges() if (view := self.view(exchange)))

    def changes(self) -> tuple[tuple[Exchange, StateChange], ...]:
        """Return what has changed, the newest first."""
        known = {exchange.id: exchange for exchange in self._exchanges()}
        changes = reversed(self.board.changes)
        return tuple(
            (known[change.exchange], change) for change in changes if change.exchange in known
        )

    def in_maintenance(self) -> frozenset[str]:
        """Return the ids of the exchanges that say that they are in maintenance now."""
        return frozenset(view.exchange.id for view in self.views() if view.state == "maintenance")

    def ahead(self, exchange: Exchange | None) -> float | None:
        """Return how many seconds the clock of `exchange` is ahead of ours.

        Where that isn't known: the median of all exchanges.
        """
        view = self.view(exchange)
        if view and view.ahead is not None:
            return view.ahead
        return self.board.our_clock(self._now())


def _varied(seconds: float) -> float:
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
