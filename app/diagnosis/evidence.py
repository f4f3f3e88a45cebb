"""What each observation says about each issue, and how strongly.

Strengths are log-odds, so that the diagnosis is their sum. All of them stand here; the weights of
words come from the phrases themselves (see `words`) and are only scaled here. The numbers were set
by what an observation means, then adjusted on `content/reports.jsonl`, by cross-validation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

from app.diagnosis.codes import Context
from app.diagnosis.signatures import Signature
from app.model import (
    CallerIp,
    ChecklistItem,
    ErrorCode,
    Evidence,
    Issue,
    Outcome,
    QuickTest,
    Site,
)

CODE: Mapping[Context, float] = {
    # An exchange's own code says what is wrong; the further it stands from a key, the less sure.
    "key": 5.0,
    "bracket": 4.5,
    "word": 4.5,
    "signed": 4.5,
    "named": 4.0,
    # A status is chosen by the exchange as well, but says less than a code.
    "http": 2.6,
    "bare": 0.0,
}
LITERAL_CODE = 5.0
"""A code that is a text of its own (EAPI:Invalid key)."""

CONFIRMED = 1.0
"""More for a code whose message stands there too."""

MESSAGE = 4.0
"""A message of the exchange itself, without its code."""

SHORT_MESSAGE = 2.0
"""The same in a word or two, which also stand in other texts."""

FOREIGN_MESSAGE = 2.6
"""A message of another exchange, or of nobody knows which."""

GENERAL_SIGNATURE = 3.8
"""A fixed message that means an issue wherever it stands."""

SHORT_SIGNATURE = 3.4
SHORTEST_SIGNATURE = 2.5
STATUS_SIGNATURE = 2.2
SHORT = 8
"""From this length on a signature of a word or two is not among the shortest."""
ADDRESS_WORDS = 3
ADDRESS_SIGNATURE = 0.4
"""A signature that is little more than an address: it is kept for the address."""

FURTHER_SIGNATURE = 0.3
"""Share that each further signature of one issue adds: a traceback says the same many times."""

SURE = 3.5
"""From this strength on, a code of the exchange quietens everything else."""

BESIDE_CODE = 0.5
"""Share that remains of signatures and words beside a code that speaks for something else."""

WITHIN_CODE = 0.7
"""Share that remains of them for one of the issues that the code can mean."""

SAID_TWICE = 0.5
"""Share of a general signature that is the exchange's own message at the same time."""

IN_OWN_LINE = 0.2
"""Share of a general signature in the line of JSON or log that holds a recognised code."""

RANK = (1.0, 0.8, 0.7, 0.62, 0.55)
"""Shares of the issues that one error can mean, likeliest first."""

REPEATED = 0.2
"""For each doubling of how often a code or message stands in a log."""

LAST = 0.4
"""For standing at the end of the text, in shares of the way: the last error stopped the bot."""

CALLER_IP: Mapping[str, float] = {"ours": 1.5, "ipv6": 1.5, "not-ours": 0.5}
WORDS = 0.8
"""Scale of phrases found."""

MOST_WORDS = 4.5
MOST_WORDS_OF_LOG = 2.0
"""What words can say at most: little in a log, whose lines are nobody's own words."""

TENDENCY = 0.9
TENDENCY_OF_CODE = 0.2
"""Scale of the tendency of all words: background, rarely enough by itself."""

LIKENESS = 2.5
LIKENESS_OF_CODE = 1.8
LIKENESS_BESIDE_CODE = 1.6
"""Scale of what reports teach: most in somebody's own words, least in lines of a log without a
recognised error."""

BY_CHANCE = 0.3
"""Log-odds for the issues together, over the likeliest one, that say nothing: a text about
something else is a little like many of them."""

MOST_TOGETHER = 1.6
"""What they can say together at most over the likeliest one, as much as five that are alike: a
text that is like all of them is too vague to answer."""

MOST_LIKENESS = 12.0
"""What it can say at most."""

