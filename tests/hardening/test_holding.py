"""No request holds the event loop, on which everybody waits, for more than 50 ms.

Every route, form and method gets the worst inputs known, at the largest size that it takes. What is
measured is the processor time of the thread that runs the loop.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from starlette.routing import BaseRoute, Mount

from app.diagnosis.shortening import MAX_TEXT_BYTES
from app.settings import ROOT
from app.web.http.headers import MAX_BODY_BYTES
from tests.diagnosis.slow_texts import slow_texts
from tests.hardening.server import TOKEN, Running, running
from tests.hardening.test_requests import BODIES, FORM_TYPE, MULTIPART
from tests.hardening.wire import Answer
from tests.web.conftest import client

pytestmark = [
    pytest.mark.slow,
    pytest.mark.hardening,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the time of one thread"),
]

JSON = "application/json"
MOST_SECONDS = 0.05
RUNS = 5
LONGEST_QUERY = 60_000
FULL = MAX_BODY_BYTES - 2_000
PAGES = {
    "/": "/?exchange=binance",
    "/healthz": "/healthz",
    "/readyz": "/readyz",
    "/metrics": "/metrics",
    "/issues/{slug}": "/issues/ip-whitelist-not-configured?exchange=okx",
    "/issues/{slug}.{ending:reply}": "/issues/ip-whitelist-not-configured.md",
    "/i/{slug}": "/i/ip-whitelist-not-configured",
    "/questions/{slug}": "/questions/balance-shows-zero",
    "/questions/{slug}.{ending:reply}": "/questions/balance-shows-zero.md",
    "/images/{name}": "/images/nonsuch.png",
    "/exchanges": "/exchanges",
    "/exchanges/{exchange}": "/exchanges/binance",
    "/exchanges/{exchange}.{ending:reply}": "/exchanges/binance.md",
    "/errors/{exchange}/{code:path}": "/errors/binance/-2015",
    "/errors/{exchange}/{code:path}.{ending:reply}": "/errors/binance/-2015.txt",
    "/e/{exchange}/{code:path}": "/e/binance/-2015",
    "/search": "/search?q=ip+whitelist+api+key",
    "/whitelist": "/whitelist",
    "/diagnose": "/diagnose?exchange=binance&error=-2015&missing=&test-status-page=fail",
    "/diagnose.{ending:reply}": "/diagnose.txt?exchange=binance&error=-2015",
    "/report": "/report?exchange=binance&error=-2015",
    "/feedback": "/feedback?page=/errors/binance/-2015",
    "/insights": "/insights",
    "/api": "/api",
    "/sitemap.xml": "/sitemap.xml",
    "/feed.xml": "/feed.xml",
    "/robots.txt": "/robots.txt",
    "/llms.txt": "/llms.txt",
    "/llms-full.txt": "/llms-full.txt",
    "/mcp": "/mcp",
    "/widget.js": "/widget.js",
    "/widget-{number}.js": "/widget-1.js",
    "/offer": "/offer",
    "/status": "/status",
    "/status.xml": "/status.xml",
    "/theme.css": "/theme.css",
    "/static": "/static/x/htmx/htmx.min.js",
    "/{path:path}/": "/nowhere/",
    "/api/v1/diagnose": "/api/v1/diagnose",
    "/api/v1/errors/{exchange}/{code:path}": "/api/v1/errors/binance/-2015",
    "/api/v1/issues": "/api/v1/issues",
    "/api/v1/issues/{slug}": "/api/v1/issues/ip-whitelist-not-configured",
    "/api/v1/exchanges": "/api/v1/exchanges",
    "/api/v1/exchanges/{exchange}": "/api/v1/exchanges/binance",
    "/api/v1/questions": "/api/v1/questions",
    "/api/v1/questions/{slug}": "/api/v1/questions/balance-shows-zero",
    "/api/v1/status": "/api/v1/status",
    "/api/v1/widget": "/api/v1/widget",
    "/api/v1/search": "/api/v1/search?q=ip+whitelist",
    "/api/v1/openapi.json": "/api/v1/openapi.json",
}
"""Each route with an address of it."""
GUARDED = {"/insights", "/metrics"}
ADDRESSES = (f"198.18.{number >> 8}.{number & 255}" for number in itertools.count(1))
"""Visitors, each with an address of its own, so that no limit answers."""
Ask = Callable[[str], Answer]
"""Asks with something at the end that differs each time, so that no cache answers."""


@pytest.fixture(scope="module")
def full_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serve the real content, in which most is found."""
    folder = tmp_path_factory.mktemp("holding")
    with running(
        folder, content=ROOT / "content", HELP_METRICS_TOKEN=TOKEN, HELP_PROXIES="127.0.0.1"
    ) as server:
        yield server
        server.assert_healthy()


