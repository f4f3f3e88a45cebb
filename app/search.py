"""KnowledgeBase + query -> results: search over issues, exchanges and error codes.

Words are inflected and mistyped, codes are not. So texts are cut up twice: into *words*, which are
stemmed, completed while somebody types, and forgiven a typo; and into *codes* (whatever holds a
digit or inner punctuation: `-2015`, `EAPI:Invalid`, `api-signature-not-valid`), which are kept
whole and matched exactly or not at all. What a word may stand for is looked up in the vocabulary
first; tantivy then finds and ranks. A match counts by how rare its word is and which field holds
it, not by how long the text is: one-line error messages would outrank every article.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from heapq import nlargest
from itertools import chain, pairwise
from typing import Literal, NamedTuple
from urllib.parse import unquote

import tantivy

from app.content.markdown import plain
from app.knowledge import KnowledgeBase, error_url
from app.model import ErrorCode, Exchange, Issue, slugify

Kind = Literal["issue", "exchange", "error"]
Field = Literal["title", "lead", "body"]

MAX_CHARACTERS = 200
MAX_WORDS = 16
"""More of a query is cut off: nobody types it, and each word costs time."""

SNIPPET_CHARACTERS = 160
ONE_TYPO_CHARACTERS, TWO_TYPOS_CHARACTERS = 4, 8
"""From this length on, a word is forgiven one typo, or two."""

PREFIX_CHARACTERS = 2
"""Below this length, the last word is not completed: too many words begin like it."""

COMPLETIONS = 20
CORRECTIONS = 8
MAX_WORD_CHARACTERS = 40
"""Longer runs of letters are keys and hashes, not words that somebody could mistype."""

FIELD_WEIGHTS: Mapping[Field, float] = {"title": 3.0, "lead": 2.0, "body": 1.0}
CODE_WEIGHT = 4.0
SENTENCE_WEIGHT = 2.0
"""What the words of a query gain that stand side by side in a text, as a pasted message does."""

SENTENCE_WORDS = 5
SENTENCE_FIELDS: tuple[Field, ...] = ("lead", "body")
RAREST_WORDS = 8
"""Of a longer query only so many words are looked for, those that tell most."""

ISSUE_BONUS = 2.0
"""What an issue gains over an error page of the same words: it is what helps."""

EXCHANGE_BONUS = 4.0
"""What an error code of the preferred exchange gains: about as much as one more matching word."""

TIE_BREAKER = 0.2
"""How much the other fields that hold a word add to the best one."""

WORDS_PER_MATCH = 3
"""One in so many words of a query must be found."""

WRITER_BYTES = 64_000_000
"""What tantivy may fill before it writes a segment: at this size, one for 10,000 articles."""

EXACT, ONE_TYPO, TWO_TYPOS, COMPLETED, JOINED = 1.0, 0.7, 0.4, 0.6, 0.7
"""What a word counts: as typed, after one or two typos, completed, joined to its neighbour."""

_SMALL_WORDS = (
    "a about after all also am an and any are as at be because been but by can cant could did do "
    "does dont even for from get gets getting got had has have help how i if in into is it its ive "
    "just keep keeps me my of on or our please s say says so some still t than that the their then "
    "there these they this to too up us was we were what when where which while who why will with "
    "would you your"
)
STOP_WORDS = frozenset(_SMALL_WORDS.split())
"""Words that say nothing about what is asked for."""

FILLERS = frozenset({"code", "error", "errors", "message", "msg", "http", "status", "retcode"})
"""Words around a code that say nothing more than that it is one."""

_WORDS = re.compile(r"\w+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_WORD_END = re.compile(r"[^\W_]\Z")
_PHRASE = re.compile(r'(?<!\S)"([^"]+)"(?!\S)')
_PARTS = re.compile(r"[^\s\"'`‘’()\[\]{}<>|,;=\\]+")
_NUMBER_AHEAD = re.compile(r":(?=[-+]?\d)")
_EDGES = ".:!?*#&/"
_CODE_SHAPE = re.compile(r"[-_:./\d](?:(?<=\d)|(?<=[^\W_].)(?=[^\W_]))")
_DISTINCTIVE = re.compile(r"[^\W_][-_:][^\W_]|\s|^[-+]\d{3}|\d{5}")
_LINK_TARGET = re.compile(r"\]\([^)\s]*\)")
_BLOCK_GAP = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*+>|#]|\d+[.)]))")
_BLOCK_MARK = re.compile(r"^\s*(?:[-*+>|#]+|\d+[.)])\s+")
_MARKDOWN_SIGN = re.compile(r"[\\`*_\[\]<>&!~]")
_FILE_ENDING = re.compile(r"\.(md|html?|txt) $")
_SPACES = re.compile(r"\s+")
_LOOKALIKES = str.maketrans("“”„«»−–\N{NON-BREAKING HYPHEN}", '"""""---')
_FOLDERS: Mapping[str, Kind] = {
    "issues": "issue",
    "i": "issue",
    "exchanges": "exchange",
    "errors": "error",
    "e": "error",
}


