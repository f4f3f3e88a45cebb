"""What is kept of a text that is too long."""

from __future__ import annotations

import pytest

from app.diagnosis.shortening import MAX_TEXT_BYTES, shorten


def test_the_lines_around_errors_and_the_end_are_kept() -> None:
    lines = [f"tick {number}" for number in range(5_000)]
    lines[100] = 'ERROR {"code":-1021}'

    text, left_out = shorten("\n".join(lines))

    kept = text.split("\n")
    assert kept[:3] == ["tick 99", 'ERROR {"code":-1021}', "tick 101"]
    assert kept[3:] == [f"tick {number}" for number in range(4_980, 5_000)]
    assert left_out == 5_000 - 23


@pytest.mark.parametrize(
    "text", ["x" * 50_000, "error\n" * 20_000, "é error " * 9_000, "\n" * 40_000]
)
def test_nothing_is_longer_than_the_limit(text: str) -> None:
    assert len(shorten(text)[0].encode()) <= MAX_TEXT_BYTES


def test_the_last_error_is_kept_when_not_all_fit() -> None:
    text, _left = shorten("\n".join(f"error {number}" for number in range(9_000)))

    assert text.endswith("error 8999")


def test_of_a_long_line_beginning_and_end_are_kept() -> None:
    text, _left = shorten("start" + "x" * 90_000 + "end")

    assert text.startswith("start")
    assert text.endswith("end")
