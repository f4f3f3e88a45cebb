"""A wheel works without a clone: built, installed into a fresh environment, and used as told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import pytest

from app.settings import ROOT

pytestmark = pytest.mark.slow

PINS = re.compile(r"^[\w.-]+==[^\\\n]+", re.MULTILINE)
"""The pinned versions of a lock file, with their markers and without their hashes."""


@dataclass(frozen=True)
class Installed:
    """The program in an environment of its own, and an empty folder to work in."""

    program: Path
    folder: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command that has to be good, as somebody who has nothing set."""
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            [self.program, *words],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel and install it, with the pinned versions of what it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT]
    subprocess.run(build, check=True, timeout=300)
    (wheel,) = folder.glob("helpcenter-*.whl")
    pins = folder / "pins.txt"
    pins.write_text("\n".join(PINS.findall((ROOT / "requirements.lock").read_text("utf-8"))))
    home = folder / "home"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    into = [*pip, "--python", python, "install", "--only-binary", ":all:", "--constraint", pins]
    subprocess.run([*into, wheel], check=True, timeout=600)
    work = folder / "work"
    work.mkdir()
    return Installed(home / "bin" / "helpcenter", work)


@pytest.fixture(scope="module")
def copied(installed: Installed) -> str:
    """Copy the default content, as README says, and return the name of the folder."""
    done = installed.run("init", "my-help")
    assert done.returncode == 0, done.stderr
    assert "my-help/site.yml" in done.stdout
    return "my-help"


def served(installed: Installed, *flags: str) -> Iterator[str]:
    """Serve until the test is over; yield the address."""
    with subprocess.Popen(
        [installed.program, "serve", "--port", "0", *flags],
        cwd=installed.folder,
        env={},
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        try:
            line = server.stderr.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert address, line + server.stderr.read()
            yield address[0]
        finally:
            server.terminate()
            server.communicate(timeout=60)


@pytest.fixture(scope="module")
def own(installed: Installed, copied: str) -> Iterator[str]:
    """Serve the copy with another product's name and colour, and with a template laid over ours."""
    site = installed.folder / copied / "site.yml"
    renamed = site.read_text("utf-8").replace("product: Trading Bot", "product: Boat Robot")
    site.write_text(f'{renamed}\naccent: "#8a2be2"\n')
    templates = installed.folder / "my-templates" / "partials"
    templates.mkdir(parents=True)
    (templates / "_support.html").write_text('<section id="support"><h2>Ring</h2></section>')
    yield from served(installed, "--content", copied, "--templates", "my-templates")


def test_the_copy_is_without_a_mistake_and_without_our_promises(
    installed: Installed, copied: str
) -> None:
    done = installed.run("check", "--content", copied)
    assert (done.returncode, done.stdout) == (0, "")
    assert len(list((installed.folder / copied / "issues").glob("*.md"))) >= 10
    assert not (installed.folder / copied / "permalinks.txt").exists()


def test_own_content_is_served_with_its_style_and_a_diagnosis(own: str) -> None:
    with httpx.Client(base_url=own, timeout=60) as visitor:
        page = visitor.get("/")
        assert page.status_code == 200
        assert "Boat Robot IP Address for Whitelisting" in page.text
        assert "<h2>Ring</h2>" in page.text
        assert "#8a2be2" in visitor.get("/theme.css").text
        for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
            assert visitor.get(path).status_code == 200, path
        pasted = {"text": "-2015 Invalid API-key, IP, or permissions for action."}
        assert "-2015" in visitor.post("/diagnose", data=pasted).text


def test_visitors_votes_stay_in_the_working_directory(installed: Installed, own: str) -> None:
    vote = {"page": "/issues/ip-whitelist-not-configured", "helpful": "yes"}
    assert httpx.post(f"{own}/feedback", data=vote, timeout=60).status_code == 200
    assert (installed.folder / "data" / "helpcenter.sqlite3").is_file()


def test_without_content_of_ones_own_the_default_is_served_but_not_changed(
    installed: Installed,
) -> None:
    assert installed.run("check").returncode == 0
    for address in served(installed, "--data", "other"):
        assert "Trading Bot" in httpx.get(address, timeout=60).text
    refused = installed.run("new", "issue", "Key Has Expired")
    assert refused.returncode == 2
    assert "comes with the program; copy it first: helpcenter init FOLDER" in refused.stderr
