"""The rule about permanent links: what was published once still leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from app.checks.places import Mistake, Survey
from app.permalinks import Permalinks


def broken_permalink(survey: Survey) -> Iterator[Mistake]:
    """Find a published link that leads nowhere any more; write its old name as an alias.

    Error. Example: `/issues/old-name` in `permalinks.txt`, and no issue has that name
    """
    content = survey.content
    if any(source.entity is None for source in content.sources):
        return  # what a broken file would make is not known
    links = Permalinks(content)
    for source in content.sources:
        if source.kind != "permalinks":
            continue
        for index, line in enumerate(source.document.fields["lines"]):
            if reason := links.broken(line):
                place = source.document.position(("lines", index))
                yield Mistake(source, place, f"{line}: {reason}")
