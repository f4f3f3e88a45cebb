"""The answers of the real content never contradict what a visitor told."""

from __future__ import annotations

from typing import Any

import pytest

from app.settings import ROOT
from tests.client import TestClient
from tests.web.conftest import client
from tests.web.document import Document

pytestmark = pytest.mark.slow

AMBIGUOUS = '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}'
FOREIGN = (
    '{"code":"50110","msg":"Your IP 203.0.113.9 is not included in your API key\'s IP whitelist."}'
)
ITEMS = (
    "ip-whitelisted",
    "account-verified",
    "trading-permissions",
    "credentials-copied",
    "no-maintenance",
)
TESTS = ("official-docs", "testnet", "new-key", "status-page")


@pytest.fixture(scope="module")
def asked() -> TestClient:
    return client(ROOT / "content")


def told(asked: TestClient, text: str = "", **more: Any) -> dict[str, Any]:
    response = asked.post("/api/v1/diagnose", json={"text": text, **more})
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def ticked(*missing: str) -> dict[str, bool]:
    return {item: item not in missing for item in ITEMS}


def steps(found: dict[str, Any]) -> str:
    """Return the steps of all causes that are offered."""
    return " ".join(step["text"] for match in found["matches"] for step in match["steps"])


def test_who_has_the_list_right_is_not_told_to_whitelist(asked: TestClient) -> None:
    found = told(asked, AMBIGUOUS, checklist=ticked("trading-permissions"))
    issues = [match["issue"] for match in found["matches"]]
    assert issues[0] == "insufficient-permissions"
    assert "ip-whitelist-not-configured" not in issues
    assert "107.189.19.87" not in steps(found)


@pytest.mark.parametrize("exchange", [None, "binance", "kraken", "okx"])
def test_with_all_ticked_and_all_failed_the_whitelist_is_not_first(
    asked: TestClient, exchange: str | None
) -> None:
    failed = dict.fromkeys(TESTS, "fail")
    found = told(asked, exchange=exchange, checklist=ticked(), tests=failed)
    assert [match["issue"] for match in found["matches"]][:1] != ["ip-whitelist-not-configured"]


def test_a_request_of_another_program_is_the_answer(asked: TestClient) -> None:
    page = Document(asked.post("/diagnose", data={"text": FOREIGN}).text)
    title = page.one("h2", id="answer-title").text
    assert "did" in title
    assert "Trading Bot" in title
    first = page.one("article", aria_labelledby="answer-title").all("ol", class_="steps")[0].text
    assert "203.0.113.9" in first
    assert "whitelist" not in title


@pytest.mark.parametrize("exchange", ["kraken", "binance", "coinbase"])
def test_no_passphrase_is_asked_for_where_there_is_none(asked: TestClient, exchange: str) -> None:
    found = told(asked, "it says the passphrase is wrong", exchange=exchange)
    first = steps(found)
    assert "It needs all three" not in first
    assert "Choose a passphrase" not in first
    page = asked.get(f"/issues/passphrase-problems?exchange={exchange}").text
    assert "only happens on OKX" in Document(page).text
    code = told(asked, exchange=exchange, checklist=ticked("trading-permissions"))
    assert "passphrase-problems" not in [match["issue"] for match in code["matches"]]


@pytest.mark.parametrize("exchange", ["okx", "kucoin", "bitget"])
def test_a_title_takes_the_exchange_of_the_visitor(asked: TestClient, exchange: str) -> None:
    page = Document(asked.get(f"/issues/passphrase-problems?exchange={exchange}").text)
    name = {"okx": "OKX", "kucoin": "KuCoin", "bitget": "Bitget"}[exchange]
    assert page.heading == f"Passphrase Problems ({name})"


@pytest.mark.parametrize(
    "text",
    [
        f"{AMBIGUOUS} apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
        "api key hT9dKq2LmXv7RzB4nWc8 is right and the secret is copied now, signature not valid",
        FOREIGN,
    ],
)
def test_reasons_hold_no_marker_and_no_pattern(asked: TestClient, text: str) -> None:
    reasons = [reason for match in told(asked, text)["matches"] for reason in match["because"]]
    assert reasons
    for reason in reasons:
        assert "removed" not in reason
        assert "{" not in reason


@pytest.mark.parametrize("exchange", ["kraken", "bybit", "kucoin", "coinbase"])
def test_the_banner_says_what_is_true_on_the_exchange(asked: TestClient, exchange: str) -> None:
    page = Document(asked.get(f"/exchanges/{exchange}").text)
    assert "Required for ALL exchanges" not in page.text


def test_a_no_takes_its_cause_away(asked: TestClient) -> None:
    page = Document(asked.post("/diagnose", data={"text": AMBIGUOUS, "exchange": "binance"}).text)
    offered = {button["value"] for button in page.all("button", name="issue")}
    slug = "ip-whitelist-not-configured"
    assert slug in offered
    asked_again = asked.post("/diagnose", data={"text": AMBIGUOUS, "failed": slug})
    page = Document(asked_again.text)
    buttons = (*page.all("button", name="issue"), *page.all("button", name="failed"))
    left = {button["value"] for button in buttons}
    assert left
    assert slug not in left
