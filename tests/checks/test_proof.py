"""One section for each rule about examples and signatures: what it lets through and reports."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from app.checks.proof import RULES, prove
from app.content.loader import load
from app.diagnosis.engine import Engine
from app.diagnosis.redaction import Redactor
from app.knowledge import build
from app.model import Finding
from tests.conftest import MARBLES, TEAPOTS, MakeContent

Findings = Callable[[Mapping[str, str], str], list[Finding]]

POTS = "---\nname: Pots\nwebsite: https://pots.example\n---\n"


def issue(signatures: Sequence[str], examples: Sequence[str] = (), extra: str = "") -> str:
    """Return an issue whose signatures stand on line 6, the first in column 14."""
    return (
        "---\ntitle: A\nsymptom: B\ncauses: [C]\nsolutions: [D]\n"
        f"signatures: {json.dumps(signatures)}\nexamples: {json.dumps(examples)}\n{extra}---\n"
    )


def error(signatures: Sequence[str], examples: Sequence[str] = ()) -> dict[str, str]:
    """Return an exchange with one error code, whose signatures stand on line 4."""
    entry = (
        f'errors:\n- code: "7001"\n  issues: [a]\n  signatures: {json.dumps(signatures)}\n'
        f"  examples: {json.dumps(examples)}\n"
    )
    return {"issues/a.md": issue([]), "exchanges/pots.md": POTS, "errors/pots.yml": entry}


def off_topic(signatures: Sequence[str]) -> dict[str, str]:
    """Return a quick diagnostic whose off-topic signatures stand on line 3."""
    titles = "checklist_title: A\ntests_title: B\n"
    return {"diagnostic.yml": f"{titles}off_topic_signatures: {json.dumps(signatures)}\n"}


@pytest.fixture
def findings(make_content: MakeContent, redactor: Redactor) -> Findings:
    """Return what finds the mistakes of one rule in a folder."""

    def find(files: Mapping[str, str], rule: str) -> list[Finding]:
        knowledge = build(load(make_content(files)))
        return list(RULES[rule](knowledge, Engine(knowledge, redactor)))

    return find


def places(found: list[Finding]) -> list[str]:
    return [f"{Path(finding.path).name}:{finding.line}:{finding.column}" for finding in found]


@pytest.mark.parametrize("root", [TEAPOTS, MARBLES], ids=["teapots", "marbles"])
def test_the_fixtures_prove_right(root: Path, redactor: Redactor) -> None:
    knowledge = build(load(root))
    assert any(issue.examples for issue in knowledge.issues)
    assert list(prove(knowledge, Engine(knowledge, redactor))) == []


# --- wrong-example ----------------------------------------------------------------------------


def test_right_examples(findings: Findings) -> None:
    files = {
        "issues/a.md": issue(["the lid is {}"], ["the lid is lost"]),
        "issues/b.md": issue(["cold water"], ["cold water"]),
    }
    assert findings(files, "wrong-example") == []


def test_wrong_examples(findings: Findings) -> None:
    files = error(["the lid is lost"], ['{"code":7002}']) | {
        "issues/b.md": issue(["cold water"], ["cold water", "the kettle is cold"])
    }
    first, second = findings(files, "wrong-example")
    assert places([first, second]) == ["b.md:7:26", "pots.yml:5:14"]
    assert "diagnosed as nothing instead of b; correct the example" in first.message
    assert "diagnosed as no code, nothing instead of pots 7001, a" in second.message
    assert first.severity == second.severity == "error"


# --- unusable-signature -----------------------------------------------------------------------


@pytest.mark.parametrize("signature", ["cold", "E-{n}: cold", "没有权限", "{ip} is cold"])
def test_signatures_that_can_be_found(signature: str, findings: Findings) -> None:
    assert findings({"issues/a.md": issue([signature])}, "unusable-signature") == []


@pytest.mark.parametrize("signature", ["abc", "{}: {n}", "a {} b {} c"])
def test_signatures_that_are_too_short(signature: str, findings: Findings) -> None:
    files = error([signature]) | off_topic([signature]) | {"issues/b.md": issue([signature])}
    found = findings(files, "unusable-signature")
    assert places(found) == ["diagnostic.yml:3:24", "b.md:6:14", "pots.yml:4:16"]
    for finding in found:
        assert finding.severity == "error"
        assert "add words that always stand there" in finding.message


# --- untested-signature -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "files",
    [
        {"issues/a.md": issue(["the lid is {}"], ["oh: The  LID is lost"])},
        {"issues/a.md": issue(["HTTP 429"])},
        {"issues/a.md": issue(["the lid is lost"], [], "draft: true\n")},
        error(["the lid is {n}"], ["7001: the lid is 5"]),
        off_topic(["no lid"]),
    ],
    ids=["issue", "status", "draft", "error", "off topic"],
)
def test_signatures_that_need_no_more_examples(files: dict[str, str], findings: Findings) -> None:
    assert findings(files, "untested-signature") == []


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"issues/a.md": issue(["cold water", "the lid is lost"], ["cold water"])}, "a.md:6:28"),
        (
            {"issues/a.md": issue(["lids {ip}"]), "issues/b.md": issue([], ["lids 192.0.2.1"])},
            "a.md:6:14",
        ),
        (error(["the lid is lost"], ['{"code":7001}']), "pots.yml:4:16"),
    ],
    ids=["one of two", "the example of another", "error"],
)
def test_signatures_without_an_example(
    files: dict[str, str], place: str, findings: Findings
) -> None:
    (finding,) = findings(files, "untested-signature")
    assert places([finding]) == [place]
    assert finding.severity == "warning"
    assert "add a real message that does to `examples`" in finding.message


# --- shadowed-signature -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "files",
    [
        {"issues/a.md": issue(["cold water"]), "issues/b.md": issue(["very cold water"])},
        {"issues/a.md": issue(["lids {n}"]), "issues/b.md": issue(["lids {n} is lost"])},
        error(["the lid is lost"]) | {"issues/b.md": issue(["the lid is lost"])},
        {"issues/a.md": issue(["abc"]), "issues/b.md": issue(["abc"])},
    ],
    ids=["a part", "a beginning", "of an exchange", "unusable"],
)
def test_signatures_that_count(files: dict[str, str], findings: Findings) -> None:
    assert findings(files, "shadowed-signature") == []


@pytest.mark.parametrize(
    ("files", "place", "message"),
    [
        (
            {
                "issues/a.md": issue(["cold water"]),
                "issues/b.md": issue(["wet lid", "Cold  Water."]),
            },
            "b.md:6:25",
            "is also in issues/a.md, line 6",
        ),
        ({"issues/a.md": issue(["lids {n}", "lids {n}"])}, "a.md:6:26", "line 6"),
        (
            off_topic(["cold water"]) | {"issues/b.md": issue(["cold water"])},
            "b.md:6:14",
            "is also in diagnostic.yml, line 3",
        ),
        (
            {"issues/a.md": issue(["lid {} open"]), "issues/b.md": issue(["lid {n} open"])},
            "b.md:6:14",
            "never matches, because a signature of `a` hides it",
        ),
    ],
    ids=["two issues", "one issue", "off topic", "a wider one"],
)
def test_signatures_in_the_place_of_others(
    files: dict[str, str], place: str, message: str, findings: Findings
) -> None:
    (finding,) = findings(files, "shadowed-signature")
    assert places([finding]) == [place]
    assert finding.severity == "warning"
    assert message in finding.message
    assert finding.message.endswith("; make it longer, or remove one of the two")


# --- broken-phrase ------------------------------------------------------------------------------


def phrases(*texts: str) -> str:
    """Return an issue whose phrases stand on line 8, the first in column 11."""
    return issue([], extra=f"phrases: {json.dumps(texts)}\n")


def test_a_phrase_that_is_diagnosed_as_its_issue_is_fine(findings: Findings) -> None:
    files = {"issues/a.md": phrases("the lid flew off"), "issues/b.md": phrases("no steam")}
    assert not findings(files, "broken-phrase")


def test_a_phrase_that_cannot_be_kept_is_reported(findings: Findings) -> None:
    files = {
        "issues/a.md": phrases("the lid flew off", "it is"),
        "issues/b.md": phrases("lid flew/fell off"),
    }

    small, taken = findings(files, "broken-phrase")

    assert places([small, taken]) == ["a.md:8:31", "b.md:8:11"]
    assert "contains only small words" in small.message
    assert "alone is diagnosed as a instead of b" in taken.message
    assert small.severity == "error"


def test_one_phrase_for_an_issue_and_for_something_else_is_reported(findings: Findings) -> None:
    titles = "checklist_title: A\ntests_title: B\n"
    files = {
        "issues/a.md": phrases("the lid flew off"),
        "diagnostic.yml": f"{titles}off_topic: [price of a lid, lid flew off]\n",
    }

    assert places(findings(files, "broken-phrase")) == ["a.md:8:11"]


def test_a_signature_with_many_placeholders_is_reported(findings: Findings) -> None:
    many = "lid " + "{} x " * 2000 + "flew off"

    [found] = findings({"issues/a.md": issue([many])}, "unusable-signature")

    assert "has more than 4 placeholders" in found.message
    assert len(found.message) < 400
