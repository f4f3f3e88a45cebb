from __future__ import annotations

import random
from datetime import timedelta

import pytest

from app.feedback.likeness import Group, group
from app.feedback.records import Kind, Unanswered
from tests.feedback.examples import NOON
from tests.timing import processor_seconds


def rows(*texts: str) -> list[Unanswered]:
    """Return a row for each text, a minute apart."""
    return [
        Unanswered(NOON + timedelta(minutes=number), Kind.DIAGNOSIS, text, "v1")
        for number, text in enumerate(texts)
    ]


def sizes(*texts: str) -> list[int]:
    return [found.count for found in group(rows(*texts))]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Kettle refused order 51234567 at 12:30:05", "kettle REFUSED order 98 at 07:01:44"),
        ("timeout to 203.0.113.9:443 after 30s", "timeout to 198.51.100.7:8443 after 30s"),
        ("timeout to 203.0.113.9", "timeout to 2001:db8::1"),
        ("no cup 0xdeadbeef12345678", "no cup 0xcafebabe87654321"),
        (
            "request 123e4567-e89b-12d3-a456-426614174000 failed",
            "request 9f8e7d6c-aaaa-bbbb-cccc-0123456789ab failed",
        ),
        ("2031-05-14T12:00:00Z tea is cold", "2030-01-02 03:04:05,678 tea is cold"),
        ("GET https://a.example/x?sign=1 failed", "GET https://b.example/y failed"),
        ("order teapot-x81k2m9q4 is gone", "order teapot-p0a7s6d5f is gone"),
        ("the teapot does not whistle", "my teapot does not whistle"),
        ("tea cold why", "why  cold TEA?"),
    ],
)
def test_the_same_error_again_is_the_same_group(text: str, other: str) -> None:
    assert sizes(text, other) == [2]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (
            '{"code":-9101,"msg":"Kettle too hot to hold"}',
            '{"code":-9102,"msg":"Kettle too hot to hold"}',
        ),
        ("error 70123 kettle is busy now", "error 70124 kettle is busy now"),
        ("retCode=10900 kettle is busy now", "retCode=10901 kettle is busy now"),
        ("the teapot does not whistle", "the kettle lost its lid today"),
        ("tea", "coffee"),
        ("???", "tea"),
    ],
)
def test_another_code_or_other_words_are_another_group(text: str, other: str) -> None:
    assert sizes(text, other) == [1, 1]


def test_a_group_tells_when_where_and_how_often() -> None:
    found = [
        Unanswered(NOON, Kind.SEARCH, "no cup 17", "v1", "okx"),
        Unanswered(NOON + timedelta(days=2), Kind.DIAGNOSIS, "no cup 18", "v2", None),
        Unanswered(NOON + timedelta(days=1), Kind.SEARCH, "no cup 18", "v1", "bybit"),
        Unanswered(NOON, Kind.SEARCH, "kettle", "v1", "okx"),
    ]
    cup, kettle = group(found)
    assert cup == Group(
        key=cup.key,
        example="no cup 18",
        count=3,
        exchanges=("bybit", "okx"),
        kinds=(Kind.DIAGNOSIS, Kind.SEARCH),
        first_seen=NOON,
        last_seen=NOON + timedelta(days=2),
    )
    assert len(cup.key) == 8
    assert cup.key != kettle.key
    assert kettle.count == 1


def test_the_order_of_the_rows_and_later_texts_change_no_key() -> None:
    texts = [
        f"{noun} {verb} {place}"
        for noun in ("tea", "cup")
        for verb in ("gone", "cold")
        for place in ("in the kitchen today", "on the roof again", "under my chair")
    ]
    found = rows(*texts)
    groups = group(found)
    assert len(groups) > 1
    shuffled = found.copy()
    random.Random(7).shuffle(shuffled)
    assert group(shuffled) == groups
    later = Unanswered(NOON + timedelta(days=1), Kind.SEARCH, "something else", "v1")
    assert {old.key for old in groups} < {new.key for new in group([*found, later])}


def test_differences_do_not_add_up_to_a_chain() -> None:
    words = ["tea", "cup", "pot", "lid", "tray", "spoon", "sugar", "milk", "lemon", "honey"]
    chain = [" ".join(words[start : start + 5]) for start in range(6)]
    groups = group(rows(*chain))
    assert sum(found.count for found in groups) == 6
    assert len(groups) >= 3


@pytest.mark.parametrize(
    "hostile", ["", "\0", "[" * 500, "1" * 500, "a1" * 250, "a:" * 250, ":" * 500]
)
def test_hostile_texts_are_grouped_as_well(hostile: str) -> None:
    assert sizes(hostile, hostile, "tea") == [2, 1]


def many(count: int, *, vocabulary: int) -> list[Unanswered]:
    """Return texts of 30 words that are mostly unlike: the slowest that there are."""
    chance = random.Random(11)
    words = [
        f"word{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10 % 10]}{'uvwxyz'[n // 100 % 6]}"
        for n in range(vocabulary)
    ]
    return rows(*(" ".join(chance.choices(words, k=30)) for _ in range(count)))


@pytest.mark.slow
@pytest.mark.parametrize("vocabulary", [60, 600])
def test_four_times_the_rows_take_nowhere_near_sixteen_times_as_long(vocabulary: int) -> None:
    def seconds(count: int) -> float:
        texts = many(count, vocabulary=vocabulary)
        assert sum(found.count for found in group(texts)) == count
        return processor_seconds(lambda: group(texts))

    assert seconds(4000) < 10 * seconds(1000)
