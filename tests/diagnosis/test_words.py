"""The words of a text as they are compared."""

from __future__ import annotations

import pytest

from app.diagnosis.words import stem


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("permissions", "permiss"),
        ("permission", "permiss"),
        ("restricted", "restrict"),
        ("restriction", "restrict"),
        ("stopped", "stop"),
        ("keys", "key"),
        ("tries", "try"),
        ("access", "access"),
        ("ip", "ip"),
        ("ключи", "ключи"),
    ],
)
def test_stems(word: str, expected: str) -> None:
    assert stem(word) == expected
