"""KnowledgeBase + query -> results: search over issues, exchanges, error codes and other pages.

- `documents`: what can be found, and the passages that a visitor can read there
- `analysis`: how texts and queries are cut into words
- `words`: which words a mistyped or unfinished word can mean
- `names`: the error codes, error messages and exchanges that a query names
- `query`: a query as a tantivy query
- `index`: the tantivy index, and the `SearchIndex` that answers queries
- `snippets`: the passage of a document that fits best, with its matches marked
"""

from app.search.index import SearchIndex
from app.search.results import Result
from app.search.snippets import SNIPPET_CHARACTERS

__all__ = ["SNIPPET_CHARACTERS", "Result", "SearchIndex"]
