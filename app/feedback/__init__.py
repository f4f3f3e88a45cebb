"""The store: votes, texts without an answer, and which issues led to a report.

The only package with SQL in it. `store.Store` is the way in; `docs/store.md` says what is kept.
"""
