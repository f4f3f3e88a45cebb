"""What each observation says about each issue, and the reason that a visitor reads.

How strongly it says so stands in `weights`. Evidence for `NO_ISSUE` speaks for a text about
something else, and has no reason to tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

from app.diagnosis import weights
from app.diagnosis.signatures import Signature
from app.i18n import _, listed
from app.model import (
    NO_ISSUE,
    CallerIp,
    ChecklistItem,
    ErrorCode,
    Evidence,
    Issue,
    Outcome,
    QuickTest,
    Site,
)

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


def _ranked(
    kind: Literal["code", "message", "checklist", "test"],
    issues: Sequence[str],
    strengths: Sequence[float],
    because: str,
) -> Iterator[Evidence]:
    """Yield evidence for `issues` in order, each with the strength of its place (or the last)."""
    for place, issue in enumerate(issues):
        yield Evidence(kind, issue, strengths[min(place, len(strengths) - 1)], because)


def by_rank(strength: float) -> tuple[float, ...]:
    """Return the strengths for the issues of one error, likeliest first."""
    return tuple(strength * share for share in weights.RANK)


def of_error(
    entry: ErrorCode, strength: float, because: str, *, kind: Literal["code", "message"]
) -> Iterator[Evidence]:
    """Yield what a recognised code or message says."""
    return _ranked(kind, entry.issues, by_rank(strength), because)


def of_checklist(item: ChecklistItem, *, ticked: bool) -> Iterator[Evidence]:
    """Yield what a checklist item says: unticked it speaks for its issues, ticked against."""
    if ticked:
        return _ranked(
            "checklist",
            item.points_to,
            weights.TICKED,
            _("You ticked “{text}”").format(text=item.text),
        )
    return _ranked("checklist", item.points_to, weights.UNTICKED, item.missing)


def of_test(test: QuickTest, outcome: Outcome) -> Iterator[Evidence]:
    """Yield what the outcome of a quick test says."""
    result = test.on_pass if outcome == "pass" else test.on_fail
    yield from _ranked("test", result.points_to, weights.OUTCOME_FOR, result.because)
    yield from _ranked("test", result.speaks_against, weights.OUTCOME_AGAINST, result.because)


def of_maintenance(tests: Iterable[QuickTest], name: str) -> Iterator[Evidence]:
    """Yield what a maintenance of the exchange says: the same as a bad status page."""
    for test in tests:
        if test.live == "status":
            because = _("{name} says it's under maintenance").format(name=name)
            yield from _ranked("test", test.on_fail.points_to, weights.OUTCOME_FOR, because)


def of_choice(issue: str, label: str) -> Evidence:
    """Return what the answer to a question says."""
    return Evidence("choice", issue, weights.CHOICE, _("You chose “{text}”").format(text=label))


def of_no_choice(issue: str) -> Evidence:
    """Return what "none of these" says about an issue that was offered."""
    return Evidence("choice", issue, -weights.CHOICE, _("You chose none of these"))


def of_exchange(issue: Issue, exchange: str, name: str) -> Iterator[Evidence]:
    """Yield that an issue can't occur with an exchange, if so."""
    if not issue.concerns(exchange):
        yield Evidence(
            "fact",
            issue.slug,
            weights.IMPOSSIBLE,
            _("This can't happen on {exchange}").format(exchange=name),
        )


def strength_of_signature(found: Signature, *, telling: bool, off_topic: bool) -> float:
    """Return how strongly a general signature speaks."""
    if "{ip}" in found.parts and found.words <= weights.ADDRESS_WORDS:
        return weights.ADDRESS_SIGNATURE
    if off_topic:
        return weights.OFF_TOPIC_SIGNATURE
    if telling:
        return weights.SIGNATURE
    short = found.length >= weights.SHORT_LENGTH
    return weights.SHORT_SIGNATURE if short else weights.SHORTEST_SIGNATURE


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


def of_phrases(issue: str, strength: float, quotes: Sequence[str]) -> Evidence:
    """Return what the phrases of an issue that were found say."""
    because = _("You wrote {texts}").format(texts=listed([f"“{quote}”" for quote in quotes]))
    return Evidence("words", issue, strength, because)


def of_model(issue: str, strength: float, quote: str) -> Evidence:
    """Return what the model of reports says."""
    because = _("Other people describe this issue in similar words")
    return Evidence("words", issue, strength, f"{because}: “{quote}”" if quote else because)


def of_nothing_pasted() -> Evidence:
    """Return what speaks for something else when there is no text."""
    return Evidence("words", NO_ISSUE, weights.NO_TEXT, "")


def of_everyday() -> Evidence:
    """Return the evidence of an everyday question: the text is not about an issue."""
    return Evidence("words", NO_ISSUE, weights.EVERYDAY, "")


def of_text(*, named: bool, foreign: bool, error: bool, message: bool) -> Evidence:
    """Return what any text says for something else, before it is read.

    `named`: it names an exchange; `foreign`: only hosts of others; `error`: it holds an error of
    an exchange; `message`: or a fixed message that means an issue.
    """
    strength = weights.ERROR_OF_EXCHANGE if error else weights.ANY_TEXT
    strength += weights.FIXED_MESSAGE if message and not error else 0.0
    strength += weights.EXCHANGE_NAMED if named else weights.FOREIGN_HOST if foreign else 0.0
    return Evidence("words", NO_ISSUE, strength, "")
