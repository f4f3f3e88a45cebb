"""What we need of tantivy: an index in memory, and what it held at one moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import tantivy

WRITER_BYTES = 64_000_000
"""What tantivy may fill before it writes a segment: at this size, one for 10,000 articles."""

SCORE_DIGITS = 3
"""Scores that differ by less are equal: tantivy adds them up in any order."""

Texts = Mapping[str, str | Sequence[str]]
"""The texts of a document by field."""


class FullText:
    """A tantivy index over documents as it is at one moment; safe to share.

    Each document has a number; documents of equal score come in the order of their numbers.
    """

    def __init__(self, index: _Index, ids: Sequence[int], *, in_order: bool) -> None:
        """View what `index` holds now: the documents with these ids, by number.

        With `in_order`, the index holds them in the order of their numbers. Use `of`.
        """
        self.schema = index.schema
        self._index = index
        self._moment = index.moment
        self._searcher = index.searcher()
        self._ids = ids
        self._numbers = {one: number for number, one in enumerate(ids)}
        self._in_order = in_order

    @classmethod
    def of(
        cls,
        builder: tantivy.SchemaBuilder,
        documents: Iterable[Texts],
        analyzers: Mapping[str, tantivy.TextAnalyzer],
    ) -> FullText:
        """Index the documents, numbered in their order; `analyzers` are those the fields name."""
        index = _Index(builder, analyzers)
        return cls(index, index.write((), documents), in_order=True)

    def changed(
        self, gone: Collection[int], documents: Iterable[Texts], order: Sequence[int | None]
    ) -> FullText:
        """Return the index without the documents numbered `gone` and with new ones.

        `order` has all documents in their new order: each by its number here, or None for the next
        of the new ones. This one stays as it is, but only the newest one can be changed.
        """
        if not self.is_newest:
            raise ValueError("only the newest state of an index can be changed")
        added = iter(self._index.write([self._ids[number] for number in gone], documents))
        ids = [next(added) if before is None else self._ids[before] for before in order]
        return FullText(self._index, ids, in_order=False)

    @property
    def is_newest(self) -> bool:
        """Tell whether nobody has changed the index since, not even in part."""
        return self._moment == self._index.moment

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self._ids)

    def hits(self, query: tantivy.Query, limit: int) -> list[tuple[int, float]]:
        """Return number and score of the documents that fit, best first, then by number."""
        asked = limit
        while True:
            hits = self._searcher.search(query, limit=asked, count=False).hits
            # Tantivy chooses among equal scores by age: that is our order until something changes.
            if self._in_order or len(hits) < asked or _less(hits[-1][0], hits[limit - 1][0]):
                break
            asked *= 8
        ids = self._searcher.fast_field_values("id", [address for _, address in hits])
        found = [
            (self._numbers[int(one or 0)], round(float(score), SCORE_DIGITS))
            for one, (score, _) in zip(ids, hits, strict=True)
        ]
        return sorted(found, key=lambda one: (-one[1], one[0]))[:limit]

    def terms(self, field: str) -> dict[str, int]:
        """Return the terms of a field, each with the number of documents that hold it.

        Documents that are gone may still count in an index that was changed.
        """
        return dict(self._searcher.terms_with_prefix(field, ""))


class _Index:
    """The tantivy index that all its views share; `moment` counts its changes."""

    def __init__(
        self, builder: tantivy.SchemaBuilder, analyzers: Mapping[str, tantivy.TextAnalyzer]
    ) -> None:
        builder.add_unsigned_field("id", fast=True, indexed=True)
        self.schema = builder.build()
        self.moment = 0
        self._index = tantivy.Index(self.schema)
        for name, one in analyzers.items():
            self._index.register_tokenizer(name, one)
        self._next_id = 0

    def searcher(self) -> tantivy.Searcher:
        """Return what searches the index as it is now, also later."""
        self._index.reload()
        return self._index.searcher()

    def write(self, gone: Iterable[int], documents: Iterable[Texts]) -> list[int]:
        """Take documents out by id and put others in; return the ids of these."""
        self.moment += 1
        writer = self._index.writer(heap_size=WRITER_BYTES, num_threads=1)
        for one in gone:
            # By query: by term, tantivy's wrapper looks for a signed number and finds none.
            writer.delete_documents_by_query(tantivy.Query.term_query(self.schema, "id", one))
        first = self._next_id
        for texts in documents:
            fields = {**texts, "id": self._next_id}
            writer.add_document(tantivy.Document.from_dict(fields, self.schema))
            self._next_id += 1
        writer.commit()
        writer.wait_merging_threads()
        return list(range(first, self._next_id))


def _less(score: float, other: float) -> bool:
    return round(score, SCORE_DIGITS) < round(other, SCORE_DIGITS)
