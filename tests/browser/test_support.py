"""What agents paste, what visitors report and whether it helped, in a real browser."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, HttpCredentials, Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, arrive, serving, wait_until_said
from tests.browser.test_look import CONTRAST, CUT_OR_WIDE, RULES, findings
from tests.conftest import MARBLES

pytestmark = pytest.mark.browser

TOKEN = "a-long-enough-token"
CREDENTIALS: HttpCredentials = {"username": "anybody", "password": TOKEN}
TICKETS = "https://desk.marbles.example/new?subject={subject}&body={body}"
FRIEND_UNKNOWN = '{"code":-7007,"say":"Friend unknown"}'
SECRET = "Zx81Qwerty7Uiop23Asdf45Ghjk67"
ISSUE = "/issues/address-not-allowed"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the marbles with a ticket form and with insights; gives the address."""
    content = tmp_path_factory.mktemp("desk") / "content"
    shutil.copytree(MARBLES, content)
    with (content / "site.yml").open("a") as site:
        site.write(f'  ticket_url: "{TICKETS}"\n')
    with serving(content, HELP_INSIGHTS_TOKEN=TOKEN) as url:
        yield url


def clipboard(page: Page, desk: str) -> str:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=desk)
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def diagnose(page: Page, desk: str, text: str) -> None:
    page.goto(f"{desk}/")
    page.locator("#text").fill(text)
    page.get_by_role("button", name="Find the cause").click()
    expect(page.locator("#answer").get_by_role("article")).to_be_visible()


# --- Answers to paste ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "name", "served"),
    [
        (f"{ISSUE}?exchange=glassmarket", "Copy answer", f"{ISSUE}.txt?exchange=glassmarket"),
        (
            f"{ISSUE}?exchange=glassmarket",
            "Copy answer as Markdown",
            f"{ISSUE}.md?exchange=glassmarket",
        ),
        (
            f"{ISSUE}?exchange=glassmarket",
            "Copy answer (step 1)",
            f"{ISSUE}.txt?exchange=glassmarket&step=press-twice",
        ),
        ("/errors/glassmarket/-7007", "Copy answer", "/errors/glassmarket/-7007.txt"),
    ],
)
def test_a_reply_is_copied_as_it_is_served(
    visitor: Page, desk: str, path: str, name: str, served: str
) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=desk)
    visitor.goto(f"{desk}{path}")
    visitor.get_by_role("link", name=name, exact=True).click()
    wait_until_said(visitor, "Answer copied")
    expect(visitor).to_have_url(f"{desk}{path}")
    copied = clipboard(visitor, desk)
    assert copied == visitor.request.get(f"{desk}{served}").text()
    assert f"\n{desk}/" in copied
    assert "{{" not in copied


def test_the_reply_of_a_diagnosis(visitor: Page, desk: str) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=desk)
    diagnose(visitor, desk, f"{FRIEND_UNKNOWN} secretKey={SECRET}")
    visitor.locator("#answer footer").get_by_role("link", name="Copy answer", exact=True).focus()
    visitor.keyboard.press("Enter")
    wait_until_said(visitor, "Answer copied")
    copied = clipboard(visitor, desk)
    assert copied.startswith("Glass Market error -7007\n")
    assert copied.rstrip().endswith(f"{desk}/diagnose?exchange=glassmarket&error=-7007")
    assert SECRET not in copied


# --- The report ---------------------------------------------------------------------------------


@pytest.fixture
def report(visitor: Page, desk: str) -> Page:
    """Return the report of a visitor who pasted an error, ticked an item and read two issues."""
    visitor.goto(f"{desk}/issues/wrong-key")
    diagnose(visitor, desk, f"{FRIEND_UNKNOWN} secretKey={SECRET}")
    visitor.locator("#market-closed > summary").click()
    visitor.get_by_role("checkbox", name="The secret word is entered").check()
    expect(visitor.locator("#next-steps")).to_contain_text("1 of 3 done")
    expect(visitor.locator("#answer input[name=have]")).to_have_count(1)
    button = visitor.locator("#answer").get_by_role("button", name="Create a support report")
    arrive(visitor, button.click)
    expect(visitor).to_have_url(f"{desk}/report")
    return visitor


