"""The checks that run before a commit and in a pull request do what they say."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import ROOT

HOOKS: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
# YAML takes the word `on` for true.
WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text("utf-8"))
STEPS: list[str] = [step["run"] for step in WORKFLOW["jobs"]["check"]["steps"] if "run" in step]
PROGRAM = ".venv/bin/helpcenter"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder like a clone after `make setup`, with only what the content needs."""
    shutil.copytree(ROOT / "tests/fixtures/content", tmp_path / "content")
    program = tmp_path / PROGRAM
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m app "$@" --content content\n')
    program.chmod(0o755)
    return tmp_path


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = shlex.split(command)
    return subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)


def breaks(folder: Path) -> None:
    file = folder / "content/issues/cold-water.md"
    text = file.read_text("utf-8")
    assert "\nsymptom:" in text
    file.write_text(text.replace("\nsymptom:", "\nsymptm:"), "utf-8")


def hook() -> dict[str, Any]:
    ((found,),) = [repository["hooks"] for repository in HOOKS["repos"]]
    assert isinstance(found, dict)
    return found


def test_the_hook_comes_from_here_and_is_for_content() -> None:
    assert [repository["repo"] for repository in HOOKS["repos"]] == ["local"]
    assert hook()["files"] == "^content/"
    # The check looks at everything: a name may be used elsewhere.
    assert hook()["pass_filenames"] is False


@pytest.mark.slow
def test_the_hook_refuses_content_with_errors_only(clone: Path) -> None:
    good = run(hook()["entry"], clone)
    assert good.returncode == 0, good.stdout + good.stderr
    breaks(clone)
    bad = run(hook()["entry"], clone)
    assert bad.returncode == 1
    assert "did you mean `symptom`?" in bad.stdout


def test_the_workflow_asks_for_nothing_but_to_read() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "pull_request" in WORKFLOW[True]
    for step in WORKFLOW["jobs"]["check"]["steps"]:
        assert ("uses" in step) != ("run" in step)


def test_the_workflow_checks_content_before_code() -> None:
    assert ["make setup", f"{PROGRAM} check --format github", "make check"] == STEPS
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for command in STEPS:
        if command.startswith("make "):
            assert f"\n{command.removeprefix('make ')}: " in makefile


@pytest.mark.slow
def test_the_workflow_marks_a_mistake_at_its_line(clone: Path) -> None:
    check = STEPS[1]
    assert run(check, clone).returncode == 0
    breaks(clone)
    bad = run(check, clone)
    assert bad.returncode == 1
    place = "::error file=content/issues/cold-water.md,line=3,"
    (line,) = (line for line in bad.stdout.splitlines() if line.startswith(place))
    assert "title=unknown-key::unknown key `symptm`" in line
