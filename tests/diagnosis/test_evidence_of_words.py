"""What a visitor's own words say, by phrases and by what the reports teach."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from app.content.loader import load
from app.diagnosis.engine import Engine
from app.diagnosis.evidence_of_words import against_something_else
from app.diagnosis.redaction import Redactor
from app.knowledge import build
from app.model import NO_ISSUE, Observations
from tests.diagnosis.conftest import FILES, REPORTS, Diagnose, first, report_lines

School = Callable[..., Diagnose]


@pytest.fixture
def school(tmp_path: Path, redactor: Redactor) -> School:
    """Return a way to open the kite school with other reports or files."""

    def school(reports: Mapping[str, str], files: Mapping[str, str] | None = None) -> Diagnose:
        root = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, text in {
            **FILES,
            "reports.jsonl": report_lines(reports),
            **(files or {}),
        }.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), "utf-8")
        engine = Engine(build(load(root)), redactor)
        return lambda text, **answers: engine.diagnose(Observations(text=text, **answers))

    return school


def test_a_phrase_alone_is_enough_and_is_quoted(diagnose: Diagnose) -> None:
    match = diagnose("The knot came loose").matches[0]

    assert match.issue == "wrong-knot"
    assert match.because == ("You wrote “knot came loose”",)


def test_words_of_reports_are_enough_and_are_quoted(diagnose: Diagnose) -> None:
    match = diagnose("it sleeps on the lawn again").matches[0]

    assert match.issue == "no-wind"
    [because] = match.because
    assert because.startswith("Other people describe this issue in similar words: “")
    assert "sleeps" in because


def test_a_phrase_keeps_its_promise_whatever_the_reports_teach(school: School) -> None:
    taught = dict.fromkeys(
        (f"the knot came loose at the picnic on day {day}" for day in range(30)), "none"
    )
    diagnose = school({**REPORTS, **taught})

    assert first(diagnose("the knot came loose")) == "wrong-knot"
    assert first(diagnose("the knot came loose at the picnic on sunday")) == "nothing"


def test_a_report_that_is_added_teaches(school: School) -> None:
    text = "marzipan tastes bitter today"
    assert first(school(REPORTS)(text)) == "nothing"

    taught = dict.fromkeys((f"marzipan tastes stale, day {day}" for day in range(8)), "no-wind")
    assert first(school({**REPORTS, **taught})(text)) == "no-wind"


def test_without_reports_phrases_and_messages_answer_alone(school: School) -> None:
    diagnose = school({})

    assert first(diagnose("the knot came loose")) == "wrong-knot"
    assert first(diagnose("kite ECALM at noon")) == "no-wind"
    assert first(diagnose("it sleeps on the lawn again")) == "nothing"


def test_what_a_program_wrote_around_its_message_are_nobodys_words(diagnose: Diagnose) -> None:
    log = "2026-01-01 10:00:00 kite INFO - the granny sleeps at the picnic\n"

    assert first(diagnose(f"{log}ERROR: string not on the list\n{log}")) == "string-not-listed"


def test_issues_that_a_text_is_like_alike_outweigh_something_else_together() -> None:
    strengths = against_something_else(
        {"cold": math.log(0.5), "mute": math.log(0.01), NO_ISSUE: math.log(0.49)}
    )
    two = against_something_else(
        {"cold": math.log(0.3), "mute": math.log(0.3), NO_ISSUE: math.log(0.4)}
    )

    assert two["cold"] == two["mute"] > strengths["cold"] > strengths["mute"]


def test_more_of_something_else_is_less_of_an_issue() -> None:
    little = against_something_else({"cold": math.log(0.8), NO_ISSUE: math.log(0.2)})
    much = against_something_else({"cold": math.log(0.2), NO_ISSUE: math.log(0.8)})

    assert little["cold"] > 0 > much["cold"]
