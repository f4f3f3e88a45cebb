"""Answers of the real content in a browser: near, by keyboard, on paper, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import arrive
from tests.browser.test_languages import LANGUAGES, NARROW, PHONE
from tests.browser.test_look import THEMES, Theme, findings, open_everything

pytestmark = pytest.mark.browser

AMBIGUOUS = '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}'
VAGUE = "it does not work"
NEAR = 480
"""How far below the top of an answer its first step may stand on a phone, in CSS pixels."""
DISTANCE = """answer => answer.querySelector(".steps > li").getBoundingClientRect().top
    - answer.getBoundingClientRect().top"""


def paste(page: Page, url: str, text: str) -> Locator:
    """Paste a text, and return its answer."""
    page.goto(url)
    page.locator("#text").fill(text)
    page.locator("#diagnose-form button.primary").click()
    answer = page.locator("#answer").get_by_role("article")
    expect(answer).to_be_visible()
    return answer


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("", AMBIGUOUS),
        ("", 'okx {"code":"50110","msg":"Your IP 203.0.113.9 is not included in your whitelist"}'),
        ("", "kraken: the connection timed out"),
        ("", "is it safe to give you my api key"),
        ("tr/", 'bybit {"retCode":10003,"retMsg":"API key is invalid."}'),
        ("ru/", 'okx {"code":"50119","msg":"API key doesn\'t exist"}'),
    ],
    ids=["-2015", "another program", "an issue", "everyday", "Turkish", "Russian"],
)
def test_the_first_step_is_near_on_a_phone(
    visitor: Page, server: str, language: str, text: str
) -> None:
    visitor.set_viewport_size(PHONE)  # type: ignore[arg-type]
    answer = paste(visitor, f"{server}/{language}", text)
    assert 0 < answer.evaluate(DISTANCE) <= NEAR


def test_the_first_step_is_near_after_a_choice(visitor: Page, server: str) -> None:
    visitor.set_viewport_size(PHONE)  # type: ignore[arg-type]
    answer = paste(visitor, f"{server}/", VAGUE)
    expect(answer.locator(".steps")).to_have_count(0)
    answer.locator(".options button").first.click()
    expect(answer.locator(".steps").first).to_be_visible()
    assert 0 < answer.evaluate(DISTANCE) <= NEAR


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_in_a_choice_and_an_everyday_answer(
    visitor: Page, server: str, theme: Theme
) -> None:
    visitor.emulate_media(color_scheme=theme, reduced_motion="reduce")
    lines: list[str] = []
    for text in (VAGUE, "is it safe to give you my api key"):
        paste(visitor, f"{server}/", text)
        open_everything(visitor)
        lines += findings(visitor)
    assert not lines, "\n".join(lines)


def test_by_keyboard_from_paste_to_the_next_cause(visitor: Page, server: str) -> None:
    visitor.goto(f"{server}/")
    visitor.locator("#text").focus()
    visitor.keyboard.insert_text(AMBIGUOUS)
    title = visitor.locator("#answer-title")

    def reach(name: str) -> None:
        button = visitor.get_by_role("button", name=re.compile(name)).locator("visible=true")
        for _ in range(40):
            visitor.keyboard.press("Tab")
            if button.evaluate("element => element === document.activeElement"):
                return
        pytest.fail(f"Tab doesn't reach the button {name!r}")

    reach("^Find the cause$")
    visitor.keyboard.press("Enter")
    expect(title).to_be_focused()
    expect(title).to_contain_text("isn't on your key's IP whitelist")
    reach("trading permission for this market")
    visitor.keyboard.press("Enter")
    expect(title).to_contain_text("permission")
    expect(title).to_be_focused()
    chosen = title.inner_text()
    reach("^No$")
    visitor.keyboard.press("Enter")
    expect(title).not_to_have_text(chosen)
    expect(title).to_be_focused()
    expect(visitor.locator(".best .steps > li").first).to_be_visible()


def test_a_code_of_several_exchanges_asks_which_is_meant(visitor: Page, server: str) -> None:
    answer = paste(visitor, f"{server}/", "10001")
    expect(answer).to_contain_text("Which exchange is it?")
    answer.get_by_role("button", name="MEXC").press("Enter")
    expect(visitor.locator("#answer-title")).to_be_focused()
    expect(answer).to_contain_text("MEXC")
    expect(answer).not_to_contain_text("Which exchange is it?")

    answer = paste(visitor, f"{server}/", "10001")
    answer.get_by_role("button", name="Another exchange").press("Enter")
    expect(visitor).to_have_url(re.compile("skip=exchange"))
    expect(answer).not_to_contain_text("Which exchange is it?")


def test_without_javascript_a_question_about_the_exchange_is_skipped(
    browser: Browser, server: str
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{server}/")
        page.locator("#text").fill("10001")
        arrive(page, page.get_by_role("button", name="Find the cause").click)
        arrive(page, page.get_by_role("button", name="Another exchange").click)
        expect(page.locator("#answer")).not_to_contain_text("Which exchange is it?")
        expect(page.locator("#answer")).not_to_contain_text("MEXC answered")


def test_without_javascript_from_paste_to_the_next_cause(browser: Browser, server: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        title = page.locator("#answer-title")
        page.goto(f"{server}/")
        page.locator("#text").fill(AMBIGUOUS)
        go: list[Callable[[], None]] = [
            page.get_by_role("button", name="Find the cause").click,
            page.get_by_role("button", name="trading permission for this market").click,
            page.locator("#feedback").get_by_role("button", name="No").click,
        ]
        before = ""
        for click in go:
            arrive(page, click)
            assert title.inner_text() != before
            before = title.inner_text()
            expect(page.locator(".best .steps > li").first).to_be_visible()
        assert context.cookies() == []


def test_paper_holds_the_exchange(visitor: Page, server: str) -> None:
    visitor.goto(f"{server}/exchanges/okx")
    visitor.emulate_media(media="print")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("OKX")
    for part in ("Create a key that works", "Add 107.189.19.87 to the whitelist"):
        heading = visitor.get_by_role("heading", name=part)
        expect(heading).to_be_visible()
        expect(heading.locator("xpath=following-sibling::ol[1]/li[1]")).to_be_visible()
    for hidden in ("header.top", "footer.bottom", ".crumbs", "#feedback"):
        expect(visitor.locator(hidden)).to_be_hidden()


@pytest.mark.parametrize("language", ["", *(f"{language}/" for language in LANGUAGES)])
def test_the_header_is_a_row_on_a_narrow_phone(visitor: Page, server: str, language: str) -> None:
    visitor.set_viewport_size(NARROW)  # type: ignore[arg-type]
    visitor.goto(f"{server}/{language}")
    header = visitor.locator("header.top")
    rows = {
        round(part.bounding_box()["y"] + part.bounding_box()["height"] / 2)  # type: ignore[index]
        for part in (header.locator(".brand"), header.locator(".chip"), header.locator("#q"))
    }
    assert len(rows) == 1
    assert visitor.locator(".brand span").evaluate("span => span.scrollWidth <= span.clientWidth")
    header.locator("#q").click()
    visitor.keyboard.insert_text("whitelist")
    expect(visitor.locator("#search-panel a").first).to_be_visible()


def test_a_step_that_is_elsewhere_is_told_to_who_asks_for_it(visitor: Page, server: str) -> None:
    path = f"{server}/issues/ip-whitelist-not-configured?exchange=okx"
    visitor.goto(path)
    note = visitor.locator("#binance-trusted-ips")
    expect(note).to_be_hidden()
    visitor.goto(f"{path}#binance-trusted-ips")
    expect(note).to_be_visible()
    expect(note).to_be_in_viewport()
    arrive(visitor, note.get_by_role("link", name="Binance").click)
    expect(note).to_contain_text("Restrict access to trusted IPs only")
