"""From a paste, a checklist or a link to an answer, with and without htmx."""

from __future__ import annotations

import logging
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from app.diagnosis.shortening import MAX_TEXT_BYTES
from tests.client import TestClient
from tests.web.document import Document, Element

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
FRIEND_UNKNOWN = '{"code":-7007,"say":"Friend unknown"}'


def post(client: TestClient, **fields: str | list[str]) -> Document:
    """Post the form without JavaScript and read the page that comes."""
    response = client.post("/diagnose", data=fields, follow_redirects=True)
    assert response.status_code == 200
    return Document(response.text)


def answer(page: Document) -> Element:
    """Return the answer on a page or in a fragment."""
    return page.one("article", aria_labelledby="answer-title")


def causes(page: Document) -> list[str]:
    """Return the issues of an answer in their order, by their links."""
    links = [urlsplit(link["href"]) for link in answer(page).all("a")]
    paths = [link.path for link in links if link.path.startswith("/issues/") and not link.fragment]
    return [path.removeprefix("/issues/") for path in dict.fromkeys(paths)]


def next_steps(page: Document) -> list[str]:
    """Return what is to be tried next, by the names of the links."""
    parts = page.all("hx-partial", data_hx_target="#next-steps") + page.all(id="next-steps")
    return [link.text for link in parts[0].all("a")]


# --- A paste ------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_known_error_is_named_with_reasons_and_steps(
    marbles: TestClient, headers: dict[str, str]
) -> None:
    response = marbles.post("/diagnose", data={"text": FRIEND_UNKNOWN}, headers=headers)
    found = answer(Document(response.text))
    assert found.one("h2").text == "The market says that it doesn't know 192.0.2.7"
    (code,) = [link for link in found.all("a") if link.text == "Glass Market error -7007"]
    assert code["href"] == "/errors/glassmarket/-7007"
    assert "Most likely cause" in found.text
    assert "Friend unknown" in found.text
    assert "Glass Market answered with error -7007" in found.text
    assert causes(Document(response.text)) == ["address-not-allowed", "wrong-key"]
    # Glass Market's own step comes first, and every link keeps the exchange.
    assert found.all("ol", class_="steps")[0].all("li")[0].text.startswith("Press the blue button")
    for link in found.all("a"):
        if link["href"].startswith("/issues/"):
            assert "exchange=glassmarket" in link["href"]


def test_words_alone_are_called_likely(marbles: TestClient) -> None:
    page = post(marbles, text="nobody answers")
    assert answer(page).one("h2").text == "Nobody answers"
    assert "/issues/market-closed" in [link["href"] for link in answer(page).all("a")]
    assert "ost likely cause" in answer(page).text or "Possible cause" in answer(page).text
    assert "nobody answers" in answer(page).text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_fits_nothing_is_said_to_fit_nothing(
    teapots: TestClient, headers: dict[str, str]
) -> None:
    response = teapots.post(
        "/diagnose", data={"text": "how do I brew coffee for nine"}, headers=headers
    )
    page = Document(response.text)
    assert answer(page).one("h2").text == "We couldn’t identify this error"
    assert causes(page) == []
    links = [link["href"] for link in answer(page).all("a")]
    assert "#diagnostic" in links
    assert "/#support" in links


def test_the_page_keeps_the_text_and_the_choices(marbles: TestClient) -> None:
    page = post(
        marbles,
        text="nobody answers",
        exchange="claybourse",
        have="address-allowed",
        **{"test-other-browser": "fail"},
    )
    assert page.value(page.one("textarea", name="text")) == "nobody answers"
    assert page.control("Your exchange").one("option", selected="").text == "Clay Bourse"
    ticked = [box["value"] for box in page.all("input", type="checkbox", checked="")]
    assert ticked == ["address-allowed"]
    chosen = [field["value"] for field in page.all("input", type="radio", checked="")]
    assert chosen == ["fail"]


def test_the_exchange_is_found_in_the_text_and_chosen_in_the_form(marbles: TestClient) -> None:
    page = post(marbles, text=FRIEND_UNKNOWN)
    assert page.control("Your exchange").one("option", selected="").text == "Glass Market"