def test_the_report_holds_what_was_told_and_nothing_else(report: Page, desk: str) -> None:
    text = report.get_by_role("textbox", name="Your report").input_value()
    for part in (
        "Exchange: Glass Market",
        "Error: -7007 – Friend unknown",
        FRIEND_UNKNOWN,
        "1. Address Not Allowed (",
        "[x] The secret word is entered",
        "[ ] 192.0.2.7 is",
        "Pages read: Wrong Key, Market Closed",
        f"{desk}/diagnose?exchange=glassmarket&error=-7007&missing=address-allowed",
    ):
        assert part in text
    assert SECRET not in text
    assert "Mozilla" not in text


def test_what_is_edited_is_what_is_sent(report: Page, desk: str) -> None:
    field = report.get_by_role("textbox", name="Your report")
    mail = report.get_by_role("link", name="Send by email")
    ticket = report.get_by_role("link", name="Open the ticket form")
    field.fill("Only this & that?\n100 % {body}")
    address = urlsplit(mail.get_attribute("href") or "")
    assert (address.scheme, address.path) == ("mailto", "desk@marbles.example")
    assert parse_qs(address.query) == {
        "subject": ["Glass Market error -7007"],
        "body": ["Only this & that?\n100 % {body}"],
    }
    filled = quote("Only this & that?\n100 % {body}", safe="")
    assert ticket.get_attribute("href") == (
        f"https://desk.marbles.example/new?subject=Glass%20Market%20error%20-7007&body={filled}"
    )
    report.get_by_role("button", name="Copy the report").click()
    wait_until_said(report, "Report copied")
    assert clipboard(report, desk) == "Only this & that?\n100 % {body}"


def test_browser_and_time_zone_only_when_the_visitor_agrees(report: Page) -> None:
    field = report.get_by_role("textbox", name="Your report")
    before = field.input_value()
    box = report.get_by_role("checkbox", name="Add my browser and time zone")
    expect(box).not_to_be_checked()
    box.focus()
    report.keyboard.press("Space")
    agent = report.evaluate("navigator.userAgent")
    assert f"\nBrowser: {agent}\nTime zone: " in field.input_value()
    mail = report.get_by_role("link", name="Send by email").get_attribute("href") or ""
    assert quote(agent, safe="") in mail.replace("(", "%28").replace(")", "%29")
    box.uncheck()
    assert field.input_value() == before
    mail = report.get_by_role("link", name="Send by email").get_attribute("href") or ""
    assert "Mozilla" not in mail


def test_the_home_page_leads_to_the_report_with_what_was_read(visitor: Page, desk: str) -> None:
    visitor.goto(f"{desk}{ISSUE}")
    visitor.goto(f"{desk}/")
    visitor.get_by_role("region", name="Lost Your Marbles?").get_by_role(
        "button", name="Create a support report"
    ).click()
    expect(visitor).to_have_url(f"{desk}/report")
    text = visitor.get_by_role("textbox", name="Your report").input_value()
    assert "Pages read: Address Not Allowed" in text
    expect(visitor.get_by_role("link", name="Paste the error")).to_be_visible()


def test_the_report_holds_what_is_ticked_and_no_text_that_was_not_sent(
    visitor: Page, desk: str
) -> None:
    visitor.goto(f"{desk}/")
    visitor.get_by_role("checkbox", name="The secret word is entered").check()
    visitor.get_by_role("textbox", name=re.compile("Paste the error")).fill("my word is Xylophone")
    region = visitor.get_by_role("region", name="Lost Your Marbles?")
    with visitor.expect_request(f"{desk}/report") as sent:
        region.get_by_role("button", name="Create a support report").click()
    assert "Xylophone" not in (sent.value.post_data or "")
    text = visitor.get_by_role("textbox", name="Your report").input_value()
    assert "[x] The secret word is entered" in text
    assert "[ ] 192.0.2.7 is allowed" in text


# --- Was this helpful? --------------------------------------------------------------------------


