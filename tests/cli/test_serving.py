"""What `helpcenter serve` takes to start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hardening.server import Running

IMPORTED = re.compile(r"^import time:.*\|\s+(\S+)$", re.MULTILINE)


def imported_by_a_start(folder: Path) -> set[str]:
    """Start a server and stop it; return every module that it imported."""
    server = Running(folder, PYTHONPROFILEIMPORTTIME="1")
    said = len(server.log.read_text())
    server.stop()
    return set(IMPORTED.findall(server.log.read_text()[:said]))


@pytest.mark.slow
def test_a_start_imports_only_what_it_needs(tmp_path: Path) -> None:
    first = imported_by_a_start(tmp_path / "first")
    assert "alembic" in first  # to make the tables
    (tmp_path / "second").mkdir()
    (tmp_path / "first" / "data").rename(tmp_path / "second" / "data")
    second = imported_by_a_start(tmp_path / "second")
    assert {"app.web.application", "app.feedback.store", "sqlalchemy"} < second
    assert not second & {"alembic", "psycopg"}
    assert not second & {
        "app.authoring.refactoring",
        "app.evaluation",
        "app.checks.proof",
    }  # other commands
