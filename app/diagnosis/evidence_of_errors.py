"""Evidence of error codes, fixed messages, and the caller's IP address in a message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal, NamedTuple

from app.diagnosis import weights
from app.diagnosis.recognition import Owner, Reading, RecognisedError, status_of
from app.diagnosis.signatures import Hit
from app.i18n import _
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, CallerIp, ErrorCode, Evidence, Site

LONGEST_QUOTE = 80

_UNKNOWN_CALLERS = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/127",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)
"""IP addresses that no exchange on the internet sees as a caller's."""


class _Sign(NamedTuple):
    """A general message that speaks for an issue: how strongly, its words, and its place."""

    strength: float
    quote: str
    position: int


class SeenCaller(NamedTuple):
    """The caller's IP address in a message, and whose message it is."""

    address: CallerIp
    owner: Owner


@dataclass(frozen=True, slots=True)
class GeneralEvidence:
    """Evidence of messages that aren't the exchange's own; `position` is that of the strongest."""

    evidence: tuple[Evidence, ...]
    position: int | None


class ErrorEvidence:
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
        self, found: Iterable[RecognisedError], reading: Reading, chosen_exchange: str | None
    ) -> Iterator[Evidence]:
        """Yield what the errors of the exchange mean; the visitor may have chosen another one."""
        chosen = self._knowledge.exchange(chosen_exchange)
        for error in found:
            entry = error.entry
            if error.has_code:
                because = self.answered(entry)
            else:
                because = _("{exchange} answered “{message}”").format(
                    exchange=self.name(entry.exchange), message=entry.message or entry.code
                )
            if chosen and chosen.id != entry.exchange:
                because += _(", although you chose {exchange}").format(exchange=chosen.name)
            kind: Literal["code", "message"] = "code" if error.has_code else "message"
            yield from of_error(entry, strength_of(error, reading), because, kind=kind)

    def answered(self, entry: ErrorCode) -> str:
        """Return the reason “... answered with error ...”."""
        return _("{exchange} answered with error {code}").format(
            exchange=self.name(entry.exchange), code=entry.code
        )

    def of_general(self, reading: Reading, sure: Collection[RecognisedError]) -> GeneralEvidence:
        """Return the evidence of messages that aren't the exchange's own.

        `sure` are the errors of the exchange that were recognised for certain.
        """
        beside = factor_beside(sure, reading)
        evidence: list[Evidence] = []
        strongest, position = 0.0, None
        for issue, signs in self._signs(reading, sure).items():
            best, *others = sorted(signs, reverse=True, key=lambda sign: sign.strength)
            further = weights.FURTHER_SIGNATURE * sum(sign.strength for sign in others[:2])
            strength = beside * (best.strength + further)
            if issue != NO_ISSUE and strength > strongest:
                strongest, position = strength, best.position
            evidence.append(of_signature(issue, strength, best.quote))
        return GeneralEvidence(tuple(evidence), position)

    def _signs(self, reading: Reading, sure: Collection[RecognisedError]) -> dict[str, list[_Sign]]:
        """Return the messages and statuses that speak for each issue, and for something else."""
        signs: dict[str, list[_Sign]] = defaultdict(list)
        lines = reading.lines_of(sure)
        entries = [error.entry for error in sure]
        reasons = [
            (number.start, number.end) for number in reading.numbers if number.context == "http"
        ]
        for hit in reading.hits:
            if any(start <= hit.start and hit.end <= end for start, end in reasons):
                continue  # "429 Too Many Requests" is a status with its reason, and no message
            in_line = any(start <= hit.start < end for start, end in lines)
            factor = weights.IN_LINE_OF_ERROR if in_line else 1.0
            for issue, strength in _meanings(hit, entries).items():
                signs[issue].append(_Sign(factor * strength, _quote(reading, hit), hit.start))
        codes = {error.entry.code for error in sure if error.has_code}
        beside = weights.STATUS_BESIDE_MESSAGE if signs else 1.0
        for number in reading.numbers:
            if number.context == "http" and number.code not in codes:
                quote = f"HTTP {number.code}"
                for issue in self._statuses.get(number.code, ()):
                    strength = beside * weights.STATUS_SIGNATURE
                    signs[issue].append(_Sign(strength, quote, number.start))
        return signs

    def caller(self, reading: Reading) -> SeenCaller | None:
        """Return the first IP address that an exchange saw, compared with the whitelist."""
        for hit in reading.hits:
            caller = caller_ip(hit.address, self._knowledge.site) if hit.address else None
            if caller:
                return SeenCaller(caller, hit.owners[0])
        return None

    def of_caller(self, seen: SeenCaller, entry: ErrorCode | None) -> Iterator[Evidence]:
        """Yield what the caller's address says; `entry` is the error that was recognised."""
        issue = seen.owner.issue or (seen.owner.entry.issues[0] if seen.owner.entry else None)
        if issue:
            who = self.name(entry.exchange) if entry else _("The exchange")
            yield of_caller_ip(seen.address, issue, who, self._knowledge.site.product)


