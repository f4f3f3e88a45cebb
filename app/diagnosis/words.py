"""How people put it: phrases against a text in somebody's own words.

A phrase is a few words that writers give, in any order, within one sentence. `a/b` are two words
for the same, `ключ*` is the beginning of a word; Chinese, Japanese and Korean words are looked for
as they stand. Endings (-s, -ed, -ing, -ion) and small words don't count, and "don't", "can't" and
"never" all say "not".

What a word is worth for a class (an issue, or off-topic) follows from the phrases themselves: the
more it belongs to that class alone, the more. Prepared once; matching is linear in the text.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import ahocorasick_rs

from app.diagnosis.text import Text, normalise

PHRASE = 0.8
"""What a phrase is worth besides its words: writers don't give phrases that mean nothing."""

FULL_CREDIT = 0.4
"""What every word of a phrase is worth besides what it says by itself."""

LONG_PHRASE = 3
"""One word in so many of a phrase may be missing, if the rest is worth `ENOUGH` of it."""

ENOUGH = 0.75

MOST_TOKENS = 500
"""Of a long text only its beginning and end are read as prose, this many words in all."""

APART = ((6, 1.0), (12, 0.75))
"""Up to so many other words between those of a phrase cost nothing, or a quarter; more, half."""

FEW_WORDS = 4
"""Fewer words have no tendency."""

LEAST, MOST = -0.4, 2.0
"""What one word can add to the tendency: a word that is missing in a class says little."""

FEW_LINES = 3
"""A paste of so few lines is a message, whose words count even in code."""

NO_PROSE = 0.5
"""Credit of a phrase in a line of a log or of code: those are read by signatures."""

SHORT_GAP = 20
"""A quote leaves out what stands between two words when it is longer than this."""

SHORT_TEXT = 70
"""A text of at most this many words is also read as one sentence."""

SCRIPT = "぀-ヿ㐀-䶿一-鿿가-힯"
# Python's own `re` where many short matches are wanted, which RE2's wrapper is slow at. Linear: no
# repetition holds another, and what may follow one can't continue it.
_TOKEN = re.compile(
    # Chinese, Japanese and Korean by itself: it runs into Latin words without a space.
    rf"[{SCRIPT}]+|[^\W_{SCRIPT}]+(?:'[a-z]{{1,2}}\b)?"
)
_SENTENCE_END = re.compile(r"[.?!;:](?: |$)|[。？！；：]| [|-] ")
_FRAME = re.compile(
    r"(?:[^ ]{1,30} ?\| ?)?"
    r"(?:at [^ ]*[.(/]|file '|traceback |-{2,}>? ?[0-9]|\^|self\.|return |raise )"
)
_DATE = re.compile(r"\[?[0-9]{2,4}[-/:][0-9]{2}[-/:][0-9]{2}")
# What is searched for begins with a class of rare characters, for which `re` skips all others; what
# stands before it is looked back at.
_CLOCK = re.compile(r"[0-9](?<!\w[0-9])[0-9]?:[0-9]{2}:[0-9]{2}\b")
_LAST_CLOCK = 24
"""A time of day that begins behind so many characters is no longer the line's own."""
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
_METHOD = re.compile(r"\b(?:get|post|put|delete|patch) (?:http|/)")
_PATH = re.compile(r"(?:https?|wss?)://[^/? ]*([/?][^ ]*)")
_CJK = re.compile(rf"[{SCRIPT}]")
_SMALL_WORDS = """
a an the my your our his her its their i me we you he she it they this that these those is are was
were be been being am to of in on at by for from with and or so as if then than there here have has
had do does did will would can could should shall may might just even also very all any some when
what which who how why get got gets getting ve re ll m
"""
_NOT_WORDS = """
not no never cannot cant dont doesnt didnt isnt arent wasnt wont wouldnt couldnt havent hasnt
without neither nicht kein keine nein nao não ne не нет değil yok pas sin
"""
_SMALL = frozenset(_SMALL_WORDS.split())
_NOT = frozenset(_NOT_WORDS.split())


_LAST_LETTERS = frozenset("sgdne")
"""What an ending ends with (-s, -ing, -ed, -ion, -e): most words are done after a look at that."""


def stem(word: str) -> str:
    """Return `word` without its English endings; other scripts stay as they are."""
    if len(word) <= 3 or word[-1] not in _LAST_LETTERS:  # noqa: PLR2004
        return word
    if not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "ches", "shes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending, rest in (("ing", 3), ("ed", 3), ("ion", 4)):
        if word.endswith(ending) and len(word) - len(ending) >= rest:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word  # noqa: PLR2004


