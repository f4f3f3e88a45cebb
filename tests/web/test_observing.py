"""What is seen from outside: ids, lines in the log, metrics; and what is never in them."""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from app.diagnosis.engine import Engine
from app.feedback.records import Status
from app.settings import Settings
from app.web.application import HelpCenter, create_app
from app.web.http.logs import REQUESTS, JsonFormatter, LogFormat, TextFormatter, logging_config
from app.web.http.metrics import Metrics, Snapshot
from tests.client import TestClient
from tests.conftest import MARBLES
from tests.web.conftest import until

TOKEN = "a-long-enough-token"


class Server:
    """What uvicorn is to an application: it logs the errors that come out of it."""

    def __init__(self, app: HelpCenter) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            logging.getLogger("uvicorn.error").error("Exception in ASGI\n", exc_info=error)


@pytest.fixture
def app(tmp_path: Path) -> HelpCenter:
    """Return an application with its own metrics."""
    return create_app(Settings(content=MARBLES, data=tmp_path, metrics_token=TOKEN, watch=0))


@pytest.fixture
def client(app: HelpCenter) -> Iterator[TestClient]:
    with TestClient(Server(app), raise_server_exceptions=False, follow_redirects=False) as running:
        yield running


class Log:
    """What was logged, in one of the two formats."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["logger"] == REQUESTS]


@contextmanager
def logged(log_format: LogFormat) -> Iterator[Log]:
    """Log everything there is, however little matters, as the server would."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    handler.addFilter(lambda record: not record.name.startswith("http"))  # the client's own
    root, requests = logging.getLogger(), logging.getLogger(REQUESTS)
    levels = root.level, requests.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    requests.setLevel(logging.INFO if log_format == "json" else logging.WARNING)
    try:
        yield Log(stream)
    finally:
        root.removeHandler(handler)
        root.setLevel(levels[0])
        requests.setLevel(levels[1])


@pytest.fixture
def json_log() -> Iterator[Log]:
    with logged("json") as log:
        yield log


@pytest.fixture
def text_log() -> Iterator[Log]:
    with logged("text") as log:
        yield log


