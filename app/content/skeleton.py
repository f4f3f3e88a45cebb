"""What new content files begin with: valid at once, and a draft."""

from __future__ import annotations

import json

_ISSUE = """\
---
title: {title}
symptom: What the reader sees, in one sentence
causes:                 # likeliest first
  - Where it comes from
solutions:              # likeliest to help first; one step each
  - What the reader can do about it
phrases: []             # how people put it, for search and diagnosis
examples: []            # real messages that must be diagnosed as this issue
related: []             # slugs of other issues
draft: true             # remove this line to publish
---
"""


def new_issue(title: str) -> str:
    """Return the text of a new issue's file."""
    # A JSON string is a YAML string, whatever the title holds.
    return _ISSUE.format(title=json.dumps(" ".join(title.split()), ensure_ascii=False))
