"""The rules about permalinks: a published link never breaks."""

from __future__ import annotations

from collections.abc import Iterator

from app.checks.survey import Mistake, Survey
from app.permalinks import Permalinks


def broken_permalink(survey: Survey) -> Iterator[Mistake]:
    """Find a published link that leads nowhere; add its old name to `aliases`.

    Error. Example: `/issues/old-name` in `permalinks.txt`
    """
    content = survey.content
    if any(source.entity is None for source in content.sources):
        return  # the links of a broken file are unknown
    links = Permalinks(content)
    for source in content.sources:
        if source.kind != "permalinks":
            continue
        for index, line in enumerate(source.document.fields["lines"]):
            if reason := links.broken(line):
                place = source.document.position(("lines", index))
                yield Mistake(source, place, f"{line}: {reason}")


def broken_redirect(survey: Survey) -> Iterator[Mistake]:
    """Find a redirect that can't work; correct or remove the line.

    Error. Example: `/errors/glass/-1 /issues/wrong-kye`
    """
    content = survey.content
    if any(source.entity is None for source in content.sources):
        return
    links = Permalinks(content)
    for source in content.sources:
        if source.kind != "redirects":
            continue
        for index, line in enumerate(source.document.fields["lines"]):
            old, _, new = line.partition(" ")
            new = new.strip()
            if " " in new or not (old.startswith("/") and new.startswith("/")):
                message = "write the old link, a space and the new link; both begin with /"
            elif links.missing(old) is None:
                message = f"{old} still has its page; remove the redirect, or retire the page"
            elif reason := links.broken(new):
                message = f"{new} leads nowhere: {reason}"
            else:
                continue
            place = source.document.position(("lines", index))
            yield Mistake(source, place, message)
