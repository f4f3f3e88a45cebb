"""What a visitor, a program and an operator are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import ROOT, Settings
from app.status import asking
from app.status.board import Board
from app.web.application import HelpCenter, create_app
from app.web.serving import status as serving
from tests.client import TestClient
from tests.conftest import MARBLES
from tests.status.exchanges import ANNOUNCED, LIMITED, MAINTENANCE, NORMAL, Played, playing
from tests.web.conftest import client, until

pytestmark = pytest.mark.slow

HTMX = {"HX-Request": "true"}
TOKEN = "a-token-of-an-operator"
TIMEOUT = "requests.exceptions.ConnectTimeout: connection timed out"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Played, TestClient]]:
    """Run a server whose exchanges are played; it looks when a test lets it."""
    folder = tmp_path_factory.mktemp("stage")
    with pytest.MonkeyPatch.context() as patch, playing() as played:
        patch.setattr(asking, "is_public", lambda address: True)
        patch.setattr(serving, "LONGEST_PAUSE_SECONDS", 0)
        content = played.content(ROOT / "content", folder / "content")
        with client(content, watch=0, metrics_token=TOKEN, data=folder) as running:
            yield played, running


@pytest.fixture
def played(stage: tuple[Played, TestClient]) -> Played:
    """Return the exchanges, all of which operate."""
    played, _ = stage
    played.says, played.ahead = dict(NORMAL), 0.0
    played.answers.clear()
    played.asked.clear()
    return played


@pytest.fixture
def visitor(played: Played, stage: tuple[Played, TestClient]) -> TestClient:
    """Talk to a server that has not looked yet."""
    _, running = stage
    assert isinstance(running.app, HelpCenter)
    running.app.status.board = Board()
    running.app.status.renew()
    return running


def turn(visitor: TestClient, times: int = 1) -> None:
    """Let the server look at the exchanges."""
    app = visitor.app
    assert isinstance(app, HelpCenter)
    assert visitor.portal
    for _ in range(times):
        visitor.portal.call(app.status.turn)


def text(visitor: TestClient, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200
    return words(answer.text)


def words(page: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_without_a_word_from_outside_there_is_no_trace(visitor: TestClient, played: Played) -> None:
    played.answers = dict.fromkeys([*NORMAL, "gate", "bitget", "bingx"], (503, {}))
    before = {path: visitor.get(path).text for path in ("/?exchange=okx", "/exchanges/okx")}
    turn(visitor, times=3)
    assert {path: visitor.get(path).text for path in before} == before
    assert 'class="status"' not in "".join(before.values())
    assert visitor.get("/api/v1/status").json() == []
    assert "We have no information" in text(visitor, "/status")
    assert "helpcenter_exchange_state{" not in metrics(visitor)


def metrics(visitor: TestClient) -> str:
    return visitor.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text


def test_off_asks_nobody(visitor: TestClient, played: Played) -> None:
    """The server of these tests is off: what asks ends at once."""
    assert isinstance(visitor.app, HelpCenter)
    assert visitor.portal
    visitor.portal.call(visitor.app.status.run)
    assert not played.asked


def test_on_asks_at_the_start(played: Played, loopback: None, tmp_path: Path) -> None:
    content = played.content(ROOT / "content", tmp_path / "content")
    settings = Settings(content=content, data=tmp_path, watch=0, status=True)
    with TestClient(create_app(settings)) as visitor:
        until(lambda: len(visitor.get("/api/v1/status").json()) == 12)
        until(lambda: set(played.asked) == {*NORMAL, "gate", "bitget", "bingx"})


def test_all_exchanges_are_told(visitor: TestClient, played: Played) -> None:
    played.says = NORMAL | {
        "okx": MAINTENANCE["okx"],
        "bybit": ANNOUNCED["bybit"],
        "kucoin": LIMITED["kucoin"],
    }
    played.answers["bitfinex"] = (451, {})
    turn(visitor, times=2)
    page = visitor.get("/status")
    assert page.headers["Cache-Control"] == "no-store"
    rows = {
        name: words(row)
        for name, row in re.findall(r'<li id="(\w+)">(.*?)</li>', page.text, re.DOTALL)
    }
    assert len(rows) == 12
    for name, state in {
        "binance": "operating",
        "okx": "under maintenance",
        "bybit": "maintenance announced",
        "kucoin": "limited",
        "gate": "answers",
        "bitfinex": "doesn’t answer our server",
    }.items():
        assert state in rows[name], name
    assert "10:00 UTC" in rows["okx"]
    assert "down" not in page.text.lower().replace("countdown", "")
    assert "Upgrade" not in page.text, "no text of an exchange is shown"
    assert page.text.count('role="img" aria-label="') == 12
    assert "0.25 h under maintenance" in page.text


def test_the_page_says_whose_clock_is_wrong(visitor: TestClient, played: Played) -> None:
    turn(visitor)
    assert "clock is" not in text(visitor, "/status")
    played.ahead = 60
    turn(visitor)
    assert "our server’s clock is 60 s slow" in text(visitor, "/status")
    assert "Its clock is" not in text(visitor, "/status")


def test_programs_and_operators_read_it(visitor: TestClient, played: Played) -> None:
    played.says = NORMAL | {"htx": MAINTENANCE["htx"]}
    played.ahead = 30
    turn(visitor)
    answer = visitor.get("/api/v1/status")
    assert answer.headers["Cache-Control"] == "no-store"
    told = {status["exchange"]: status for status in answer.json()}
    assert told["htx"]["state"] == "maintenance"
    assert told["htx"]["end"] == "2026-11-29T10:00:00Z"
    assert 28 < told["okx"]["clock_ahead"] < 32
    assert told["bitfinex"]["clock_ahead"] is None
    numbers = metrics(visitor)
    assert 'helpcenter_exchange_state{exchange="htx",state="maintenance"} 1.0' in numbers
    assert 'helpcenter_exchange_clock_ahead_seconds{exchange="okx"}' in numbers


def test_the_feed_has_the_changes(visitor: TestClient, played: Played) -> None:
    turn(visitor)
    assert "<entry>" not in visitor.get("/status.xml").text
    played.says = NORMAL | {"okx": MAINTENANCE["okx"]}
    turn(visitor)
    feed = visitor.get("/status.xml")
    assert feed.headers["Content-Type"].startswith("application/atom+xml")
    assert "<title>OKX: under maintenance</title>" in feed.text
    assert "until 2026-11-29 10:00 UTC" in feed.text


@pytest.mark.parametrize("path", ["/?exchange=okx", "/exchanges/okx"])
def test_a_page_follows_the_status(path: str, visitor: TestClient, played: Played) -> None:
    before = visitor.get(path).text
    turn(visitor)
    assert "OKX: operating" in text(visitor, path)
    kept = visitor.get(path).headers["ETag"]
    turn(visitor)
    assert visitor.get(path).headers["ETag"] == kept, "the page is cached between two changes"
    played.says = NORMAL | {"okx": MAINTENANCE["okx"]}
    turn(visitor)
    shown = text(visitor, path)
    assert "OKX: under maintenance" in shown
    assert "when this page was made" in shown
    assert 'class="status"' not in before


def test_htmx_gets_the_line_alone(visitor: TestClient, played: Played) -> None:
    turn(visitor)
    answer = visitor.get("/status?exchange=okx", headers=HTMX)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.strip().startswith("<span><strong>OKX:</strong>")
    assert visitor.get("/status?exchange=nonsuch", headers=HTMX).text.strip() == ""


def test_an_answer_says_when_to_wait(visitor: TestClient, played: Played) -> None:
    asked = {"text": TIMEOUT, "exchange": "okx"}
    turn(visitor)
    assert ": under maintenance" not in words(visitor.post("/diagnose", data=asked).text)
    played.says = NORMAL | {"okx": MAINTENANCE["okx"]}
    turn(visitor)
    shown = words(visitor.post("/diagnose", data=asked).text)
    assert "OKX: under maintenance" in shown
    assert "then connect again. Your key is fine. Checked" in shown
    assert "OKX says it&#39;s under maintenance" in shown, "it is a reason"
    other = words(visitor.post("/diagnose", data=asked | {"exchange": "gate"}).text)
    assert ": under maintenance" not in other
    assert "says it&#39;s under maintenance" not in other


def test_a_wrong_key_stays_one_during_maintenance(visitor: TestClient, played: Played) -> None:
    asked = {"text": '{"code":"50111","msg":"Invalid OK-ACCESS-KEY"}', "exchange": "okx"}
    before = visitor.post("/api/v1/diagnose", json=asked).json()["matches"][0]["issue"]
    played.says = NORMAL | {"okx": MAINTENANCE["okx"]}
    turn(visitor)
    answer = visitor.post("/api/v1/diagnose", json=asked).json()
    assert answer["verdict"] == "recognised"
    assert answer["matches"][0]["issue"] == before == "invalid-api-credentials"
    shown = visitor.post("/diagnose", data=asked).text
    assert "Nothing is wrong with your key" not in shown


def field(page: str, pattern: str) -> str:
    found = re.search(rf"<input[^>]*{pattern}[^>]*>", page)
    assert found, pattern
    return found[0]


def test_the_checklist_answers_itself(visitor: TestClient, played: Played) -> None:
    turn(visitor)
    page = visitor.get("/?exchange=okx").text
    assert "checked" in field(page, 'value="no-maintenance"')
    assert "checked" in field(page, 'name="test-status-page" value="pass"')
    shown = {"shown": ["no-maintenance", "test-status-page=pass"], "exchange": "okx"}
    untouched = shown | {"have": "no-maintenance", "test-status-page": "pass"}
    answer = visitor.post("/diagnose", data=untouched)
    assert answer.headers["Location"] == "/?exchange=okx", "nothing was told"
    changed = shown | {"have": "", "test-status-page": "fail"}
    location = visitor.post("/diagnose", data=changed).headers["Location"]
    assert "no-maintenance" in location
    assert "test-status-page=fail" in location
    again = visitor.get(location).text
    assert "checked" not in field(again, 'value="no-maintenance"')
    assert "checked" in field(again, 'name="test-status-page" value="fail"')
    played.says = NORMAL | {"okx": MAINTENANCE["okx"]}
    turn(visitor)
    page = visitor.get("/?exchange=okx").text
    assert "checked" not in field(page, 'value="no-maintenance"')
    assert "checked" in field(page, 'name="test-status-page" value="fail"')


def test_the_everyday_question_is_answered(visitor: TestClient, played: Played) -> None:
    turn(visitor)
    path = "/questions/is-the-exchange-down?exchange=okx"
    assert "OKX: operating" in text(visitor, path)
    assert "OKX:" not in text(visitor, "/questions/is-my-key-safe?exchange=okx")
    asked = visitor.post("/diagnose", data={"text": "is okx down right now?"}).text
    assert "OKX: operating" in words(asked)


def test_the_clock_of_the_device_is_compared_in_answers_about_time(visitor: TestClient) -> None:
    turn(visitor)
    assert "data-clock=" in visitor.get("/issues/clock-out-of-sync?exchange=okx").text
    message = "Timestamp for this request was 1000ms ahead of the server's time."
    asked = {"text": f'{{"code":-1021,"msg":"{message}"}}'}
    assert "data-clock=" in visitor.post("/diagnose", data=asked).text
    assert "data-clock=" not in visitor.get("/issues/connection-timeout?exchange=okx").text


def test_content_without_status_calls_is_served_as_before(tmp_path: Path) -> None:
    with client(MARBLES, watch=0, status=True, data=tmp_path) as visitor:
        assert visitor.get("/exchanges/glassmarket").status_code == 200
        assert visitor.get("/api/v1/status").json() == []
