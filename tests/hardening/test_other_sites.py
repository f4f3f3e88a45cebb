"""What a page of another site can make a visitor's browser do here: read nothing, write nothing."""

from __future__ import annotations

import base64
import inspect
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.web.api import keys
from app.web.http import tokens
from tests.hardening.server import TOKEN, Running, running

pytestmark = pytest.mark.slow

VOTE = "page=%2Fissues%2Fwrong-key&helpful=yes"
REPORT = "text=-7007+no+such+key&exchange=glassmarket"
ELSEWHERE = [
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "nonsense"},
    {"Sec_Fetch_Site": ""},
    {"Sec_Fetch_Site": "cross-site", "Origin": "http://127.0.0.1"},
    {"Origin": "https://hostile.test"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://127.0.0.1.hostile.test"},
    {"Origin": "http://127.0.0.1@hostile.test"},
    {"Origin": "file://"},
]
"""What browsers say of a form on another site; the old ones know `Origin` alone."""


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("target")) as server:
        yield server
        server.assert_healthy()


def count(server: Running, table: str) -> int:
    """Count the rows of a table of the store."""
    with closing(sqlite3.connect(server.data / "helpcenter.sqlite3")) as file:
        found: int = file.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return found


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_no_vote_and_no_report_counts_that_another_site_sent(
    target: Running, headers: dict[str, str]
) -> None:
    for htmx in ({}, {"HX_Request": "true"}):
        assert target.post("/feedback", VOTE, **headers, **htmx).status == 403
        # Other products may link here with a form; it is answered, and counts for nothing.
        assert target.post("/report", REPORT, **headers).status == 200
        assert target.post("/diagnose", "text=a+quick+brown+fox", **headers, **htmx).status == 200
    assert count(target, "vote") == 0
    assert count(target, "report") == 0
    assert count(target, "unanswered") == 0


def test_a_vote_and_a_report_of_this_site_count(tmp_path: Path) -> None:
    with running(tmp_path, HELP_BASE_URL="https://help.test") as server:
        own: list[dict[str, str]] = [
            {},
            {"Sec_Fetch_Site": "same-origin"},
            {"Sec_Fetch_Site": "none"},
            {"Origin": f"http://127.0.0.1:{server.port}"},
            {"Host": "help.test", "Origin": "https://help.test"},
            {"Host": "inner:8000", "Origin": "https://help.test"},
            {"Host": "Help.test", "Origin": "http://help.test"},
        ]
        for number, headers in enumerate(own):
            address = f"198.51.100.{number}"
            answer = server.post("/feedback", VOTE, **headers, X_Forwarded_For=address)
            assert answer.status == 200, headers
            assert count(server, "vote") == number + 1
        assert server.post("/report", REPORT).status == 200
        server.until(lambda: count(server, "report") > 0)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
def test_no_form_of_another_site_reaches_the_interface(target: Running, content_type: str) -> None:
    """JSON that a browser sends without asking first is none."""
    body = json.dumps({"text": "nobody knows this marble"})
    before = count(target, "unanswered")
    answer = target.post("/api/v1/diagnose", body, Content_Type=content_type)
    assert answer.status in {400, 415, 422}
    assert count(target, "unanswered") == before


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_no_other_site_reads_an_answer(target: Running, method: str) -> None:
    asked = {"Origin": "https://hostile.test", "Access_Control_Request_Method": "POST"}
    for path in ("/", "/api/v1/issues", "/api/v1/diagnose", "/insights", "/feedback", "/readyz"):
        headers = target.request(method, path, b"", **asked).headers
        assert "access-control-allow-origin" not in headers
        assert "access-control-allow-credentials" not in headers
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"


def test_only_the_named_origins_may_ask_the_interface_and_without_credentials(
    tmp_path: Path,
) -> None:
    with running(tmp_path, HELP_CORS_ORIGINS="https://app.test") as server:
        asked = {"Access_Control_Request_Method": "POST"}
        for origin in (
            "https://app.test.hostile.test",
            "http://app.test",
            "null",
            "https://APP.test",
        ):
            answer = server.request("OPTIONS", "/api/v1/diagnose", b"", Origin=origin, **asked)
            assert answer.headers.get("access-control-allow-origin") is None
        headers = server.request("GET", "/api/v1/issues", b"", Origin="https://app.test").headers
        assert headers["access-control-allow-origin"] == "https://app.test"
        assert "access-control-allow-credentials" not in headers
        assert "origin" in headers["vary"].lower()
        # A cache that goes by Vary gives nobody else this answer.
        other = server.request("GET", "/api/v1/issues", b"", Origin="https://hostile.test").headers
        assert "access-control-allow-origin" not in other


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "LOCK"])
def test_no_other_method_does_anything(target: Running, method: str) -> None:
    for path in (
        "/",
        "/feedback",
        "/diagnose",
        "/insights",
        "/static/x/style.css",
        "/images/x.png",
    ):
        assert target.request(method, path, b"x=1").status in {404, 405}


def test_reading_writes_nothing_but_unanswered_searches(target: Running) -> None:
    """A link or an image on another site is a GET."""
    before = count(target, "vote"), count(target, "report")
    for path in (f"/feedback?{VOTE}", f"/report?{REPORT}", "/diagnose?missing=x", "/insights"):
        target.get(path)
    assert (count(target, "vote"), count(target, "report")) == before


def test_the_token_is_compared_in_constant_time_and_kept_out_of_sight(target: Running) -> None:
    """Times over a network prove nothing; that the comparison is hmac's is seen in its source."""
    for module in (tokens, keys):
        assert "hmac.compare_digest(" in inspect.getsource(module)
    wrong = [TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "", "é"]
    for password in wrong:
        credentials = base64.b64encode(f"x:{password}".encode()).decode()
        assert target.get("/insights", Authorization=f"Basic {credentials}").status == 401
    credentials = base64.b64encode(f"anyone:{TOKEN}".encode()).decode()
    answer = target.get("/insights", Authorization=f"Basic {credentials}")
    assert answer.status == 200
    assert "no-store" in answer.headers["cache-control"]
    # Once it was shown to somebody, it is still not shown to others.
    assert target.get("/insights").status == 401
    assert TOKEN not in target.log.read_text()
    assert TOKEN not in answer.text
