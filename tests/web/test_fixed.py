"""Did this fix it? Yes asks which step, No shows the next cause, the last No leads to support."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client import TestClient
from tests.conftest import MARBLES
from tests.web.conftest import client as client_of
from tests.web.conftest import until
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


def test_the_last_no_keeps_the_error_code(marbles: TestClient) -> None:
    link = f"/diagnose?exchange=glassmarket&error=-7007&not={FIRST},{SECOND}"
    pasted = answered(marbles, failed=SECOND, **{"not": FIRST})
    for page in (pasted, Document(marbles.get(link).text)):
        assert page.one("h2", id="answer-title").text == "We know no other cause"
        assert page.one("p", class_="verdict").text == "Still not fixed · Glass Market error -7007"
        assert page.all("button", name="issue") == []
    report = Document(marbles.get(link.replace("/diagnose", "/report")).text)
    assert "Error: -7007" in report.one("textarea", id="report").text


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


TOKEN = "a-long-enough-token"
STEP = "press-twice"


@pytest.fixture
def visitor(tmp_path: Path) -> Iterator[TestClient]:
    """Visit a help center that stores votes."""
    with client_of(MARBLES, data=tmp_path, insights_token=TOKEN, watch=0) as running:
        until(lambda: running.get("/readyz").json()["store"] == "ok")
        yield running


def insights(visitor: TestClient) -> Document:
    """Return what writers see, without the charts."""
    html = visitor.get("/insights", auth=("anybody", TOKEN)).text
    return Document(re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL))


def fields(form_in: Document) -> dict[str, str]:
    form = form_in.one("form", id="feedback")
    return {field["name"]: field["value"] for field in form.all("input", type="hidden")}


def test_a_yes_asks_which_step_and_writers_see_it(visitor: TestClient) -> None:
    page = answered(visitor)
    shown = [step.text for step in page.all("ol", class_="steps")[0].all("li")]
    asked = Document(visitor.post("/feedback", data={**fields(page), "helpful": "yes"}).text)
    assert "Which step fixed it?" in asked.text
    offered = asked.one("form", id="feedback").all("input", type="radio", name="step")
    assert len(offered) == len(shown)
    assert offered[0]["value"] == STEP
    told = Document(visitor.post("/feedback", data={**fields(asked), "step": STEP}).text)
    assert "Thanks. Our writers will read this." in told.text
    seen = insights(visitor)
    fixed = seen.one("section", aria_labelledby="steps")
    assert [line.text for line in fixed.all("li")] == [f"/issues/{FIRST}#{STEP}: 1"]
    assert not visitor.cookies


def test_a_yes_without_a_step_is_counted_as_well(visitor: TestClient) -> None:
    asked = visitor.post("/feedback", data={**fields(answered(visitor)), "helpful": "yes"})
    told = visitor.post("/feedback", data=fields(Document(asked.text)))
    assert "Thanks. Our writers will read this." in Document(told.text).text
    seen = insights(visitor)
    assert not seen.one("section", aria_labelledby="steps").all("li")
    assert votes(seen, f"/issues/{FIRST}") == ["1", "0"]


def test_a_no_is_stored_for_writers(visitor: TestClient) -> None:
    page = answered(visitor)
    told = page.one("input", name="answered", form="diagnose-form")["value"]
    after = answered(visitor, failed=FIRST, answered=told)
    assert failed_buttons(after) == [SECOND]
    until(lambda: votes(insights(visitor), f"/issues/{FIRST}") == ["0", "1"])
    assert "1 × did not fix" in insights(visitor).text
    assert not visitor.cookies


def votes(seen: Document, page: str) -> list[str]:
    """Return how often a page helped and didn't, as its row of the insights says."""
    for row in seen.all("tr"):
        if page in [link["href"] for link in row.all("a")]:
            return [cell.text for cell in row.all("td", class_="number")][:2]
    return []