def test_a_vote_with_its_reason_stays_on_the_page(visitor: Page, desk: str) -> None:
    visitor.goto(f"{desk}{ISSUE}")
    visitor.get_by_role("button", name="No", exact=True).focus()
    visitor.keyboard.press("Enter")
    thanks = visitor.get_by_text("Thanks, we’ve counted your vote.")
    expect(visitor.locator(".notice").filter(has=thanks)).to_be_focused()
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("radio", name="I did this, and it still fails")).to_be_focused()
    visitor.get_by_role("radio", name="It's hard to follow").check()
    visitor.get_by_role("textbox", name=re.compile("What would have helped")).fill("Which button?")
    lines = findings(visitor)
    assert not lines, "\n".join(lines)
    visitor.get_by_role("button", name="Send", exact=True).click()
    expect(visitor.get_by_text("Our writers will read this")).to_be_visible()
    expect(visitor).to_have_url(f"{desk}{ISSUE}")


def test_a_diagnosis_that_helped(visitor: Page, desk: str) -> None:
    diagnose(visitor, desk, FRIEND_UNKNOWN)
    visitor.get_by_role("button", name="Yes", exact=True).click()
    expect(visitor.get_by_text("Thanks, we’ve counted your vote.")).to_be_visible()
    expect(visitor.get_by_role("link", name="Glass Market error -7007")).to_be_visible()
    expect(visitor.get_by_role("textbox", name=re.compile("What helped"))).to_be_visible()


def test_without_javascript_votes_and_reports_are_pages(browser: Browser, desk: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk}{ISSUE}")
    page.get_by_role("button", name="No", exact=True).click()
    expect(page).to_have_url(f"{desk}/feedback")
    page.get_by_role("radio", name="It's out of date").check()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Our writers will read this")).to_be_visible()
    page.get_by_role("link", name="Back to the page").click()
    expect(page).to_have_url(f"{desk}{ISSUE}")

    page.get_by_role("link", name="answer", exact=True).click()
    expect(page.locator("body")).to_contain_text("Address Not Allowed")

    diagnose(page, desk, FRIEND_UNKNOWN)
    page.locator("#answer").get_by_role("button", name="Create a support report").click()
    expect(page.get_by_role("textbox", name="Your report")).to_have_value(re.compile("-7007"))
    mail = page.get_by_role("link", name="Send by email").get_attribute("href") or ""
    assert "Friend%20unknown" in mail
    expect(page.get_by_role("button", name="Copy the report")).not_to_be_visible()
    expect(page.get_by_role("checkbox")).not_to_be_visible()
    context.close()


# --- Look ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/report?exchange=glassmarket&error=-7007", f"/feedback?page={ISSUE}", "/api"]
)
def test_axe_finds_nothing_and_nothing_is_cut(visitor: Page, desk: str, path: str) -> None:
    visitor.emulate_media(reduced_motion="reduce")
    visitor.goto(f"{desk}{path}")
    look(visitor)


def test_insights_are_accessible_and_whole(browser: Browser, desk: str) -> None:
    context = browser.new_context(http_credentials=CREDENTIALS, reduced_motion="reduce")
    page = context.new_page()
    diagnose(page, desk, "my kettle sings too high\n" + "x" * 200)
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_text("Thanks, we’ve counted your vote.")).to_be_visible()
    page.goto(f"{desk}/insights")
    end = time.monotonic() + PATIENCE_SECONDS
    # What was asked is written a little later.
    while not page.get_by_text("my kettle sings").count() and time.monotonic() < end:
        page.reload()
    expect(page.get_by_role("cell", name=re.compile("my kettle sings"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Unanswered, by week"))).to_be_visible()
    look(page)
    context.close()


def look(page: Page) -> None:
    """Look at a page with axe in both themes, and for what is cut at 320 px."""
    for detail in page.locator("details").all():
        detail.evaluate("one => { one.open = true; }")
    found = findings(page, RULES)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size({"width": 390, "height": 900})
    found += findings(page, CONTRAST)
    assert not found, "\n".join(found)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate(CUT_OR_WIDE) == []
