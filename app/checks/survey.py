"""The survey of a content: its texts with their places, links and names, which all rules read.

Rules read the raw fields of files instead of entities, so that a file with a mistake is still
checked for other mistakes.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from app import addresses
from app.content.folder import FileKind
from app.content.frontmatter import Location, Position
from app.content.loader import Content, Source
from app.content.markdown import MarkdownElement, anchors, elements
from app.content.translations import Place, source_texts
from app.content.variables import fill, variables
from app.diagnosis.redaction import Redactor
from app.model import Exchange, Severity, slugify

BODY: Location = ("body",)
LITERAL = frozenset(
    {
        "accent", "accent_dark", "code", "examples", "facts", "hosts", "lines", "logo", "match",
        "message", "names", "off_topic", "off_topic_signatures", "other_exchanges", "phrases",
        "signatures", "social_image", "where",
    }
)  # fmt: skip
"""Fields that are shown or matched letter by letter: no Markdown in them."""

_TO_LEARN_FROM = frozenset({"reports", "vocabulary"})
"""Kinds of files whose texts are shown to nobody."""

_ISSUE_LISTS = frozenset({"related", "points_to", "speaks_against", "issues"})
WITH_ALIASES = frozenset({"solutions", "checklist", "tests", "tips"})
"""Lists whose entries may have old names."""

_ADDRESS = re.compile(r"https?:\S*$")
_EXTERNAL = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong at a place of a file; `message` ends with the fix.

    For a file without texts, such as an image, `source` is its path.
    """

    source: Source | str
    position: Position
    message: str
    severity: Severity = "error"


@lru_cache(maxsize=8)  # mistakes come file by file
def _lines(text: str) -> tuple[list[str], list[int]]:
    """Return the lines of a text, and for each line the last line before the next empty line."""
    lines = text.split("\n")
    ends = [len(lines)] * len(lines)
    for number in range(len(lines) - 2, -1, -1):
        ends[number] = ends[number + 1] if lines[number + 1].strip() else number + 1
    return lines, ends


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
        lines, ends = _lines(self.source.text)
        begin = self.position
        if self.is_body:
            begin = Position(begin.line + line - 1)
            # A link may be some lines below the beginning of its paragraph.
            end = ends[min(begin.line, len(lines)) - 1]
        else:
            later = self.source.document.field_lines
            place = bisect_right(later, begin.line)
            end = later[place] if place < len(later) else len(lines)
        for needle in needles:
            for number in range(begin.line, end + 1):
                start = begin.column - 1 if number == begin.line else 0
                column = lines[number - 1].find(needle, start)
                if column >= 0:
                    return Position(number, column + 1)
        return begin


@dataclass(frozen=True, slots=True)
class PlacedLink:
    """One link: the text that it stands in, and where it leads.

    `line` is the line of the text, from 1, and None where the whole text is the link. A link to
    a page of ours has a `path`, a `query` and a `fragment`; a link to another site has none.
    """

    text: Text
    target: str
    line: int | None
    is_external: bool
    path: str = ""
    query: str = ""
    fragment: str = ""

    @classmethod
    def to(cls, target: str, text: Text, line: int | None = None) -> PlacedLink:
        """Return the link to `target` that stands in `text`."""
        if _EXTERNAL.match(target):
            return cls(text, target, line, is_external=True)
        parts = urlsplit(target)
        return cls(
            text,
            target,
            line,
            is_external=False,
            path=unquote(parts.path),
            query=parts.query,
            fragment=unquote(parts.fragment),
        )

    @property
    def place(self) -> Position:
        """Where the link stands in its file."""
        if self.line is None:
            return self.text.position
        return self.text.find(self.target, unquote(self.target), "](", line=self.line)

    def mistake(self, message: str, severity: Severity = "error") -> Mistake:
        """Return the mistake that this link is."""
        return Mistake(self.text.source, self.place, message, severity)


