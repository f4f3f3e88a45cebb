"""Second starts: what was kept of the last edition, whether it can be used or not."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import pickle
import random
import shutil
import signal
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from app.content.loader import load
from app.diagnosis.engine import Engine
from app.diagnosis.redaction import Redactor
from app.diagnosis.wording import WordingModel
from app.knowledge import BrokenContentError
from app.search import SearchIndex
from app.settings import Settings
from app.web.application import STATIC, create_app
from app.web.serving import live as live_module
from app.web.serving import snapshot as snapshot_module
from app.web.serving.live import Live
from app.web.serving.snapshot import Rest, SnapshotFile
from tests.conftest import MARBLES, TEAPOTS
from tests.web.test_editions import edit, same
from tests.web.test_live import PATIENCE, replace, running, title, until

pytestmark = pytest.mark.slow

REDACTOR = Redactor.from_file(STATIC / "redaction-rules.json")
TOKEN = "a-long-password"
PAGES = (
    *("/", "/issues/cold-water", "/issues/cold-water.md", "/search?q=cold", "/feed.xml"),
    *("/api/v1/issues", "/api/v1/search?q=kettle", "/nothing/here", "/sitemap.xml"),
)
REPORTS = "".join(
    f'{{"text": "{text}", "expected": "{label}", "kind": "question", "source": "x", '
    '"origin": "rewritten"}\n'
    for text, label in (
        ("my tea is cold", "cold-water"),
        ("no tea at all", "none"),
        ("cold again, this tea", "cold-water"),
    )
)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """Return a content folder whose files lie still since long ago."""
    folder = Path(shutil.copytree(TEAPOTS, tmp_path / "content"))
    (folder / "reports.jsonl").write_text(REPORTS, "utf-8")
    settle(folder)
    return folder


def settle(folder: Path) -> None:
    """Wait until files that were just written can be told from any later state."""
    newest = max(path.stat().st_ctime for path in folder.rglob("*"))
    time.sleep(max(0.0, newest + 2.1 - time.time()))


def settings(content: Path) -> Settings:
    return Settings(
        content=content,
        data=content.parent / "data",
        watch=0.02,
        base_url="http://help.example",
        insights_token=TOKEN,
        keep_unanswered=False,
    )


def kept(content: Path) -> Path | None:
    """Return the file of the snapshot, once it is there."""
    return next((content.parent / "data").glob("*.snapshot"), None)


def answers(client: httpx.Client) -> dict[str, tuple[int, str]]:
    """Return what a visitor and a writer are shown."""
    asked = {path: client.get(path) for path in PAGES}
    asked["/insights"] = client.get("/insights", auth=("", TOKEN))
    asked["/diagnose"] = client.post("/diagnose", data={"text": "my tea is cold"})
    return {path: (answer.status_code, answer.text) for path, answer in asked.items()}


def start(content: Path) -> dict[str, tuple[int, str]]:
    """Serve until a snapshot is there; return the answers."""
    with running(create_app(settings(content))) as client:
        until(lambda: kept(content) is not None)
        until(lambda: client.get("/readyz").json()["store"] == "ok")
        return answers(client)


def edition(content: Path) -> Live:
    return Live(content, REDACTOR, snapshot=SnapshotFile(content.parent / "data", content))


def hold_back(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, list[object]]:
    """Make no search index before the event that is returned; the list has those that are made."""
    go_on = threading.Event()
    made: list[object] = []

    def slow(*args: object) -> SearchIndex:
        assert go_on.wait(PATIENCE)
        made.append(args)
        return SearchIndex(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(live_module, "SearchIndex", slow)
    return go_on, made


def make_no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whenever a search index is to be made."""

    def broken(*_: object) -> None:
        raise RuntimeError("no index today")

    monkeypatch.setattr(live_module, "SearchIndex", broken)


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail when content is loaded, checked, or learned from."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("that was done before")

    def learn(_: WordingModel, texts: Sequence[object], __: object) -> None:
        assert not texts, "that was learned before"

    monkeypatch.setattr(live_module, "load", never)
    monkeypatch.setattr(live_module, "check_again", never)
    monkeypatch.setattr(WordingModel, "_learn", learn)


