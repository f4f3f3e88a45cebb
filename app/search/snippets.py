"""A text, cut to the length of a snippet around the matches of a query."""

from __future__ import annotations

import re
from textwrap import shorten

import tantivy

SNIPPET_CHARACTERS = 160

_GAP_IN_CODE = re.compile(r"[-_.]+")
_WORD = re.compile(r"\w")

Pieces = tuple[tuple[str, bool], ...]
"""A text in pieces, each with whether it is a match."""


class Snippets:
    """Cuts texts around the matches of a query in a field, and marks these."""

    def __init__(
        self, searcher: tantivy.Searcher, query: tantivy.Query, schema: tantivy.Schema, field: str
    ) -> None:
        self._schema = schema
        self._field = field
        self._generator = tantivy.SnippetGenerator.create(searcher, query, schema, field)
        self._generator.set_max_num_chars(SNIPPET_CHARACTERS)

    def of(self, text: str) -> Pieces:
        """Return the part of `text` with most matches, or its beginning if it has none."""
        document = tantivy.Document(**{self._field: text})
        snippet = self._generator.snippet_from_doc(document)
        matches = snippet.highlighted()
        if not matches:
            beginning = shorten(text, SNIPPET_CHARACTERS, placeholder="…")
            return ((beginning, False),) if beginning else ()
        shown = snippet.fragment_range()
        raw = text.encode()  # tantivy counts bytes
        before, after = raw[: shown.start].decode(), raw[shown.end :].decode()
        fragment = raw[shown.start : shown.end]
        pieces = [("…" if _WORD.search(before) else before, False)]
        place = 0
        for match in matches:
            gap, word = fragment[place : match.start].decode(), fragment[match.start : match.end]
            if pieces[-1][1] and _GAP_IN_CODE.fullmatch(gap):
                pieces[-1] = (pieces[-1][0] + gap + word.decode(), True)
            else:
                pieces += [(gap, False), (word.decode(), True)]
            place = match.end
        pieces.append((fragment[place:].decode(), False))
        pieces.append(("…" if _WORD.search(after) else after, False))
        return tuple((piece, marked) for piece, marked in pieces if piece)
