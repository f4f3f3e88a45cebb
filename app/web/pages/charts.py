"""Small bar charts as SVG rectangles; the template draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 240
HEIGHT = 48
GAP = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in a drawing of `WIDTH` by `HEIGHT` units, from the top left.

    `value` is the number that it shows.
    """

    x: float
    y: float
    width: float
    height: float
    value: int


def bars(values: Sequence[int]) -> tuple[Bar, ...]:
    """Return a bar for each value; the highest fills the drawing, and zero is a hair line."""
    if not values:
        return ()
    width = (WIDTH - GAP * (len(values) - 1)) / len(values)
    top = max(*values, 1)
    bars = []
    for place, value in enumerate(values):
        height = max(1.0, HEIGHT * value / top)
        bars.append(
            Bar(
                x=round(place * (width + GAP), 2),
                y=round(HEIGHT - height, 2),
                width=round(width, 2),
                height=round(height, 2),
                value=value,
            )
        )
    return tuple(bars)
