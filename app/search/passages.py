"""KnowledgeBase -> what can be found, and the passages of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Literal, NamedTuple

from app import addresses
from app.content.markdown import plain
from app.knowledge import KnowledgeBase
from app.model import PLACEHOLDER, ErrorCode, Exchange, Issue, slugify
from app.search.results import Kind

Field = Literal["title", "lead", "body"]

_BLOCK_GAP = re.compile(r"\n(?:\s*\n|(?=\s*(?:[-*+>|#]|\d+[.)])))")
_BLOCK_MARK = re.compile(r"^\s*(?:[-*+>|#]+|\d+[.)])\s+")
_PHRASE_SIGN = re.compile(r"[/*]")
"""Of a phrase with a choice of words or the beginning of one: `lid/knob loose*`."""
_MARKDOWN_SIGN = re.compile(r"[\\`*_\[\]<>&!~]")


class Item(NamedTuple):
    """What can be found; `key` is the issue's slug, the exchange's id or the error's code."""

    kind: Kind
    title: str
    url: str
    key: str
    exchange: str = ""
    """Whose error code it is."""


class Passage(NamedTuple):
    """A text of an item, the anchor it stands at, and the exchange whose choice shows it.

    A `literal` text is one as it is sent over the wire, not Markdown. A `whole` one is the body of
    a page, to be shown in parts; `source` is the same before its variables were filled in.
    `instead` is what readers see in place of a text that only writers write so.
    """

    field: Field
    text: str
    anchor: str | None = None
    exchange: str | None = None
    literal: bool = False
    whole: bool = False
    source: str = ""
    instead: str = ""

    @property
    def shown(self) -> str:
        """The text as people read it, in one line."""
        text = self.instead or self.text
        is_markdown = not self.literal and _MARKDOWN_SIGN.search(text)
        return " ".join((plain(text) if is_markdown else text).split())

    def parts(self) -> Iterator[Passage]:
        """Yield what can be shown: of a body its paragraphs, items and rows, else the passage.

        The anchor of a part is that of the heading it is under.
        """
        if not self.whole:
            yield self
            return
        anchor = None
        sources = _BLOCK_GAP.split(self.source) if "#" in self.text else repeat("")
        for part, source in zip(_BLOCK_GAP.split(self.text), sources, strict=False):
            text = _BLOCK_MARK.sub("", part).strip()
            if part.lstrip().startswith("#"):
                anchor = slugify(plain(_BLOCK_MARK.sub("", source).strip())) or None
            if text:
                yield Passage("body", text, anchor)


def items_of(knowledge: KnowledgeBase) -> Iterator[Item]:
    """Yield what can be found, in the order of equal fits: issues, exchanges, error codes."""
    for issue in knowledge.issues:
        yield Item("issue", plain(issue.title), issue.url, issue.slug)
    for exchange in knowledge.exchanges:
        yield Item("exchange", exchange.name, exchange.url, exchange.id)
    for owner in dict.fromkeys(error.exchange for error in knowledge.content.errors):
        known = knowledge.exchange(owner)
        name = known.name if known else owner
        for code in knowledge.errors_of(owner):
            yield Item("error", f"{name} {code}", addresses.error(owner, code), code, owner)


def passages_of(
    item: Item, knowledge: KnowledgeBase, exchange: str | None = None
) -> Iterator[Passage]:
    """Yield the texts of an item, those worth showing first; the title is always the first.

    With `exchange`, they are the texts of somebody who chose that exchange.
    """
    # Codes are made of common words (`timeout`): as titles they would outweigh the issues.
    yield Passage("body" if item.kind == "error" else "title", item.title, literal=True)
    if item.kind == "error":
        yield from _error_passages(knowledge.errors(item.exchange, item.key))
    elif item.kind == "issue" and (issue := knowledge.issue(item.key, exchange)):
        yield from _issue_passages(issue, exchange, knowledge.body_source(issue))
    elif item.kind == "exchange" and (found := knowledge.exchange(item.key)):
        yield from _exchange_passages(found, knowledge.body_source(found))


def same_passages(item: Item, knowledge: KnowledgeBase, other: KnowledgeBase) -> bool:
    """Tell whether two knowledge bases have the same to say about an item."""
    one, two = _subject(item, knowledge), _subject(item, other)
    return one is two or one == two


def _subject(item: Item, knowledge: KnowledgeBase) -> object:
    if item.kind == "error":
        return knowledge.errors(item.exchange, item.key)
    return knowledge.issue(item.key) if item.kind == "issue" else knowledge.exchange(item.key)


def _issue_passages(issue: Issue, exchange: str | None, source: str) -> Iterator[Passage]:
    yield Passage("lead", issue.symptom)
    for step in issue.steps(exchange) if exchange else issue.solutions:
        shown_for = None if exchange else next(iter(step.exchanges), None)
        yield Passage("body", step.text, step.id, shown_for)
    for cause in issue.causes:
        yield Passage("body", cause)
    for phrase in issue.phrases:
        yield Passage("lead", phrase, instead=issue.symptom if _PHRASE_SIGN.search(phrase) else "")
    yield Passage("body", issue.body, whole=True, source=source)
    yield from _wire_passages(issue.signatures, issue.examples)


def _exchange_passages(exchange: Exchange, source: str) -> Iterator[Passage]:
    whitelist, clock = exchange.whitelist, exchange.clock
    yield Passage("body", exchange.body, whole=True, source=source)
    facts = (
        *(whitelist.path, whitelist.formats),
        *(whitelist.required_note, whitelist.key_expiry_note),
        *(part for one in exchange.permissions for part in (one.name, one.note)),
        *((exchange.passphrase.name, exchange.passphrase.rules) if exchange.passphrase else ()),
        *(part for one in exchange.testnets for part in (one.name, one.scope, one.note)),
        *(exchange.testnet_note, clock.setting, clock.note),
        *(*exchange.rate_limits.limits, exchange.rate_limits.ban, exchange.key.note),
        *exchange.notes,
    )
    for text in facts:
        if text:
            yield Passage("body", text)
    for name in (whitelist.field, *exchange.names, *exchange.hosts):
        if name:
            yield Passage("lead", name, literal=True)


def _error_passages(entries: Sequence[ErrorCode]) -> Iterator[Passage]:
    for entry in entries:
        if entry.wording:
            yield Passage("lead", entry.wording, literal=True)
    for entry in entries:
        if entry.note:
            yield Passage("body", entry.note)
    for entry in entries:
        yield from _wire_passages(entry.signatures, entry.examples)


def _wire_passages(signatures: Iterable[str], examples: Iterable[str]) -> Iterator[Passage]:
    """Yield texts of the wire; what changes in a signature is left open."""
    for text in (*(PLACEHOLDER.sub("…", one) for one in signatures), *examples):
        yield Passage("body", text, literal=True)
