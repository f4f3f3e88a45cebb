"""Everything that a visitor tells -> the diagnosis: the engine behind every form and link.

A paste goes redaction -> recognition (codes, messages, exchanges) and free text -> evidence; the
checklist, the tests and the answers to questions are evidence as well. `ranking` adds it up.
`Engine` is prepared once for a knowledge base; `diagnose` is pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.diagnosis import weights
from app.diagnosis.evidence import of_answer, of_checklist, of_error, of_exchange, of_test
from app.diagnosis.exchanges import MentionIndex
from app.diagnosis.free_text import FreeText
from app.diagnosis.messages import Messages, strength_of
from app.diagnosis.ranking import matches, rank
from app.diagnosis.recognition import Recogniser
from app.diagnosis.redaction import Redactor
from app.knowledge import KnowledgeBase
from app.model import Diagnosis, ErrorCode, Evidence, Observations, Option, Verdict


class Engine:
    """Diagnoses with one knowledge base.

    Thread-safe: after the preparation only the training of the model of reports changes anything,
    and that happens once.
    """

    def __init__(self, knowledge: KnowledgeBase, redactor: Redactor) -> None:
        """Prepare signatures, codes, names and phrases of `knowledge`."""
        self._knowledge = knowledge
        self._redactor = redactor
        others = knowledge.diagnostic.other_exchanges if knowledge.diagnostic else ()
        mentions = MentionIndex(knowledge.exchanges, others)
        self._recogniser = Recogniser(knowledge, mentions)
        self._messages = Messages(knowledge)
        self._free_text = FreeText(knowledge, mentions)
        self._order = {issue.slug: place for place, issue in enumerate(knowledge.issues)}
        self._limited = tuple(issue for issue in knowledge.issues if issue.exchanges)

    def learn(self) -> None:
        """Train the model of reports now, which takes a second, and not at the first text."""
        self._free_text.learn()

    def diagnose(self, observations: Observations) -> Diagnosis:
        """Return the issues that fit what a visitor tells, best first, or an honest "unknown"."""
        redaction = self._redactor.redact(observations.text)
        reading = self._recogniser.read(redaction.text)
        exchange = self._recogniser.exchange(reading, observations.exchange)
        found = self._recogniser.errors(reading, exchange) if exchange else []
        sure = [one for one in found if one.has_code or one.telling]
        best = max(sure, key=lambda one: (strength_of(one, reading), one.last), default=None)
        linked = self._linked_error(observations) if best is None else None
        entry = best.entry if best else linked
        general = self._messages.of_general(reading, sure, exchange)
        caller = self._messages.caller(reading)

        evidence = [
            *self._messages.of_errors(found, reading, observations.exchange),
            *(self._of_link(linked) if linked else ()),
            *general.evidence,
            *(self._messages.of_caller(caller, entry) if caller else ()),
            *self._free_text.evidence(reading, sure),
            *self._of_answers(observations, entry),
            *(self._of_exchange(exchange) if exchange else ()),
        ]
        told = matches(rank(evidence, self._order), self._knowledge)

        known = entry is not None and bool(told) and told[0].issue in entry.issues
        verdict: Verdict = "recognised" if known else "likely" if told else "unknown"
        position = best.position if best else general.position
        asks = entry is not None and known and _chosen(entry, observations.answer) is None
        return Diagnosis(
            verdict=verdict,
            exchange=exchange,
            error=entry if known else None,
            caller_ip=caller.address if caller else None,
            matches=told,
            question=entry.question if entry and asks else None,
            excerpt=reading.text.excerpt(position) if told and position is not None else None,
            redacted_text=redaction.text,
            removed=tuple((removed.kind, removed.count) for removed in redaction.removed),
        )

    def _of_link(self, linked: ErrorCode) -> Iterator[Evidence]:
        because = self._messages.answered(linked)
        return of_error(linked, weights.LITERAL_CODE, because, kind="code")

    def _of_answers(
        self, observations: Observations, entry: ErrorCode | None
    ) -> Iterator[Evidence]:
        diagnostic = self._knowledge.diagnostic
        if diagnostic:
            for item in diagnostic.checklist:
                if item.id in observations.checklist:
                    yield from of_checklist(item, ticked=observations.checklist[item.id])
            for test in diagnostic.tests:
                if test.id in observations.tests:
                    yield from of_test(test, observations.tests[test.id])
        if option := _chosen(entry, observations.answer):
            yield of_answer(option.issue, option.label)

    def _of_exchange(self, exchange: str) -> Iterator[Evidence]:
        for issue in self._limited:
            yield from of_exchange(issue, exchange, self._messages.name(exchange))

    def _linked_error(self, observations: Observations) -> ErrorCode | None:
        """Return the entry of a code that came by a link instead of a text."""
        if not observations.error or not observations.exchange:
            return None
        entries = self._knowledge.errors(observations.exchange, observations.error)
        general = (entry for entry in entries if entry.match is None)
        return next(general, entries[0] if entries else None)


def _chosen(entry: ErrorCode | None, answer: str | None) -> Option | None:
    """Return the option of the question of `entry` that was chosen.

    Another text may have been pasted since the question was asked: its answer says nothing then.
    """
    options = entry.question.options if entry and entry.question else ()
    return next((option for option in options if option.issue == answer), None)
