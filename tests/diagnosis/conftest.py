"""A small product with two made-up exchanges, whose errors cover every kind of entry.

Its reports teach the model, as in production.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from textwrap import dedent

import pytest

from app.content.loader import load
from app.diagnosis.engine import Engine
from app.diagnosis.redaction import Redactor
from app.knowledge import KnowledgeBase, build
from app.model import Diagnosis, Observations


def report_lines(labels: Mapping[str, str]) -> str:
    """Return a `reports.jsonl` of these texts, each with its label."""
    facts = {"kind": "question", "source": "own", "origin": "rewritten"}
    reports = ({"text": text, "expected": label} | facts for text, label in labels.items())
    return "".join(json.dumps(report) + "\n" for report in reports)


REPORTS = {
    "my kite sleeps on the lawn all day": "no-wind",
    "the kite sleeps again and nothing moves": "no-wind",
    "it sleeps since monday, no wind at all": "no-wind",
    "somebody tied a granny and the kite is unknown": "wrong-knot",
    "is it a granny or a bowline": "wrong-knot",
    "the granny slipped again": "wrong-knot",
    "the park does not know my string": "string-not-listed",
    "which string belongs on the list of the park": "string-not-listed",
    "I changed my string and now the park refuses it": "string-not-listed",
    "the third thing is missing, it is a whistle": "lost-whistle",
    "my kite is not allowed because it is small": "kite-too-small",
    "where is the picnic": "none",
    "the picnic was lovely": "none",
    "can I bring my dog to the picnic": "none",
    "what colour suits me": "none",
    "a sewing machine for sails": "none",
    "how long do kites last": "none",
    "I bought my lunch in windbank street": "none",
    "there is a cloudex shop in my street": "none",
    "GET /picnic HTTP/1.1": "none",
    "the oven of my aunt is broken": "none",
    "my oven needs an hour": "none",
}
"""What people wrote about their kites, and the issue of each text."""

FILES = {
    "reports.jsonl": report_lines(REPORTS),
    "site.yml": """\
        product: Kite School
        title: Your kite won't connect
        intro: Common reasons
        whitelist:
          title: Our string
          intro: Allow it
          note: Click to copy
          addresses: [198.51.100.7]
        support: {title: Still on the ground?, text: Ask us}
        """,
    "diagnostic.yml": """\
        checklist_title: Before you run
        tests_title: Test the wind
        checklist:
          - id: string-listed
            text: The string is on the list
            missing: You haven't ticked that the string is on the list
            points_to: [string-not-listed, wrong-knot]
        tests:
          - id: other-field
            text: Fly it on another field
            on_pass:
              because: It flies on another field, so the knot is right
              points_to: [string-not-listed]
              speaks_against: [wrong-knot]
            on_fail:
              because: It flies nowhere
              points_to: [wrong-knot]
        off_topic: [colour of the kite, how much is a kite]
        off_topic_signatures: ["SewingMachineError:"]
        other_exchanges: [breezehub]
        """,
    "issues/string-not-listed.md": """\
        ---
        title: String Not Listed
        symptom: Flies at home, not in the park
        choice: It flies at home only
        causes: [The list is empty]
        solutions: [Add it]
        order: 10
        phrases: [flies home/garden not park, which string list, 绳子 白名单, верёвк* список]
        signatures: ["string seen: {ip}", string not on the list]
        examples: ["oh no: string not on the list"]
        ---
        """,
    "issues/wrong-knot.md": """\
        ---
        title: Wrong Knot
        symptom: The kite is unknown
        causes: [Tied in a hurry]
        solutions: [Tie it again]
        order: 20
        phrases: [knot not recognised, knot came loose]
        signatures: [HTTP 401, knot is not recognised]
        ---
        """,
    "issues/no-wind.md": """\
        ---
        title: No Wind
        symptom: Nothing moves
        causes: [Calm]
        solutions: [Wait]
        order: 30
        phrases: [nothing moves, no wind today]
        signatures: [HTTP 503, ECALM, wind timed out]
        ---
        """,
    "issues/lost-whistle.md": """\
        ---
        title: Lost Whistle
        symptom: The third thing is missing
        causes: [It fell out]
        solutions: [Buy one]
        exchanges: [windbank]
        order: 40
        phrases: [whistle, lost whistle]
        ---
        """,
    "issues/kite-too-small.md": """\
        ---
        title: Kite Too Small
        symptom: You are connected, the kite isn't allowed
        causes: [Small]
        solutions: [A larger one]
        order: 50
        phrases: [kite too small]
        ---
        """,
    "exchanges/windbank.md": """\
        ---
        name: Windbank
        names: [windbankexception]
        hosts: [windbank.example]
        website: https://windbank.example
        order: 10
        ---
        """,
    "exchanges/cloudex.md": """\
        ---
        name: Cloudex
        hosts: [cloudex.example]
        website: https://cloudex.example
        order: 20
        ---
        """,
    "errors/windbank.yml": """\
        errors:
          - code: "-7015"
            message: Invalid knot, string, or permission to fly.
            issues: [string-not-listed, wrong-knot, no-wind]
            question:
              text: What does the list show?
              options:
                - {label: It is empty, issue: string-not-listed}
                - {label: The string is there, issue: wrong-knot}
          - code: "41010"
            message: Your string {ip} is not on the list of this kite.
            issues: [string-not-listed]
            examples:
              - 'windbank {"code":41010,"msg":"Your string 203.0.113.9 is not on the list"}'
          - code: "7020"
            match: too small
            message: Kite too small
            verbatim: false
            issues: [kite-too-small]
          - code: "7020"
            message: Kite refused
            verbatim: false
            issues: [wrong-knot]
          - code: "EWIND:Calm day"
            issues: [no-wind]
          - code: "knot-not-valid"
            match: Old string
            message: "Knot not valid: Old string"
            issues: [string-not-listed]
          - code: "knot-not-valid"
            issues: [wrong-knot, string-not-listed]
          - code: timeout
            issues: [no-wind]
          - code: "503"
            scope: http
            http: 503
            issues: [no-wind]
        """,
    "errors/cloudex.yml": """\
        errors:
          - code: "41010"
            message: The cloud is full, come back on Monday
            issues: [no-wind]
          - code: "52001"
            message: Cloud too low for this kite
            issues: [kite-too-small]
        """,
}

Diagnose = Callable[..., Diagnosis]


@pytest.fixture(scope="session")
def kites(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """Return the knowledge base of the kite school."""
    root = tmp_path_factory.mktemp("kites")
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text), "utf-8")
    return build(load(root))


@pytest.fixture(scope="session")
def engine(kites: KnowledgeBase, redactor: Redactor) -> Engine:
    """Return the engine of the kite school."""
    return Engine(kites, redactor)


@pytest.fixture(scope="session")
def diagnose(engine: Engine) -> Diagnose:
    """Return a short way to diagnose a text and answers."""

    def diagnose(text: str = "", **answers: object) -> Diagnosis:
        return engine.diagnose(Observations.model_validate({"text": text, **answers}))

    return diagnose


def first(diagnosis: Diagnosis) -> str:
    """Return the issue of the first match, or "nothing"."""
    return diagnosis.matches[0].issue if diagnosis.matches else "nothing"
