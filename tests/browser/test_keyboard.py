"""Everything can be reached and done by keyboard, and the focus can be seen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

FOCUSED = """() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const rings = [element, element.labels?.[0], element.parentElement].filter(Boolean)
        .map((one) => getComputedStyle(one))
        .map((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
    const box = element.getBoundingClientRect();
    return {
        tag: element.localName,
        id: element.id,
        name: element.getAttribute("name"),
        text: (element.innerText || "").trim().slice(0, 40),
        seen: rings.some(Boolean),
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        y: box.top + scrollY,
        x: box.left,
    };
}"""


def walk(page: Page, most: int = 150) -> list[dict[str, Any]]:
    """Press Tab until the focus leaves the page; return what had it."""
    seen: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            return seen
        seen.append(focused)
    raise AssertionError(f"the focus never leaves the page: {seen[-5:]}")


@pytest.mark.parametrize(
    "path",
    ["/", "/issues/address-not-allowed", "/exchanges/glassmarket", "/errors/glassmarket/-7007"],
)
def test_tab_goes_through_the_page_in_its_order_with_a_visible_focus(
    visitor: Page, marbles: str, path: str
) -> None:
    visitor.emulate_media(reduced_motion="reduce")  # no scrolling that is still under way
    visitor.goto(f"{marbles}{path}")
    stops = walk(visitor)
    assert stops[0]["text"] == "Skip to content"
    assert len(stops) >= 15
    unseen = [stop for stop in stops if not stop["seen"] or not stop["inside"]]
    assert unseen == []
    expected = visitor.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
            .filter((one) => one.checkVisibility({ visibilityProperty: true }))
            .filter((one) => one.type !== "hidden" && !one.disabled && one.tabIndex >= 0)
            .filter((one) => one.type !== "radio" || one.checked).length"""
    )
    assert len(stops) == expected


def test_the_first_key_skips_to_the_content(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    visitor.keyboard.press("Tab")
    link = visitor.get_by_role("link", name="Skip to content")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    visitor.keyboard.press("Enter")
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("textbox", name=re.compile("Paste the error"))).to_be_focused()


def test_from_paste_to_answer_without_a_mouse(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    field = visitor.get_by_role("textbox", name=re.compile("Paste the error"))
    field.focus()
    visitor.keyboard.insert_text('{"code":-7007,"say":"Friend unknown"}')
    for _ in range(3):
        visitor.keyboard.press("Tab")
        button = visitor.get_by_role("button", name="Find the cause")
        if button.evaluate("element => element === document.activeElement"):
            break
    expect(button).to_be_focused()
    visitor.keyboard.press("Enter")
    heading = visitor.get_by_role("heading", name="The market says that it doesn't know")
    expect(heading).to_be_focused()
    # The next stops are inside the answer.
    visitor.keyboard.press("Tab")
    inside = "() => document.getElementById('answer').contains(document.activeElement)"
    assert visitor.evaluate(inside)
    option = visitor.get_by_role("button", name="192.0.2.7", exact=True)
    option.focus()
    visitor.keyboard.press("Space")
    answer = visitor.locator("#answer").get_by_role("article")
    cause = answer.get_by_role("heading", level=2).first
    expect(cause).to_have_text("The market doesn't accept the key")
    expect(cause).to_be_focused()  # who answered reads on there, not at the top again


def test_control_and_enter_send_the_text(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    field = visitor.get_by_role("textbox", name=re.compile("Paste the error"))
    field.fill("nobody answers")
    visitor.keyboard.press("Control+Enter")
    expect(visitor.get_by_role("heading", name="Nobody answers", level=2)).to_be_focused()


def test_items_tests_and_issues_are_worked_with_space_arrows_and_enter(
    visitor: Page, marbles: str
) -> None:
    visitor.goto(f"{marbles}/")
    box = visitor.get_by_role("checkbox", name="192.0.2.7 is allowed")
    box.focus()
    visitor.keyboard.press("Space")
    expect(box).to_be_checked()
    expect(visitor.locator("#next-steps")).to_contain_text("1 of 3 done")
    expect(box).to_be_focused()
    visitor.get_by_role("radio", name="Not tried").focus()
    visitor.keyboard.press("ArrowRight")
    expect(visitor.get_by_role("radio", name="Worked")).to_be_checked()
    expect(visitor.locator("#next-steps")).to_contain_text("2 of 3 done")
    issue = visitor.locator("#wrong-key")
    issue.locator("summary").focus()
    visitor.keyboard.press("Enter")
    expect(issue).to_have_attribute("open", "")
    visitor.keyboard.press("Space")
    expect(issue).not_to_have_attribute("open", "")