class Token(NamedTuple):
    """A word of a text: what it can be looked up by, where it stands, and its number."""

    terms: tuple[str, ...]
    start: int
    end: int
    place: int = 0


def tokens(text: str, offset: int = 0) -> Iterator[Token]:
    """Yield the words of a normalised text; two that are often written as one count as that too."""
    previous = ""
    for place, match in enumerate(_TOKEN.finditer(text)):
        word = match.group().removesuffix("'s").replace("'", "")
        terms = [stem(word)]
        if word in _NOT:
            terms.append("not")
        if word.startswith("api") and len(word) > 5:  # noqa: PLR2004
            terms += ("api", stem(word[3:]))
        if previous:
            terms.append(stem(previous + word))
        previous = word if word.isascii() else ""
        yield Token(tuple(terms), offset + match.start(), offset + match.end(), place)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of a class; each of its words is a set of terms that are as good as each other."""

    owner: str
    text: str
    words: tuple[frozenset[str], ...]


def parse(owner: str, text: str) -> Phrase | None:
    """Read a phrase; None when it holds nothing but small words."""
    words: list[frozenset[str]] = []
    for part in normalise(text).flat.split():
        terms: set[str] = set()
        for choice in part.split("/"):
            if _CJK.search(choice):
                terms.add("=" + choice)
            elif choice.endswith("*"):
                terms.add(choice)
            else:
                found = [stem(t.group().replace("'", "")) for t in _TOKEN.finditer(choice)]
                whole = "".join(t.group().replace("'", "") for t in _TOKEN.finditer(choice))
                if whole in _NOT:
                    terms.add("not")
                elif len(found) > 1:
                    terms.add(stem(whole))
                elif found and (whole not in _SMALL or "/" in part):
                    terms.add(found[0])
        if terms:
            words.append(frozenset(terms))
    return Phrase(owner, text, tuple(words)) if words else None


@dataclass(frozen=True, slots=True)
class Wording:
    """What the words of a text say for one class: how much, and the words that say it."""

    owner: str
    worth: float
    quote: str


class _Window(NamedTuple):
    """Words that are read together, what they can be looked up by, and their credit."""

    words: Sequence[Token]
    present: Mapping[str, Token]
    credit: float


@dataclass(slots=True)
class _Best:
    share: float = 0.0
    found: tuple[Token, ...] = ()


class PhraseIndex:
    """The phrases of all classes, prepared once; looking them up changes nothing."""

    def __init__(
        self, phrases: Iterable[tuple[str, str]], background: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Prepare (class, phrase) pairs, and (class, text) pairs that tell what words are like."""
        self._phrases = [found for pair in phrases if (found := parse(*pair)) is not None]
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for index, phrase in enumerate(self._phrases):
            for place, terms in enumerate(phrase.words):
                for term in terms:
                    self._postings[term].append((index, 1 << place))
        self._needed = [len(p.words) - len(p.words) // LONG_PHRASE for p in self._phrases]
        self._affinity = self._affinities(background)
        self._worths = [tuple(self._worth(p.owner, w) for w in p.words) for p in self._phrases]
        self._totals = [sum(worths) for worths in self._worths]
        self._essential = [_most_telling(worths) for worths in self._worths]
        self._prefixes = frozenset(term[:-1] for term in self._postings if term.endswith("*"))
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefixes})
        self._shortest_prefix = min(self._prefix_lengths, default=0)
        self._prefix_beginnings = {prefix[: self._shortest_prefix] for prefix in self._prefixes}
        self._cjk = [term[1:] for term in self._postings if term.startswith("=")]
        self._automaton = ahocorasick_rs.AhoCorasick(self._cjk) if self._cjk else None

    def _affinities(self, background: Iterable[tuple[str, str]]) -> dict[str, dict[str, float]]:
        """Return for each term and class how much likelier it is there than elsewhere (log)."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        sizes: Counter[str] = Counter()
        for phrase in self._phrases:
            sizes[phrase.owner] += 1
            for term in {term for terms in phrase.words for term in terms}:
                counts[term][phrase.owner] += 1
        for owner, text in background:
            for token in tokens(normalise(text).flat):
                if token.terms[0] not in _SMALL:
                    counts[token.terms[0]][owner] += 1
        classes = list(sizes)
        average = sum(sizes.values()) / max(1, len(classes))
        # A class with many phrases mentions every word more often; that is no sign of the word.
        scale = {owner: average / (sizes[owner] + average / 2) for owner in classes}
        affinity: dict[str, dict[str, float]] = {}
        for term, by_class in counts.items():
            scaled = {owner: by_class[owner] * scale[owner] for owner in classes}
            total = sum(scaled.values()) + 0.25 * len(classes)
            affinity[term] = {
                owner: math.log((scaled[owner] + 0.25) * len(classes) / total) for owner in classes
            }
        return affinity

    def _worth(self, owner: str, terms: frozenset[str]) -> float:
        own = [self._affinity[term].get(owner, 0.0) for term in terms]
        return FULL_CREDIT + max(0.0, sum(own) / len(own))

    def wordings(self, text: Text, read: Iterable[tuple[int, int]] = ()) -> list[Wording]:
        """Return the phrases found, best first.

        Words within the spans `read` were understood already, as fixed messages, and don't count
        again.
        """
        windows = [_Window(w, self._terms(text, w), credit) for w, credit in _windows(text, read)]
        postings = self._within_reach({term for window in windows for term in window.present})
        best: dict[int, _Best] = defaultdict(_Best)
        for window in windows:
            self._match(window, postings, best)
        found: list[Wording] = []
        for index, match in best.items():
            worth = (PHRASE + self._totals[index]) * match.share
            owner = self._phrases[index].owner
            found.append(Wording(owner, worth, self._quote(text, match.found)))
        found.sort(key=lambda wording: -wording.worth)
        return found

    def tendency(self, text: Text, read: Iterable[tuple[int, int]] = ()) -> dict[str, float]:
        """Return the tendency of all words: for each class their mean log-odds for it."""
        windows = _windows(text, read)
        seen = {term for window, _ in windows for term in self._terms(text, window)}
        sums: dict[str, float] = defaultdict(float)
        known = 0
        for term in seen:
            if (by_class := self._affinity.get(term)) is not None and term not in _SMALL:
                known += 1
                for owner, value in by_class.items():
                    sums[owner] += max(LEAST, min(MOST, value))
        if known < FEW_WORDS:
            return {}
        return {owner: total / math.sqrt(known) for owner, total in sums.items()}

    def _within_reach(self, terms: Iterable[str]) -> dict[str, list[tuple[int, int]]]:
        """Return the postings of `terms`, without the phrases of which too little is there.

        One bit for each word of a phrase: most phrases share a word with most texts, and only
        those of which enough stands anywhere in the text are looked for in its sentences.
        """
        masks: dict[int, int] = {}
        known = [(term, posting) for term in terms if (posting := self._postings.get(term))]
        for _, posting in known:
            for index, bit in posting:
                masks[index] = masks.get(index, 0) | bit
        enough = {index for index, mask in masks.items() if self._is_enough(index, mask)}
        return {
            term: kept
            for term, posting in known
            if (kept := [entry for entry in posting if entry[0] in enough])
        }

    def _is_enough(self, index: int, mask: int) -> bool:
        return mask.bit_count() >= self._needed[index] and bool(mask & self._essential[index])

    def _match(
        self,
        window: _Window,
        postings: Mapping[str, Sequence[tuple[int, int]]],
        best: dict[int, _Best],
    ) -> None:
        present = window.present
        masks: dict[int, int] = {}
        for term in present:
            for index, bit in postings.get(term, ()):
                masks[index] = masks.get(index, 0) | bit
        for index, mask in masks.items():
            if not self._is_enough(index, mask):
                continue
            worths = self._worths[index]
            words = self._phrases[index].words
            matched = [place for place in range(len(words)) if mask >> place & 1]
            share = sum(worths[place] for place in matched) / self._totals[index]
            if share < ENOUGH:
                continue
            found = [
                min((present[term] for term in words[place] if term in present), key=_start)
                for place in matched
            ]
            found.sort(key=_start)
            share = window.credit * _nearness(found) * share**2
            if share > best[index].share:
                best[index] = _Best(share, tuple(found))

    def _terms(self, text: Text, window: Sequence[Token]) -> dict[str, Token]:
        """Return all that the words of a sentence can be looked up by, each at its first place."""
        present: dict[str, Token] = {}
        for token in window:
            for term in token.terms:
                present.setdefault(term, token)
            word = text.flat[token.start : token.end]
            if word[: self._shortest_prefix] not in self._prefix_beginnings:
                continue
            for length in self._prefix_lengths:
                if length <= len(word) and word[:length] in self._prefixes:
                    present.setdefault(word[:length] + "*", token)
        if self._automaton is not None:
            start = window[0].start
            piece = text.flat[start : window[-1].end]
            if not piece.isascii():
                pieces = self._automaton.find_matches_as_indexes(piece, overlapping=True)
                for index, begin, end in pieces:
                    term = "=" + self._cjk[index]
                    present.setdefault(term, Token((term,), start + begin, start + end))
        return present

    @staticmethod
    def _quote(text: Text, found: Sequence[Token]) -> str:
        """Return the words as they stand, with an ellipsis for what stands between them."""
        quote = ""
        end = 0
        for token in found:
            if token.start < end:
                continue
            between = text.flat[end : token.start] if quote else ""
            quote += between if len(between) <= SHORT_GAP else " … "
            quote += text.flat[token.start : token.end]
            end = token.end
        return quote


def _most_telling(worths: Sequence[float]) -> int:
    """Return the bits of the words of a phrase that say most: one of them has to be there."""
    most = max(worths)
    return sum(1 << place for place, worth in enumerate(worths) if math.isclose(worth, most))


def _start(token: Token) -> int:
    return token.start


def _windows(text: Text, read: Iterable[tuple[int, int]]) -> list[tuple[list[Token], float]]:
    """Return the sentences of a text as words, and a short text as a whole, with their credits."""
    # Of an address only the host is a word (testnet.example.com), not method, path and query.
    paths = (match.span(1) for match in _PATH.finditer(text.flat))
    methods = (match.span() for match in _METHOD.finditer(text.flat))
    spans = _merged([*read, *methods, *paths])
    beginnings = [start for start, _ in spans]
    sentences: list[tuple[list[Token], float]] = []
    for start, line in zip(text.starts, text.sentences, strict=True):
        if _FRAME.match(line):
            continue
        credit = NO_PROSE if len(text.starts) > FEW_LINES and _is_of_log(line) else 1.0
        position = 0
        ends = [match.span() for match in _SENTENCE_END.finditer(line)]
        for end, after in (*ends, (len(line), len(line))):
            sentence = [
                token
                for token in tokens(line[position:end], start + position)
                if not _is_within(token.start, spans, beginnings)
            ]
            if sentence:
                sentences.append((sentence, credit))
            position = after
    total = sum(len(sentence) for sentence, _ in sentences)
    if total > MOST_TOKENS:
        sentences = _ends(sentences)
    if len(sentences) > 1 and total <= SHORT_TEXT:
        credit = min(credit for _, credit in sentences)
        whole = [token for sentence, _ in sentences for token in sentence]
        sentences.append((whole, 0.75 * credit))
    return sentences


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the same places as `spans`, sorted and without overlaps."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _is_within(place: int, spans: Sequence[tuple[int, int]], beginnings: Sequence[int]) -> bool:
    """Tell whether a place is in one of the `spans`, which don't overlap."""
    before = bisect_right(beginnings, place) - 1
    return before >= 0 and place < spans[before][1]


