"""The report of the measurements says what was measured, and what was missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.report import Goal, Growth, Section, Series, draw, goals_table, markdown

PAGES = Section(
    title="Pages a second",
    text="Asked in turns.",
    unit="1/s",
    series=(Series("bare", (900, 1000, 1100)), Series("ours", (480, 500, 560))),
    baseline="bare",
    goals=(Goal("a page", 0.5, 0.5), Goal("p99", 2.7, 2, at_most=True)),
)
GROWTH = Section(
    title="Growth",
    text="With more articles.",
    growth=Growth((100, 1_000), {"start, s": (0.2, 0.5)}),
)


def test_ratios_are_to_the_median_of_the_baseline() -> None:
    assert "| ours | 500 | 16% | 0.50 |" in markdown([PAGES])


@pytest.mark.parametrize(
    ("goal", "reached"),
    [
        (Goal("at least", 0.5, 0.5), True),
        (Goal("at least", 0.49, 0.5), False),
        (Goal("at most", 2, 2, at_most=True), True),
        (Goal("at most", 2.1, 2, at_most=True), False),
    ],
)
def test_a_goal_knows_its_side(goal: Goal, reached: bool) -> None:
    assert goal.reached is reached


def test_missed_goals_are_said() -> None:
    assert "| p99 | 2.7 | ≤ 2 | **missed** |" in goals_table([PAGES])


def test_growth_is_a_table_by_size() -> None:
    assert "| articles | 100 | 1,000 |" in markdown([GROWTH])


@pytest.mark.parametrize("section", [PAGES, GROWTH])
def test_the_page_shows_the_chart_that_is_drawn(section: Section, tmp_path: Path) -> None:
    draw(section, tmp_path)
    (chart,) = tmp_path.iterdir()
    assert f"![{section.title}](charts/{chart.name})" in markdown([section], "charts")
    assert section.title in chart.read_text("utf-8")
