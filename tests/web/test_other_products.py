"""A product without exchanges and without a whitelist: no page speaks of what it doesn't have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.settings import Settings
from app.web.application import create_app
from tests.client import TestClient
from tests.conftest import TEAPOTS
from tests.web.document import Document
from tests.web.test_feedback import until

pytestmark = pytest.mark.slow

TOKEN = "the lid is lost"
WORDS = ("exchange", "trading", "whitelist", "api key")

PAGES = (
    "/",
    "/issues/cold-water",
    "/issues/cold-water.md",
    "/issues/cold-water.txt?step=wait-for-the-whistle",
    "/search",
    "/search?q=water",
    "/search?q=nonsuch",
    "/diagnose",
    "/diagnose?missing=water-boils&test-solo=fail",
    "/diagnose.txt?missing=water-boils",
    "/diagnose.md?missing=water-boils",
    "/report",
    "/report?missing=water-boils",
    "/feedback?page=/issues/cold-water",
    "/insights",
    "/robots.txt",
    "/sitemap.xml",
    "/feed.xml",
    "/llms.txt",
    "/llms-full.txt",
)

FORMS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/diagnose", {"text": "E-COLD"}),
    ("/diagnose", {"text": "a quick brown fox"}),
    ("/diagnose", {"text": "x" * 20_000}),
    ("/diagnose", {}),
    ("/report", {"text": "E-COLD", "missing": "water-boils"}),
    ("/report", {"text": "a quick brown fox"}),
    ("/feedback", {"page": "/issues/cold-water", "helpful": "no"}),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    data = tmp_path_factory.mktemp("data")
    settings = Settings(content=TEAPOTS, data=data, insights_token=TOKEN, watch=0)
    with TestClient(create_app(settings)) as client:
        until(lambda: client.get("/readyz").json()["store"] == "ok")
        yield client


def spoken_of(text: str) -> list[str]:
    return [word for word in WORDS if word in text.lower()]


def test_no_page_speaks_of_what_there_is_not(client: TestClient) -> None:
    for url in PAGES:
        answer = client.get(url, auth=("anybody", TOKEN))
        assert (answer.status_code, spoken_of(answer.text)) == (200, []), url
    for url in ("/nonsuch", "/issues/cold", "/issues/cold.md", "/whitelist", "/exchanges"):
        answer = client.get(url)
        assert (answer.status_code, spoken_of(answer.text.replace(url, ""))) == (404, []), url


def test_the_reference_speaks_of_it_only_as_fields_of_answers(client: TestClient) -> None:
    page = Document(client.get("/api").text)
    operations = [section.text for section in page.all("section")]
    assert len(operations) > 3
    for operation in operations:
        said = operation.partition("Response")[0]
        assert spoken_of(said) == [], said
    assert spoken_of(page.one("header", **{"class": "intro"}).text) == []


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_no_answer_speaks_of_what_there_is_not(headers: dict[str, str], client: TestClient) -> None:
    for url, data in FORMS:
        answer = client.post(url, data=data, headers=headers)
        assert answer.status_code in {200, 413, 422}, url
        assert answer.text
        assert spoken_of(answer.text) == [], (url, data)


def test_no_section_is_empty(client: TestClient) -> None:
    sections = 0
    for url in PAGES:
        answer = client.get(url, auth=("anybody", TOKEN))
        if url == "/insights" or not answer.headers["content-type"].startswith("text/html"):
            continue  # the charts of the insights are no HTML
        page = Document(answer.text)
        for name in ("section", "nav", "ul", "ol", "table", "dl"):
            for element in page.all(name):
                sections += 1
                assert element.text, (url, name, element.attributes)
        for level in ("h1", "h2", "h3", "h4"):
            assert all(heading.text for heading in page.all(level)), url
    assert sections > 20
