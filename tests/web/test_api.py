"""The JSON interface, exactly as it is promised to the outside."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.client import TestClient
from tests.web.conftest import FIXTURES, client
from tests.web.document import Document

CALLER = """
  - code: "41008"
    message: "stranger at the door: {ip}"
    issues: [address-not-allowed]
"""
FRIEND_UNKNOWN = '{"code":-7007,"say":"Friend unknown"}'
URL = "/api/v1/diagnose"


NOTHING: dict[str, object] = {
    "issue": None,
    "exchange": None,
    "checklist": {},
    "tests": {},
    "skip": None,
}
"""An option that tells nothing."""


def diagnose(asked: TestClient, text: str, **more: Any) -> dict[str, Any]:
    response = asked.post(URL, json={"text": text, **more})
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def test_a_recognised_error(marbles: TestClient) -> None:
    found = diagnose(marbles, FRIEND_UNKNOWN)
    confidences = [match.pop("confidence") for match in found["matches"]]
    steps = {match["issue"]: match["steps"] for match in found["matches"]}
    assert found == {
        "verdict": "recognised",
        "exchange": "glassmarket",
        "error": {
            "exchange": "glassmarket",
            "code": "-7007",
            "message": "Friend unknown",
            "url": "/errors/glassmarket/-7007",
        },
        "caller_ip": None,
        "matches": [
            {
                "issue": "address-not-allowed",
                "title": "Address Not Allowed",
                "url": "/issues/address-not-allowed",
                "because": ["Glass Market answered with error -7007"],
                "steps": steps["address-not-allowed"],
            },
            {
                "issue": "wrong-key",
                "title": "Wrong Key",
                "url": "/issues/wrong-key",
                "because": ["Glass Market answered with error -7007"],
                "steps": steps["wrong-key"],
            },
        ],
        "answer": None,
        "question": {
            "text": 'What stands under "Friends of this key"?',
            "options": [
                {**NOTHING, "label": "Nothing, or not 192.0.2.7", "issue": "address-not-allowed"},
                {**NOTHING, "label": "192.0.2.7", "issue": "wrong-key"},
            ],
        },
        "redacted_text": FRIEND_UNKNOWN,
    }
    assert all(isinstance(confidence, float) for confidence in confidences)
    assert 1 >= confidences[0] >= confidences[1] >= 0


def test_each_match_tells_its_steps(marbles: TestClient) -> None:
    steps = diagnose(marbles, FRIEND_UNKNOWN)["matches"][0]["steps"]
    page = Document(marbles.get("/issues/address-not-allowed?exchange=glassmarket").text)
    shown = [step.text for step in page.one("ol", class_="steps").all("li")]
    assert len(steps) == len(shown) > 0
    for step, text in zip(steps, shown, strict=True):
        assert set(step) == {"text", "html", "url"}
        assert text.startswith(step["text"])
        anchor = step["url"].partition("#")[2]
        assert Document(marbles.get(step["url"]).text).one(id=anchor).text == text


def test_likely_by_its_words(marbles: TestClient) -> None:
    found = diagnose(marbles, "my robot rings but nobody answers")
    assert found["verdict"] == "likely"
    assert (found["error"], found["question"], found["exchange"]) == (None, None, None)
    assert found["matches"][0]["issue"] == "market-closed"


def test_unknown_has_no_matches(teapots: TestClient) -> None:
    assert diagnose(teapots, "how do I brew coffee for nine") == {
        "verdict": "unknown",
        "exchange": None,
        "error": None,
        "caller_ip": None,
        "matches": [],
        "answer": None,
        "question": None,
        "redacted_text": "how do I brew coffee for nine",
    }


def test_everything_but_the_text_may_be_left_out_or_null(marbles: TestClient) -> None:
    plain = diagnose(marbles, "nobody answers")
    assert diagnose(marbles, "nobody answers", exchange=None, checklist={}, tests={}) == plain
    assert diagnose(marbles, "nobody answers", exchange="nonsuch") == plain
    assert diagnose(marbles, "nobody answers", checklist={"nonsuch": True}) == plain
    assert diagnose(marbles, "nobody answers", colour="blue") == plain


def test_checklist_and_tests_are_evidence(marbles: TestClient) -> None:
    ticked = diagnose(
        marbles, FRIEND_UNKNOWN, checklist={"address-allowed": True, "secret-word": False}
    )
    assert ticked["matches"][0]["issue"] == "wrong-key"
    failed = diagnose(marbles, "", tests={"other-browser": "fail"})
    assert failed["matches"][0]["issue"] == "market-closed"
    assert failed["matches"][0]["because"] == ["You can't sign in by hand either"]


def test_the_chosen_exchange_counts(marbles: TestClient) -> None:
    text = "error code: -7007 of clay bourse"
    assert diagnose(marbles, text)["exchange"] == "claybourse"
    assert diagnose(marbles, "hm", exchange="glassmarket")["exchange"] == "glassmarket"
    assert diagnose(marbles, text, exchange="glassmarket")["error"]["code"] == "-7007"


@pytest.mark.parametrize(
    ("address", "verdict"),
    [("192.0.2.7", "ours"), ("203.0.113.9", "not-ours"), ("2001:db8::9", "ipv6")],
)
def test_the_callers_address_is_compared_with_ours(
    tmp_path: Path, address: str, verdict: str
) -> None:
    content = tmp_path / "content"
    shutil.copytree(FIXTURES / "exchange_content", content)
    if verdict == "ipv6":  # that the whitelist holds IPv4 alone
        site = content / "site.yml"
        site.write_text(site.read_text(encoding="utf-8").replace("    - 2001:db8::7\n", ""))
    with (content / "errors" / "claybourse.yml").open("a", encoding="utf-8") as errors:
        errors.write(CALLER)
    found = diagnose(client(content), f"clay bourse 41008: stranger at the door: {address}.")
    assert found["caller_ip"] == {"address": address, "verdict": verdict}


def test_secrets_come_back_removed(marbles: TestClient) -> None:
    secret = "ab12cd34ef56" * 4
    found = diagnose(marbles, f"{FRIEND_UNKNOWN} secret={secret}")
    assert secret not in found["redacted_text"]
    assert "removed]" in found["redacted_text"]
    assert "-7007" in found["redacted_text"]


def test_five_matches_at_most(teapots: TestClient) -> None:
    found = diagnose(
        teapots,
        "it clatters, my teapot is silent, it only works at home",
        checklist={"water-boils": False, "lid-closed": False},
    )
    assert 2 <= len(found["matches"]) <= 5
    confidences = [match["confidence"] for match in found["matches"]]
    assert confidences == sorted(confidences, reverse=True)


# --- Bad requests -------------------------------------------------------------------------------

SECRET = "my-sekrit-paste"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json " + SECRET.encode(),
        b'{"text": "' + SECRET.encode(),
        b"[]",
        b'"' + SECRET.encode() + b'"',
        b"{}",
        b'{"text": 5}',
        b'{"text": null}',
        b'{"text": ["' + SECRET.encode() + b'"]}',
        b'{"text": "x", "checklist": {"lid-closed": "' + SECRET.encode() + b'"}}',
        b'{"text": "x", "tests": {"solo": "' + SECRET.encode() + b'"}}',
        b'{"text": "x", "exchange": 7}',
        b'{"text": "x", "checklist": 7}',
        b"\xff\xfe",
    ],
)
def test_what_is_wrong_is_said_without_an_echo(marbles: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = marbles.post(URL, content=body, headers=headers)
    assert response.status_code in {400, 422}
    assert response.headers["content-type"] == "application/json"
    assert response.json()["detail"]
    assert SECRET not in response.text


@pytest.mark.parametrize("length", [16 * 1024 + 1, 100_000])
def test_a_text_that_is_too_long(marbles: TestClient, length: int) -> None:
    response = marbles.post(URL, json={"text": "(" * length})
    assert response.status_code == 413
    assert "16 KB" in response.json()["detail"]
    assert "((((" not in response.text


def test_a_body_that_is_too_long(marbles: TestClient) -> None:
    response = marbles.post(URL, json={"text": "(" * 300_000})
    assert response.status_code == 413
    assert "((((" not in response.text


@pytest.mark.parametrize(
    "text", [r"\ud800", r"a\udfffb", r"\u0000", r"\u202e\u2066", r"{{7*7}}<b>", "[" * 16_000]
)
def test_every_text_is_answered(marbles: TestClient, text: str) -> None:
    body = f'{{"text": "{text}"}}'.encode()
    response = marbles.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 200
    assert response.json()["verdict"] == "unknown"
    response.text.encode()


def test_brackets_without_end_are_no_crash(marbles: TestClient) -> None:
    body = b"[" * 100_000
    response = marbles.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in {400, 422}


def test_the_diagnosis_is_asked_with_post_alone(marbles: TestClient) -> None:
    response = marbles.get(URL)
    assert response.status_code == 405
    assert response.headers["content-type"] == "application/json"


# --- Content --------------------------------------------------------------------------------------


def test_issues(teapots: TestClient) -> None:
    listed = teapots.get("/api/v1/issues").json()
    assert [issue["slug"] for issue in listed] == ["cold-water", "stage-fright", "rattling-lid"]
    assert listed[0] == {
        "slug": "cold-water",
        "title": "Cold Water",
        "symptom": "The teapot is full but makes no sound",
        "url": "/issues/cold-water",
    }
    issue = teapots.get("/api/v1/issues/cold-water").json()
    assert listed[0].items() <= issue.items()
    assert issue["causes"][0] == "The kettle was never switched on"
    assert issue["solutions"][1] == {
        "id": "wait-for-the-whistle",
        "text": "Wait for the *whistle*",
        "exchanges": [],
        "url": "/issues/cold-water#wait-for-the-whistle",
    }
    assert issue["related"] == ["stage-fright"]
    assert issue["verified"] == "2026-11-20"
    assert "How hot is hot" in issue["body"]
    assert teapots.get("/api/v1/issues/lukewarm-water").json() == issue


def test_issues_in_the_names_of_an_exchange(marbles: TestClient) -> None:
    issue = marbles.get("/api/v1/issues/address-not-allowed?exchange=glassmarket").json()
    assert issue["solutions"][0]["id"] == "press-twice"
    assert "Friends of this key" in issue["causes"][0]
    slugs = [issue["slug"] for issue in marbles.get("/api/v1/issues?exchange=claybourse").json()]
    assert "forgotten-word" not in slugs


def test_exchanges(marbles: TestClient) -> None:
    assert marbles.get("/api/v1/exchanges").json() == [
        {"id": "glassmarket", "name": "Glass Market", "url": "/exchanges/glassmarket"},
        {"id": "claybourse", "name": "Clay Bourse", "url": "/exchanges/claybourse"},
    ]
    exchange = marbles.get("/api/v1/exchanges/glassmarket").json()
    assert exchange["facts"]["whitelist"]["field"] == "Friends of this key"
    assert exchange["facts"]["unverified"] == ["whitelist.path"]
    assert {"code": "-7007", "url": "/errors/glassmarket/-7007"} in exchange["errors"]


@pytest.mark.parametrize("code", ["-7009", "EMARBLE:Rolled%20away"])
def test_errors(marbles: TestClient, code: str) -> None:
    error = marbles.get(f"/api/v1/errors/glassmarket/{code}").json()
    assert error["url"] == f"/errors/glassmarket/{code}"
    assert marbles.get(error["url"]).status_code == 200
    assert all(entry["issues"] for entry in error["entries"])
    if code == "-7009":
        assert [entry["match"] for entry in error["entries"]] == ["word", "key", None]


def test_search_leads_to_the_very_step(teapots: TestClient) -> None:
    found = teapots.get("/api/v1/search", params={"q": "sing to the cat"}).json()
    assert found[0]["url"] == "/issues/stage-fright#sing-to-the-cat"


def test_search(marbles: TestClient) -> None:
    found = marbles.get("/api/v1/search", params={"q": "-7007"}).json()
    assert found[0]["url"] == "/errors/glassmarket/-7007"
    assert set(found[0]) == {"kind", "title", "url", "snippet"}
    assert marbles.get("/api/v1/search", params={"q": "qzxwvk"}).json() == []


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/api/v1/issues/nonsuch", 404),
        ("/api/v1/exchanges/nonsuch", 404),
        ("/api/v1/errors/glassmarket/nonsuch", 404),
        ("/api/v1/errors/nonsuch/-7007", 404),
        ("/api/v1/nonsuch", 404),
        ("/api/v1/search", 422),
        (f"/api/v1/search?q={'x' * 201}", 422),
    ],
)
def test_what_is_not_there_is_said_in_json(marbles: TestClient, url: str, status: int) -> None:
    response = marbles.get(url)
    assert response.status_code == status
    assert response.json()["detail"]


def test_the_interface_describes_itself(marbles: TestClient) -> None:
    described = marbles.get("/api/v1/openapi.json").json()
    assert set(described["paths"]) == {
        "/diagnose",
        "/issues",
        "/issues/{slug}",
        "/questions",
        "/questions/{slug}",
        "/exchanges",
        "/exchanges/{exchange}",
        "/errors/{exchange}/{code}",
        "/search",
        "/status",
    }
    assert described["servers"] == [{"url": "/api/v1"}]
    answer = described["components"]["schemas"]["DiagnoseAnswer"]
    assert (
        set(answer["required"])
        == set(answer["properties"])
        == {
            "verdict",
            "exchange",
            "error",
            "caller_ip",
            "matches",
            "answer",
            "question",
            "redacted_text",
        }
    )
