"""Score the diagnosis on labelled cases.

A file of cases is JSON Lines: `text`, `expected` (the slug of an issue, or `none`), `also` (other
right answers), `kind`, `exchange` (what the case is about; it is not told to the engine). A case is
right when the first match is an expected one; for `none`, when nothing matches. That share is
cause@1.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import ConfigDict, ValidationError

from app.diagnosis.engine import Engine
from app.model import NO_ISSUE, Entity, Observations, Verdict

EXCERPT = 100


class BadCaseError(ValueError):
    """A line of the file is not a case; the message begins with its number."""


class Case(Entity):
    """One labelled case; keys that the score doesn't need (source, language) are let through."""

    model_config = ConfigDict(extra="ignore")

    text: str
    expected: str
    also: tuple[str, ...] = ()
    kind: str = "-"
    exchange: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """How many cases of some sort there are, and for how many the first answer is right."""

    right: int
    total: int

    @property
    def share(self) -> float:
        """The share of right answers, 0 to 1; 0 for no cases."""
        return self.right / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{self.share:6.1%}  ({self.right}/{self.total})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine said to one case; `line` counts from 1, `got` is a slug or `none`."""

    line: int
    case: Case
    got: str
    verdict: Verdict
    confidence: float

    @property
    def right(self) -> bool:
        """Tell whether the first answer is one of the right ones."""
        return self.got == self.case.expected or self.got in self.case.also


@dataclass(frozen=True)
class Evaluation:
    """The answers to a file of cases, and what follows from them."""

    answers: tuple[Answer, ...]

    @cached_property
    def overall(self) -> Score:
        """cause@1 over all cases."""
        return _score(self.answers)

    @cached_property
    def by_kind(self) -> Mapping[str, Score]:
        """cause@1 by kind; cases of the label `none` count only in `none`."""
        return _grouped((a.case.kind, a) for a in self.answers if a.case.expected != NO_ISSUE)

    @cached_property
    def by_label(self) -> Mapping[str, Score]:
        """cause@1 by expected issue."""
        return _grouped((answer.case.expected, answer) for answer in self.answers)

    @cached_property
    def by_exchange(self) -> Mapping[str, Score]:
        """cause@1 by the exchange that the case is about."""
        return _grouped((answer.case.exchange or "-", answer) for answer in self.answers)

    @cached_property
    def none(self) -> Score:
        """How many of the cases that are about something else are recognised as such."""
        return _score(answer for answer in self.answers if answer.case.expected == NO_ISSUE)

    @cached_property
    def recognised_and_wrong(self) -> Score:
        """The share of all cases with the verdict "recognised" and a wrong first answer."""
        wrong = sum(1 for a in self.answers if a.verdict == "recognised" and not a.right)
        return Score(wrong, len(self.answers))

    @cached_property
    def confusions(self) -> tuple[tuple[str, str, int], ...]:
        """What was expected, what was said instead, and how often; the most frequent first."""
        counts = Counter((miss.case.expected, miss.got) for miss in self.misses)
        return tuple((*pair, count) for pair, count in counts.most_common())

    @cached_property
    def misses(self) -> tuple[Answer, ...]:
        """The answers that are wrong, in the order of the file."""
        return tuple(answer for answer in self.answers if not answer.right)


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
    return Evaluation(tuple(_answer(number, case, engine) for number, case in read_cases(lines)))


def _answer(number: int, case: Case, engine: Engine) -> Answer:
    diagnosis = engine.diagnose(Observations(text=case.text))
    first = diagnosis.matches[0] if diagnosis.matches else None
    return Answer(
        line=number,
        case=case,
        got=first.issue if first else NO_ISSUE,
        verdict=diagnosis.verdict,
        confidence=first.confidence if first else 0.0,
    )


def render(evaluation: Evaluation, *, misses: bool = True) -> str:
    """Return the figures as text for a terminal."""
    lines = [
        f"cause@1               {evaluation.overall}",
        f"none recognised       {evaluation.none}",
        f"recognised and wrong  {evaluation.recognised_and_wrong}",
    ]
    tables = (
        ("By kind (without none)", evaluation.by_kind),
        ("By label", evaluation.by_label),
        ("By exchange", evaluation.by_exchange),
    )
    for title, scores in tables:
        lines += ["", title]
        lines += (f"  {name:30}{score}" for name, score in sorted(scores.items()))
    if evaluation.confusions:
        lines += ["", "Confusions (expected -> answered)"]
        lines += (f"  {n:3}  {a} -> {b}" for a, b, n in evaluation.confusions)
    if misses and evaluation.misses:
        lines += ["", "Misses"]
        lines += map(_miss, evaluation.misses)
    return "\n".join(lines) + "\n"


def _miss(answer: Answer) -> str:
    text = " ".join(answer.case.text.split())
    text = text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"
    said = f"{answer.case.expected} -> {answer.got} ({answer.verdict}, {answer.confidence:.2f})"
    return f"  line {answer.line}: {said}\n      {text}"


def _score(answers: Iterable[Answer]) -> Score:
    counted = list(answers)
    return Score(sum(answer.right for answer in counted), len(counted))


def _grouped(pairs: Iterable[tuple[str, Answer]]) -> dict[str, Score]:
    groups: dict[str, list[Answer]] = {}
    for name, answer in pairs:
        groups.setdefault(name, []).append(answer)
    return {name: _score(answers) for name, answers in groups.items()}
