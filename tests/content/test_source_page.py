"""Everything of the page that this help center replaced is still there, in its order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.settings import ROOT
from tests.client import TestClient
from tests.web.conftest import client
from tests.web.document import Document

pytestmark = pytest.mark.slow

TOP = [
    "Exchange Connection Troubleshooting",
    "Common issues and solutions when connecting your exchange to Trading Bot.",
    "Trading Bot IP Address for Whitelisting",
    "Most connection issues are caused by missing IP whitelisting. Copy this IP address and add "
    "it to your exchange API settings:",
    "107.189.19.87",
    "Click to copy • Required for ALL exchanges",
    "Quick Diagnostic",
    "Before You Start",
    "IP 107.189.19.87 is whitelisted (REQUIRED)",
    "Exchange account is fully verified",
    "API Key was created with trading permissions",
    "Credentials were copied correctly",
    "Exchange is not under maintenance",
    "Test Your Connection",
    "Try these quick tests to isolate the issue:",
    "Test API on exchange's official API documentation",
    "Try connecting with testnet credentials if available",
    "Create a new API Key with minimal permissions",
    "Check exchange status page for known issues",
    "Common Issues & Solutions",
]

# slug: title, symptom, causes, solutions
ISSUES: dict[str, tuple[str, str, list[str], list[str]]] = {
    "ip-whitelist-not-configured": (
        "IP Whitelist Not Configured",
        "Trading operations fail even with valid API credentials",
        [
            "Trading Bot IP address (107.189.19.87) not added to exchange whitelist",
            "IP whitelist field left empty during API creation",
            "Wrong IP address entered in whitelist",
            "IP restrictions not saved properly on exchange",
            "Exchange requires IP whitelisting for trading operations",
        ],
        [
            "Add 107.189.19.87 to your exchange API whitelist immediately",
            "Recreate API key with proper IP whitelisting if needed",
            "Double-check the IP address: 107.189.19.87 (copy exactly)",
            "Save/confirm IP whitelist settings on your exchange",
            "Contact exchange support if IP whitelist options are not visible",
            "Verify IP whitelist is active and not in pending status",
        ],
    ),
    "invalid-api-credentials": (
        "Invalid API Credentials Error",
        'Connection fails with "Invalid API Key" or "Authentication failed" message',
        [
            "Incorrect API Key or Secret copied from exchange",
            "Extra spaces or characters when copying credentials",
            "API Key has been deleted or regenerated on exchange",
            "Wrong exchange selected in Trading Bot",
            "API Key not activated on exchange side",
        ],
        [
            "Double-check API Key and Secret are copied exactly (no extra spaces)",
            "Verify the exchange selection matches where you created the API",
            "Generate new API credentials on your exchange",
            "Ensure API Key is activated and not in pending status",
            "Try copying credentials again using copy button if available",
            "Check if API Key has expiration date and renew if needed",
        ],
    ),
    "insufficient-permissions": (
        "Insufficient Permissions Error",
        "API connection succeeds but trading operations fail",
        [
            "API Key created with read-only permissions",
            "Trading permissions not enabled during API creation",
            "Spot trading disabled but futures enabled (or vice versa)",
            "IP restrictions preventing access - missing 107.189.19.87",
            "Account level restrictions (VIP level requirements)",
        ],
        [
            "FIRST: Ensure 107.189.19.87 is whitelisted (most common cause)",
            'Recreate API Key with "Spot Trading" and "Futures Trading" permissions',
            "Enable all required permissions: Read, Trade, and any bot-specific ones",
            "Verify your exchange account has sufficient verification level",
            "Contact exchange support if permissions seem correct but still failing",
            "Test with a new API Key to rule out permission caching issues",
        ],
    ),
    "rate-limit-exceeded": (
        "Rate Limit Exceeded",
        "Connection intermittently fails with rate limiting errors",
        [
            "Too many API requests in short time period",
            "Multiple bots or applications using same API Key",
            "Exchange temporarily reducing API limits",
            "High-frequency trading triggering limits",
            "Shared IP address with other Trading Bot users",
        ],
        [
            "Wait 5-10 minutes before retrying connection",
            "Use separate API Keys for different applications",
            "Reduce trading frequency if using custom strategies",
            "Check exchange documentation for current rate limits",
            "Consider upgrading exchange account tier for higher limits",
            "Contact Trading Bot support if limits seem unusually low",
        ],
    ),
    "connection-timeout": (
        "Connection Timeout Issues",
        "API connection times out or fails to establish",
        [
            "Temporary network connectivity issues",
            "Exchange API servers experiencing downtime",
            "Firewall blocking outgoing connections",
            "DNS resolution problems",
            "Exchange maintenance periods",
        ],
        [
            "Check exchange status page for known outages",
            "Try connecting again after a few minutes",
            "Test your internet connection to other services",
            "Try connecting from different network if possible",
            "Check if your firewall allows HTTPS connections",
            "Wait for exchange maintenance to complete",
        ],
    ),
    "testnet-mainnet-mismatch": (
        "Testnet/Mainnet Configuration Mismatch",
        "API Key works on exchange but not in Trading Bot",
        [
            "API Key created for testnet but mainnet selected in Trading Bot",
            "API Key created for mainnet but testnet selected in Trading Bot",
            "Exchange doesn't support testnet for API trading",
            "Different API endpoints for testnet vs mainnet",
        ],
        [
            "Verify if your API Key was created for testnet or mainnet",
            "Match the testnet/mainnet setting in Trading Bot to your API Key",
            "Create separate API Keys for testnet and mainnet if needed",
            "Check exchange documentation for testnet API support",
            "Start with mainnet if testnet is causing issues",
            "Use paper trading mode in Trading Bot for testing instead of testnet",
        ],
    ),
    "passphrase-problems": (
        "Passphrase Problems (OKX)",
        "OKX connection fails even with correct API Key and Secret",
        [
            "Passphrase not entered or incorrect",
            "Passphrase contains special characters causing issues",
            "Passphrase was changed on exchange but not updated in Trading Bot",
            "Case sensitivity issues with passphrase",
        ],
        [
            "Double-check passphrase is entered exactly as set on OKX",
            "Avoid special characters in passphrase when creating API Key",
            "Regenerate API Key with simple passphrase (letters and numbers only)",
            "Ensure passphrase field is not left empty for OKX",
            "Copy passphrase carefully to avoid case sensitivity issues",
            "Test passphrase on OKX API documentation page first",
        ],
    ),
}

BOTTOM = [
    "Prevention Tips",
    "Use Strong, Unique Passphrases",
    "Create unique passphrases for each exchange API, avoiding common words or patterns.",
    "Enable IP Whitelisting",
    "Restrict API access to specific IP addresses when supported by your exchange.",
    "Monitor API Usage",
    "Regularly check your exchange's API usage logs for unusual activity.",
    "Keep Credentials Secure",
    "Store API keys securely and never share them with unauthorized parties.",
    "Regular Security Audits",
    "Periodically review and rotate your API keys, especially after any security concerns.",
    "Start with Testnet",
    "Test your setup with testnet or paper trading before using real funds.",
    "Still Having Issues?",
    "If you've tried the solutions above and are still experiencing connection problems, our "
    "support team is here to help you get connected.",
    "Pro Tip: Include your exchange name, error message, and steps you've already tried when "
    "contacting support for faster resolution.",
]


@pytest.fixture(scope="module")
def real() -> Iterator[TestClient]:
    with client(ROOT / "content") as running:
        yield running


def first_missing(page: Document, expected: Iterator[str]) -> str | None:
    """Return the first text that does not follow those before it."""
    position = 0
    for text in expected:
        position = page.text.find(text, position)
        if position < 0:
            return text
        position += len(text)
    return None


def test_the_lists_are_whole() -> None:
    counts = [(len(causes), len(solutions)) for _, _, causes, solutions in ISSUES.values()]
    assert counts == [(5, 6)] * 5 + [(4, 6)] * 2
    assert (len(TOP), len(BOTTOM)) == (20, 16)


def test_all_of_it_is_on_the_home_page_in_order(real: TestClient) -> None:
    def expected() -> Iterator[str]:
        yield from TOP
        for title, symptom, causes, solutions in ISSUES.values():
            yield title
            yield symptom
            yield from causes
            yield from solutions
        yield from BOTTOM

    assert first_missing(Document(real.get("/").text), expected()) is None


@pytest.mark.parametrize("slug", ISSUES)
def test_each_issue_has_all_of_it_on_its_own_page_in_order(real: TestClient, slug: str) -> None:
    title, symptom, causes, solutions = ISSUES[slug]
    page = Document(real.get(f"/issues/{slug}").text)
    assert page.heading == title
    expected = [title, symptom, "Common causes", *causes, "Solutions", *solutions]
    assert first_missing(page, iter(expected)) is None
    assert [item.text for item in page.one("section", aria_labelledby="causes-title").all("li")][
        : len(causes)
    ] == causes


@pytest.mark.parametrize("slug", ISSUES)
def test_each_issue_can_be_pasted_with_all_its_steps(real: TestClient, slug: str) -> None:
    title, symptom, _, solutions = ISSUES[slug]
    text = real.get(f"/issues/{slug}.md").text
    position = 0
    for part in [title, symptom, *solutions]:
        position = text.find(part, position)
        assert position >= 0, part


def test_the_product_is_named_once_at_a_time(real: TestClient) -> None:
    assert "Trading Bot Trading Bot" not in real.get("/").text
