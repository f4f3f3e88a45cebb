"""`/insights`: the page for writers, behind a password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from app.checks.upkeep import STALE_DAYS
from app.feedback.records import UNANSWERED_DAYS, StoreUnavailableError, Week
from app.insights import Insights
from app.web.pages import charts
from app.web.pages.charts import Bar
from app.web.pages.handlers import Handlers, Shell
from app.web.serving.insights import NotComputedError

MOST_SHOWN = 100
"""How many rows of a list the page shows, so that rendering it holds up nobody."""


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
    """`/insights`: for writers. `problem` says why there are no insights.

    Votes and texts are of the last `days`. Of each list the page shows the first `most`.
    """

    template: ClassVar[str] = "pages/insights.html"

    shell: Shell
    insights: Insights | None
    problem: str | None
    charts: tuple[ChartView, ...]
    most: int = MOST_SHOWN
    days: int = UNANSWERED_DAYS
    stale_days: int = STALE_DAYS


class InsightsHandlers(Handlers):
    """The handler of the insights."""

    __slots__ = ()

    async def show(self, request: Request) -> Response:  # noqa: ARG002 - the signature of a handler
        """Answer with the insights; a guard has asked for the password."""
        insights: Insights | None = None
        problem: str | None = None
        try:
            insights = await self.feedback.insights(self.edition.knowledge)
        except StoreUnavailableError as error:
            problem = f"The store can't be read: {error}. The help pages are not affected."
        except NotComputedError:
            problem = "The insights are being computed. Reload this page in a few seconds."
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
            problem=problem,
            charts=_charts(insights.weeks) if insights else (),
        )
        if problem:
            return self.uncached(context, status=503, headers={"Retry-After": "5"})
        return self.uncached(context)


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
