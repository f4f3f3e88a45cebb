"""The rules of `helpcenter check`: what can be wrong with content beyond what the loader sees.

Each rule is a generator of mistakes with a stable id (its function's name, with hyphens). Its
docstring says what it looks for and the cure, then its severity and an example; `docs/rules.md` is
made of it. Add a rule by writing such a function and naming it in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from app.content.checks import external, links, names, permalinks, texts, upkeep
from app.content.checks.places import Mistake, Survey
from app.content.loader import Content
from app.model import Finding

Rule = Callable[[Survey], Iterator[Mistake]]

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.__name__.replace("_", "-"): rule
        for rule in (
            texts.unknown_variable,
            texts.hard_coded_ip,
            texts.image_alt,
            texts.image_path,
            texts.heading_levels,
            texts.duplicate_heading,
            texts.raw_html,
            links.broken_link,
            links.external_link_form,
            names.duplicate_slug,
            names.alias_shadows,
            names.alias_collides,
            names.unknown_issue,
            names.unknown_label,
            names.unknown_exchange,
            permalinks.broken_permalink,
            upkeep.unlisted_option,
            upkeep.orphan,
            upkeep.stale,
            upkeep.expired,
        )
    }
)
"""Every rule by its id."""


EXTERNAL_RULES: Mapping[str, Rule] = MappingProxyType({"dead-link": external.dead_link})
"""The rules that ask other sites."""


def check(content: Content, *, ask_others: bool = False) -> tuple[Finding, ...]:
    """Return every mistake in `content`, of the loader and of all rules, by path and line.

    With `ask_others` other sites are asked for the pages that are linked, which takes a while.
    """
    survey = Survey(content)
    rules = {**RULES, **EXTERNAL_RULES} if ask_others else RULES
    found = [
        Finding(
            rule=rule,
            path=content.path_of(mistake.source),
            line=mistake.position.line,
            column=mistake.position.column,
            message=mistake.message,
            severity=mistake.severity,
        )
        for rule, mistakes in rules.items()
        for mistake in mistakes(survey)
    ]
    return in_order((*content.findings, *found))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order of files and lines."""
    return tuple(sorted(findings, key=lambda one: (one.path, one.line, one.column, one.rule)))
