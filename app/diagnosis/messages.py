"""What codes and fixed messages say: of the exchange itself, of anybody, and of who called."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from app.diagnosis import evidence as strengths
from app.diagnosis.reading import OFF_TOPIC, Owner, Reading, Recognised, status_of, telling
from app.diagnosis.signatures import Hit
from app.knowledge import KnowledgeBase
from app.model import CallerIp, ErrorCode, Evidence

LONGEST_QUOTE = 80


class Messages:
    """Weighs what was recognised, with the names and statuses of one knowledge base."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        """Prepare the statuses that mean an issue wherever they stand (HTTP 429)."""
        self._knowledge = knowledge
        self._statuses: dict[str, list[str]] = defaultdict(list)
        for issue in knowledge.issues:
            for signature in issue.signatures:
                if status := status_of(signature):
                    self._statuses[status].append(issue.slug)

    def name(self, exchange: str) -> str:
        """Return what an exchange is called."""
        found = self._knowledge.exchange(exchange)
        return found.name if found else exchange

    def of_errors(
        self, found: Iterable[Recognised], reading: Reading, chosen_exchange: str | None
    ) -> Iterator[Evidence]:
        """Yield what the errors of the exchange mean; the visitor may have chosen another one."""
        chosen = self._knowledge.exchange(chosen_exchange)
        for one in found:
            who = self.name(one.entry.exchange)
            if chosen and chosen.id != one.entry.exchange:
                who = f"{who} (not {chosen.name}, which you chose)"
            strength = strength_of(one, reading)
            if one.has_code:
                because = f"{who} answered {one.entry.code}"
                yield from strengths.of_error(one.entry, strength, because, kind="code")
            else:
                because = f"{who} answered “{one.entry.message or one.entry.code}”"
                yield from strengths.of_error(one.entry, strength, because, kind="message")

    def of_general(
        self, reading: Reading, sure: Collection[Recognised]
    ) -> tuple[dict[str, Evidence], int | None]:
        """Return what messages say that are not the exchange's own, and where the best stands."""
        signs: dict[str, list[tuple[float, str, int]]] = defaultdict(list)
        lines = reading.lines_of(sure)
        entries = [one.entry for one in sure]
        for hit in reading.hits:
            own = any(start <= hit.start < end for start, end in lines)
            share = strengths.IN_OWN_LINE if own else 1.0
            for issue, strength in _meanings(hit, entries).items():
                signs[issue].append((share * strength, _quote(reading, hit), hit.start))
        codes = {one.entry.code for one in sure if one.has_code}
        for number in reading.numbers:
            if number.context == "http" and number.code not in codes:
                for issue in self._statuses.get(number.code, ()):
                    sign = (strengths.STATUS_SIGNATURE, f"HTTP {number.code}", number.start)
                    signs[issue].append(sign)
        beside = loud(sure, reading)
        evidence: dict[str, Evidence] = {}
        best: tuple[float, int | None] = (0.0, None)
        for issue, found in signs.items():
            found.sort(key=lambda sign: -sign[0])
            share = share_beside(issue, beside)
            further = sum(strength for strength, *_ in found[1:3])
            total = share * (found[0][0] + strengths.FURTHER_SIGNATURE * further)
            if issue != OFF_TOPIC and total > best[0]:
                best = (total, found[0][2])
            evidence[issue] = strengths.of_signature(issue, total, found[0][1])
        return evidence, best[1]

    def caller(
        self, reading: Reading, entry: ErrorCode | None
    ) -> tuple[CallerIp | None, list[Evidence]]:
        """Compare the address that the exchange saw with the whitelist."""
        for hit in reading.hits:
            caller = strengths.caller_ip(hit.address, self._knowledge.site) if hit.address else None
            if caller is None:
                continue
            owner = hit.owners[0]
            issue = owner.issue or (owner.entry.issues[0] if owner.entry else None)
            who = self.name(entry.exchange) if entry else "the exchange"
            product = self._knowledge.site.product
            seen = [strengths.of_caller_ip(caller, issue, who, product)] if issue else []
            return caller, seen
        return None, []


def strength_of(one: Recognised, reading: Reading) -> float:
    """Return how strongly an error speaks: by its code, its message, its place and repetition."""
    strength = max(
        strengths.LITERAL_CODE if one.literal else 0.0,
        strengths.CODE[one.context] if one.context else 0.0,
        strengths.MESSAGE if one.telling else strengths.SHORT_MESSAGE if one.message else 0.0,
    )
    strength += strengths.CONFIRMED * (one.has_code and one.message)
    strength += strengths.REPEATED * math.log2(max(1, one.count))
    return strength + strengths.LAST * one.last / max(1, len(reading.text.flat))


def loud(sure: Collection[Recognised], reading: Reading) -> list[ErrorCode]:
    """Return the errors that quieten everything else."""
    return [one.entry for one in sure if strength_of(one, reading) >= strengths.SURE]


def share_beside(issue: str, errors: Collection[ErrorCode]) -> float:
    """Return what remains of general signatures and words for an issue beside `loud` errors."""
    if not errors:
        return 1.0
    meant = any(issue in error.issues for error in errors)
    return strengths.WITHIN_CODE if meant else strengths.BESIDE_CODE


def _meanings(hit: Hit[Owner], own: Collection[ErrorCode]) -> dict[str, float]:
    """Return the issues that a message speaks for, apart from the exchange's `own` errors."""
    meanings: dict[str, float] = {}
    entries = [owner.entry for owner in hit.owners if owner.entry and not owner.is_code]
    said = any(owner.entry is one for owner in hit.owners for one in own)
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
