"""What visitors leave behind: votes, what found no answer, and which issues led to a report.

The only package with SQL in it. `store.Store` is the way in; `docs/store.md` says what is kept.
"""