def held(server: Running, ask: Ask) -> tuple[float, int]:
    """Return the least processor seconds of the loop for one request, and its last status."""
    clock = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/schedstat")
    least = float("inf")
    for number in range(RUNS):
        before = int(clock.read_text().split()[0])
        status = ask(str(number)).status
        server.get("/healthz")  # the turn of the loop has ended when this is answered
        least = min(least, (int(clock.read_text().split()[0]) - before) / 1e9)
        if least < MOST_SECONDS / 2:
            break
    return least, status


def texts() -> list[str]:
    """Return the slowest pastes known, of the largest size."""
    reports = [
        json.loads(line)["text"]
        for path in sorted((ROOT / "content").glob("reports*/*.jsonl"))
        + sorted((ROOT / "content").glob("reports*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    assert len(reports) > 1_000
    codes = [
        line.split(":", 1)[1].strip(" \"'")
        for path in sorted((ROOT / "content/errors").glob("*.yml"))
        for line in path.read_text("utf-8").splitlines()
        if line.lstrip(" -").startswith(("code:", "message:"))
    ]
    assert len(codes) > 500
    names = [path.stem for path in (ROOT / "content/exchanges").glob("*.md")]
    long = [
        *slow_texts(MAX_TEXT_BYTES),
        "a\n" * MAX_TEXT_BYTES,
        "\n".join(reports),
        " ".join(reversed(reports)),
        "\n".join(codes),
        " ".join(codes),
        " ".join(names * MAX_TEXT_BYTES),
        " ".join(f"{name} {code}" for name in names for code in codes),
        "".join(chr(33 + number * 7919 % 12_000) for number in range(MAX_TEXT_BYTES)),
    ]
    return [text.encode()[: MAX_TEXT_BYTES - 8].decode("utf-8", "ignore") for text in long]


def getting(server: Running, address: str, **headers: str) -> Ask:
    """Return what asks for an address."""
    return lambda end: server.get(address + end, **headers)


def posting(server: Running, path: str, body: bytes, kind: str = FORM_TYPE) -> Ask:
    """Return what posts a body, each time as another visitor."""
    return lambda end: server.post(
        path, body, Content_Type=kind, X_Forwarded_For=next(ADDRESSES), X_End=end
    )


@pytest.mark.parametrize("path", ["/diagnose", "/report", "/whitelist", "/feedback"])
def test_no_text_in_a_form_holds_the_loop(full_server: Running, path: str) -> None:
    fields = {"page": "/issues/ip-whitelist-not-configured", "helpful": "no"}
    found = {}
    for text in texts():
        sent = urlencode({**fields, "text": text, "list": text, "comment": text}).encode()
        found[text[:40]] = held(full_server, posting(full_server, path, sent))
    assert {status for _, status in found.values()} <= {200, 422}  # 422 for nothing but blanks
    assert not _slow(found)


def test_no_text_of_a_program_holds_the_loop(full_server: Running) -> None:
    found = {}
    for text in texts():
        sent = json.dumps({"text": text}).encode()
        found[text[:40]] = held(full_server, posting(full_server, "/api/v1/diagnose", sent, JSON))
    assert {status for _, status in found.values()} == {200}
    assert not _slow(found)


def test_no_address_holds_the_loop(full_server: Running) -> None:
    """Texts in every place of an address, alone and with every name of a parameter."""
    places = (
        "/{}", "/issues/{}", "/i/{}", "/questions/{}", "/exchanges/{}", "/errors/binance/{}",
        "/errors/{}/1", "/e/binance/{}", "/images/{}", "/static/x/{}", "/issues/{}.txt",
        "/api/v1/issues/{}", "/api/v1/exchanges/{}", "/api/v1/errors/binance/{}", "/api/v1/{}",
        "/search?q={}", "/es/search?q={}", "/es/{}", "/api/v1/search?q={}", "/?exchange={}",
        "/feedback?page=/issues/{}",
        "/diagnose?exchange=binance&error={}", "/diagnose?missing={}", "/report?read={}",
        "/diagnose.txt?error={}", "/{}/",
    )  # fmt: skip
    found = {}
    for place in places:
        for text in texts()[::3]:
            whole = quote(text * 4, safe="")
            for size in (600, LONGEST_QUERY):
                path = whole[:size].rpartition("%")[0] if "%" in whole[:size] else whole[:size]
                address = place.format(path)
                found[f"{address[:60]} {size}"] = held(full_server, getting(full_server, address))
    assert not _slow(found)


@pytest.mark.parametrize("path", ["/diagnose", "/report", "/whitelist", "/feedback", "/nowhere"])
def test_no_body_holds_the_loop(full_server: Running, path: str) -> None:
    """Nonsense as a form, as parts and as JSON, up to the last byte that is read."""
    found = {
        name: held(full_server, posting(full_server, path, body, kind))
        for name, (kind, body) in bodies().items()
    }
    assert not _slow(found)


def test_no_json_holds_the_loop(full_server: Running) -> None:
    found = {
        name: held(full_server, posting(full_server, "/api/v1/diagnose", body, JSON))
        for name, body in documents().items()
    }
    assert not _slow(found)


def bodies() -> dict[str, tuple[str, bytes]]:
    """Return forms that fill all of what is read of a body, beside the nonsense of other tests."""
    part = b'--b\r\nContent-Disposition: form-data; name="have"\r\n\r\nx\r\n'
    full = {
        "a text": (FORM_TYPE, b"text=" + b"a" * FULL),
        "escapes": (FORM_TYPE, b"text=" + b"%C3%A9" * (FULL // 6)),
        "signs to escape": (FORM_TYPE, b"text=" + b"<" * FULL),
        "lines": (FORM_TYPE, b"text=" + b"%0D%0A" * (FULL // 6)),
        "fields": (FORM_TYPE, b"&".join([b"have=a"] * 199) + b"&text=" + b"a" * (FULL - 2_000)),
        "commas": (FORM_TYPE, b"read=" + b"a," * (FULL // 2)),
        "issues": (FORM_TYPE, b"read=" + b"rate-limit-exceeded," * (FULL // 20)),
        "a list": (FORM_TYPE, b"list=" + b"1.2.3.4," * (FULL // 8)),
        "parts": (MULTIPART, part * 190 + b"--b--"),
        "boundaries": (MULTIPART, part[:-5] + b"\r\n--" * (FULL // 4)),
    }
    return {**BODIES, **full}


def documents() -> dict[str, bytes]:
    """Return JSON that fills all of what is read of a body."""
    whole = {
        "numbers": b'{"text":[' + b"1," * (FULL // 2) + b"1]}",
        "digits": b'{"text":' + b"9" * 4_000 + b"}",
        "objects": b'{"text":[' + b"{}," * (FULL // 3) + b"{}]}",
        "keys": b"{" + b",".join(b'"%d":1' % number for number in range(FULL // 10)) + b"}",
        "entries": b'{"text":"a","checklist":{'
        + b",".join(b'"%d":"x"' % number for number in range(FULL // 12))
        + b"}}",
        "escapes": b'{"text":"' + b"\\u00e9" * (FULL // 6) + b'"}',
        "surrogates": b'{"text":"' + b"\\ud800" * (FULL // 6) + b'"}',
        "a key": b'{"' + b"a" * FULL + b'":1}',
        "an exchange": b'{"text":"a","exchange":"' + b"a" * FULL + b'"}',
    }
    return {name: body for name, (kind, body) in BODIES.items() if kind == JSON} | whole


def test_no_page_holds_the_loop(full_server: Running) -> None:
    """Every route, as a page and as a part; some of them made anew each time."""
    with client(ROOT / "content") as visitor:
        known = set(paths_of(visitor.app.routes))  # type: ignore[attr-defined]
    assert known == set(PAGES), "give an address for each route"
    headers = ({"Accept_Encoding": "br"}, {"HX_Request": "true", "HX_Request_Type": "partial"})
    found = {}
    for address in PAGES.values():
        for more in headers:
            asked = f"{address}{'&' if '?' in address else '?'}x="
            password = {"Authorization": f"Bearer {TOKEN}"} if address in GUARDED else {}
            ask = getting(full_server, asked, **password, **more)
            found[f"{address} {more}"] = held(full_server, ask)
    assert {status for _, status in found.values()} <= {200, 301, 303, 404, 405, 406}
    assert not _slow(found)


def paths_of(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[str]:
    """Yield the templates of all addresses, those of the API among them."""
    for route in routes:
        inside = getattr(route, "app", None)
        while inside is not None and not hasattr(inside, "routes"):
            inside = getattr(inside, "_app", None) or getattr(inside, "app", None)
        path = prefix + str(getattr(route, "path", ""))
        if isinstance(route, Mount) and inside is not None:
            yield from paths_of(inside.routes, path)
        else:
            yield path


def _slow(found: dict[str, tuple[float, int]]) -> list[str]:
    """Return what takes too long, and how long."""
    return [
        f"{seconds * 1000:.0f} ms, {status}: {name}"
        for name, (seconds, status) in found.items()
        if seconds > MOST_SECONDS
    ]
