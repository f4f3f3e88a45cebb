"""What looks like a secret where no rule can know: the browser asks, and waits for no answer."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_diagnosing import answer, field, paste

pytestmark = pytest.mark.browser

LINE = 24
"""The height of a line of the field in pixels."""
TOLD = "KuCoin says 400004. My passphrase is hunter and it worked before."


def doubts(page: Page) -> Locator:
    return page.get_by_role("list", name="Check before you send")


def test_a_doubt_is_marked_in_the_field_and_removed_by_keyboard(
    visitor: Page, marbles: str
) -> None:
    visitor.goto(f"{marbles}/")
    paste(visitor, TOLD)
    expect(doubts(visitor)).to_contain_text("This looks like a passphrase: hunter Remove it?")
    mark = visitor.locator(".marks mark")
    expect(mark).to_be_visible()
    expect(mark).to_have_text("hunter")
    inner, outer = mark.bounding_box(), field(visitor).bounding_box()
    assert inner
    assert outer
    assert outer["x"] < inner["x"] < outer["x"] + outer["width"]
    assert outer["y"] < inner["y"] < outer["y"] + LINE, "not on the first line"

    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("button", name="Remove", exact=True)).to_be_focused()
    visitor.keyboard.press("Enter")
    expect(field(visitor)).to_have_value(TOLD.replace("hunter", "[passphrase removed]"))
    expect(field(visitor)).to_be_focused()
    expect(doubts(visitor)).to_be_hidden()
    said = visitor.get_by_role("status").filter(has_text="1 secret was removed: passphrase")
    expect(said).to_be_visible()


def test_what_is_kept_is_not_asked_about_again(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    paste(visitor, TOLD)
    visitor.get_by_role("button", name="Keep", exact=True).click()
    expect(doubts(visitor)).to_be_hidden()
    paste(visitor, " My password is zebra")
    expect(doubts(visitor)).to_contain_text("zebra")
    expect(doubts(visitor)).not_to_contain_text("hunter")
    expect(field(visitor)).to_have_value(f"{TOLD} My password is zebra")


def test_a_text_can_be_sent_without_an_answer(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    paste(visitor, TOLD)
    expect(doubts(visitor)).to_be_visible()
    with visitor.expect_request("**/diagnose") as sent:
        visitor.get_by_role("button", name="Find the cause").click()
    assert "hunter" in (sent.value.post_data or "")
    expect(answer(visitor)).to_be_visible()


def test_what_is_typed_is_asked_about_too(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    field(visitor).press_sequentially("my password is zebra ")
    expect(doubts(visitor)).to_contain_text("zebra")
    field(visitor).fill("nothing to see")
    expect(doubts(visitor)).to_be_hidden()


def test_the_question_is_accessible(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    paste(visitor, TOLD)
    expect(doubts(visitor)).to_be_visible()
    assert Axe().run(visitor, context=".ask").violations_count == 0


def test_who_pastes_a_recovery_phrase_is_warned_at_once(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    words = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    paste(visitor, f"my words are {words}")
    warned = visitor.get_by_role("status").filter(has_text="Anyone who has it can take your money")
    expect(warned).to_be_visible()
    expect(field(visitor)).to_have_value(re.compile(r"^my words are \[recovery phrase removed\]$"))
