"""Searching, by the field at the top or by a link."""

from __future__ import annotations

import pytest

from tests.client import TestClient
from tests.web.document import Document

HTMX = {"HX-Request": "true"}


def results(page: Document) -> list[tuple[str, str]]:
    """Return name and address of every result."""
    lists = page.all("ul", class_="results")
    return [(link.one("strong").text, link["href"]) for found in lists for link in found.all("a")]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_search_names_its_results_and_marks_the_words(
    teapots: TestClient, headers: dict[str, str]
) -> None:
    page = Document(teapots.get("/search?q=clatter", headers=headers).text)
    assert ("Rattling Lid", "/issues/rattling-lid") in results(page)
    assert "1 result" in page.text
    assert any("clatter" in mark.text for mark in page.all("mark"))


def test_the_query_stays_in_the_field_and_in_the_heading(teapots: TestClient) -> None:
    page = Document(teapots.get("/search?q=cold+water").text)
    assert page.control("Search")["value"] == "cold water"
    assert page.heading == "Results for “cold water”"
    assert page.title.startswith("Search: cold water")


def test_a_typing_error_is_forgiven(teapots: TestClient) -> None:
    assert ("Rattling Lid", "/issues/rattling-lid") in results(
        Document(teapots.get("/search?q=ratling").text)
    )


@pytest.mark.parametrize(
    ("query", "title", "url"),
    [
        ("-7007", "Glass Market", "/errors/glassmarket/-7007"),
        ("41007", "Clay Bourse", "/errors/claybourse/41007"),
        ("EMARBLE:Rolled away", "Glass Market", "/errors/glassmarket/EMARBLE:Rolled%20away"),
    ],
)
def test_codes_lead_to_their_page_and_to_no_other(
    marbles: TestClient, query: str, title: str, url: str
) -> None:
    found = results(Document(marbles.get("/search", params={"q": query}).text))
    assert found[0][1] == url
    assert title in found[0][0]
    near = results(Document(marbles.get("/search", params={"q": "-7008"}).text))
    assert not [address for _, address in near if address.startswith("/errors/")]


def test_results_keep_the_chosen_exchange(marbles: TestClient) -> None:
    page = Document(marbles.get("/search?q=key&exchange=glassmarket").text)
    found = results(page)
    assert found
    assert all("exchange=glassmarket" in url for _, url in found if url.startswith("/issues/"))
    # The menu changes the exchange of this search, not the search itself.
    menu = page.one("form", class_="menu")
    assert menu["action"] == "/search"
    assert menu.one("input", type="hidden", name="q")["value"] == "key"


def test_an_issue_is_named_as_the_chosen_exchange_names_it(marbles: TestClient) -> None:
    page = Document(marbles.get("/search?q=forgotten&exchange=glassmarket").text)
    url = "/issues/forgotten-word?exchange=glassmarket"
    title = Document(marbles.get(url).text).heading
    assert title == "Forgotten Secret Word"
    assert (title, url) in results(page)
    nobody = Document(marbles.get("/search?q=forgotten").text)
    assert title not in [name for name, _ in results(nobody)]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_the_chosen_exchange_cannot_have_says_so(
    marbles: TestClient, headers: dict[str, str]
) -> None:
    page = Document(marbles.get("/search?q=forgotten&exchange=claybourse", headers=headers).text)
    assert "Only Glass Market" in page.text
    for other in ("/search?q=forgotten&exchange=glassmarket", "/search?q=forgotten"):
        assert "Only Glass Market" not in marbles.get(other, headers=headers).text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_nothing_found_says_so_and_offers_a_way_on(
    teapots: TestClient, headers: dict[str, str]
) -> None:
    page = Document(teapots.get("/search?q=qzxwvk", headers=headers).text)
    assert "No results for “qzxwvk”" in page.text
    assert page.link("Paste the whole error message") == "/diagnose"
    assert "/#support" in page.links()


@pytest.mark.parametrize("url", ["/search", "/search?q=", "/search?q=%20%20"])
def test_no_query_is_a_page_that_says_what_to_type(teapots: TestClient, url: str) -> None:
    page = Document(teapots.get(url).text)
    assert page.heading == "Search"
    assert "Search for an error code or a few words" in page.text
    assert "Nothing found" not in page.text
    assert teapots.get(url, headers=HTMX).text.strip() == ""


def test_few_results_are_shown_while_somebody_types(marbles: TestClient) -> None:
    panel = results(Document(marbles.get("/search?q=bourse+key+market", headers=HTMX).text))
    page = results(Document(marbles.get("/search?q=bourse+key+market").text))
    assert len(panel) == 8 < len(page)
    assert panel == page[:8]


def test_the_panel_says_how_many_there_are_and_leads_to_all(marbles: TestClient) -> None:
    url = "/search?q=bourse%20key%20market&exchange=claybourse"
    panel = Document(marbles.get(url, headers=HTMX).text)
    page = Document(marbles.get(url).text)
    count = len(results(page))
    assert f"8 of {count} results" in panel.text
    assert f"{count} results" in page.text
    assert panel.link("Show all") == url
    assert "Show all" not in page.text
    few = Document(marbles.get("/search?q=forgotten", headers=HTMX).text)
    assert " of " not in few.one("p", class_="count").text


def test_a_query_as_long_as_a_log_is_answered(teapots: TestClient) -> None:
    response = teapots.get("/search", params={"q": "cold water " * 500})
    assert response.status_code == 200
