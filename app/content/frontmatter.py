"""Text -> fields with line numbers: YAML files, and Markdown files with YAML front matter.

Pure: nothing here knows the schema or reads files. YAML is read with the scalar rules of YAML 1.2,
so that `on` and `yes` stay words; keys that stand twice and anchors are mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

Location = tuple[str | int, ...]
FENCE = "---"


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


@dataclass(frozen=True, slots=True)
class Document:
    """The fields of a text, where each stands, and the Markdown below them.

    `positions` maps the path of a field (`("solutions", 2, "text")`) to its place;
    `body_line` is the line on which `body` begins.
    """

    fields: Mapping[str, Any]
    positions: Mapping[Location, Position] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1
    problems: tuple[Problem, ...] = ()

    def position(self, location: Location) -> Position:
        """Return the place of a field, or of the nearest thing around it that has one."""
        while location and location not in self.positions:
            location = location[:-1]
        return self.positions.get(location, Position(1))


class _Loader(yaml.CSafeLoader):
    """YAML 1.2's scalars: only `true` and `false` are booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:merge"}
        or (tag == "tag:yaml.org,2002:bool" and first in "tTfF")
    ]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def parse_yaml(text: str, first_line: int = 1) -> Document:
    """Read one YAML mapping; `first_line` is where `text` begins in its file."""
    shift = first_line - 1
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return Document({}, {(): Position(first_line)})
            positions: dict[Location, Position] = {}
            problems = tuple(_walk(node, (), positions, shift, set()))
            if problems:
                return Document({}, positions, problems=problems)
            data = loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 + shift if mark else first_line
        column = mark.column + 1 if mark else 1
        message = f"this is not valid YAML: {error.problem or error.context}"
        cure = "; put texts with a colon, a # or a leading quote or brace into quotes"
        return Document({}, problems=(Problem("yaml", Position(line, column), message + cure),))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f"this is not valid YAML: {reason}"
        return Document({}, problems=(Problem("yaml", Position(first_line), message),))
    if not isinstance(data, dict):
        message = "the file must hold keys and values (`title: ...`), not a list or a single value"
        return Document({}, problems=(Problem("yaml", Position(first_line), message),))
    return Document(data, positions)


def _walk(
    node: yaml.Node,
    location: Location,
    positions: dict[Location, Position],
    shift: int,
    seen: set[int],
) -> Iterator[Problem]:
    """Note the place of every field under `node`, and yield what is ambiguous."""
    place = _place(node, shift)
    positions[location] = place
    if id(node) in seen:
        yield Problem("yaml-anchor", place, "anchors and aliases (&, *) are not used here; repeat")
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _walk(item, (*location, index), positions, shift, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key_node, value_node in node.value:
            key_place = _place(key_node, shift)
            key = key_node.value
            if not isinstance(key, str):
                yield Problem("yaml", key_place, "a key must be a single word")
                continue
            if key in keys:
                message = f"the key `{key}` stands twice; keep one of them"
                yield Problem("duplicate-key", key_place, message)
            keys.add(key)
            yield from _walk(value_node, (*location, key), positions, shift, seen)
            # A list or mapping begins on the line below its key; a writer looks for the key.
            if not isinstance(value_node, yaml.ScalarNode):
                positions[(*location, key)] = key_place


def _place(node: yaml.Node, shift: int) -> Position:
    return Position(node.start_mark.line + 1 + shift, node.start_mark.column + 1)


def parse_markdown(text: str) -> Document:
    """Read a Markdown text that begins with YAML front matter between two lines of `---`."""
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].rstrip() != FENCE:
        message = f"the file must begin with a line `{FENCE}` and the front matter under it"
        return Document({}, problems=(Problem("front-matter", Position(1), message),))
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        message = f"the front matter does not end; close it with a line `{FENCE}`"
        return Document({}, problems=(Problem("front-matter", Position(1), message),))
    document = parse_yaml("".join(lines[1:end]), first_line=2)
    return Document(
        document.fields,
        document.positions,
        body="".join(lines[end + 1 :]),
        body_line=end + 2,
        problems=document.problems,
    )
