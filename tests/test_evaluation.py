"""Scores of labelled cases."""

from __future__ import annotations

import json

import pytest

from app.diagnosis.engine import Engine
from app.evaluation import BadCaseError, Score, evaluate, interview, render
from app.knowledge import KnowledgeBase
from tests.diagnosis.conftest import engine, kites

__all__ = ["engine", "kites"]

CASES: list[dict[str, object]] = [
    {"text": 'windbank {"code":7020}', "expected": "wrong-knot", "kind": "paste",
     "exchange": "windbank", "source": "somewhere"},
    {"text": 'windbank {"code":-7015}', "expected": "no-wind", "also": ["string-not-listed"],
     "kind": "paste"},
    {"text": "nothing moves, no wind today", "expected": "lost-whistle", "kind": "question"},
    {"text": 'windbank {"code":7020, "x": 1}', "expected": "no-wind", "kind": "noisy"},
    {"text": "qwertz", "expected": "none", "kind": "question"},
    {"text": "nothing moves", "expected": "none", "kind": "question"},
    {"text": "the string on the lawn is refused, or the knot slipped", "expected": "wrong-knot",
     "kind": "question", "lang": "de"},
]  # fmt: skip


def lines(cases: list[dict[str, object]]) -> list[str]:
    return [json.dumps(case) + "\n" for case in cases]


def test_scores(engine: Engine) -> None:
    evaluation = evaluate(["\n", *lines(CASES)], engine)

    assert evaluation.overall.right == Score(3, 7)
    assert evaluation.overall.one_click == Score(4, 7)
    assert evaluation.overall.named_and_wrong == Score(3, 7)
    assert {kind: row.right for kind, row in evaluation.by_kind.items()} == {
        "paste": Score(2, 2), "question": Score(0, 2), "noisy": Score(0, 1), "none": Score(1, 2)
    }  # fmt: skip
    assert evaluation.none_named == Score(1, 2)
    assert evaluation.named_and_right == Score(2, 5)
    assert evaluation.tables["exchange"]["windbank"].right == Score(1, 1)
    assert evaluation.tables["language"]["de"].one_click == Score(1, 1)
    assert ("lost-whistle", "no-wind", 1) in evaluation.confusions
    assert [miss.line for miss in evaluation.misses] == [4, 5, 7, 8]


def test_what_is_only_offered_for_something_else_is_not_named(engine: Engine) -> None:
    case: dict[str, object] = {"text": "the string on the lawn is refused", "expected": "none"}
    [answer] = evaluate(lines([case]), engine).results

    assert answer.verdict == "unsure"
    assert (answer.got, answer.is_right, answer.is_named) == ("none", True, False)


def test_the_text_shows_figures_confusions_and_misses(engine: Engine) -> None:
    text = render(evaluate(lines(CASES), engine))

    for figure in (
        "right first                42.9%  (3/7)",
        "right within one click     57.1%  (4/7)",
        "something else, named      50.0%  (1/2)",
        "named and wrong            42.9%  (3/7)",
        "right, of those named      40.0%  (2/5)",
        "1  lost-whistle -> no-wind",
        "line 3: lost-whistle -> no-wind (likely",
        "nothing moves, no wind today",
        "one click away",
    ):
        assert figure in text
    assert "line 3" not in render(evaluate(lines(CASES), engine), misses=False)


def test_a_perfect_score_has_no_misses(engine: Engine) -> None:
    text = render(evaluate(lines(CASES[:1]), engine))

    assert "Misses" not in text
    assert "Confusions" not in text
    assert Score(0, 0).share == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{not json", "line 2: this is no JSON"),
        ('{"text": "x"}', "line 2: expected: Field required"),
        ('{"text": 5, "expected": "none"}', "line 2: text: "),
        ("[]", "line 2: "),
    ],
)
def test_a_bad_line_is_named(engine: Engine, line: str, message: str) -> None:
    with pytest.raises(BadCaseError, match=f"^{message}"):
        evaluate([*lines(CASES[:1]), line], engine)


def test_a_truthful_visitor_gets_to_the_cause(engine: Engine, kites: KnowledgeBase) -> None:
    assert kites.diagnostic
    cases: list[dict[str, object]] = [
        {"text": "41010", "expected": "string-not-listed", "exchange": "windbank"},
        {
            "text": "the string on the lawn is refused, or the knot slipped",
            "expected": "wrong-knot",
        },
        {
            "text": "the string on the lawn is refused, or the knot slipped",
            "expected": "lost-whistle",
        },
        {"text": "qwertz", "expected": "none"},
        {"text": "nothing moves", "expected": "lost-whistle"},
    ]

    played = interview(lines(cases), engine, kites.diagnostic)

    assert played.reached == Score(4, 5)
    assert 3 <= played.asked <= 9
