"""KnowledgeBase + query -> results: search over issues, exchanges and error codes.

Words are inflected and mistyped, codes are not. So texts are cut up twice: into *words*, which are
found with other endings, completed while somebody types, and forgiven a typo; and into *codes*
(whatever holds a digit or inner punctuation: `-2015`, `EAPI:Invalid`, `api-signature-not-valid`),
which are kept whole and matched exactly or not at all.

A query goes through the rooms in this order:

- `question`: what is asked for, by its `tokens`, the `vocabulary` and the `names` of error codes
- `ranking`: which items fit, over their `passages`; `full_text` is what we need of tantivy
- `snippets`: the passage of an item that fits best, with the matches marked
- `index`: all of it together, the `SearchIndex`
"""

from app.search.index import SearchIndex
from app.search.results import Result
from app.search.snippets import SNIPPET_CHARACTERS

__all__ = ["SNIPPET_CHARACTERS", "Result", "SearchIndex"]
