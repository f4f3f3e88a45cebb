"""What a text holds (messages, codes, exchanges), and which errors of which exchange these are.

Codes are looked up per exchange, because they mean something else at each.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

import re2

from app.diagnosis import weights
from app.diagnosis.code_numbers import NumberHit, numbers
from app.diagnosis.exchange_names import (
    OTHER,
    Mention,
    MentionIndex,
    foreign_hosts,
    votes_by_exchange,
    without_names,
)
from app.diagnosis.lines import is_advice, is_machine_made, mostly_machine_made
from app.diagnosis.normalised_text import NormalisedText, Span, normalise
from app.diagnosis.signatures import Hit, SignatureIndex
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, ErrorCode

MOST_CODES = 200
"""The most numbers of a text that are looked at: half from its beginning, half from its end."""

_DISTINCT = "-:"
"""Signs in codes that tell them from ordinary words: api-signature-not-valid, EAPI:Invalid key."""
_WORDS = re.compile(r"[^\W\d_]+")
_LETTERS = re.compile(r"[a-z]{3,}")
_JSON_WORDS = frozenset(
    {"code", "msg", "message", "data", "null", "retcode", "retmsg", "result", "error"}
)
_LABEL = re.compile(
    r"(?:(?:code|label|err(?:or)?(?:[_-]?(?:code|id))?|reason|name|type|id|failure_reason)"
    r"'?\s?[:=]\s?[\[(]?|[\[(])'$"
)
_LABEL_LENGTH = 24

_STATUS = re2.compile(r"^http ([1-5][0-9]{2})$")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a signature is: an issue's (or `NO_ISSUE`), an error's, or an error's literal code."""

    issue: str | None = None
    entry: ErrorCode | None = None
    is_code: bool = False

    def is_understood(self, codes: Container[tuple[str, str]]) -> bool:
        """Whether the signature is a message, or one of the recognised `codes` (exchange, code)."""
        known = self.entry and (self.entry.exchange, self.entry.code)
        return not self.is_code or known in codes


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was found in one text.

    `is_machine_made`: a program wrote most of its lines, so they are nobody's own words.
    """

    text: NormalisedText
    hits: tuple[Hit[Owner], ...]
    numbers: tuple[NumberHit, ...]
    mentions: tuple[Mention, ...]
    foreign: tuple[str, ...]
    is_machine_made: bool

    @property
    def has_message(self) -> bool:
        """Whether a fixed message that means an issue stands in it."""
        means = (owner.issue not in {None, NO_ISSUE} for hit in self.hits for owner in hit.owners)
        return any(means)

    @property
    def has_error(self) -> bool:
        """Whether a fixed message stands in it, or a number that stands as a code."""
        codes = (hit.context not in {"bare", "http"} for hit in self.numbers)
        messages = (not owner.is_code for hit in self.hits for owner in hit.owners)
        return self.has_message or any(codes) or any(messages)

    def spans(self, found: Iterable[RecognisedError]) -> list[Span]:
        """Return the places of all fixed messages and codes.

        In a line of JSON or of a log, what stands around a code that was `found` is its message. A
        word that is only another exchange's code ("timeout") is a word like others.
        """
        found = list(found)
        codes = {(error.entry.exchange, error.entry.code) for error in found if error.by_code}
        spans = [(hit.start, hit.end) for hit in self.numbers if hit.context != "bare"]
        for hit in self.hits:
            if any(owner.is_understood(codes) for owner in hit.owners):
                spans += hit.spans
        return spans + self.lines_of(found)

    def lines_of(self, found: Iterable[RecognisedError]) -> list[Span]:
        """Return the lines of JSON or of a log in which the codes that were `found` stand.

        Lines that only have an HTTP status are left out: the text after the status says more.
        """
        lines = {self.text.line_span(error.position) for error in found if error.by_code}
        return [span for span in sorted(lines) if is_machine_made(self.text.flat[slice(*span)])]


@dataclass(slots=True)
class RecognisedError:
    """One error of one exchange in a text: its first and last place, and what of it stands there.

    `by_code`: its code; `by_status`: an HTTP status that is its code; `by_message`: its message,
    which is `telling` if it is long enough to be sure.
    """

    entry: ErrorCode
    position: int
    last: int
    by_code: bool = False
    by_status: bool = False
    by_message: bool = False
    telling: bool = False

    @property
    def has_code(self) -> bool:
        """Whether the code itself stands in the text."""
        return self.by_code or self.by_status

    @property
    def is_sure(self) -> bool:
        """Whether enough of it stands in the text not to be there by chance."""
        return self.has_code or self.telling


class Recogniser:
    """Everything that is looked for in texts, prepared once for a knowledge base."""

    def __init__(self, knowledge: KnowledgeBase, mentions: MentionIndex) -> None:
        """Prepare signatures and codes of `knowledge`; `mentions` finds its exchanges."""
        self._knowledge = knowledge
        self._mentions = mentions
        self._signatures = SignatureIndex(signatures_of(knowledge))
        codes: dict[str, dict[str, None]] = defaultdict(dict)
        for entry in _entries(knowledge):
            if _is_number(entry.code):
                codes[entry.code][entry.exchange] = None
        self._codes = {code: tuple(exchanges) for code, exchanges in codes.items()}
        self._by_message = {
            (entry.exchange, normalise(entry.message).flat): entry
            for entry in _entries(knowledge)
            if entry.message
        }
        self._matches = {
            (entry.exchange, entry.code, entry.match): normalise(entry.match).flat
            for entry in _entries(knowledge)
            if entry.match
        }

    def read(self, pasted: str) -> Reading:
        """Find everything in a text (secrets removed).

        Lines of advice, such as a list of possible causes, are ignored if the other lines hold an
        error.
        """
        text = normalise(pasted)
        advice = {
            number
            for number, line in zip(text.line_numbers, text.flat_lines, strict=True)
            if is_advice(line)
        }
        if advice:
            kept = ("" if number in advice else line for number, line in enumerate(text.lines))
            own = self._read(normalise("\n".join(kept)))
            if own.has_error:
                return own
        return self._read(text)

    def _read(self, text: NormalisedText) -> Reading:
        mentions = self._mentions.find(text.flat)
        found = list(numbers(text.flat, self._codes))
        if len(found) > MOST_CODES:
            found = found[: MOST_CODES // 2] + found[-MOST_CODES // 2 :]
        return Reading(
            text=text,
            hits=tuple(outermost(self._signatures.find(text.flat))),
            numbers=tuple(found),
            mentions=tuple(mentions),
            foreign=tuple(foreign_hosts(text.flat, mentions)),
            is_machine_made=mostly_machine_made(text),
        )

    # --- which exchange -----------------------------------------------------------------------

    def exchange(self, reading: Reading, chosen: str | None) -> str | None:
        """Return the exchange that a text is about, or that the visitor chose.

        A choice outweighs a name in the text, but neither a host nor a code with its own message.
        """
        scores: dict[str, float] = defaultdict(float, votes_by_exchange(reading.mentions))
        if self._knowledge.exchange(chosen) and chosen:
            scores[chosen] += weights.CHOSEN
        named = bool(scores)
        for exchange, score in self._by_errors(reading, named=named).items():
            scores[exchange] += score
        if not scores:
            return None
        best = max(scores, key=lambda exchange: (scores[exchange], exchange == chosen))
        return best if best != OTHER and scores[best] >= weights.ENOUGH_VOTES else None

    def _by_errors(self, reading: Reading, *, named: bool) -> dict[str, float]:
        """Return the votes that codes and messages give to each exchange."""
        votes: dict[str, float] = defaultdict(float)
        messages: dict[tuple[str, str], Hit[Owner]] = {}
        for hit in reading.hits:
            exchanges = {owner.entry.exchange for owner in hit.owners if owner.entry}
            for owner in hit.owners:
                if owner.entry is None:
                    continue
                exchange, code = owner.entry.exchange, owner.entry.code
                sole = len(exchanges) == 1
                if owner.is_code:
                    if sole and any(mark in code for mark in _DISTINCT):
                        votes[exchange] = max(votes[exchange], weights.OWN_ERROR)
                    continue
                messages[exchange, code] = hit
                if sole and hit.signature.words >= weights.TELLING_WORDS:
                    votes[exchange] += weights.OWN_ERROR
        for number in reading.numbers:
            candidates = self._codes.get(number.code, ())
            if len(candidates) == 1 and not named and _is_lone_code(reading, number):
                votes[candidates[0]] += weights.SOLE_CODE
            if number.context in {"bare", "http"}:
                continue
            for exchange in candidates:
                message = messages.get((exchange, number.code))
                if message and _near(message, number):
                    votes[exchange] += weights.OWN_ERROR
            sole = len(candidates) == 1 and len(number.code) >= weights.LONG_CODE
            if sole and not named and self._fits(reading, number, candidates[0]):
                votes[candidates[0]] += weights.SOLE_CODE
        return votes

    def _fits(self, reading: Reading, number: NumberHit, exchange: str) -> bool:
        """Tell whether what stands around a code is its message, or no English at all.

        Messages change their wording over the years, and browsers translate them. A single word
        that is a fixed message by itself ("IP_ILLEGAL") is another exchange's.
        """
        flat = reading.text.flat
        around = flat[max(0, number.start - weights.CLOSE) : number.start]
        around += flat[number.end : number.end + weights.CLOSE]
        words = set(_LETTERS.findall(around)) - _JSON_WORDS
        if len(words) <= 1:
            return not any(_near(hit, number) for hit in reading.hits)
        for entry in self._knowledge.errors(exchange, number.code):
            known = set(_LETTERS.findall(normalise(entry.message or "").flat))
            if known and len(known & words) >= weights.COMMON_WORDS * len(known):
                return True
        return False

    def exchanges_of_lone_code(self, reading: Reading) -> tuple[str, ...]:
        """Return the exchanges that have the code of a text which is only that code."""
        for number in reading.numbers:
            if not reading.mentions and _is_lone_code(reading, number):
                return self._codes.get(number.code, ())
        return ()

    # --- which errors -------------------------------------------------------------------------

    def errors(self, reading: Reading, exchange: str) -> list[RecognisedError]:
        """Return the errors of `exchange` in a text, each once, in the order of the text."""
        found: dict[tuple[str, str | None], RecognisedError] = {}
        for number in reading.numbers:
            if not self._is_code_of(reading, number, exchange):
                continue
            status = number.context == "http"
            entry = self._entry(reading, exchange, number.code, number.start, status=status)
            if entry is not None:
                error = _noted(found, entry, number.start, number.start)
                error.by_status |= status
                error.by_code |= not status
        for hit in reading.hits:
            for owner in hit.owners:
                if owner.entry is None or owner.entry.exchange != exchange:
                    continue
                if not owner.is_code:
                    error = _noted(found, owner.entry, hit.start, hit.last)
                    error.by_message = True
                    error.telling |= is_telling(hit)
                elif self._stands_as_code(reading, hit, owner.entry):
                    _noted(found, owner.entry, hit.start, hit.last).by_code = True
        if entry := self._whole_message(reading, exchange):
            error = _noted(found, entry, 0, 0)
            error.by_message = error.telling = True
        return sorted(found.values(), key=lambda error: error.position)

    def _whole_message(self, reading: Reading, exchange: str) -> ErrorCode | None:
        """Return the entry whose message is all of a text but names: "coinbase unauthorized"."""
        rest = " ".join(without_names(reading.text.flat, reading.mentions).split())
        return self._by_message.get((exchange, rest.strip(" .:!'"))) if rest else None

    def _stands_as_code(self, reading: Reading, hit: Hit[Owner], entry: ErrorCode) -> bool:
        """Tell whether the hit is used as a code, and `entry` is the entry of it."""
        plain = not any(mark in entry.code for mark in (*_DISTINCT, "_", " ", "."))
        if plain and not _stands_as_label(reading, hit):
            return False
        if not any(_is_whole(reading.text.flat, *span) for span in hit.spans):
            return False
        return self._entry(reading, entry.exchange, entry.code, hit.start) is entry

    def _is_code_of(self, reading: Reading, number: NumberHit, exchange: str) -> bool:
        """Tell whether a number stands as a code or a status of `exchange`."""
        entries = self._knowledge.errors(exchange, number.code)
        if number.context == "http":
            return any(map(_is_status, entries))
        if number.context == "key":
            return bool(entries)
        is_long = len(number.code.lstrip("-")) > len("404")
        stands = number.context == "code" or self._is_named(reading, number, exchange)
        return bool(entries) and is_long and stands

    def _is_named(self, reading: Reading, number: NumberHit, exchange: str) -> bool:
        """Tell whether a bare number stands where a code does.

        That is at the beginning of the text, behind the exchange's name or before its message:

        "okx 51155 You can't trade ..."
        """
        if number.start == 0:
            return True
        if any(
            mention.exchange == exchange and 0 < number.start - mention.end <= weights.ADJACENT
            for mention in reading.mentions
        ):
            return True
        return any(
            0 <= hit.start - number.end <= _LABEL_LENGTH
            and any(owner.entry and owner.entry.code == number.code for owner in hit.owners)
            for hit in reading.hits
        )

    def _entry(
        self, reading: Reading, exchange: str, code: str, position: int, *, status: bool = False
    ) -> ErrorCode | None:
        """Return the entry of a code that fits the text around `position`, else the general one."""
        entries = self._knowledge.errors(exchange, code)
        if status:
            entries = tuple(entry for entry in entries if _is_status(entry))
        flat = reading.text.flat
        for place in (flat[max(0, position - weights.CLOSE) : position + 3 * weights.CLOSE], flat):
            for entry in entries:
                match = self._matches.get((exchange, code, entry.match or ""))
                if match and match in place:
                    return entry
        return next((entry for entry in entries if entry.match is None), None)


def is_telling(hit: Hit[Owner]) -> bool:
    """Tell whether a message is long enough not to be said by chance."""
    words, length = hit.signature.words, hit.signature.length
    return words >= weights.TELLING_WORDS or length >= weights.TELLING_LENGTH


def status_of(signature: str) -> str | None:
    """Return the status of a signature such as "HTTP 429", which matches however it's written."""
    found = _STATUS.search(normalise(signature).flat)
    return str(found.group(1)) if found else None


