"""Writing with `helpcenter serve --dev`: the open page follows what is saved."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_SECONDS
from tests.ports import free_port

pytestmark = pytest.mark.browser

REPOSITORY = Path(__file__).resolve().parents[2]
TEAPOTS = REPOSITORY / "tests" / "fixtures" / "content"

Serve = Callable[..., str]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """Return a folder of teapots to write in."""
    return Path(shutil.copytree(TEAPOTS, tmp_path / "content"))


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return what serves a folder to its writer by a program, and gives the address."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(folder: Path, program: Path = REPOSITORY) -> str:
        url = f"http://127.0.0.1:{free_port()}"
        port = url.rpartition(":")[2]
        folders = ["--content", str(folder), "--data", str(folder.parent)]
        command = [sys.executable, "-m", "app", "serve", "--dev", "--port", port, *folders]
        processes.append(subprocess.Popen(command, cwd=program))
        while processes[-1].poll() is None:
            try:
                urllib.request.urlopen(f"{url}/healthz", timeout=PATIENCE_SECONDS).close()
            except OSError:
                time.sleep(0.05)
            else:
                return url
        raise RuntimeError(f"the server stopped with exit code {processes[-1].returncode}")

    yield start
    for process in processes:
        process.send_signal(signal.SIGINT)
    codes = [process.wait(timeout=PATIENCE_SECONDS) for process in processes]
    assert codes == [0] * len(codes), "an open page must not keep the server from stopping"


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_saved_file_is_shown_where_the_reader_is(page: Page, content: Path, serve: Serve) -> None:
    page.set_viewport_size({"width": 390, "height": 500})
    page.goto(serve(content))
    fold = page.locator("#moonlight-serenade")
    fold.locator("summary").first.click()
    page.locator("#q").fill("half a word")
    fold.scroll_into_view_if_needed()
    page.evaluate("() => { window.stayed = true; scrollBy({ top: 40, behavior: 'instant' }); }")
    before = fold.bounding_box()
    assert before is not None
    path = content / "issues" / "moonlight-serenade.md"
    replace(path, "title: Moonlight Serenade", "title: Serenade in the Rain")
    expect(fold.locator("h3").first).to_contain_text("Serenade in the Rain")
    assert page.evaluate("window.stayed"), "the page was loaded anew"
    expect(fold).to_have_attribute("open", "")
    expect(page.locator("#cold-water")).not_to_have_attribute("open", "")
    expect(page.locator("#q")).to_have_value("half a word")
    after = fold.bounding_box()
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2


def test_title_header_and_footer_follow_as_well(page: Page, content: Path, serve: Serve) -> None:
    page.goto(serve(content))
    replace(content / "site.yml", "product: Teapot Choir", "product: Kettle Band")
    expect(page).to_have_title(re.compile("Kettle Band"))
    expect(page.locator("header.top")).to_contain_text("Kettle Band")
    expect(page.locator("main")).to_contain_text("Kettle Band")


def test_a_mistake_is_named_on_every_page_until_it_is_mended(
    page: Page, content: Path, serve: Serve
) -> None:
    url = serve(content)
    page.goto(url)
    expect(page.locator("#dev")).to_have_text("")
    path = content / "issues" / "cold-water.md"
    good = path.read_text("utf-8")
    page.locator("footer.bottom").scroll_into_view_if_needed()
    path.write_text(good.replace("symptom:", "symptm:"), "utf-8")
    banner = page.locator("#dev")
    expect(banner).to_contain_text(f"{path}:3")
    expect(banner.locator(".notice")).to_be_in_viewport()
    expect(banner).to_contain_text("did you mean `symptom`?")
    expect(page.locator("#cold-water h3")).to_have_text("Cold Water")
    for address in ("/issues/cold-water", "/search?q=cold", "/nonsuch"):
        page.goto(url + address)
        expect(banner).to_contain_text(f"{path}:3")
        assert page.evaluate("document.querySelector('#dev').getBoundingClientRect().top") < 100
    path.write_text(good.replace("Cold Water", "Icy Water"), "utf-8")
    expect(banner).to_have_text("")
    page.goto(f"{url}/issues/cold-water")
    expect(page.locator("h1")).to_have_text("Icy Water")


def test_started_on_a_mistake_it_shows_that_and_heals(
    page: Page, content: Path, serve: Serve
) -> None:
    replace(content / "site.yml", "product:", "produkt:")
    url = serve(content)
    for address in ("/", "/issues/cold-water", "/nonsuch"):
        page.goto(url + address)
        expect(page.locator("h1")).to_have_text("The content has errors")
        expect(page.locator("main")).to_contain_text(f"{content / 'site.yml'}:2")
    page.goto(f"{url}/issues/cold-water")
    replace(content / "site.yml", "produkt:", "product:")
    expect(page.locator("h1")).to_have_text("Cold Water")
    expect(page.locator("header.top")).to_be_visible()


def test_drafts_are_shown_and_marked(page: Page, content: Path, serve: Serve) -> None:
    url = serve(content)
    page.goto(f"{url}/issues/moonlight-serenade")
    expect(page.locator("h1")).to_have_text("Moonlight Serenade Draft")
    page.goto(url)
    mark = page.locator("#issues .tag")
    expect(mark).to_have_text("Draft")
    expect(page.locator("#moonlight-serenade .tag")).to_have_text("Draft")
    page.locator("#q").fill("moonlight")
    expect(page.locator("#search-panel li .tag")).to_have_text("Draft")
    replace(content / "issues" / "moonlight-serenade.md", "draft: true", "draft: false")
    expect(mark).to_have_count(0)
    expect(page.locator("#moonlight-serenade")).to_be_visible()


def test_a_renamed_page_is_followed(page: Page, content: Path, serve: Serve) -> None:
    page.goto(f"{serve(content)}/issues/moonlight-serenade")
    expect(page.locator("h1")).to_be_visible()
    old = content / "issues" / "moonlight-serenade.md"
    text = old.read_text("utf-8").replace("---\n", "---\naliases: [moonlight-serenade]\n", 1)
    (content / "issues" / "midnight-serenade.md").write_text(text, "utf-8")
    old.unlink()
    expect(page).to_have_url(re.compile("/issues/midnight-serenade$"))


def test_stylesheets_and_templates_are_followed_too(
    page: Page, content: Path, serve: Serve, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    for name in ("app", "static", "templates", "content"):
        shutil.copytree(REPOSITORY / name, program / name)
    page.goto(serve(content, program))
    expect(page.locator("h1")).not_to_have_css("text-transform", "uppercase")
    style = program / "static" / "style.css"
    style.write_text(style.read_text("utf-8") + "h1 { text-transform: uppercase; }\n", "utf-8")
    expect(page.locator("h1")).to_have_css("text-transform", "uppercase")
    replace(program / "templates" / "base.html", "</main>", '<p id="new">New</p></main>')
    expect(page.locator("#new")).to_have_text("New")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_callouts_are_shown_and_readable(
    theme: Literal["light", "dark"], page: Page, content: Path, serve: Serve
) -> None:
    page.emulate_media(color_scheme=theme)
    path = content / "issues" / "cold-water.md"
    marks = ("NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION")
    callouts = "".join(f"> [!{mark}]\n> Mind the [lid](/).\n\n" for mark in marks)
    path.write_text(f"{path.read_text('utf-8')}\n\n{callouts}", "utf-8")
    page.goto(f"{serve(content)}/issues/cold-water")
    expect(page.locator(".callout strong")).to_have_text(
        ["Note", "Tip", "Important", "Warning", "Caution"]
    )
    color = "one => getComputedStyle(one).backgroundColor"
    assert page.locator(".callout.warn").evaluate(color) != page.locator("body").evaluate(color)
    found = Axe().run(page, context=".callout").response["violations"]
    assert [
        (violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found
    ] == []
