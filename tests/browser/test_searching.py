"""Search as you type."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Locator, Page, Route, expect

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
    visitor.goto(f"{marbles}/")
    box(visitor).press_sequentially("wrong key")
    expect(results(visitor).first).to_contain_text("Wrong Key")
    assert 1 <= len([url for url in asked if "/search" in url]) <= 3


def test_an_older_answer_never_overwrites_a_newer_one(visitor: Page, marbles: str) -> None:
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if "q=wrong" in route.request.url and not held:
            held.append(route)
        else:
            route.continue_()

    visitor.goto(f"{marbles}/")
    visitor.route("**/search?*", hold_the_first)
    box(visitor).fill("wrong")
    for _ in range(50):
        if held:
            break
        visitor.wait_for_timeout(20)
    assert held
    box(visitor).fill("closed")
    expect(results(visitor).first).to_contain_text("Market Closed")
    with suppress(Error):  # the browser has given this request up, which is right
        held[0].continue_()
    visitor.wait_for_timeout(200)
    expect(results(visitor).first).to_contain_text("Market Closed")


def test_a_result_is_reached_by_keyboard_and_escape_closes_the_panel(
    visitor: Page, marbles: str
) -> None:
    visitor.goto(f"{marbles}/")
    box(visitor).fill("closed")
    expect(results(visitor).first).to_be_visible()
    visitor.keyboard.press("Escape")
    expect(results(visitor).first).not_to_be_visible()
    expect(box(visitor)).to_be_focused()
    box(visitor).fill("market closed")
    expect(results(visitor).first).to_be_visible()
    link = results(visitor).first.get_by_role("link")
    for _ in range(3):
        visitor.keyboard.press("Tab")
        if link.evaluate("element => element === document.activeElement"):
            break
    expect(link).to_be_focused()
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Market Closed")


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
    expect(panel).to_contain_text("Nothing found for “qzxwvk”")
    expect(panel.get_by_role("link", name="Paste the whole error message")).to_be_visible()
