"""A start on content with errors: every whole file is served, and the others are named."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.knowledge import BrokenContentError
from app.settings import Settings
from app.web.application import create_app
from app.web.serving.live import LONGEST_MESSAGE, MOST_ERRORS
from tests.client import TestClient
from tests.conftest import MARBLES, TEAPOTS, MakeContent
from tests.web.conftest import until
from tests.web.crawl import walk

BROKEN = "---\ntitle: [broken\n"
PASTES = ("the kettle is cold", '{"code":-7007,"msg":"Bag locked"}', "your key is refused")
ISSUE = "---\ntitle: A\nsymptom: B\ncauses: [C]\nsolutions: [D]\n---\n"


def files_of(folder: Path) -> list[str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path.relative_to(folder).as_posix() for path in files]


def kinds_of(folder: Path) -> list[str]:
    """Return a file of each kind: the first of every folder, and all beside them."""
    files = {
        Path(name).parent.as_posix().strip(".") or name: name for name in files_of(folder)[::-1]
    }
    return sorted(name for name in files.values() if name != "site.yml" and "images/" not in name)


EVERY_KIND = [
    pytest.param(folder, name, id=f"{folder.name}/{name}")
    for folder in (TEAPOTS, MARBLES)
    for name in kinds_of(folder)
]


@contextmanager
def serving(content: Path, *, dev: bool = False) -> Iterator[TestClient]:
    app = create_app(Settings(content=content, data=content.parent, watch=0.02, dev=dev))
    with TestClient(app, follow_redirects=False) as client:
        yield client


def everything(client: TestClient) -> None:
    """Assert that every page, list and diagnosis is answered."""
    pages = walk(client).pages
    assert "/" in pages
    for path in ("/sitemap.xml", "/feed.xml", "/llms.txt", "/api/v1/issues", "/api/v1/exchanges"):
        assert client.get(path).status_code == 200, path
    assert client.get("/api").status_code == 200
    for text in PASTES:
        assert client.post("/diagnose", data={"text": text}).status_code == 200
        assert client.post("/api/v1/diagnose", json={"text": text}).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(("fixture", "name"), EVERY_KIND)
def test_a_broken_file_is_left_out_and_named(
    fixture: Path, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = Path(shutil.copytree(fixture, tmp_path / "content"))
    (content / name).write_bytes(b"\xff" + BROKEN.encode())
    with serving(content) as client:
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert ready.json()["left_out"] == [name]
        assert [(finding["path"], finding["line"]) for finding in ready.json()["errors"]] == [
            (name, 1)
        ]
        assert f"{content / name}:1: unreadable: " in caplog.text
        assert client.get("/").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(("fixture", "name"), EVERY_KIND)
def test_a_file_that_others_name_can_be_missing(fixture: Path, name: str, tmp_path: Path) -> None:
    """Every page is whole without the file; a broken file, above, is left out the same way."""
    content = Path(shutil.copytree(fixture, tmp_path / "content"))
    (content / name).unlink()
    with serving(content) as client:
        assert client.get("/readyz").json()["left_out"] == []
        everything(client)


def test_what_the_check_alone_reports_is_served(make_content: MakeContent) -> None:
    content = make_content({"issues/a.md": ISSUE + "[x](/issues/nobody)"})
    with serving(content) as client:
        ready = client.get("/readyz").json()
        assert (ready["status"], ready["left_out"]) == ("degraded", [])
        assert [finding["rule"] for finding in ready["errors"]] == ["broken-link"]
        assert client.get("/issues/a").status_code == 200


@pytest.mark.parametrize("text", ["product: [", None])
def test_only_a_broken_site_stops_the_start(text: str | None, make_content: MakeContent) -> None:
    content = make_content({"issues/a.md": ISSUE})
    (content / "site.yml").unlink()
    if text:
        (content / "site.yml").write_text(text)
    with pytest.raises(BrokenContentError) as raised:
        create_app(Settings(content=content, watch=0))
    assert {Path(finding.path).name for finding in raised.value.findings} == {"site.yml"}


@pytest.mark.slow
def test_a_server_that_started_without_a_file_heals_when_it_is_corrected(
    make_content: MakeContent,
) -> None:
    content = make_content({"issues/a.md": ISSUE, "issues/b.md": BROKEN})
    with serving(content) as client:
        assert client.get("/issues/a").status_code == 200
        assert client.get("/issues/b").status_code == 404
        (content / "issues/a.md").write_text(ISSUE.replace("title: A", "title: Changed"))
        (content / "issues/c.md").write_text(BROKEN)
        until(lambda: client.get("/readyz").json()["error_count"] == 2)
        assert "Changed" not in client.get("/issues/a").text, "content with errors is refused"
        assert client.get("/readyz").json()["left_out"] == ["issues/b.md"]
        (content / "issues/b.md").write_text(ISSUE)
        (content / "issues/c.md").unlink()
        until(lambda: client.get("/readyz").json()["status"] == "ok")
        assert client.get("/issues/b").status_code == 200
        assert "Changed" in client.get("/issues/a").text
        assert client.get("/readyz").json()["left_out"] == []


def test_a_writer_sees_the_files_that_are_left_out(make_content: MakeContent) -> None:
    with serving(make_content({"issues/a.md": ISSUE, "issues/b.md": BROKEN}), dev=True) as client:
        page = client.get("/issues/a").text
        assert "Left out: issues/b.md." in page
        assert "b.md:1" in page


@pytest.mark.slow
def test_a_flood_of_errors_is_counted_not_shown(
    make_content: MakeContent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "helpcenter")
    links = "[x](/issues/nobody)\n\n" * 2_000
    with serving(make_content({"issues/a.md": ISSUE + links})) as client:
        answer = client.get("/readyz")
        assert answer.json()["error_count"] == 2_000
        assert len(answer.json()["errors"]) == MOST_ERRORS
        assert len(answer.content) < MOST_ERRORS * (LONGEST_MESSAGE + 500)
        lines = [message for message in caplog.messages if "broken-link" in message]
        assert len(lines) == MOST_ERRORS
        assert "and 1900 more errors; `helpcenter check` lists them" in caplog.messages


def test_a_long_key_is_not_repeated_whole(make_content: MakeContent) -> None:
    key = "k" * 100_000
    content = make_content({"reports.jsonl": f'{{"text": "a", "{key}": 1}}\n'})
    with serving(content) as client:
        errors = client.get("/readyz").json()["errors"]
        assert "unknown-key" in {error["rule"] for error in errors}
        assert max(len(error["message"]) for error in errors) == LONGEST_MESSAGE