@pytest.mark.parametrize(
    "text",
    [
        "legal winner thank year wave sausage worth useful legal winner thank yellow, help",
        "-----BEGIN PRIVATE KEY-----\nMHcCAQEEIBkR8nYt2vLpA4sW\n-----END PRIVATE KEY-----",
        "the browser took it out: [recovery phrase removed]",
    ],
)
def test_who_shows_what_opens_a_wallet_is_warned(marbles: TestClient, text: str) -> None:
    warned = answer(post(marbles, text=text)).text
    assert "Anyone who has it can take your money" in warned
    calm = answer(post(marbles, text="secret=abcDEF123456")).text
    assert "take the money" not in calm


def test_secrets_are_removed_and_counted(marbles: TestClient) -> None:
    secret = "sekrit" + "9f8e7d6c5b4a" * 3
    page = post(marbles, text=f"{FRIEND_UNKNOWN}\nsecret={secret}\nX-KEY: {secret}")
    assert "Removed from your text before we read it" in answer(page).text
    assert "removed]" in page.value(page.one("textarea", name="text"))


@pytest.mark.parametrize("address", ["203.0.113.50", "2001:db8:ffff::1", "192.0.2.7"])
def test_the_text_is_in_no_address_header_or_log(
    marbles: TestClient, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    text = f"Zanzibar {FRIEND_UNKNOWN} from {address} secret=ab12cd34ef56ab12cd34ef56ab12cd34"
    for headers in ({}, HTMX):
        response = marbles.post("/diagnose", data={"text": text}, headers=headers)
        assert response.status_code == 200
        for told in ("Zanzibar", "Friend", address, "ab12cd34"):
            assert told not in str(response.headers)
            assert told not in str(response.url)
        assert "ab12cd34ef56" not in response.text
        page = Document(response.text)
        addresses = [e[name] for e in page.all() for name in ("href", "action") if name in e]
        assert not [address for address in addresses if "Zanzibar" in unescape(address)]
    messages = "".join(
        record.getMessage() for record in caplog.records if "httpx" not in record.name
    )
    assert "Zanzibar" not in messages
    assert "Zanzibar" not in caplog.text


def test_windows_line_breaks_count_once(marbles: TestClient) -> None:
    text = "line\r\n" * 2900  # 17400 bytes, 14500 with single line breaks
    assert marbles.post("/diagnose", data={"text": text}).status_code == 200


# --- The limit ------------------------------------------------------------------------------------


def test_the_longest_text_is_answered(marbles: TestClient) -> None:
    text = FRIEND_UNKNOWN + " " * (MAX_TEXT_BYTES - len(FRIEND_UNKNOWN))
    page = post(marbles, text=text)
    assert causes(page)[0] == "address-not-allowed"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_of_a_text_that_is_too_long_errors_and_the_end_are_read(
    marbles: TestClient, headers: dict[str, str]
) -> None:
    text = "\n".join(("all is well " * 10,) * 500) + f"\n{FRIEND_UNKNOWN}\nstopped"
    response = marbles.post("/diagnose", data={"text": text}, headers=headers)
    assert response.status_code == 200
    page = Document(response.text)
    assert causes(page)[0] == "address-not-allowed"
    assert "left out 482 lines" in answer(page).text


@pytest.mark.parametrize(
    "text", ["x" * (MAX_TEXT_BYTES + 1), "ü" * (MAX_TEXT_BYTES // 2 + 1), "(" * 80_000]
)
def test_a_line_that_is_too_long_is_read_in_part(marbles: TestClient, text: str) -> None:
    assert marbles.post("/diagnose", data={"text": text}).status_code == 200


# --- Without a text: an address -----------------------------------------------------------------


def test_a_form_without_text_leads_to_its_address(marbles: TestClient) -> None:
    fields = {
        "text": "  ",
        "exchange": "glassmarket",
        "have": "secret-word",
        "test-other-browser": "pass",
    }
    response = marbles.post("/diagnose", data=fields)
    assert response.status_code == 303
    assert response.headers["location"] == (
        "/diagnose?exchange=glassmarket&missing=address-allowed&test-other-browser=pass#diagnostic"
    )


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({"touched": "1"}, "/diagnose?missing=water-boils,lid-closed"),
        ({"have": ["water-boils"]}, "/diagnose?missing=lid-closed"),
        ({"have": ["water-boils", "lid-closed"]}, "/diagnose?missing="),
        ({"test-solo": "fail"}, "/diagnose?test-solo=fail"),
        ({"have": ["nonsuch"], "test-solo": "pass", "exchange": "nonsuch"}, None),
    ],
)
def test_the_state_of_the_checklist_goes_round(
    teapots: TestClient, fields: dict[str, str | list[str]], address: str | None
) -> None:
    """Form -> address -> form gives the same form, and the same address with htmx."""
    response = teapots.post("/diagnose", data=fields)
    location, _, place = response.headers["location"].partition("#")
    assert place == "diagnostic"
    if address is None:
        assert "nonsuch" not in location
    else:
        assert location == address
    pushed = teapots.post("/diagnose", data=fields, headers=HTMX).headers["hx-push-url"]
    assert pushed == location
    page = Document(teapots.get(location).text)
    again: dict[str, str | list[str]] = {
        "have": [box["value"] for box in page.all("input", name="have", checked="")]
    }
    again |= {
        field["name"]: field["value"] for field in page.all("input", type="radio", checked="")
    }
    again |= {field["name"]: field["value"] for field in page.all("input", name="touched")}
    after = teapots.post("/diagnose", data=again)
    assert after.headers["location"] == f"{location}#diagnostic"


@pytest.mark.parametrize(
    "fields",
    [{}, {"text": " \n"}, {"test-solo": ""}, {"have": ["nonsuch"], "test-nonsuch": "pass"}],
)
def test_who_tells_nothing_is_asked_for_it(
    teapots: TestClient, fields: dict[str, str | list[str]]
) -> None:
    response = teapots.post("/diagnose", data=fields)
    assert response.status_code == 422
    page = Document(response.text)
    assert "Paste the error message first" in page.one(id="text-error").text
    field = page.one("textarea", id="text")
    assert field["aria-invalid"] == "true"
    assert "autofocus" in field
    # While somebody ticks and unticks, htmx asks too: that is no mistake.
    assert teapots.post("/diagnose", data=fields, headers=HTMX).status_code == 200


def test_unticked_items_rank_issues_with_the_reason(teapots: TestClient) -> None:
    page = Document(teapots.get("/diagnose?missing=lid-closed").text)
    assert next_steps(page)[0] == "Rattling Lid"
    assert "You haven't ticked that the lid is closed" in page.one(id="next-steps").text
    assert "1 of 3 done" in page.one(id="next-steps").text


def test_a_tests_outcome_speaks_for_and_against(teapots: TestClient) -> None:
    plain = Document(teapots.get("/diagnose?missing=water-boils").text)
    assert next_steps(plain)[0] == "Cold Water"
    passed = Document(teapots.get("/diagnose?missing=water-boils&test-solo=pass").text)
    assert next_steps(passed)[0] == "Stage Fright"
    assert "It sings alone, so the others make it shy" in passed.one(id="next-steps").text


def test_all_ticked_and_nothing_found_leads_to_the_text_and_to_people(
    teapots: TestClient,
) -> None:
    page = Document(teapots.get("/diagnose?missing=&test-solo=pass").text)
    done = Document(
        teapots.post("/diagnose", data={"have": ["water-boils", "lid-closed"]}, headers=HTMX).text
    )
    assert "3 of 3 done" in page.one(id="next-steps").text
    assert "2 of 3 done" in done.text


def test_ticking_an_item_changes_the_ranking_of_a_pasted_error(marbles: TestClient) -> None:
    """-7007 means "address" first; whoever has allowed the address is led to the key."""
    unticked = post(marbles, text=FRIEND_UNKNOWN)
    assert causes(unticked)[0] == "address-not-allowed"
    ticked = post(marbles, text=FRIEND_UNKNOWN, have="address-allowed")
    assert causes(ticked)[0] == "wrong-key"


# --- The link to a diagnosis ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"text": FRIEND_UNKNOWN},
        {"text": FRIEND_UNKNOWN, "have": "address-allowed"},
        {"text": FRIEND_UNKNOWN, "test-other-browser": "fail"},
        {"text": FRIEND_UNKNOWN, "issue": "wrong-key"},
        {"text": '["EMARBLE:Rolled away"]'},
    ],
)
def test_the_link_to_a_diagnosis_opens_the_same_diagnosis(
    marbles: TestClient, fields: dict[str, str]
) -> None:
    response = marbles.post("/diagnose", data=fields, headers=HTMX)
    link = response.headers["hx-push-url"]
    posted = Document(response.text)
    assert posted.link("Copy the link to this answer") == link
    linked = Document(marbles.get(link).text)
    assert causes(linked)[: len(causes(posted))] == causes(posted)
    assert answer(linked).one("h2").text == answer(posted).one("h2").text
    assert linked.link("Copy the link to this answer") == link
    assert linked.value(linked.one("textarea", name="text")) == ""


