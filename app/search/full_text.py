"""What we need of tantivy: an index in memory, built once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import tantivy

WRITER_BYTES = 64_000_000
"""What tantivy may fill before it writes a segment: at this size, one for 10,000 articles."""


class FullText:
    """A tantivy index over documents, which are numbered in their order; safe to share."""

    def __init__(
        self,
        builder: tantivy.SchemaBuilder,
        documents: Iterable[Mapping[str, str | Sequence[str]]],
        analyzers: Mapping[str, tantivy.TextAnalyzer],
    ) -> None:
        """Index the documents, each its texts by field; `analyzers` are those the fields name."""
        builder.add_unsigned_field("number", fast=True)
        self.schema = builder.build()
        index = tantivy.Index(self.schema)
        for name, one in analyzers.items():
            index.register_tokenizer(name, one)
        writer = index.writer(heap_size=WRITER_BYTES, num_threads=1)
        for number, texts in enumerate(documents):
            fields = {**texts, "number": number}
            writer.add_document(tantivy.Document.from_dict(fields, self.schema))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def __len__(self) -> int:
        """Return the number of documents."""
        return int(self._searcher.num_docs)

    def hits(self, query: tantivy.Query, limit: int) -> list[tuple[int, float]]:
        """Return number and score of the documents that fit, best first, then by number."""
        hits = self._searcher.search(query, limit=limit, count=False).hits
        numbers = self._searcher.fast_field_values("number", [address for _, address in hits])
        found = [
            (int(number or 0), float(score))
            for number, (score, _) in zip(numbers, hits, strict=True)
        ]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def terms(self, field: str) -> dict[str, int]:
        """Return the terms of a field, each with the number of documents that hold it."""
        return dict(self._searcher.terms_with_prefix(field, ""))


def analyzer(tokenizer: tantivy.Tokenizer, *, stem: bool = False) -> tantivy.TextAnalyzer:
    """Return an analyzer that folds what the tokenizer gives and, if asked, stems it."""
    builder = tantivy.TextAnalyzerBuilder(tokenizer).filter(tantivy.Filter.lowercase())
    if stem:
        builder = builder.filter(tantivy.Filter.ascii_fold())
        builder = builder.filter(tantivy.Filter.stemmer("english"))
    return builder.build()
