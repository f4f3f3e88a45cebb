"""What was learned from reports is learned once, and can be kept and put back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from app.content.loader import load
from app.diagnosis.engine import Engine
from app.diagnosis.redaction import Redactor
from app.diagnosis.wording import Learned, WordingModel
from app.knowledge import KnowledgeBase, build
from app.model import Diagnosis, Observations
from tests.diagnosis.conftest import FILES

REPORTS = {
    "my kite sleeps on the lawn": "no-wind",
    "the kite sleeps again, no wind at all": "no-wind",
    "it sleeps since monday": "no-wind",
    "somebody tied a granny": "wrong-knot",
    "is it a granny or a bowline": "wrong-knot",
    "the granny slipped": "wrong-knot",
    "where is the picnic": "none",
    "the picnic was lovely": "none",
}
TEXTS = ("why does it sleep so long", "a granny, I think", "the kite and the picnic", "hm")

School = Callable[..., KnowledgeBase]


@pytest.fixture
def school(tmp_path: Path) -> School:
    """Return a way to open the kite school with other reports, or other files."""

    def school(reports: dict[str, str] = REPORTS, files: dict[str, str] = FILES) -> KnowledgeBase:
        root = tmp_path / str(len(list(tmp_path.iterdir())))
        lines = (
            json.dumps(
                {
                    "text": text,
                    "expected": expected,
                    "kind": "question",
                    "source": "the lawn",
                    "origin": "rewritten",
                }
            )
            for text, expected in reports.items()
        )
        for name, text in {**files, "reports.jsonl": "\n".join(lines)}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), "utf-8")
        return build(load(root))

    return school


@pytest.fixture
def lessons(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many texts were learned from, one number for each time of learning."""
    seen: list[int] = []
    learn = WordingModel._learn

    def counted(model: WordingModel, learned: list[object], counts: dict[str, int]) -> None:
        if learned:
            seen.append(len(learned))
        learn(model, learned, counts)  # type: ignore[arg-type]

    monkeypatch.setattr(WordingModel, "_learn", counted)
    return seen


def answers(engine: Engine) -> list[Diagnosis]:
    return [engine.diagnose(Observations(text=text)) for text in TEXTS]


def test_it_is_learned_once_and_only_when_it_is_asked_for(
    school: School, redactor: Redactor, lessons: list[int]
) -> None:
    engine = Engine(school(), redactor)
    assert engine.learned is None
    assert lessons == []

    found = answers(engine)

    assert [one.matches[0].issue for one in found[:2]] == ["no-wind", "wrong-knot"]
    assert engine.learned is not None
    engine.learn()
    assert len(lessons) == 1


def test_what_was_learned_can_be_put_back(
    school: School, redactor: Redactor, lessons: list[int]
) -> None:
    engine = Engine(school(), redactor)
    engine.learn()
    learned = engine.learned
    assert learned is not None
    kept = json.dumps([learned.taught_by, learned.classes, learned.bias, learned.weights])

    other = Engine(school(), redactor)
    other.recall(Learned(*json.loads(kept)))

    assert answers(other) == answers(engine)
    assert len(lessons) == 1
    back = other.learned
    assert back is not None
    assert json.dumps([back.taught_by, back.classes, back.bias, back.weights]) == kept


@pytest.mark.parametrize(
    ("reports", "files"),
    [
        ({**REPORTS, "a kite": "no-wind"}, {}),
        ({**REPORTS, "the granny slipped": "no-wind"}, {}),
        (REPORTS, {"vocabulary.yml": "groups: [{name: rest, words: sleep lie}]"}),
        (
            REPORTS,
            {"exchanges/lawnbank.md": "---\nname: Lawn\nwebsite: https://lawn.example\n---\n"},
        ),
        (
            REPORTS,
            {"issues/no-wind.md": FILES["issues/no-wind.md"].replace("symptom:", "symptom: No")},
        ),
    ],
    ids=["a report", "a label", "a group of words", "a name", "a symptom"],
)
def test_what_other_texts_taught_is_left_aside(
    school: School,
    redactor: Redactor,
    lessons: list[int],
    reports: dict[str, str],
    files: dict[str, str],
) -> None:
    engine = Engine(school(), redactor)
    engine.learn()
    assert engine.learned is not None

    other = Engine(school(reports, {**FILES, **files}), redactor)
    other.recall(engine.learned)
    assert other.learned is None
    answers(other)

    assert len(lessons) == 2


def test_the_next_engine_keeps_what_the_same_texts_taught(
    school: School, redactor: Redactor, lessons: list[int]
) -> None:
    first = Engine(school(), redactor)
    second = Engine(school(), redactor, first)
    first.learn()
    second.learn()
    assert len(lessons) == 1

    Engine(school({"a granny": "wrong-knot"}), redactor, second).learn()
    assert len(lessons) == 2


def test_without_reports_there_is_nothing_to_learn(school: School, redactor: Redactor) -> None:
    engine = Engine(school({}), redactor)
    engine.learn()
    assert engine.learned is None
