"""A saved IP list against the whitelist: what is missing, misspelt or not an address at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from ipaddress import ip_address, ip_network
from typing import Literal

from app.i18n import _
from app.model import IpAddress

EntryKind = Literal[
    "ours", "range", "open", "port", "space", "hidden", "misspelt", "private", "other", "unreadable"
]

MAX_ENTRIES = 100
"""More entries than this are not compared; no exchange takes as many."""
LIKENESS = 0.85
"""From this share of equal characters on, an entry is a misspelling of our address."""

LARGEST_RANGE = {4: 65_536, 6: 2**80}
"""Larger ranges, by the version of IP, hold so many machines that a key is as good as open."""

INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\x00"))
GAPS = re.compile(r"(?<=[\d.:])[ \t\u00a0]*([.:])[ \t\u00a0]+(?=[\da-fA-F])|(?<=\d)[ \t]+(?=\.)")
COMMAS_FOR_DOTS = re.compile(r"(?<![\d.,])\d{1,3}(?:\s?,\s?\d{1,3}){3}(?![\d.,])")
SEPARATORS = re.compile(r"[,;|\s]+")
PORT = re.compile(r"^(?P<address>\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]{2,45}\]):\d{1,5}$")
SCHEME = re.compile(r"[a-z]{2,10}://")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the list as it was written, what it is, and what to do about it."""

    text: str
    kind: EntryKind
    advice: str

    @property
    def good(self) -> bool:
        """Whether the entry can stay as it is."""
        return self.kind in {"ours", "range", "other"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The entries of a list in order, which of our addresses it lacks, and a wrong separator."""

    entries: tuple[Entry, ...]
    missing: tuple[IpAddress, ...]
    separator_advice: str | None = None

    @property
    def complete(self) -> bool:
        """Whether all our addresses are there and nothing needs a change."""
        good = all(entry.good for entry in self.entries)
        return good and not self.missing and not self.separator_advice


def compare(text: str, ours: Sequence[IpAddress], separator: str | None = None) -> Comparison:
    """Compare a pasted list with our addresses.

    `separator` is what the exchange wants between addresses, in the words of its facts
    ("comma", "space", "comma or space", "one per line", "one per field").
    """
    covered: set[IpAddress] = set()
    entries: list[Entry] = []
    for token in _tokens(text):
        entry, found = _judge(token, ours)
        entries.append(entry)
        covered.update(found)
    return Comparison(
        entries=tuple(entries),
        missing=tuple(address for address in ours if address not in covered),
        separator_advice=_separator_advice(text, separator) if len(entries) > 1 else None,
    )


def _tokens(text: str) -> Iterator[str]:
    """Split a list into entries; an address broken by a space or by commas stays in one piece."""
    joined = COMMAS_FOR_DOTS.sub(lambda commas: commas[0].replace(",", "\1"), text)
    joined = GAPS.sub(lambda gap: f"{gap[1] or ''}\2", joined)
    tokens = [token.strip("\"'()<>") for token in SEPARATORS.split(joined)]
    named = [token.replace("\1", ",").replace("\2", " ") for token in tokens if token]
    yield from named[:MAX_ENTRIES]


def _judge(token: str, ours: Sequence[IpAddress]) -> tuple[Entry, tuple[IpAddress, ...]]:
    """Say what one entry is, and which of our addresses it lets through."""
    visible = unicodedata.normalize("NFKC", token).translate(INVISIBLE)
    if visible != token:
        advice = _("Contains hidden or look-alike characters. Delete it and type {address}").format(
            address=visible
        )
        return Entry(visible, "hidden", advice), ()
    if "," in token:
        return _judge_unreadable(token, token.replace(",", "."), ours), ()
    bare = token.replace(" ", "").rstrip("/")
    if scheme := SCHEME.match(bare):
        bare = bare[scheme.end() :]
    port = PORT.match(bare)
    if port:
        advice = _("Remove the port. Enter only {address}").format(address=port["address"])
        return Entry(token, "port", advice), ()
    if "/" in bare:
        return _judge_range(token, bare, ours)
    try:
        address = ip_address(bare)
    except ValueError:
        return _judge_unreadable(token, bare, ours), ()
    if bare != token:
        advice = _("Remove the spaces or http://. Enter only {address}").format(address=bare)
        return Entry(token, "space", advice), ()
    if address in ours:
        return Entry(token, "ours", _("Correct.")), (address,)
    if near := _nearest(bare, ours):
        advice = _("Almost right. Change it to {address}").format(address=near)
        return Entry(token, "misspelt", advice), ()
    if not address.is_global:
        advice = (
            _("No request ever comes from this IP address. Remove it.")
            if address.is_unspecified
            else _(
                "This is a private or reserved IP address. An exchange never sees it, so remove it."
            )
        )
        return Entry(token, "private", advice), ()
    return Entry(token, "other", _("Not ours. Keep it only if you know what it's for.")), ()


def _judge_range(
    token: str, bare: str, ours: Sequence[IpAddress]
) -> tuple[Entry, tuple[IpAddress, ...]]:
    try:
        network = ip_network(bare, strict=False)
    except ValueError:
        return _judge_unreadable(token, bare, ours), ()
    inside = tuple(address for address in ours if address in network)
    is_open = network.num_addresses > LARGEST_RANGE[network.version]
    if is_open and (inside or not network.is_private):
        advice = _("This range allows far too many IP addresses to use your key. Remove it.")
        return Entry(token, "open", advice), ()
    if inside:
        advice = _("This range includes our IP address, but not every exchange accepts ranges.")
        return Entry(token, "range", advice), inside
    return Entry(token, "other", _("This range doesn't include our IP address.")), ()


def _judge_unreadable(token: str, bare: str, ours: Sequence[IpAddress]) -> Entry:
    if near := _nearest(bare, ours):
        advice = _("Not a valid IP address. Change it to {address}").format(address=near)
        return Entry(token, "misspelt", advice)
    return Entry(token, "unreadable", _("Not an IP address."))


def _nearest(text: str, ours: Sequence[IpAddress]) -> IpAddress | None:
    """Return the address of ours that `text` was probably meant to be."""
    nearest, most = None, LIKENESS
    for address in ours:
        matcher = SequenceMatcher(None, text.lower(), str(address))
        # The first bound follows from the lengths alone, and spares comparing a long text.
        if matcher.real_quick_ratio() >= most and (ratio := matcher.ratio()) >= most:
            nearest, most = address, ratio
    return nearest


def _separator_advice(text: str, separator: str | None) -> str | None:
    """Say so when the addresses are parted in another way than the exchange wants."""
    stripped = text.strip()
    used = {
        "comma": "," in stripped,
        "semicolon": ";" in stripped or "|" in stripped,
        "line": "\n" in stripped,
        "space": bool(re.search(r"[^\s,;|] +[^\s,;|]", GAPS.sub("", stripped))),
    }
    allowed = {
        "comma": {"comma"},
        "space": {"space"},
        "comma or space": {"comma", "space"},
        "one per line": {"line"},
        "one per field": set[str](),
    }.get(separator or "")
    if allowed is None:
        return None
    wrong = [name for name, is_used in used.items() if is_used and name not in allowed]
    if not wrong:
        return None
    return {
        "comma": _("Separate the IP addresses with commas."),
        "space": _("Separate the IP addresses with spaces."),
        "comma or space": _("Separate the IP addresses with commas or spaces."),
        "one per line": _("Put each IP address on its own line."),
        "one per field": _("Enter each IP address in its own field."),
    }[separator or ""]
