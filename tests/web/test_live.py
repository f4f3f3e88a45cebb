"""Content that changes while it is served: picked up, or refused whole, but never half."""

from __future__ import annotations

import logging
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app.content.folder import snapshot
from app.content.loader import Content, load
from app.diagnosis.redaction import Redactor
from app.settings import STATIC, Settings
from app.web.application import create_app
from app.web.serving.live import Live
from tests.conftest import TEAPOTS
from tests.web.conftest import PATIENCE, until

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
LOOK_SECONDS = 0.02
ISSUE = "issues/cold-water.md"
GUESTS = ("brass", "copper", "silver")
"""Issues that the test adds; the words of all of them come from one variable of `site.yml`."""


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TEAPOTS, tmp_path / "content"))


def serving(content: Path) -> AbstractContextManager[httpx.Client]:
    """Serve `content`; gives a client of it."""
    return running(create_app(Settings(content=content, data=content.parent, watch=LOOK_SECONDS)))


@contextmanager
def running(app: FastAPI) -> Iterator[httpx.Client]:
    """Run `app` in a thread; gives a client of it."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client:
                until(lambda: server.started)
                yield client
        finally:
            server.should_exit = True
            thread.join()


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def refused(client: httpx.Client) -> list[str]:
    """Return where the content was refused, as path:line below the content folder."""
    answer = client.get("/readyz")
    assert answer.status_code == 200
    ready = answer.json()
    assert ready["status"] == ("degraded" if ready["errors"] else "ok")
    assert ready["left_out"] == [], "the edition before is whole"
    return [f"{finding['path']}:{finding['line']}" for finding in ready["errors"]]


def title(client: httpx.Client, path: str = "/issues/cold-water") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    found = re.search("<h1>(.*?)</h1>", answer.text)
    assert found is not None
    return found[1]


def test_a_changed_file_is_served_everywhere(content: Path) -> None:
    with serving(content) as client:
        before = client.get("/readyz").json()["content"]
        replace(content / ISSUE, "title: Cold Water", "title: Frozen Water")
        until(lambda: title(client) == "Frozen Water")
        assert client.get("/readyz").json()["content"] != before
        assert "Frozen Water" in client.get("/").text
        assert "Frozen" in client.get("/search?q=frozen").text
        assert client.get("/api/v1/issues/cold-water").json()["title"] == "Frozen Water"


def test_a_broken_update_is_refused_whole_and_the_next_good_one_heals(
    content: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "helpcenter")
    with serving(content) as client:
        replace(content / "tips.yml", "title: ", "title: New ")
        replace(content / ISSUE, "symptom:", "symptm:")
        until(lambda: f"{ISSUE}:3" in refused(client))
        assert "New " not in client.get("/").text
        line = f"{content / ISSUE}:3: unknown-key: unknown key `symptm`; did you mean `symptom`?"
        assert line in caplog.messages
        replace(content / ISSUE, "symptm:", "symptom:")
        until(lambda: refused(client) == [])
        assert "New " in client.get("/").text


def test_what_check_reports_is_refused_as_well(content: Path) -> None:
    with serving(content) as client:
        replace(content / ISSUE, "/issues/stage-fright", "/issues/nobody")
        until(lambda: refused(client) != [])
        assert refused(client)[0].startswith(f"{ISSUE}:")
        assert title(client) == "Cold Water"


def test_undoing_a_mistake_heals(content: Path) -> None:
    with serving(content) as client:
        good = (content / ISSUE).read_bytes()
        (content / ISSUE).write_bytes(good[:40])
        until(lambda: refused(client) != [])
        (content / ISSUE).write_bytes(good)
        until(lambda: refused(client) == [])


def test_a_folder_that_vanishes_and_returns_is_served_all_the_time(content: Path) -> None:
    away = content.with_name("away")
    with serving(content) as client:
        content.rename(away)
        until(lambda: refused(client) == ["site.yml:1"])
        assert title(client) == "Cold Water"
        replace(away / ISSUE, "title: Cold Water", "title: Warm Water")
        away.rename(content)
        until(lambda: title(client) == "Warm Water")
        assert refused(client) == []


def test_a_link_that_is_turned_to_another_folder_is_followed(tmp_path: Path) -> None:
    """This is how git-sync and Kubernetes publish: everything at once."""
    for name in ("first", "second"):
        shutil.copytree(TEAPOTS, tmp_path / name)
    replace(tmp_path / "second" / ISSUE, "title: Cold Water", "title: Tepid Water")
    (tmp_path / "now").symlink_to("first")
    with serving(tmp_path / "now") as client:
        assert title(client) == "Cold Water"
        (tmp_path / "next").symlink_to("second")
        (tmp_path / "next").replace(tmp_path / "now")
        until(lambda: title(client) == "Tepid Water")


def test_a_mistake_of_ours_does_not_stop_the_service(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(content) as client:
        with monkeypatch.context() as patch:
            patch.setattr("app.web.serving.live.check", lambda _: 1 / 0)
            replace(content / ISSUE, "title: Cold Water", "title: Hot Water")
            until(lambda: refused(client) == [f"{content.name}:1"])
            assert title(client) == "Cold Water"
        replace(content / ISSUE, "title: Hot Water", "title: Hotter Water")
        until(lambda: title(client) == "Hotter Water")


def test_what_changes_while_it_is_read_is_read_again(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first file changes after it was read, a later one before: that half is not served."""
    replace(content / "site.yml", "title: When", "title: First when")
    seen: list[str] = []

    def slow(folder: Path, *, drafts: bool) -> Content:
        loaded = load(folder, drafts=drafts)
        if not seen:
            seen.append("half")
            replace(content / "site.yml", "title: Second when", "title: Third when")
        return loaded

    with serving(content) as client:
        monkeypatch.setattr("app.web.serving.live.load", slow)
        replace(content / "site.yml", "title: First when", "title: Second when")
        titles = set()

        def third() -> bool:
            titles.add(title(client, "/").partition(" ")[0])
            return "Third" in titles

        until(third)
    assert seen
    assert titles == {"First", "Third"}


