"""The engine: from everything that a visitor tells to a diagnosis.

A paste goes redaction -> recognition (codes, messages, exchanges) -> evidence. The checklist, the
tests and the answers to questions are evidence too. `verdict` adds it up. `Engine` is prepared once
for a knowledge base; `diagnose` is pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from copy import copy

from app.diagnosis import weights
from app.diagnosis.everyday_questions import EverydayQuestions, is_question
from app.diagnosis.evidence_of_answers import (
    of_checklist,
    of_choice,
    of_exchange,
    of_maintenance,
    of_none_of_these,
    of_test,
)
from app.diagnosis.evidence_of_errors import ErrorEvidence, of_error, strength_of
from app.diagnosis.evidence_of_words import FreeText
from app.diagnosis.exchange_names import MentionIndex
from app.diagnosis.next_question import (
    EXCHANGE,
    REMAINING_CAUSES,
    first_choice,
    further_question,
    label_of,
    options_of,
    question_of,
    which_exchange,
)
from app.diagnosis.recognition import Reading, Recogniser
from app.diagnosis.redaction import Redactor
from app.diagnosis.verdict import Ranked, decide, offered, rank
from app.knowledge import KnowledgeBase
from app.model import (
    NO_ISSUE,
    Diagnosis,
    ErrorCode,
    Evidence,
    Match,
    NextQuestion,
    Observations,
    Verdict,
)


class Engine:
    """Diagnoses with one knowledge base.

    Thread-safe: it changes only once after its creation, when the model of reports is trained.
    """

    def __init__(self, knowledge: KnowledgeBase, redactor: Redactor) -> None:
        """Prepare signatures, codes, names and phrases of `knowledge`."""
        self._knowledge = knowledge
        self._redactor = redactor
        others = knowledge.diagnostic.other_exchanges if knowledge.diagnostic else ()
        mentions = MentionIndex(knowledge.exchanges, others)
        self._recogniser = Recogniser(knowledge, mentions)
        self._messages = ErrorEvidence(knowledge)
        self._free_text = FreeText(knowledge, mentions)
        self._everyday = EverydayQuestions(knowledge)
        self._order = {issue.slug: place for place, issue in enumerate(knowledge.issues)}
        self._limited = tuple(issue for issue in knowledge.issues if issue.exchanges)

    def translated(self, knowledge: KnowledgeBase) -> Engine:
        """Return this engine with the texts of `knowledge`, the same content translated."""
        other = copy(self)
        other._knowledge = knowledge
        return other

    @property
    def is_trained(self) -> bool:
        """Whether the model of reports is trained, so that no text waits for that."""
        return self._free_text.is_trained

    def train(self) -> None:
        """Train the model of reports now, which takes a second, and not at the first text."""
        self._free_text.train()

    def diagnose(self, observations: Observations) -> Diagnosis:
        """Return the issues that fit what a visitor tells, best first, or an honest "unknown"."""
        redaction = self._redactor.redact(observations.text)
        reading = self._recogniser.read(redaction.text)
        exchange = self._recogniser.exchange(reading, observations.exchange)
        found = self._recogniser.errors(reading, exchange) if exchange else []
        candidates = (
            ()
            if exchange or EXCHANGE in observations.skipped
            else self._possible_exchanges(reading)
        )
        sure = [error for error in found if error.is_sure]
        best = max(sure, key=lambda error: (strength_of(error, reading), error.last), default=None)
        linked = self._linked_error(observations) if best is None else None
        entry = self._translated_entry(best.entry if best else linked)
        general = self._messages.of_general(reading, sure)
        caller = self._messages.caller(reading)

        everyday = self._everyday.find(reading)
        evidence = [
            *self._messages.of_errors(found, reading, observations.exchange),
            *self._of_possible_exchanges(candidates, reading),
            *(self._of_link(linked) if linked else ()),
            *general.evidence,
            *(self._messages.of_caller(caller, entry) if caller else ()),
            *self._free_text.evidence(reading, sure),
            *self._of_answers(observations),
            *(self._of_exchange(exchange) if exchange else ()),
            *(self._of_status(exchange) if exchange in observations.in_maintenance else ()),
        ]
        # The answers to these issues didn't help, so evidence for them no longer counts.
        evidence = [piece for piece in evidence if piece.issue not in observations.ruled_out]
        meant = entry.issues if entry else ()
        ranked = rank(evidence, self._order, meant)
        chosen = self._of_choice(observations, entry, ranked)
        if chosen:
            ranked = rank([*evidence, *chosen], self._order, meant)
        verdict, told = decide(ranked, meant, observations.chosen if chosen else None)
        is_guess = verdict == "unsure" and told[0].probability < weights.BESIDE_ANSWER
        # "Is okx under maintenance?" holds a message, and still nobody saw an error.
        is_asked = reading.has_message and is_question(reading.text.flat)
        if everyday and (is_guess or is_asked) and not (sure or chosen):
            verdict, told = "unknown", ()
        known = bool(told) and told[0].issue in meant
        # The first issue may be ruled out and still be told, because the message says so.
        excluded = self._excluded(observations, exchange)
        if verdict != "unsure":
            told = tuple(cause for cause in told if cause is told[0] or cause.issue not in excluded)
        error = entry if known else None
        question = None if chosen else question_of(error)
        if verdict == "unsure":
            question, told = self._ask(
                observations,
                ranked,
                told,
                candidates=candidates,
                error=error,
                has_chosen=bool(chosen),
            )
            left = tuple(cause for cause in told if cause is told[0] or cause.issue not in excluded)
            if len(left) >= weights.LEAST_CHOICES:
                told = left
            if question is None:
                verdict, told = "unknown", ()
        if not told and observations.ruled_out:
            error = entry  # The report to support still needs the code.
        excluded -= {cause.issue for cause in told}
        position = best.position if best else general.position
        return Diagnosis(
            verdict=verdict,
            exchange=exchange,
            error=error,
            caller_ip=caller.address if caller else None,
            matches=tuple(self._match(cause) for cause in told),
            question=question and self._without_excluded(question, verdict, excluded),
            everyday=everyday,
            excerpt=reading.text.excerpt(position) if told and position is not None else None,
            redacted_text=redaction.text,
            removed=tuple((removed.kind, removed.count) for removed in redaction.removed),
        )

    def _ask(
        self,
        observations: Observations,
        ranked: Sequence[Ranked],
        told: tuple[Ranked, ...],
        *,
        candidates: Sequence[str],
        error: ErrorCode | None,
        has_chosen: bool,
    ) -> tuple[NextQuestion | None, tuple[Ranked, ...]]:
        """Return the question of an unsure diagnosis, and the issues that it offers.

        The question is None when nothing is left to ask.
        """
        if candidates:
            return which_exchange(candidates, self._knowledge), told
        if has_chosen or not observations.text.strip():
            question = further_question(ranked, observations, self._knowledge)
            if question or has_chosen or REMAINING_CAUSES in observations.skipped:
                return question, told
        question = first_choice([cause.issue for cause in told], error, self._knowledge)
        asked = {option.issue for option in question.options} - {NO_ISSUE}
        told = tuple(cause for cause in ranked if cause.issue in asked)
        return question, told[: weights.MOST_CHOICES]

    def _translated_entry(self, entry: ErrorCode | None) -> ErrorCode | None:
        """Return an entry in the language of the answer."""
        if entry is None:
            return None
        entries = self._knowledge.errors(entry.exchange, entry.code)
        same = (
            other for other in entries if (other.match, other.scope) == (entry.match, entry.scope)
        )
        return next(same, entry)

    def _excluded(self, observations: Observations, exchange: str | None) -> set[str]:
        """Return the issues that the visitor's ticks and answers, or the exchange, rule out."""
        diagnostic = self._knowledge.diagnostic
        items = diagnostic.checklist if diagnostic else ()
        done = {item.points_to[0] for item in items if observations.checklist.get(item.id)}
        impossible = {issue.slug for issue in self._limited if not issue.concerns(exchange)}
        return {*observations.ruled_out, *done, *impossible}

    @staticmethod
    def _without_excluded(
        question: NextQuestion, verdict: Verdict, excluded: Collection[str]
    ) -> NextQuestion | None:
        """Return the question without the options for excluded issues.

        None if fewer than two are left and the diagnosis isn't unsure.
        """
        left = [option for option in question.options if option.issue not in excluded]
        enough = verdict == "unsure" or len(left) >= weights.LEAST_CHOICES
        return question.model_copy(update={"options": tuple(left)}) if enough else None

    def _match(self, ranked: Ranked) -> Match:
        issue = self._knowledge.issues[self._order[ranked.issue]]
        return Match(
            issue=issue.slug,
            title=issue.title,
            url=issue.url,
            confidence=round(ranked.probability, 4),
            because=ranked.reasons,
        )

    def _possible_exchanges(self, reading: Reading) -> tuple[str, ...]:
        """Return the exchanges to choose from, when a text is a code that several have."""
        candidates = self._recogniser.exchanges_of_lone_code(reading)
        return candidates if len(candidates) > 1 else ()

    def _of_possible_exchanges(
        self, candidates: Sequence[str], reading: Reading
    ) -> Iterator[Evidence]:
        for exchange in candidates:
            for error in self._recogniser.errors(reading, exchange):
                because = self._messages.answered(error.entry)
                strength = weights.OF_SEVERAL_EXCHANGES
                yield from of_error(error.entry, strength, because, kind="code")

    def _of_link(self, linked: ErrorCode) -> Iterator[Evidence]:
        because = self._messages.answered(linked)
        return of_error(linked, weights.CODE, because, kind="code")

    def _of_answers(self, observations: Observations) -> Iterator[Evidence]:
        diagnostic = self._knowledge.diagnostic
        if diagnostic:
            for item in diagnostic.checklist:
                told = {**observations.items, **observations.checklist}
                if item.id in told:
                    yield from of_checklist(item, ticked=told[item.id])
            for test in diagnostic.tests:
                if test.id in observations.tests:
                    yield from of_test(test, observations.tests[test.id])

    def _of_choice(
        self, observations: Observations, entry: ErrorCode | None, ranked: Sequence[Ranked]
    ) -> list[Evidence]:
        """Return what the chosen cause says, or "none of these", after everything else.

        Another text may have been pasted since: a cause that it makes impossible says nothing then.
        """
        chosen = observations.chosen
        if chosen == NO_ISSUE:
            issues = [cause.issue for cause in offered(ranked)]
            asked = first_choice(issues, entry, self._knowledge).options if issues else ()
            return [
                of_none_of_these(option.issue) for option in asked if option.issue in self._order
            ]
        if chosen is None or chosen not in self._order or chosen in observations.ruled_out:
            return []
        verdict, told = decide(ranked, entry.issues if entry else (), None)
        if verdict == "unsure":
            # What is offered at first, and what after "none of these".
            possible = [cause for cause in ranked if cause.is_possible]
            told = tuple(possible[: 2 * weights.MOST_CHOICES])
        likely = {cause.issue for cause in told}
        answers = {option.issue for option in options_of(entry)}
        if (observations.text.strip() or entry) and chosen not in likely | answers:
            return []
        return [of_choice(chosen, label_of(chosen, entry, self._knowledge))]

    def _of_exchange(self, exchange: str) -> Iterator[Evidence]:
        for issue in self._limited:
            yield from of_exchange(issue, exchange, self._messages.name(exchange))

    def _of_status(self, exchange: str | None) -> Iterator[Evidence]:
        diagnostic = self._knowledge.diagnostic
        if exchange and diagnostic:
            yield from of_maintenance(diagnostic.tests, self._messages.name(exchange))

    def _linked_error(self, observations: Observations) -> ErrorCode | None:
        """Return the entry of a code that came by a link instead of a text."""
        if not observations.error or not observations.exchange:
            return None
        entries = self._knowledge.errors(observations.exchange, observations.error)
        general = (entry for entry in entries if entry.match is None)
        return next(general, entries[0] if entries else None)
