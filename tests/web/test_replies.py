"""A support agent pastes an answer into a ticket."""

from __future__ import annotations

import pytest

from tests.client import TestClient
from tests.web.document import Document

STARS = "**"
MOST_LINES = 12


def reply(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def test_an_issue_in_plain_text_for_one_exchange(marbles: TestClient) -> None:
    answer = marbles.get("/issues/address-not-allowed.txt?exchange=claybourse")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-robots-tag"] == "noindex"
    lines = answer.text.splitlines()
    assert lines[0] == "Address Not Allowed"
    assert "1. Whisper the address to the clay frog" in lines
    assert any(line.startswith("2. Add 192.0.2.7, 198.51.100.23, 2001:db8::7") for line in lines)
    assert "blue button" not in answer.text
    assert lines[-1] == "https://help.test/i/address-not-allowed?exchange=claybourse"
    assert not {"{{", STARS} & set(answer.text.split())


def test_all_of_an_issue_as_markdown(marbles: TestClient) -> None:
    answer = marbles.get("/issues/address-not-allowed.md")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text.startswith("# Address Not Allowed")
    for part in ("- 192.0.2.7 is missing in", "1. Add 192.0.2.7", "## Why your exchange asks"):
        assert part in answer.text
    assert "blue button" not in answer.text


def test_a_step_as_markdown(marbles: TestClient) -> None:
    text = reply(marbles, "/issues/address-not-allowed.md?step=press-twice")
    assert text.startswith("**Address Not Allowed**")
    assert "1. Press the blue button twice" in text


def test_one_step(marbles: TestClient) -> None:
    text = reply(marbles, "/issues/address-not-allowed.txt?step=press-twice&exchange=glassmarket")
    assert "1. Press the blue button twice" in text
    assert "2. " not in text
    expected = "https://help.test/i/address-not-allowed?exchange=glassmarket#press-twice"
    assert text.splitlines()[-1] == expected


def test_an_error_code_with_its_causes(marbles: TestClient) -> None:
    text = reply(marbles, "/errors/glassmarket/-7007.txt")
    assert text.startswith("Glass Market error -7007: Friend unknown")
    assert text.index("Address Not Allowed") < text.index("Wrong Key")
    assert text.splitlines()[-1] == "https://help.test/e/glassmarket/-7007"


def test_a_code_with_a_space(marbles: TestClient) -> None:
    text = reply(marbles, "/errors/glassmarket/EMARBLE:Rolled%20away.txt")
    assert text.splitlines()[-1] == "https://help.test/e/glassmarket/EMARBLE:Rolled%20away"


def test_a_linked_diagnosis(marbles: TestClient) -> None:
    text = reply(marbles, "/diagnose.txt?exchange=glassmarket&error=-7007")
    assert text.startswith("Glass Market error -7007")
    assert "192.0.2.7: Wrong Key" in text
    assert len(text.splitlines()) <= MOST_LINES
    link = "https://help.test/diagnose?exchange=glassmarket&error=-7007"
    assert text.splitlines()[-1] == link


def test_a_diagnosis_from_the_checklist_can_be_copied_too(marbles: TestClient) -> None:
    path = "/diagnose?missing=address-allowed"
    page = Document(marbles.get(path).text)
    for ending in ("txt", "md"):
        assert f"/diagnose.{ending}?missing=address-allowed" in page.links()
    text = reply(marbles, "/diagnose.txt?missing=address-allowed")
    assert "1. Add 192.0.2.7" in text
    assert text.splitlines()[-1] == f"https://help.test{path}"


def test_an_unsure_diagnosis_names_all_possible_causes_and_gives_no_steps(
    marbles: TestClient,
) -> None:
    lines = reply(marbles, "/diagnose.txt?missing=address-allowed,secret-word").splitlines()
    assert lines[:2] == ["Possible causes", "It’s probably one of these"]
    assert lines[2].startswith("Which of these do you see? ")
    assert "Address Not Allowed" in lines[2]
    assert "Wrong Key" in lines[2]
    assert not any(line.startswith("1. ") for line in lines)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/issues/ip-not-allowed.txt?exchange=claybourse", "/issues/address-not-allowed.txt"),
        ("/errors/glassmarket/emarble:rolled%20away.md", "/errors/glassmarket/EMARBLE:Rolled"),
    ],
)
def test_old_addresses_lead_to_the_present_ones(marbles: TestClient, old: str, new: str) -> None:
    answer = marbles.get(old)
    assert answer.status_code == 301
    assert answer.headers["location"].startswith(new)


@pytest.mark.parametrize(
    "path",
    [
        "/issues/nope.txt",
        "/issues/wrong-key.txt?step=nope",
        "/errors/glassmarket/nope.txt",
        "/errors/nope/-7007.md",
        "/diagnose.txt",
        "/issues/wrong-key.pdf",
    ],
)
def test_what_is_not_there_is_a_404(marbles: TestClient, path: str) -> None:
    assert marbles.get(path).status_code == 404


def test_without_a_base_url_the_link_names_the_host_and_is_not_cached(teapots: TestClient) -> None:
    from tests.web.conftest import FIXTURES, client

    local = client(FIXTURES / "exchange_content")
    answer = local.get("/issues/wrong-key.txt")
    assert answer.text.splitlines()[-1] == "http://testserver/i/wrong-key"
    assert answer.headers["cache-control"] == "no-store"
    assert "max-age" in teapots.get("/").headers["cache-control"]


def test_an_everyday_question(marbles: TestClient) -> None:
    text = reply(marbles, "/questions/do-robots-juggle.txt")
    assert len(text.splitlines()) <= MOST_LINES
    assert text.splitlines()[-1] == "https://help.test/questions/do-robots-juggle"
    assert reply(marbles, "/questions/do-robots-juggle.md").startswith(STARS)
    assert marbles.get("/questions/nobody.txt").status_code == 404


def test_an_exchange_as_markdown(marbles: TestClient) -> None:
    answer = marbles.get("/exchanges/glassmarket.md")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text.startswith("# Glass Market\n")
    assert "- `-7007`: Friend unknown" in answer.text
    assert marbles.get("/exchanges/nowhere.md").status_code == 404
    assert marbles.get("/exchanges/glassmarket.txt").status_code == 404


def test_every_page_in_one_text(marbles: TestClient) -> None:
    text = reply(marbles, "/llms-full.txt")
    for part in (
        "# Address Not Allowed",
        "# Glass Market\n",
        "**Glass Market error -7007: Friend unknown**",
        "https://help.test/questions/do-robots-juggle",
    ):
        assert part in text


@pytest.mark.parametrize(
    "path", ["/issues/wrong-key", "/questions/do-robots-juggle", "/errors/glassmarket/-7007"]
)
def test_a_page_names_its_markdown(marbles: TestClient, path: str) -> None:
    link = marbles.get(path).headers["link"]
    assert link == f'<{path}.md>; rel="alternate"; type="text/markdown"'
    assert marbles.get(f"{path}.md").headers["content-type"].startswith("text/markdown")