def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every diagnosis fail with an error that quotes the text."""

    def diagnose(self: Engine, observations: Any) -> Any:
        try:
            raise KeyError(observations.text)
        except KeyError as error:
            raise ValueError(f"can't read {observations.text!r}") from error

    monkeypatch.setattr(Engine, "diagnose", diagnose)


# --- Ids ----------------------------------------------------------------------------------------


def test_every_answer_has_an_id_of_its_own(marbles: TestClient) -> None:
    ids = [marbles.get(url).headers["x-request-id"] for url in ("/", "/", "/nonsuch", "/healthz")]
    assert len(set(ids)) == 4
    for id_ in ids:
        assert re.fullmatch("[0-9a-f]{16}", id_)


@pytest.mark.parametrize("given_id", ["7b8c9d0e-1f2a-4b3c", "Proxy.request_42", "x" * 64])
def test_the_id_of_a_proxy_is_kept(marbles: TestClient, given_id: str) -> None:
    for _ in range(2):
        answer = marbles.get("/", headers={"X-Request-ID": given_id})
        assert answer.headers["x-request-id"] == given_id


@pytest.mark.parametrize(
    "given_id",
    ["", "short", "x" * 65, "with space", "<script>1234", "-begins-so", "ümläuts12", "a;b=c" * 4],
)
def test_what_is_no_id_is_replaced(marbles: TestClient, given_id: str) -> None:
    answer = marbles.get("/", headers=[(b"X-Request-ID", given_id.encode())])
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_an_error_of_ours_shows_its_id_on_the_page_and_in_the_log(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, json_log: Log, headers: dict[str, str]
) -> None:
    broken(monkeypatch)
    answer = client.post("/diagnose", data={"text": "no marbles"}, headers=headers)
    assert answer.status_code == 500
    request_id = answer.headers["x-request-id"]
    assert request_id in answer.text
    assert answer.headers["content-security-policy"]
    (error,) = [line for line in json_log.lines if "error" in line]
    assert error["request_id"] == request_id
    assert "builtins.KeyError" in error["error"]
    assert error["error"].endswith("builtins.ValueError")
    assert "diagnose.py" in error["error"]
    (request,) = json_log.requests()
    assert (request["request_id"], request["status"]) == (request_id, 500)
    assert request["route"] == "/diagnose"


def test_the_number_of_an_error_stands_in_lines_for_people(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, text_log: Log
) -> None:
    broken(monkeypatch)
    answer = client.post("/diagnose", data={"text": "no marbles"})
    assert f"ERROR uvicorn.error: [{answer.headers['x-request-id']}] Exception" in text_log.text
    assert "diagnose.py" in text_log.text


# --- Lines --------------------------------------------------------------------------------------


def test_a_request_is_one_line_without_address_and_query(client: TestClient, json_log: Log) -> None:
    client.get("/issues/wrong-key?exchange=glassmarket", headers={"User-Agent": "Teapot/1"})
    (line,) = json_log.requests()
    assert line.pop("ms") >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert len(line.pop("request_id")) == 16
    assert line == {
        "level": "info",
        "logger": REQUESTS,
        "message": "request",
        "method": "GET",
        "route": "/issues/{slug}",
        "status": 200,
        "cache": "miss",
    }
    client.get("/issues/wrong-key?exchange=glassmarket")
    assert json_log.requests()[1]["cache"] == "hit"


def test_addresses_that_nobody_answers_are_not_logged(client: TestClient, json_log: Log) -> None:
    for url in ("/secret-path", "/issues/secret-slug", "/api/v1/secret", "/static/secret"):
        assert client.get(url).status_code == 404
    assert len(json_log.requests()) == 4
    assert "secret" not in json_log.text


def test_lines_for_people_leave_requests_out(client: TestClient, text_log: Log) -> None:
    client.get("/")
    logging.getLogger("helpcenter").info("served %s", "tea")
    assert "INFO helpcenter: served tea" in text_log.text
    assert REQUESTS not in text_log.text


def test_errors_outside_of_requests_say_everything(text_log: Log) -> None:
    try:
        raise ValueError("site.yml is a folder")
    except ValueError:
        logging.getLogger("helpcenter").exception("the content can't be loaded")
    assert "ValueError: site.yml is a folder" in text_log.text


def test_a_line_stays_one_line_whatever_is_logged(json_log: Log) -> None:
    logging.getLogger("helpcenter").warning("one\ntwo\u2028three \x1b[31m")
    assert len(json_log.text.encode().splitlines()) == 1
    assert json_log.lines[0]["message"] == "one\ntwo\u2028three \x1b[31m"


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_configuration_is_one_that_logging_takes(log_format: LogFormat) -> None:
    import logging.config

    config = logging_config(log_format)
    configurator = logging.config.DictConfigurator(config)
    formatter = configurator.configure_formatter(config["formatters"]["line"])
    record = logging.LogRecord("helpcenter", logging.INFO, "", 1, "tea", None, None)
    assert "tea" in formatter.format(record)


MARKERS = st.from_regex(r"m4rk3r[a-z]{1,8}( -7007| nobody answers|\n\"'<\\)?", fullmatch=True)
FORMS = [
    ("/diagnose", "text"),
    ("/diagnose", "exchange"),
    ("/diagnose", "error"),
    ("/diagnose", "issue"),
    ("/whitelist", "list"),
    ("/report", "text"),
    ("/report", "read"),
    ("/feedback", "page"),
    ("/feedback", "comment"),
    ("/feedback", "reason"),
]
QUERIES = [
    ("/search", "q"),
    ("/api/v1/search", "q"),
    ("/diagnose", "error"),
    ("/diagnose", "exchange"),
    ("/report", "error"),
    ("/feedback", "page"),
    ("/", "exchange"),
    ("/issues/wrong-key", "step"),
]


def send_everywhere(client: TestClient, marker: str) -> set[int]:
    """Send a text in every place that takes one; return the statuses of the answers."""
    statuses = set()
    for url, name in FORMS:
        fields = {"page": "/issues/wrong-key", "helpful": "no", name: marker}
        for headers in ({}, {"HX-Request": "true"}):
            statuses.add(client.post(url, data=fields, headers=headers).status_code)
        statuses.add(client.post(url, content=marker.encode()).status_code)
    for url, name in QUERIES:
        statuses.add(client.get(url, params={name: marker}).status_code)
    for body in ({"text": marker}, {"text": 1, marker: marker}, [marker], marker):
        statuses.add(client.post("/api/v1/diagnose", json=body).status_code)
    statuses.add(client.post("/api/v1/diagnose", content=marker).status_code)
    for path in (f"/{marker[:7]}", f"/issues/{marker[:7]}", f"/errors/x/{marker[:7]}"):
        statuses.add(client.get(path, headers={"User-Agent": marker[:7]}).status_code)
    statuses.add(client.request("PROPFIND", f"/{marker[:7]}").status_code)
    return statuses


@pytest.mark.slow
@pytest.mark.parametrize("fails", [False, True], ids=["works", "fails"])
@pytest.mark.parametrize("log_format", ["text", "json"])
@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(marker=MARKERS)
def test_what_a_visitor_sends_is_in_no_line_and_no_metric(  # noqa: PLR0917 - fixtures
    app: HelpCenter,
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    log_format: LogFormat,
    fails: bool,
    marker: str,
) -> None:
    if fails:
        broken(monkeypatch)
    with logged(log_format) as log:
        statuses = send_everywhere(client, marker)
    assert {200, 404, 422} <= statuses
    assert (500 in statuses) is fails
    metrics = client.get("/metrics", auth=("x", TOKEN)).text
    for seen in (log.text, metrics):
        assert "m4rk3r" not in seen
        assert "testclient" not in seen  # the address of the visitor
    assert len(metrics) > 1_000
    assert fails is ("Exception in ASGI" in log.text)


# --- Metrics ------------------------------------------------------------------------------------


def fetched(client: TestClient) -> dict[str, float]:
    answer = client.get("/metrics", auth=("prometheus", TOKEN))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["cache-control"] == "no-store"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_metrics_are_for_who_knows_the_token(client: TestClient) -> None:
    for known in ({"auth": ("x", TOKEN)}, {"headers": {"Authorization": f"Bearer {TOKEN}"}}):
        assert client.get("/metrics", **known).status_code == 200
    refused = client.get("/metrics")
    assert refused.status_code == 401
    assert "Basic" in refused.headers["www-authenticate"]
    for wrong in ("Bearer wrong", f"Basic {TOKEN}", "Basic \xff", f"Digest {TOKEN}", "Bearer "):
        answer = client.get("/metrics", headers=[(b"Authorization", wrong.encode("latin-1"))])
        assert answer.status_code == 401
        assert "helpcenter_requests" not in answer.text


def test_without_a_token_there_are_no_metrics(tmp_path: Path) -> None:
    app = create_app(Settings(content=MARBLES, data=tmp_path, watch=0))
    client = TestClient(app)
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", auth=("x", "")).status_code == 404


def test_requests_are_counted_by_template_method_and_status(client: TestClient) -> None:
    for _ in range(3):
        client.get("/issues/wrong-key")
    client.get("/issues/nonsuch")
    client.post("/diagnose", data={"text": "-7007"})
    client.request("BREW", "/")
    now = fetched(client)
    count = "helpcenter_requests_total"
    issue = 'method="GET",route="/issues/{slug}"'
    assert now[f'{count}{{cache="miss",{issue},status="200"}}'] == 1
    assert now[f'{count}{{cache="hit",{issue},status="200"}}'] == 2
    assert now[f'{count}{{cache="miss",{issue},status="404"}}'] == 1
    assert now[f'{count}{{cache="pass",method="POST",route="/diagnose",status="200"}}'] == 1
    assert now[f'{count}{{cache="pass",method="OTHER",route="/",status="405"}}'] == 1
    assert now['helpcenter_request_seconds_count{route="/issues/{slug}"}'] == 4
    assert now["helpcenter_cache_answers"] == 1
    assert now["helpcenter_cache_bytes"] > 2_000


def test_times_are_counted_by_how_long_they_were() -> None:
    metrics = Metrics()
    for status, seconds in ((200, 0.0005), (304, 0.0004), (200, 0.003), (500, 60)):
        metrics.count_request("/tea", "GET", status, "miss", seconds)
    lines = [line.rpartition(" ") for line in metrics.page().decode().splitlines()]
    now = {name: float(value) for name, _, value in lines if "{" in name}
    buckets = {
        bound: now[f'helpcenter_request_seconds_bucket{{le="{bound}",route="/tea"}}']
        for bound in ("0.0005", "0.001", "0.0025", "0.005", "5.0", "+Inf")
    }
    assert list(buckets.values()) == [2, 2, 2, 3, 3, 4]
    assert now['helpcenter_request_seconds_count{route="/tea"}'] == 4
    assert now['helpcenter_request_seconds_sum{route="/tea"}'] == pytest.approx(60.0039)


def test_diagnoses_are_counted_by_verdict(client: TestClient) -> None:
    client.post("/diagnose", data={"text": '{"code":-7007}', "exchange": "glassmarket"})
    client.post("/api/v1/diagnose", json={"text": "what is this"})
    now = fetched(client)
    diagnoses = {name: value for name, value in now.items() if "diagnoses_total" in name}
    assert diagnoses == {
        'helpcenter_diagnoses_total{source="page",verdict="recognised"}': 1,
        'helpcenter_diagnoses_total{source="api",verdict="unknown"}': 1,
    }


def test_content_and_store_are_seen(app: HelpCenter, client: TestClient) -> None:
    version = app.live.edition.knowledge.version
    now = fetched(client)
    assert now[f'helpcenter_content_info{{version="{version}"}}'] == 1
    assert now["helpcenter_content_findings"] == 0
    assert now['helpcenter_content_reloads_total{result="served"}'] == 0
    assert now["helpcenter_store_up"] in {0, 1}
    assert now["process_resident_memory_bytes"] > 1_000_000


@pytest.mark.parametrize(
    ("store", "up"),
    [
        (Status(None, waiting=0, dropped=0), 1),
        (Status(None, waiting=2, dropped=3), 1),
        (Status("disk full", waiting=0, dropped=0), 0),
        ("opening", 0),
    ],
)
def test_a_store_that_works_is_up_whatever_it_dropped_before(store: object, up: int) -> None:
    metrics = Metrics()
    metrics.collect_from(
        lambda: Snapshot(content="1", errors=0, reloads={}, store=str(store), kept=0, kept_bytes=0)
    )
    assert f"\nhelpcenter_store_up {up}.0\n" in metrics.page().decode()


@pytest.mark.slow
def test_changes_of_the_content_are_counted(tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(MARBLES, content)
    app = create_app(Settings(content=content, data=tmp_path, metrics_token=TOKEN, watch=0.01))
    count = "helpcenter_content_reloads_total"
    with TestClient(app) as client:
        (content / "site.yml").write_text("product: [", "utf-8")
        until(lambda: client.get("/readyz").json()["reloads"] == {"served": 0, "refused": 1})
        assert fetched(client)["helpcenter_content_findings"] > 0
        shutil.copyfile(MARBLES / "site.yml", content / "site.yml")
        until(lambda: client.get("/readyz").json()["reloads"] == {"served": 1, "refused": 1})
        now = fetched(client)
    assert now[f'{count}{{result="served"}}'] == now[f'{count}{{result="refused"}}'] == 1
    assert now["helpcenter_content_findings"] == 0


def test_two_applications_count_apart() -> None:
    mine, other = Metrics(), Metrics()
    mine.count_diagnosis("likely", "api")
    assert b'verdict="likely"' in mine.page()
    assert b'verdict="likely"' not in other.page()
