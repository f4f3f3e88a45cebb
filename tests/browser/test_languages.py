"""Pages in other languages in a browser: longer words, from right to left, and the offered line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.content.folder import Folder
from tests.browser.conftest import REPOSITORY, arrive, serving
from tests.browser.test_look import CUT_OR_WIDE, PAGES, findings, open_everything
from tests.pseudo import LONG, MIRRORED, translate_content, write_catalog

pytestmark = pytest.mark.browser

LANGUAGES = [language.folder for language in Folder(REPOSITORY / "content").languages()]
NARROW = {"width": 320, "height": 640}
PHONE = {"width": 390, "height": 844}
DENSE = ("home", "issue with a body", "exchange", "error", "diagnosis", "whitelist", "report")
START = (
    "import sys; from pathlib import Path; from app import i18n; "
    "i18n.LOCALES = Path(sys.argv.pop(1)); from app.cli import main; main()"
)


@pytest.fixture(scope="module")
def pseudo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the real content in a language 40 % longer, and in one from right to left."""
    root = tmp_path_factory.mktemp("pseudo")
    real = REPOSITORY / "content"
    without_others = shutil.ignore_patterns(*LANGUAGES)
    content = Path(shutil.copytree(real, root / "content", ignore=without_others))
    for language in (LONG, MIRRORED):
        translate_content(content, language)
        write_catalog(root / "locales", language)
    with serving(content, start=("-c", START, str(root / "locales"))) as url:
        yield url


def lost(page: Page, url: str) -> list[str]:
    """Return what is cut or too wide on a page at both widths of a phone."""
    page.goto(url)
    open_everything(page)
    found = []
    for size in (NARROW, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        found += [f"{url} at {size['width']}: {fault}" for fault in page.evaluate(CUT_OR_WIDE)]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_lost_in_any_language(page: Page, server: str, language: str) -> None:
    assert [
        fault for name in DENSE for fault in lost(page, f"{server}/{language}{PAGES[name]}")
    ] == []


@pytest.mark.parametrize("language", [LONG.folder, MIRRORED.folder])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_lost_with_longer_words_or_from_right_to_left(
    page: Page, pseudo_server: str, language: str, name: str
) -> None:
    assert lost(page, f"{pseudo_server}/{language}{PAGES[name]}") == []


def test_the_layout_mirrors(page: Page, pseudo_server: str) -> None:
    page.goto(f"{pseudo_server}/ar/issues/ip-whitelist-not-configured")
    brand = page.locator(".brand").bounding_box()
    chip = page.locator(".chip").bounding_box()
    number = page.locator(".steps li").first.evaluate(
        "element => getComputedStyle(element, '::before').right"
    )
    assert brand
    assert chip
    assert brand["x"] > chip["x"]
    assert number == "0px"
    direction = page.locator("code").first.evaluate("code => getComputedStyle(code).direction")
    assert direction == "ltr"


@pytest.mark.parametrize(
    ("language", "name"), [*((language, "home") for language in LANGUAGES), ("tr", "diagnosis")]
)
def test_axe_finds_nothing_in_any_language(
    visitor: Page, server: str, language: str, name: str
) -> None:
    visitor.set_viewport_size(PHONE)  # type: ignore[arg-type]
    visitor.goto(f"{server}/{language}{PAGES[name]}")
    open_everything(visitor)
    lines = findings(visitor)
    assert not lines, "\n".join(lines)


def test_axe_finds_nothing_from_right_to_left(visitor: Page, pseudo_server: str) -> None:
    visitor.goto(f"{pseudo_server}/ar/")
    open_everything(visitor)
    lines = findings(visitor)
    assert not lines, "\n".join(lines)


def test_the_language_of_the_browser_is_offered_and_can_be_refused(
    browser: Browser, server: str
) -> None:
    context = browser.new_context(locale="es-MX")
    page = context.new_page()
    page.goto(f"{server}/issues/ip-whitelist-not-configured?exchange=okx")
    offer = page.locator(".offer")
    expect(offer).to_have_attribute("lang", "es")
    arrive(page, lambda: offer.get_by_role("link").click())
    assert page.url == f"{server}/es/issues/ip-whitelist-not-configured?exchange=okx"
    expect(page.locator("html")).to_have_attribute("lang", "es")
    # The choice is remembered, and a link that somebody was sent stays what it is.
    page.goto(f"{server}/exchanges/okx")
    expect(page.locator(".offer")).to_have_attribute("lang", "es")
    assert page.url == f"{server}/exchanges/okx"
    page.locator(".offer").get_by_role("button").click()
    expect(page.locator(".offer")).to_have_count(0)
    page.goto(f"{server}/exchanges/okx", wait_until="networkidle")
    expect(page.locator(".offer")).to_have_count(0)
    context.close()


def test_scripts_speak_the_language_of_the_page(page: Page, server: str) -> None:
    page.goto(f"{server}/es/")
    page.locator("#diagnose-form").get_by_role("button").first.click()
    said = page.locator("#text-error")
    expect(said).not_to_be_empty()
    expect(said).not_to_contain_text("Paste the error")
    expect(page).to_have_url(f"{server}/es/")


def test_a_text_in_another_language_can_be_answered_in_it(page: Page, server: str) -> None:
    page.goto(f"{server}/")
    page.locator("#text").fill(
        "No puedo conectar mi exchange con el bot, la clave API no funciona y no sé qué hacer. "
        "La dirección IP ya está en la lista, pero sigue el error. Binance -2015"
    )
    page.get_by_role("button", name="Find the cause").click()
    offer = page.locator("#answer .offer[lang=es]")
    arrive(page, lambda: offer.get_by_role("button").click())
    assert page.url.startswith(f"{server}/es/diagnose")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("#answer")).to_contain_text("-2015")
