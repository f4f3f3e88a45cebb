"""docs/translating.md, from nothing to a seventh language, followed to the letter."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po

from app.content.folder import Folder
from app.settings import ROOT
from tests.pseudo import LONG, pseudo

pytestmark = pytest.mark.slow

SERVED = """
from pathlib import Path
from starlette.testclient import TestClient
from app.settings import Settings
from app.web.application import create_app
with TestClient(create_app(Settings(data=Path("data")))) as client:
    print(client.get("/de/issues/ip-whitelist-not-configured").text)
"""


def translate(path: Path) -> None:
    """Translate a PO file as a translator would."""
    catalog = read_po(io.BytesIO(path.read_bytes()), locale="de")
    for message in catalog:
        if message.id and isinstance(message.id, str):
            message.string = pseudo(message.id, LONG)
        elif message.id:
            message.string = tuple(pseudo(message.id[-1], LONG) for _ in message.string or ())
    with path.open("wb") as file:
        write_po(file, catalog)


def test_the_commands_of_the_page_make_a_language(tmp_path: Path) -> None:
    # Beside one other language, since each takes its time.
    others = {language.folder for language in Folder(ROOT / "content").languages()} - {"es"}
    assert len(others) == 4
    for name in ("app", "content", "locales", "static", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(*others))
    for name in ("pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, tmp_path / name)

    def run(command: str) -> str:
        words = command.replace("make messages", "python -m app.development.catalogs").split()
        python = [sys.executable, "-m", "app"] if words[0] == "helpcenter" else [sys.executable]
        given, _, target = " ".join(words[1:]).partition(" > ")
        done = subprocess.run(
            [*python, *given.split()], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stderr)
        if target:
            (tmp_path / target).write_text(done.stdout)
        return done.stdout + done.stderr

    text = (ROOT / "docs" / "translating.md").read_text()
    section = text.partition("## A new language")[2].partition("\n## ")[0]
    commands = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert commands
    lines = [line.partition("  #")[0].strip() for line in commands[1].splitlines()]
    assert len(lines) > 4
    for line in filter(None, lines):
        if line.startswith("edit "):
            translate(tmp_path / line.removeprefix("edit "))
        else:
            said = run(line)
    assert "content/de" not in said, said
    page = subprocess.run(
        [sys.executable, "-c", SERVED], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert '<html lang="de">' in page
    assert pseudo("Common causes", LONG) in page
    assert 'hreflang="de"' in page
    assert '<span lang="en"' not in page
