"""The rules of `helpcenter check`: what can be wrong with content beyond what the loader sees.

Each rule is a generator of mistakes with a stable id (its function's name, with hyphens). Its
docstring says what it looks for and the cure, then its severity and an example; `docs/rules.md` is
made of it. Add a rule by writing such a function and naming it in `CONTENT_RULES`; in `FILE_RULES`
if what it finds in a file depends on no other file but `site.yml`, so that it looks at changed
files only.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.checks import external, links, names, permalinks, texts, upkeep
from app.checks.places import Mistake, Survey
from app.content.loader import Content, Source
from app.model import Finding

Rule = Callable[[Survey], Iterator[Mistake]]


def _by_id(*rules: Rule) -> Mapping[str, Rule]:
    return MappingProxyType({rule.__name__.replace("_", "-"): rule for rule in rules})


FILE_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "duplicate-slug": names.duplicate_id,  # within a file; between files see `CONTENT_RULES`
        **_by_id(
            texts.unknown_variable,
            texts.hard_coded_ip,
            texts.image_alt,
            texts.image_path,
            texts.heading_levels,
            texts.duplicate_heading,
            texts.raw_html,
            links.external_link_form,
            upkeep.unlisted_option,
            upkeep.stale,
            upkeep.expired,
        ),
    }
)
"""The rules that look at `sources` one by one: at a file, `site.yml`, the images and the day."""

CONTENT_RULES = _by_id(
    links.broken_link,
    names.duplicate_slug,
    names.alias_shadows,
    names.alias_collides,
    names.unknown_issue,
    names.unknown_label,
    names.unknown_exchange,
    permalinks.broken_permalink,
    upkeep.orphan,
)
"""The rules that look at all files together."""

RULES: Mapping[str, Rule] = MappingProxyType({**FILE_RULES, **CONTENT_RULES})
"""Every rule by its id, to describe them; of `duplicate-slug` the one that says both."""

EXTERNAL_RULES: Mapping[str, Rule] = MappingProxyType({"dead-link": external.dead_link})
"""The rules that ask other sites."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check found on a day; the next one need not look at the same files again."""

    survey: Survey
    today: dt.date
    by_file: Mapping[str, tuple[Source, tuple[Finding, ...]]]
    findings: tuple[Finding, ...]


def check(content: Content, *, ask_others: bool = False) -> tuple[Finding, ...]:
    """Return every mistake in `content`, of the loader and of all rules, by path and line.

    With `ask_others` other sites are asked for the pages that are linked, which takes a while.
    """
    checked = check_again(content, None)
    found = _found(checked.survey, EXTERNAL_RULES) if ask_others else ()
    return in_order((*checked.findings, *(finding for _, finding in found)))


def check_again(content: Content, previous: Checked | None) -> Checked:
    """Check `content`, looking only at files that are not the same as in the `previous` check."""
    survey = previous.survey.next(content) if previous else Survey(content)
    today = survey.today
    known = previous.by_file if previous and _alike(survey, today, previous) else {}
    by_file = {
        source.path: known[source.path]
        for source in content.sources
        if source.path in known and source.is_same(known[source.path][0])
    }
    changed = [source for source in content.sources if source.path not in by_file]
    new: dict[str, list[Finding]] = defaultdict(list)
    for source, finding in _found(survey.part(changed), FILE_RULES):
        new[source.path].append(finding)
    by_file |= {source.path: (source, tuple(new.get(source.path, ()))) for source in changed}
    findings = [
        *content.findings,
        *(finding for _, found in by_file.values() for finding in found),
        *(finding for _, finding in _found(survey, CONTENT_RULES)),
    ]
    return Checked(survey, today, by_file, in_order(findings))


def _alike(survey: Survey, today: dt.date, previous: Checked) -> bool:
    """Tell whether the rules of single files find the same in the same file."""
    one, two = survey.content, previous.survey.content
    same = (one.root, one.site, one.images) == (two.root, two.site, two.images)
    return same and today == previous.today


def _found(survey: Survey, rules: Mapping[str, Rule]) -> Iterator[tuple[Source, Finding]]:
    """Yield what `rules` find, each with the file that it stands in."""
    for name, rule in rules.items():
        for mistake in rule(survey):
            yield (
                mistake.source,
                Finding(
                    rule=name,
                    path=survey.content.path_of(mistake.source),
                    line=mistake.position.line,
                    column=mistake.position.column,
                    message=mistake.message,
                    severity=mistake.severity,
                ),
            )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order of files and lines."""
    return tuple(sorted(findings, key=lambda one: (one.path, one.line, one.column, one.rule)))
