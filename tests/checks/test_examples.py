"""Examples in the content that are diagnosed as something else."""

from __future__ import annotations

from app.checks.examples import wrong_examples
from app.content.loader import load
from app.diagnosis.engine import Engine
from app.diagnosis.redaction import Redactor
from app.knowledge import KnowledgeBase, build
from tests.conftest import MakeContent
from tests.diagnosis.conftest import engine, kites

__all__ = ["engine", "kites"]


def test_right_examples_are_no_findings(kites: KnowledgeBase, engine: Engine) -> None:
    assert list(wrong_examples(kites, engine)) == []


def test_a_wrong_example_says_what_came_instead(
    make_content: MakeContent, redactor: Redactor
) -> None:
    root = make_content(
        {
            "issues/cold.md": """\
                ---
                title: Cold
                symptom: Cold
                causes: [Cold]
                solutions: [Warm it]
                signatures: [the water is cold]
                examples: [the water is cold, the lid is lost]
                ---
                """,
            "issues/lid.md": """\
                ---
                title: Lid
                symptom: Lid
                causes: [Lid]
                solutions: [Find it]
                signatures: [the lid is lost]
                ---
                """,
            "exchanges/pots.md": """\
                ---
                name: Pots
                website: https://pots.example
                ---
                """,
            "errors/pots.yml": """\
                errors:
                  - code: "77001"
                    issues: [lid]
                    examples: ['{"code":77001}', "nothing of the sort"]
                """,
        }
    )
    knowledge = build(load(root))

    issue, error = wrong_examples(knowledge, Engine(knowledge, redactor))

    assert (issue.owner, issue.index, issue.expected, issue.got) == ("cold", 1, "cold", "lid")
    assert error.owner == ("pots", "77001")
    assert (error.index, error.expected, error.got) == (1, "pots 77001, lid", "no code, nothing")
