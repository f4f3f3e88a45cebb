"""Text -> fields with line numbers: YAML files, Markdown files with YAML front matter, lists.

Pure: nothing here knows the schema or reads files. YAML is read with the scalar rules of YAML 1.2,
so that `on` and `yes` stay words; duplicate keys and anchors are mistakes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import yaml

from app.content.syntax import explain

Location = tuple[str | int, ...]
FENCE = "---"
MAX_DEPTH = 20
"""The deepest nesting of lists and mappings: the parser's stack is limited."""

STRING_TAG = "tag:yaml.org,2002:str"

_SIGNED = re.compile(r"(?:^|[\s\[{,:?-])[&*!]")
"""A sign that may begin an anchor, an alias or a tag."""

_COMMENT = re.compile(r"[ \t]+(#[^\s#][^\n]*)")
"""Text after a # without a space, which is usually meant as text and not as a comment."""

_ITEM = re.compile(r"\n *- ")

_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)

_SEPARATORS = "\x85\u2028\u2029"
"""Invisible characters that end a line in YAML but not in editors, which would count other
lines."""

_NESTED = re.compile(rf"\n[ ?:-]{{{MAX_DEPTH // 2}}}")
"""A line that may be nested deep: each level takes a column at its beginning, or a bracket."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file; both count from 1."""

    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that makes a text unreadable, or readable in two ways."""

    rule: str
    position: Position
    message: str


@dataclass(frozen=True)
class Document:
    """The fields of a text, where each stands, and the Markdown below them.

    `text` is what they were read from, and `first_line` where the YAML in it begins; in texts
    of another form `listed` says where the entries of their list stand. `body_line` is the line on
    which `body` begins.
    """

    fields: Mapping[str, Any]
    text: str = ""
    first_line: int = 1
    listed: Mapping[Location, Position] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1
    problems: tuple[Problem, ...] = ()

    @property
    def yaml(self) -> str:
        """The YAML of the text: all of it, or the front matter."""
        if self.first_line == 1:
            return self.text
        return "\n".join(self.text.split("\n")[self.first_line - 1 : self.body_line - 2])

    @cached_property
    def positions(self) -> Mapping[Location, Position]:
        """The place of every field by its path (`("solutions", 2, "text")`).

        It is computed on first use, because only mistakes need it.
        """
        return self.listed or _positions(self.yaml, self.first_line)

    @cached_property
    def field_lines(self) -> list[int]:
        """The lines on which fields begin, in order."""
        return sorted({place.line for place in self.positions.values()})

    def position(self, location: Location) -> Position:
        """Return the place of a field, or of the nearest field around it that has a place."""
        while location and location not in self.positions:
            location = location[:-1]
        return self.positions.get(location, Position(1))


class _Loader(yaml.CSafeLoader):
    """The scalars of YAML 1.2, without octal numbers: `on`, `yes`, `010` and `1:30` are texts."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the library's own way to replace them


for _tag, _pattern, _first in (
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", "tTfF"),
    ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+][0-9]+)?", "-+.0123456789"),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "0123456789"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^{_pattern}$"), list(_first)
    )


def conflict(text: str) -> Problem | None:
    """Find the marks of a merge that git left to a person."""
    found = _CONFLICT.search(text)
    if found is None:
        return None
    message = (
        "a merge conflict; keep one of the two versions, and remove the lines that begin with "
        "<<<<<<<, ======= and >>>>>>>"
    )
    return Problem("merge-conflict", Position(text.count("\n", 0, found.start()) + 1), message)


def parse_yaml(text: str, first_line: int = 1) -> Document:
    """Read one YAML mapping; `first_line` is where `text` begins in its file."""
    for separator in _SEPARATORS:
        if separator in text:
            return _unfit(separator, text, first_line)
    try:
        document = _parse(text, first_line)
    except yaml.MarkedYAMLError as error:
        (line, column), message = explain(text, error)
        return _broken("yaml", Position(line + first_line, column + 1), message)
    except yaml.reader.ReaderError as error:
        return _unfit(chr(error.character), text, first_line)
    if not isinstance(document.fields, dict):
        message = "the file must contain `key: value` lines, not a list or a single value"
        return _broken("yaml", Position(first_line), message)
    return document


