"""Evidence -> ranked diagnosis: the one engine behind the diagnose box and the quick diagnostic.

A paste goes redaction -> recognition (signatures, codes, exchanges) and words -> evidence;
checklist, tests and answers are evidence as well. The diagnosis is the sum of the evidence for each
issue, against the chance that nothing fits. `Engine` is prepared once for a knowledge base;
`diagnose` is pure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

from app.diagnosis import evidence as strengths
from app.diagnosis.messages import Messages, strength_of
from app.diagnosis.ownwords import OwnWords
from app.diagnosis.reading import OFF_TOPIC, Reading
from app.diagnosis.recognition import Recogniser
from app.diagnosis.redaction import Redactor
from app.diagnosis.wording import Learned
from app.knowledge import KnowledgeBase
from app.model import (
    Diagnosis,
    ErrorCode,
    Evidence,
    Match,
    Observations,
    Option,
    Verdict,
)

MOST_MATCHES = 5
FAR_BEHIND = 3.5
"""A match this much weaker than the best is not worth reading."""


class Engine:
    """Diagnoses with one knowledge base.

    Thread-safe: all that changes after the preparation is that reports are learned from, once.
    """

    def __init__(
        self, knowledge: KnowledgeBase, redactor: Redactor, previous: Engine | None = None
    ) -> None:
        """Prepare signatures, codes, names and phrases of `knowledge`.

        What the engine of the `previous` knowledge base has learned is kept where the same texts
        teach it again.
        """
        self._knowledge = knowledge
        self._redactor = redactor
        self._recogniser = Recogniser(knowledge)
        self._messages = Messages(knowledge)
        before = previous._words if previous else None
        self._words: OwnWords = OwnWords(knowledge, before)
        self._order = {issue.slug: place for place, issue in enumerate(knowledge.issues)}
        self._limited = tuple(issue for issue in knowledge.issues if issue.exchanges)

    def learn(self) -> None:
        """Learn what the reports teach now, which takes a second, and not at the first text."""
        self._words.learn()

    @property
    def learned(self) -> Learned | None:
        """What was learned from the reports, as plain data; None until it is, or without any."""
        return self._words.learned

    def recall(self, learned: Learned) -> None:
        """Take over what an engine of this version had `learned`, instead of learning it anew.

        What other texts taught is left aside.
        """
        self._words.recall(learned)

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

        evidence = list(self._messages.of_errors(found, reading, observations.exchange))
        if linked:
            because = f"{self._messages.name(linked.exchange)} answered {linked.code}"
            strength = strengths.LITERAL_CODE
            evidence += strengths.of_error(linked, strength, because, kind="code")
        general, position = self._messages.of_general(reading, sure)
        off_topic = general.pop(OFF_TOPIC, None)
        evidence += general.values()
        caller, seen = self._messages.caller(reading, entry)
        evidence += seen
        words, nothing = self._words.evidence(reading, sure)
        evidence += words
        if off_topic:
            nothing += off_topic.strength * self._weight_of_off_topic(reading, exchange)
        evidence += self._of_answers(observations, entry)
        answered = _chosen(entry, observations.answer) is not None
        if exchange:
            for issue in self._limited:
                evidence += strengths.of_exchange(issue, exchange, self._messages.name(exchange))

        matches = self._rank(evidence, nothing)
        known = entry is not None and bool(matches) and matches[0].issue in entry.issues
        verdict: Verdict = "recognised" if known else "likely" if matches else "unknown"
        position = best.position if best else position
        return Diagnosis(
            verdict=verdict,
            exchange=exchange,
            error=entry if known else None,
            caller_ip=caller,
            matches=matches,
            question=entry.question if entry and known and not answered else None,
            excerpt=reading.text.excerpt(position) if matches and position is not None else None,
            redacted_text=redaction.text,
            removed=tuple((removed.kind, removed.count) for removed in redaction.removed),
        )

    # --- evidence -----------------------------------------------------------------------------

    @staticmethod
    def _weight_of_off_topic(reading: Reading, exchange: str | None) -> float:
        return 1.0 if reading.mentions or exchange else strengths.WITHOUT_EXCHANGE

    def _of_answers(
        self, observations: Observations, entry: ErrorCode | None
    ) -> Iterator[Evidence]:
        diagnostic = self._knowledge.diagnostic
        if diagnostic:
            for item in diagnostic.checklist:
                if item.id in observations.checklist:
                    yield from strengths.of_checklist(item, ticked=observations.checklist[item.id])
            for test in diagnostic.tests:
                if test.id in observations.tests:
                    yield from strengths.of_test(test, observations.tests[test.id])
        if option := _chosen(entry, observations.answer):
            yield strengths.of_answer(option.issue, option.label)

    def _linked_error(self, observations: Observations) -> ErrorCode | None:
        """Return the entry of a code that came by a link instead of a text."""
        if not observations.error or not observations.exchange:
            return None
        entries = self._knowledge.errors(observations.exchange, observations.error)
        general = (entry for entry in entries if entry.match is None)
        return next(general, entries[0] if entries else None)

    # --- ranking ------------------------------------------------------------------------------

    def _rank(self, evidence: Iterable[Evidence], nothing: float) -> tuple[Match, ...]:
        order = self._order
        by_issue: dict[str, list[Evidence]] = defaultdict(list)
        sums: dict[str, float] = defaultdict(float)
        for piece in evidence:
            if piece.issue in order:
                by_issue[piece.issue].append(piece)
                sums[piece.issue] += piece.strength
        ranked = sorted(sums, key=lambda slug: (-sums[slug], order[slug]))
        if not ranked or sums[ranked[0]] <= nothing:
            return ()
        highest = sums[ranked[0]]
        total = math.exp(nothing - highest) + sum(math.exp(sums[s] - highest) for s in ranked)
        matches: list[Match] = []
        for slug in ranked[:MOST_MATCHES]:
            issue = self._knowledge.issue(slug)
            if issue is None or sums[slug] <= max(0.0, highest - FAR_BEHIND):
                break
            because = _reasons(by_issue[slug])
            if matches and not because:
                continue  # many small hints and nothing to say for it: a guess is no help
            matches.append(
                Match(
                    issue=slug,
                    title=issue.title,
                    url=issue.url,
                    confidence=round(math.exp(sums[slug] - highest) / total, 4),
                    because=because,
                )
            )
        return tuple(matches)


def _chosen(entry: ErrorCode | None, answer: str | None) -> Option | None:
    """Return the option of the question of `entry` that was chosen.

    Another text may have been pasted since the question was asked: its answer says nothing then.
    """
    options = entry.question.options if entry and entry.question else ()
    return next((option for option in options if option.issue == answer), None)


def _reasons(pieces: Iterable[Evidence]) -> tuple[str, ...]:
    """Return the reasons that speak for an issue, the strongest first.

    What the caller's address says comes before all others: it may change what is to be done.
    """
    speaking = sorted(pieces, key=lambda piece: (piece.kind != "caller-ip", -piece.strength))
    worth = (piece.because for piece in speaking if piece.strength >= strengths.WORTH_SAYING)
    return tuple(dict.fromkeys(worth))
