"""The interface for products: other origins, caches, true examples, and its reference page."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.settings import Settings
from tests.client import TestClient
from tests.conftest import MARBLES
from tests.web.conftest import client
from tests.web.document import Document

OURS = "https://robot.example"
ERROR = "/api/v1/errors/glassmarket/-7007"
DIAGNOSE = "/api/v1/diagnose"


@pytest.fixture(scope="module")
def open_to_robot() -> Iterator[TestClient]:
    """Help whose interface pages of `OURS` may use."""
    with client(MARBLES, cors_origins=(OURS,), watch=0) as running:
        yield running


def examples(client: TestClient) -> list[tuple[str, str, dict[str, Any], Any]]:
    """Return method, path, request and answer of every operation that has an example."""
    document = client.get("/api/v1/openapi.json").json()
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation["responses"]["200"]["content"]["application/json"]
            if "example" not in content:
                continue
            address, request = f"/api/v1{path}", {}
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    address = address.replace(f"{{{parameter['name']}}}", parameter["example"])
                elif "example" in parameter:
                    request["params"] = {parameter["name"]: parameter["example"]}
            if "requestBody" in operation:
                request["json"] = operation["requestBody"]["content"]["application/json"]["example"]
            found.append((method, address, request, content["example"]))
    return found


# --- Other origins ------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [ERROR, "/api/v1/issues/wrong-key", "/api/v1/issues/nonsuch"])
def test_pages_of_a_named_origin_may_read_every_answer(open_to_robot: TestClient, url: str) -> None:
    answer = open_to_robot.get(url, headers={"Origin": OURS})
    assert answer.headers["access-control-allow-origin"] == OURS
    assert answer.headers["vary"] == "Origin, Accept-Encoding"
    assert "access-control-allow-credentials" not in answer.headers


def test_pages_of_a_named_origin_may_ask_for_a_diagnosis(open_to_robot: TestClient) -> None:
    asked = {
        "Origin": OURS,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    allowed = open_to_robot.options(DIAGNOSE, headers=asked)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == OURS
    assert "POST" in allowed.headers["access-control-allow-methods"]
    answer = open_to_robot.post(DIAGNOSE, json={"text": "x"}, headers={"Origin": OURS})
    assert answer.headers["access-control-allow-origin"] == OURS


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "http://robot.example", "null"])
def test_other_origins_may_not(open_to_robot: TestClient, origin: str) -> None:
    answer = open_to_robot.get(ERROR, headers={"Origin": origin})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["vary"] == "Origin, Accept-Encoding"
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert open_to_robot.options(DIAGNOSE, headers=asked).status_code == 400


def test_without_the_setting_no_other_origin_may(marbles: TestClient) -> None:
    answer = marbles.get(ERROR, headers={"Origin": OURS})
    assert "access-control-allow-origin" not in answer.headers


def test_only_the_interface_is_open(open_to_robot: TestClient) -> None:
    for url in ("/", "/api", "/issues/wrong-key", "/feedback?page=/diagnose"):
        answer = open_to_robot.get(url, headers={"Origin": OURS})
        assert "access-control-allow-origin" not in answer.headers


def test_origins_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELP_CORS_ORIGINS", f"{OURS}, http://127.0.0.1:3000/,")
    assert Settings().cors_origins == (OURS, "http://127.0.0.1:3000")
    monkeypatch.setenv("HELP_CORS_ORIGINS", "*")
    with pytest.raises(ValueError, match="is not an origin"):
        Settings()


# --- Caches -------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [ERROR, "/api/v1/issues", "/api/v1/search?q=key"])
def test_a_known_answer_is_not_sent_twice(open_to_robot: TestClient, url: str) -> None:
    first = open_to_robot.get(url)
    assert "max-age" in first.headers["cache-control"]
    known = {"If-None-Match": first.headers["etag"], "Origin": OURS}
    again = open_to_robot.get(url, headers=known)
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["access-control-allow-origin"] == OURS
    assert again.headers["vary"] == "Origin, Accept-Encoding"


@pytest.mark.parametrize("url", ["/api/v1/issues/nonsuch", "/api/v1/nonsuch", "/api/v1/search"])
def test_refusals_are_not_kept(open_to_robot: TestClient, url: str) -> None:
    assert open_to_robot.get(url).headers["cache-control"] == "no-store"


# --- Examples and the reference -----------------------------------------------------------------


def test_examples_are_what_is_answered(marbles: TestClient) -> None:
    found = examples(marbles)
    assert len(found) == 9
    for method, address, request, answer in found:
        assert begins(marbles.request(method, address, **request).json(), answer), address


def begins(real: Any, shown: Any) -> bool:
    """Tell whether `shown` is `real`; its lists may be cut."""
    if isinstance(shown, list):
        return (len(real) >= len(shown) > 0 and all(map(begins, real, shown))) or real == shown
    if isinstance(shown, dict):
        return real.keys() == shown.keys() and all(begins(real[key], shown[key]) for key in shown)
    return bool(real == shown)


def test_content_without_exchanges_has_fewer_examples(teapots: TestClient) -> None:
    addresses = {address for _, address, _, _ in examples(teapots)}
    assert addresses == {"/api/v1/issues", "/api/v1/issues/cold-water", "/api/v1/exchanges"}
    assert teapots.get("/api").status_code == 200


def test_refusals_are_described(marbles: TestClient) -> None:
    paths = marbles.get("/api/v1/openapi.json").json()["paths"]
    told = {"200", "400", "401", "413", "422", "429", "503"}
    assert set(paths["/diagnose"]["post"]["responses"]) == told
    assert {"200", "404"} <= set(paths["/errors/{exchange}/{code}"]["get"]["responses"])
    too_long = paths["/diagnose"]["post"]["responses"]["413"]["content"]["application/json"]
    assert marbles.post(DIAGNOSE, json={"text": "x" * 17_000}).json() == too_long["example"]


def test_the_reference_has_lines_that_work(marbles: TestClient) -> None:
    page = marbles.get("/api")
    assert page.status_code == 200
    assert "max-age" in page.headers["cache-control"]
    commands = [code.raw_text for code in Document(page.text).all("code")]
    lines = [command for command in commands if command.startswith("curl ")]
    assert len(lines) == 9
    for line in lines:
        _, url, *options = shlex.split(line)
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}"
        if options:
            header, data = options[1], options[3]
            assert header == "Content-Type: application/json"
            answer = marbles.post(path, json=json.loads(data))
        else:
            answer = marbles.get(path)
        assert answer.status_code == 200


def test_the_reference_names_the_host_that_was_asked(open_to_robot: TestClient) -> None:
    page = open_to_robot.get("/api")
    assert f"curl http://testserver{ERROR}" in page.text
    assert page.headers["cache-control"] == "no-store"
