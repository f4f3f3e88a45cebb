"""Prove the examples in the content: each is diagnosed as its own issue or error code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.diagnosis.engine import Engine
from app.knowledge import KnowledgeBase
from app.model import Diagnosis, Observations


@dataclass(frozen=True, slots=True)
class WrongExample:
    """An example that is diagnosed as something else.

    `owner` is the slug of its issue, or exchange and code of its error; with `match` of the entry.
    `index` is its place among the examples of the entry, from 0; `got` says what came instead.
    """

    owner: str | tuple[str, str]
    match: str | None
    index: int
    text: str
    expected: str
    got: str


def wrong_examples(knowledge: KnowledgeBase, engine: Engine) -> Iterator[WrongExample]:
    """Yield every example whose first match is not its own.

    An issue's example has to give the issue; an error's example has to give its code, recognised,
    and the entry's first issue. The exchange of an error's example is taken as chosen.
    """
    for issue in knowledge.issues:
        for index, text in enumerate(issue.examples):
            diagnosis = engine.diagnose(Observations(text=text))
            first = _first(diagnosis)
            if first != issue.slug:
                yield WrongExample(issue.slug, None, index, text, issue.slug, first)
    for exchange in knowledge.exchanges:
        for code, entries in knowledge.errors_of(exchange.id).items():
            for entry in entries:
                expected = f"{exchange.id} {code}, {entry.issues[0]}"
                for index, text in enumerate(entry.examples):
                    chosen = Observations(text=text, exchange=exchange.id)
                    got = _error(engine.diagnose(chosen))
                    if got != expected:
                        owner = (exchange.id, code)
                        yield WrongExample(owner, entry.match, index, text, expected, got)


def _first(diagnosis: Diagnosis) -> str:
    return diagnosis.matches[0].issue if diagnosis.matches else "nothing"


def _error(diagnosis: Diagnosis) -> str:
    error = diagnosis.error
    found = f"{error.exchange} {error.code}" if error else "no code"
    return f"{found}, {_first(diagnosis)}"
