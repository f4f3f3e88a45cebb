"""`/status`: whether the exchanges answer, and what they say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import addresses
from app.i18n import _
from app.status.board import SLOT_SECONDS, SLOTS
from app.status.reading import ExchangeState
from app.web.http.headers import NO_STORE
from app.web.pages.handlers import Handlers, Shell
from app.web.pages.rendering import wants_fragment
from app.web.serving.status import StatusView


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of the last day in one state; `begin` and `length` are in quarters of an hour."""

    state: ExchangeState
    begin: int
    length: int

    @property
    def hours(self) -> float:
        """Its length in hours."""
        return self.length * SLOT_SECONDS / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage:
    """`/status`: all exchanges, each with the stretches of the last day; `slots` fill a chart.

    `ahead` is how many seconds most of their clocks are ahead of our server's.
    """

    template: ClassVar[str] = "pages/status.html"

    shell: Shell
    rows: tuple[tuple[StatusView, tuple[Stretch, ...]], ...]
    ahead: float
    slots: int = SLOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFragment:
    """What htmx gets from `/status?exchange=`: the line about one exchange."""

    template: ClassVar[str] = "fragments/status.html"

    status: StatusView | None


class StatusHandlers(Handlers):
    """The handlers of the exchanges' status; no cache keeps their answers."""

    __slots__ = ()

    async def show(self, request: Request) -> Response:
        """Answer with all exchanges, or with the line about one for htmx."""
        if wants_fragment(request):
            chosen = self.chosen_exchange(request)
            return self.uncached(StatusFragment(status=self.status.view(chosen)))
        views = self.status.views()
        context = StatusPage(
            shell=self.shell(
                addresses.PATHS["status"],
                None,
                title=_("Exchange status"),
                description=_("What each exchange reports, or whether it answers our server."),
                tailored=False,
                indexed=False,
            ),
            rows=tuple((view, stretches(view.day)) for view in views),
            ahead=self.status.ahead(None) or 0.0,
        )
        return self.uncached(context)

    async def feed(self, request: Request) -> Response:
        """Answer with the changes as an Atom feed, the newest first."""
        if not self.edition.knowledge.exchanges:
            raise HTTPException(404)
        response = self.template(
            request,
            "text/status.xml",
            "application/atom+xml",
            site=self.edition.knowledge.site,
            changes=self.status.changes(),
        )
        response.headers["Cache-Control"] = NO_STORE
        return response


def stretches(day: tuple[ExchangeState, ...]) -> tuple[Stretch, ...]:
    """Return the parts of a day in which a state lasted, in order."""
    found: list[Stretch] = []
    begin = 0
    for state, slots in groupby(day):
        length = len(tuple(slots))
        found.append(Stretch(state=state, begin=begin, length=length))
        begin += length
    return tuple(found)