class Survey:
    """Everything that rules look at, gathered once for all of them.

    `issue_names` and `exchange_names` are the texts that name an issue or an exchange, `aliases`
    and `exchange_aliases` the old names of those, `item_aliases` the old names of steps, tips,
    checklist items and tests. `braced` are texts with variables. `elements` are the links,
    images, headings and HTML tags, each with the text that it stands in; `links` are those links
    and the texts that are links themselves. `led_to` are the slugs of the issues that another page
    leads to. `redactor` finds secrets; without it the content isn't searched for secrets.
    """

    def __init__(self, content: Content, redactor: Redactor | None = None) -> None:
        self.content = content
        self.redactor = redactor
        self.sources = content.sources
        self.issue_names: list[Text] = []
        self.exchange_names: list[Text] = []
        self.aliases: list[Text] = []
        self.exchange_aliases: list[Text] = []
        self.item_aliases: list[Text] = []
        self.braced: list[Text] = []
        self.elements: list[tuple[Text, MarkdownElement]] = []
        self.links: list[PlacedLink] = []
        self.led_to: set[str] = set()
        self._headings: dict[str, tuple[tuple[MarkdownElement, str], ...]] = {}
        for source in content.sources:
            self._gather(source)

    @cached_property
    def today(self) -> dt.date:
        """Today, in the local time zone."""
        return dt.date.today()

    @cached_property
    def translatable(self) -> Mapping[str, Mapping[Place, str]]:
        """The texts to translate of every file that has any, by its path."""
        texts = {source.path: source_texts(source.entity) for source in self.sources}
        return {path: found for path, found in texts.items() if found}

    @cached_property
    def issues(self) -> Mapping[str, Source]:
        """The files of issues by slug, with broken files and drafts."""
        return self._named("issue")

    @cached_property
    def questions(self) -> Mapping[str, Source]:
        """The files of everyday questions by slug, with broken files and drafts."""
        return self._named("question")

    @cached_property
    def exchanges(self) -> Mapping[str, Source]:
        """The files of exchanges by id, with broken files and drafts."""
        return self._named("exchange")

    @cached_property
    def errors(self) -> Mapping[str, Source]:
        """The files of error codes by the id of their exchange."""
        return self._named("errors")

    def _named(self, kind: FileKind) -> Mapping[str, Source]:
        return {name_of(source): source for source in self.content.sources if source.kind == kind}

    def headings(self, source: Source) -> tuple[tuple[MarkdownElement, str], ...]:
        """Return the headings in a file's body, each with its anchor."""
        return self._headings[source.path]

    def _gather(self, source: Source) -> None:
        """Look through a file once for everything that rules need."""
        found: list[tuple[Text, MarkdownElement]] = []
        links: list[PlacedLink] = []
        named: list[Text] = []
        for text in texts_of(source):
            location, last = text.location, text.location[-1]
            parent = location[-2] if len(location) > 1 else None
            if (parent in _ISSUE_LISTS and isinstance(last, int)) or (
                last == "issue" and "options" in location
            ):
                named.append(text)
            if parent in {"exchanges", "not_on"}:
                self.exchange_names.append(text)
            if location[0] in WITH_ALIASES and location[2:3] == ("aliases",):
                self.item_aliases.append(text)
            if location[0] == "aliases":
                of_issue = source.kind == "issue"
                (self.aliases if of_issue else self.exchange_aliases).append(text)
            if "{{" in text.text:
                self.braced.append(text)
            if not text.is_markdown:
                continue
            if location != BODY and _ADDRESS.match(text.text):
                links.append(PlacedLink.to(text.text, text))
            found += ((text, element) for element in elements(self._filled(text)))
        links += (
            PlacedLink.to(element.target, text, element.line)
            for text, element in found
            if element.kind == "link"
        )
        self.issue_names += named
        self.elements += found
        self.links += links
        self.led_to.update(_leads_to(source, named, links))
        self._headings[source.path] = _headings(source, found)

    def _filled(self, text: Text) -> str:
        """Return a text with the variables filled in, as its page shows it."""
        if self.content.site is None or "{{" not in text.text:
            return text.text
        entity = text.source.entity
        exchange = entity if isinstance(entity, Exchange) else None
        return fill(text.text, variables(self.content.site, exchange))


def _headings(
    source: Source, found: Iterable[tuple[Text, MarkdownElement]]
) -> tuple[tuple[MarkdownElement, str], ...]:
    """Return the headings of a file's body with their anchors; `found` are its elements."""
    headings = [element for text, element in found if element.kind == "heading" and text.is_body]
    if not headings:
        return ()
    body = source.document.body
    # Anchors are made of the text as it was written, and that is the same without variables.
    names = anchors(body) if "{{" in body else (slugify(heading.text) for heading in headings)
    return tuple(zip(headings, names, strict=False))


def _leads_to(source: Source, names: Iterable[Text], links: Iterable[PlacedLink]) -> Iterator[str]:
    """Yield the slugs of the issues that `names` and `links` of a file lead a reader to."""
    own = name_of(source) if source.kind == "issue" else ""
    for text in names:
        if text.text != own and "speaks_against" not in text.location:
            yield text.text
    for link in links:
        address = addresses.parse(link.path)
        if address and address.kind in {"issue", "short issue"} and address.name != own:
            yield address.name


def body_of(source: Source) -> Text:
    """Return the Markdown of a file, which may be empty."""
    return Text(source, BODY, source.document.body)


def texts_of(source: Source) -> Iterator[Text]:
    """Yield every text of a file that visitors are shown, or that names something."""
    if source.kind in _TO_LEARN_FROM:
        return
    for location, text in _strings(source.document.fields.items(), ()):
        yield Text(source, location, text)
    if source.document.body:
        yield Text(source, BODY, source.document.body)


def _strings(
    items: Iterable[tuple[str | int, Any]], location: Location
) -> Iterator[tuple[Location, str]]:
    """Yield the texts among `items` and below, each with its place."""
    for key, item in items:
        if isinstance(item, str):
            yield (*location, key), item
        elif isinstance(item, dict):
            yield from _strings(item.items(), (*location, key))
        elif isinstance(item, list):
            yield from _strings(enumerate(item), (*location, key))


def name_of(source: Source) -> str:
    """Return the slug or id that a file's name gives."""
    return source.path.rpartition("/")[2].rpartition(".")[0]


def is_draft(source: Source) -> bool:
    """Tell whether a file is not published yet."""
    return source.document.fields.get("draft") is True


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return the fix for a name that doesn't exist: the nearest name, or else the first twelve."""
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    if not known:
        return "there is none yet"
    few = 12
    listed = ", ".join(sorted(known)[:few])
    return f"there are: {listed}{', ...' if len(known) > few else ''}"