def _entries(knowledge: KnowledgeBase) -> Iterator[ErrorCode]:
    for exchange in knowledge.exchanges:
        for entries in knowledge.errors_of(exchange.id).values():
            yield from entries


def signatures_of(knowledge: KnowledgeBase) -> Iterator[tuple[str, Owner]]:
    """Yield every signature of the content, verbatim messages among them, with its owner."""
    for issue in knowledge.issues:
        for signature in issue.signatures:
            if status_of(signature) is None:
                yield signature, Owner(issue=issue.slug)
    if knowledge.diagnostic:
        for signature in knowledge.diagnostic.off_topic_signatures:
            yield signature, Owner(issue=NO_ISSUE)
    for entry in _entries(knowledge):
        if entry.message and entry.verbatim:
            yield entry.message, Owner(entry=entry)
        for signature in entry.signatures:
            yield signature, Owner(entry=entry)
        if not _is_number(entry.code):
            yield entry.code, Owner(entry=entry, is_code=True)


def _is_number(code: str) -> bool:
    return code.lstrip("-").isdigit()


def _is_status(entry: ErrorCode) -> bool:
    return entry.scope == "http" or str(entry.http) == entry.code


def _stands_as_label(reading: Reading, hit: Hit[Owner]) -> bool:
    """Tell whether an ordinary word stands in quotes behind a key such as `label:` or in brackets.

    Without quotes it is no code: "Client Error: Unauthorized".
    """
    before = reading.text.flat[max(0, hit.start - _LABEL_LENGTH) : hit.start]
    return _LABEL.search(before) is not None


