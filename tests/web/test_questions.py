"""Everyday questions: a page each, tailored to an exchange, linked for ever."""

from __future__ import annotations

from tests.client import TestClient
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


def test_a_question_can_be_pasted_into_a_chat(marbles: TestClient) -> None:
    text = marbles.get(f"{URL}.txt?exchange=glassmarket").text
    assert text.splitlines()[0] == "Can Marble Robot juggle my marbles away?"
    assert "2. Count the marbles at Glass Market." in text
    assert text.rstrip().endswith(f"{URL}?exchange=glassmarket")
    moved = marbles.get("/questions/juggling.md", follow_redirects=False)
    assert moved.headers["location"] == f"{URL}.md"


def test_a_question_is_in_the_feed_and_in_the_api(marbles: TestClient) -> None:
    assert URL in marbles.get("/feed.xml").text
    assert f"{URL}.md" in marbles.get("/llms.txt").text
    assert marbles.get("/api/v1/questions").json()[0]["url"] == URL
    found = marbles.get("/api/v1/questions/juggling", params={"exchange": "glassmarket"}).json()
    assert found["answer"] == "No. At Glass Market nobody may throw marbles."
    assert found["steps"][1]["url"] == f"{URL}?exchange=glassmarket#count-marbles"
    assert marbles.get("/api/v1/questions/nope").status_code == 404


def test_a_question_that_is_asked_is_answered_first(marbles: TestClient) -> None:
    text = "can the robot of glassmarket juggle?"
    page = Document(marbles.post("/diagnose", data={"text": text}).text)
    article = page.one("article", aria_labelledby="answer-title")
    assert article.one("h2").text == "Can Marble Robot juggle my marbles away?"
    assert "At Glass Market nobody may throw marbles." in article.text
    assert "couldn’t identify" not in article.text
    told = marbles.post("/api/v1/diagnose", json={"text": text}).json()
    assert told["answer"] == {
        "question": "do-robots-juggle",
        "title": "Can Marble Robot juggle my marbles away?",
        "url": URL,
        "text": "No. At Glass Market nobody may throw marbles.\n"
        "1. Look into your bag.\n2. Count the marbles at Glass Market.",
    }


def test_an_error_message_asks_no_question(marbles: TestClient) -> None:
    log = '12:07:33 ERROR robot: {"code":-9, "msg": "no robot may throw"}'
    assert marbles.post("/api/v1/diagnose", json={"text": log}).json()["answer"] is None
    long = "the robot throws marbles " + "and it rings and rings " * 10
    assert marbles.post("/api/v1/diagnose", json={"text": long}).json()["answer"] is None


def test_whether_a_question_helped_can_be_told(marbles: TestClient) -> None:
    assert read(marbles, URL).one("form", id="feedback")
    answer = marbles.post("/feedback", data={"page": URL, "helpful": "yes"})
    assert answer.status_code in {200, 503}, "503: these tests have no store"
