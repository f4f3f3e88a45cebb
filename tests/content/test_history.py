"""Dates of change, from git where there is git."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from pathlib import Path

import pytest

from app.content.history import change_dates


def commit(repository: Path, day: str, **files: str) -> None:
    for name, text in files.items():
        path = repository / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(repository, "add", "-A")
    git(repository, "commit", "-m", "x", day=day)


def git(repository: Path, *arguments: str, day: str = "2020-01-01") -> None:
    who = {"NAME": "Tea", "EMAIL": "tea@pot.example", "DATE": f"{day}T12:00:00Z"}
    environment = {f"GIT_{role}_{key}": who[key] for role in ("AUTHOR", "COMMITTER") for key in who}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-c", "protocol.file.allow=always", *arguments]
    subprocess.run(
        command, cwd=repository, env=os.environ | environment, check=True, capture_output=True
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-b", "main")
    commit(root, "2026-01-01", content__a="1", content__issues__ä="1", other="1")
    commit(root, "2026-02-02", content__a="2", other="2")
    commit(root, "2026-03-03", other="3")
    return root


def test_each_file_has_the_day_of_its_last_commit(repository: Path) -> None:
    (repository / "content" / "new").write_text("not committed")
    assert change_dates(repository / "content") == {
        "a": dt.date(2026, 2, 2),
        "issues/ä": dt.date(2026, 1, 1),
    }


def test_a_shallow_clone_knows_only_what_it_saw_change(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--depth", "2", repository.as_uri(), "shallow")
    assert change_dates(tmp_path / "shallow" / "content") == {}
    assert change_dates(tmp_path / "shallow") == {"other": dt.date(2026, 3, 3)}


def test_without_git_nothing_is_known(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "plain").mkdir()
    assert change_dates(tmp_path / "plain") == {}
    assert change_dates(tmp_path / "nowhere") == {}
    monkeypatch.setenv("PATH", "")
    assert change_dates(repository / "content") == {}
