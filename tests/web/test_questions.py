"""Everyday questions: a page each, tailored to an exchange, linked for ever."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests.web.document import Document

URL = "/questions/do-robots-juggle"


def read(client: TestClient, path: str) -> Document:
    answer = client.get(path)
    assert answer.status_code == 200
    return Document(answer.text)


def test_a_question_has_a_page_with_its_answer_and_steps(marbles: TestClient) -> None:
    page = read(marbles, URL)
    assert page.heading == "Can Marble Robot juggle my marbles away?"
    assert "No. Marble Robot only rolls them." in page.text
    steps = [step.text for step in page.one("ol", class_="steps").all("li")]
    assert [text.partition(".")[0] for text in steps] == [
        "Look into your bag",
        "Count the marbles at your exchange",
    ]
    assert page.link("Wrong Key") == "/issues/wrong-key"


def test_an_exchange_can_have_an_answer_of_its_own(marbles: TestClient) -> None:
    page = read(marbles, f"{URL}?exchange=glassmarket")
    assert "At Glass Market nobody may throw marbles." in page.text
    assert "Count the marbles at Glass Market." in page.text


def test_an_old_address_leads_to_the_question(marbles: TestClient) -> None:
    moved = marbles.get("/questions/juggling?exchange=glassmarket", follow_redirects=False)
    assert moved.status_code == 301
    assert moved.headers["location"] == f"{URL}?exchange=glassmarket"
    assert marbles.get("/questions/nope").status_code == 404


def test_questions_are_listed_on_the_first_page_and_in_the_sitemap(marbles: TestClient) -> None:
    page = read(marbles, "/")
    assert page.link("Can Marble Robot juggle my marbles away?") == URL
    assert URL in marbles.get("/sitemap.xml").text
    assert "questions-title" not in Document(marbles.get(URL).text).text


def test_a_question_is_found_by_how_people_ask_it(marbles: TestClient) -> None:
    for query in ("juggle my marbles away", "will the robot throw my marbles"):
        found = marbles.get("/api/v1/search", params={"q": query}).json()
        assert found[0]["url"] == URL, query
        assert found[0]["kind"] == "question"
