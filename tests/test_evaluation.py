"""Scores of labelled cases."""

from __future__ import annotations

import json

import pytest

from app.diagnosis.engine import Engine
from app.evaluation import BadCaseError, Score, evaluate, render
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
]  # fmt: skip


def lines(cases: list[dict[str, object]]) -> list[str]:
    return [json.dumps(case) + "\n" for case in cases]


def test_scores(engine: Engine) -> None:
    evaluation = evaluate(["\n", *lines(CASES)], engine)

    assert evaluation.overall == Score(3, 6)
    assert evaluation.by_kind == {
        "paste": Score(2, 2), "question": Score(0, 1), "noisy": Score(0, 1)
    }  # fmt: skip
    assert evaluation.by_label["none"] == evaluation.none == Score(1, 2)
    assert evaluation.by_exchange["windbank"] == Score(1, 1)
    assert evaluation.recognised_and_wrong == Score(1, 6)
    assert ("lost-whistle", "no-wind", 1) in evaluation.confusions
    assert [miss.line for miss in evaluation.misses] == [4, 5, 7]


def test_the_text_shows_figures_confusions_and_misses(engine: Engine) -> None:
    text = render(evaluate(lines(CASES), engine))

    assert "cause@1                50.0%  (3/6)" in text
    assert "none recognised        50.0%  (1/2)" in text
    assert "recognised and wrong   16.7%  (1/6)" in text
    assert "1  lost-whistle -> no-wind" in text
    assert "line 3: lost-whistle -> no-wind (likely" in text
    assert "nothing moves, no wind today" in text
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
