"""What every measurement returns, and how it is shown: Markdown tables, and charts as SVG.

A module of `bench/` has a function `run() -> list[Section]`. A section holds one quantity of
several contenders, measured in the same run, in turns; one of them may be the baseline.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import leather

WIDTH, HEIGHT, ROW_HEIGHT = 720, 360, 36
ACCENT, QUIET = "#0b63ce", "#8a94a6"
COLOURS = (ACCENT, "#b4530a", "#0f7b53", "#8b3fc6", "#b8185f", "#4a5568")


@dataclass(frozen=True, slots=True)
class Series:
    """One contender: its figure in every round, in the unit of the section."""

    name: str
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float:
        """From the lowest to the highest round, as a share of the median."""
        return (max(self.rounds) - min(self.rounds)) / self.median if self.median else 0.0


@dataclass(frozen=True, slots=True)
class Goal:
    """What was wanted of a figure, most often of a ratio, and what was measured."""

    text: str
    measured: float
    bound: float
    at_most: bool = False

    @property
    def reached(self) -> bool:
        """Whether the figure is on the wanted side of the bound."""
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound


@dataclass(frozen=True, slots=True)
class Growth:
    """How figures grow with the number of articles: one value of every line for every size."""

    sizes: tuple[int, ...]
    lines: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Section:
    """One measured quantity, with what it is compared to and what was wanted.

    `baseline` is the name of one of `series`; ratios are to its median. `text` says in a few
    sentences what was done. `growth` is drawn as lines, `series` as bars.
    """

    title: str
    text: str
    unit: str = ""
    series: tuple[Series, ...] = ()
    baseline: str = ""
    goals: tuple[Goal, ...] = ()
    growth: Growth | None = field(default=None)

    def ratio(self, name: str) -> float:
        """Return the median of a series in medians of the baseline."""
        medians = {row.name: row.median for row in self.series}
        return medians[name] / medians[self.baseline]

    @property
    def slug(self) -> str:
        """The name of its chart."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


def markdown(sections: Iterable[Section], charts: str = "") -> str:
    """Return the sections as Markdown; with `charts`, the path to their folder, also the charts."""
    return "\n\n".join(_section(section, charts) for section in sections)


def goals_table(sections: Iterable[Section]) -> str:
    """Return all goals in one table: measured, wanted, reached."""
    lines = ["| goal | measured | wanted | |", "|---|--:|--:|---|"]
    for goal in (goal for section in sections for goal in section.goals):
        sign = "≤" if goal.at_most else "≥"
        reached = "reached" if goal.reached else "**missed**"
        lines.append(
            f"| {goal.text} | {_figure(goal.measured)} | {sign} {_figure(goal.bound)} | {reached} |"
        )
    return "\n".join(lines)


def draw(section: Section, folder: Path) -> None:
    """Write the chart of a section into `folder`: bars, or lines for growth (both axes in tens)."""
    theme = leather.theme
    theme.background_color, theme.default_series_colors = "#ffffff", list(COLOURS)
    theme.title_font_family = theme.legend_font_family = theme.tick_font_family = "sans-serif"
    path = str(folder / f"{section.slug}.svg")
    if section.growth:
        _lines(section.title, section.growth).to_svg(path, width=WIDTH, height=HEIGHT)
    else:
        chart = leather.Chart(f"{section.title} ({section.unit})")
        chart.add_bars([(row.median, row.name) for row in section.series], fill_color=ACCENT)
        chart.to_svg(path, width=WIDTH, height=110 + ROW_HEIGHT * len(section.series))


def _lines(title: str, growth: Growth) -> leather.Chart:
    chart = leather.Chart(f"{title} (1 = with {growth.sizes[0]:,} articles)")
    places = [math.log10(size) for size in growth.sizes]
    linear = [size / growth.sizes[0] for size in growth.sizes]
    _line(chart, "linear", places, linear, QUIET)
    for (name, values), colour in zip(growth.lines.items(), COLOURS, strict=False):
        _line(chart, name, places, [value / values[0] for value in values], colour)
    chart.add_x_axis(ticks=places, tick_formatter=_power, name="articles")
    chart.add_y_axis(tick_formatter=_power)
    return chart


def _line(
    chart: leather.Chart, name: str, places: Sequence[float], values: Sequence[float], colour: str
) -> None:
    points = [(place, math.log10(value)) for place, value in zip(places, values, strict=True)]
    chart.add_line(points, name=name, stroke_color=colour)


def _power(value: float, index: int, count: int) -> str:  # noqa: ARG001 - what leather calls
    return f"{_figure(10 ** float(value))}"


def _section(section: Section, charts: str) -> str:
    parts = [f"## {section.title}", section.text]
    if charts:
        parts.append(f"![{section.title}]({charts}/{section.slug}.svg)")
    if section.series:
        parts.append(_series_table(section))
    if section.growth:
        parts.append(_growth_table(section.growth))
    return "\n\n".join(parts)


def _series_table(section: Section) -> str:
    ratio = f" {section.baseline} = 1 |" if section.baseline else ""
    lines = [
        f"| | {section.unit}, median | spread |{ratio}",
        "|---|--:|--:|" + ("--:|" if ratio else ""),
    ]
    for row in section.series:
        share = f" {section.ratio(row.name):.2f} |" if section.baseline else ""
        lines.append(f"| {row.name} | {_figure(row.median)} | {row.spread:.0%} |{share}")
    return "\n".join(lines)


def _growth_table(growth: Growth) -> str:
    lines = [
        "| articles | " + " | ".join(f"{size:,}" for size in growth.sizes) + " |",
        "|---|" + "--:|" * len(growth.sizes),
    ]
    for name, values in growth.lines.items():
        lines.append(f"| {name} | " + " | ".join(map(_figure, values)) + " |")
    return "\n".join(lines)


def _figure(value: float) -> str:
    """Return a figure with three digits that count, and thousands set apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
