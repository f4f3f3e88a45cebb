"""Measure all and write docs/performance.md: `python -m bench`; or print some parts of it."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import os
import platform
import sys
import time
from pathlib import Path

from bench.report import Section, draw, goals_table, markdown

PARTS = ("weight", "widget", "pages", "search", "diagnosis", "scale")
DOCS = Path(__file__).parents[1] / "docs"
PAGE = """\
# Performance

This page shows measured sizes and speeds; `make bench` writes it. Each figure is measured in turns
with its baseline, in several rounds of a single run. The tables show medians, and the spread from
the lowest to the highest round. Compare the ratios: absolute figures depend on the machine.

{machine}

{goals}

{sections}
"""


def main() -> None:
    """Measure the given parts and print them. Without parts, measure all and write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parts = tuple(parser.parse_args().parts) or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    sections: list[Section] = []
    for part in parts:
        start = time.monotonic()
        sections += importlib.import_module(f"bench.{part}").run()
        print(f"{part}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    if parts == PARTS:
        write(sections)
    print(goals_table(sections), markdown(sections), sep="\n\n")


def write(sections: list[Section]) -> None:
    """Write docs/performance.md and the charts beside it."""
    charts = DOCS / "performance"
    charts.mkdir(exist_ok=True)
    for old in charts.glob("*.svg"):
        old.unlink()
    for section in sections:
        draw(section, charts)
    page = PAGE.format(
        machine=machine(), goals=goals_table(sections), sections=markdown(sections, charts.name)
    )
    (DOCS / "performance.md").write_text(page, "utf-8")


def machine() -> str:
    """Return the time and the machine of the measurement."""
    load = os.getloadavg()[0]
    return (
        f"{dt.date.today()}, Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores, load at the end {load:.1f}."
    )


if __name__ == "__main__":
    main()
