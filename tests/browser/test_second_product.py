"""Another product without a fork: served, diagnosed, exported and embedded, from the wheel."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from urllib.parse import urldefrag, urljoin

import httpx2 as httpx
import pytest
from playwright.sync_api import Page, expect

from app.content.loader import load
from app.settings import ROOT
from tests.browser.dialog import product_page
from tests.conftest import MARBLES
from tests.operating.wheel import Installed, install
from tests.ports import free_port
from tests.web.document import Document

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASTE = '{"code":-7007,"say":"Friend unknown"}'
TITLES: Mapping[str, str] = {"en": "Address Not Allowed", "es": "Dirección no permitida"}
LOOK = ("icon.svg", "social.png", 'href="#i-help"')
"""Where our drawings would be named in a page."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the program, and put the product's content beside it."""
    found = install(tmp_path_factory.mktemp("product"), with_requirements=False)
    shutil.copytree(MARBLES, found.folder / "marbles")
    return found


@pytest.fixture(scope="module")
def embedding() -> int:
    """Return the port of the product's own pages."""
    return free_port()


@pytest.fixture(scope="module")
def robot(installed: Installed, embedding: int) -> Iterator[str]:
    """Serve the product's help, which its pages may ask; gives the address."""
    yield from installed.served(
        "--content",
        "marbles",
        "--base-url",
        "https://help.marbles.example",
        HELP_CORS_ORIGINS=f"http://127.0.0.1:{embedding}",
        HELP_STATUS="off",
    )


@pytest.fixture(scope="module")
def ours() -> re.Pattern[str]:
    """Return what would be ours: the product's name, its addresses, its exchanges, its drawings."""
    content = load(ROOT / "content")
    assert content.site
    assert content.site.whitelist
    names = [content.site.product, *map(str, content.site.whitelist.addresses)]
    names += [exchange.name for exchange in content.exchanges]
    assert len(names) > 10
    words = "|".join(rf"\b{re.escape(name)}\b" for name in names)
    return re.compile("|".join((words, *map(re.escape, LOOK))))


def test_no_page_has_a_word_of_ours(robot: str, ours: re.Pattern[str]) -> None:
    queue = ["/", "/es/", "/sitemap.xml", "/llms-full.txt", "/api/v1/openapi.json", "/nonsuch"]
    seen = set(queue)
    languages = set()
    with httpx.Client(base_url=robot, timeout=60, follow_redirects=True) as visitor:
        while queue:
            path = queue.pop()
            answer = visitor.get(path)
            assert answer.is_success or path == "/nonsuch", path
            found = ours.search(answer.text)
            assert found is None, f"{found} in {path}"
            if not answer.headers["content-type"].startswith("text/html"):
                continue
            page = Document(answer.text)
            languages.add(page.one("html")["lang"])
            for element in page.all("a", "link"):
                link = urldefrag(urljoin(path, element["href"]))[0]
                is_page = link.startswith("/") and not link.startswith(("/static/", "/images/"))
                if is_page and link not in seen:
                    seen.add(link)
                    queue.append(link)
    assert languages == {"en", "es"}
    assert len(seen) > 100


def test_it_has_its_own_colour_and_images(robot: str) -> None:
    with httpx.Client(base_url=robot, timeout=60) as visitor:
        assert "--accent:light-dark(#007f57," in visitor.get("/theme.css").text
        home = visitor.get("/").text
        for name in ("marble.png", "marbles.png"):
            assert f"/images/{name}" in home
            image = (MARBLES / "images" / name).read_bytes()
            assert visitor.get(f"/images/{name}").content == image


@pytest.mark.parametrize("language", TITLES)
def test_it_diagnoses(robot: str, language: str) -> None:
    prefix = "" if language == "en" else f"/{language}"
    with httpx.Client(base_url=robot, timeout=60) as visitor:
        asked = {"text": PASTE}
        told = visitor.post("/api/v1/diagnose", json=asked, params={"lang": language}).json()
        page = visitor.post(f"{prefix}/diagnose", data=asked).text
    assert told["error"]["url"] == f"{prefix}/errors/glassmarket/-7007"
    assert told["matches"][0]["title"] == TITLES[language]
    assert TITLES[language] in page


def test_its_export_has_no_word_of_ours(installed: Installed, ours: re.Pattern[str]) -> None:
    done = installed.run("export", "public", "--content", "marbles")
    assert done.returncode == 0, done.stderr
    folder = installed.folder / "public"
    pages = list(folder.rglob("*.html"))
    assert len(pages) > 50
    assert (folder / "es" / "issues" / "wrong-key.html").is_file()
    for page in pages:
        found = ours.search(page.read_text("utf-8"))
        assert found is None, f"{found} in {page}"
    assert "#007f57" in (folder / "theme.css").read_text("utf-8")
    assert (folder / "images" / "marble.png").is_file()


@pytest.mark.parametrize("language", TITLES)
def test_it_is_embedded_in_its_own_pages(
    visitor: Page, robot: str, embedding: int, ours: re.Pattern[str], language: str
) -> None:
    with product_page(embedding, robot, "glassmarket", "-7007"):
        visitor.goto(f"http://127.0.0.1:{embedding}/{language}")
        widget = visitor.locator("exchange-help")
        expect(widget.get_by_role("heading", name=TITLES[language])).to_be_visible()
        shown = widget.evaluate("(element) => element.shadowRoot.innerHTML")
    assert ours.search(shown) is None
    assert "192.0.2.7" in shown
