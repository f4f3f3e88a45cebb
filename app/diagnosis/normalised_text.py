"""Text in the normal form in which signatures, codes and phrases are compared.

Pure and linear in the length of the text. What people paste went through terminals, JSON in JSON,
chat programs and browsers: quotes are curly or escaped, spaces are not spaces, JSON is broken into
lines. `normalise` takes all that away and keeps the way back to the line as it was pasted.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

import re2

Span = tuple[int, int]
"""Where something begins and ends in the normalised text."""

EXCERPT_LENGTH = 240
"""An excerpt is cut to this many characters around what matched."""

_QUOTES = dict.fromkeys(map(ord, "\"'`´‘’‚‛“”„‟«»‹›「」『』"), "'")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_INVISIBLE: dict[int, None] = dict.fromkeys(
    (0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A))
)
_CONTROL = dict.fromkeys({*range(32), *range(127, 160)} - {ord("\n")}, " ")
_ACCENTED = {
    ord(letter): unicodedata.normalize("NFD", letter)[0]
    for letter in (*map(chr, range(0xC0, 0x180)), "ё")
} | {ord("ı"): "i"}
_TABLE = _CONTROL | _INVISIBLE | _DASHES | _QUOTES
# Most of a text is ASCII. It is translated as bytes, in a tenth of the time.
_ASCII_TABLE = bytes(ord(chr(code).translate(_TABLE)) for code in range(128)) + bytes(
    range(128, 256)
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_ENTITIES = (
    ("&quot;", "'"),
    ("&#34;", "'"),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&apos;", "'"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&nbsp;", " "),
    ("&amp;", "&"),
)
_NO_LETTERS = frozenset((*range(32), *range(0xD800, 0xE000)))
_COLOUR = re2.compile(r"\x1b\[[0-9;]*m")
# Python's own `re` where matches are many and short. Linear: only the first backslash of a run can
# begin a match.
_ESCAPED_QUOTE = re.compile(r"\\(?<!\\\\)\\*'")
_ESCAPED_SPACE = re.compile(r"\\(?<!\\\\)\\*[nrt]")
_ESCAPED_LETTER = re.compile(r"\\(?<!\\\\)\\*u([0-9a-fA-F]{4})")
_BROKEN_START = re2.compile(r"^\S{1,30}\s")
_BROKEN_END = re2.compile(r"\s\S{1,30}$")
"""The rest of a word at which an excerpt was cut; without spaces near it stays as it is."""
_CCXT_ADVICE = re2.compile(r"\(possible reasons: [a-z ,-]{0,200}\)?")
"""Old ccxt versions end every message with this list of all causes; it says nothing.

What the exchange answered may stand behind it, within the same brackets.
"""


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """A normalised paste.

    `flat` is all of it on one line, lower case, every run of white space one space. `lines` are the
    lines as pasted. `flat_lines` are those that aren't empty, normalised: `flat_lines[i]` comes
    from `lines[line_numbers[i]]` and begins at `starts[i]` of `flat`.
    """

    flat: str
    lines: tuple[str, ...]
    flat_lines: tuple[str, ...]
    starts: tuple[int, ...]
    line_numbers: tuple[int, ...]

    def line_number(self, position: int) -> int:
        """Return the index in `lines` of what stands at `position` of `flat`."""
        return self.line_numbers[self._index(position)] if self.line_numbers else 0

    def line_span(self, position: int) -> tuple[int, int]:
        """Return where the line around `position` begins and ends in `flat`."""
        if not self.starts:
            return 0, 0
        index = self._index(position)
        start = self.starts[index]
        return start, start + len(self.flat_lines[index])

    def excerpt(self, position: int) -> str:
        """Return the pasted line around `position` of `flat`, cut to a readable length."""
        if not self.line_numbers:
            return ""
        line = self.lines[self.line_number(position)].strip()
        if len(line) <= EXCERPT_LENGTH:
            return line
        begin, end = self.line_span(position)
        # Normalising shortens a line evenly enough for the place to be found by its share.
        middle = round(len(line) * (position - begin) / max(1, end - begin))
        first = min(max(0, middle - EXCERPT_LENGTH // 4), len(line) - EXCERPT_LENGTH)
        last = first + EXCERPT_LENGTH
        cut = line[first:last]
        if first and not line[first - 1].isspace():
            cut = _BROKEN_START.sub("", cut)
        if last < len(line) and not line[last].isspace():
            cut = _BROKEN_END.sub("", cut)
        return f"{'… ' if first else ''}{cut.strip()}{' …' if last < len(line) else ''}"

    def _index(self, position: int) -> int:
        return max(0, bisect_right(self.starts, position) - 1)


def normalise(pasted: str) -> NormalisedText:
    """Return `pasted` in the normal form. Any string is accepted."""
    text = pasted.replace("\r\n", "\n").replace("\r", "\n")
    lines = tuple(text.split("\n"))
    if not text.isascii():
        # A lone surrogate can't be encoded, which the matchers do; it becomes a question mark.
        text = text.encode("utf-8", "replace").decode("utf-8")
        text = unicodedata.normalize("NFKC", text)
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    if not text.isascii():
        text = _BEYOND_ASCII.sub(_translated, text)
    text = text.encode("utf-8").translate(_ASCII_TABLE).decode("utf-8")
    if "\\" in text:
        if "\\u" in text:
            text = _ESCAPED_LETTER.sub(_letter, text)
        if "\\'" in text:
            text = _ESCAPED_QUOTE.sub("'", text)
        text = _ESCAPED_SPACE.sub(" ", text)
    text = text.casefold()
    if "(possible reasons: " in text:
        text = _CCXT_ADVICE.sub(" ", text)
    parts: list[str] = []
    starts: list[int] = []
    numbers: list[int] = []
    length = 0
    for number, line in enumerate(text.split("\n")):
        words = " ".join(line.split())
        if words:
            parts.append(words)
            starts.append(length)
            numbers.append(number)
            length += len(words) + 1
    return NormalisedText(" ".join(parts), lines, tuple(parts), tuple(starts), tuple(numbers))


def without_accents(text: str) -> str:
    """Return a lower-case text of the same length as many type it on a phone: "você" is "voce"."""
    return text.translate(_ACCENTED)


def _translated(run: re.Match[str]) -> str:
    return run.group().translate(_TABLE)


def _letter(match: re.Match[str]) -> str:
    r"""Return the character of a `\\uXXXX`; halves of a pair and controls are left out."""
    code = int(match.group(1), 16)
    return " " if code in _NO_LETTERS else chr(code)