def strength_of(error: RecognisedError, reading: Reading) -> float:
    """Return how strongly an error speaks: by its code or its message, and its place."""
    if error.by_code:
        strength = weights.CODE
    else:
        strength = weights.MESSAGE if error.by_message else weights.STATUS
    return strength + weights.LAST * error.last / max(1, len(reading.text.flat))


def factor_beside(sure: Collection[RecognisedError], reading: Reading) -> float:
    """Return the factor for all other signs in a text with these errors of the exchange."""
    loud = any(strength_of(error, reading) >= weights.STRONG_ERROR for error in sure)
    return weights.BESIDE_ERROR if loud else 1.0


def _meanings(hit: Hit[Owner], own: Collection[ErrorCode]) -> dict[str, float]:
    """Return the issues that a message speaks for, apart from the exchange's `own` errors."""
    meanings: dict[str, float] = {}
    is_own = any(owner.entry is entry for owner in hit.owners for entry in own)
    for owner in hit.owners:
        if owner.entry and not owner.is_code and not is_own:
            for issue, value in _by_rank(owner.entry, weights.MESSAGE):
                meanings[issue] = max(meanings.get(issue, 0.0), value)
    for owner in hit.owners:
        if owner.issue is not None:
            is_else = owner.issue == NO_ISSUE
            meanings[owner.issue] = weights.OFF_TOPIC_SIGNATURE if is_else else weights.SIGNATURE
    return meanings


def _quote(reading: Reading, hit: Hit[Owner]) -> str:
    found = reading.text.flat[hit.start : hit.end]
    return found if len(found) <= LONGEST_QUOTE else f"{found[:LONGEST_QUOTE]}…"


def _by_rank(entry: ErrorCode, strength: float) -> Iterator[tuple[str, float]]:
    """Yield the issues of an error, likeliest first, each with its part of `strength`."""
    for issue, factor in weights.by_place(entry.issues, weights.RANK):
        yield issue, strength * factor


def of_error(
    entry: ErrorCode, strength: float, because: str, *, kind: Literal["code", "message"]
) -> Iterator[Evidence]:
    """Yield what a recognised code or message says."""
    for issue, value in _by_rank(entry, strength):
        yield Evidence(kind, issue, value, because)


def of_signature(issue: str, strength: float, quote: str) -> Evidence:
    """Return what a general signature says."""
    return Evidence("message", issue, strength, _("Your message says “{text}”").format(text=quote))


def caller_ip(address: str, site: Site) -> CallerIp | None:
    """Compare the address that an exchange saw with the whitelist; None when that says nothing."""
    if site.whitelist is None:
        return None
    found: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if any(found in network for network in _UNKNOWN_CALLERS):
        return None
    if found in site.whitelist.addresses:
        return CallerIp(address=str(found), verdict="ours")
    only_ipv4 = all(isinstance(known, IPv4Address) for known in site.whitelist.addresses)
    if isinstance(found, IPv6Address) and only_ipv4:
        return CallerIp(address=str(found), verdict="ipv6")
    return CallerIp(address=str(found), verdict="not-ours")


def of_caller_ip(caller: CallerIp, issue: str, who: str, product: str) -> Evidence:
    """Return what the caller's address says about the issue of the message that shows it."""
    seen = _("{exchange} saw the IP address {address}").format(exchange=who, address=caller.address)
    because = {
        "ours": _("It belongs to {product}, so add it to the key's IP whitelist"),
        "ipv6": _("It's an IPv6 address, and an IPv4 entry doesn't cover it"),
        "not-ours": _("It doesn't belong to {product}, so another program sent this request"),
    }[caller.verdict].format(product=product)
    return Evidence("caller-ip", issue, weights.CALLER_IP[caller.verdict], f"{seen}. {because}")
