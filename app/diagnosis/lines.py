"""Which lines of a text a program wrote (logs, tracebacks, code), and which give advice."""

from __future__ import annotations

import re

from app.diagnosis.normalised_text import NormalisedText

# Python's own `re` where many short matches are wanted, which RE2's wrapper is slow at. Linear: no
# repetition holds another, and each is tried at one place of a line.
_FRAME = re.compile(
    r"(?:[^ ]{1,30} ?\| ?)?"
    r"(?:at [^ ]*[.(/]|file '|traceback |-{2,}>? ?[0-9]|\^|self\.|return |raise )"
)
_DATE = re.compile(r"\[?[0-9]{2,4}[-/:][0-9]{2}[-/:][0-9]{2}")
# Each pattern begins with a class of rare characters, so that `re` skips all others. Lookbehinds
# check what stands before.
_CLOCK = re.compile(r"[0-9](?<!\w[0-9])[0-9]?:[0-9]{2}:[0-9]{2}\b")
_ADVICE = re.compile(
    r"(?:[-*•·] ?|\(?[0-9]{1,2}[.)] )[^\W\d_]|"
    r".*\b(?:possible|common|likely) (?:causes?|reasons?)\b|"
    r"(?:please )?(?:check|make sure|verify|ensure)\b"
)
_LAST_CLOCK = 24
"""A time of day that begins after this many characters is part of the message."""
_CLOCK_LENGTH = 9
_LEVELS = "|".join(
    rf"(?<=\b{level}{space}.)"
    for level in ("error", "warning", "warn", "info", "debug")
    for space in ("", " ")
)
_MARK = re.compile(
    r"[{}<>=(_:\])|-](?:(?<=[{}<>=])|(?<=\w\()|(?<=\w_)\w|(?<=:)(?::| ')|"
    rf"(?<=[:\])|-])(?:{_LEVELS}))"
)


def is_advice(line: str) -> bool:
    """Tell whether a normalised line is an item of a list, or says what to check."""
    return _ADVICE.match(line) is not None and not is_machine_made(line)


def is_machine_made(line: str) -> bool:
    """Tell whether a program wrote a normalised line: a frame, a time, a level or code."""
    if _FRAME.match(line) or _DATE.match(line) or _MARK.search(line):
        return True
    clock = _CLOCK.search(line, 0, _LAST_CLOCK + _CLOCK_LENGTH)
    return clock is not None and clock.start() <= _LAST_CLOCK


def mostly_machine_made(text: NormalisedText) -> bool:
    """Tell whether a program wrote more than half of the lines."""
    half = len(text.flat_lines) // 2
    lines = 0
    for line in text.flat_lines:
        lines += is_machine_made(line)
        if lines > half:
            return True
    return False
