"""Somebody is stuck, with an error message on the screen."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.conftest import arrive, wait_until_said

pytestmark = pytest.mark.browser

UNSURE = "my key and my address are refused"
FRIEND_UNKNOWN = '{"code":-7007,"say":"Friend unknown"}'
LINE = 21
"""The height of a line of small text in pixels."""
SECRET = "9f8e7d6c5b4a3f2e1d0c9b8a7f6e5d4c"


def field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Paste the error message, or describe what happens")


def answer(page: Page) -> Locator:
    return page.locator("#answer").get_by_role("article")


UNKNOWN = "The market says that it doesn't know 192.0.2.7"
REFUSED = "The market doesn't accept the key"


def ask(page: Page, text: str) -> None:
    field(page).fill(text)
    page.get_by_role("button", name="Find the cause").click()
    expect(answer(page)).to_be_visible()


def best(page: Page) -> Locator:
    """Return the heading of the answer, which says the cause."""
    return answer(page).get_by_role("heading", level=2).first


def paste(page: Page, text: str) -> None:
    """Put a text into the field as a paste does."""
    field(page).focus()
    page.keyboard.insert_text("")
    page.evaluate(
        """(text) => {
            const holder = document.createElement("textarea");
            holder.value = text;
            document.body.append(holder);
            holder.select();
            document.execCommand("copy");
            holder.remove();
        }""",
        text,
    )
    field(page).focus()
    page.keyboard.press("Control+V")


def test_paste_answer_question_tick_reload_back_and_share(visitor: Page, marbles: str) -> None:
    """The whole way of one visitor, on one page."""
    visitor.goto(f"{marbles}/")
    ask(visitor, FRIEND_UNKNOWN)
    expect(answer(visitor).get_by_role("link", name="Glass Market error -7007")).to_be_visible()
    expect(best(visitor)).to_be_focused()
    expect(best(visitor)).to_have_text(UNKNOWN)
    expect(field(visitor)).to_have_value(FRIEND_UNKNOWN)
    expect(visitor).to_have_url(f"{marbles}/diagnose?exchange=glassmarket&error=-7007")

    question = answer(visitor).get_by_role("group", name='What stands under "Friends of this key"?')
    question.get_by_role("button", name="192.0.2.7", exact=True).click()
    expect(best(visitor)).to_have_text(REFUSED)
    expect(visitor).to_have_url(re.compile("issue=wrong-key"))

    visitor.get_by_role("checkbox", name="192.0.2.7 is allowed").check()
    expect(visitor.locator("#next-steps")).to_contain_text("1 of 3 done")
    expect(visitor).to_have_url(re.compile("missing=secret-word"))
    expect(best(visitor)).to_have_text(REFUSED)
    query = parse_qs(urlsplit(visitor.url).query)
    assert query == {
        "exchange": ["glassmarket"],
        "error": ["-7007"],
        "missing": ["secret-word"],
        "issue": ["wrong-key"],
    }

    shared = answer(visitor).get_by_role("link", name="Copy the link to this answer")
    assert shared.get_attribute("href") == visitor.url.removeprefix(marbles)
    visitor.reload()
    expect(best(visitor)).to_have_text(REFUSED)
    expect(visitor.get_by_role("checkbox", name="192.0.2.7 is allowed")).to_be_checked()
    expect(field(visitor)).to_have_value(FRIEND_UNKNOWN)

    arrive(visitor, visitor.go_back)
    expect(visitor).to_have_url(re.compile(r"error=-7007&issue=wrong-key$"))
    expect(best(visitor)).to_have_text(REFUSED)
    arrive(visitor, visitor.go_back)
    expect(visitor).to_have_url(re.compile(r"error=-7007$"))
    expect(best(visitor)).to_have_text(UNKNOWN)
    arrive(visitor, visitor.go_back)
    expect(visitor).to_have_url(re.compile(r"/(\?exchange=\w*)?$"))
    arrive(visitor, visitor.go_forward)
    expect(best(visitor)).to_have_text(UNKNOWN)


def test_an_unsure_diagnosis_is_a_choice_by_keyboard(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    ask(visitor, UNSURE)
    expect(best(visitor)).to_have_text("Which of these do you see?")
    expect(best(visitor)).to_be_focused()
    choice = answer(visitor).get_by_role("group", name="Which of these do you see?")
    expect(choice.get_by_role("button")).to_have_text(
        [
            "The market says that it doesn't know the key",
            "The market names an address that is no friend",
            "The market asks for a word that you made up",
            "None of these",
        ]
    )

    visitor.keyboard.press("Tab")
    expect(choice.get_by_role("button").first).to_be_focused()
    visitor.keyboard.press("Enter")
    expect(best(visitor)).to_have_text(REFUSED)
    expect(best(visitor)).to_be_focused()
    expect(visitor).to_have_url(f"{marbles}/diagnose?issue=wrong-key")
    visitor.reload()
    expect(best(visitor)).to_have_text(REFUSED)
    expect(field(visitor)).to_have_value(UNSURE)

    arrive(visitor, visitor.go_back)
    ask(visitor, UNSURE)
    answer(visitor).get_by_role("button", name="None of these").click()
    expect(best(visitor)).to_have_text("We couldn’t identify this error")
    expect(visitor).to_have_url(f"{marbles}/diagnose?issue=none")


def test_ticking_an_item_changes_the_ranking_of_a_pasted_error(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    ask(visitor, FRIEND_UNKNOWN)
    expect(best(visitor)).to_have_text(UNKNOWN)
    box = visitor.get_by_role("checkbox", name="192.0.2.7 is allowed")
    box.check()
    expect(best(visitor)).to_have_text(REFUSED)
    expect(box).to_be_focused()
    expect(field(visitor)).to_have_value(FRIEND_UNKNOWN)
    box.uncheck()
    expect(best(visitor)).to_have_text(UNKNOWN)


def test_secrets_are_gone_before_anything_is_sent(visitor: Page, marbles: str) -> None:
    sent: list[str] = []

    def note(request: Request) -> None:
        sent.append(request.url + (request.post_data or ""))

    visitor.on("request", note)
    visitor.goto(f"{marbles}/")
    paste(visitor, f"{FRIEND_UNKNOWN} secret={SECRET}&signature={SECRET[::-1]}")
    said = visitor.get_by_role("status").filter(has_text="2 secrets were removed")
    expect(said).to_be_visible()
    expect(field(visitor)).to_have_value(re.compile(r"secret=\[.* removed\]"))
    visitor.get_by_role("button", name="Find the cause").click()
    expect(answer(visitor)).to_be_visible()
    posted = [request for request in sent if request.startswith(f"{marbles}/diagnose")]
    assert len(posted) == 1
    assert "-7007" in posted[0]
    assert not [request for request in sent if SECRET in request or SECRET[::-1] in request]


def test_typed_secrets_are_removed_when_the_form_is_sent(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    field(visitor).fill(f"{FRIEND_UNKNOWN} secret={SECRET}")
    with visitor.expect_request("**/diagnose") as request:
        visitor.get_by_role("button", name="Find the cause").click()
    assert SECRET not in (request.value.post_data or "")
    expect(visitor.get_by_role("status").filter(has_text="1 secret was removed")).to_be_visible()


def test_the_text_is_in_no_address_of_the_history(visitor: Page, marbles: str) -> None:
    addresses: list[str] = []
    visitor.on("framenavigated", lambda frame: addresses.append(frame.url))
    visitor.on("request", lambda request: addresses.append(request.url))
    visitor.goto(f"{marbles}/")
    ask(visitor, f"Zanzibar {FRIEND_UNKNOWN}")
    visitor.get_by_role("checkbox", name="192.0.2.7 is allowed").check()
    expect(visitor).to_have_url(re.compile("missing="))
    visitor.reload()
    assert len(addresses) > 3
    assert not [address for address in addresses if "Zanzibar" in address or "Friend" in address]


def test_who_comes_back_finds_the_text_without_its_secrets(visitor: Page, marbles: str) -> None:
    """Plain words have no address of their own: the tab's history holds them."""
    visitor.goto(f"{marbles}/")
    ask(visitor, f"the key that I copied: key is refused, secret={SECRET}")
    expect(visitor).to_have_url(f"{marbles}/diagnose")
    kept = re.compile(r"the key that I copied: key is refused, secret=\[.* removed\]")
    answer(visitor).get_by_text("Why we think so").click()
    answer(visitor).get_by_role("link", name="Wrong Key").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Wrong Key")
    expect(field(visitor)).to_have_count(0)
    visitor.go_back()
    expect(field(visitor)).to_have_value(kept)
    arrive(visitor, visitor.go_back)
    expect(visitor).to_have_url(f"{marbles}/")
    expect(field(visitor)).to_have_value(kept)
    stored = visitor.evaluate("JSON.stringify([history.state, localStorage, sessionStorage])")
    assert SECRET not in stored
    assert "refused" not in stored.partition("]")[2]
    visitor.goto(f"{marbles}/exchanges")
    visitor.goto(f"{marbles}/")
    expect(field(visitor)).to_have_value("")


