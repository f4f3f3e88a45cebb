"""The help pages: a page a file."""
