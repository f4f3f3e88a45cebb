"""A small product with two made-up exchanges, whose errors cover every kind of entry."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from app.content.loader import load
from app.diagnosis.engine import Engine
from app.diagnosis.redaction import Redactor
from app.knowledge import KnowledgeBase, build
from app.model import Diagnosis, Observations

FILES = {
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
            missing: you haven't ticked that the string is on the list
            points_to: [string-not-listed, wrong-knot]
        tests:
          - id: other-field
            text: Fly it on another field
            on_pass:
              because: it flies on another field, so the knot is right
              points_to: [string-not-listed]
              speaks_against: [wrong-knot]
            on_fail:
              because: it flies nowhere
              points_to: [wrong-knot]
        off_topic: [colour of the kite, how much is a kite]
        off_topic_signatures: ["SewingMachineError:"]
        other_exchanges: [breezehub]
        """,
    "issues/string-not-listed.md": """\
        ---
        title: String Not Listed
        symptom: Flies at home, not in the park
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
