"""When each page's file was changed last: `dates.txt`, which `helpcenter publish` writes.

The dates are part of the content, so that they are the same in a clone, in an image without git and
for another user. A line holds the day, a mark of the file's text, and its path.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DATES_FILE = "dates.txt"
DATES_HEADER = """\
# The day on which each file was changed last, with a mark of its text. `helpcenter publish` writes
# this file; the sitemap, the feed and "Changed on" tell the days.
"""


@dataclass(frozen=True, slots=True)
class FileChange:
    """The last change of a file: its day, and a mark of the text that the file had then."""

    day: dt.date
    mark: str


def parse_dates(lines: Iterable[str]) -> Mapping[str, FileChange]:
    """Return the last change of each file by its path; lines of another form don't count."""
    changes = {}
    for line in lines:
        day, _, rest = line.partition(" ")
        mark, _, path = rest.partition(" ")
        try:
            changes[path] = FileChange(dt.date.fromisoformat(day), mark)
        except ValueError:
            continue
    return changes


def dates_text(texts: Mapping[str, str], known: Mapping[str, FileChange], today: dt.date) -> str:
    """Return `dates.txt` for the files with these `texts`, by path.

    A file keeps its day while its text has the mark that is `known`; else it changed `today`.
    """
    lines = []
    for path, text in sorted(texts.items()):
        mark = hashlib.sha256(text.encode()).hexdigest()[:12]
        change = known.get(path)
        day = change.day if change and change.mark == mark else today
        lines.append(f"{day} {mark} {path}\n")
    return DATES_HEADER + "".join(lines)
