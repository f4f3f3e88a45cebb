"""A text, cut to the length of a snippet around the matches of a query."""

from __future__ import annotations

import re
from html import unescape
from textwrap import shorten

import tantivy

from app.search.analysis import CUT

SNIPPET_CHARACTERS = 160

_GAP_IN_CODE = re.compile(rf"</b>([-_.{CUT}]+)<b>")
_MARK = re.compile("</?b>")
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
        html = _GAP_IN_CODE.sub(r"\1", snippet.to_html())
        if "<b>" not in html:
            beginning = shorten(text.replace(CUT, ""), SNIPPET_CHARACTERS, placeholder="…")
            return ((beginning, False),) if text else ()
        raw, shown = text.encode(), snippet.fragment_range()  # which counts bytes
        before, after = raw[: shown.start].decode(), raw[shown.end :].decode()
        pieces = [
            ("…" if _WORD.search(before) else before, False),
            *((unescape(piece), place % 2 == 1) for place, piece in enumerate(_MARK.split(html))),
            ("…" if _WORD.search(after) else after, False),
        ]
        return tuple((piece.replace(CUT, ""), marked) for piece, marked in pieces if piece)
