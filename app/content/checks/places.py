"""What rules look at: every text of the content with its place, and the names that exist.

Rules read the raw fields of files instead of entities, so that a file that breaks one rule of the
loader is still looked through for everything else.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from app.content.folder import Kind
from app.content.frontmatter import Location, Position
from app.content.loader import Content, Source
from app.content.markdown import Reference, anchors, references
from app.content.variables import fill, variables
from app.model import Exchange, Severity

BODY: Location = ("body",)
LITERAL = frozenset(
    {
        "code", "examples", "facts", "hosts", "lines", "match", "message", "names", "off_topic",
        "off_topic_signatures", "other_exchanges", "phrases", "signatures", "where",
    }
)  # fmt: skip
"""Fields that are shown or matched letter by letter: no Markdown in them."""

_TO_LEARN_FROM = frozenset({"reports", "vocabulary"})
"""Kinds of files whose texts nobody is shown."""

_MARKS = re.compile(r"[\[<#]|^ {0,3}(?:=+|-+)[ \t]*$", re.MULTILINE)
"""Without any of these a text has nothing that a rule looks for; most texts have none."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong at a place of a file; `message` ends with the cure."""

    source: Source
    position: Position
    message: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a file: a field, an item of a list, or the Markdown body."""

    source: Source
    location: Location
    text: str

    @property
    def is_body(self) -> bool:
        """Tell whether this is the Markdown below the front matter."""
        return self.location == BODY

    @property
    def is_markdown(self) -> bool:
        """Tell whether Markdown is rendered here."""
        return not LITERAL.intersection(self.location)

    @property
    def position(self) -> Position:
        """The place where the text begins."""
        if self.is_body:
            return Position(self.source.document.body_line)
        return self.source.document.position(self.location)

    def find(self, *needles: str, line: int = 1) -> Position:
        """Return where the first of `needles` stands, from the text's `line` on.

        If none does (it came out of a variable), return where that line begins.
        """
        lines = self.source.text.split("\n")
        begin = self.position
        if self.is_body:
            begin = Position(begin.line + line - 1)
            # A link may stand some lines below the beginning of what it was found in.
            later = range(begin.line, len(lines))
            end = next((number for number in later if not lines[number].strip()), len(lines))
        else:
            places = self.source.document.positions.values()
            end = min((one.line for one in places if one.line > begin.line), default=len(lines))
        for needle in needles:
            for number in range(begin.line, end + 1):
                start = begin.column - 1 if number == begin.line else 0
                column = lines[number - 1].find(needle, start)
                if column >= 0:
                    return Position(number, column + 1)
        return begin


@dataclass(frozen=True)
class Survey:
    """Everything that rules look at, gathered once for all of them."""

    content: Content

    @cached_property
    def today(self) -> dt.date:
        """The day it is where this runs."""
        return dt.date.today()

    @cached_property
    def texts(self) -> tuple[Text, ...]:
        """Every text of every file, in the order of the files."""
        return tuple(text for source in self.content.sources for text in _texts_of(source))

    @cached_property
    def aliases(self) -> tuple[Text, ...]:
        """Every alias of every issue."""
        return self._aliases("issue")

    @cached_property
    def exchange_aliases(self) -> tuple[Text, ...]:
        """Every alias of every exchange."""
        return self._aliases("exchange")

    def _aliases(self, kind: Kind) -> tuple[Text, ...]:
        return tuple(
            text
            for text in self.texts
            if text.source.kind == kind and text.location[0] == "aliases"
        )

    @cached_property
    def issues(self) -> Mapping[str, Source]:
        """The files of issues by slug, broken ones and drafts as well."""
        return self._named("issue")

    @cached_property
    def exchanges(self) -> Mapping[str, Source]:
        """The files of exchanges by id, broken ones and drafts as well."""
        return self._named("exchange")

    @cached_property
    def errors(self) -> Mapping[str, Source]:
        """The files of error codes by the id of their exchange."""
        return self._named("errors")

    def _named(self, kind: Kind) -> Mapping[str, Source]:
        return {name_of(one): one for one in self.content.sources if one.kind == kind}

    @cached_property
    def references(self) -> tuple[tuple[Text, Reference], ...]:
        """Every link, image, HTML tag and heading, with the text that it stands in."""
        return tuple(
            (text, reference)
            for text in self.texts
            if text.is_markdown and _MARKS.search(text.text)
            for reference in references(self._filled(text))
        )

    @cached_property
    def headings(self) -> Mapping[str, Sequence[Reference]]:
        """The headings of each body, by the path of its file."""
        found: dict[str, list[Reference]] = defaultdict(list)
        for text, reference in self.references:
            if text.is_body and reference.kind == "heading":
                found[text.source.path].append(reference)
        return found

    @cached_property
    def anchors(self) -> Mapping[str, Sequence[str]]:
        """The anchors of these headings, in the same order, by the path of the file."""
        return {
            source.path: anchors(source.document.body)
            for source in self.content.sources
            if source.path in self.headings
        }

    def _filled(self, text: Text) -> str:
        """Return a text with the variables filled in, as its page shows it."""
        if self.content.site is None:
            return text.text
        entity = text.source.entity
        exchange = entity if isinstance(entity, Exchange) else None
        return fill(text.text, variables(self.content.site, exchange))


def body_of(source: Source) -> Text:
    """Return the Markdown of a file, which may be empty."""
    return Text(source, BODY, source.document.body)


def _texts_of(source: Source) -> Iterator[Text]:
    if source.kind in _TO_LEARN_FROM:
        return
    yield from _strings(source, source.document.fields, ())
    if source.document.body:
        yield body_of(source)


def _strings(source: Source, value: Any, location: Location) -> Iterator[Text]:
    if isinstance(value, str):
        yield Text(source, location, value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(source, item, (*location, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(source, item, (*location, index))


def name_of(source: Source) -> str:
    """Return the slug or id that a file's name gives."""
    return PurePosixPath(source.path).stem


def is_draft(source: Source) -> bool:
    """Tell whether a file is not published yet."""
    return source.document.fields.get("draft") is True


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return the cure for a name that doesn't exist: the nearest ones, or all of a few."""
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    if not known:
        return "there is none yet"
    few = 12
    listed = ", ".join(sorted(known)[:few])
    return f"there are: {listed}{', ...' if len(known) > few else ''}"
