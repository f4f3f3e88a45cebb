"""The error codes, error messages and exchanges that a query names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence

from app.model import PLACEHOLDER
from app.search.analysis import FILLERS, parts_of, tokens_of
from app.search.documents import SearchDocument

MOST_SHARERS = 3
"""The most error codes that a message can name; a message of more codes names their issues."""

_CLEAR = re.compile(r"[^\W_][-_:./ ]+[^\W_]|[a-z][A-Z]|^[-+]\d{3}|\d{5}")
"""A code that can't be anything else: it has several parts or words, or is a long number."""

Message = tuple[str, ...]
"""The fixed parts of an error message, each as `_key` returns it."""


class Names:
    """The error codes, error messages and exchanges of the documents, by numbers of documents."""

    def __init__(self, documents: Sequence[SearchDocument]) -> None:
        self._documents = documents
        self._numbers = {document.url: number for number, document in enumerate(documents)}
        self._codes: dict[str, list[int]] = defaultdict(list)
        self._clear: set[str] = set()
        self._messages: dict[Message, list[int]] = defaultdict(list)
        self._exchanges: dict[str, int] = {}
        for number, document in enumerate(documents):
            if document.kind == "exchange":
                self._exchanges |= {_spaced(parts_of(name)): number for name in document.names}
            if document.code:
                code = _key(document.code)
                self._codes[code].append(number)
                if _CLEAR.search(document.code):
                    self._clear.add(code)
            for text in dict.fromkeys(document.messages):
                message = tuple(filter(str.strip, map(_key, PLACEHOLDER.split(text))))
                if _length(message) > 1:
                    self._messages[message].append(number)

    def exchanges(self, query: str) -> list[str]:
        """Return the exchanges that a query names."""
        text = _spaced(parts_of(query))
        found = dict.fromkeys(number for name, number in self._exchanges.items() if name in text)
        return [self._documents[number].exchange for number in found]

    def pages(self, query: str, exchanges: Container[str]) -> list[int]:
        """Return the pages that a query names.

        A query names an error by its code or else by its whole message, and the issues that the
        error can mean. Of a code or message that several exchanges have, the pages of `exchanges`
        stand for all. An exchange is named by a query that is nothing but its name.
        """
        if (name := _spaced(parts_of(query))) in self._exchanges:
            return [self._exchanges[name]]
        text = _key(query)
        errors = self._by_code(text, exchanges)
        if not errors:
            errors = self._by_message(text, exchanges)
            if len(errors) > MOST_SHARERS and not self._own(errors, exchanges):
                return self._issues(errors, 1)
        # `1003` is the code of HTX, and that of Binance without its sign.
        errors.sort(key=lambda page: self._documents[page].code not in query)
        return [*errors, *self._issues(errors)]

    def _issues(self, errors: Iterable[int], most: int | None = None) -> list[int]:
        """Return the pages of the issues that each error can mean, `most` of them."""
        urls = [url for page in errors for url in self._documents[page].issues[:most]]
        return [self._numbers[url] for url in dict.fromkeys(urls) if url in self._numbers]

    def _by_code(self, text: str, exchanges: Container[str]) -> list[int]:
        """Return the error pages whose codes are in a text.

        A short number or a plain word is a code only if nothing clearer is in the text, and its
        exchange is named, or it is a number alone or beside a word such as `error`.
        """
        codes = [code for code in self._codes if code in text]
        clear = [code for code in codes if code in self._clear]
        found: list[int] = []
        for code in clear or codes:
            own = self._own(self._codes[code], exchanges)
            is_number = not code.strip().isalpha()
            if clear or own or (is_number and _is_announced(code, text)):
                found += own or self._codes[code]
        return found

    def _by_message(self, text: str, exchanges: Container[str]) -> list[int]:
        """Return the error pages whose longest message is in a text.

        Unless its exchange is named, it must be most of the text.
        """
        held = [message for message in self._messages if all(part in text for part in message)]
        longest = max(map(_length, held), default=0)
        found: list[int] = []
        for message in held:
            if _length(message) == longest:
                pages = self._messages[message]
                is_most = 2 * longest >= _length((text,))
                found += self._own(pages, exchanges) or (pages if is_most else [])
        return found

    def _own(self, pages: Sequence[int], exchanges: Container[str]) -> list[int]:
        return [page for page in pages if self._documents[page].exchange in exchanges]


def _key(text: str) -> str:
    """Return the tokens of a text with spaces around each, to search for whole words."""
    return _spaced(tokens_of(text))


def _spaced(words: Iterable[str]) -> str:
    return f" {' '.join(words)} "


def _is_announced(code: str, text: str) -> bool:
    before, _, after = text.partition(code)
    return text == code or not FILLERS.isdisjoint((*before.split()[-1:], *after.split()[:1]))


def _length(message: Message) -> int:
    return sum(len(parts_of(part)) for part in message)
