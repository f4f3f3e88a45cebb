"""Links to a place on a page, and the exchange that the device remembers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import arrive

pytestmark = pytest.mark.browser


def look(page: Page, selector: str) -> str:
    """Return what can mark an element."""
    style: str = page.locator(selector).evaluate(
        """(element) => {
            const { boxShadow, backgroundColor, borderColor, outline } = getComputedStyle(element);
            return [boxShadow, backgroundColor, borderColor, outline].join();
        }"""
    )
    return style


def test_a_link_to_an_issue_opens_scrolls_to_and_marks_it(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/#market-closed")
    issue = visitor.locator("#market-closed")
    expect(issue).to_have_attribute("open", "")
    expect(issue.get_by_text("Wait for Monday")).to_be_in_viewport()
    expect(visitor.locator("#wrong-key")).not_to_have_attribute("open", "")
    assert look(visitor, "#market-closed") != look(visitor, "#wrong-key")


def test_the_text_of_a_marked_issue_keeps_away_from_the_mark(visitor: Page, marbles: str) -> None:
    visitor.set_viewport_size({"width": 390, "height": 844})
    visitor.goto(f"{marbles}/#market-closed")
    left = "(element) => element.getBoundingClientRect().left"
    issue: float = visitor.locator("#market-closed").evaluate(left)
    heading: float = visitor.locator("#market-closed h4").first.evaluate(left)
    assert heading - issue >= 12


def test_a_link_to_a_step_on_the_home_page_opens_its_issue(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/#market-closed--wait-for-monday")
    expect(visitor.locator("#market-closed")).to_have_attribute("open", "")
    expect(visitor.locator("#market-closed--wait-for-monday")).to_be_in_viewport()


def test_a_link_on_the_same_page_opens_too(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    visitor.evaluate("location.hash = '#wrong-key'")
    expect(visitor.locator("#wrong-key")).to_have_attribute("open", "")
    expect(visitor.locator("#wrong-key")).to_be_in_viewport()


@pytest.mark.parametrize("fragment", ["nonsuch", "%", "%zz", "<b>", "a'b\"c", "%E0%A4%A"])
def test_a_strange_fragment_is_no_error(visitor: Page, marbles: str, fragment: str) -> None:
    visitor.goto(f"{marbles}/#{fragment}")
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()


def test_the_chosen_exchange_is_remembered_and_forgotten(visitor: Page, marbles: str) -> None:
    menu = visitor.get_by_role("combobox", name="Your exchange")
    visitor.goto(f"{marbles}/issues/address-not-allowed")
    arrive(visitor, lambda: menu.select_option("Glass Market"))
    expect(visitor).to_have_url(f"{marbles}/issues/address-not-allowed?exchange=glassmarket")
    expect(visitor.locator("#press-twice")).to_be_visible()

    visitor.goto(f"{marbles}/")
    expect(visitor).to_have_url(f"{marbles}/?exchange=glassmarket")
    expect(menu).to_have_value("glassmarket")
    visitor.goto(f"{marbles}/issues/address-not-allowed?exchange=claybourse#clay-frog")
    expect(menu).to_have_value("claybourse")  # a link knows better than the device

    visitor.goto(f"{marbles}/#market-closed")
    expect(visitor).to_have_url(f"{marbles}/?exchange=glassmarket#market-closed")
    visitor.wait_for_load_state()
    arrive(visitor, lambda: menu.select_option("Find it in the text"))
    expect(visitor).to_have_url(re.compile(r"/\?exchange=(#.*)?$"))
    visitor.goto(f"{marbles}/issues/address-not-allowed")
    expect(visitor.locator("#press-twice")).to_be_hidden()  # folded away with other exchanges'
    expect(visitor).to_have_url(f"{marbles}/issues/address-not-allowed")
    expect(menu).to_have_value("")


def test_the_text_is_not_lost_when_the_exchange_is_chosen(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    field = visitor.get_by_role("textbox", name=re.compile("Paste the error"))
    field.fill("it says -7009")
    visitor.get_by_role("combobox", name="Your exchange").select_option("Glass Market")
    expect(visitor.get_by_role("link", name="Glass Market error -7009")).to_be_visible()
    expect(field).to_have_value("it says -7009")


def test_the_choice_keeps_the_search(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/search?q=key")
    visitor.get_by_role("combobox", name="Your exchange").select_option("Clay Bourse")
    expect(visitor).to_have_url(f"{marbles}/search?q=key&exchange=claybourse")
