"""All pages as files: opened from a disk, and from a server that knows only files."""

from __future__ import annotations

import functools
import http.server
import os
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from app.settings import ROOT
from tests.conftest import MARBLES
from tests.operating.nginx import find
from tests.operating.proxy import nginx
from tests.ports import free_port
from tests.pseudo import LONG, translate_content

pytestmark = pytest.mark.browser

SERVER = "https://help.example.com"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files, without a line for each."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def written(folder: Path, content: Path, *options: str) -> Path:
    """Export a content; return the folder."""
    command = [sys.executable, "-m", "app", "export", str(folder), "--content", str(content)]
    subprocess.run([*command, *options], check=True, cwd=Path(__file__).parents[2])
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the pages, in English and German, without a server for the forms."""
    root = tmp_path_factory.mktemp("export")
    content = Path(shutil.copytree(MARBLES, root / "content"))
    translate_content(content, LONG)
    return written(root / "pages", content)


@pytest.fixture(scope="module")
def behind_nginx(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the folder with nginx; gives its address."""
    program = find()
    if program is None:
        pytest.skip("no nginx: `python -m tests.operating.nginx` fetches one where apt-get can")
    port = free_port()
    servers = f"""
        access_log off;
        types {{ text/html html; text/css css; text/javascript js; image/png png; }}
        server {{ listen 127.0.0.1:{port}; root {folder}; }}
    """
    with nginx(program, tmp_path_factory.mktemp("nginx"), servers):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    """Serve the folder; gives its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@pytest.mark.parametrize("way", ["disk", "behind_nginx"])
def test_every_link_leads_to_a_page(
    page: Page, folder: Path, request: pytest.FixtureRequest, way: str
) -> None:
    own = f"{folder.as_uri()}/" if way == "disk" else f"{request.getfixturevalue(way)}/"
    begin = f"{own}index.html"
    queue, seen = [begin], {begin}
    while queue:
        url = queue.pop()
        answer = page.goto(url)
        assert answer
        assert answer.ok, url
        assert page.locator("h1").count() == 1, url
        links = page.evaluate("[...document.querySelectorAll('a[href]')].map((a) => a.href)")
        for link in links:
            target, _, anchor = link.partition("#")
            if not target.startswith(own):
                continue
            file = folder / unquote(urlsplit(target).path.removeprefix(urlsplit(own).path))
            assert file.is_file(), f"{url} leads to {link}"
            if anchor and target == url:
                assert f'id="{anchor}"' in file.read_text(), link
            if target not in seen and target.endswith(".html"):
                seen.add(target)
                queue.append(target)
    assert len(seen) > 20


def test_nothing_needs_a_server(folder: Path) -> None:
    assert (folder / "de" / "issues" / "wrong-key.html").is_file()
    for path in folder.rglob("*.html"):
        text = path.read_text()
        assert text.count("<form") == 1, path  # the search
        assert "data-hx-" not in text
        assert "/diagnose" not in text


@pytest.mark.parametrize("way", ["disk", "server"])
def test_the_browser_searches(page: Page, folder: Path, site: str, way: str) -> None:
    begin = (folder / "issues" / "wrong-key.html").as_uri()
    page.goto(begin if way == "disk" else f"{site}/issues/wrong-key.html")
    page.get_by_role("searchbox").fill("friend unknown")
    page.keyboard.press("Enter")
    result = page.locator("#found a").filter(has_text="-7007")
    expect(result).to_be_visible()
    result.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("-7007")


def test_a_search_without_a_result_says_so(page: Page, folder: Path) -> None:
    page.goto((folder / "search.html").as_uri() + "?q=zebra")
    expect(page.locator("#found li")).to_have_count(0)
    expect(page.get_by_role("main")).to_be_visible()


def test_forms_lead_to_the_server_that_is_named(tmp_path: Path) -> None:
    pages = written(tmp_path / "pages", MARBLES, "--base-url", SERVER)
    home = (pages / "index.html").read_text()
    assert f'action="{SERVER}/diagnose"' in home
    assert f'href="{SERVER}/diagnose"' in home
    assert f"{SERVER}/issues/wrong-key" in (pages / "sitemap.xml").read_text()
    assert f"{SERVER}/i/wrong-key" in (pages / "issues" / "wrong-key.txt").read_text()


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    command = [sys.executable, "-m", "app", "export", str(tmp_path), "--content", str(MARBLES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "isn't empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_an_export_that_is_killed_has_no_first_page(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    command = [sys.executable, "-m", "app", "export", str(pages), "--content", str(MARBLES)]
    with subprocess.Popen(command) as process:
        while not any(pages.rglob("*.html")):
            assert process.poll() is None
        process.kill()
    assert any(pages.rglob("*.html"))
    assert not (pages / "index.html").exists()
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "isn't empty" in again.stderr


@pytest.mark.parametrize("place", ["letter.txt/pages", "letter.txt"])
def test_a_folder_that_cannot_be_made_is_said_in_a_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    command = [sys.executable, "-m", "app", "export", place, "--content", str(MARBLES)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert done.returncode == 2
    assert "letter.txt" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_a_disk_that_is_full_is_said_in_a_line(tmp_path: Path) -> None:
    """A limit on the size of a file stands for the disk: both fail in the middle of writing."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    pages = tmp_path / "pages"
    command = [sys.executable, "-m", "app", "export", str(pages), "--content", str(MARBLES)]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit)
    assert done.returncode == 2
    assert f"{pages} can't be written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (pages / "index.html").exists()