def test_a_second_start_answers_the_same_without_reading_or_learning_again(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(content)
    forbid(monkeypatch)
    assert start(content) == first
    assert {status for status, _ in first.values()} == {200, 404}
    file = kept(content)
    assert file is not None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_changed_between_two_starts_is_served(content: Path) -> None:
    start(content)
    replace(content / "issues" / "cold-water.md", "title: ", "title: Still ")
    text = (content / "issues" / "cold-water.md").read_text("utf-8")
    text = text.replace("aliases: [lukewarm-water]\n", "")
    (content / "issues" / "colder-water.md").write_text(text, "utf-8")
    with running(create_app(settings(content))) as client:
        until(lambda: client.get("/readyz").json()["store"] == "ok")
        shown = answers(client)
        assert title(client).startswith("Still ")
        assert client.get("/issues/colder-water").status_code == 200
    shutil.rmtree(content.parent / "data")
    assert start(content) == shown


def test_a_second_start_refuses_content_that_was_broken_meanwhile(content: Path) -> None:
    start(content)
    replace(content / "issues" / "cold-water.md", "title: ", "titel: ")
    with pytest.raises(BrokenContentError, match="`title` is missing"):
        create_app(settings(content))


def test_a_change_after_a_second_start_is_served(content: Path) -> None:
    start(content)
    with running(create_app(settings(content))) as client:
        before = title(client)
        replace(content / "issues" / "cold-water.md", "title: ", "title: Still ")
        until(lambda: title(client) != before)
        assert client.get("/search?q=still").text.count("Still") > 1
        replace(content / "issues" / "cold-water.md", "title: ", "titel: ")
        until(lambda: client.get("/readyz").json()["refused"] != [])
        assert title(client).startswith("Still ")


@pytest.mark.parametrize("fixture", [TEAPOTS, MARBLES], ids=["teapots", "marbles"])
@pytest.mark.parametrize("seed", range(3))
def test_starts_after_random_edits_are_those_without_a_snapshot(
    fixture: Path, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.content.loader.SETTLED_NS", 0)
    root = Path(shutil.copytree(fixture, tmp_path / "content"))
    chance = random.Random(seed)
    file = SnapshotFile(tmp_path, root)
    for number in range(25):
        second, fresh = Live(root, REDACTOR, snapshot=file), Live(root, REDACTOR)
        assert second.state.refused == fresh.state.refused
        if fresh.state.edition is None:
            shutil.rmtree(root)
            shutil.copytree(fixture, root)
            continue
        same(second.edition, fresh.edition)
        if second._due:
            second._write(file, second._due)
        if chance.random() < 0.7:  # else it starts again with nothing changed
            edit(root, chance, number)


def damaged(content: Path, damage: Callable[[bytes], bytes]) -> None:
    file = kept(content)
    assert file is not None
    file.write_bytes(damage(file.read_bytes()))


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: os.urandom(4096),
        lambda data: data[:40],
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
        lambda data: data[:-200] + bytes([data[-200] ^ 1]) + data[-199:],
        lambda data: data.replace(b"snapshot ", b"snapshot 0", 1),
    ],
    ids=["empty", "noise", "head", "byte", "half", "bit", "late-bit", "version"],
)
def test_a_snapshot_that_is_damaged_is_not_used_and_is_replaced(
    content: Path, damage: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(content)
    damaged(content, damage)
    file = kept(content)
    assert file is not None
    broken = file.read_bytes()
    with running(create_app(settings(content))) as client:
        until(lambda: client.get("/readyz").json()["store"] == "ok")
        assert answers(client) == first
        until(lambda: file.read_bytes() != broken)
    forbid(monkeypatch)
    assert start(content) == first


class Call:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (self.command,)


def test_a_snapshot_runs_no_code(content: Path, tmp_path: Path) -> None:
    first = start(content)
    file = SnapshotFile(content.parent / "data", content)
    trace = tmp_path / "trace"
    evil = pickle.dumps(Call(f"touch {trace}"))
    body = tmp_path / "body"
    body.write_bytes(evil)
    with body.open("rb") as opened:
        checksum = snapshot_module._checksum(opened)
    file.path.write_bytes(file._head + checksum + evil)
    assert file.read() is None
    assert start(content) == first
    assert not trace.exists()


def test_a_full_disk_costs_the_snapshot_and_nothing_else(
    content: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = start(content)
    replace(content / "issues" / "cold-water.md", "title: ", "title: Still ")
    file = kept(content)
    assert file is not None
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with running(create_app(settings(content))) as client:
        until(lambda: "No space left" in caplog.text)
        assert answers(client).keys() == first.keys()
        assert title(client).startswith("Still ")
    assert file.read_bytes() == before
    assert not list(file.parent.glob("*.part"))


def test_a_snapshot_is_moved_and_removed_when_it_is_closed(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows does neither with a file that is open."""
    made: list[Any] = []
    moved: list[str] = []
    make = tempfile.NamedTemporaryFile

    def making(*args: Any, **options: Any) -> object:
        made.append(make(*args, **options))
        return made[-1]

    def closed(name: str) -> Callable[..., object]:
        do = getattr(Path, name)

        def doing(path: Path, *args: object) -> object:
            if path.suffix == ".part":
                assert made[-1].file.closed
                moved.append(name)
            return do(path, *args)

        return doing

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", making)
    for name in ("replace", "unlink"):
        monkeypatch.setattr(Path, name, closed(name))
    start(content)
    assert moved == ["replace"]
    monkeypatch.setattr(os, "fsync", lambda _: 1 / 0)
    replace(content / "issues" / "cold-water.md", "title: ", "title: Still ")
    served = edition(content)
    assert served._snapshot is not None
    assert served._due is not None
    served._write(served._snapshot, served._due)
    assert moved == ["replace", "unlink"]


def test_a_folder_that_was_renamed_is_served_under_its_new_name(content: Path) -> None:
    first = start(content)
    other = content.rename(content.with_name("other"))
    with running(create_app(settings(other))) as client:
        until(lambda: client.get("/readyz").json()["store"] == "ok")
        assert answers(client) == first
        replace(other / "issues" / "cold-water.md", "title: ", "titel: ")
        until(lambda: client.get("/readyz").json()["refused"] != [])
        found = client.get("/readyz").json()["refused"]
        assert {one["path"] for one in found} == {"issues/cold-water.md"}


def test_what_a_killed_process_began_is_removed_after_a_while(content: Path) -> None:
    start(content)
    file = kept(content)
    assert file is not None
    old, new = (file.with_name(f"{file.name}.{name}.part") for name in ("old", "new"))
    old.write_bytes(b"begun")
    new.write_bytes(b"begun")
    long_ago = time.time() - 2 * snapshot_module.ABANDONED_SECONDS
    os.utime(old, (long_ago, long_ago))
    file.unlink()
    start(content)
    assert (old.exists(), new.exists()) == (False, True)


def test_a_program_that_was_replaced_on_disk_does_not_pass_for_the_new_one(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(create_app(settings(content))) as client:
        until(lambda: kept(content) is not None)
        monkeypatch.setattr(snapshot_module, "_head", lambda: b"another version\n")
        client.get("/")
    assert edition(content)._due is not None  # it was loaded, and is to be written


def test_writing_keeps_no_snapshot(content: Path) -> None:
    app = create_app(settings(content).model_copy(update={"dev": True}))
    with running(app) as client:
        assert client.get("/search?q=cold").status_code == 200
    assert kept(content) is None


def test_pages_come_while_the_search_index_is_still_made(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, made = hold_back(monkeypatch)
    with running(create_app(settings(content))) as client, ThreadPoolExecutor() as visitors:
        paths = ("/search?q=cold", "/api/v1/search?q=cold", "/nothing/here")
        waiting = [visitors.submit(client.get, path) for path in paths]
        assert client.get("/").status_code == 200
        assert client.get("/readyz").status_code == 200
        assert client.post("/diagnose", data={"text": "my tea is cold"}).status_code == 200
        assert not any(one.done() for one in waiting)
        go_on.set()
        assert [one.result().status_code for one in waiting] == [200, 200, 404]
        assert "cold-water" in waiting[0].result().text
    assert len(made) == 1


def test_a_search_index_that_cannot_be_made_stops_nothing_else(
    content: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_no_index(monkeypatch)
    with running(create_app(settings(content))) as client:
        until(lambda: "no index today" in caplog.text)
        assert client.get("/issues/cold-water").status_code == 200
        monkeypatch.undo()
        replace(content / "issues" / "cold-water.md", "title: ", "title: Still ")
        until(lambda: title(client).startswith("Still "))
        assert "cold-water" in client.get("/search?q=cold").text


def test_the_files_of_a_snapshot_are_those_of_the_folder(content: Path) -> None:
    start(content)
    again = edition(content)
    assert again._due is None
    files = again.edition.knowledge.content.sources
    fresh = load(content).sources
    assert [one.path for one in files] == [one.path for one in fresh]
    assert len(files) == len(fresh)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_lies_in_the_place_of_a_snapshot_stops_no_start(
    make: Callable[[Path], None], content: Path
) -> None:
    file = SnapshotFile(content.parent / "data", content)
    file.path.parent.mkdir()
    make(file.path)
    with ThreadPoolExecutor() as threads:
        began = threads.submit(edition, content)
        try:
            assert began.result(PATIENCE).state.edition is not None
        finally:
            if file.path.is_fifo():  # let go whoever waits for the other end
                os.close(os.open(file.path, os.O_RDWR | os.O_NONBLOCK))


def test_a_start_from_another_folder_finds_the_images(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (content / "images").mkdir()
    (content / "images" / "lid.png").write_bytes(b"a lid")
    settle(content)
    monkeypatch.chdir(content.parent)
    named = settings(content).model_copy(update={"content": Path(content.name)})
    with running(create_app(named)) as client:
        until(lambda: kept(content) is not None)
        assert client.get("/images/lid.png").content == b"a lid"
    monkeypatch.chdir("/")
    forbid(monkeypatch)
    with running(create_app(settings(content))) as client:
        assert client.get("/images/lid.png").content == b"a lid"


def test_a_snapshot_that_nothing_can_be_built_of_is_not_used(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(content)
    recall = Engine.recall

    def fails(*_: object) -> None:
        raise AttributeError("it lacks something")

    monkeypatch.setattr(Engine, "recall", fails)
    again = edition(content)
    assert again.state.refused == ()
    assert again._due is not None  # it was loaded, and is to be written
    monkeypatch.setattr(Engine, "recall", recall)
    assert start(content) == first


def test_snapshots_go_on_after_a_search_index_that_could_not_be_made(
    content: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_no_index(monkeypatch)
    with running(create_app(settings(content))):
        until(lambda: "no index today" in caplog.text)
        until(lambda: kept(content) is not None)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_a_hang_up_while_the_search_index_is_made_ends_nothing(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, _ = hold_back(monkeypatch)
    served = edition(content)

    async def follow() -> object:
        following = asyncio.create_task(served.follow(0))
        await asyncio.sleep(0.1)
        handler = signal.getsignal(signal.SIGHUP)
        go_on.set()
        following.cancel()
        await asyncio.wait([following])
        return handler

    assert asyncio.run(follow()) != signal.SIG_DFL


def test_only_an_unknown_address_waits_for_the_search_index(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, _ = hold_back(monkeypatch)
    with running(create_app(settings(content))) as client, ThreadPoolExecutor() as visitors:
        waiting = visitors.submit(client.get, "/nothing/here")
        assert client.get("/insights").status_code == 401
        assert client.post("/issues/cold-water").status_code == 405
        assert not waiting.done()
        go_on.set()
        assert waiting.result().status_code == 404


def test_the_collector_rests_while_the_files_of_a_snapshot_are_read(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(content)
    seen: list[tuple[str, bool]] = []
    get, load_files = Rest.get, load

    def reading(rest: Rest) -> object:
        seen.append(("snapshot", gc.isenabled()))
        return get(rest)

    def loading(*args: Any, **options: Any) -> object:
        seen.append(("folder", gc.isenabled()))
        return load_files(*args, **options)

    monkeypatch.setattr(Rest, "get", reading)
    monkeypatch.setattr(live_module, "load", loading)
    with running(create_app(settings(content))) as client:
        replace(content / "issues" / "cold-water.md", "title: ", "title: Still ")
        until(lambda: title(client).startswith("Still "))
    assert seen[:2] == [("snapshot", False), ("folder", True)]
    seen.clear()
    edition(content)
    assert seen == [("snapshot", False), ("folder", False)]
    assert gc.isenabled()


def test_a_start_after_an_update_that_was_asked_for_reads_nothing_again(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = edition(content)
    replace(content / "issues" / "cold-water.md", "title: ", "title: Still ")
    settle(content)
    asyncio.run(served._update(read_all=True))
    assert served._snapshot is not None
    assert served._due is not None
    served._write(served._snapshot, served._due)
    forbid(monkeypatch)
    issue = edition(content).edition.knowledge.issue("cold-water")
    assert issue is not None
    assert issue.title.startswith("Still ")


def test_a_file_that_was_just_written_with_the_same_text_is_read_at_the_next_start(
    content: Path,
) -> None:
    served = edition(content)
    same_again = content / "issues" / "rattling-lid.md"
    replace(content / "issues" / "cold-water.md", "title: ", "title: Still ")
    settle(content)
    same_again.write_bytes(same_again.read_bytes())
    asyncio.run(served._update(read_all=False))
    assert served._snapshot is not None
    assert served._due is not None
    served._write(served._snapshot, served._due)
    found = served._snapshot.read()
    assert found is not None
    assert not found[0].is_settled
