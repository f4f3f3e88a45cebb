"""Evidence -> ranked diagnosis: the one engine behind the diagnose box and the quick diagnostic.

A paste goes redaction -> recognition (signatures, codes, exchanges) and words -> evidence;
checklist, tests and answers are evidence as well. The diagnosis is the sum of the evidence for each
issue, against the chance that nothing fits. `Engine` is prepared once for a knowledge base;
`diagnose` is pure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from app.diagnosis import evidence as strengths
from app.diagnosis.recognition import (
    OFF_TOPIC,
    Owner,
    Reading,
    Recognised,
    Recogniser,
    status_of,
    telling,
)
from app.diagnosis.redaction import Redactor
from app.diagnosis.signatures import Hit
from app.diagnosis.teaching import lesson, marks
from app.diagnosis.words import FEW_LINES, PhraseIndex, code_share
from app.diagnosis.words import strengths as word_strengths
from app.knowledge import KnowledgeBase
from app.model import (
    CallerIp,
    Diagnosis,
    ErrorCode,
    Evidence,
    Match,
    Observations,
    Option,
    Verdict,
)

MOST_MATCHES = 5
MOSTLY = 0.5
"""A text with more log or code than this is not somebody's own words."""

FAR_BEHIND = 3.5
"""A match this much weaker than the best is not worth reading."""

LONGEST_QUOTE = 80

FEW_WORDS_LEFT = 4
"""Fewer words beside fixed messages say nothing more."""


