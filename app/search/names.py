"""The names that a query may hold: error codes and exchanges."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from app.model import Exchange
from app.search.passages import Item
from app.search.tokens import FILLERS, STOP_WORDS, is_code, key_of, spellings

_DISTINCTIVE = re.compile(r"[^\W_][-_:][^\W_]|\s|^[-+]\d{3}|\d{5}")
"""A code that hardly means anything else: of parts, of words, a long number."""


class Names:
    """The error codes and exchanges by all their names; pages are numbers of items."""

    def __init__(self, items: Sequence[Item], exchanges: Sequence[Exchange]) -> None:
        self._items = items
        self._pages = _pages_by_code(items)
        self._exchanges = {
            key_of(name): exchange.id
            for exchange in exchanges
            for name in (*exchange.names, exchange.name, exchange.id)
        }
        names = chain(self._pages, self._exchanges)
        self._longest = max((name.count(" ") + 1 for name in names), default=1)

    def pages(self, code: str, preferred: Sequence[str]) -> Sequence[int]:
        """Return the pages of a code: a preferred exchange's stands for all."""
        return self._own_pages(code, preferred) or self._pages[code]

    def read(
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
        before = ""
        for name in self._split(tokens):
            if name in self._exchanges:
                exchanges.append(self._exchanges[name])
            elif name in self._pages:
                codes.append(name)
                if before in FILLERS:
                    announced.add(name)
            elif name not in FILLERS and name not in STOP_WORDS:
                only_names = False
            before = name
        clear = [
            code
            for code in codes
            if (only_names or code in announced or _DISTINCTIVE.search(code))
            and (is_code(code) or self._own_pages(code, exchanges))
        ]
        return tuple(dict.fromkeys(clear)), tuple(dict.fromkeys(exchanges))

    def _split(self, tokens: Sequence[str]) -> Iterator[str]:
        """Yield the tokens, those of a known name as one: the longest name that begins there."""
        place = 0
        while place < len(tokens):
            length = min(self._longest, len(tokens) - place)
            while length > 1 and not self._is_name(" ".join(tokens[place : place + length])):
                length -= 1
            yield " ".join(tokens[place : place + length])
            place += length

    def _is_name(self, name: str) -> bool:
        return name in self._pages or name in self._exchanges

    def _own_pages(self, code: str, exchanges: Sequence[str]) -> list[int]:
        return [page for page in self._pages[code] if self._items[page].exchange in exchanges]


def _pages_by_code(items: Sequence[Item]) -> dict[str, list[int]]:
    """Return the error pages by code; a code without its sign comes after that very code."""
    pages: dict[str, list[int]] = defaultdict(list)
    errors = [
        (number, key_of(item.key)) for number, item in enumerate(items) if item.kind == "error"
    ]
    for number, key in errors:
        pages[key].append(number)
    for number, key in errors:
        for spelling in spellings(key)[1:]:
            pages[spelling].append(number)
    return dict(pages)
