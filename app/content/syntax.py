"""Name the mistake in a text that is not valid YAML, in a writer's words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

import yaml

Place = tuple[int, int]
"""Line and column, both from 0."""

_BLANKS = "\xa0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
"""Invisible characters and odd spaces, which YAML doesn't treat as spaces."""

_KEY = r"^ *(?:- +)*[\w-]+"
_VALUE = r"(?:^ *- +|: +)"
_QUOTES = "“”„‟«»‘’‚‹›「」"
_LINE_MISTAKES = tuple(
    (re.compile(pattern), message)
    for pattern, message in (
        (r"^[ \t]*?(?P<at>\t)", "a tab in the indentation; use spaces"),
        (
            rf"(?:^ *|^ *-|{_KEY}:)(?P<at>[{_BLANKS}])",
            "YAML needs an ordinary space instead of this {name} ({code}); replace it",
        ),
        (rf"{_KEY} ?(?P<at>：)", "a full-width colon; write `:` and a space"),
        (
            rf"{_VALUE}(?P<at>[{_QUOTES}])",
            "curly quotes don't quote a text in YAML; use straight quotes (\" or ')",
        ),
        (r"^ *(?P<at>\*) ", "begin the entries of a list with `- `, not with `*`"),
        (r"^ *(?P<at>//)", "a comment begins with #, not with //"),
        (rf"{_KEY}(?P<at>) ?=(?! ?=)", "write `key: value`, with a colon instead of ="),
        (rf"{_KEY}:(?P<at>[^\s:/])", "put a space after the colon"),
        (rf"{_VALUE}(?P<at>{{{{)", "a text that begins with {{ needs quotes around it"),
        (
            rf"{_VALUE}(?P<at>(?P<sign>[`@%*&!]))",
            "a text that begins with {sign} needs quotes around it",
        ),
        (
            rf"{_VALUE}(?P<at>(?P<sign>[>|])) ?[^\s\d+-]",
            "a text that begins with {sign} needs quotes around it; a text of several lines begins "
            "on the line below the {sign}",
        ),
        (
            rf"{_VALUE}(?:\[[^\]]*\]|{{[^}}]*}})(?P<at>) *[^\s,\]}}#]",
            "text after a closing bracket; put the whole text into quotes",
        ),
        (rf"{_VALUE}(?:\[[^\]]*\]|{{[^}}]*}})(?P<at>,) *$", "remove the comma at the end"),
    )
)
"""Mistakes that a single line shows; `at` is the place of the mistake."""

_AFTER_QUOTE = re.compile(rf"""{_VALUE}(?:"[^"]*"|'[^']*') *$""")
_COLON = "the text contains a colon; put it into quotes"
_NO_COLON = "no colon; write `key: value`, or indent the line if it continues the text above"
_CONTINUED = (
    "this line is indented, so it continues the text above, and has a colon; remove the "
    "indentation, or put the whole text into quotes"
)
_OPEN_QUOTE = "this quote is not closed; add the closing quote"
_INDENTATION = "the indentation doesn't match the lines above; align this line with its neighbours"


def explain(text: str, error: yaml.MarkedYAMLError) -> tuple[Place, str]:
    """Return the place of the mistake in `text` that made `error`, and what to say about it."""
    lines = text.split("\n")
    mark = error.problem_mark or error.context_mark
    place = (mark.line, mark.column) if mark else (0, 0)
    for number in _suspects(lines, place[0], error):
        for pattern, message in _LINE_MISTAKES:
            if found := pattern.search(lines[number]):
                return (number, found.start("at")), _filled(message, found)
    return _by_error(lines, place, error)


def _suspects(lines: Sequence[str], problem: int, error: yaml.MarkedYAMLError) -> Iterator[int]:
    """Yield the lines that may hold the mistake, most likely first."""
    if "simple key" in (error.context or "") and error.context_mark:
        yield error.context_mark.line
    if problem < len(lines):
        yield problem
    # A line without a colon continues on the next line.
    before = next((number for number in range(problem - 1, -1, -1) if lines[number].strip()), None)
    if before is not None and not re.search(": |:$", lines[before]):
        yield before


def _filled(message: str, found: re.Match[str]) -> str:
    named = found.groupdict()
    if "sign" in named:
        return message.replace("{sign}", named["sign"])
    if "{name}" in message:
        name = unicodedata.name(named["at"], "character").lower()
        return message.format(name=name, code=f"U+{ord(named['at']):04X}")
    return message


def _by_error(lines: Sequence[str], place: Place, error: yaml.MarkedYAMLError) -> tuple[Place, str]:
    """Explain a mistake by the parser's message."""
    problem, context = error.problem or "", error.context or ""
    begin = error.context_mark
    line = lines[place[0]] if place[0] < len(lines) else ""
    before = line[: place[1]]
    if "quoted scalar" in context and begin:
        if "end of stream" in problem or "document" in problem:
            return (begin.line, begin.column), _OPEN_QUOTE
        return place, r"a backslash is special in double quotes; use single quotes, or write \\"
    if (opened := _unclosed_quote(lines, place)) is not None:
        return opened, _OPEN_QUOTE
    if "flow" in context and begin:
        return (begin.line, begin.column), (
            "this bracket is not closed; close it, or put the text into quotes"
        )
    if "another document" in problem:
        return place, "a second `---`; the front matter ends with a line that holds only `---`"
    if "simple key" in context and begin:
        return (begin.line, begin.column), _NO_COLON
    if "mapping values" in problem:
        return _unexpected_colon(lines, place)
    if _AFTER_QUOTE.search(before):
        return place, "text after a closing quote; quote the whole text, and double a ' within ' '"
    if "block" in context:
        return place, _INDENTATION
    return place, (
        f"{problem or context}; quote text that contains a colon or a #, or that begins with a "
        "quote or brace"
    )


def _unclosed_quote(lines: Sequence[str], place: Place) -> Place | None:
    """Return the quote that opens on a line above and closes just before `place`, if any.

    YAML reads all lines between as one text, up to the first quote of another text.
    """
    for quote in "\"'":
        if place[0] >= len(lines) or quote not in lines[place[0]][: place[1]]:
            continue
        above = (number for number in range(place[0] - 1, -1, -1) if quote in lines[number])
        number = next(above, None)
        if number is not None:
            opened = re.search(rf"{_VALUE}(?P<at>{quote})[^{quote}]*$", lines[number])
            return (number, opened.start("at")) if opened else None
    return None


def _unexpected_colon(lines: Sequence[str], place: Place) -> tuple[Place, str]:
    line = lines[place[0]]
    if re.search(rf"{_KEY}: |^ *- ", line[: place[1]]):
        return place, _COLON
    if line.startswith(" "):
        return place, _CONTINUED
    above = next((number for number in range(place[0] - 1, -1, -1) if lines[number].strip()), 0)
    return (above, 0), _NO_COLON