def _unfit(character: str, text: str, first_line: int) -> Document:
    before = text.partition(character)[0]
    place = Position(before.count("\n") + first_line, len(before) - before.rfind("\n"))
    message = f"the character U+{ord(character):04X} isn't allowed in YAML; remove it"
    return _broken("yaml", place, message)


def _broken(rule: str, place: Position, message: str) -> Document:
    return Document({}, problems=(Problem(rule, place, message),))


def _parse(text: str, first_line: int) -> Document:
    shift = first_line - 1
    if _is_suspect(text) and (refused := _refused(text, shift)):
        return Document({}, text, first_line, problems=(refused,))
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        reader = _Reader(loader, text, shift)
        fields = {} if node is None else reader.value(node)
        if reader.problems:
            return Document({}, text, first_line, problems=tuple(reader.problems))
        return Document(fields, text, first_line)
    finally:
        loader.dispose()


def _positions(text: str, first_line: int) -> Mapping[Location, Position]:
    """Return the place of every field of a YAML text that was read before."""
    positions: dict[Location, Position] = {(): Position(first_line)}
    loader = _Loader(text)
    try:
        if (node := loader.get_single_node()) is not None:
            _note(node, (), positions, first_line - 1)
    except yaml.YAMLError:  # it was refused, so it has no fields
        return positions
    finally:
        loader.dispose()
    return positions


def _is_suspect(text: str) -> bool:
    """Tell whether `_refused` may find anything; that look takes longer."""
    if "\r" in text or (any(sign in text for sign in "&*!") and _SIGNED.search(text)):
        return True
    brackets = text.count("[") + text.count("{")
    return brackets >= MAX_DEPTH // 2 or bool(_NESTED.search(f"\n{text}"))


