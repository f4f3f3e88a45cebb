"""Evidence -> ranked diagnosis: the one engine behind the diagnose box and the quick diagnostic.

A paste goes redaction -> normalised text -> signatures, codes, words -> evidence; checklist, tests
and answers are evidence as well. The diagnosis is the sum of the evidence for each issue, against
the chance that nothing fits. `Engine` is prepared once for a knowledge base; `diagnose` is pure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import re2

from app.diagnosis import evidence as strengths
from app.diagnosis.codes import Context, NumberHit, numbers
from app.diagnosis.exchanges import OTHER, MentionIndex, foreign_hosts, votes
from app.diagnosis.redaction import Redactor
from app.diagnosis.signatures import Hit, SignatureIndex
from app.diagnosis.text import Text, normalise
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
    Question,
    Verdict,
)

MOST_MATCHES = 5
OFF_TOPIC = ""
"""The class of phrases that are about something else; no issue has this slug."""

TELLING_WORDS = 3
"""A message of this many words is an exchange's own; shorter ones are everybody's."""
TELLING_LENGTH = 18
SHORT = 8
OWN_WORDS = 4
"""A message that stands among the general signatures too is an exchange's own beyond this."""
MOST_CODES = 200
"""So many codes of one text are looked at."""

ENOUGH_VOTES = 0.7
"""Less than a part of a name is no mention of an exchange."""

HALF = 0.5
"""So much of a message must stand behind a code that names no exchange."""

CLOSE = 160
"""A message this near to a code belongs to it."""

MOSTLY = 0.5
"""A text with more log or code than this is not somebody's own words."""

FAR_BEHIND = 3.5
"""A match this much weaker than the best is not worth reading."""

