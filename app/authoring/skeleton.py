"""The texts of new content files, which are valid and, except in a starter, drafts."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.authoring.editing import quoted

STARTER = Path(__file__).parent / "starter"
"""The content of a small product, with one good example of each file."""

_ISSUE = """\
---
title: {title}
symptom: What the reader sees, in one sentence
choice: What the reader picks when the diagnosis is unsure
causes:                 # likeliest first
  - Where it comes from
solutions:              # likeliest to help first; one step each
  - What the reader can do about it
phrases: []             # how people put it, for search and diagnosis
examples: {examples}            # real messages that must be diagnosed as this issue
related: []             # slugs of other issues
draft: true             # remove this line to publish
---
"""

_EXCHANGE = """\
---
name: {name}
names: []               # how it is called in messages, lower case
hosts: []               # the host names of its API, lower case
website: https://exchange.example
whitelist: {{}}           # field, path, separator, max_addresses, ipv6: what you know for sure
draft: true             # remove this line to publish
---

## Create a key

1. Where to find the keys
2. What to allow, and what not
"""


def new_issue(title: str, example: str | None = None) -> str:
    """Return the text of a new issue's file; `example` is a message that it has to answer."""
    examples = f"[{quoted(example)}]" if example else "[]"
    return _ISSUE.format(title=quoted(" ".join(title.split())), examples=examples)


def new_exchange(name: str) -> str:
    """Return the text of a new exchange's file."""
    return _EXCHANGE.format(name=quoted(" ".join(name.split())))


def start(folder: Path, source: Path) -> tuple[str, ...]:
    """Copy the content in `source` to `folder`; return the paths of its files below it.

    Permalinks and redirects aren't copied: they belong to another site.
    """
    promises = shutil.ignore_patterns("permalinks.txt", "redirects.txt")
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=promises)
    files = (path for path in folder.rglob("*") if path.is_file())
    return tuple(sorted(str(path.relative_to(folder)) for path in files))
