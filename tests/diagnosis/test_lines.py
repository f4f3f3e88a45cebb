"""Lines that a program wrote, and lines of a person."""

from __future__ import annotations

import pytest

from app.diagnosis.lines import is_advice, is_machine_made, mostly_machine_made
from app.diagnosis.normalised_text import normalise

LOG = "2026-01-01 10:00:00 - kite - INFO - calm"


@pytest.mark.parametrize(
    "line",
    [
        LOG,
        "[12:01:07] no wind",
        "ERROR: no wind",
        '{"wind": 0}',
        "at Kite.fly (kite.js:1)",
        'File "kite.py", line 3, in fly',
        "Traceback (most recent call last):",
    ],
)
def test_a_program_wrote_it(line: str) -> None:
    assert is_machine_made(normalise(line).flat)


@pytest.mark.parametrize("line", ["my kite doesn't fly", "the error comes at noon", "风筝不飞"])
def test_a_person_wrote_it(line: str) -> None:
    assert not is_machine_made(normalise(line).flat)


def test_a_text_is_whose_most_lines_are() -> None:
    assert not mostly_machine_made(normalise(f"{LOG}\nwhat now"))
    assert mostly_machine_made(normalise(f"{LOG}\nwhat now\n{LOG}"))


@pytest.mark.parametrize(
    "line",
    ["- the string isn't listed", "2) the knot", "Possible causes:", "Please check your string"],
)
def test_it_says_what_to_check(line: str) -> None:
    assert is_advice(normalise(line).flat)


@pytest.mark.parametrize("line", [LOG, "-7015", "- ERROR - no wind", "I checked my string", "2.5"])
def test_it_says_what_happened(line: str) -> None:
    assert not is_advice(normalise(line).flat)
