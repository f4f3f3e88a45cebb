"""Comparing a saved IP list with the whitelist."""

from __future__ import annotations

import pytest

from tests.client import TestClient
from tests.web.document import Document

HTMX = {"HX-Request": "true"}
ALL = "192.0.2.7, 198.51.100.23, 2001:db8::7"


def compared(client: TestClient, text: str, **more: str) -> Document:
    response = client.post("/whitelist", data={"list": text, **more})
    assert response.status_code == 200
    return Document(response.text)


def test_a_right_list_is_called_right(marbles: TestClient) -> None:
    page = compared(marbles, ALL)
    assert "Your IP whitelist is correct." in page.text
    assert "needs a change" not in page.text


@pytest.mark.parametrize(
    ("saved", "advice"),
    [
        ("192.0.2.8", "Change it to 192.0.2.7"),
        ("192.0.2.7:443", "Remove the port. Enter only 192.0.2.7"),
        ("192.0. 2.7", "Remove the spaces"),
        ("10.0.0.5", "private"),
        ("my robot", "Not an IP address"),
    ],
)
def test_what_is_wrong_is_said_beside_it(marbles: TestClient, saved: str, advice: str) -> None:
    page = compared(marbles, saved)
    check = page.one(id="whitelist-check")
    assert "Your IP whitelist needs a change." in check.text
    assert advice in check.text
    assert "3 IP addresses are missing" in check.text


def test_the_missing_address_can_be_copied(marbles: TestClient) -> None:
    check = compared(marbles, "192.0.2.7 198.51.100.23").one(id="whitelist-check")
    assert [button["data-copy"] for button in check.all("button")] == ["2001:db8::7"]
    assert "1 IP address is missing." in check.text


def test_a_separator_that_the_exchange_does_not_take_is_named(marbles: TestClient) -> None:
    """Glass Market wants commas."""
    wrong = ALL.replace(", ", ";")
    check = compared(marbles, wrong, exchange="glassmarket").one(id="whitelist-check")
    assert "Separate the IP addresses with commas." in check.text
    check = compared(marbles, ALL, exchange="glassmarket").one(id="whitelist-check")
    assert "separated" not in check.text
    check = compared(marbles, wrong, exchange="claybourse").one(id="whitelist-check")
    assert "separated" not in check.text


@pytest.mark.parametrize("url", ["/whitelist?exchange=glassmarket", "/exchanges/glassmarket"])
def test_the_form_knows_the_exchange_that_is_chosen(marbles: TestClient, url: str) -> None:
    page = Document(marbles.get(url).text)
    form = page.one("form", action="/whitelist", method="post")
    chosen = [control for control in form.all() if control.attributes.get("name") == "exchange"]
    assert [control.attributes.get("value") for control in chosen] == ["glassmarket"]


def test_the_list_stays_in_its_field_on_the_page(marbles: TestClient) -> None:
    page = compared(marbles, "192.0.2.8\n10.0.0.1")
    assert page.value(page.control("Paste your IP whitelist")) == "192.0.2.8\n10.0.0.1"


def test_htmx_gets_the_comparison_alone(marbles: TestClient) -> None:
    response = marbles.post("/whitelist", data={"list": "192.0.2.8"}, headers=HTMX)
    fragment = Document(response.text)
    assert not fragment.all("html")
    assert "Change it to 192.0.2.7" in fragment.text
    assert "address" in fragment.all(data_announce="")[0].text


def test_an_empty_list_lacks_everything(marbles: TestClient) -> None:
    assert "3 IP addresses are missing." in compared(marbles, "").text


def test_what_was_pasted_is_in_no_header(marbles: TestClient) -> None:
    for headers in ({}, HTMX):
        response = marbles.post("/whitelist", data={"list": "203.0.113.77"}, headers=headers)
        assert "203.0.113.77" in response.text
        assert "203.0.113.77" not in str(response.headers)


def test_there_is_nothing_to_compare_without_a_whitelist(teapots: TestClient) -> None:
    assert teapots.get("/whitelist").status_code == 404
    assert teapots.post("/whitelist", data={"list": "192.0.2.7"}).status_code == 404


def test_an_open_door_is_called_that_with_what_to_do_on_the_exchange(marbles: TestClient) -> None:
    check = compared(marbles, "0.0.0.0/0", exchange="glassmarket").one(id="whitelist-check")
    assert "Your IP whitelist is correct" not in check.text
    assert "far too many IP addresses" in check.text
    assert "On Glass Market, open" in check.text
    assert "On Glass Market" not in compared(marbles, ALL, exchange="glassmarket").text
