"""docs/writing.md does what it says: its files are written, its commands run, in their order."""

from __future__ import annotations

import datetime as dt
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.checks.survey import Survey
from app.cli import main
from app.content.folder import Folder
from app.settings import ROOT

DOC = ROOT / "docs/writing.md"
BLOCK = re.compile(
    r"^```(?P<kind>\w+)(?: (?P<path>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Command:
    """A line after `$` with the lines of its output that the page shows."""

    line: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """A file that the page shows whole."""

    path: str
    text: str


def steps() -> Iterator[Command | Written]:
    """Yield what a reader of the page does, in order."""
    for block in BLOCK.finditer(DOC.read_text("utf-8")):
        if block["path"]:
            yield Written(block["path"], block["text"])
        elif block["kind"] == "console":
            for part in re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]:
                line, *shown = part.rstrip("\n").split("\n")
                yield Command(line, tuple(shown))


def test_there_is_something_to_run() -> None:
    commands = [step.line for step in steps() if isinstance(step, Command)]
    for name in (
        "new issue",
        "check",
        "publish",
        "rename issue",
        "retire issue",
        "retire error",
        "serve --dev",
    ):
        assert any(line.startswith(f"helpcenter {name}") for line in commands), name
    assert len([step for step in steps() if isinstance(step, Written)]) >= 2


def test_what_the_page_names_is_there() -> None:
    text = DOC.read_text("utf-8")
    for target in re.findall(r"\]\(((?!/)[^)#]+)\)", text):
        assert (DOC.parent / target).exists(), target
    for path in (".vscode/settings.json", ".pre-commit-config.yaml", ".github/workflows/check.yml"):
        assert (ROOT / path).is_file()
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make (\w+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.slow
def test_every_command_does_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Survey, "today", dt.date.today())
    # Without the translations, which this page is not about: every command reads them.
    languages = (language.folder for language in Folder(ROOT / "content").languages())
    ignored = shutil.ignore_patterns(*languages)
    shutil.copytree(ROOT / "content", tmp_path / "content", ignore=ignored)
    (tmp_path / "data").mkdir()
    before = findings(tmp_path)
    for step in steps():
        if isinstance(step, Written):
            assert (tmp_path / step.path).is_file(), "a command of the page made it"
            (tmp_path / step.path).write_text(step.text, "utf-8")
        elif "serve" in step.line:
            assert "No Key Saved" not in served(step.line, tmp_path)
        elif step.line == "helpcenter check":
            # Only what the page itself brings about: writers of today may have warnings.
            new = findings(tmp_path) - before
            assert len(new) == len(step.shown), new
            assert all(any(line.startswith(shown) for line in new) for shown in step.shown)
        else:
            done = run(step.line, tmp_path)
            assert done.exit_code == 0, f"{step.line}\n{done.stdout}{done.stderr}"
            lines = done.stdout.split("\n")
            for shown in step.shown:
                assert any(line.startswith(shown) for line in lines), (step.line, lines)
    assert not (tmp_path / "content/issues/no-key-saved.md").exists(), "it was renamed and retired"


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a reader who activated .venv, in a clone at `folder`."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("HELP_")}
    here = {"HELP_CONTENT": str(folder / "content"), "HELP_DATA": str(folder / "data")}
    return outside | here | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HELP_PORT": "0"}


def run(line: str, folder: Path) -> Result:
    """Run a command in this process, which has imported the program already."""
    echo, _, command = line.rpartition(" | ")
    given = f"{shlex.split(echo)[1]}\n" if echo else None
    program, *words = shlex.split(command)
    assert program == "helpcenter", line
    return CliRunner().invoke(main, words, input=given, env=environment(folder))


def findings(folder: Path) -> set[str]:
    """Return what the check says, a line each."""
    done = run("helpcenter check", folder)
    assert isinstance(done.exception, SystemExit | None), done.exception
    # Any new words may tip the balance for an example elsewhere: that is for who writes them.
    others = re.compile(r"(?!content/issues/no-key-saved\.md)\S+ wrong-example: ")
    return {line for line in done.stdout.splitlines() if not others.match(line)}


def served(line: str, folder: Path) -> str:
    """Start the server, and return its first page."""
    with subprocess.Popen(
        ["/bin/sh", "-c", f"exec {line}"],
        cwd=folder,
        env=environment(folder),
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        try:
            match = None
            while match is None:
                told = server.stderr.readline()
                assert told, "the server says where it is"
                match = re.search(r"http://127\.0\.0\.1:\d+", told)
            with urllib.request.urlopen(match[0], timeout=60) as answer:
                return str(answer.read().decode())
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=60)