def test_what_was_removed_is_said_where_it_is_seen(visitor: Page, marbles: str) -> None:
    visitor.set_viewport_size({"width": 390, "height": 600})
    visitor.goto(f"{marbles}/")
    before = field(visitor).bounding_box()
    paste(visitor, f"{FRIEND_UNKNOWN} secret={SECRET}")
    said = visitor.get_by_role("status").filter(has_text="1 secret was removed")
    expect(said).to_be_in_viewport()
    after = field(visitor).bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) <= LINE  # nothing jumps away under a finger


def test_what_is_not_recognised_is_said_and_focused(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    ask(visitor, "purple elephants")
    expect(
        answer(visitor).get_by_role("heading", name="We couldn’t identify this error")
    ).to_be_focused()


def test_a_new_text_forgets_what_was_known_of_the_old_one(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/diagnose?exchange=glassmarket&error=-7007&issue=wrong-key")
    field(visitor).fill("EMARBLE:Rolled away")
    with visitor.expect_request("**/diagnose") as request:
        visitor.get_by_role("button", name="Find the cause").click()
    assert "-7007" not in (request.value.post_data or "")
    assert "issue=" not in (request.value.post_data or "")
    expect(answer(visitor)).to_contain_text("EMARBLE:Rolled away")


def test_a_text_that_is_too_long_is_shortened_in_the_browser(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    lines = ["all is well " * 10] * 500
    field(visitor).fill("\n".join([*lines, FRIEND_UNKNOWN, *lines]))
    with visitor.expect_request("**/diagnose") as request:
        visitor.get_by_role("button", name="Find the cause").click()
    assert len(request.value.post_data or "") < 30_000
    expect(best(visitor)).to_have_text(UNKNOWN)
    expect(visitor.locator("#redaction")).to_contain_text("left out 978 lines")
    expect(field(visitor)).to_have_value(re.compile("Friend unknown"))


def test_a_server_that_does_not_answer_is_said(page: Page, marbles: str) -> None:
    page.goto(f"{marbles}/")
    page.route("**/diagnose", lambda route: route.abort())
    field(page).fill(FRIEND_UNKNOWN)
    page.get_by_role("button", name="Find the cause").click()
    wait_until_said(page, "Check your connection")
    expect(field(page)).to_have_value(FRIEND_UNKNOWN)


def test_the_older_of_two_answers_never_wins(visitor: Page, marbles: str) -> None:
    """The first tick's answer is slow; the second tick is made meanwhile."""
    held: list[Route] = []
    given_up: list[str] = []

    def slow_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    visitor.goto(f"{marbles}/")
    visitor.route("**/diagnose", slow_first)
    visitor.on("requestfailed", lambda request: given_up.append(request.url))
    with visitor.expect_request("**/diagnose"):
        visitor.get_by_role("checkbox", name="192.0.2.7 is allowed").check()
    visitor.get_by_role("checkbox", name="The secret word is entered").check()
    expect(visitor.locator("#next-steps")).to_contain_text("2 of 3 done")
    assert given_up == [f"{marbles}/diagnose"]


# --- The checklist -----------------------------------------------------------------------------


def test_the_checklist_survives_reload_back_and_forward(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    box = visitor.get_by_role("checkbox", name="The secret word is entered")
    steps = visitor.locator("#next-steps")
    box.check()
    expect(steps).to_contain_text("1 of 3 done")
    expect(steps.get_by_role("link").first).to_have_text("Address Not Allowed")
    expect(steps).to_contain_text("You haven't ticked that 192.0.2.7 is allowed")
    test = visitor.get_by_role("group", name="Sign in to the market by hand")
    test.get_by_role("radio", name="Failed").check()
    expect(steps).to_contain_text("2 of 3 done")
    expect(steps).to_contain_text("You can't sign in by hand either")
    expect(visitor).to_have_url(re.compile(r"missing=address-allowed&test-other-browser=fail$"))

    visitor.reload()
    expect(box).to_be_checked()
    expect(test.get_by_role("radio", name="Failed")).to_be_checked()
    expect(steps).to_contain_text("2 of 3 done")

    arrive(visitor, visitor.go_back)
    expect(visitor).to_have_url(re.compile(r"missing=address-allowed$"))
    expect(test.get_by_role("radio", name="Not tried")).to_be_checked()
    expect(box).to_be_checked()
    arrive(visitor, visitor.go_back)
    expect(visitor).not_to_have_url(re.compile("missing="))
    expect(box).not_to_be_checked()
    arrive(visitor, visitor.go_forward)
    expect(box).to_be_checked()
    arrive(visitor, visitor.go_forward)
    expect(test.get_by_role("radio", name="Failed")).to_be_checked()
    expect(steps).to_contain_text("2 of 3 done")


def test_on_a_phone_the_next_step_is_where_one_ticks(visitor: Page, marbles: str) -> None:
    visitor.set_viewport_size({"width": 390, "height": 600})
    visitor.emulate_media(reduced_motion="reduce")
    visitor.goto(f"{marbles}/")
    first = visitor.get_by_role("checkbox", name="192.0.2.7 is allowed")
    first.scroll_into_view_if_needed()
    first.check()
    link = visitor.locator("#next-steps").get_by_role("link").first
    expect(first).to_be_in_viewport()
    expect(link).to_be_in_viewport()
    expect(visitor.locator("#next-steps").get_by_text("1 of 3 done").first).to_be_in_viewport()
    # What has the focus is never hidden below it.
    seen = 0
    while visitor.locator("#next-steps :focus").count() == 0:
        spot = visitor.locator(":focus").bounding_box()
        head = visitor.locator("#next-steps .now").bounding_box()
        assert spot
        assert head
        assert spot["y"] + spot["height"] <= head["y"] + 1
        seen += 1
        visitor.keyboard.press("Tab")
    assert seen == 3


def test_progress_is_announced(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    visitor.get_by_role("checkbox", name="The secret word is entered").check()
    said = visitor.get_by_role("status").filter(has_text="1 of 3 done")
    expect(said).to_contain_text("Try next: Address Not Allowed")


# --- The whitelist -------------------------------------------------------------------------------


def test_a_saved_list_is_compared_in_place(visitor: Page, marbles: str) -> None:
    visitor.goto(f"{marbles}/")
    visitor.get_by_text("Check your saved IP whitelist").click()
    visitor.get_by_role("textbox", name="Paste your IP whitelist").fill("192.0.2.8, 10.0.0.1")
    visitor.get_by_role("button", name="Check whitelist").click()
    check = visitor.locator("#whitelist-check")
    expect(check).to_contain_text("Change it to 192.0.2.7")
    expect(check).to_contain_text("private")
    said = visitor.get_by_role("status").filter(has_text="Your IP whitelist needs a change.")
    expect(said).to_have_count(1)
    expect(visitor).to_have_url(re.compile(r"/(\?exchange=)?$"))
