"""Group texts that say the same thing, so that a writer sees each gap once, the widest first."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.feedback.records import Kind, Unanswered

ALIKE = 0.6
"""Two texts are alike if they share this part of all their words (Jaccard)."""
MOST_COMPARED = 10
"""The most groups that a text is compared with: those that share most of its rarest words."""

# What changes from one occurrence of an error to the next. Longest forms first.
_PLACEHOLDERS = (
    (re.compile(r"https?://\S+"), " url "),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[t ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?z?)?"), " time "),
    (re.compile(r"\b\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\b"), " time "),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"), " id "),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), " ip "),
    (re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}:?(?:[0-9a-f]{1,4}:?)*"), " ip "),
    (re.compile(r"\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{8,}\b"), " id "),
    # A word with many digits is an id.
    (re.compile(r"\b(?=\w*[a-z])(?:[a-z_]*\d){4,}\w*"), " id "),
    (re.compile(r"\b\d+(?:[.,]\d+)*\b"), " number "),
)
# The numbers that are error codes. Texts with different codes are never alike.
_CODE = re.compile(
    r"(?<![\w.])-(\d{3,6})(?![\w.-])"
    r"|(?:code|errno|error)\W{1,5}-?(\d{3,6})(?![\w.])"
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Group:
    """Texts that are alike.

    `key` names the group on the command line; it stays the same while the oldest text is kept.
    `example` is the most frequent text. `exchanges` and `kinds` are in alphabetical order.
    """

    key: str
    example: str
    count: int
    exchanges: tuple[str, ...]
    kinds: tuple[Kind, ...]
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class _Shape:
    """A text without what changes from one occurrence to the next."""

    codes: frozenset[str]
    words: frozenset[str]


def group(rows: Iterable[Unanswered]) -> list[Group]:
    """Return the groups of `rows`, most texts first; the order of `rows` changes nothing.

    The oldest text of a group is its founder. A later text joins the group whose founder is most
    like it, so that a chain of small differences never draws unlike texts together.
    """
    ordered = sorted(rows, key=lambda row: (row.created, row.text))
    alike: dict[_Shape, list[Unanswered]] = {}
    for row in ordered:
        alike.setdefault(_shape(row.text), []).append(row)
    groups = [
        _summary(shapes[0], [row for shape in shapes for row in alike[shape]])
        for shapes in _cluster(list(alike))
    ]
    return sorted(groups, key=lambda group: (-group.count, group.example))


def _shape(text: str) -> _Shape:
    text = text.casefold()
    codes = frozenset(match[1] or match[2] for match in _CODE.finditer(text))
    text = _CODE.sub(" code ", text)
    for pattern, placeholder in _PLACEHOLDERS:
        text = pattern.sub(placeholder, text)
    return _Shape(codes, frozenset(_WORD.findall(text)))


def _cluster(shapes: Sequence[_Shape]) -> list[list[_Shape]]:
    """Return groups of shapes, each with its founder first, in the order of `shapes`.

    Two shapes that share 60 % of their words share at least one word of the rarest 40 % of each.
    Only those words are looked up, so that common words don't make every group a candidate.
    """
    frequency = Counter(word for shape in shapes for word in shape.words)
    groups: list[list[_Shape]] = []
    by_rare_word: dict[tuple[frozenset[str], str], list[int]] = defaultdict(list)
    for shape in shapes:
        words = sorted(shape.words, key=lambda word: (frequency[word], word))
        rare = words[: len(words) - math.ceil(ALIKE * len(words)) + 1]
        places = [by_rare_word[shape.codes, word] for word in rare]
        shared = Counter(number for place in places for number in place)
        likeness, number = max(
            (
                (_likeness(shape, groups[number][0]), -number)
                for number, _ in shared.most_common(MOST_COMPARED)
            ),
            default=(0.0, 0),
        )
        if likeness >= ALIKE:
            groups[-number].append(shape)
        else:
            for place in places:
                if len(place) < MOST_COMPARED:
                    place.append(len(groups))
            groups.append([shape])
    return groups


def _likeness(shape: _Shape, other: _Shape) -> float:
    shared = len(shape.words & other.words)
    return shared / (len(shape.words) + len(other.words) - shared)


def _summary(founder: _Shape, rows: Sequence[Unanswered]) -> Group:
    texts = Counter(row.text for row in rows)
    content = " ".join([*sorted(founder.codes), "|", *sorted(founder.words)])
    return Group(
        key=hashlib.sha256(content.encode()).hexdigest()[:8],
        example=min(texts, key=lambda text: (-texts[text], len(text), text)),
        count=len(rows),
        exchanges=tuple(sorted({row.exchange for row in rows if row.exchange})),
        kinds=tuple(sorted({row.kind for row in rows})),
        first_seen=min(row.created for row in rows),
        last_seen=max(row.created for row in rows),
    )
