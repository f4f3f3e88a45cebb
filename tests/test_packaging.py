"""What is delivered is pinned, comes from here alone, and is set up the same way everywhere."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import tomllib
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from app.development.licences import UnknownLicenceError, licence_of, locked
from app.development.vendored import vendor

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = PYPROJECT["project"]["dependencies"]
DEV = PYPROJECT["project"]["optional-dependencies"]["dev"]
HTMX = ROOT / "static" / "htmx"
NAMES_OF_MEANING = (  # addresses that are names, never fetched
    "http://www.w3.org/",
    "http://www.sitemaps.org/",
    "https://schema.org",
)
SERVED = sorted(
    path
    for folder in ("templates", "static")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and path.suffix not in {".md", ".png"} and path.name != "LICENSE"
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def normal(requirement: str) -> str:
    """Return the name of a requirement as package indexes compare it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name[0]).lower()


# --- Dependencies -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [("requirements.lock", RUNTIME), ("requirements-dev.lock", [*RUNTIME, *DEV])],
)
def test_every_dependency_is_pinned_with_its_hashes(lock: str, wanted: list[str]) -> None:
    entries = [
        entry for entry in re.split(r"\n(?=\S)", read(lock)) if not entry.startswith(("#", " "))
    ]
    pinned = {}
    for entry in entries:
        match = re.match(r"([A-Za-z0-9._-]+)==(\S+)", entry)
        assert match, f"{lock}: not pinned: {entry.splitlines()[0]}"
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), f"{lock}: no hash: {match[1]}"
        pinned[normal(match[1])] = match[2]
    assert len(pinned) > len(wanted)
    assert {normal(name) for name in wanted} <= set(pinned)


def test_both_locks_hold_the_same_versions() -> None:
    pins = re.compile(r"^([\w.-]+==\S+)", re.MULTILINE)
    assert set(pins.findall(read("requirements.lock"))) <= set(
        pins.findall(read("requirements-dev.lock"))
    )


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_host_and_no_place_on_a_machine(lock: str) -> None:
    for line in read(lock).splitlines():
        assert "://" not in line
        assert "--index" not in line
        assert "--find-links" not in line
        assert "file:" not in line
        assert not line.lstrip("# ").startswith("/")


# --- htmx ---------------------------------------------------------------------------------------


def test_htmx_is_the_file_that_its_package_says() -> None:
    described = json.loads((HTMX / "package.json").read_text(encoding="utf-8"))
    content = (HTMX / "htmx.min.js").read_bytes()
    assert hashlib.sha256(content).hexdigest() == described["sha256"]
    assert described["version"].encode() in content
    assert described["name"] == "htmx.org"
    assert (HTMX / "LICENSE").read_text(encoding="utf-8").strip()
    assert "htmx" in read("static/THIRD-PARTY.md")


def test_a_newer_version_replaces_file_licence_and_checksum(tmp_path: Path) -> None:
    folder = tmp_path / "singing"
    folder.mkdir()
    described = {"name": "singing.js", "version": "1", "license": "0BSD", "file": "dist/sing.js"}
    (folder / "package.json").write_text(json.dumps(described | {"sha256": "of the old"}))
    new = {
        "package.json": json.dumps({"name": "singing.js", "version": "2"}),
        "dist/sing.js": "la();",
        "LICENSE": "Sing as you like.",
    }
    with tarfile.open(tmp_path / "singing.tgz", "w:gz") as archive:
        for name, text in new.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    assert vendor(tmp_path / "singing.tgz", folder) == "2"
    checksum = hashlib.sha256(b"la();").hexdigest()
    after = json.loads((folder / "package.json").read_text())
    assert after == described | {"version": "2", "sha256": checksum}
    assert (folder / "sing.js").read_text() == "la();"
    assert (folder / "LICENSE").read_text() == "Sing as you like."


# --- One way to set up --------------------------------------------------------------------------


def test_the_image_installs_as_make_does_and_builds_nothing() -> None:
    in_make = re.search(r"^PIP_INSTALL := pip install (.+)$", read("Makefile"), re.MULTILINE)
    assert in_make
    assert "--require-hashes" in in_make[1]
    in_image = re.findall(
        r"pip --python \S+ install (.+) -r requirements\.lock", read("Dockerfile")
    )
    assert in_image == [f"{in_make[1]} --only-binary :all: --no-cache-dir"]
    assert not re.search(r"apt-get|apk |gcc|build-essential", read("Dockerfile"))


def test_the_image_holds_what_is_served_and_does_not_run_as_root() -> None:
    lines = read("Dockerfile").splitlines()
    copied = {line.split()[1] for line in lines if line.startswith("COPY ") and "--" not in line}
    assert copied == {"requirements.lock", "app", "locales", "templates", "static", "content"}
    let_in = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    assert let_in == copied
    # The number, so that an orchestrator sees that it is not root.
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001"]
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    command = next(line for line in lines if line.startswith("CMD "))
    assert json.loads(command.removeprefix("CMD ")) == ["python", "-m", "app", "serve"]


def test_every_image_is_named_by_its_digest() -> None:
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", read("Dockerfile"), re.MULTILINE)
    names = {name for _, name in stages}
    foreign = [image for image, _ in stages if image not in names]
    # All are built on one another, and the first on the one foreign image.
    assert (len(stages), len(foreign)) == (3, 1)
    composed = re.findall(r"^\s+image: (\S+)$", read("docs/operating/compose.yml"), re.MULTILINE)
    foreign += [image for image in composed if image != "helpcenter"]
    assert len(foreign) == 3
    for image in foreign:
        assert re.fullmatch(r"[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}", image)


def test_every_package_that_a_server_runs_with_has_a_licence() -> None:
    names = locked(ROOT / "requirements.lock")
    page = read("docs/licences.md")
    listed = dict(re.findall(r"^\| ([\w-]+) \| (\S.*) \|$", page, re.MULTILINE))
    assert set(names) <= set(listed)
    # As the metadata of what is installed here has it.
    assert {name: listed[name] for name in names} == {name: licence_of(name) for name in names}
    assert {normal(name) for name in RUNTIME} <= set(names)
    assert "htmx" in listed


def test_a_package_that_says_no_licence_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.development.licences.metadata", lambda _: Message())
    with pytest.raises(UnknownLicenceError, match="read its text"):
        licence_of("silent-teapot")


def test_what_lands_has_passed_checks_and_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    lines = script.read_text(encoding="utf-8").splitlines()
    assert {"make check", "make test"} <= set(lines)
    assert "set -euo pipefail" in lines


def test_every_make_target_that_is_told_of_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    assert {"setup", "serve", "test", "unit", "browser", "check"} <= targets
    told = re.findall(r"`make ([a-z]+)", read("README.md") + read("CONTRIBUTING.md"))
    assert told
    assert set(told) <= targets


# --- Nothing from elsewhere ---------------------------------------------------------------------


@pytest.mark.parametrize("path", SERVED, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_and_static_files_name_no_other_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = [
        address
        for address in re.findall(r"https?://[^\s\"'<>)\\]+", text)
        if not address.startswith(NAMES_OF_MEANING)
    ]
    if path.parent != HTMX:  # a word about its licence or home is no request
        assert named == []
    assert "@import" not in text
    assert not re.search(r"""url\(\s*["']?(https?:)?//""", text)
    assert not re.search(r"""(src|href|action)=["']//""", text)


def test_something_was_looked_at() -> None:
    assert len(SERVED) >= 25
