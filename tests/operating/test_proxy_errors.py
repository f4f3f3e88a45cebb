"""What nginx answers by itself: limits, errors, and headers that only the proxy can know."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import pytest

from app.web.api.types import Refusal
from app.web.http.headers import SECURITY_HEADERS
from tests.hardening.server import running
from tests.operating.proxy import PATIENCE, Stub, proxy, stub, with_tls
from tests.ports import free_port
from tests.web.document import Document

pytestmark = pytest.mark.slow

LARGE = b"x" * 600_000
KEY = {"Authorization": "Bearer a-key-of-a-backend"}
HTMX = {"HX-Request": "true"}


@dataclass
class Front:
    """A proxy, its only origin, and what nginx has logged."""

    port: int
    origin: Stub
    log: Path

    def client(self, address: str = "127.0.0.1") -> httpx.Client:
        """Return a visitor who comes from a loopback address."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            transport=httpx.HTTPTransport(local_address=address),
            timeout=PATIENCE,
        )


@contextmanager
def front(program: str, folder: Path, changes: dict[str, str] | None = None) -> Iterator[Front]:
    with stub() as origin, proxy(program, folder, (origin.port, origin.port), changes) as port:
        yield Front(port, origin, folder / "log")


@pytest.fixture(scope="module")
def alive(nginx_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Give a proxy with an origin that answers."""
    with front(nginx_program, tmp_path_factory.mktemp("alive")) as one:
        yield one


@pytest.fixture(scope="module")
def gone(nginx_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Give a proxy whose origin has gone."""
    with front(nginx_program, tmp_path_factory.mktemp("gone")) as one:
        one.origin.server.server_close()
        yield one


def too_much(visitor: httpx.Client, path: str, **headers: str) -> httpx.Response:
    """Send until the proxy has enough."""
    for _ in range(200):
        answer = visitor.post(path, content=b"text=tea", headers=headers)
        if answer.status_code == 429:
            return answer
    raise AssertionError("the proxy never has enough")


def assert_refusal_of_the_api(answer: httpx.Response) -> None:
    assert answer.headers["Content-Type"] == "application/json"
    assert Refusal.model_validate_json(answer.content, extra="forbid").detail
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    assert_protected(answer)


def assert_page(answer: httpx.Response) -> None:
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = Document(answer.text)
    assert page.one("html")["lang"] == "en"
    assert page.one("h1").text == f"Error {answer.status_code}"
    assert page.one("main").one("p").text
    assert "Access-Control-Allow-Origin" not in answer.headers
    style = re.search("<style>(.*)</style>", answer.text)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert_protected(answer)


def assert_protected(answer: httpx.Response) -> None:
    """Assert that nginx sends the headers that the replicas send with all of their answers."""
    for name, value in SECURITY_HEADERS.items():
        if name == "Content-Security-Policy":
            assert answer.headers[name].startswith("default-src 'none'; ")
            assert "frame-ancestors 'none'" in answer.headers[name]
        else:
            assert answer.headers[name] == value
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert answer.headers["Server"] == "nginx"


# Errors


@pytest.mark.parametrize("path", ["/api/v1/diagnose", "/diagnose"])
def test_too_many_requests(path: str, alive: Front) -> None:
    with alive.client(f"127.0.1.{len(path)}") as visitor:
        answer = too_much(visitor, path)
    assert int(answer.headers["Retry-After"]) > 0
    (assert_refusal_of_the_api if path.startswith("/api") else assert_page)(answer)


@pytest.mark.parametrize("path", ["/api/v1/diagnose", "/diagnose"])
def test_a_body_that_is_too_large(path: str, alive: Front) -> None:
    with alive.client("127.0.2.1") as visitor:
        answer = visitor.post(path, content=LARGE)
    assert answer.status_code == 413
    (assert_refusal_of_the_api if path.startswith("/api") else assert_page)(answer)


@pytest.mark.parametrize("path", ["/api/v1/issues", "/issues/wrong-key", "/search?q=key"])
def test_no_replica_answers(path: str, gone: Front) -> None:
    with gone.client() as visitor:
        answer = visitor.get(path)
    assert answer.status_code == 502
    assert int(answer.headers["Retry-After"]) > 0
    (assert_refusal_of_the_api if path.startswith("/api") else assert_page)(answer)


@pytest.mark.parametrize("path", ["/api/v1/issues", "/"])
def test_a_replica_answers_too_late(path: str, nginx_program: str, tmp_path: Path) -> None:
    waits = {"proxy_read_timeout 15s": "proxy_read_timeout 100ms"}
    with front(nginx_program, tmp_path, waits) as slow, slow.client() as visitor:
        slow.origin.may_answer.clear()
        answer = visitor.get(path)
        slow.origin.may_answer.set()
    assert answer.status_code == 504
    assert int(answer.headers["Retry-After"]) > 0
    (assert_refusal_of_the_api if path.startswith("/api") else assert_page)(answer)


@pytest.mark.parametrize("status", [400, 404, 405, 413, 414, 429, 500, 502, 503, 504])
def test_every_error_of_nginx_has_a_text(status: int, nginx_program: str, tmp_path: Path) -> None:
    """Some can't be caused here, so the place that is for operators gives them."""
    changes = {"location = /metrics { return 404; }": f"location = /metrics {{ return {status}; }}"}
    with front(nginx_program, tmp_path, changes) as one, one.client() as visitor:
        answer = visitor.get("/metrics")
    assert answer.status_code == status
    assert_page(answer)
    assert ("Retry-After" in answer.headers) is (status in {429, 502, 503, 504})


def test_where_htmx_asked_for_a_part_it_gets_a_part(alive: Front) -> None:
    with alive.client("127.0.3.1") as visitor:
        answer = too_much(visitor, "/diagnose", **HTMX)
        page = too_much(visitor, "/diagnose", **{"HX-Request": "false"})
    assert "<html" not in answer.text
    part = Document(answer.text).one("div", class_="notice bad")
    assert part.one("p", data_announce="").text.startswith("Too many requests")
    assert_protected(answer)
    assert_page(page)


def test_a_request_that_is_none_is_answered_with_a_page(alive: Front) -> None:
    with alive.client() as visitor:
        large = visitor.get("/", headers={"X-Large": "x" * 40_000})
        assert large.status_code == 400
        assert_page(large)
        assert visitor.get("/-problem.html").status_code == 404


def test_a_page_that_is_well_has_no_header_twice(alive: Front) -> None:
    with alive.client() as visitor:
        answer = visitor.get("/")
    assert answer.status_code == 200
    names = [name.lower() for name, _ in answer.headers.multi_items()]
    assert len(names) == len(set(names))
    assert not set(names) & {name.lower() for name in SECURITY_HEADERS}


# Limits


def test_a_backend_with_a_key_has_more_room(alive: Front) -> None:
    """The proxy doesn't know the keys; the replicas refuse an unknown one."""
    statuses: Counter[int] = Counter()
    with alive.client("127.0.4.1") as backend:
        for _ in range(150):
            statuses[backend.post("/api/v1/diagnose", json={}, headers=KEY).status_code] += 1
        assert statuses == {200: 150}
        # Only the API takes keys, and only as a bearer token.
        too_much(backend, "/diagnose", **KEY)
        too_much(backend, "/api/v1/diagnose", Authorization="Basic eDp5")


def test_a_key_has_a_limit_too(nginx_program: str, tmp_path: Path) -> None:
    slower = {"rate=100r/s": "rate=1r/m", "burst=200": "burst=60"}
    with front(nginx_program, tmp_path, slower) as one, one.client() as backend:
        assert_refusal_of_the_api(too_much(backend, "/api/v1/diagnose", **KEY))


def test_a_backend_asks_fifty_five_times_in_a_row(nginx_program: str, tmp_path: Path) -> None:
    key = "the-key-of-a-backend"
    pasted = {"text": "-7007 no such key"}
    with (
        running(tmp_path / "server", HELP_API_KEYS=key) as server,
        proxy(nginx_program, tmp_path / "proxy", (server.port, server.port)) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as backend,
    ):
        known, unknown = ({"Authorization": f"Bearer {token}"} for token in (key, f"no-{key}"))
        asked = [backend.post("/api/v1/diagnose", json=pasted, headers=known) for _ in range(55)]
        assert {answer.status_code for answer in asked} == {200}
        assert asked[-1].json()["error"]["code"] == "-7007"
        refused = backend.post("/api/v1/diagnose", json=pasted, headers=unknown)
        assert refused.status_code == 401
        assert Refusal.model_validate_json(refused.content, extra="forbid").detail
        assert_refusal_of_the_api(too_much(backend, "/api/v1/diagnose"))


def test_reading_and_asking_what_is_allowed_have_no_limit(alive: Front) -> None:
    with alive.client("127.0.5.1") as visitor:
        for method in ("GET", "HEAD", "OPTIONS"):
            seen = {visitor.request(method, "/api/v1/diagnose").status_code for _ in range(60)}
            assert 429 not in seen


# The log


def test_no_error_writes_what_visitors_search_for_into_the_log(gone: Front) -> None:
    with gone.client() as visitor:
        for path in ("/search?q=hurdygurdy", "/api/v1/search?q=hurdygurdy", "/issues/bagpipe"):
            assert visitor.get(path).status_code == 502
    log = gone.log.read_text()
    assert "bagpipe" in log
    assert "hurdygurdy" not in log


# TLS


def test_who_came_over_tls_is_told_to_stay_with_it(alive: Front, gone: Front) -> None:
    behind_a_cdn = {"X-Forwarded-Proto": "https"}
    for server, path in ((alive, "/"), (alive, "/metrics"), (gone, "/api/v1/issues")):
        with server.client() as visitor:
            assert "Strict-Transport-Security" not in visitor.get(path).headers
            answer = visitor.get(path, headers=behind_a_cdn)
            assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"


def test_tls_as_the_comments_say(nginx_program: str, tmp_path: Path) -> None:
    plain = free_port()
    changes, certificate = with_tls(tmp_path, plain)
    with front(nginx_program, tmp_path / "proxy", changes) as one:
        context = ssl.create_default_context(cafile=str(certificate))
        with httpx.Client(base_url=f"https://127.0.0.1:{one.port}", verify=context) as visitor:
            for path, status in (("/", 200), ("/metrics", 404), ("/api/v1/x", 200)):
                answer = visitor.get(path)
                assert answer.status_code == status
                assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
        led = httpx.get(f"http://127.0.0.1:{plain}/issues/x?exchange=y")
        assert led.status_code == 301
        assert led.headers["Location"] == "https://127.0.0.1/issues/x?exchange=y"
        with one.client() as visitor:
            spoken_wrong = visitor.get("/")
        assert spoken_wrong.status_code == 400
        assert_page(spoken_wrong)