def test_only_drafts_mode_shows_drafts(content: Path) -> None:
    redactor = Redactor.from_file(STATIC / "redaction-rules.json")
    assert Live(content, redactor).edition.knowledge.issue("moonlight-serenade") is None
    assert Live(content, redactor, drafts=True).edition.knowledge.issue("moonlight-serenade")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
class Knot:
    """Refers to itself, as what is left of some requests does: only the collector frees it."""

    def __init__(self) -> None:
        self.end = self


def test_what_a_request_left_is_freed_though_an_edition_was_served_meanwhile(
    content: Path,
) -> None:
    # Under load, a server that was given new content often grew by half a megabyte each time.
    with serving(content) as client:
        knot = Knot()
        left = weakref.ref(knot)
        replace(content / ISSUE, "title: Cold Water", "title: Frozen Water")
        until(lambda: title(client) == "Frozen Water")
        # What is served next has waited until the edition before was wholly prepared.
        replace(content / ISSUE, "title: Frozen Water", "title: Icy Water")
        until(lambda: title(client) == "Icy Water")
        del knot
        replace(content / ISSUE, "title: Icy Water", "title: Warm Water")
        until(lambda: left() is None)


def test_sighup_asks_for_a_look(content: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    folders = ["--content", str(content), "--data", str(content.parent)]
    command = [sys.executable, "-m", "app", "serve", "--port", str(port), "--watch", "0"]
    process = subprocess.Popen([*command, *folders], cwd=REPOSITORY)
    try:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client:

            def answers() -> bool:
                assert process.poll() is None
                try:
                    return client.get("/readyz").is_success
                except httpx.TransportError:
                    return False

            until(answers)
            replace(content / ISSUE, "title: Cold Water", "title: Frozen Water")
            time.sleep(0.5)
            assert title(client) == "Cold Water", "nobody looks by itself"
            process.send_signal(signal.SIGHUP)
            until(lambda: title(client) == "Frozen Water")
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


# --- Random edits under load ---------------------------------------------------------------------


VERSION = re.compile(rb"v\d+v")


class Vandal:
    """Edits a folder at random, in all the ways that editors, scripts and accidents do."""

    def __init__(self, content: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.content = content
        self.files = {
            path.relative_to(content): path.read_bytes()
            for path in sorted(content.rglob("*"))
            if path.is_file()
        }
        self.version = 0
        self.kinds = (
            self.publish,
            self.publish,
            self.publish,
            self.append,
            self.misspell,
            self.delete,
            self.rename,
            self.truncate,
            self.noise,
            self.flip,
            self.link,
            self.huge,
            self.latin,
            self.odd,
            self.remove_folder,
        )
        self.done: set[str] = set()

    def edit(self) -> None:
        """Make one edit."""
        kind = self.random.choice(self.kinds)
        self.done.add(kind.__name__)
        kind()

    def publish(self) -> None:
        """Put a good folder, of the next version, in the place of the present one."""
        self.version += 1
        folder = self.content.with_name("next")
        for path in self.files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(self.good(path))
        old = self.content.with_name("old")
        if self.content.exists():
            self.content.rename(old)
        folder.rename(self.content)
        shutil.rmtree(old, ignore_errors=True)

    def good(self, path: Path) -> bytes:
        return VERSION.sub(b"v%dv" % self.version, self.files[path])

    def choose(self) -> tuple[Path, bytes]:
        """Return any file, and what should stand in it."""
        path = self.random.choice(list(self.files))
        return self.content / path, self.good(path)

    def write(self, path: Path, data: bytes) -> None:
        """Write as an editor does: over the file, or beside it and then in its place."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or self.random.random() < 0.5:
            beside = path.with_name(f".{path.name}.new")
            beside.write_bytes(data)
            beside.replace(path)
        else:
            path.write_bytes(data)

    def append(self) -> None:
        path, data = self.choose()
        self.write(path, data + b"\n# A last word\n")

    def misspell(self) -> None:
        path, data = self.choose()
        self.write(path, data.replace(b"title:", b"tilte:", 1))

    def delete(self) -> None:
        path, _ = self.choose()
        path.unlink(missing_ok=True)

    def rename(self) -> None:
        path, _ = self.choose()
        if path.exists():
            path.rename(path.with_name(f"{self.random.randrange(100)}{path.suffix}"))

    def truncate(self) -> None:
        path, data = self.choose()
        self.write(path, data[: self.random.randrange(len(data))])

    def noise(self) -> None:
        path, _ = self.choose()
        self.write(path, self.random.randbytes(self.random.randrange(1, 4000)))

    def flip(self) -> None:
        """Change one byte, but not into the mark of another version."""
        path, data = self.choose()
        changed = bytearray(data)
        changed[self.random.randrange(len(data))] = self.random.randrange(256)
        if set(VERSION.findall(changed)) <= set(VERSION.findall(data)):
            self.write(path, bytes(changed))

    def link(self) -> None:
        path, _ = self.choose()
        other, _ = self.choose()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(self.random.choice(("/etc/passwd", "nowhere", path.name, "..", other)))

    def huge(self) -> None:
        path, data = self.choose()
        self.write(path, data + b"x" * 5_000_000)

    def latin(self) -> None:
        path, data = self.choose()
        self.write(path, data + "Für Elise".encode("latin-1"))

    def odd(self) -> None:
        """Write what a parser may take and a page can't show."""
        path, data = self.choose()
        title = self.random.choice((r'"\uD800"', r'"\0"', "'{{ product'", "<b>&amp;", "[" * 500))
        self.write(path, data.replace(b"title: ", f"title: {title} # ".encode(), 1))

    def remove_folder(self) -> None:
        folder = self.random.choice((self.content, self.content / "issues"))
        shutil.rmtree(folder, ignore_errors=True)


def plant_versions(content: Path) -> None:
    """Let every page show the version in places that come from several files."""
    replace(content / "site.yml", "variables:\n", "variables:\n  edition: v0v\n")
    replace(content / "site.yml", "intro: ", "intro: v0v {{ edition }} ")
    replace(content / "tips.yml", "title: ", "title: v0v {{ edition }} ")
    replace(content / "diagnostic.yml", "text: ", "text: v0v {{ edition }} ")
    for path in (content / "issues").glob("*.md"):
        replace(path, "\ntitle: ", "\ntitle: v0v {{ edition }} ")


PATHS = (
    "/",
    "/issues/cold-water",
    "/issues/stage-fright",
    "/issues/rattling-lid.md",
    "/search?q=cold",
    "/diagnose?missing=kettle-on",
    "/nonsuch",
    "/sitemap.xml",
    "/feed.xml",
    "/llms.txt",
    "/llms-full.txt",
    "/api/v1/issues",
)


class Visitors:
    """Some visitors at a time, who ask for any page until they are sent away."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.statuses: Counter[int] = Counter()
        self.versions: set[str] = set()
        self.problems: list[str] = []
        self.leaving = threading.Event()
        self.threads = [threading.Thread(target=self.visit, args=(seed,)) for seed in range(3)]

    def __enter__(self) -> Visitors:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leaving.set()
        for thread in self.threads:
            thread.join()

    def visit(self, seed: int) -> None:
        choose = random.Random(seed)
        while not self.leaving.wait(0.005):
            path = choose.choice(PATHS)
            answer = self.client.get(path)
            versions = set(re.findall(r"v\d+v", answer.text))
            self.statuses[answer.status_code] += 1
            self.versions |= versions
            if answer.status_code >= 500 or len(versions) > 1:
                self.problems.append(f"{path}: {answer.status_code}, {sorted(versions)}")


@pytest.mark.parametrize(
    ("edits", "seed"), [(300, 1), pytest.param(1000, 2, marks=pytest.mark.hardening)]
)
def test_random_edits_never_break_the_service(
    content: Path,
    edits: int,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("app.web.serving.live.QUIET_SECONDS", 0.01)
    # Else all that this process holds, other tests included, is searched after every edit.
    monkeypatch.setattr("app.web.serving.live.gc.unfreeze", lambda: None)
    caplog.set_level(logging.CRITICAL, "helpcenter")
    plant_versions(content)
    vandal = Vandal(content, seed)
    app = create_app(Settings(content=content, data=content.parent, watch=LOOK_SECONDS))
    live: Live = app.live
    rules: set[str] = set()
    with running(app) as client, Visitors(client) as visitors:
        assert client.get("/").text.count("v0v") > 10, "a mixture would be hard to see"
        for _ in range(edits):
            vandal.edit()
            if vandal.random.random() < 0.15:
                until(lambda: live.seen == snapshot(content))
                rules |= {finding["rule"] for finding in client.get("/readyz").json()["errors"]}
        vandal.publish()
        until(lambda: f"v{vandal.version}v" in client.get("/").text)
        assert refused(client) == []
    assert visitors.problems == []
    assert set(visitors.statuses) == {200, 404}
    assert len(visitors.versions) > edits / 60, "hardly any version was served"
    assert len(rules) > 2, "hardly any mistake was found"
