"""Refusals of the JSON interface: one shape for all of them, few words, and keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.diagnosis.engine import Engine
from app.settings import Settings
from app.web.api.types import Mistakes, Refusal
from app.web.application import create_app
from app.web.serving.feedback import TEXTS_PER_HOUR
from tests.client import TestClient
from tests.conftest import MARBLES, MakeContent
from tests.hardening.server import running
from tests.web.test_feedback import TOKEN, insights, seen_times, until

DIAGNOSE = "/api/v1/diagnose"
ORIGIN = "https://robot.example"
KEY, OTHER_KEY = "a-key-as-long-as-a-teapot", "another-key-with/slash+plus=="


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(
        content=MARBLES,
        data=tmp_path_factory.mktemp("data"),
        watch=0,
        cors_origins=(ORIGIN,),
        api_keys=(KEY, OTHER_KEY),
        insights_token=TOKEN,
    )
    app = create_app(settings)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as running:
        yield running


# --- One shape ----------------------------------------------------------------------------------


def assert_refusal(answer: Any, status: int) -> str:
    """Assert that this is a refusal as they all are; return its reason."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    kind = Mistakes if status == 422 else Refusal
    return kind.model_validate_json(answer.content, extra="forbid", strict=True).detail


@pytest.mark.parametrize(
    ("asked", "request_", "status", "reason"),
    [
        ("POST /api/v1/diagnose", {"content": b'{"text": "\xff"}'}, 400, "error parsing"),
        ("POST /api/v1/diagnose", {"headers": bearer("x" * 20)}, 401, "no such key"),
        ("GET /api/v1/issues/nonsuch", {}, 404, "there is no issue 'nonsuch'"),
        ("GET /api/v1/nonsuch", {}, 404, "/api lists them"),
        ("GET /api/v1/issues/", {}, 404, "/api lists them"),
        ("DELETE /api/v1/issues", {}, 405, "Allow"),
        ("GET /api/v1/diagnose", {}, 405, "Allow"),
        ("POST /api/v1/diagnose", {"json": {"text": "x" * 17_000}}, 413, "16 KB"),
        ("POST /api/v1/diagnose", {"content": b"[" * 600_000}, 413, "512 KB"),
        ("POST /api/v1/diagnose", {"content": b"{"}, 422, "body"),
        ("POST /api/v1/diagnose", {"json": {}}, 422, "body.text: Field required"),
        ("GET /api/v1/search", {}, 422, "query.q: Field required"),
    ],
)
def test_every_refusal_has_one_shape(
    client: TestClient, asked: str, request_: Any, status: int, reason: str
) -> None:
    method, path = asked.split()
    headers = {"Origin": ORIGIN, "Content-Type": "application/json", **request_.get("headers", {})}
    answer = client.request(method, path, **(request_ | {"headers": headers}))
    assert reason in assert_refusal(answer, status)
    assert ("allow" in answer.headers) is (status == 405)


