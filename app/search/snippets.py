"""The passage of an item to show, with the matches marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from app.search.passages import Passage
from app.search.question import Question
from app.search.tokens import codes_of, fold, words_of
from app.search.vocabulary import PREFIX_CHARACTERS

SNIPPET_CHARACTERS = 160

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

Needle = tuple[int | str, str]
"""A word of the question, by its number, or a code; and how it begins in texts."""


class Marker:
    """Chooses the passage to show and marks the matches in it."""

    def __init__(self, question: Question) -> None:
        groups = [*(one.forms for one in question.words), *((one,) for one in _words_of(question))]
        self._forms = {form: group for group, forms in enumerate(groups) for form in forms}
        self._needles: list[Needle] = [
            (group, needle)
            for group, forms in enumerate(groups)
            for needle in _shared_beginnings([*forms])
        ]
        self._needles += ((code, code) for code in question.codes)

    def best(self, title: Passage, passages: Iterable[Passage]) -> Passage:
        """Return the first passage that holds most of what was asked for beyond the title."""
        covered = self._matches(fold(title.text), self._needles)
        needles = [one for one in self._needles if one[0] not in covered]
        wanted = len({group for group, _ in needles})
        best, most = title, -1
        for passage in passages:
            # To look for beginnings of words is quick, and rules out most texts.
            text = fold(passage.text)
            possible = [one for one in needles if one[1] in text]
            if len(possible) <= most:
                continue
            for part in passage.parts():
                hits = len(self._matches(fold(part.text), possible))
                if hits > most:
                    best, most = part, hits
            if most == wanted:
                break
        return best

    def _matches(self, text: str, needles: Iterable[Needle]) -> set[int | str]:
        """Return which words and codes of the question a folded text holds."""
        return {
            group
            for group, needle in needles
            if needle in text and self._holds(text, group, needle)
        }

    def _holds(self, text: str, group: int | str, needle: str) -> bool:
        if isinstance(group, str):
            return group in codes_of(text)
        for place in _places(needle, text):
            word = _WORD.match(text, place)
            if word and self._forms.get(word[0]) == group:
                return True
        return False

    def mark(self, text: str) -> tuple[tuple[str, bool], ...]:
        """Return `text`, cut to the length of a snippet, in pieces marked or not."""
        spans = self._spans(text)
        start, end = _window(text, spans)
        pieces: list[tuple[str, bool]] = []
        place = start
        for left, right in spans:
            if left < place or right > end:
                continue
            pieces += [(text[place:left], False), (text[left:right], True)]
            place = right
        pieces.append((text[place:end], False))
        if start > 0:
            pieces.insert(0, ("…", False))
        if end < len(text):
            pieces.append(("…", False))
        return _merged(pieces)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Return where the matches stand, in order; they may overlap."""
        folded = text.casefold()
        if len(folded) != len(text):  # a letter such as `ß`: places in both would differ
            folded = text
        spans: list[tuple[int, int]] = []
        for group, needle in self._needles:
            if needle not in folded:
                continue
            for place in _places(needle, folded):
                if isinstance(group, str):
                    end = place + len(needle)
                    if not folded[end : end + 1].isalnum():
                        spans.append((place, end))
                elif (word := _WORD.match(folded, place)) and self._is_form(word[0]):
                    spans.append(word.span())
        return sorted(set(spans), key=lambda span: (span[0], -span[1]))

    def _is_form(self, word: str) -> bool:
        return word in self._forms or any(one in self._forms for one in words_of(word))


def _words_of(question: Question) -> Iterator[str]:
    return (word for phrase in question.phrases for word in phrase)


def _places(needle: str, text: str) -> Iterator[int]:
    """Yield where `needle` stands in `text` as the beginning of a word."""
    place = text.find(needle)
    while place >= 0:
        if not text[place - 1 : place].isalnum():
            yield place
        place = text.find(needle, place + 1)


def _shared_beginnings(words: Sequence[str]) -> list[str]:
    """Return the beginning of all words if it is long enough to tell, else the words."""
    first, last = min(words), max(words)
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return [first[:shared]] if shared >= PREFIX_CHARACTERS else list(words)


def _window(text: str, spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the part of a text to show: whole words, with as many matches as it can hold."""
    if len(text) <= SNIPPET_CHARACTERS:
        return 0, len(text)
    lead = SNIPPET_CHARACTERS // 4
    starts = [0, *(max(0, left - lead) for left, _ in spans)]
    start = max(
        starts,
        key=lambda one: sum(
            one <= left and right <= one + SNIPPET_CHARACTERS - lead for left, right in spans
        ),
    )
    if start:
        space = text.find(" ", start, start + lead)
        start = space + 1 if space >= 0 else start
    end = min(start + SNIPPET_CHARACTERS, len(text))
    if end < len(text):
        space = text.rfind(" ", end - lead, end + 1)
        end = space if space > start else end
    return start, end


def _merged(pieces: Iterable[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    """Return the pieces without empty ones, unmarked neighbours joined."""
    merged: list[tuple[str, bool]] = []
    for text, marked in pieces:
        if text and merged and not marked and not merged[-1][1]:
            merged[-1] = (merged[-1][0] + text, False)
        elif text:
            merged.append((text, marked))
    return tuple(merged)
