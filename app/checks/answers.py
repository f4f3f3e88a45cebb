"""The rule about answers: each is a whole list of steps that concern the reader.

It checks what visitors see: every issue on every exchange that can have it, and every error code
with its own answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.answers import answer
from app.content.frontmatter import Location
from app.content.markdown import plain
from app.diagnosis.engine import Engine
from app.knowledge import KnowledgeBase
from app.model import ELSEWHERE, GENERAL, Answer, ErrorCode, Finding, Issue

LEAST_STEPS, MOST_STEPS = 3, 5
"""The number of steps of an answer: with fewer a reader gets stuck, more aren't read."""

_NOT_VERBS = re.compile(
    r"^(?:(?:if|for|when|after|in|on|with|to)\b(?!.*,)|(?:the|a|an|this|that|these|it|you|your|"
    r"there|error|note|please|is|are|was|be)\b)",
    re.IGNORECASE,
)
"""Beginnings of steps that state something instead of saying what to do."""

_CREATES_KEY = re.compile(r"\bcreate\b|\bnew\b|\brecreate\b", re.IGNORECASE)


def unsound_answer(knowledge: KnowledgeBase, engine: Engine) -> Iterator[Finding]:
    """Find an answer without three to five steps for its own case; rewrite its recipe.

    Error. Example: a recipe with six steps, or a step that names another exchange
    """
    del engine
    sources = {source.path: source for source in knowledge.content.sources}
    for path, location, message in dict.fromkeys(_unsound(knowledge)):
        source = sources[path]
        place = source.document.position(location)
        yield Finding(
            rule="unsound-answer",
            path=knowledge.content.path_of(source),
            line=place.line,
            column=place.column,
            message=message,
        )


_Problem = tuple[str, Location, str]
"""The file, the location in it and the message."""


def _unsound(knowledge: KnowledgeBase) -> Iterator[_Problem]:
    for issue in knowledge.content.issues:
        has_elsewhere = ELSEWHERE in issue.recipes
        shown = [
            exchange.id
            for exchange in knowledge.exchanges
            if has_elsewhere or issue.concerns(exchange.id)
        ]
        chosen = [None, *shown]
        for exchange in chosen if issue.recipes else ():
            if found := answer(knowledge, issue.slug, exchange):
                name = exchange if exchange in issue.recipes else GENERAL
                name = name if issue.concerns(exchange) else ELSEWHERE
                for message in _messages(knowledge, issue, found, exchange):
                    yield f"issues/{issue.slug}.md", ("recipes", name or GENERAL), message
    for owner in knowledge.exchanges:
        for entries in knowledge.errors_of(owner.id).values():
            for entry in entries:
                for message in _messages_of_code(knowledge, entry):
                    yield f"errors/{owner.id}.yml", (), f"error {entry.code}: {message}"


def _messages_of_code(knowledge: KnowledgeBase, entry: ErrorCode) -> Iterator[str]:
    issue = knowledge.raw_issue(entry.issues[0])
    if issue is None or (entry.answer is None and entry.recipe is None):
        return
    if entry.recipe and entry.recipe not in issue.recipes:
        yield (
            f"`{issue.slug}` has no recipe `{entry.recipe}`; "
            f"it has: {', '.join(issue.recipes) or 'none'}"
        )
    elif found := answer(knowledge, issue.slug, entry.exchange, entry=entry):
        yield from _messages(knowledge, issue, found, entry.exchange)


def _messages(
    knowledge: KnowledgeBase, issue: Issue, found: Answer, exchange: str | None
) -> Iterator[str]:
    on = f" on {exchange}" if exchange else ""
    if not LEAST_STEPS <= len(found.steps) <= MOST_STEPS:
        yield (
            f"the answer{on} has {len(found.steps)} steps; "
            f"write {LEAST_STEPS} to {MOST_STEPS} that a reader can follow there"
        )
    whitelist = knowledge.site.whitelist
    ours = [str(address) for address in whitelist.addresses] if whitelist else []
    is_about_ip = any("whitelist_ip" in cause for cause in issue.causes)
    for step in found.steps:
        text = plain(step.text)
        for other in knowledge.exchanges:
            if other.id != exchange and re.search(rf"\b{re.escape(other.name)}\b", text):
                yield f"the step `{step.id}`{on} names {other.name}; remove the name"
        names_ip = any(address in text for address in ours)
        if names_ip and not is_about_ip and not _CREATES_KEY.search(text):
            yield (
                f"the step `{step.id}`{on} is about the IP whitelist, and the cause isn't; "
                "remove the step"
            )
        if _NOT_VERBS.match(text):
            yield f"the step `{step.id}`{on} doesn't say what to do; begin with a verb"