def test_a_linked_error_stays_when_an_item_is_ticked(marbles: TestClient) -> None:
    """The error of the link is in the form, so that the next tick still knows it."""
    page = Document(marbles.get("/diagnose?exchange=glassmarket&error=-7007").text)
    assert page.one(id="diagnose-form").one("input", name="error")["value"] == "-7007"
    response = marbles.post(
        "/diagnose",
        data={"exchange": "glassmarket", "error": "-7007", "have": "address-allowed"},
        headers=HTMX,
    )
    pushed = urlsplit(response.headers["hx-push-url"])
    assert parse_qs(pushed.query)["error"] == ["-7007"]
    assert causes(Document(response.text))[0] == "wrong-key"


@pytest.mark.parametrize(
    "query",
    [
        "error=-7007",
        "exchange=claybourse&error=-7007",
        "exchange=glassmarket&error=-9999",
        "exchange=nonsuch&error=-7007&missing=nonsuch&test-nonsuch=pass&test-other-browser=maybe",
        "issue=nonsuch",
        "&&==&missing",
    ],
)
def test_a_link_with_unknown_parts_is_answered_without_them(
    marbles: TestClient, query: str
) -> None:
    response = marbles.get(f"/diagnose?{query}")
    assert response.status_code == 200
    assert not Document(response.text).all("article", aria_labelledby="answer-title")