@dataclass(frozen=True, slots=True)
class Result:
    """One answer: what it is, where it stands, and the passage that fits the query best.

    `url` is the permalink of the page (with `?exchange=` when only that choice shows the passage)
    and `where` the anchor on it, if the passage has one.
    `snippet` is plain text in pieces, each with whether it is a match to be marked; it is not
    escaped. `score` orders the results of one query and means nothing beyond it.
    """

    kind: Kind
    title: str
    url: str
    where: str | None
    snippet: tuple[tuple[str, bool], ...]
    score: float

    @property
    def href(self) -> str:
        """The permalink with the anchor."""
        return f"{self.url}#{self.where}" if self.where else self.url


class _Passage(NamedTuple):
    """A text of an item, the anchor it stands at, and the exchange whose choice shows it.

    A `literal` text is one as it is sent over the wire, not Markdown. A `whole` one is the body of
    a page, to be shown in parts; `source` is the same before its variables were filled in.
    """

    field: Field
    text: str
    anchor: str | None = None
    exchange: str | None = None
    literal: bool = False
    whole: bool = False
    source: str = ""


class _Item(NamedTuple):
    """What can be found; `key` is the issue's slug, the exchange's id or the error's code."""

    kind: Kind
    title: str
    url: str
    key: str
    exchange: str = ""


Stems = Mapping[str, float]
"""What one word of a query may stand for, and how much each counts."""


class _Question(NamedTuple):
    """A query, understood.

    `sentence` are the stems of all words in their order, `phrases` are stems that must stand side
    by side, `codes` are tokens that must be the same, `named` are the whole codes of error pages
    that the query names, `preferred` the exchanges that it is about.
    """

    words: tuple[Stems, ...]
    sentence: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    codes: tuple[str, ...]
    named: tuple[str, ...]
    preferred: tuple[str, ...]


