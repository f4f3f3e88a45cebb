"""The browser removes exactly what the server removes: same rules, same vectors, same answers."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from app.diagnosis.redaction import Redaction, Redactor
from tests.diagnosis.careless import careless_pastes
from tests.diagnosis.pastes import make_hostile_text, make_paste
from tests.diagnosis.slow_texts import PIECES, slow_texts

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
VECTORS_FILE = ROOT / "tests" / "diagnosis" / "redaction_vectors.json"
ORIGIN = "http://help.test"

# Texts travel as JSON in ASCII, both ways: a lone surrogate survives nothing else.
REDACT_ALL = """async (json) => {
    const { loadRules, redact } = await import("/redact.js");
    const rules = await loadRules("/redaction-rules.json");
    return JSON.stringify(JSON.parse(json).map((text) => redact(text, rules)));
}"""

DOUBTS = """async (json) => {
    const { loadRules, redact, findDoubts } = await import("/redact.js");
    const rules = await loadRules("/redaction-rules.json");
    return JSON.parse(json).map((text) => {
        const cleaned = redact(text, rules).text;
        return findDoubts(cleaned, rules).map(({ start, end }) => cleaned.slice(start, end));
    });
}"""

# How long each text takes at best, in milliseconds.
TIME_ALL = """async (json) => {
    const { loadRules, redact, findDoubts } = await import("/redact.js");
    const rules = await loadRules("/redaction-rules.json");
    const time = (text) => {
        const start = performance.now();
        findDoubts(redact(text, rules).text, rules);
        return performance.now() - start;
    };
    return JSON.parse(json).map((text) => Math.min(...Array.from({ length: 3 }, () => time(text))));
}"""

pytestmark = pytest.mark.browser


def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(ORIGIN)
    if name == "/":
        route.fulfill(body="<!doctype html><title>A teapot</title>", content_type="text/html")
    elif name in {"/redact.js", "/redaction-rules.json", "/recovery-words.txt"}:
        kinds = {"js": "text/javascript", "json": "application/json", "txt": "text/plain"}
        kind = kinds[name.rpartition(".")[2]]
        route.fulfill(path=STATIC / name[1:], content_type=kind)
    else:
        route.fulfill(status=404)


def _open(page: Page) -> None:
    page.route(f"{ORIGIN}/**", _serve)
    page.goto(f"{ORIGIN}/")


def _redact_in_browser(page: Page, texts: list[str]) -> list[dict[str, Any]]:
    _open(page)
    answers: list[dict[str, Any]] = json.loads(page.evaluate(REDACT_ALL, json.dumps(texts)))
    assert len(answers) == len(texts)
    return answers


def _as_answer(redaction: Redaction) -> dict[str, Any]:
    removed = [{"kind": removed.kind, "count": removed.count} for removed in redaction.removed]
    return {
        "text": redaction.text,
        "removed": removed,
        "count": sum(kind.count for kind in redaction.removed),
    }


def test_vectors(page: Page) -> None:
    vectors = json.loads(VECTORS_FILE.read_text(encoding="utf-8"))
    answers = _redact_in_browser(page, [vector["input"] for vector in vectors])
    for vector, answer in zip(vectors, answers, strict=True):
        assert answer["text"] == vector["output"], vector["name"]
        counts = {removed["kind"]: removed["count"] for removed in answer["removed"]}
        assert counts == vector["removed"], vector["name"]
        assert answer["count"] == sum(vector["removed"].values()), vector["name"]


def test_generated_pastes_come_out_as_on_the_server(page: Page) -> None:
    random = Random(20240501)
    texts = [make_paste(random).text for _ in range(1500)]
    texts += [make_hostile_text(random) for _ in range(3000)]
    texts += [paste.text for paste in careless_pastes(20240501)]
    texts += slow_texts(2000)
    redactor = Redactor.from_file(STATIC / "redaction-rules.json")
    answers = _redact_in_browser(page, texts)
    for text, answer in zip(texts, answers, strict=True):
        assert answer == _as_answer(redactor.redact(text)), ascii(text)
    assert sum(answer["count"] for answer in answers) > 3000


UUID = "37c541a1-8a1b-4f0a-9b1c-1234567890ab"
DOUBTFUL = {
    "my passphrase is hunter": ["hunter"],
    "пароль это мандарин, ошибка 50105": ["мандарин"],
    f"tried\n{UUID}\nand got 400003": [UUID],
    "the code of my google authenticator was 482913": ["482913"],
    "p = 'Rk4UfoaI9'": ["Rk4UfoaI9"],
    "alpha vortex pilot krypton sierra tango lumen falcon orbit nickel bravo zulu": [
        "alpha vortex pilot krypton sierra tango lumen falcon orbit nickel bravo zulu"
    ],
    "my passphrase is correct, the password was wrong, passphrase is invalid": [],
    f'"requestId":"{UUID}", code 400003': [],
    "the words of a sentence are also short and come one after the other like these here": [],
    '"status": "Filled_2", key "BTCUSDT_2"': [],
}


def test_what_no_rule_can_know_is_doubted(page: Page) -> None:
    _open(page)
    assert page.evaluate(DOUBTS, json.dumps(list(DOUBTFUL))) == list(DOUBTFUL.values())


def test_few_people_are_asked_about_what_is_no_secret(page: Page) -> None:
    lines = (ROOT / "content" / "reports.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    assert len(texts) > 3000
    _open(page)
    asked = [found for found in page.evaluate(DOUBTS, json.dumps(texts)) if found]
    assert len(asked) < len(texts) * 0.01, asked


def test_no_text_freezes_the_page(page: Page) -> None:
    """All rules together, on 16 KB made for a rule that tries again and again."""
    _open(page)
    suspects = list(PIECES)
    for _ in range(4):  # a busy machine is slow now and then, a bad rule each time
        texts = [(piece * size)[:size] for piece in suspects for size in (16384, 32768)]
        times = page.evaluate(TIME_ALL, json.dumps(texts))
        suspects = [
            piece
            for piece, whole, double in zip(suspects, times[::2], times[1::2], strict=True)
            if whole > 50 or (double > 20 and double > 3 * whole)
        ]
    assert suspects == []


def test_rules_that_cannot_be_had_are_an_error(page: Page) -> None:
    _open(page)
    message = page.evaluate(
        """async () => {
            const { loadRules } = await import("/redact.js");
            return loadRules("/no-such-rules.json").then(() => "loaded", (error) => error.message);
        }"""
    )
    assert message == "redaction rules: HTTP 404"
