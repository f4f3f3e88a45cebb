"""What htmx gets: a part of a page, or the whole page when it asks for that."""

from __future__ import annotations

import pytest

from tests.client import TestClient
from tests.web.document import Document

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
PASTE = '{"clay":{"code":41007,"message":"come back on monday"}}'
WHOLE_PAGE = [
    {},
    {"HX-Request": "true", "HX-Request-Type": "full"},
    {"HX-Request": "true", "HX-History-Restore-Request": "true"},
    {"HX-Request": "true", "HX-Request-Type": "partial", "HX-History-Restore-Request": "true"},
    {"HX-Request": "false"},
]
ASKED = [
    ("GET", "/search?q=marble", {}),
    ("GET", "/diagnose?exchange=glassmarket&error=-7007", {}),
    ("POST", "/diagnose", {"text": PASTE}),
    ("POST", "/whitelist", {"list": "192.0.2.8"}),
]


@pytest.mark.parametrize(("method", "url", "data"), ASKED)
@pytest.mark.parametrize("headers", [PARTIAL, {"HX-Request": "true"}])
def test_htmx_gets_the_part_alone(
    marbles: TestClient, method: str, url: str, data: dict[str, str], headers: dict[str, str]
) -> None:
    response = marbles.request(method, url, data=data or None, headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    fragment = Document(response.text)
    assert not fragment.all("html", "head", "body", "main", "title", "script")
    assert len(fragment.text) > 20


@pytest.mark.parametrize(("method", "url", "data"), ASKED)
@pytest.mark.parametrize("headers", WHOLE_PAGE)
def test_everybody_else_gets_the_page(
    marbles: TestClient, method: str, url: str, data: dict[str, str], headers: dict[str, str]
) -> None:
    response = marbles.request(method, url, data=data or None, headers=headers)
    assert response.status_code == 200
    page = Document(response.text)
    assert page.heading
    assert "hx-push-url" not in response.headers


@pytest.mark.parametrize(("method", "url", "data"), ASKED)
def test_the_part_is_in_the_page(
    marbles: TestClient, method: str, url: str, data: dict[str, str]
) -> None:
    """Page and fragment come from one template: every line of the one is in the other."""
    page = Document(marbles.request(method, url, data=data or None).text)
    fragment = Document(marbles.request(method, url, data=data or None, headers=PARTIAL).text)
    lines = [element.text for element in fragment.all("h2", "h3", "p", "li", "legend", "strong")]
    readable = [line for line in lines if line]
    assert readable
    for line in readable:
        assert line in page.text


def test_the_answer_comes_with_the_error_line_and_the_next_steps(marbles: TestClient) -> None:
    told = {"text": PASTE, "have": "address-allowed"}
    response = marbles.post("/diagnose", data=told, headers=PARTIAL)
    fragment = Document(response.text)
    parts = {part["data-hx-target"]: part for part in fragment.all("hx-partial")}
    assert set(parts) == {"#text-error", "#next-steps"}
    assert parts["#text-error"].text == ""
    assert "Market Closed" in parts["#next-steps"].text
    page_ids = Document(marbles.get("/").text).ids
    assert {"text-error", "next-steps", "answer"} <= page_ids


def test_every_htmx_control_works_without_it(marbles: TestClient) -> None:
    """What htmx sends, the form or link around it sends to the same address as well."""
    for url in ("/", "/search?q=marble", "/whitelist", "/exchanges/glassmarket", "/diagnose"):
        page = Document(marbles.get(url).text)
        found = [e for e in page.all() if "data-hx-get" in e or "data-hx-post" in e]
        assert found
        for element in found:
            target = element.attributes.get("data-hx-get") or element["data-hx-post"]
            form = element
            while form.tag != "form" and form.parent is not None:
                form = form.parent
            assert form["action"] == target
            assert form.attributes.get("method", "get") == (
                "post" if "data-hx-post" in element else "get"
            )
            assert element["data-hx-target"].removeprefix("#") in page.ids
