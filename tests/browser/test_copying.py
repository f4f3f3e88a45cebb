"""The address is copied with one click, exactly, wherever the help center is served."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PLAIN_HOST, wait_until_said

pytestmark = pytest.mark.browser

ADDRESS = "192.0.2.7"
CLIPBOARD = ["clipboard-read", "clipboard-write"]


def clipboard(context: BrowserContext, server: str) -> str:
    """Return what a paste would bring; only a secure page may ask, so another one does."""
    context.grant_permissions(CLIPBOARD, origin=server)
    other = context.new_page()
    other.goto(f"{server}/whitelist")
    other.bring_to_front()
    text: str = other.evaluate("navigator.clipboard.readText()")
    other.close()
    return text


@pytest.fixture(params=["secure", "plain http"])
def origin(request: pytest.FixtureRequest, marbles: str) -> str:
    """Return the server's address as a secure origin, and as one without the clipboard API."""
    if request.param == "secure":
        return marbles
    return marbles.replace("127.0.0.1", PLAIN_HOST)


def test_one_click_copies_the_address_and_says_so(visitor: Page, origin: str, marbles: str) -> None:
    visitor.goto(f"{origin}/")
    assert visitor.evaluate("window.isSecureContext") is (origin == marbles)
    banner = visitor.get_by_role("region", name="Marble Robot addresses")
    banner.get_by_role("button", name=f"Copy {ADDRESS}").click()
    wait_until_said(visitor, f"Copied {ADDRESS}")
    assert clipboard(visitor.context, marbles) == ADDRESS


def test_all_addresses_at_once(visitor: Page, origin: str, marbles: str) -> None:
    visitor.goto(f"{origin}/")
    visitor.get_by_role("button", name="Copy all 3").click()
    wait_until_said(visitor, "Copied")
    assert clipboard(visitor.context, marbles) == "192.0.2.7, 198.51.100.23, 2001:db8::7"


@pytest.mark.parametrize(
    "path", ["/issues/wrong-key", "/exchanges/glassmarket", "/search", "/errors/glassmarket/-7007"]
)
def test_it_is_at_the_top_of_every_page(visitor: Page, marbles: str, path: str) -> None:
    visitor.goto(f"{marbles}{path}")
    visitor.context.grant_permissions(CLIPBOARD, origin=marbles)
    visitor.get_by_role("banner").get_by_role("button", name=f"Copy {ADDRESS}").click()
    wait_until_said(visitor, f"Copied {ADDRESS}")
    assert visitor.evaluate("navigator.clipboard.readText()") == ADDRESS


def test_the_keyboard_copies_too_and_focus_stays(visitor: Page, origin: str, marbles: str) -> None:
    visitor.goto(f"{origin}/whitelist")
    button = visitor.get_by_role("main").get_by_role("button", name=f"Copy {ADDRESS}")
    button.focus()
    visitor.keyboard.press("Enter")
    wait_until_said(visitor, f"Copied {ADDRESS}")
    expect(button).to_be_focused()
    assert clipboard(visitor.context, marbles) == ADDRESS


def test_the_link_to_a_step_appears_on_hover_and_focus_and_is_copied(
    visitor: Page, marbles: str
) -> None:
    visitor.goto(f"{marbles}/issues/address-not-allowed?exchange=glassmarket")
    visitor.context.grant_permissions(CLIPBOARD, origin=marbles)
    step = visitor.locator("#press-twice")
    link = step.get_by_role("link", name="Copy link to step 1")
    visitor.mouse.move(0, 0)
    expect(link).to_have_css("opacity", "0")
    step.hover()
    expect(link).to_have_css("opacity", "1")
    visitor.mouse.move(0, 0)
    expect(link).to_have_css("opacity", "0")
    link.focus()
    expect(link).to_have_css("opacity", "1")
    visitor.keyboard.press("Enter")
    wait_until_said(visitor, "Link copied")
    copied = visitor.evaluate("navigator.clipboard.readText()")
    assert copied == f"{marbles}/issues/address-not-allowed?exchange=glassmarket#press-twice"
    visitor.goto(copied)
    expect(visitor.locator(":target")).to_have_attribute("id", "press-twice")


def test_without_javascript_one_click_selects_the_address(browser: Browser, marbles: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{marbles}/")
    banner = page.get_by_role("region", name="Marble Robot addresses")
    expect(banner.get_by_role("button", name=f"Copy {ADDRESS}")).not_to_be_visible()
    banner.get_by_role("code").filter(has_text=ADDRESS).click()
    page.keyboard.press("Control+C")
    field = page.get_by_label("Paste the error message, or describe what happens")
    field.focus()
    page.keyboard.press("Control+V")
    expect(field).to_have_value(ADDRESS)
    context.close()