# --- The question ---------------------------------------------------------------------------------


def test_several_causes_bring_one_question_with_its_options(marbles: TestClient) -> None:
    page = post(marbles, text=FRIEND_UNKNOWN)
    question = page.one("fieldset", class_="question")
    assert question.one("legend").text == 'What stands under "Friends of this key"?'
    buttons = question.all("button", type="submit", form="diagnose-form", name="issue")
    assert [(button.text, button["value"]) for button in buttons] == [
        ("Nothing, or not 192.0.2.7", "address-not-allowed"),
        ("192.0.2.7", "wrong-key"),
    ]


@pytest.mark.parametrize("chosen", ["address-not-allowed", "wrong-key"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_chosen_option_puts_its_issue_first(
    marbles: TestClient, chosen: str, headers: dict[str, str]
) -> None:
    fields = {"text": FRIEND_UNKNOWN, "issue": chosen}
    page = Document(marbles.post("/diagnose", data=fields, headers=headers).text)
    assert causes(page)[0] == chosen


def test_the_given_answer_is_remembered_by_the_next_tick(marbles: TestClient) -> None:
    page = post(marbles, text=FRIEND_UNKNOWN, issue="wrong-key")
    kept = page.all("input", type="hidden", name="issue", form="diagnose-form")
    assert [field["value"] for field in kept] == ["wrong-key"]


# --- The next question ----------------------------------------------------------------------------

UNSURE = "my key and my address are refused"


def test_answers_and_skipped_questions_are_in_the_link(marbles: TestClient) -> None:
    fields = {
        "text": UNSURE,
        "issue": "none",
        "item-address-allowed": "yes",
        "skip": "others",
        "which": "claybourse",
    }
    response = marbles.post("/diagnose", data=fields, headers=HTMX)
    pushed = parse_qs(urlsplit(response.headers["hx-push-url"]).query)
    assert pushed == {
        "exchange": ["claybourse"],
        "issue": ["none"],
        "item-address-allowed": ["yes"],
        "skip": ["others"],
    }
    page = Document(marbles.get(response.headers["hx-push-url"]).text)
    kept = page.all("input", type="hidden", form="diagnose-form", data_told="")
    assert {(field["name"], field["value"]) for field in kept} == {
        ("issue", "none"), ("item-address-allowed", "yes"), ("skip", "others")
    }  # fmt: skip


def test_three_questions_are_enough(marbles: TestClient) -> None:
    page = post(marbles, text=UNSURE, issue="none", skip="others", **{"item-secret-word": "yes"})
    assert not page.all("fieldset", class_="question")
