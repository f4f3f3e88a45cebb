"""The help center works without JavaScript (copying aside)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

FRIEND_UNKNOWN = '{"code":-7007,"say":"Friend unknown"}'


@pytest.fixture
def plain(browser: Browser, marbles: str) -> Iterator[Page]:
    """Return a page of a browser that runs no scripts, at the home page."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{marbles}/")
    yield page
    context.close()


REFUSED = "The market doesn't accept the key"


def test_a_paste_is_answered_with_a_page(plain: Page, marbles: str) -> None:
    field = plain.get_by_role("textbox", name=re.compile("Paste the error"))
    field.fill(FRIEND_UNKNOWN)
    plain.get_by_role("button", name="Find the cause").click()
    expect(plain).to_have_url(f"{marbles}/diagnose")
    answer = plain.locator("#answer").get_by_role("article")
    expect(answer.get_by_role("link", name="Glass Market error -7007")).to_be_visible()
    expect(field).to_have_value(FRIEND_UNKNOWN)

    answer.get_by_role("button", name="192.0.2.7", exact=True).click()
    expect(answer.get_by_role("heading", level=2).first).to_have_text(REFUSED)

    answer.get_by_role("link", name=re.compile("link to this answer")).click()
    expect(plain).to_have_url(re.compile(r"\?exchange=glassmarket&error=-7007&issue=wrong-key$"))
    expect(answer.get_by_role("heading", level=2).first).to_have_text(REFUSED)


def test_a_choice_between_causes_is_answered_with_a_page(plain: Page, marbles: str) -> None:
    plain.get_by_role("textbox", name=re.compile("Paste the error")).fill(
        "my key and my address are refused"
    )
    plain.get_by_role("button", name="Find the cause").click()
    plain.get_by_role("button", name="The market names an address").click()
    heading = plain.locator("#answer").get_by_role("heading", level=2)
    expect(heading).to_have_text("The market says that it doesn't know 192.0.2.7")

    plain.get_by_role("link", name=re.compile("link to this answer")).click()
    expect(plain).to_have_url(f"{marbles}/diagnose?issue=address-not-allowed")
    expect(heading).to_have_text("The market says that it doesn't know 192.0.2.7")


def test_the_checklist_works_with_a_button(plain: Page) -> None:
    box = plain.get_by_role("checkbox", name="The secret word is entered")
    box.check()
    group = plain.get_by_role("group", name="Sign in to the market by hand")
    group.get_by_text("Failed").click()
    plain.get_by_role("button", name="Show what to try next").click()
    expect(plain).to_have_url(
        re.compile(r"/diagnose\?missing=address-allowed&test-other-browser=fail#diagnostic$")
    )
    expect(box).to_be_checked()
    steps = plain.locator("#next-steps")
    expect(steps).to_contain_text("2 of 3 done")
    expect(steps).to_contain_text("You haven't ticked that 192.0.2.7 is allowed")
    plain.reload()
    expect(box).to_be_checked()
    plain.go_back()
    expect(plain.locator("#next-steps")).not_to_contain_text("2 of 3 done")


def test_nothing_pasted_is_asked_for(plain: Page) -> None:
    plain.get_by_role("button", name="Find the cause").click()
    field = plain.get_by_role("textbox", name=re.compile("Paste the error"))
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("Error: Paste the error message first"))
    expect(plain.locator("#text-error")).to_be_in_viewport()


def test_search_is_a_page(plain: Page) -> None:
    plain.get_by_role("searchbox", name="Search").fill("closed")
    plain.get_by_role("search").get_by_role("button", name="Search").click()
    expect(plain).to_have_url(re.compile(r"/search\?q=closed"))
    result = plain.get_by_role("main").get_by_role("link", name=re.compile("Market Closed"))
    result.first.click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Market Closed")


def test_a_list_is_compared_on_a_page(plain: Page, marbles: str) -> None:
    plain.get_by_text("Check your saved IP whitelist").click()
    plain.get_by_role("textbox", name="Paste your IP whitelist").fill("192.0.2.8")
    plain.get_by_role("button", name="Check whitelist").click()
    expect(plain).to_have_url(f"{marbles}/whitelist")
    expect(plain.get_by_role("main")).to_contain_text("Change it to 192.0.2.7")
    expect(plain.get_by_role("textbox", name="Paste your IP whitelist")).to_have_value("192.0.2.8")


def test_the_exchange_is_chosen_with_a_button(plain: Page, marbles: str) -> None:
    plain.goto(f"{marbles}/issues/address-not-allowed")
    plain.get_by_role("combobox", name="Your exchange").select_option("Glass Market")
    plain.get_by_role("button", name="Show").click()
    expect(plain).to_have_url(f"{marbles}/issues/address-not-allowed?exchange=glassmarket")
    expect(plain.get_by_role("listitem").filter(has_text="Press the blue button")).to_be_visible()


def test_no_button_is_shown_that_does_nothing(plain: Page) -> None:
    expect(plain.get_by_role("button", name=re.compile("Copy"))).to_have_count(0)
    expect(plain.get_by_text("removed in your browser")).not_to_be_visible()
    expect(plain.locator("#text-hint noscript")).to_be_visible()
