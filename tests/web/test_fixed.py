"""Did this fix it? Yes asks which step, No shows the next cause, the last No leads to support."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests.web.document import Document

FRIEND_UNKNOWN = '{"code":-7007,"say":"Friend unknown"}'
FIRST, SECOND = "address-not-allowed", "wrong-key"


def answered(client: TestClient, **more: object) -> Document:
    """Return the page that a browser without JavaScript gets for the form."""
    response = client.post("/diagnose", data={"text": FRIEND_UNKNOWN, **more})
    assert response.status_code == 200
    return Document(response.text)


def failed_buttons(page: Document) -> list[str]:
    return [button["value"] for button in page.all("button", name="failed")]


def test_a_no_shows_the_next_cause_at_once(marbles: TestClient) -> None:
    page = answered(marbles)
    assert failed_buttons(page) == [FIRST]
    assert "Did this fix it?" in page.text
    page = answered(marbles, failed=FIRST, answered="/issues/address-not-allowed")
    assert failed_buttons(page) == [SECOND]
    assert [field["value"] for field in page.all("input", name="not", form="diagnose-form")] == [
        FIRST
    ]
    assert page.one("textarea", id="text").text.strip() == FRIEND_UNKNOWN


def test_the_last_no_leads_to_a_report_that_tells_what_was_tried(marbles: TestClient) -> None:
    page = answered(marbles, failed=SECOND, **{"not": FIRST})
    assert failed_buttons(page) == []
    assert page.one("h2", id="answer-title").text == "We know no other cause"
    assert "couldn’t identify" not in page.text
    fields = {field["name"]: field["value"] for field in page.all("input", type="hidden")}
    assert fields["text"] == FRIEND_UNKNOWN
    report = marbles.post("/report", data={"text": FRIEND_UNKNOWN, "not": [FIRST, SECOND]})
    text = Document(report.text).one("textarea", id="report").text
    assert "Tried without success: Address Not Allowed, Wrong Key" in text


def test_a_link_remembers_what_was_ruled_out(marbles: TestClient) -> None:
    address = "/diagnose?exchange=glassmarket&error=-7007"
    assert failed_buttons(Document(marbles.get(address).text)) == [FIRST]
    assert failed_buttons(Document(marbles.get(f"{address}&not={FIRST}").text)) == [SECOND]
    moved = marbles.post(
        "/diagnose",
        data={"exchange": "glassmarket", "error": "-7007", "failed": FIRST},
        follow_redirects=False,
    )
    assert moved.status_code == 303
    assert moved.headers["location"] == f"{address}&not={FIRST}"


def test_a_cause_that_was_ruled_out_is_not_asked_about(marbles: TestClient) -> None:
    page = answered(marbles, **{"not": FIRST})
    assert FIRST not in [button["value"] for button in page.all("button", name="issue")]
