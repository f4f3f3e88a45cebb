"""A product's own colour and logo: legible in both themes, and allowed by the strict policy."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import serving
from tests.browser.test_look import CONTRAST, CUT_OR_WIDE, THEMES, findings, open_everything
from tests.conftest import MARBLES

pytestmark = pytest.mark.browser

JUST_ENOUGH = "#007f57"
"""A green whose contrast is just what `helpcenter check` asks for."""
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
PAGES = ("/", "/issues/wrong-key", "/diagnose?exchange=glassmarket&error=-7007", "/search?q=key")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve content with a colour and a logo; gives its address."""
    content = tmp_path_factory.mktemp("own") / "content"
    shutil.copytree(MARBLES, content)
    with (content / "site.yml").open("a") as site:
        site.write(f'\naccent: "{JUST_ENOUGH}"\nlogo: dot.png\n')
    (content / "images").mkdir(exist_ok=True)
    (content / "images" / "dot.png").write_bytes(DOT)
    with serving(content) as url:
        yield url


@pytest.mark.parametrize("path", PAGES)
def test_a_colour_that_check_lets_through_can_be_read(visitor: Page, own: str, path: str) -> None:
    found: list[str] = []
    visitor.goto(f"{own}{path}")
    open_everything(visitor)
    for theme in THEMES:
        visitor.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [f"{theme}: {line}" for line in findings(visitor, CONTRAST)]
    assert not found, "\n".join(found)


def test_the_colour_and_the_logo_are_seen(visitor: Page, own: str) -> None:
    visitor.goto(own)
    colour = "getComputedStyle(document.querySelector('.primary')).backgroundColor"
    visitor.emulate_media(color_scheme="light")
    assert visitor.evaluate(colour) == "rgb(0, 127, 87)"
    visitor.emulate_media(color_scheme="dark")
    assert visitor.evaluate(colour) not in {"rgb(0, 127, 87)", "rgb(141, 178, 255)"}
    logo = visitor.locator(".brand img")
    assert logo.evaluate("image => image.complete && image.naturalWidth") == 1
    for width in (320, 390, 1280):
        visitor.set_viewport_size({"width": width, "height": 900})
        assert visitor.evaluate(CUT_OR_WIDE) == []