@pytest.mark.parametrize("path", ["/api/v1", "/api/v2/issues", "/api/nonsuch"])
def test_beside_the_interface_an_error_is_json_too(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert Refusal.model_validate_json(answer.content, extra="forbid").detail


def test_a_mistake_of_ours(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the kettle fell over")

    monkeypatch.setattr(Engine, "diagnose", fail)
    answer = client.post(DIAGNOSE, json={"text": "x"}, headers={"Origin": ORIGIN})
    assert "X-Request-ID" in assert_refusal(answer, 500)
    assert answer.headers["x-request-id"]
    assert "kettle" not in answer.text


def test_nothing_to_serve(make_content: MakeContent, tmp_path: Path) -> None:
    broken = make_content({"site.yml": "product: ["})
    settings = Settings(content=broken, data=tmp_path, dev=True, watch=0, cors_origins=(ORIGIN,))
    with TestClient(create_app(settings)) as writer:
        answer = writer.get("/api/v1/issues", headers={"Origin": ORIGIN})
    assert assert_refusal(answer, 503)
    assert int(answer.headers["retry-after"]) > 0


def test_a_browser_of_another_origin_is_refused_in_the_same_shape(client: TestClient) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answer = client.options(DIAGNOSE, headers=asked)
    assert answer.status_code == 400
    assert "origin" in Refusal.model_validate_json(answer.content, extra="forbid").detail
    assert "access-control-allow-origin" not in answer.headers


# --- Few words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"), [("checklist", "no"), ("tests", "maybe"), ("tests", {"a": "b"})]
)
def test_thirty_thousand_wrong_entries_are_one_mistake(
    client: TestClient, field: str, value: object
) -> None:
    wrong = {f"item-{number}": value for number in range(30_000)}
    answer = client.post(DIAGNOSE, json={"text": "x", field: wrong})
    if answer.status_code == 413:  # the longer of them are refused before they are read
        answer = client.post(DIAGNOSE, json={"text": "x", field: dict(list(wrong.items())[:9000])})
    assert answer.status_code == 422
    said = Mistakes.model_validate_json(answer.content)
    assert [finding.loc for finding in said.errors] == [["body", field]]
    assert said.detail == f"body.{field}: must not have more than 100 entries"
    assert len(answer.content) < 300


def test_ten_mistakes_are_named_at_most(client: TestClient) -> None:
    wrong = {f"item-{number}": "no" for number in range(100)}
    answer = client.post(DIAGNOSE, json={"text": 7, "checklist": wrong, "tests": wrong})
    said = Mistakes.model_validate_json(answer.content)
    assert len(said.errors) == 10
    assert said.detail == "body.text: Input should be a valid string (and 200 more)"
    assert "item-7" not in answer.text, "nothing of what was sent is repeated"


# --- Keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_each_key_is_known(client: TestClient, key: str) -> None:
    assert client.get("/api/v1/issues", headers=bearer(key)).status_code == 200
    assert client.post(DIAGNOSE, json={"text": "x"}, headers=bearer(key)).status_code == 200


@pytest.mark.parametrize("given", ["", "x", KEY[:-1], f"{KEY}x", f"{KEY},{OTHER_KEY}", "gr\xfcn"])
def test_an_unknown_key_is_refused_before_the_body_is_read(client: TestClient, given: str) -> None:
    headers = [(b"authorization", b"bEARER " + given.encode("latin-1"))]
    answer = client.post(DIAGNOSE, content=b"x" * 600_000, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert client.get("/api/v1/issues", headers=headers).status_code == 401
    assert not given or given not in answer.text


def test_where_there_are_no_keys_none_is_known(marbles: TestClient) -> None:
    assert marbles.get("/api/v1/issues", headers=bearer(KEY)).status_code == 401
    assert marbles.get("/issues/wrong-key", headers=bearer(KEY)).status_code == 200


def test_a_password_of_a_proxy_in_front_is_no_key(client: TestClient) -> None:
    assert client.get("/api/v1/issues", auth=("staging", "x")).status_code == 200


def test_browsers_may_not_send_a_key(client: TestClient) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    assert client.options(DIAGNOSE, headers=asked).status_code == 400


def test_a_key_lifts_the_limit_on_texts_that_are_kept(tmp_path: Path) -> None:
    settings = Settings(
        content=MARBLES, data=tmp_path, watch=0, api_keys=(KEY,), insights_token=TOKEN
    )
    app = create_app(settings)
    words = [letter * 5 for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    assert len(words) > TEXTS_PER_HOUR.most
    with TestClient(app) as client:
        until(lambda: client.get("/readyz").json()["store"] == "ok")
        for word in words:
            told = {"text": f"my kettle sings {word}"}
            assert client.post(DIAGNOSE, json=told, headers=bearer(KEY)).status_code == 200
        page = client.get("/insights", auth=("x", TOKEN))
        assert page.status_code == 200
        until(lambda: sum(seen_times(insights(client))) == len(words))


@pytest.mark.slow
def test_no_key_is_logged(tmp_path: Path) -> None:
    with running(tmp_path, HELP_API_KEYS=f"{KEY}, {OTHER_KEY}", HELP_LOG_FORMAT="json") as server:
        assert server.get("/api/v1/issues", Authorization=f"Bearer {OTHER_KEY}").status == 200
        assert server.get("/api/v1/issues", Authorization="Bearer wrong-key-of-mine").status == 401
    log = server.log.read_text()
    assert '"status": 401' in log or '"status":401' in log
    for key in (KEY, OTHER_KEY, "wrong-key-of-mine"):
        assert key not in log


# --- The document -------------------------------------------------------------------------------


def test_operations_have_names_for_a_generated_client(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()
    names = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert sorted(names) == [
        "diagnose",
        "get_error",
        "get_exchange",
        "get_issue",
        "get_question",
        "list_exchanges",
        "list_issues",
        "list_questions",
        "list_status",
        "search",
    ]


def test_every_field_and_every_refusal_is_described(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()
    fields = [
        (schema, name, field)
        for schema, described in document["components"]["schemas"].items()
        for name, field in described.get("properties", {}).items()
    ]
    assert len(fields) > 50
    assert [(schema, name) for schema, name, field in fields if not field.get("description")] == []
    for path in document["paths"].values():
        for operation in path.values():
            assert {"401", "429", "503"} <= set(operation["responses"])
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert {} in document["security"], "no key is needed"
    assert KEY not in json.dumps(document)