_STATUS = re2.compile(r"^http ([1-5][0-9]{2})$")
_LETTERS = re2.compile(r"[a-z]{3,}")
_JSON_WORDS = frozenset({"msg", "message", "data", "null", "retmsg", "result", "error"})


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose a signature is: an entry of an error code, its literal code, or an issue."""

    issue: str | None = None
    entry: ErrorCode | None = None
    is_code: bool = False


@dataclass(slots=True)
class _Recognised:
    """One code or message of one exchange in a text, with all the places it stands at."""

    entry: ErrorCode
    strength: float
    position: int
    last: int
    count: int = 1
    has_code: bool = False
    has_message: bool = False


@dataclass(slots=True)
class _Reading:
    """All that one text says, before exchanges are decided."""

    text: Text
    hits: list[Hit[_Owner]]
    numbers: list[NumberHit]
    mentions: Mapping[str, float]
    foreign: list[str]
    names: list[tuple[int, int, str]]
    evidence: list[Evidence] = field(default_factory=list)
    recognised: list[_Recognised] = field(default_factory=list)
    position: int | None = None
    off_topic: float = 0.0
    accepted: set[int] = field(default_factory=set)

    def spans(self) -> list[tuple[int, int]]:
        """Return the places of all fixed messages and codes."""
        codes = [(n.start, n.end) for n in self.numbers if n.context != "bare"]
        return codes + [span for hit in self.hits for span in hit.spans]


class Engine:
    """Diagnoses with one knowledge base. Thread-safe: nothing changes after the preparation."""

    def __init__(self, knowledge: KnowledgeBase, redactor: Redactor) -> None:
        """Prepare signatures, names and phrases of `knowledge`."""
        self._knowledge = knowledge
        self._redactor = redactor
        self._codes = self._numeric_codes()
        self._statuses = self._status_signatures()
        self._signatures = SignatureIndex(self._all_signatures())
        diagnostic = knowledge.diagnostic
        others = diagnostic.other_exchanges if diagnostic else ()
        self._mentions = MentionIndex(knowledge.exchanges, others)
        off_topic = diagnostic.off_topic if diagnostic else ()
        phrases = [(issue.slug, phrase) for issue in knowledge.issues for phrase in issue.phrases]
        phrases += [(OFF_TOPIC, phrase) for phrase in off_topic]
        background = (
            (issue.slug, text)
            for issue in knowledge.issues
            for text in (issue.title, issue.symptom)
        )
        self._phrases = PhraseIndex(phrases, background)

    def diagnose(self, observations: Observations) -> Diagnosis:
        """Return the issues that fit what a visitor tells, best first, or an honest "unknown"."""
        redaction = self._redactor.redact(observations.text)
        reading = self._read(redaction.text)
        exchange = self._exchange(reading, observations)
        self._recognise(reading, exchange, observations)
        linked = self._linked_error(observations)
        best = _best(reading.recognised)
        entry = best.entry if best else linked
        if linked and not best:
            because = f"{self._name(linked.exchange)} answered {linked.code}"
            strength = strengths.LITERAL_CODE
            reading.evidence += strengths.of_error(linked, strength, because, kind="code")
        reading.evidence += self._general(reading)
        caller = self._caller(reading, entry)
        nothing = self._words(reading)
        reading.evidence += self._answers(observations, entry)
        if exchange is not None:
            for issue in self._knowledge.issues:
                name = self._name(exchange)
                reading.evidence += strengths.of_exchange(issue, exchange, name)
        matches = self._rank(reading.evidence, nothing)
        known = entry is not None and bool(matches) and matches[0].issue in entry.issues
        verdict: Verdict = "recognised" if known else "likely" if matches else "unknown"
        asked = observations.answer is None and entry is not None and known
        excerpt = reading.text.excerpt(reading.position) if reading.position is not None else None
        return Diagnosis(
            verdict=verdict,
            exchange=exchange,
            error=entry if known else None,
            caller_ip=caller,
            matches=matches,
            question=entry.question if asked and entry else None,
            excerpt=excerpt if matches else None,
            redacted_text=redaction.text,
            removed=tuple((removed.kind, removed.count) for removed in redaction.removed),
        )

    # --- preparing ----------------------------------------------------------------------------

    def _entries(self) -> Iterator[ErrorCode]:
        for exchange in self._knowledge.exchanges:
            for entries in self._knowledge.errors_of(exchange.id).values():
                yield from entries

    def _numeric_codes(self) -> dict[str, tuple[str, ...]]:
        """Return the numeric codes and the exchanges that have each."""
        codes: dict[str, dict[str, None]] = defaultdict(dict)
        for entry in self._entries():
            if entry.code.lstrip("-").isdigit():
                codes[entry.code][entry.exchange] = None
        return {code: tuple(exchanges) for code, exchanges in codes.items()}

    def _status_signatures(self) -> dict[str, list[str]]:
        """Return the issues whose signatures name an HTTP status ("HTTP 429")."""
        statuses: dict[str, list[str]] = defaultdict(list)
        for issue in self._knowledge.issues:
            for signature in issue.signatures:
                if found := _STATUS.search(normalise(signature).flat):
                    statuses[found.group(1)].append(issue.slug)
        return dict(statuses)

    def _all_signatures(self) -> Iterator[tuple[str, _Owner]]:
        for issue in self._knowledge.issues:
            for signature in issue.signatures:
                if not _STATUS.search(normalise(signature).flat):
                    yield signature, _Owner(issue=issue.slug)
        if self._knowledge.diagnostic:
            for signature in self._knowledge.diagnostic.off_topic_signatures:
                yield signature, _Owner(issue=OFF_TOPIC)
        for entry in self._entries():
            owner = _Owner(entry=entry)
            if entry.message and entry.verbatim:
                yield entry.message, owner
            for signature in entry.signatures:
                yield signature, owner
            if not entry.code.lstrip("-").isdigit():
                yield entry.code, _Owner(entry=entry, is_code=True)

    # --- reading ------------------------------------------------------------------------------

    def _read(self, pasted: str) -> _Reading:
        text = normalise(pasted)
        mentions = self._mentions.find(text.flat)
        found = list(numbers(text.flat, self._codes))
        return _Reading(
            text=text,
            hits=_outermost(self._signatures.find(text.flat)),
            numbers=found[: MOST_CODES // 2] + found[MOST_CODES // 2 :][-MOST_CODES // 2 :],
            mentions=votes(mentions),
            foreign=foreign_hosts(text.flat, mentions),
            names=[(mention.start, mention.end, mention.exchange) for mention in mentions],
        )

    def _exchange(self, reading: _Reading, observations: Observations) -> str | None:
        """Return the exchange that the text is about, or that the visitor chose.

        A choice outweighs a name in the text, but neither a host nor a code with its own message.
        """
        scores: dict[str, float] = defaultdict(float, reading.mentions)
        chosen = self._knowledge.exchange(observations.exchange)
        if chosen:
            scores[chosen.id] += 2.5
        for exchange, score in self._own_marks(reading, mentioned=bool(scores)).items():
            scores[exchange] += score
        if not scores:
            return None
        best = max(scores, key=lambda one: (scores[one], one == observations.exchange))
        return best if best != OTHER and scores[best] >= ENOUGH_VOTES else None

    def _own_marks(self, reading: _Reading, *, mentioned: bool) -> dict[str, float]:
        """Return how surely codes and messages are those of each exchange."""
        marks: dict[str, float] = defaultdict(float)
        messages: dict[tuple[str, str], Hit[_Owner]] = {}
        for hit in reading.hits:
            owned = {o.entry.exchange for o in hit.owners if o.entry}
            general = any(owner.issue is not None for owner in hit.owners)
            own_words = hit.signature.words > (OWN_WORDS if general else TELLING_WORDS - 1)
            for owner in hit.owners:
                if owner.entry is None:
                    continue
                if owner.is_code:
                    own = any(mark in owner.entry.code for mark in "-:") and len(owned) == 1
                    shouted = "_" in owner.entry.code and self._in_code_context(reading, hit)
                    worth = 3.0 if own else 0.6 if shouted else 0.0
                    marks[owner.entry.exchange] = max(marks[owner.entry.exchange], worth)
                else:
                    messages[owner.entry.exchange, owner.entry.code] = hit
                    if own_words and len(owned) == 1:
                        marks[owner.entry.exchange] += 1.5
        for number in reading.numbers:
            owners = self._codes.get(number.code, ())
            if number.context in {"bare", "http"}:
                continue
            for exchange in owners:
                near = messages.get((exchange, number.code))
                if near and number.start - CLOSE <= near.last and near.start <= number.end + CLOSE:
                    marks[exchange] += 3.0 if _telling(near) else 1.5
            long = len(number.code) >= 5  # noqa: PLR2004
            if (
                long
                and len(owners) == 1
                and not mentioned
                and self._fits(reading, number, owners[0])
            ):
                marks[owners[0]] += 1.0
        return marks

    def _fits(self, reading: _Reading, number: NumberHit, exchange: str) -> bool:
        """Tell whether what stands behind a code is its message, or no English at all.

        Messages change their wording over the years, and browsers translate them.
        """
        rest = reading.text.flat[number.end : number.end + CLOSE]
        words = set(_LETTERS.findall(rest)) - _JSON_WORDS
        if len(words) <= 1:
            return True
        for entry in self._knowledge.errors(exchange, number.code):
            known = set(_LETTERS.findall(normalise(entry.message or "").flat))
            if known and len(known & words) >= HALF * len(known):
                return True
        return False

    @staticmethod
    def _in_code_context(reading: _Reading, hit: Hit[_Owner]) -> bool:
        before = reading.text.flat[max(0, hit.start - 24) : hit.start]
        return _LABEL.search(before) is not None

    # --- recognising --------------------------------------------------------------------------

    def _recognise(
        self, reading: _Reading, exchange: str | None, observations: Observations
    ) -> None:
        """Find the entries of `exchange` that stand in the text, and say what they mean."""
        if exchange is None:
            return
        found: dict[tuple[str, str | None], _Recognised] = {}
        for number in reading.numbers:
            context = self._accepted(reading, number, exchange)
            if context is None:
                continue
            entry = self._entry(reading, exchange, number.code, number.start, context)
            if entry is not None:
                reading.accepted.add(number.start)
                strength = strengths.CODE[context]
                _note(found, entry, strength, number.start, number.start, 1, code=True)
        for hit in reading.hits:
            for owner in hit.owners:
                entry = owner.entry
                if entry is None or entry.exchange != exchange:
                    continue
                if owner.is_code:
                    plain = not any(mark in entry.code for mark in "-:_ .")
                    if plain and not self._in_code_context(reading, hit):
                        continue
                    chosen = self._entry(reading, exchange, entry.code, hit.start, "key")
                    if chosen is entry:
                        strength = strengths.LITERAL_CODE
                        _note(found, entry, strength, hit.start, hit.last, hit.count, code=True)
                else:
                    strength = strengths.MESSAGE if _telling(hit) else strengths.SHORT_MESSAGE
                    _note(found, entry, strength, hit.start, hit.last, hit.count, code=False)
        length = max(1, len(reading.text.flat))
        for one in found.values():
            one.strength += strengths.CONFIRMED * (one.has_code and one.has_message)
            one.strength += strengths.REPEATED * math.log2(one.count)
            one.strength += strengths.LAST * one.last / length
        reading.recognised = [
            one
            for one in found.values()
            if one.has_code or one.strength > strengths.SHORT_MESSAGE + 1
        ]
        for one in found.values():
            because = self._because(one, exchange, observations)
            kind = "code" if one.has_code else "message"
            reading.evidence += strengths.of_error(one.entry, one.strength, because, kind=kind)  # type: ignore[arg-type]

    def _because(self, one: _Recognised, exchange: str, observations: Observations) -> str:
        who = self._name(exchange)
        chosen = self._knowledge.exchange(observations.exchange)
        if chosen and chosen.id != exchange:
            who = f"{who} (not {chosen.name}, which you chose)"
        if one.has_code:
            return f"{who} answered {one.entry.code}"
        return f"{who} answered “{one.entry.message or one.entry.code}”"

    def _accepted(self, reading: _Reading, number: NumberHit, exchange: str) -> Context | None:
        """Return how surely a number is a code of `exchange`; None when it is none."""
        entries = self._knowledge.errors(exchange, number.code)
        if not entries:
            return None
        short = len(number.code.lstrip("-")) <= 3  # noqa: PLR2004
        if number.context == "http":
            status = any(entry.scope == "http" for entry in entries)
            return "http" if status or any(str(e.http) == e.code for e in entries) else None
        if number.context == "key":
            return "key"
        if number.context != "bare":
            return None if short else number.context
        flat = reading.text.flat
        for hit in reading.hits:
            owned = any(o.entry and o.entry.code == number.code for o in hit.owners)
            if owned and 0 <= hit.start - number.end <= 24:  # noqa: PLR2004
                return "named"
        named = any(
            name == exchange and 0 < number.start - end <= 3  # noqa: PLR2004
            for _, end, name in reading.names
        )
        first = number.start == 0 and len(flat) > number.end
        return "named" if (named or first) and not short else None

    def _entry(
        self, reading: _Reading, exchange: str, code: str, position: int, context: Context
    ) -> ErrorCode | None:
        """Return the entry of a code that fits the text around `position`."""
        entries = self._knowledge.errors(exchange, code)
        if context == "http":
            entries = tuple(e for e in entries if e.scope == "http" or str(e.http) == e.code)
        flat = reading.text.flat
        near = flat[max(0, position - CLOSE) : position + 3 * CLOSE]
        matching = [(entry, normalise(entry.match or "").flat) for entry in entries]
        for place in (near, flat):
            for entry, match in matching:
                if match and match in place:
                    return entry
        return next((entry for entry in entries if entry.match is None), None)

    def _linked_error(self, observations: Observations) -> ErrorCode | None:
        """Return the entry of a code that came by a link instead of a text."""
        if not observations.error or not observations.exchange:
            return None
        entries = self._knowledge.errors(observations.exchange, observations.error)
        general = (entry for entry in entries if entry.match is None)
        return next(general, entries[0] if entries else None)

    # --- general signatures, words, answers ---------------------------------------------------

    def _general(self, reading: _Reading) -> Iterator[Evidence]:
        """Yield what messages say that are not those of the exchange itself."""
        own = {one.entry for one in reading.recognised}
        meant = {issue for one in reading.recognised for issue in one.entry.issues}
        found: dict[str, list[tuple[float, str, int]]] = defaultdict(list)
        for hit in reading.hits:
            quote = _quote(reading.text, hit)
            entries = [o.entry for o in hit.owners if o.entry and not o.is_code]
            issues = dict.fromkeys(owner.issue for owner in hit.owners if owner.issue is not None)
            for issue in issues:
                found[issue].append((_general_strength(hit), quote, hit.start))
            if entries and not own.intersection(entries):
                strength = strengths.FOREIGN_MESSAGE if _telling(hit) else strengths.SHORT_MESSAGE
                share: dict[str, float] = {}
                for entry in entries:
                    for place, issue in enumerate(entry.issues):
                        rank = strengths.RANK[min(place, len(strengths.RANK) - 1)]
                        share[issue] = max(share.get(issue, 0.0), rank)
                for issue, rank in share.items():
                    if issue not in issues:
                        found[issue].append((strength * rank, quote, hit.start))
        for number in reading.numbers:
            if number.context == "http" and number.start not in reading.accepted:
                for issue in self._statuses.get(number.code, ()):
                    quote = f"HTTP {number.code}"
                    found[issue].append((strengths.STATUS_SIGNATURE, quote, number.start))
        best = 0.0
        surest = max((one.strength for one in reading.recognised), default=0.0)
        for issue, signs in found.items():
            signs.sort(key=lambda sign: -sign[0])
            total = signs[0][0]
            total += strengths.FURTHER_SIGNATURE * sum(sign[0] for sign in signs[1:3])
            if issue not in meant:
                total *= strengths.share_beside_code(sure=surest >= strengths.SURE, meant=False)
            if issue == OFF_TOPIC:
                reading.off_topic = total
                continue
            if total > best and not reading.recognised:
                best, reading.position = total, signs[0][2]
            because = f"the message says “{signs[0][1]}”"
            yield Evidence(kind="message", issue=issue, strength=total, because=because)
        if recognised := _best(reading.recognised):
            reading.position = recognised.position

    def _caller(self, reading: _Reading, entry: ErrorCode | None) -> CallerIp | None:
        """Compare the address that the exchange saw with the whitelist, and note what it says."""
        for hit in reading.hits:
            if hit.address is None:
                continue
            caller = strengths.caller_ip(hit.address, self._knowledge.site)
            if caller is None:
                continue
            owner = hit.owners[0]
            issue = owner.issue or (owner.entry.issues[0] if owner.entry else None)
            who = self._name(entry.exchange) if entry else "the exchange"
            if issue:
                product = self._knowledge.site.product
                reading.evidence.append(strengths.of_caller_ip(caller, issue, who, product))
            return caller
        return None

    def _words(self, reading: _Reading) -> float:
        """Note what the words say; return the log-odds that nothing fits."""
        if not reading.text.flat:
            return strengths.NOTHING_WITHOUT_TEXT
        found, tendency = self._phrases.wordings(reading.text, reading.spans())
        surest = max((one.strength for one in reading.recognised), default=0.0)
        sure = surest >= strengths.SURE
        meant = {issue for one in reading.recognised for issue in one.entry.issues}
        code = code_share(reading.text) > MOSTLY
        log = code and len(reading.text.starts) > FEW_LINES
        nothing = strengths.NOTHING_WITH_TEXT
        if reading.mentions:
            nothing += strengths.EXCHANGE_NAMED + reading.off_topic
        else:
            nothing += strengths.WITHOUT_EXCHANGE * reading.off_topic
            nothing += strengths.FOREIGN_HOST if reading.foreign else 0.0
        phrases = word_strengths(found)
        for issue in {**phrases, **tendency}:
            share = strengths.share_beside_code(sure=sure, meant=issue in meant)
            worth, quotes = phrases.get(issue, (0.0, ()))
            by_phrases = share * strengths.phrases(worth, log=log)
            by_tendency = share * strengths.tendency(tendency.get(issue, 0.0), code=code)
            if issue == OFF_TOPIC:
                nothing += by_phrases + by_tendency
                continue
            if worth:
                reading.evidence.append(strengths.of_words(issue, by_phrases, quotes))
            reading.evidence.append(strengths.of_tendency(issue, by_tendency))
        return nothing

    def _answers(self, observations: Observations, entry: ErrorCode | None) -> Iterator[Evidence]:
        diagnostic = self._knowledge.diagnostic
        if diagnostic:
            for item in diagnostic.checklist:
                if item.id in observations.checklist:
                    yield from strengths.of_checklist(item, ticked=observations.checklist[item.id])
            for test in diagnostic.tests:
                if test.id in observations.tests:
                    yield from strengths.of_test(test, observations.tests[test.id])
        issue = self._knowledge.issue(observations.answer) if observations.answer else None
        if issue:
            question = entry.question if entry else None
            yield strengths.of_answer(issue.slug, _label(question, issue.slug) or issue.title)

    # --- ranking ------------------------------------------------------------------------------

    def _rank(self, evidence: Iterable[Evidence], nothing: float) -> tuple[Match, ...]:
        by_issue: dict[str, list[Evidence]] = defaultdict(list)
        for piece in evidence:
            by_issue[piece.issue].append(piece)
        order = {issue.slug: place for place, issue in enumerate(self._knowledge.issues)}
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
            matches.append(
                Match(
                    issue=slug,
                    title=issue.title,
                    url=issue.url,
                    confidence=round(math.exp(sums[slug] - highest) / total, 4),
                    because=_reasons(by_issue[slug]),
                )
            )
        return tuple(matches)

    def _name(self, exchange: str) -> str:
        found = self._knowledge.exchange(exchange)
        return found.name if found else exchange


_LABEL = re2.compile(
    r"(?:code|label|err(?:or)?(?:[_-]?(?:code|msg|message))?|reason|name|type|message|id)"
    r"'?\s?[:=]\s?[\[(]?'?$|[\[(]'?$"
)


def _telling(hit: Hit[_Owner]) -> bool:
    """Tell whether a message is long enough to be an exchange's own."""
    signature = hit.signature
    return signature.words >= TELLING_WORDS or signature.length >= TELLING_LENGTH


