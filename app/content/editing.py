"""Small changes to the text of a content file that leave everything else as its writer wrote it.

Nothing is read as YAML and written again: that would lose comments, quotes and line breaks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

import yaml

from app.content.frontmatter import FENCE, Location

_LINK = re.compile(r"(?:\]\(\s*<?|\]:[ \t]*<?)(?P<target>/[^\s<>()]*|#[^\s<>()]*)")
"""The target of a Markdown link, or of a link definition, that stays on this help center."""


class UneditableError(Exception):
    """The file is written in a way that only a person can change; the message says what to do."""


def quoted(text: str) -> str:
    """Return a text as YAML has it in quotes."""
    # A JSON string is a YAML string, whatever it holds.
    return json.dumps(text, ensure_ascii=False)


class Editor:
    """Changes to one file, collected and made at once by `result`.

    `text` is a YAML file, or Markdown with front matter, that the loader found no mistake in.
    Locations are those of `frontmatter.Document`.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: list[tuple[int, int, str]] = []
        self._nodes: dict[Location, yaml.Node] = {}
        self._keys: dict[Location, yaml.Node] = {}
        begin, self._end = _yaml_part(text)
        self._shift = begin
        root = yaml.compose(text[begin : self._end], Loader=yaml.CSafeLoader)
        if root is not None:
            self._walk(root, ())

    def _walk(self, node: yaml.Node, location: Location) -> None:
        self._nodes[location] = node
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self._keys[*location, key.value] = key
                self._walk(value, (*location, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._walk(item, (*location, index))

    @property
    def result(self) -> str:
        """The text with all changes made."""
        parts: list[str] = []
        done = 0
        for start, end, new in sorted(self._edits, key=lambda edit: edit[0]):
            parts += (self._text[done:start], new)
            done = end
        return "".join((*parts, self._text[done:]))

    def replace(self, location: Location, word: str) -> None:
        """Put `word`, which needs no quotes, in the place of a word; quotes around it stay."""
        start, end = self._span(self._nodes[location])
        quote = self._text[start] if self._text[start] in "'\"" else ""
        self._change(start, end, f"{quote}{word}{quote}")

    def add(self, location: Location, words: Sequence[str]) -> None:
        """Add words to the end of a list; the list is made where there is none."""
        node = self._nodes.get(location)
        listed = ", ".join(words)
        if node is None:
            self._add_key(location, f"[{listed}]")
        elif not isinstance(node, yaml.SequenceNode):
            raise UneditableError(f"`{_name(location)}` must be a list; write it as [a, b]")
        elif not node.flow_style:
            indent = " " * node.start_mark.column
            self._insert_below(node, [f"{indent}- {word}" for word in words])
        elif node.value:
            end = self._span(node.value[-1])[1]
            self._change(end, end, f", {listed}")
        else:
            start, end = self._span(node)
            self._change(start, end, f"[{listed}]")

    def extend(self, key: str, texts: Sequence[str]) -> None:
        """Add texts, which are quoted, to the end of a list of the file's first level."""
        words = [quoted(text) for text in texts]
        node = self._nodes.get((key,))
        lines = "".join(f"\n  - {word}" for word in words)
        if node is None:
            self._change(self._end, self._end, f"{key}:{lines}\n")
        elif isinstance(node, yaml.SequenceNode) and not node.value:
            start, end = self._span(node)
            colon = self._text.rindex(":", 0, start)
            self._change(colon + 1, end, lines)
        else:
            self.add((key,), words)

    def remove(self, location: Location) -> None:
        """Remove a word from a list; the list stays, empty if need be."""
        *above, index = location
        parent = self._nodes[tuple(above)]
        # That is what a location with an index means.
        assert isinstance(parent, yaml.SequenceNode)
        assert isinstance(index, int)
        items = parent.value
        start, end = self._span(items[index])
        if not parent.flow_style:
            line_start = self._text.rfind("\n", 0, start) + 1
            self._change(line_start, self._line_end(end) + 1, "")
            if len(items) == 1:
                colon = self._text.index(":", self._span(self._keys[tuple(above)])[1])
                self._change(colon + 1, colon + 1, " []")
        elif index + 1 < len(items):
            self._change(start, self._span(items[index + 1])[0], "")
        elif index:
            self._change(self._span(items[index - 1])[1], end, "")
        else:
            self._change(start, end, "")

    def set_step(self, index: int, name: str, more: Sequence[str] = ()) -> None:
        """Give the solution at `index` the id `name`, and `more` aliases.

        A solution that is only a text is written out with its keys.
        """
        location: Location = ("solutions", index)
        node = self._nodes[location]
        if isinstance(node, yaml.MappingNode):
            if (*location, "id") in self._nodes:
                self.replace((*location, "id"), name)
            else:
                self._add_key((*location, "id"), name)
            if more:
                self.add((*location, "aliases"), more)
            return
        start, end = self._span(node)
        keys = [f"id: {name}", *([f"aliases: [{', '.join(more)}]"] if more else [])]
        parent = self._nodes[("solutions",)]
        assert isinstance(parent, yaml.SequenceNode)
        if parent.flow_style:
            self._change(start, start, "{text: ")
            self._change(end, end, "".join(f", {key}" for key in keys) + "}")
            return
        self._change(start, start, "text: ")
        indent = " " * node.start_mark.column
        # The further lines of a text stand deeper than its key, as they stood deeper than its dash.
        deeper = indent[parent.start_mark.column :]
        for line in re.finditer(r"\n(?=[^\n])", self._text[start:end]):
            self._change(start + line.end(), start + line.end(), deeper)
        self._insert_below(node, [indent + key for key in keys])

    def append(self, location: Location, lines: Sequence[str]) -> None:
        """Add an item of several lines to the end of a list of the file's first level."""
        node = self._nodes.get(location)
        indent = "  "
        if node is not None and isinstance(node, yaml.SequenceNode) and not node.flow_style:
            indent = " " * node.start_mark.column
        item = [f"{indent}{'  ' if number else '- '}{line}" for number, line in enumerate(lines)]
        if node is None:
            gap = "" if not self._text or self._text.endswith("\n") else "\n"
            self._change(self._end, self._end, "\n".join((f"{gap}{location[0]}:", *item, "")))
        elif not isinstance(node, yaml.SequenceNode) or (node.flow_style and node.value):
            message = f"write `{_name(location)}` with each item on lines of its own, after `- `"
            raise UneditableError(message)
        elif node.flow_style:
            start, end = self._span(node)
            colon = self._text.rindex(":", 0, start)
            self._change(colon + 1, end, "\n" + "\n".join(item))
        else:
            self._insert_below(node, item)

    def replace_links(self, new_target: Callable[[str], str | None]) -> None:
        """Give every link within the help center the target that `new_target` returns, if any."""
        for link in _LINK.finditer(self._text):
            new = new_target(link["target"])
            if new is not None:
                self._change(*link.span("target"), new)

    def _add_key(self, location: Location, value: str) -> None:
        """Add a key with a value of one line to a mapping."""
        *above, key = location
        parent = self._nodes[tuple(above)]
        if not isinstance(parent, yaml.MappingNode):
            raise UneditableError(f"`{_name(above)}` must have keys; write `text:` before its text")
        if parent.flow_style:
            end = self._span(parent)[1] - 1
            while self._text[end - 1].isspace():
                end -= 1
            self._change(end, end, f", {key}: {value}")
        elif not above:
            self._change(self._end, self._end, f"{key}: {value}\n")
        else:
            indent = " " * parent.value[0][0].start_mark.column
            self._insert_below(parent, [f"{indent}{key}: {value}"])

    def _insert_below(self, node: yaml.Node, lines: Sequence[str]) -> None:
        end = self._line_end(self._last(node))
        self._change(end, end, "".join(f"\n{line}" for line in lines))

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
        start = node.start_mark.index + self._shift
        end = node.end_mark.index + self._shift
        # A text of several lines (`>-`) ends where the next thing begins.
        return start, start + len(self._text[start:end].rstrip())

    def _line_end(self, index: int) -> int:
        end = self._text.find("\n", index)
        return len(self._text) if end < 0 else end

    def _change(self, start: int, end: int, new: str) -> None:
        self._edits.append((start, end, new))


def _yaml_part(text: str) -> tuple[int, int]:
    """Return where the YAML of a file begins and ends: its front matter, or all of it."""
    first, *lines = text.split("\n")
    if first.rstrip() != FENCE:
        return 0, len(text)
    begin = end = len(first) + 1
    for line in lines:
        if line.rstrip() == FENCE:
            break
        end += len(line) + 1
    return begin, end


def _name(location: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in location)
