"""The rules of `helpcenter check`, in addition to those of the loader.

Each rule is a generator of mistakes with a stable id (its function's name, with hyphens). Its
docstring gives the problem and the fix, then its severity and an example; `docs/rules.md` is
made of it. Add a rule by writing such a function and naming it in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from types import MappingProxyType

from app.checks import (
    brand,
    external,
    images,
    links,
    names,
    permalinks,
    secrets,
    status,
    texts,
    translations,
    upkeep,
)
from app.checks.survey import Mistake, Survey
from app.content.loader import Content
from app.diagnosis.redaction import Redactor
from app.model import Finding

Rule = Callable[[Survey], Iterator[Mistake]]


def _by_id(*rules: Rule) -> Mapping[str, Rule]:
    return MappingProxyType({rule.__name__.replace("_", "-"): rule for rule in rules})


RULES: Mapping[str, Rule] = _by_id(
    texts.unknown_variable,
    texts.hard_coded_ip,
    texts.unknown_placeholder,
    texts.placeholder_text,
    texts.broken_markdown,
    texts.unsupported_markdown,
    secrets.secret,
    images.image_alt,
    images.image_path,
    images.large_image,
    images.unused_image,
    texts.heading_levels,
    texts.duplicate_heading,
    texts.raw_html,
    brand.accent_contrast,
    brand.brand_image,
    links.external_link_form,
    links.broken_link,
    names.duplicate_slug,
    names.duplicate_title,
    names.alias_shadows,
    names.alias_collides,
    names.unknown_issue,
    names.unknown_label,
    names.unknown_exchange,
    permalinks.broken_permalink,
    permalinks.broken_redirect,
    status.status_call,
    upkeep.unlisted_option,
    upkeep.redundant_question,
    upkeep.stale,
    upkeep.orphan,
    upkeep.no_support_address,
    upkeep.missing_choice,
    translations.missing_translation,
    translations.stale_translation,
    translations.untranslatable,
    translations.translation_differs,
    translations.glossary_term,
)
"""Every rule by its id."""

EXTERNAL_RULES: Mapping[str, Rule] = MappingProxyType({"dead-link": external.dead_link})
"""The rules that ask other sites."""


def check(
    content: Content, *, redactor: Redactor | None = None, ask_others: bool = False
) -> tuple[Finding, ...]:
    """Return every mistake in `content`, from the loader and from all rules, by path and line.

    `redactor` finds secrets. With `ask_others` other sites are asked for the pages that are linked,
    which takes a while.
    """
    survey = Survey(content, redactor)
    found = list(_found(survey, RULES))
    if ask_others:
        found += _found(survey, EXTERNAL_RULES)
    return in_order((*content.findings, *found))


def _found(survey: Survey, rules: Mapping[str, Rule]) -> Iterator[Finding]:
    for name, rule in rules.items():
        for mistake in rule(survey):
            source = mistake.source
            path = source if isinstance(source, str) else source.path
            yield Finding(
                rule=name,
                path=str(survey.content.root / path),
                line=mistake.position.line,
                column=mistake.position.column,
                message=mistake.message,
                severity=mistake.severity,
            )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order of files and lines."""
    return tuple(sorted(findings, key=attrgetter("path", "line", "column", "rule")))