def _general_strength(hit: Hit[_Owner]) -> float:
    signature = hit.signature
    if "{ip}" in signature.parts and signature.words <= TELLING_WORDS:
        return strengths.ADDRESS_SIGNATURE
    if any(owner.issue == OFF_TOPIC for owner in hit.owners):
        return strengths.OFF_TOPIC_SIGNATURE
    if _telling(hit):
        return strengths.GENERAL_SIGNATURE
    return strengths.SHORT_SIGNATURE if signature.length >= SHORT else strengths.SHORTEST_SIGNATURE


def _outermost(hits: Iterable[Hit[_Owner]]) -> list[Hit[_Owner]]:
    """Return the hits that don't stand within a longer one, in the order of the text.

    A hit within another one stays when it captured the caller's address, or is a code.
    """
    ordered = sorted(hits, key=lambda hit: (hit.start, -hit.end))
    result: list[Hit[_Owner]] = []
    reached = -1
    for hit in ordered:
        inside = hit.end <= reached
        if not inside or hit.address or any(owner.is_code for owner in hit.owners):
            result.append(hit)
        if not any(owner.is_code for owner in hit.owners):
            reached = max(reached, hit.end)
    return result


def _note(
    found: dict[tuple[str, str | None], _Recognised],
    entry: ErrorCode,
    strength: float,
    position: int,
    last: int,
    count: int,
    *,
    code: bool,
) -> None:
    """Add one place where an entry stands to what was found of it so far."""
    key = (entry.code, entry.match)
    known = found.get(key)
    if known is None:
        known = found[key] = _Recognised(entry, strength, position, last, 0)
    known.strength = max(known.strength, strength)
    if code and not known.has_code:
        known.position = position
    known.last = max(known.last, last)
    known.has_code |= code
    known.has_message |= not code
    known.count = known.count + count if code == known.has_code else max(known.count, count)


def _best(recognised: Iterable[_Recognised]) -> _Recognised | None:
    return max(recognised, key=lambda one: (one.strength, one.last), default=None)


def _quote(text: Text, hit: Hit[_Owner]) -> str:
    found = text.flat[hit.start : hit.end]
    return found if len(found) <= 80 else f"{found[:77]}…"  # noqa: PLR2004


def _label(question: Question | None, issue: str) -> str | None:
    options = question.options if question else ()
    return next((option.label for option in options if option.issue == issue), None)


def _reasons(pieces: Iterable[Evidence]) -> tuple[str, ...]:
    """Return the reasons that speak for an issue, the strongest first."""
    speaking = sorted((p for p in pieces if p.strength > 0.25), key=lambda p: -p.strength)  # noqa: PLR2004
    return tuple(dict.fromkeys(piece.because for piece in speaking))
