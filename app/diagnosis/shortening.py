"""The longest text that is diagnosed, and what is kept of a longer text.

The browser does the same before it sends a text (`shorten` in static/app.js).
"""

from __future__ import annotations

import re
from itertools import chain

_TELLING = re.compile(
    r"error|exception|fail|denied|refused|reject|invalid|forbidden|unauthori|code\W{0,4}-?\d",
    re.IGNORECASE,
)
MAX_TEXT_BYTES = 16 * 1024
"""The longest text that is diagnosed, in bytes of UTF-8."""

LAST_LINES = 20
"""The number of lines at the end that are kept first."""

LONGEST_LINE = 2_000
"""The most characters of a line; the middle of a longer line is cut out."""


def is_too_long(text: str) -> bool:
    """Tell whether a text is longer than `MAX_TEXT_BYTES`."""
    return len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES


def shorten(text: str) -> tuple[str, int]:
    """Return at most `MAX_TEXT_BYTES` of `text`, and how many lines are left out.

    The last lines are kept, then lines about errors with their neighbours, the last ones first.
    """
    lines = [_cut(line) for line in text.split("\n")]
    telling = (place for place in range(len(lines) - 1, -1, -1) if _TELLING.search(lines[place]))
    around = (place for middle in telling for place in (middle, middle - 1, middle + 1))
    kept: set[int] = set()
    size = 0
    for place in chain(range(len(lines) - 1, len(lines) - 1 - LAST_LINES, -1), around):
        if place in kept or not 0 <= place < len(lines):
            continue
        size += len(lines[place].encode("utf-8", "replace")) + 1
        if size > MAX_TEXT_BYTES:
            break
        kept.add(place)
    return "\n".join(lines[place] for place in sorted(kept)), len(lines) - len(kept)


def _cut(line: str) -> str:
    if len(line) <= LONGEST_LINE:
        return line
    half = LONGEST_LINE // 2
    return f"{line[:half]} … {line[-half:]}"