class Engine:
    """Diagnoses with one knowledge base. Thread-safe: nothing changes after the preparation."""

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
        self._statuses: dict[str, list[str]] = defaultdict(list)
        for issue in knowledge.issues:
            for signature in issue.signatures:
                if status := status_of(signature):
                    self._statuses[status].append(issue.slug)
        off_topic = knowledge.diagnostic.off_topic if knowledge.diagnostic else ()
        phrases = [(issue.slug, phrase) for issue in knowledge.issues for phrase in issue.phrases]
        phrases += [(OFF_TOPIC, phrase) for phrase in off_topic]
        background = (
            (issue.slug, text)
            for issue in knowledge.issues
            for text in (issue.title, issue.symptom)
        )
        self._phrases = PhraseIndex(phrases, background)
        self._order = {issue.slug: place for place, issue in enumerate(knowledge.issues)}
        self._limited = tuple(issue for issue in knowledge.issues if issue.exchanges)
        self._lesson = lesson(knowledge, phrases) if knowledge.content.reports else None
        if previous and previous._lesson == self._lesson:
            self._lesson = previous._lesson

    def learn(self) -> None:
        """Learn what the reports teach now, which takes a second, and not at the first text."""
        if self._lesson:
            self._lesson.model()

    def diagnose(self, observations: Observations) -> Diagnosis:
        """Return the issues that fit what a visitor tells, best first, or an honest "unknown"."""
        redaction = self._redactor.redact(observations.text)
        reading = self._recogniser.read(redaction.text)
        exchange = self._recogniser.exchange(reading, observations.exchange)
        found = self._recogniser.errors(reading, exchange) if exchange else []
        sure = [one for one in found if one.has_code or one.telling]
        best = max(sure, key=lambda one: (_strength(one, reading), one.last), default=None)
        linked = self._linked_error(observations) if best is None else None
        entry = best.entry if best else linked

        evidence = list(self._of_errors(found, reading, observations))
        if linked:
            because = f"{self._name(linked.exchange)} answered {linked.code}"
            strength = strengths.LITERAL_CODE
            evidence += strengths.of_error(linked, strength, because, kind="code")
        general, position = self._of_general(reading, sure)
        off_topic = general.pop(OFF_TOPIC, None)
        evidence += general.values()
        caller, seen = self._caller(reading, entry)
        evidence += seen
        words, nothing = self._of_words(reading, sure)
        evidence += words
        evidence += self._of_likeness(reading, sure)
        if off_topic:
            nothing += off_topic.strength * self._weight_of_off_topic(reading, exchange)
        evidence += self._of_answers(observations, entry)
        answered = _chosen(entry, observations.answer) is not None
        if exchange:
            for issue in self._limited:
                evidence += strengths.of_exchange(issue, exchange, self._name(exchange))

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

    def _of_errors(
        self, found: Iterable[Recognised], reading: Reading, observations: Observations
    ) -> Iterator[Evidence]:
        """Yield what the errors of the exchange mean."""
        chosen = self._knowledge.exchange(observations.exchange)
        for one in found:
            who = self._name(one.entry.exchange)
            if chosen and chosen.id != one.entry.exchange:
                who = f"{who} (not {chosen.name}, which you chose)"
            strength = _strength(one, reading)
            if one.has_code:
                because = f"{who} answered {one.entry.code}"
                yield from strengths.of_error(one.entry, strength, because, kind="code")
            else:
                because = f"{who} answered “{one.entry.message or one.entry.code}”"
                yield from strengths.of_error(one.entry, strength, because, kind="message")

    def _of_general(
        self, reading: Reading, sure: Collection[Recognised]
    ) -> tuple[dict[str, Evidence], int | None]:
        """Return what messages say that are not the exchange's own, and where the best stands."""
        signs: dict[str, list[tuple[float, str, int]]] = defaultdict(list)
        lines = reading.lines_of(sure)
        for hit in reading.hits:
            own = any(start <= hit.start < end for start, end in lines)
            share = strengths.IN_OWN_LINE if own else 1.0
            for issue, strength in _meanings(hit, [one.entry for one in sure]).items():
                signs[issue].append((share * strength, _quote(reading, hit), hit.start))
        codes = {one.entry.code for one in sure if one.has_code}
        for number in reading.numbers:
            if number.context == "http" and number.code not in codes:
                for issue in self._statuses.get(number.code, ()):
                    sign = (strengths.STATUS_SIGNATURE, f"HTTP {number.code}", number.start)
                    signs[issue].append(sign)
        evidence: dict[str, Evidence] = {}
        best: tuple[float, int | None] = (0.0, None)
        for issue, found in signs.items():
            found.sort(key=lambda sign: -sign[0])
            share = _share(issue, sure, reading)
            further = sum(strength for strength, *_ in found[1:3])
            total = share * (found[0][0] + strengths.FURTHER_SIGNATURE * further)
            if issue != OFF_TOPIC and total > best[0]:
                best = (total, found[0][2])
            evidence[issue] = strengths.of_signature(issue, total, found[0][1])
        return evidence, best[1]

    @staticmethod
    def _weight_of_off_topic(reading: Reading, exchange: str | None) -> float:
        return 1.0 if reading.mentions or exchange else strengths.WITHOUT_EXCHANGE

    def _caller(
        self, reading: Reading, entry: ErrorCode | None
    ) -> tuple[CallerIp | None, list[Evidence]]:
        """Compare the address that the exchange saw with the whitelist."""
        for hit in reading.hits:
            caller = strengths.caller_ip(hit.address, self._knowledge.site) if hit.address else None
            if caller is None:
                continue
            owner = hit.owners[0]
            issue = owner.issue or (owner.entry.issues[0] if owner.entry else None)
            who = self._name(entry.exchange) if entry else "the exchange"
            product = self._knowledge.site.product
            seen = [strengths.of_caller_ip(caller, issue, who, product)] if issue else []
            return caller, seen
        return None, []

    def _of_words(
        self, reading: Reading, sure: Collection[Recognised]
    ) -> tuple[list[Evidence], float]:
        """Return what the words say, and the log-odds that nothing fits."""
        if not reading.text.flat:
            return [], strengths.NOTHING_WITHOUT_TEXT
        read = reading.spans(sure)
        found = self._phrases.wordings(reading.text, read)
        tendency = {} if self._lesson else self._phrases.tendency(reading.text, read)
        code = code_share(reading.text) > MOSTLY
        log = code and len(reading.text.starts) > FEW_LINES
        nothing = strengths.nothing(
            named=bool(reading.mentions),
            foreign=bool(reading.foreign) and not sure,
            error=bool(sure),
            message=_has_message(reading),
            reports=self._lesson is not None,
        )
        evidence: list[Evidence] = []
        phrases = word_strengths(found)
        for issue in {**phrases, **tendency}:
            share = _share(issue, sure, reading)
            worth, quotes = phrases.get(issue, (0.0, ()))
            by_phrases = share * strengths.phrases(worth, log=log)
            by_tendency = share * strengths.tendency(tendency.get(issue, 0.0), code=code)
            if self._lesson:
                by_phrases *= strengths.BESIDE_REPORTS
                by_tendency = 0.0
            if issue == OFF_TOPIC:
                nothing += by_phrases + by_tendency
                continue
            if worth:
                evidence.append(strengths.of_words(issue, by_phrases, quotes))
            if by_tendency:
                evidence.append(strengths.of_tendency(issue, by_tendency))
        return evidence, nothing

    def _of_likeness(self, reading: Reading, sure: Collection[Recognised]) -> Iterator[Evidence]:
        """Yield what reports teach about a text like this one."""
        flat = reading.text.flat
        if self._lesson is None or not flat:
            return
        spans = reading.spans(sure)
        if spans and _words_outside(flat, spans) < FEW_WORDS_LEFT:
            return
        likeness = self._lesson.model().likeness(flat, marks(reading.mentions, reading.foreign))
        if likeness is None:
            return
        code = code_share(reading.text) > MOSTLY
        message = _has_message(reading)
        nothing = strengths.like_nothing(likeness.logs, OFF_TOPIC)
        for issue, log in likeness.logs.items():
            if issue != OFF_TOPIC:
                strength = strengths.likeness(
                    log - nothing, code=code, sure=bool(sure), message=message
                )
                told = strength >= strengths.WORTH_SAYING
                yield strengths.of_likeness(issue, strength, likeness.quote(issue) if told else "")

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
        by_issue: dict[str, list[Evidence]] = defaultdict(list)
        for piece in evidence:
            by_issue[piece.issue].append(piece)
        order = self._order
        sums = {
            slug: sum(piece.strength for piece in pieces)
            for slug, pieces in by_issue.items()
            if slug in order
        }
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

    def _name(self, exchange: str) -> str:
        found = self._knowledge.exchange(exchange)
        return found.name if found else exchange


