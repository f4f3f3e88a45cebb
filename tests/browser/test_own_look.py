"""A product's own colour and logo: legible in both themes, and allowed by the strict policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.test_look import CONTRAST, CUT_OR_WIDE, THEMES, findings, open_everything

pytestmark = pytest.mark.browser

PAGES = ("/", "/issues/wrong-key", "/diagnose?exchange=glassmarket&error=-7007", "/search?q=key")


@pytest.mark.parametrize("path", PAGES)
def test_a_colour_that_check_lets_through_can_be_read(
    visitor: Page, marbles: str, path: str
) -> None:
    found: list[str] = []
    visitor.goto(f"{marbles}{path}")
    open_everything(visitor)
    for theme in THEMES:
        visitor.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [f"{theme}: {line}" for line in findings(visitor, CONTRAST)]
    assert not found, "\n".join(found)


def test_the_colour_and_the_logo_are_seen(visitor: Page, marbles: str) -> None:
    visitor.goto(marbles)
    colour = "getComputedStyle(document.querySelector('.primary')).backgroundColor"
    visitor.emulate_media(color_scheme="light")
    assert visitor.evaluate(colour) == "rgb(0, 127, 87)"
    visitor.emulate_media(color_scheme="dark")
    assert visitor.evaluate(colour) not in {"rgb(0, 127, 87)", "rgb(141, 178, 255)"}
    logo = visitor.locator(".brand img")
    assert logo.evaluate("image => image.complete && image.naturalWidth") == 64
    for width in (320, 390, 1280):
        visitor.set_viewport_size({"width": width, "height": 900})
        assert visitor.evaluate(CUT_OR_WIDE) == []
