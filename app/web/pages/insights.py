"""`/insights`: what writers should look at next, behind a token; absent without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from app.feedback.records import StoreUnavailableError, Week
from app.insights import Insights, gather
from app.web.pages import charts
from app.web.pages.charts import Bar
from app.web.pages.handlers import Handlers, Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """A small bar chart, a bar for each week; `values` say the same in words.

    `weeks` are the days on which the weeks began, for people.
    """

    title: str
    weeks: tuple[str, ...]
    values: tuple[int, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightsPage:
    """`/insights`: for writers. `unavailable` says why there are none, when the store is away."""

    template: ClassVar[str] = "pages/insights.html"

    shell: Shell
    insights: Insights | None
    unavailable: str | None
    charts: tuple[ChartView, ...]


class InsightsPages(Handlers):
    """The handler of the insights."""

    __slots__ = ()

    async def show(self, request: Request) -> Response:  # noqa: ARG002 - the signature of a handler
        """Answer with the insights; a guard has asked for the password."""
        insights: Insights | None = None
        unavailable: str | None = None
        try:
            store = self.feedback.store
            insights = await store.read(lambda: gather(store, self.edition.knowledge))
        except StoreUnavailableError as error:
            unavailable = str(error)
        context = InsightsPage(
            shell=self.shell(
                "/insights",
                None,
                title="Insights",
                description="What visitors asked and did not find.",
                tailored=False,
                indexed=False,
            ),
            insights=insights,
            unavailable=unavailable,
            charts=_charts(insights.weeks) if insights else (),
        )
        return self.once(context)


def _charts(weeks: tuple[Week, ...]) -> tuple[ChartView, ...]:
    series = (
        ("Unanswered", [week.unanswered for week in weeks]),
        ("Not helpful", [week.unhelpful for week in weeks]),
        ("Helpful", [week.helpful for week in weeks]),
        ("Reports", [week.reports for week in weeks]),
    )
    starts = tuple(f"{week.start.day} {week.start:%B}" for week in weeks)
    return tuple(
        ChartView(title=title, weeks=starts, values=tuple(values), bars=charts.bars(values))
        for title, values in series
    )
