"""Votes, the support report and the insights, as visitors and writers meet them."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import httpx2 as httpx
import pytest

from app.feedback.records import Vote
from app.feedback.store import Store
from app.settings import Settings
from app.web.application import create_app
from app.web.http.limits import Limit
from app.web.http.tokens import WRONG_PER_MINUTE
from app.web.serving import feedback
from app.web.serving.feedback import (
    REPORTS_PER_HOUR,
    TEXTS_PER_HOUR,
    VOTES_PER_MINUTE,
)
from tests.browser.conftest import serving
from tests.client import TestClient
from tests.conftest import MARBLES, SITE, MakeContent
from tests.web.document import Document

pytestmark = pytest.mark.slow

TOKEN = "a-long-enough-token"
PAGE = "/issues/address-not-allowed"
PATIENCE_SECONDS = 60
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert time.monotonic() < deadline, "it doesn't happen"
        time.sleep(0.02)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(content=MARBLES, data=tmp_path, insights_token=TOKEN, watch=0)
    with TestClient(create_app(settings), follow_redirects=False) as client:
        until(lambda: client.get("/readyz").json()["store"] == "ok")
        yield client


def insights(client: TestClient) -> str:
    answer = client.get("/insights", auth=("anybody", TOKEN))
    assert answer.status_code == 200
    return answer.text


def seen_times(page: str) -> list[int]:
    """Return how often each group of unanswered texts was seen."""
    rows = page.partition('id="unanswered"')[2].partition("</section>")[0]
    return [int(times) for times in re.findall(r'<tr><td class="number">(\d+)</td>', rows)]


def test_every_issue_asks(client: TestClient) -> None:
    page = client.get(PAGE).text
    assert "Was this helpful?" in page
    assert f'name="page" value="{PAGE}"' in page


def test_a_diagnosis_from_the_checklist_can_be_voted_on(client: TestClient) -> None:
    page = Document(client.get("/diagnose?missing=secret-word").text)
    asked = Document(client.get(page.link("Was this helpful?")).text)
    assert asked.one("form", id="feedback").one("input", name="page")["value"] == "/diagnose"
    voted = client.post("/feedback", data={"page": "/diagnose", "helpful": "yes"})
    assert "Thanks, we’ve counted your vote" in voted.text


def test_no_then_why_then_thanks(client: TestClient) -> None:
    asked = client.post("/feedback", data={"page": PAGE, "helpful": "no"}, headers=HTMX)
    assert asked.status_code == 200
    assert "What was wrong?" in asked.text
    assert "<html" not in asked.text
    why = {
        "page": PAGE,
        "helpful": "no",
        "why": "1",
        "reason": "hard-to-follow",
        "comment": "write to me@marbles.example <b>",
    }
    thanks = client.post("/feedback", data=why)
    assert thanks.status_code == 200
    assert "<html" in thanks.text
    assert "Our writers will read this" in thanks.text
    assert not client.cookies
    seen = insights(client)
    assert "1 × hard to follow" in seen
    assert "me@marbles.example" not in seen
    assert "&lt;b&gt;" in seen


@pytest.mark.parametrize("why", [{}, {"why": "1", "reason": "did-not-fix"}])
def test_who_was_not_helped_is_told_where_to_go_next(
    client: TestClient, why: dict[str, str]
) -> None:
    answer = client.post("/feedback", data={"page": PAGE, "helpful": "no", **why})
    links = Document(answer.text).one("form", id="feedback").all("a")
    home = Document(client.get("/").text)
    for link in links:
        assert link["href"].removeprefix("/#") in home.ids
    assert len(links) == 2
    helped = client.post("/feedback", data={"page": PAGE, "helpful": "yes", **why})
    assert not Document(helped.text).one("form", id="feedback").all("a")


def test_a_second_vote_takes_the_place_of_the_first(client: TestClient) -> None:
    for helpful in ("no", "yes", "yes"):
        client.post("/feedback", data={"page": PAGE, "helpful": helpful})
    votes = insights(client).split(f'<a href="{PAGE}">')[1]
    assert votes.index('<td class="number">1</td><td class="number">0</td>') < votes.index("</tr>")


def test_two_browsers_are_two_visitors(client: TestClient) -> None:
    for agent in ("kettle/1", "kettle/2"):
        client.post(
            "/feedback", data={"page": PAGE, "helpful": "yes"}, headers={"User-Agent": agent}
        )
    assert '<td class="number">2</td><td class="number">0</td>' in insights(client)


def test_a_storm_of_votes_is_refused(client: TestClient) -> None:
    vote = {"page": PAGE, "helpful": "yes"}
    answers = [client.post("/feedback", data=vote) for _ in range(VOTES_PER_MINUTE.most + 1)]
    assert [answer.status_code for answer in answers] == [200] * VOTES_PER_MINUTE.most + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert "wait" in answers[-1].text
    assert client.get(PAGE).status_code == 200


def storm(url: str, forwarded: Callable[[int], str]) -> list[int]:
    """Vote once more than an address may; the proxy says of each vote where it came from."""
    vote = {"page": PAGE, "helpful": "yes"}
    with httpx.Client(base_url=url, trust_env=False) as proxy:
        return [
            proxy.post(
                "/feedback", data=vote, headers={"X-Forwarded-For": forwarded(number)}
            ).status_code
            for number in range(VOTES_PER_MINUTE.most + 1)
        ]


def test_votes_are_limited_by_visitor_behind_a_proxy() -> None:
    with serving(MARBLES) as url:
        until(lambda: httpx.get(f"{url}/readyz", trust_env=False).json()["store"] == "ok")
        assert set(storm(url, lambda number: f"198.51.100.{number}")) == {200}
        # Who invents more in front of what the proxy adds remains who the proxy says.
        invented = storm(url, lambda number: f"203.0.113.{number}, 198.51.100.200")
        assert invented == [200] * VOTES_PER_MINUTE.most + [429]


def test_nobody_but_a_proxy_says_where_a_vote_comes_from() -> None:
    with serving(MARBLES, HELP_PROXIES="10.0.0.0/8") as url:
        until(lambda: httpx.get(f"{url}/readyz", trust_env=False).json()["store"] == "ok")
        answers = storm(url, lambda number: f"198.51.100.{number}")
    assert answers == [200] * VOTES_PER_MINUTE.most + [429]


def test_a_slow_storm_of_votes_is_refused_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "VOTES_PER_DAY", Limit("votes", 3, 24 * 3600))
    settings = Settings(content=MARBLES, data=tmp_path, watch=0)
    with TestClient(create_app(settings)) as client:
        until(lambda: client.get("/readyz").json()["store"] == "ok")
        vote = {"page": PAGE, "helpful": "yes"}
        answers = [client.post("/feedback", data=vote) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 23 * 3600 < int(answers[-1].headers["retry-after"]) <= 24 * 3600


def test_a_storm_of_texts_is_answered_and_not_kept(client: TestClient) -> None:
    for number in range(TEXTS_PER_HOUR.most + 5):
        # Numbers make no groups of their own.
        word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[number] * 5
        assert client.get(f"/search?q=zz{word}zz").status_code == 200
        answer = client.post("/diagnose", data={"text": f"my kettle sings {word}"})
        assert answer.status_code == 200
    # One thread writes, in the order of the queue: after this vote all texts are stored.
    assert client.post("/feedback", data={"page": PAGE, "helpful": "yes"}).status_code == 200
    assert sum(seen_times(insights(client))) == TEXTS_PER_HOUR.most


def test_a_storm_of_reports_is_made_and_not_counted(client: TestClient) -> None:
    told = {"text": "glassmarket -7007 Friend unknown"}
    for _ in range(REPORTS_PER_HOUR.most + 5):
        assert "Error: -7007" in client.post("/report", data=told).text
    until(lambda: f"address-not-allowed</a>: {REPORTS_PER_HOUR.most}<" in insights(client))


def test_what_was_read_and_what_was_diagnosed_led_to_the_report(client: TestClient) -> None:
    told = {"text": "glassmarket -7007 Friend unknown", "read": "wrong-key,address-not-allowed,x"}
    client.post("/report", data=told)
    client.post("/report", data={"read": "wrong-key"})
    # Whoever only looks has made no report.
    client.get("/report?read=wrong-key")
    until(lambda: "wrong-key</a>: 2<" in insights(client))
    assert "address-not-allowed</a>: 1<" in insights(client)


def test_the_same_search_without_result_is_counted_each_time(client: TestClient) -> None:
    for _ in range(3):
        assert client.get("/search?q=zzyzx").headers["cache-control"] == "no-store"
    until(lambda: seen_times(insights(client)) == [3])


def test_a_report_without_javascript_holds_what_was_ticked(client: TestClient) -> None:
    page = Document(client.get("/diagnose?exchange=glassmarket&missing=secret-word").text)
    form = page.one("section", id="support").one("form", action="/report")
    fields: dict[str, list[str]] = {}
    for field in form.all("input", type="hidden"):
        fields.setdefault(str(field["name"]), []).append(str(field["value"]))
    report = client.post("/report", data=fields).text
    assert "Exchange: Glass Market" in report
    assert "[x] 192.0.2.7 is allowed" in report
    assert "[ ] The secret word is entered" in report


def test_a_report_without_an_address_is_for_the_support_chat(
    client: TestClient, make_content: MakeContent
) -> None:
    to_copy = "Copy this into your support chat."
    assert to_copy not in Document(client.get("/report").text).text
    site = dedent(SITE).replace(", email: choir@help.test", "")
    without_address = TestClient(create_app(Settings(content=make_content({"site.yml": site}))))
    assert to_copy in Document(without_address.get("/report").text).text


SECRET = "Zx81Qwerty7Uiop23Asdf45Ghjk67Lzxc89Vbnm01Qwer23Tyui45Opas67Dfgh8 "


# It stands around character 200, 500 and 1,000, the last time behind others that become shorter.
@pytest.mark.parametrize(
    "lead", ["so hot " * 26, "so hot " * 69, f"{SECRET * 14}{'so hot ' * 10}"], ids=len
)
def test_no_half_of_a_secret_is_kept(client: TestClient, lead: str) -> None:
    """A secret that is cut in two is known as one no longer, so it is taken out before."""
    told = f"{lead}{SECRET}tea"
    why = {"page": PAGE, "helpful": "no", "why": "1", "comment": told}
    client.post("/feedback", data=why)
    client.post("/diagnose", data={"text": told})
    client.get("/search", params={"q": f"zzyzx {told}"})
    until(lambda: insights(client).count("so hot so hot") >= 3)
    assert "Zx81" not in insights(client)


@pytest.mark.parametrize(
    ("vote", "status"),
    [
        ({"page": "/issues/nope", "helpful": "yes"}, 404),
        ({"page": "https://elsewhere.example/", "helpful": "yes"}, 404),
        ({"page": PAGE, "helpful": "perhaps"}, 400),
        ({"page": PAGE}, 400),
        ({}, 404),
    ],
)
def test_what_is_no_vote(client: TestClient, vote: dict[str, str], status: int) -> None:
    assert client.post("/feedback", data=vote).status_code == status


def test_another_site_cannot_vote(client: TestClient) -> None:
    vote = {"page": PAGE, "helpful": "yes"}
    answer = client.post("/feedback", data=vote, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_without_a_store_pages_go_on_and_votes_are_refused(tmp_path: Path) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.write_text("not a folder")
    settings = Settings(content=MARBLES, data=in_the_way, insights_token=TOKEN, watch=0)
    with TestClient(create_app(settings)) as client:
        until(lambda: client.get("/readyz").json()["store"].startswith("degraded"))
        assert client.get("/readyz").json()["status"] == "degraded"
        assert client.get("/").status_code == 200
        assert client.post("/diagnose", data={"text": "glassmarket -7007"}).status_code == 200
        refused = client.post("/feedback", data={"page": PAGE, "helpful": "yes"})
        assert refused.status_code == 503
        assert "We couldn&#39;t save your feedback" in refused.text
        answer = client.get("/insights", auth=("anybody", TOKEN))
        assert answer.status_code == 503
        assert "The store can&#39;t be read" in answer.text


def test_insights_need_the_token(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/insights").status_code == 401
    assert "Basic" in client.get("/insights").headers["www-authenticate"]
    assert client.get("/insights", auth=("anybody", "wrong")).status_code == 401
    assert client.get("/insights", headers={"Authorization": "Basic ???"}).status_code == 401
    without = TestClient(create_app(Settings(content=MARBLES, data=tmp_path, watch=0)))
    assert without.get("/insights", auth=("anybody", TOKEN)).status_code == 404


@pytest.mark.parametrize("page", ["/insights", "/metrics"])
def test_guesses_of_a_password_are_slowed_down(page: str, tmp_path: Path) -> None:
    settings = Settings(
        content=MARBLES, data=tmp_path, insights_token=TOKEN, metrics_token=TOKEN, watch=0
    )
    app = create_app(settings)
    guesser = TestClient(app, client=("198.51.100.7", 1))
    with TestClient(app, client=("198.51.100.8", 1)) as writer:
        guesses = [guesser.get(page, auth=("x", f"guess-{number}")) for number in range(12)]
        assert [answer.status_code for answer in guesses] == [401] * WRONG_PER_MINUTE.most + [
            429,
            429,
        ]
        assert 1 <= int(guesses[-1].headers["retry-after"]) <= 60
        assert "Too many attempts" in guesses[-1].text
        # The right password would tell the guesser that it is right.
        assert guesser.get(page, auth=("x", TOKEN)).status_code == 429
        assert guesser.get(page).status_code == 401, "asked without a password: no guess"
        assert guesser.get("/").status_code == 200
        assert writer.get(page, auth=("x", TOKEN)).status_code == 200


def test_a_wrong_password_now_and_then_is_forgiven(client: TestClient) -> None:
    for _ in range(WRONG_PER_MINUTE.most - 1):
        assert client.get("/insights", auth=("anybody", "wrong")).status_code == 401
    for _ in range(20):
        assert client.get("/insights", auth=("anybody", TOKEN)).status_code == 200


def test_what_found_no_answer_is_shown_to_writers(client: TestClient) -> None:
    text = "brew coffee https://kettle.example/help secretKey=Zx81Qwerty7Uiop23Asdf45Ghjk67"
    client.post("/diagnose", data={"text": text})
    client.get("/search?q=zzyzx")
    client.get("/search?q=zzy", headers=HTMX)
    until(lambda: "zzyzx" in insights(client) and "brew coffee" in insights(client))
    seen = insights(client)
    assert "Zx81Qwerty7Uiop23Asdf45Ghjk67" not in seen
    assert ">zzy<" not in seen


def test_insights_show_the_first_of_very_many_pages(client: TestClient, tmp_path: Path) -> None:
    with closing(Store.open(Settings(data=tmp_path).database)) as store:

        async def vote() -> None:
            now = datetime.now(UTC)
            votes = (Vote(now, f"/issues/x{n}", False, "anna", "v1") for n in range(120))
            await asyncio.gather(*map(store.vote, votes))

        asyncio.run(vote())
    votes = insights(client).partition('id="votes"')[2].partition("</section>")[0]
    assert votes.count("<tr><td>") == 100
    assert "and 20 more" in votes


def test_an_operator_is_told_that_each_process_counts_for_itself(client: TestClient) -> None:
    assert client.get("/readyz").json()["limits"] == "counted by each process for itself"


def test_one_switch_keeps_no_unanswered_texts(tmp_path: Path) -> None:
    settings = Settings(
        content=MARBLES, data=tmp_path, insights_token=TOKEN, keep_unanswered=False, watch=0
    )
    with TestClient(create_app(settings)) as client:
        until(lambda: client.get("/readyz").json()["store"] == "ok")
        client.post("/diagnose", data={"text": "my kettle sings too high"})
        client.post("/report", data={"text": "glassmarket -7007 Friend unknown"})
        until(lambda: "address-not-allowed</a>: 1" in insights(client))
        assert "my kettle" not in insights(client)


def test_the_report_shows_everything_that_was_told(client: TestClient) -> None:
    told = {
        "text": 'glassmarket {"code":-7007,"say":"Friend unknown"} secretKey=Zx81Qwerty7Uiop23',
        "read": "wrong-key,nope",
    }
    answer = client.post("/report", data=told)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    for part in ("Exchange: Glass Market", "Error: -7007", "Address Not Allowed", "Wrong Key"):
        assert part in answer.text
    assert "Zx81Qwerty7Uiop23" not in answer.text
    assert "nope" not in answer.text
    assert 'href="mailto:desk@marbles.example?subject=Glass%20Market%20error%20-7007' in answer.text


def test_an_empty_report_says_what_to_do(client: TestClient) -> None:
    answer = client.get("/report")
    assert answer.status_code == 200
    assert "Your report has no error yet" in answer.text


def test_a_report_is_not_read_past_its_limit(client: TestClient) -> None:
    assert client.post("/report", data={"text": "x" * 17_000}).status_code == 413


def test_a_vote_in_the_first_moment_waits_for_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server takes connections at once, and another one may have ended for it."""
    may_open = threading.Event()
    open_now = Store.open

    def open_later(url: str) -> Store:
        assert may_open.wait(30)
        return open_now(url)

    monkeypatch.setattr(Store, "open", open_later)
    app = create_app(Settings(content=MARBLES, data=tmp_path))
    with TestClient(app) as client:
        threading.Timer(0.2, may_open.set).start()
        answer = client.post("/feedback", data={"page": PAGE, "helpful": "yes"})
        assert answer.status_code == 200