class SearchIndex:
    """The search over one knowledge base: built once, never changed, safe to share by threads."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge
        self._items = tuple(_items(knowledge))
        self._issues = {
            item.key: number for number, item in enumerate(self._items) if item.kind == "issue"
        }
        self._pages = _pages_by_code(self._items)
        self._exchanges = {
            _key(name): exchange.id
            for exchange in knowledge.exchanges
            for name in (*exchange.names, exchange.name, exchange.id)
        }
        names = chain(self._pages, self._exchanges)
        self._longest_name = max((name.count(" ") + 1 for name in names), default=1)
        self._schema = _schema()
        self._build()

    def search(
        self, query: str, exchange: str | None = None, limit: int = 20
    ) -> tuple[Result, ...]:
        """Return what fits `query`, best first; its last word may be unfinished.

        Any string is a query. Error codes of `exchange` are preferred. A query that names an
        error code gets that code's page first, then the issues that it can mean.
        """
        if limit < 1:
            return ()
        question = self._understand(query, exchange)
        leading = self._leading(question)
        scored = self._rank(question, limit + len(leading))
        best = scored[0][1] if scored else 0.0
        ranked = [(number, best + len(leading) - place) for place, number in enumerate(leading)]
        ranked += [(number, score) for number, score in scored if number not in leading]
        marker = _Marker(question, self._vocabulary)
        return tuple(
            self._result(self._items[number], score, marker, exchange)
            for number, score in ranked[:limit]
        )

    def nearest(self, path: str, limit: int = 3) -> tuple[Result, ...]:
        """Return the pages that somebody may have meant by a path that doesn't exist."""
        segments = [part for part in unquote(path, errors="replace").split("/") if part]
        kind = _FOLDERS.get(segments[0]) if segments else None
        if kind == "error" and len(segments) > 1:
            near = self._near_errors(segments[1].casefold(), " ".join(segments[2:]))
            if near:
                return near[: max(limit, 0)]
        words = " ".join(segments[1:] if kind else segments).replace("-", " ")
        found = self.search(_FILE_ENDING.sub(" ", f"{words} "), limit=max(limit, 20))
        return tuple(sorted(found, key=lambda result: result.kind != kind)[: max(limit, 0)])

    def _near_errors(self, exchange: str, code: str) -> tuple[Result, ...]:
        """Return the pages of an exchange's codes that look like `code`, and the exchange's."""
        pages = {
            item.key: number
            for number, item in enumerate(self._items)
            if item.exchange == exchange or (item.kind, item.key) == ("exchange", exchange)
        }
        near = get_close_matches(code, pages, n=10)
        swapped_first = sorted(near, key=lambda key: sorted(key) != sorted(code))[:2]
        chosen = [pages[key] for key in dict.fromkeys((*swapped_first, exchange)) if key in pages]
        marker = _Marker(self._understand("", None), self._vocabulary)
        return tuple(
            self._result(self._items[number], float(len(chosen) - place), marker, exchange)
            for place, number in enumerate(chosen)
        )

    # --- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        index = tantivy.Index(self._schema)
        index.register_tokenizer("words", _analyzer(tantivy.Tokenizer.simple()))
        index.register_tokenizer("stems", _analyzer(tantivy.Tokenizer.simple(), stem=True))
        writer = index.writer(heap_size=WRITER_BYTES, num_threads=1)
        for number, item in enumerate(self._items):
            texts: dict[str, list[str]] = {field: [] for field in FIELD_WEIGHTS}
            codes = set(_codes(item.key)) if item.kind == "error" else set()
            for passage in self._passages(item, None):
                text = _LINK_TARGET.sub("]", passage.text)
                texts[passage.field].append(_without_apostrophes(text))
                codes.update(_codes(text))
            document = {
                **texts,
                "words": [text for field in texts.values() for text in field],
                "codes": sorted(codes),
                "bonus": [f"kind {item.kind}", f"exchange {item.exchange}"],
                "number": number,
            }
            writer.add_document(tantivy.Document.from_dict(document, self._schema))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()
        self._vocabulary = _Vocabulary(dict(self._searcher.terms_with_prefix("words", "")))
        self._codes = dict(self._searcher.terms_with_prefix("codes", ""))
        self._holders: dict[str, int] = {}
        for field in FIELD_WEIGHTS:
            for stem, count in self._searcher.terms_with_prefix(field, ""):
                self._holders[stem] = max(count, self._holders.get(stem, 0))

    def _passages(self, item: _Item, exchange: str | None) -> Iterator[_Passage]:
        """Yield the texts of an item, those worth showing first; the title is always the first."""
        # Codes are made of common words (`timeout`): as titles they would outweigh the issues.
        yield _Passage("body" if item.kind == "error" else "title", item.title, literal=True)
        if item.kind == "issue":
            issue = self._knowledge.issue(item.key, exchange)
            if issue:
                yield from _issue_passages(issue, exchange, self._knowledge.body_source(issue))
        elif item.kind == "exchange":
            found = self._knowledge.exchange(item.key)
            if found:
                yield from _exchange_passages(found, self._knowledge.body_source(found))
        else:
            yield from _error_passages(self._knowledge.errors(item.exchange, item.key))

    # --- understanding a query ----------------------------------------------------------------

    def _understand(self, query: str, exchange: str | None) -> _Question:
        text = query.encode("utf-8", "ignore").decode()[:MAX_CHARACTERS].translate(_LOOKALIKES)
        tokens = _tokens(text)[:MAX_WORDS]
        codes = [token for token in tokens if _has_digit(token) or token in self._codes]
        quoted = [words for words in map(_words, _PHRASE.findall(text)) if len(words) > 1]
        loose = _PHRASE.sub(" ", text) if quoted else text
        words = [
            word
            for token in _tokens(loose)[:MAX_WORDS]
            if not _has_digit(token) and not (codes and token in FILLERS)
            for word in _words(token)
        ]
        typing = _WORD_END.search(loose) is not None
        named, exchanges = self._names(tokens, exchange)
        stems = self._vocabulary.read(words[:MAX_WORDS], typing=typing)
        return _Question(
            words=tuple(nlargest(RAREST_WORDS, stems, key=self._rarity_of_all)),
            sentence=tuple(map(self._vocabulary.stem, _words(loose)[:MAX_WORDS])),
            phrases=tuple(tuple(map(self._vocabulary.stem, phrase)) for phrase in quoted),
            codes=tuple(dict.fromkeys(code for code in codes if code in self._codes)),
            named=named,
            preferred=exchanges,
        )

    def _names(
        self, tokens: Sequence[str], exchange: str | None
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the error codes and the exchanges that a query names, `exchange` among these.

        A short number or a plain word is a code only if nothing speaks against it: nothing else
        is in the query, or `error` stands before it; and a word, if the exchange has that code.
        """
        codes: list[str] = []
        announced: set[str] = set()
        exchanges = [exchange] if exchange else []
        only_names = True
        place = 0
        while place < len(tokens):
            name, length = self._name_at(tokens, place)
            place += length
            if name in self._exchanges:
                exchanges.append(self._exchanges[name])
            elif name in self._pages:
                codes.append(name)
                if place > length and tokens[place - length - 1] in FILLERS:
                    announced.add(name)
            elif name not in FILLERS and name not in STOP_WORDS:
                only_names = False
        clear = [
            code
            for code in codes
            if (only_names or code in announced or _DISTINCTIVE.search(code))
            and (_is_code(code) or self._own_pages(code, exchanges))
        ]
        return tuple(dict.fromkeys(clear)), tuple(dict.fromkeys(exchanges))

    def _name_at(self, tokens: Sequence[str], place: int) -> tuple[str, int]:
        """Return the longest known name that begins at `place`, or the token there."""
        for length in range(min(self._longest_name, len(tokens) - place), 1, -1):
            name = " ".join(tokens[place : place + length])
            if name in self._pages or name in self._exchanges:
                return name, length
        return tokens[place], 1

    def _own_pages(self, code: str, exchanges: Sequence[str]) -> list[int]:
        return [page for page in self._pages[code] if self._items[page].exchange in exchanges]

    # --- finding ------------------------------------------------------------------------------

    def _leading(self, question: _Question) -> tuple[int, ...]:
        """Return the pages of the codes that are named, then the issues that they can mean.

        Of a code that several exchanges use, a preferred exchange's page stands for all.
        """
        pages = [
            page
            for code in question.named
            for page in self._own_pages(code, question.preferred) or self._pages[code]
        ]
        likelihood: dict[str, int] = {}
        for page in pages:
            for entry in self._knowledge.errors(self._items[page].exchange, self._items[page].key):
                for place, slug in enumerate(entry.issues):
                    likelihood[slug] = min(place, likelihood.get(slug, place))
        issues = sorted(likelihood, key=likelihood.__getitem__)
        known = [self._issues[slug] for slug in issues if slug in self._issues]
        return tuple(dict.fromkeys((*pages, *known)))

    def _rank(self, question: _Question, limit: int) -> list[tuple[int, float]]:
        """Return the numbers of the items that fit, with their scores, best first."""
        query = self._query(question)
        if query is None:
            return []
        hits = self._searcher.search(query, limit=limit, count=False).hits
        numbers = self._searcher.fast_field_values("number", [address for _, address in hits])
        found = [
            (int(number or 0), float(score))
            for number, (score, _) in zip(numbers, hits, strict=True)
        ]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def _query(self, question: _Question) -> tantivy.Query | None:
        query = tantivy.Query
        optional = [self._word_query(stems) for stems in question.words]
        optional += [
            self._term("codes", code, CODE_WEIGHT * self._rarity(code, self._codes))
            for code in question.codes
        ]
        required = [self._phrase_query(phrase, FIELD_WEIGHTS) for phrase in question.phrases]
        if not optional and not required:
            return None
        parts = [(tantivy.Occur.Must, one) for one in required]
        parts += [(tantivy.Occur.Should, one) for one in optional]
        at_least = 0 if required else max(1, len(optional) // WORDS_PER_MATCH)
        fitting = query.boolean_query(parts, minimum_number_should_match=at_least)
        bonus = [self._term("bonus", "kind issue", ISSUE_BONUS)]
        bonus += [
            self._term("bonus", f"exchange {exchange}", EXCHANGE_BONUS)
            for exchange in question.preferred
        ]
        if len(question.sentence) >= SENTENCE_WORDS:
            rarities = (self._rarity(stem, self._holders) for stem in question.sentence)
            gain = SENTENCE_WEIGHT * sum(rarities)
            sentence = self._phrase_query(question.sentence, SENTENCE_FIELDS)
            bonus.append(query.const_score_query(sentence, gain))
        return query.boolean_query(
            [(tantivy.Occur.Must, fitting), *((tantivy.Occur.Should, one) for one in bonus)]
        )

    def _rarity(self, term: str, holders: Mapping[str, int]) -> float:
        """Return how much a term tells: the fewer items hold it, the more."""
        return math.log1p(len(self._items) / holders.get(term, 1))

    def _rarity_of_all(self, stems: Stems) -> float:
        return min(self._rarity(stem, self._holders) for stem in stems)

    def _term(self, field: str, term: str, score: float) -> tantivy.Query:
        query = tantivy.Query.term_query(self._schema, field, term, index_option="basic")
        return tantivy.Query.const_score_query(query, score)

    def _word_query(self, stems: Stems) -> tantivy.Query:
        """Ask for a word by any of its stems: a rare reading must not outweigh what was typed."""
        rarity = self._rarity_of_all(stems)
        return tantivy.Query.disjunction_max_query(
            [
                self._term(field, stem, rarity * share * weight)
                for stem, share in stems.items()
                for field, weight in FIELD_WEIGHTS.items()
            ],
            tie_breaker=TIE_BREAKER,
        )

    def _phrase_query(self, stems: Sequence[str], fields: Iterable[Field]) -> tantivy.Query:
        query = tantivy.Query
        return query.disjunction_max_query(
            [
                query.boost_query(
                    query.phrase_query(self._schema, field, list(stems)), FIELD_WEIGHTS[field]
                )
                for field in fields
            ]
        )

    def _result(self, item: _Item, score: float, marker: _Marker, exchange: str | None) -> Result:
        passages = self._passages(item, exchange)
        passage = marker.best(next(passages), passages)
        markdown = not passage.literal and _MARKDOWN_SIGN.search(passage.text)
        shown = plain(passage.text) if markdown else passage.text
        return Result(
            kind=item.kind,
            title=item.title,
            url=f"{item.url}?exchange={passage.exchange}" if passage.exchange else item.url,
            where=passage.anchor,
            snippet=marker.mark(_SPACES.sub(" ", shown).strip()),
            score=score,
        )


# --- what can be found ----------------------------------------------------------------------------


def _items(knowledge: KnowledgeBase) -> Iterator[_Item]:
    for issue in knowledge.issues:
        yield _Item("issue", plain(issue.title), issue.url, issue.slug)
    for exchange in knowledge.exchanges:
        yield _Item("exchange", exchange.name, exchange.url, exchange.id)
    for owner in dict.fromkeys(error.exchange for error in knowledge.content.errors):
        known = knowledge.exchange(owner)
        name = known.name if known else owner
        for code in knowledge.errors_of(owner):
            yield _Item("error", f"{name} {code}", error_url(owner, code), code, owner)


def _pages_by_code(items: Sequence[_Item]) -> dict[str, list[int]]:
    """Return the error pages by code; a code without its sign comes after that very code."""
    pages: dict[str, list[int]] = defaultdict(list)
    errors = [(number, _key(item.key)) for number, item in enumerate(items) if item.kind == "error"]
    for number, key in errors:
        pages[key].append(number)
    for number, key in errors:
        for spelling in _spellings(key):
            if spelling != key:
                pages[spelling].append(number)
    return dict(pages)


def _issue_passages(issue: Issue, exchange: str | None, source: str) -> Iterator[_Passage]:
    yield _Passage("lead", issue.symptom)
    for step in issue.steps(exchange) if exchange else issue.solutions:
        shown_for = None if exchange else next(iter(step.exchanges), None)
        yield _Passage("body", step.text, step.id, shown_for)
    for cause in issue.causes:
        yield _Passage("body", cause)
    for phrase in issue.phrases:
        yield _Passage("lead", phrase)
    yield _Passage("body", issue.body, whole=True, source=source)
    for text in (*issue.signatures, *issue.examples):
        yield _Passage("body", text, literal=True)


def _exchange_passages(exchange: Exchange, source: str) -> Iterator[_Passage]:
    whitelist, clock = exchange.whitelist, exchange.clock
    yield _Passage("body", exchange.body, whole=True, source=source)
    facts = (
        *(whitelist.path, whitelist.formats),
        *(whitelist.required_note, whitelist.key_expiry_note),
        *(part for one in exchange.permissions for part in (one.name, one.note)),
        *((exchange.passphrase.name, exchange.passphrase.rules) if exchange.passphrase else ()),
        *(part for one in exchange.testnets for part in (one.name, one.scope, one.note)),
        *(exchange.testnet_note, clock.setting, clock.note),
        *(*exchange.rate_limits.limits, exchange.rate_limits.ban, exchange.key.note),
        *exchange.notes,
    )
    for text in facts:
        if text:
            yield _Passage("body", text)
    for name in (whitelist.field, *exchange.names, *exchange.hosts):
        if name:
            yield _Passage("lead", name, literal=True)


def _error_passages(entries: Sequence[ErrorCode]) -> Iterator[_Passage]:
    for entry in entries:
        if entry.message:
            yield _Passage("lead", entry.message, literal=True)
    for entry in entries:
        if entry.note:
            yield _Passage("body", entry.note)
    for entry in entries:
        for text in (*entry.signatures, *entry.examples):
            yield _Passage("body", text, literal=True)


def _body_passages(body: _Passage) -> Iterator[_Passage]:
    """Yield the paragraphs, items and rows of a Markdown text, with the heading they are under."""
    anchor = None
    sources = _BLOCK_GAP.split(body.source)
    for part, source in zip(_BLOCK_GAP.split(body.text), sources, strict=False):
        text = _BLOCK_MARK.sub("", part).strip()
        if part.lstrip().startswith("#"):
            anchor = slugify(plain(_BLOCK_MARK.sub("", source).strip())) or None
        if text:
            yield _Passage("body", text, anchor)


# --- cutting texts up -----------------------------------------------------------------------------


def _words(text: str) -> list[str]:
    """Return the words of a text, folded: `Don't` and `dont` are one."""
    return _WORDS.findall(_without_apostrophes(text.casefold()).replace("_", " "))


def _without_apostrophes(text: str) -> str:
    return text.replace("'", "").replace("’", "")


def _tokens(text: str) -> list[str]:
    """Return the tokens of a text: kept whole but for brackets and punctuation around them."""
    parts = _PARTS.findall(_NUMBER_AHEAD.sub(" ", text.casefold()))
    tokens = (part.lstrip(_EDGES).rstrip(_EDGES + "-+") for part in parts)
    return [token for token in tokens if token]


def _key(code: str) -> str:
    """Return the form of a whole code or name under which a query finds it."""
    return " ".join(_tokens(code))


def _spellings(key: str) -> tuple[str, ...]:
    """Return a code as it is, and without its sign, which people leave out."""
    bare = key.lstrip("-+")
    return (key,) if bare == key else (key, bare)


def _codes(text: str) -> Iterator[str]:
    """Yield the codes of a text, as its writer spelt them and without their signs."""
    if not _is_code(text):
        return
    for part in set(_PARTS.findall(text.casefold())):
        if _is_code(part):
            for token in _tokens(part):
                if _is_code(token):
                    yield from _spellings(token)


def _is_code(token: str) -> bool:
    """Tell whether a token is more than letters, so no word that could be inflected."""
    return _CODE_SHAPE.search(token) is not None


def _has_digit(token: str) -> bool:
    return any(map(str.isdigit, token))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in FIELD_WEIGHTS:
        builder.add_text_field(field, tokenizer_name="stems")
    builder.add_text_field("words", tokenizer_name="words", index_option="basic")
    builder.add_text_field("codes", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("bonus", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("number", fast=True)
    return builder.build()


def _analyzer(tokenizer: tantivy.Tokenizer, *, stem: bool = False) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tokenizer).filter(tantivy.Filter.lowercase())
    if stem:
        builder = builder.filter(tantivy.Filter.ascii_fold())
        builder = builder.filter(tantivy.Filter.stemmer("english"))
    return builder.build()


class _Vocabulary:
    """The words of all texts: what a word of a query may stand for."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._stemmer = _analyzer(tantivy.Tokenizer.raw(), stem=True)
        self._counts = {
            word: count
            for word, count in counts.items()
            if len(word) <= MAX_WORD_CHARACTERS and not _has_digit(word)
        }
        self._sorted = sorted(self._counts)
        self._forms: dict[str, list[str]] = defaultdict(list)
        for word in self._sorted:
            self._forms[self.stem(word)].append(word)
        self._by_count = sorted(self._sorted, key=self._counts.__getitem__, reverse=True)
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("word", tokenizer_name="raw", index_option="basic")
        builder.add_unsigned_field("number", fast=True)
        self._schema = builder.build()
        index = tantivy.Index(self._schema)
        writer = index.writer(heap_size=WRITER_BYTES, num_threads=1)
        for number, word in enumerate(self._by_count):
            document = {"word": word, "number": number}
            writer.add_document(tantivy.Document.from_dict(document, self._schema))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def stem(self, word: str) -> str:
        """Return the English stem of a word."""
        return next(iter(self._stemmer.analyze(word)), word)

    def forms(self, stem: str) -> Sequence[str]:
        """Return the words with this stem as they stand in texts, folded."""
        return self._forms.get(stem, (stem,))

    def read(self, words: Sequence[str], *, typing: bool) -> Iterator[Stems]:
        """Yield what each word may stand for; words that stand for nothing are left out.

        Words written apart (`white list`) are found together as well. With `typing`, the last
        word may be unfinished.
        """
        whole_of: dict[str, str] = {}
        for pair in pairwise(words):
            whole = "".join(pair)
            if whole in self._counts:
                whole_of |= dict.fromkeys(pair, self.stem(whole))
        meant = [word for word in words if word not in STOP_WORDS] or words[-1:]
        for place, word in enumerate(meant):
            unfinished = typing and place == len(meant) - 1 and word == words[-1]
            if word in whole_of:
                stem = self.stem(word)
                alone = {stem: EXACT} if stem in self._forms else {}
                yield {whole_of[word]: JOINED} | alone
            elif stems := self._readings(word, unfinished=unfinished):
                yield stems

    def _readings(self, word: str, *, unfinished: bool) -> Stems:
        stem = self.stem(word)
        stems = {stem: EXACT} if stem in self._forms and word not in STOP_WORDS else {}
        if unfinished and len(word) >= PREFIX_CHARACTERS:
            for longer in self._beginning_with(word):
                stems.setdefault(self.stem(longer), COMPLETED)
        if stems or len(word) < ONE_TYPO_CHARACTERS or len(word) > MAX_WORD_CHARACTERS:
            return stems
        return (
            self._weighted(self._near(word, 1), ONE_TYPO)
            or self._weighted(self._halves(word), EXACT)
            or (
                self._weighted(self._near(word, 2), TWO_TYPOS)
                if len(word) >= TWO_TYPOS_CHARACTERS
                else {}
            )
            or (
                self._weighted(self._near(word, 1, prefix=True), COMPLETED * ONE_TYPO)
                if unfinished
                else {}
            )
        )

    def _weighted(self, words: Iterable[str], weight: float) -> Stems:
        return {self.stem(word): weight for word in words}

    def _beginning_with(self, prefix: str) -> list[str]:
        """Return the commonest words that begin with `prefix`."""
        start = bisect_left(self._sorted, prefix)
        end = bisect_left(self._sorted, prefix + chr(0x10FFFF), start)
        return nlargest(COMPLETIONS, self._sorted[start:end], key=self._counts.__getitem__)

    def _near(self, word: str, distance: int, *, prefix: bool = False) -> list[str]:
        """Return the commonest words within `distance` typos (a swap of neighbours is one)."""
        query = tantivy.Query.fuzzy_term_query(
            self._schema, "word", word, distance=distance, prefix=prefix
        )
        hits = self._searcher.search(query, limit=CORRECTIONS, count=False).hits
        numbers = self._searcher.fast_field_values("number", [address for _, address in hits])
        return [self._by_count[place] for place in sorted(int(number or 0) for number in numbers)]

    def _halves(self, word: str) -> tuple[str, ...]:
        """Return the two words that were written as one (`apikey`), the commonest such pair."""
        pairs = [
            (word[:cut], word[cut:])
            for cut in range(2, len(word) - 1)
            if word[:cut] in self._counts and word[cut:] in self._counts
        ]
        return max(pairs, key=lambda pair: min(map(self._counts.__getitem__, pair)), default=())


# --- showing --------------------------------------------------------------------------------------


class _Marker:
    """Chooses the passage to show and marks the matches in it."""

    def __init__(self, question: _Question, vocabulary: _Vocabulary) -> None:
        groups = [*question.words, *({stem: EXACT} for one in question.phrases for stem in one)]
        self._forms: dict[str, int] = {}
        self._needles: list[tuple[int | str, str]] = []
        for number, stems in enumerate(groups):
            forms = [form for stem in stems for form in vocabulary.forms(stem)]
            self._forms.update(dict.fromkeys(forms, number))
            self._needles += ((number, needle) for needle in _shared_beginnings(forms))
        self._codes = frozenset(question.codes)
        self._needles += ((code, code) for code in question.codes)

    def best(self, title: _Passage, passages: Iterable[_Passage]) -> _Passage:
        """Return the first passage that holds most of what was asked for beyond the title."""
        covered = self._matches(title.text.casefold())
        best, _ = self._best(passages, covered, (title, -1))
        return best

    def _best(
        self, passages: Iterable[_Passage], covered: set[int | str], best: tuple[_Passage, int]
    ) -> tuple[_Passage, int]:
        needles = [one for one in self._needles if one[0] not in covered]
        wanted = len({group for group, _ in needles})
        for passage in passages:
            text = passage.text.casefold()
            # Looking for beginnings of words is quick, and rules out most texts.
            possible = {group for group, needle in needles if needle in text}
            if len(possible) <= best[1]:
                continue
            if passage.whole:
                best = self._best(_body_passages(passage), covered, best)
            elif (hits := len(self._matches(text) - covered) if possible else 0) > best[1]:
                best = passage, hits
            if best[1] == wanted:
                break
        return best

    def _matches(self, text: str) -> set[int | str]:
        """Return which words, by their number, and codes of the question a folded text holds."""
        found: set[int | str] = {self._forms[word] for word in self._forms.keys() & _words(text)}
        if any(code in text for code in self._codes):
            found.update(self._codes.intersection(_codes(text)))
        return found

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
            for place in _places(needle, folded):
                if isinstance(group, str):
                    end = place + len(needle)
                    if not _is_word(folded[end : end + 1]):
                        spans.append((place, end))
                elif (word := _WORD.match(text, place)) and self._is_form(word[0]):
                    spans.append(word.span())
        return sorted(set(spans), key=lambda span: (span[0], -span[1]))

    def _is_form(self, word: str) -> bool:
        return any(one in self._forms for one in _words(word))


def _places(needle: str, text: str) -> Iterator[int]:
    """Yield where `needle` stands in `text` as the beginning of a word."""
    place = text.find(needle)
    while place >= 0:
        if not _is_word(text[place - 1 : place]):
            yield place
        place = text.find(needle, place + 1)


def _is_word(character: str) -> bool:
    return character.isalnum()


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