AGAINST_MESSAGE = 2.0
"""What it can say at most against a fixed message in lines of a log or code: people who report
in their own words don't use the words of machines."""

BESIDE_REPORTS = 0.4
"""Share that remains of phrases when there are reports, which have learned them as well."""

UNTICKED = (2.4, 1.0, 0.6)
"""An item that is not ticked turns the order of an ambiguous code round."""
TICKED = (-1.3, -0.5, -0.3)
"""A ticked one does so less often: people tick what they believe."""

OUTCOME_FOR = (2.0, 1.2, 0.7)
OUTCOME_AGAINST = (-1.2, -0.8, -0.6)
ANSWER = 5.0
"""A chosen answer to the question that tells the causes apart: more than what a first tick says of
all items that are not ticked yet."""

IMPOSSIBLE = -0.8
"""The exchange is none of those that have this issue (no passphrase): it is still what somebody
who writes of nothing else means."""

WORTH_SAYING = 0.25
"""Weaker evidence counts, but is no reason to tell."""

NOTHING_WITH_TEXT = 2.0
"""What an issue needs to beat when a text was pasted: most texts are about something else."""

NOTHING_WITHOUT_TEXT = 0.3

FOREIGN_HOST = 3.5
"""A host that is no exchange's, in a text that names no exchange, speaks for something else."""

EXCHANGE_NAMED = -0.5
"""A text that names an exchange is likelier about connecting it."""

NOTHING_WITH_REPORTS = 1.5
NAMED_WITH_REPORTS = -3.0
FOREIGN_WITH_REPORTS = 6.0
"""The same three when reports tell what texts about something else are like."""

BESIDE_MESSAGE = -1.5
"""A fixed message of a failed connection, whoever sent it, is no question about something else."""

NOTHING_BESIDE_ERROR = -3.5
"""When an error of an exchange was recognised, the text is about connecting all the same."""

OFF_TOPIC_SIGNATURE = 4.0
"""A fixed message of a program or service that is no exchange."""

WITHOUT_EXCHANGE = 1.8
"""It says that much more in a text that names no exchange."""


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
"""Addresses that no exchange on the internet sees as a caller's."""