def _refused(text: str, shift: int) -> Problem | None:
    """Find anchors, tags and too deep nesting, which are refused."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        place = _place(event, shift)
        if depth > MAX_DEPTH:
            message = f"lists and mappings are nested deeper than {MAX_DEPTH} levels; flatten them"
            return Problem("yaml", place, message)
        if getattr(event, "anchor", None):
            message = (
                "a text that begins with & or * needs quotes around it; anchors aren't supported"
            )
            return Problem("yaml-anchor", place, message)
        if getattr(event, "tag", None):
            message = "a text that begins with ! needs quotes around it; tags aren't supported"
            return Problem("yaml-tag", place, message)
    return None


class _Reader:
    """Builds the values of nodes, and notes as `problems` those that the writer meant otherwise.

    `shift` is the number of lines above `text` in its file.
    """

    def __init__(self, loader: _Loader, text: str, shift: int) -> None:
        self.problems: list[Problem] = []
        self._loader = loader
        self._text = text
        self._shift = shift

    def value(self, node: yaml.Node) -> Any:
        """Return the value of a node."""
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item) for item in node.value]
        if isinstance(node, yaml.MappingNode):
            return self._fields(node)
        if node.tag == STRING_TAG:
            if isinstance(node, yaml.ScalarNode) and not node.style:
                self._look_through(node)
            return node.value
        try:
            return self._loader.construct_object(node)
        except ValueError as error:
            is_number = node.tag.endswith(("int", "float"))
            reason = "a number with too many digits" if is_number else f"not a date ({error})"
            fix = "correct it, or put it into quotes if it is a text"
            self._note(node, "yaml", f"{reason}; {fix}")
            return None

    def _fields(self, node: yaml.MappingNode) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if isinstance(key_node, yaml.MappingNode):
                self._note(node, "yaml", "a text that begins with {{ needs quotes around it")
                continue
            if key_node.tag != STRING_TAG:
                self._note(key_node, "yaml", "a key must be a word; put it into quotes")
                continue
            if key in fields:
                message = f"the key `{key}` appears twice; keep one"
                self._note(key_node, "duplicate-key", message)
            fields[key] = self.value(value_node)
        return fields

    def _look_through(self, node: yaml.ScalarNode) -> None:
        """Find comments and list items that were meant otherwise in a text without quotes."""
        start, end = node.start_mark.index, node.end_mark.index
        if comment := _COMMENT.match(self._text, end):
            message = (
                f"`{comment[1]}` is a comment and not part of the text; put the text into quotes, "
                "or write a blank after the #"
            )
            self._note(node, "yaml", message)
        if item := _ITEM.search(self._text, start, end):
            line = self._text.count("\n", 0, item.end()) + 1 + self._shift
            message = (
                "this line continues the text above it; align its `-` with the `-` above, or put "
                "the whole text into quotes"
            )
            self.problems.append(Problem("yaml", Position(line, len(item[0]) - 2), message))

    def _note(self, node: yaml.Node, rule: str, message: str) -> None:
        self.problems.append(Problem(rule, _place(node, self._shift), message))


def _note(
    node: yaml.Node, location: Location, positions: dict[Location, Position], shift: int
) -> None:
    """Note the place of every field under `node`."""
    positions[location] = _place(node, shift)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note(item, (*location, index), positions, shift)
    elif isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.tag != STRING_TAG:
                continue
            place = (*location, key_node.value)
            _note(value_node, place, positions, shift)
            # A list or mapping begins on the line below its key; a writer looks for the key.
            if not isinstance(value_node, yaml.ScalarNode):
                positions[place] = _place(key_node, shift)


def _place(node: yaml.Node | yaml.Event, shift: int) -> Position:
    mark = node.start_mark
    return Position(mark.line + 1 + shift, mark.column + 1) if mark else Position(1 + shift)


def parse_markdown(text: str) -> Document:
    """Read a Markdown text that begins with YAML front matter between two lines of `---`."""
    # Not `splitlines`, which also splits at form feeds and the like: editors only count line feeds.
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        fix = f"put the front matter between two lines `{FENCE}`"
        if text.lstrip().startswith(f"{FENCE}\n"):
            fix = "remove the blank lines above it"
        message = f"the first line must be `{FENCE}`; {fix}"
        return _broken("front-matter", Position(1), message)
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        for number, line in enumerate(lines[1:], 2):
            if line.strip() in {FENCE, "----", "..."}:
                message = f"the front matter ends with a line `{FENCE}` and nothing else on it"
                return _broken("front-matter", Position(number), message)
        message = f"the front matter does not end; add a line `{FENCE}` below it"
        return _broken("front-matter", Position(1), message)
    document = parse_yaml("\n".join(lines[1:end]), first_line=2)
    return replace(document, text=text, body="\n".join(lines[end + 1 :]), body_line=end + 2)


def parse_json_lines(text: str) -> Document:
    """Read JSON objects, one on each line, as the field `reports`; empty lines don't count."""
    entries: list[Any] = []
    positions: dict[Location, Position] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            message = f"not valid JSON: {error.msg}; write one object on each line"
            return _broken("json", Position(number, error.colno), message)
        except (RecursionError, ValueError):
            message = "nested too deep, or a number with too many digits; simplify the line"
            return _broken("json", Position(number), message)
        positions["reports", len(entries)] = Position(number)
        entries.append(entry)
    return Document({"reports": entries}, listed=positions)


def parse_lines(text: str) -> Document:
    """Read a list, an entry on each line, as the field `lines`; `#` begins a comment line."""
    entries: list[str] = []
    positions: dict[Location, Position] = {}
    for number, line in enumerate(text.split("\n"), 1):
        entry = line.strip()
        if entry and not entry.startswith("#"):
            positions["lines", len(entries)] = Position(number)
            entries.append(entry)
    return Document({"lines": entries}, listed=positions)