def _nearness(found: Sequence[Token]) -> float:
    """Return the credit of words by how many others stand between them."""
    between = found[-1].place - found[0].place - len(found)
    return next((credit for most, credit in APART if between <= most), 0.5)


def _ends(sentences: Sequence[tuple[list[Token], float]]) -> list[tuple[list[Token], float]]:
    """Return the first and the last sentences, up to half of `MOST_TOKENS` from each end."""
    half = MOST_TOKENS // 2
    first: list[tuple[list[Token], float]] = []
    last: list[tuple[list[Token], float]] = []
    for chosen, order in ((first, sentences), (last, sentences[::-1])):
        room = half
        for sentence, credit in order:
            if room <= 0:
                break
            chosen.append((sentence[:room], credit))
            room -= len(sentence)
    return first + last[::-1]


def is_code(line: str) -> bool:
    """Tell whether a normalised line is of a log or of code, nobody's own words."""
    return _is_of_log(line) or _FRAME.match(line) is not None


def _is_of_log(line: str) -> bool:
    """Tell whether a line has a time, a level or the marks of code."""
    if _DATE.match(line) or _MARK.search(line):
        return True
    clock = _CLOCK.search(line, 0, _LAST_CLOCK + _CLOCK_LENGTH)
    return clock is not None and clock.start() <= _LAST_CLOCK


def mostly_code(text: Text) -> bool:
    """Tell whether more than half of the lines are of a log or of code."""
    half = len(text.sentences) // 2
    lines = 0
    for line in text.sentences:
        lines += is_code(line)
        if lines > half:
            return True
    return False


def strengths(wordings: Iterable[Wording]) -> Mapping[str, tuple[float, tuple[str, ...]]]:
    """Return what the phrases found say for each class, and the two best quotes.

    Each further phrase counts half of the one before: they tend to say the same again.
    """
    by_owner: dict[str, list[Wording]] = defaultdict(list)
    for wording in wordings:
        by_owner[wording.owner].append(wording)
    result: dict[str, tuple[float, tuple[str, ...]]] = {}
    for owner, found in by_owner.items():
        worth = sum(one.worth * 0.5**place for place, one in enumerate(found[:6]))
        quotes = tuple(dict.fromkeys(one.quote for one in found[:2]))
        result[owner] = (worth, quotes)
    return result
