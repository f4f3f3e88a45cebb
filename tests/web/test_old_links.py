"""Old addresses, steps of other exchanges, and dates of change, as a visitor meets them."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.content.loader import load
from app.permalinks import published
from tests.client import TestClient
from tests.web.conftest import FIXTURES, client
from tests.web.document import Document

pytestmark = pytest.mark.slow

GLASS = "exchanges/glassmarket.md"
DATES = {
    "issues/wrong-key.md": dt.date(2026, 4, 4),
    "issues/market-closed.md": dt.date(2026, 3, 3),
    "exchanges/glassmarket.md": dt.date(2026, 5, 5),
    "errors/claybourse.yml": dt.date(2026, 6, 6),
}


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def visitor(tmp_path: Path) -> Iterator[TestClient]:
    root = Path(shutil.copytree(FIXTURES / "exchange_content", tmp_path / "marbles"))
    replace(root / GLASS, "order: 10", "order: 10\naliases: [mirror-fair]")
    issue = root / "issues/address-not-allowed.md"
    replace(issue, "id: press-twice", "id: press-twice\n    aliases: [press-once]")
    replace(issue, "exchanges: [claybourse]", "exchanges: [claybourse, glassmarket]")
    replace(root / "tips.yml", "id: count", "aliases: [count-them]\n    id: count")
    replace(
        root / "diagnostic.yml", "id: secret-word", "aliases: [magic-word]\n    id: secret-word"
    )
    replace(
        root / "diagnostic.yml", "id: other-browser", "aliases: [by-hand]\n    id: other-browser"
    )
    days = (f"{day} 0 {path}\n" for path, day in DATES.items())
    (root / "dates.txt").write_text("".join(days), "utf-8")
    with client(root, data=tmp_path, base_url="https://help.test") as running:
        yield running


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/exchanges/mirror-fair?x=1", "/exchanges/glassmarket?x=1"),
        ("/errors/mirror-fair/-7007", "/errors/glassmarket/-7007"),
        ("/e/mirror-fair/-7007?x=1", "/errors/glassmarket/-7007?x=1"),
        ("/i/ip-not-allowed?x=1", "/issues/address-not-allowed?x=1"),
    ],
)
def test_old_addresses_redirect_for_good_in_one_step(
    old: str, new: str, visitor: TestClient
) -> None:
    response = visitor.get(old)
    assert (response.status_code, response.headers["location"]) == (301, new)
    assert visitor.get(new).status_code == 200


def test_the_old_name_of_an_exchange_tailors_too(visitor: TestClient) -> None:
    page = Document(visitor.get("/issues/address-not-allowed?exchange=mirror-fair").text)
    assert page.control("Your exchange").one("option", selected="").text == "Glass Market"
    assert "Friends of this key" in page.text
    found = Document(visitor.get("/diagnose?exchange=mirror-fair&error=-7007").text)
    assert "Glass Market" in found.one("main").text
    linked = visitor.get("/diagnose?exchange=mirror-fair&missing=secret-word").text
    assert "exchange=glassmarket" in linked
    assert "exchange=mirror-fair" not in linked
    paste = {"text": "Friend unknown", "exchange": "mirror-fair"}
    answer = visitor.post("/api/v1/diagnose", json=paste).json()
    assert answer["exchange"] == "glassmarket"


def test_every_step_has_its_place_whatever_exchange_is_chosen(visitor: TestClient) -> None:
    path = "/issues/address-not-allowed"
    anchors = ("press-twice", "press-once", "clay-frog", "add-whitelist-ips-to-whitelist-field")
    for query in ("", "?exchange=glassmarket", "?exchange=claybourse"):
        html = visitor.get(path + query).text
        for anchor in anchors:
            assert html.count(f'id="{anchor}"') == 1, (query, anchor)


def test_an_issue_without_steps_for_one_exchange_has_no_empty_section(
    visitor: TestClient, teapots: TestClient
) -> None:
    assert "Steps for" not in visitor.get("/issues/wrong-key").text
    assert "Steps for" not in teapots.get("/issues/cold-water").text


@pytest.mark.parametrize(
    ("query", "anchor", "told", "leads_to"),
    [
        (
            "?exchange=claybourse",
            "press-once",
            "You followed a link to a step for these exchanges: Glass Market",
            "/issues/address-not-allowed?exchange=glassmarket#press-twice",
        ),
        (
            "",
            "clay-frog",
            "You followed a link to a step for these exchanges: Glass Market, Clay Bourse",
            "/issues/address-not-allowed?exchange=glassmarket#clay-frog",
        ),
    ],
)
def test_who_follows_a_link_to_a_step_of_another_exchange_is_led_there(
    query: str, anchor: str, told: str, leads_to: str, visitor: TestClient
) -> None:
    page = Document(visitor.get(f"/issues/address-not-allowed{query}").text)
    note = page.one(id=anchor)
    assert note.text == told
    link = note.all("a")[0]["href"]
    assert link == leads_to
    path, _, step = link.partition("#")
    assert Document(visitor.get(path).text).one("ol", class_="steps").one("li", id=step)


def test_an_old_tip_anchor_lands(visitor: TestClient) -> None:
    html = visitor.get("/").text
    assert html.count('id="count-them"') == html.count('id="count-your-marbles"') == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("missing=magic-word", "missing=secret-word"),
        ("missing=magic-word,address-allowed", "missing=address-allowed,secret-word"),
        ("test-by-hand=fail", "test-other-browser=fail"),
        (
            "exchange=mirror-fair&error=-7007&answer=ip-not-allowed",
            "exchange=glassmarket&error=-7007&issue=address-not-allowed",
        ),
        ("test-by-hand=fail&test-other-browser=pass", "test-other-browser=pass"),
    ],
)
def test_old_ids_still_count_in_a_linked_diagnosis(old: str, new: str, visitor: TestClient) -> None:
    present = visitor.get(f"/diagnose?{new}").text
    assert "You chose" in present or '<p class="hint">You ' in present
    assert visitor.get(f"/diagnose?{old}").text == present


def test_old_ids_still_count_in_a_form_and_for_programs(visitor: TestClient) -> None:
    posted = visitor.post("/diagnose", data={"have": ["magic-word"], "test-by-hand": "pass"})
    assert posted.headers["location"].partition("#")[0] == (
        "/diagnose?missing=address-allowed&test-other-browser=pass"
    )
    asked = [
        {"text": "", "checklist": {item: False}, "tests": {test: "fail"}}
        for item, test in (("magic-word", "by-hand"), ("secret-word", "other-browser"))
    ]
    old, new = (visitor.post("/api/v1/diagnose", json=body).json() for body in asked)
    assert old == new
    assert len(new["matches"]) > 1


def test_general_steps_have_anchors_on_the_first_page_too(visitor: TestClient) -> None:
    html = visitor.get("/?exchange=glassmarket").text
    assert html.count('id="address-not-allowed--add-whitelist-ips-to-whitelist-field"') == 1


def test_every_published_link_leads_to_a_page_and_its_anchor(marbles: TestClient) -> None:
    links = published(load(FIXTURES / "exchange_content"))
    assert len(links) > 30
    for link in links:
        page, _, anchor = link.partition("#")
        response = marbles.get(page, follow_redirects=True)
        assert response.status_code == 200, link
        if anchor:
            assert f'id="{anchor}"' in response.text, link


def test_dates_of_change_are_told(visitor: TestClient) -> None:
    issue = Document(visitor.get("/issues/wrong-key").text)
    assert "Last changed on 4 April 2026" in issue.text
    assert "Changed on" not in visitor.get("/issues/address-not-allowed").text
    sitemap = visitor.get("/sitemap.xml").text
    dates = dict(re.findall(r"<loc>https://help.test(.*?)</loc><lastmod>(.*?)</lastmod>", sitemap))
    assert {path: day for path, day in dates.items() if not path.startswith("/es/")} == {
        "/issues/wrong-key": "2026-04-04",
        "/issues/market-closed": "2026-03-03",
        "/exchanges/glassmarket": "2026-05-05",
        "/errors/claybourse/41007": "2026-06-06",
        # Nobody knows when these were changed: when they were checked is the next best.
        "/errors/glassmarket/-7007": "2026-11-20",
        "/errors/glassmarket/-7009": "2026-11-20",
        "/errors/glassmarket/EMARBLE:Rolled%20away": "2026-11-20",
    }
    feed = visitor.get("/feed.xml").text
    assert re.findall(r"<updated>(.*?)T", feed) == [
        "2026-04-04",
        "2026-04-04",
        "2026-03-03",
        "2026-03-03",
        "2026-03-03",
        "2026-03-03",
    ]


def test_a_heading_keeps_its_anchor_for_every_exchange(visitor: TestClient) -> None:
    for query in ("", "?exchange=glassmarket", "?exchange=claybourse"):
        html = visitor.get(f"/issues/address-not-allowed{query}").text
        assert '<h2 id="why-exchange-asks">' in html
