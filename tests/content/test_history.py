"""Dates of change: written when content is published, and the same everywhere."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from click.testing import CliRunner

from app.cli import main
from app.content.history import DATES_FILE, FileChange, dates_text, parse_dates
from tests.conftest import TEAPOTS

MONDAY, TUESDAY = dt.date(2026, 3, 2), dt.date(2026, 3, 3)


def test_a_changed_file_gets_the_day_and_others_keep_theirs() -> None:
    first = dates_text({"issues/a.md": "tea", "issues/ä b.md": "pot"}, {}, MONDAY)
    known = parse_dates(first.splitlines())
    assert {path: change.day for path, change in known.items()} == {
        "issues/a.md": MONDAY,
        "issues/ä b.md": MONDAY,
    }
    second = dates_text({"issues/a.md": "cold tea", "issues/ä b.md": "pot"}, known, TUESDAY)
    days = {path: change.day for path, change in parse_dates(second.splitlines()).items()}
    assert days == {"issues/a.md": TUESDAY, "issues/ä b.md": MONDAY}
    assert (
        dates_text({"issues/a.md": "cold tea"}, parse_dates(second.splitlines()), MONDAY) < second
    )


def test_lines_of_another_form_do_not_count() -> None:
    lines = ["# head", "", "yesterday 0 a", "2026-03-02 0 a"]
    assert parse_dates(lines) == {"a": FileChange(MONDAY, "0")}


def test_publish_writes_the_days_of_the_files_that_changed(tmp_path: Path) -> None:
    import shutil

    root = Path(shutil.copytree(TEAPOTS, tmp_path / "content"))
    assert CliRunner().invoke(main, ["publish", "--content", str(root)]).exit_code == 0
    written = (root / DATES_FILE).read_text("utf-8")
    assert f"{dt.date.today()} " in written
    (root / DATES_FILE).write_text(written.replace(str(dt.date.today()), "2026-03-02"), "utf-8")
    page = root / "issues" / "rattling-lid.md"
    page.write_text(page.read_text("utf-8").replace("title: ", "title: Loudly "), "utf-8")
    assert CliRunner().invoke(main, ["publish", "--content", str(root)]).exit_code == 0
    changes = parse_dates((root / DATES_FILE).read_text("utf-8").splitlines())
    changed = [path for path, change in changes.items() if change.day != MONDAY]
    assert changed == ["issues/rattling-lid.md"]