def ranked(
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
    return tuple(strength * share for share in RANK)


def of_error(
    entry: ErrorCode, strength: float, because: str, *, kind: Literal["code", "message"]
) -> Iterator[Evidence]:
    """Yield what a recognised code or message says."""
    return ranked(kind, entry.issues, by_rank(strength), because)


def of_checklist(item: ChecklistItem, *, ticked: bool) -> Iterator[Evidence]:
    """Yield what a checklist item says: unticked it speaks for its issues, ticked against."""
    if ticked:
        return ranked("checklist", item.points_to, TICKED, f"you ticked: {item.text}")
    return ranked("checklist", item.points_to, UNTICKED, item.missing)


def of_test(test: QuickTest, outcome: Outcome) -> Iterator[Evidence]:
    """Yield what the outcome of a quick test says."""
    result = test.on_pass if outcome == "pass" else test.on_fail
    yield from ranked("test", result.points_to, OUTCOME_FOR, result.because)
    yield from ranked("test", result.speaks_against, OUTCOME_AGAINST, result.because)


def of_answer(issue: str, label: str) -> Evidence:
    """Return what the answer to a question says."""
    because = f"you answered: {label}"
    return Evidence("answer", issue, ANSWER, because)


def of_exchange(issue: Issue, exchange: str, name: str) -> Iterator[Evidence]:
    """Yield that an issue can't occur with an exchange, if so."""
    if not issue.concerns(exchange):
        because = f"{name} doesn't have this"
        yield Evidence("fact", issue.slug, IMPOSSIBLE, because)


def signature(found: Signature, *, telling: bool, off_topic: bool) -> float:
    """Return the strength of a general signature."""
    if "{ip}" in found.parts and found.words <= ADDRESS_WORDS:
        return ADDRESS_SIGNATURE
    if off_topic:
        return OFF_TOPIC_SIGNATURE
    if telling:
        return GENERAL_SIGNATURE
    return SHORT_SIGNATURE if found.length >= SHORT else SHORTEST_SIGNATURE


def of_signature(issue: str, strength: float, quote: str) -> Evidence:
    """Return what a general signature says; the issue may be none (off-topic)."""
    because = f"the message says “{quote}”"
    return Evidence("message", issue, strength, because)


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
    seen = f"{who} saw the address {caller.address}, which is"
    because = {
        "ours": f"{seen} {product}'s: it has to be added to the key's list",
        "ipv6": f"{seen} an IPv6 address: the list holds IPv4 only",
        "not-ours": f"{seen} no address of {product}: this request did not come from {product}",
    }[caller.verdict]
    strength = CALLER_IP[caller.verdict]
    return Evidence("caller-ip", issue, strength, because)


def phrases(worth: float, *, log: bool) -> float:
    """Return the strength of the phrases found for one issue."""
    return min(MOST_WORDS_OF_LOG if log else MOST_WORDS, WORDS * worth)


def tendency(value: float, *, code: bool) -> float:
    """Return the strength of the tendency of all words towards one issue."""
    return (TENDENCY_OF_CODE if code else TENDENCY) * value


def of_words(issue: str, strength: float, quotes: Sequence[str]) -> Evidence:
    """Return what phrases that were found say."""
    because = "you wrote " + " and ".join(f"“{quote}”" for quote in quotes)
    return Evidence("words", issue, strength, because)


def of_tendency(issue: str, strength: float) -> Evidence:
    """Return what all words together say: background."""
    because = "your words are those of this issue"
    return Evidence("words", issue, strength, because)


def like_nothing(logs: Mapping[str, float], off_topic: str) -> float:
    """Return what the log-likeness to an issue is measured against.

    The issues are taken together here: a text that is like two of them alike is hardly about
    something else, although it is like neither much more than like that.
    """
    issues = [log for label, log in logs.items() if label != off_topic]
    highest = max(issues, default=0.0)
    together = math.log(sum(math.exp(log - highest) for log in issues)) if issues else 0.0
    return logs.get(off_topic, 0.0) - min(MOST_TOGETHER, together) + BY_CHANCE


def likeness(log_odds: float, *, code: bool, sure: bool, message: bool) -> float:
    """Return the strength of what a text is like: log-odds of an issue against something else.

    `code`: it is mostly a log or code; `sure`: it holds an error of an exchange, `message`: or a
    fixed message that means an issue.
    """
    scale = LIKENESS_BESIDE_CODE if sure else LIKENESS_OF_CODE if code else LIKENESS
    least = -AGAINST_MESSAGE if code and message and not sure else -MOST_LIKENESS
    return max(least, min(MOST_LIKENESS, scale * log_odds))


def of_likeness(issue: str, strength: float, quote: str) -> Evidence:
    """Return what reports of an issue say about a text like this one."""
    because = (
        f"reports of this are worded like yours: “{quote}”"
        if quote
        else "reports of this are worded like yours"
    )
    return Evidence("words", issue, strength, because)


def nothing(*, named: bool, foreign: bool, error: bool, message: bool, reports: bool) -> float:
    """Return what an issue has to beat: the log-odds that a text is about something else.

    `named`: it names an exchange; `foreign`: only hosts of others; `error`: it holds an error
    of an exchange, `message`: or a fixed message that means an issue; `reports`: there are some
    to learn from.
    """
    if not reports:
        value = NOTHING_WITH_TEXT
        value += EXCHANGE_NAMED if named else FOREIGN_HOST if foreign else 0.0
        return value
    value = NOTHING_BESIDE_ERROR if error else NOTHING_WITH_REPORTS
    value += BESIDE_MESSAGE if message and not error else 0.0
    return value + (NAMED_WITH_REPORTS if named else FOREIGN_WITH_REPORTS if foreign else 0.0)
