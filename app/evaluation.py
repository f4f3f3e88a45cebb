"""`helpcenter evaluate`: the score of the diagnosis on labelled cases.

A file of cases is JSON Lines: `text`, `expected` (the slug of an issue, or `none`), `also` (other
right answers), `kind`, `lang`, `exchange` (what the case is about; it is not told to the engine).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pydantic import ConfigDict, ValidationError

from app.diagnosis.engine import Engine
from app.diagnosis.next_question import MOST_QUESTIONS
from app.model import (
    NO_ISSUE,
    Choice,
    Diagnosis,
    Diagnostic,
    Entity,
    NextQuestion,
    Observations,
    Verdict,
)

EXCERPT = 100


class BadCaseError(ValueError):
    """A line of the file is not a case; the message begins with its number."""


class Case(Entity):
    """One labelled case; keys that the score doesn't need (its source) are let through."""

    model_config = ConfigDict(extra="ignore")

    text: str
    expected: str
    also: tuple[str, ...] = ()
    kind: str = "-"
    lang: str = "en"
    exchange: str | None = None

    @property
    def is_about_something_else(self) -> bool:
        """Whether no issue fits it."""
        return self.expected == NO_ISSUE


@dataclass(frozen=True, slots=True)
class Score:
    """How many cases there are, and how many of them meet a condition."""

    held: int
    total: int

    @property
    def share(self) -> float:
        """The share of cases, 0 to 1; 0 for no cases."""
        return self.held / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{self.share:6.1%}  ({self.held}/{self.total})"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What the engine said to one case; `line` counts from 1, `issues` are the best first."""

    line: int
    case: Case
    verdict: Verdict
    issues: tuple[str, ...]
    confidence: float

    @property
    def is_named(self) -> bool:
        """Whether the first issue is told as the answer."""
        return self.verdict in {"recognised", "likely"}

    @property
    def got(self) -> str:
        """The first issue; `none` if there is none, or if it was only offered as a choice."""
        is_offered = self.verdict == "unsure" and self.case.is_about_something_else
        return self.issues[0] if self.issues and not is_offered else NO_ISSUE

    @property
    def is_right(self) -> bool:
        """Whether the first issue is right; for something else, whether none is named."""
        return self._fits(self.got)

    @property
    def is_one_click_away(self) -> bool:
        """Whether the right issue is first, or among the offered ones."""
        return self.is_right or (self.verdict == "unsure" and any(map(self._fits, self.issues)))

    @property
    def is_named_and_wrong(self) -> bool:
        """Whether a wrong issue is told as the answer."""
        return self.is_named and not self.is_right

    def _fits(self, issue: str) -> bool:
        return issue in {self.case.expected, *self.case.also}


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of some cases."""

    right: Score
    one_click: Score
    named_and_wrong: Score

    def __str__(self) -> str:
        shares = f"{self.right.share:7.1%}{self.one_click.share:11.1%}"
        return f"{self.right.total:5}{shares}{self.named_and_wrong.share:14.1%}"


HEADINGS = "cases  right  one click  named, wrong"


@dataclass(frozen=True)
class Evaluation:
    """The results of a file of cases, and what follows from them."""

    results: tuple[CaseResult, ...]

    @cached_property
    def overall(self) -> Row:
        """The figures of all cases."""
        return _row(self.results)

    @cached_property
    def by_kind(self) -> dict[str, Row]:
        """The figures by kind; cases about something else count only in `none`."""
        return self._grouped(lambda case: NO_ISSUE if case.is_about_something_else else case.kind)

    @cached_property
    def none_named(self) -> Score:
        """The cases about something else that got an issue named."""
        return _score(
            result.is_named for result in self.results if result.case.is_about_something_else
        )

    @cached_property
    def named_and_right(self) -> Score:
        """The share of named issues that are right."""
        return _score(result.is_right for result in self.results if result.is_named)

    @cached_property
    def confusions(self) -> tuple[tuple[str, str, int], ...]:
        """What was expected, what was said instead, and how often; the most frequent first."""
        counts = Counter((miss.case.expected, miss.got) for miss in self.misses)
        return tuple((*pair, count) for pair, count in counts.most_common())

    @cached_property
    def misses(self) -> tuple[CaseResult, ...]:
        """The results whose first issue is wrong, in the order of the file."""
        return tuple(result for result in self.results if not result.is_right)

    @property
    def tables(self) -> dict[str, dict[str, Row]]:
        """The figures in groups, by the title of the table and the name of the group."""
        return {
            "kind": self.by_kind,
            "label": self._grouped(lambda case: case.expected),
            "language": self._grouped(lambda case: case.lang),
            "exchange": self._grouped(lambda case: case.exchange or "-"),
        }

    def _grouped(self, key: Callable[[Case], str]) -> dict[str, Row]:
        groups: dict[str, list[CaseResult]] = {}
        for result in self.results:
            groups.setdefault(key(result.case), []).append(result)
        return {name: _row(found) for name, found in sorted(groups.items())}


def read_cases(lines: Iterable[str]) -> Iterator[tuple[int, Case]]:
    """Yield the cases with the numbers of their lines; raise `BadCaseError` for a bad line."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, Case.model_validate(json.loads(line))
        except json.JSONDecodeError as error:
            raise BadCaseError(f"line {number}: this is no JSON: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the line"
            raise BadCaseError(f"line {number}: {where}: {first['msg']}") from error


def evaluate(lines: Iterable[str], engine: Engine) -> Evaluation:
    """Diagnose every case of a file; raise `BadCaseError` for a bad line."""
    return Evaluation(
        tuple(
            _result(number, case, engine.diagnose(Observations(text=case.text)))
            for number, case in read_cases(lines)
        )
    )


def _result(number: int, case: Case, diagnosis: Diagnosis) -> CaseResult:
    return CaseResult(
        line=number,
        case=case,
        verdict=diagnosis.verdict,
        issues=tuple(match.issue for match in diagnosis.matches),
        confidence=diagnosis.matches[0].confidence if diagnosis.matches else 0.0,
    )


@dataclass(frozen=True, slots=True)
class Interview:
    """How far a visitor gets who answers truthfully, in three questions at most.

    `reached` are the cases that end with a right issue named, or with none for something else;
    `asked` is how many questions all of them took.
    """

    reached: Score
    asked: int


def interview(lines: Iterable[str], engine: Engine, diagnostic: Diagnostic) -> Interview:
    """Play a truthful visitor for every case of a file; raise `BadCaseError` for a bad line."""
    asked = 0
    reached: list[bool] = []
    for _number, case in read_cases(lines):
        observations = Observations(text=case.text)
        diagnosis = engine.diagnose(observations)
        for _turn in range(MOST_QUESTIONS):
            if diagnosis.question is None or diagnosis.verdict != "unsure":
                break
            asked += 1
            told = truthful(diagnosis.question, case, diagnostic)
            observations = observations.after(told)
            diagnosis = engine.diagnose(observations)
        reached.append(_result(0, case, diagnosis).is_right and diagnosis.verdict != "unsure")
    return Interview(_score(reached), asked)


def truthful(question: NextQuestion, case: Case, diagnostic: Diagnostic) -> Choice:
    """Return the answer that is true for the case; the last option when the case doesn't say."""
    wanted = {case.expected, *case.also}
    tests = {test.id: test for test in diagnostic.tests}
    items = {item.id: item for item in diagnostic.checklist}
    for option in question.options:
        said = [
            option.issue in wanted,
            option.exchange is not None and option.exchange == case.exchange,
        ]
        for item, ticked in option.checklist.items():
            said.append(ticked != (items[item].points_to[0] in wanted))
        for test, outcome in option.tests.items():
            result = tests[test].on_pass if outcome == "pass" else tests[test].on_fail
            said.append(not wanted.isdisjoint(result.points_to[:1]))
        if any(said):
            return option
    return question.options[-1]


def render(evaluation: Evaluation, *, misses: bool = True) -> str:
    """Return the figures as text for a terminal."""
    overall = evaluation.overall
    lines = [
        f"right first               {overall.right}",
        f"right within one click    {overall.one_click}",
        f"something else, named     {evaluation.none_named}",
        f"named and wrong           {overall.named_and_wrong}",
        f"right, of those named     {evaluation.named_and_right}",
    ]
    for title, rows in evaluation.tables.items():
        lines += ["", f"{f'By {title}':30}{HEADINGS}"]
        lines += (f"  {name:28}{row}" for name, row in rows.items())
    if evaluation.confusions:
        lines += ["", "Confusions (expected -> answered)"]
        lines += (f"  {n:3}  {a} -> {b}" for a, b, n in evaluation.confusions)
    if misses and evaluation.misses:
        lines += ["", "Misses"]
        lines += map(_miss, evaluation.misses)
    return "\n".join(lines) + "\n"


def _miss(answer: CaseResult) -> str:
    text = " ".join(answer.case.text.split())
    text = text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"
    said = f"{answer.case.expected} -> {answer.got} ({answer.verdict}, {answer.confidence:.2f})"
    click = ", one click away" if answer.is_one_click_away else ""
    return f"  line {answer.line}: {said}{click}\n      {text}"


def _row(answers: Iterable[CaseResult]) -> Row:
    counted = list(answers)
    return Row(
        right=_score(answer.is_right for answer in counted),
        one_click=_score(answer.is_one_click_away for answer in counted),
        named_and_wrong=_score(answer.is_named_and_wrong for answer in counted),
    )


def _score(held: Iterable[bool]) -> Score:
    counted = list(held)
    return Score(sum(counted), len(counted))