def _words_outside(flat: str, spans: Iterable[tuple[int, int]]) -> int:
    """Return how many words stand outside the `spans` of a text."""
    words = 0
    reached = 0
    for start, end in (*sorted(spans), (len(flat), len(flat))):
        if start > reached:
            words += len(flat[reached:start].split())
        reached = max(reached, end)
    return words


def _strength(one: Recognised, reading: Reading) -> float:
    """Return how strongly an error speaks: by its code, its message, its place and repetition."""
    strength = max(
        strengths.LITERAL_CODE if one.literal else 0.0,
        strengths.CODE[one.context] if one.context else 0.0,
        strengths.MESSAGE if one.telling else strengths.SHORT_MESSAGE if one.message else 0.0,
    )
    strength += strengths.CONFIRMED * (one.has_code and one.message)
    strength += strengths.REPEATED * math.log2(max(1, one.count))
    return strength + strengths.LAST * one.last / max(1, len(reading.text.flat))


def _share(issue: str, sure: Collection[Recognised], reading: Reading) -> float:
    """Return what remains of general signatures and words beside the errors that are sure."""
    loud = [one for one in sure if _strength(one, reading) >= strengths.SURE]
    if not loud:
        return 1.0
    meant = any(issue in one.entry.issues for one in loud)
    return strengths.WITHIN_CODE if meant else strengths.BESIDE_CODE


def _meanings(hit: Hit[Owner], own: Collection[ErrorCode]) -> dict[str, float]:
    """Return the issues that a message speaks for, apart from the exchange's `own` errors."""
    meanings: dict[str, float] = {}
    entries = [owner.entry for owner in hit.owners if owner.entry and not owner.is_code]
    said = any(owner.entry in own for owner in hit.owners if owner.entry)
    if entries and not said:
        strength = strengths.FOREIGN_MESSAGE if telling(hit) else strengths.SHORT_MESSAGE
        for entry in entries:
            for issue, value in zip(entry.issues, strengths.by_rank(strength), strict=False):
                meanings[issue] = max(meanings.get(issue, 0.0), value)
    for owner in hit.owners:
        if owner.issue is not None:
            strength = strengths.signature(
                hit.signature, telling=telling(hit), off_topic=owner.issue == OFF_TOPIC
            )
            meanings[owner.issue] = strength * (strengths.SAID_TWICE if said else 1.0)
    return meanings


def _quote(reading: Reading, hit: Hit[Owner]) -> str:
    found = reading.text.flat[hit.start : hit.end]
    return found if len(found) <= LONGEST_QUOTE else f"{found[:LONGEST_QUOTE]}…"


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


def _has_message(reading: Reading) -> bool:
    """Tell whether a fixed message that means an issue stands in the text."""
    return any(owner.issue not in {None, OFF_TOPIC} for hit in reading.hits for owner in hit.owners)
