"""Rules about Markdown that would not be rendered."""

from __future__ import annotations

from collections.abc import Iterator

from app.checks.places import Mistake, Survey, texts_of
from app.content.markdown import flaws
from app.content.variables import PLACEHOLDER


def broken_markdown(survey: Survey) -> Iterator[Mistake]:
    """Find bold text, code or a link that is not closed, or a link that can't work; correct it.

    Error. Example: `**Trade`, or `[their page](javascript:open)`
    """
    yield from _mistakes(survey, "broken")


def unsupported_markdown(survey: Survey) -> Iterator[Mistake]:
    """Find an unknown callout, or a code block or list in a step; write it differently.

    Error. Example: `> [!HINT]`; a callout is `> [!NOTE]`, `[!TIP]` or the like
    """
    yield from _mistakes(survey, "unsupported")


def _mistakes(survey: Survey, kind: str) -> Iterator[Mistake]:
    for source in survey.sources:
        for text in texts_of(source):
            if not text.is_markdown:
                continue
            # A variable may stand in a link; its braces and blanks are no part of that.
            shown = PLACEHOLDER.sub("variable", text.text)
            for flaw in flaws(shown, is_inline=not text.is_body):
                if flaw.kind == kind:
                    place = text.find(flaw.sign, line=flaw.line)
                    yield Mistake(source, place, flaw.message)
