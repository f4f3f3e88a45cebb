"""When content files were changed last, as git knows it."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Mapping
from pathlib import Path

_COMMIT = "\x01"
_SECONDS = 20


def change_dates(root: Path) -> Mapping[str, dt.date]:
    """Return the day of the last commit of each file below `root`, by its path below `root`.

    Empty without git or a repository. A file is left out where nobody can tell: it isn't committed
    yet, or all that a shallow clone knows is that it is older than the clone.
    """
    command = ["git", "-c", "core.quotePath=false", "-C", str(root), "log", "--name-only"]
    # %cs: the committer's day; %D says "grafted" where the history of a shallow clone is cut off.
    command += ["--decorate=short", "--relative", f"--format={_COMMIT}%cs %D", "--", "."]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return {}
    dates: dict[str, dt.date] = {}
    for commit in done.stdout.decode("utf-8", "replace").split(_COMMIT)[1:]:
        head, _, names = commit.partition("\n")
        day, _, refs = head.partition(" ")
        # Commits come newest first. A cut-off one lists every file, changed by it or not.
        cut_off = "grafted" in refs.split(", ")
        for name in names.split("\n"):
            if name and not cut_off:
                dates.setdefault(name, dt.date.fromisoformat(day))
    return dates
