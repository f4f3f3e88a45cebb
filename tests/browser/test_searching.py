"""Search as you type."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser


def box(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search")


def results(page: Page) -> Locator:
    return page.get_by_role("search").get_by_role("listitem")


def test_results_appear_while_typing_and_are_announced(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    box(visitor).press_sequentially("closed", delay=10)
    expect(results(visitor).first).to_contain_text("Market Closed")
    expect(visitor.get_by_role("status").filter(has_text=re.compile(r"\d+ result"))).to_have_count(
        1
    )
    expect(box(visitor)).to_be_focused()
    expect(visitor).to_have_url(re.compile(r"/(\?exchange=)?$"))


def test_a_burst_of_keys_is_one_question(visitor: Page, marbles: str) -> None:
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    visitor.clock.install()
    visitor.goto(f"{marbles}/")
    # The page's clock stands still while these keys are pressed, however long that takes.
    visitor.clock.pause_at(time.time() + 3600)
    box(visitor).press_sequentially("wrong key")
    visitor.clock.resume()
    expect(results(visitor).first).to_contain_text("Wrong Key")
    assert len([url for url in asked if "/search" in url]) == 1


def test_an_older_answer_never_overwrites_a_newer_one(visitor: Page, marbles: str) -> None:
    given_up: list[str] = []
    visitor.on("requestfailed", lambda request: given_up.append(request.url))
    visitor.goto(f"{marbles}/")
    visitor.route("**/search?q=wrong*", lambda _: None)  # this answer never comes
    with visitor.expect_request("**/search?q=wrong*") as older:
        box(visitor).fill("wrong")
    box(visitor).fill("closed")
    expect(results(visitor).first).to_contain_text("Market Closed")
    assert given_up == [older.value.url]


def test_a_result_is_reached_by_keyboard_and_escape_closes_the_panel(
    visitor: Page, marbles: str
) -> None:
    visitor.goto(f"{marbles}/")
    box(visitor).fill("closed")
    expect(results(visitor).first).to_be_visible()
    visitor.keyboard.press("Escape")
    expect(results(visitor).first).not_to_be_visible()
    expect(box(visitor)).to_be_focused()
    box(visitor).fill("wrong")
    # The panel shows the former results until the new ones are there, and these would take the
    # focus away.
    expect(results(visitor).first).to_contain_text("Wrong Key")
    link = results(visitor).first.get_by_role("link")
    for _ in range(3):
        visitor.keyboard.press("Tab")
        if link.evaluate("element => element === document.activeElement"):
            break
    expect(link).to_be_focused()
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Wrong Key")


def test_enter_opens_the_page_of_results_which_can_be_linked(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/?exchange=glassmarket")
    box(visitor).fill("closed")
    box(visitor).press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("closed")
    expect(visitor).to_have_url(re.compile(r"/search\?q=closed&exchange=glassmarket$"))
    expect(box(visitor)).to_have_value("closed")


def test_nothing_found_says_so_in_place(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    box(visitor).fill("qzxwvk")
    panel = visitor.get_by_role("search")
    expect(panel).to_contain_text("No results for “qzxwvk”")
    expect(panel.get_by_role("link", name="Paste the whole error message")).to_be_visible()
