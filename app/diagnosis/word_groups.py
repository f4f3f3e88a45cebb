"""Groups of words with the same meaning, in any language (`content/vocabulary.yml`)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from app.diagnosis.words import CJK, stem
from app.model import WordGroup

_CJK = re.compile(f"[{CJK}]")


class WordGroups:
    """The groups of every word, prepared for looking up."""

    def __init__(self, groups: Iterable[WordGroup]) -> None:
        """Prepare whole words, beginnings (`word*`), and words inside runs of CJK letters."""
        # Lists and not sets: the order of the groups is the same in every process.
        self._whole: dict[str, list[str]] = defaultdict(list)
        self._beginnings: dict[str, list[str]] = defaultdict(list)
        self._within: dict[str, list[str]] = defaultdict(list)
        for group in groups:
            for word in group.words.casefold().split():
                if _CJK.search(word):
                    groups_of_word = self._within[word]
                elif word.endswith("*"):
                    groups_of_word = self._beginnings[word[:-1]]
                else:
                    groups_of_word = self._whole[stem(word)]
                if group.name not in groups_of_word:
                    groups_of_word.append(group.name)
        self._lengths = sorted({len(word) for word in self._beginnings})
        self._shortest = min(self._lengths, default=0)
        self._first_letters = {word[: self._shortest] for word in self._beginnings}
        self._longest = max(map(len, self._within), default=0)

    def of(self, word: str, term: str) -> Iterator[str]:
        """Yield the groups of a word and its stem."""
        yield from self._whole.get(term, ())
        if word[: self._shortest] not in self._first_letters:
            return
        for length in self._lengths:
            if length <= len(word) and (found := self._beginnings.get(word[:length])):
                yield from found

    def within(self, run: str) -> Iterator[tuple[str, int, int]]:
        """Yield (group, start, end) in a run of CJK letters, longest words first."""
        start = 0
        while start < len(run):
            for end in range(min(len(run), start + self._longest), start, -1):
                if found := self._within.get(run[start:end]):
                    for group in found:
                        yield group, start, end
                    start = end
                    break
            else:
                start += 1
