"""Small edits to the text of a content file that leave everything else as its writer wrote it.

A file that is parsed and written again as YAML would lose its comments, quotes and line breaks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

import yaml

from app.content.frontmatter import Location

_FRONT_MATTER = re.compile(r"\A---[^\S\n]*\n(?P<yaml>.*?)^---[^\S\n]*$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?:\]\(\s*<?|\]:[ \t]*<?)(?P<target>/[^\s<>()]*|#[^\s<>()]*)")
"""The target of a Markdown link, or of a link definition, within this help center."""

_LONGEST_LINE = 80


class UneditableError(Exception):
    """Only a person can edit this file; the message says what to change first."""


def quoted(text: str) -> str:
    """Return a text as YAML has it in quotes."""
    # A JSON string is a YAML string, whatever it holds.
    return json.dumps(text, ensure_ascii=False)


class Editor:
    """The edits to one file: methods collect them, `result` makes them.

    `text` is a YAML file, or Markdown with front matter, in which the loader found no mistake.
    Locations are those of `frontmatter.Document`.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: list[tuple[int, int, str]] = []
        self._nodes: dict[Location, yaml.Node] = {}
        front = _FRONT_MATTER.match(text)
        self._begin, self._end = front.span("yaml") if front else (0, len(text))
        root = yaml.compose(text[self._begin : self._end], Loader=yaml.CSafeLoader)
        if root is not None:
            self._walk(root, ())

    def _walk(self, node: yaml.Node, location: Location) -> None:
        self._nodes[location] = node
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self._walk(value, (*location, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._walk(item, (*location, index))

    @property
    def result(self) -> str:
        """The text with all edits made."""
        parts: list[str] = []
        done = 0
        for start, end, new in sorted(self._edits, key=lambda edit: edit[0]):
            parts += (self._text[done:start], new)
            done = end
        return "".join((*parts, self._text[done:]))

    def replace(self, location: Location, word: str) -> None:
        """Replace a word with a word that needs no quotes; quotes around it stay."""
        start, end = self._span(self._nodes[location])
        quote = self._text[start] if self._text[start] in "'\"" else ""
        self._edit(start, end, f"{quote}{word}{quote}")

    def rename_key(self, location: Location, word: str) -> None:
        """Rename the key at `location`."""
        self._edit(*self._span(self._key(location)[0]), word)

    def replace_links(self, new_target: Callable[[str], str | None]) -> None:
        """Replace the target of each link within the help center, unless the new target is None."""
        for link in _LINK.finditer(self._text):
            new = new_target(link["target"])
            if new is not None:
                self._edit(*link.span("target"), new)

    def add(self, location: Location, items: Sequence[str]) -> None:
        """Add items, written in YAML, to the end of a list; create the list if there is none.

        An item of several lines needs a list with each item on its own line.
        """
        node = self._nodes.get(location)
        if node is None:
            self._add_key(location, items)
            return
        if not isinstance(node, yaml.SequenceNode):
            raise UneditableError(f"`{_name(location)}` must be a list; write it as [a, b]")
        start, end = self._span(node)
        if not node.value:
            colon = self._text.rindex(":", 0, start)
            self._edit(colon + 1, end, _list(items))
        elif not node.flow_style:
            self._insert_below(node, _block(items, " " * node.start_mark.column))
        elif any("\n" in item for item in items):
            message = f"write each item of `{_name(location)}` on lines of its own, after `- `"
            raise UneditableError(message)
        else:
            end = self._span(node.value[-1])[1]
            self._edit(end, end, "".join(f", {item}" for item in items))

    def remove(self, location: Location) -> None:
        """Remove an item from a list; the list stays, empty if need be."""
        parent = self._nodes[location[:-1]]
        index = location[-1]
        # The location of an item ends with its index.
        assert isinstance(parent, yaml.SequenceNode)
        assert isinstance(index, int)
        items = parent.value
        start, end = self._span(items[index])
        if not parent.flow_style:
            start = self._text.rindex("\n", 0, start) + 1
            self._edit(start, self._line_end(self._last(items[index])) + 1, "")
            if len(items) == 1:
                colon = self._text.rindex(":", 0, start)
                self._edit(colon + 1, colon + 1, " []")
        elif index + 1 < len(items):
            self._edit(start, self._span(items[index + 1])[0], "")
        elif index:
            self._edit(self._span(items[index - 1])[1], end, "")
        else:
            self._edit(start, end, "")

    def remove_key(self, location: Location) -> None:
        """Remove a key with its value."""
        key, value = self._key(location)
        start = self._text.rindex("\n", 0, self._span(key)[0]) + 1
        self._edit(start, self._line_end(self._last(value)) + 1, "")

    def _key(self, location: Location) -> tuple[yaml.Node, yaml.Node]:
        """Return the nodes of a key and its value."""
        parent = self._nodes[location[:-1]]
        if not isinstance(parent, yaml.MappingNode) or parent.flow_style:
            name = _name(location[:-1])
            raise UneditableError(f"write each key of `{name}` on a line of its own")
        pairs: list[tuple[yaml.Node, yaml.Node]] = parent.value
        return next(pair for pair in pairs if pair[0].value == location[-1])

    def set_step(self, index: int, name: str, aliases: Sequence[str]) -> None:
        """Set the id of a solution and add aliases; a solution that is only a text gets keys."""
        location: Location = ("solutions", index)
        node, parent = self._nodes[location], self._nodes[location[:1]]
        if isinstance(node, yaml.MappingNode):
            if (*location, "id") in self._nodes:
                self.replace((*location, "id"), name)
            else:
                self._add_key((*location, "id"), name)
            self.add((*location, "aliases"), aliases)
            return
        start, end = self._span(node)
        keys = [f"id: {name}", f"aliases: [{', '.join(aliases)}]"]
        if isinstance(parent, yaml.SequenceNode) and parent.flow_style:
            self._edit(start, start, "{text: ")
            self._edit(end, end, f", {', '.join(keys)}}}")
            return
        self._edit(start, start, "text: ")
        indent = " " * node.start_mark.column
        # The further lines are indented deeper than the dash, so they are indented deeper than the
        # key.
        deeper = indent[parent.start_mark.column :]
        for line in re.finditer(r"\n(?=[^\n])", self._text[start:end]):
            self._edit(start + line.end(), start + line.end(), deeper)
        self._insert_below(node, [indent + key for key in keys])

    def _add_key(self, location: Location, value: str | Sequence[str]) -> None:
        """Add a key to a mapping, with a word or a list."""
        *above, key = location
        parent = self._nodes.get(tuple(above))
        line = f"{key}: {value}" if isinstance(value, str) else f"{key}:{_list(value)}"
        if not above:
            gap = "" if self._text[: self._end].endswith("\n") or not self._end else "\n"
            self._edit(self._end, self._end, f"{gap}{line}\n")
        elif not isinstance(parent, yaml.MappingNode):
            raise UneditableError(f"`{_name(tuple(above))}` must have keys")
        elif parent.flow_style:
            end = len(self._text[: self._span(parent)[1] - 1].rstrip())
            self._edit(end, end, f", {line}")
        else:
            self._insert_below(parent, [f"{' ' * parent.start_mark.column}{line}"])

    def _insert_below(self, node: yaml.Node, lines: Sequence[str]) -> None:
        end = self._line_end(self._last(node))
        self._edit(end, end, "".join(f"\n{line}" for line in lines))

    def _last(self, node: yaml.Node) -> int:
        """Return where the last word of a node ends, without the comments and blanks after it."""
        if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
            return self._span(node)[1]
        last = node.value[-1]
        if isinstance(last, tuple):
            key, value = last
            is_empty = isinstance(value, yaml.ScalarNode) and not value.value
            last = key if is_empty and self._span(value)[1] < self._span(key)[1] else value
        return self._last(last)

    def _span(self, node: yaml.Node) -> tuple[int, int]:
        start = node.start_mark.index + self._begin
        end = node.end_mark.index + self._begin
        # A text of several lines (`>-`) ends where the next thing begins.
        return start, start + len(self._text[start:end].rstrip())

    def _line_end(self, index: int) -> int:
        end = self._text.find("\n", index)
        return len(self._text) if end < 0 else end

    def _edit(self, start: int, end: int, new: str) -> None:
        self._edits.append((start, end, new))


def _list(items: Sequence[str]) -> str:
    """Return the YAML of a list after its key: on the same line if the items are short words."""
    line = f" [{', '.join(items)}]"
    is_short = len(line) <= _LONGEST_LINE and not re.search(r'["\n]', line)
    return line if is_short else "".join(f"\n{line}" for line in _block(items, "  "))


def _block(items: Sequence[str], indent: str) -> list[str]:
    return [f"{indent}- " + item.replace("\n", f"\n{indent}  ") for item in items]


def _name(location: Location) -> str:
    return ".".join(str(part) for part in location)