def _is_whole(flat: str, start: int, end: int) -> bool:
    """Tell whether a literal code isn't part of a longer code (SUB_ACCOUNT_LOCKED)."""
    return flat[start - 1 : start] not in {"_", "-"} and flat[end : end + 1] not in {"_", "-"}


def _near(message: Hit[Owner], number: NumberHit) -> bool:
    return (
        message.last >= number.start - weights.CLOSE and message.start <= number.end + weights.CLOSE
    )


def _noted(
    found: dict[tuple[str, str | None], RecognisedError], entry: ErrorCode, position: int, last: int
) -> RecognisedError:
    """Return what was found of an entry so far, its place brought up to date."""
    key = (entry.code, entry.match)
    error = found.setdefault(key, RecognisedError(entry, position, last))
    error.position = min(error.position, position)
    error.last = max(error.last, last)
    return error


def outermost(hits: Iterable[Hit[Owner]]) -> Iterator[Hit[Owner]]:
    """Yield the hits that aren't part of a longer hit, in the order of the text.

    A hit within another hit stays if it captured the caller's address or is a code.
    """
    reached = -1
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        code = any(owner.is_code for owner in hit.owners)
        if code or hit.address or hit.end > reached:
            yield hit
        if not code:
            reached = max(reached, hit.end)


def _is_lone_code(reading: Reading, number: NumberHit) -> bool:
    """Tell whether a text is a code and hardly a word more, as in "error -2015 again"."""
    if len(reading.text.flat) > weights.LONGEST_LONE_CODE:
        return False
    rest = f"{reading.text.flat[: number.start]} {reading.text.flat[number.end :]}"
    words = set(_WORDS.findall(rest)) - _JSON_WORDS
    is_code = len(number.code.lstrip("-")) > len("404")
    # Words in quotes are a message, which tells more than the code.
    most = 0 if "'" in rest else weights.WORDS_BESIDE_CODE
    return is_code and len(words) <= most and not any(map(str.isdigit, rest))
