"""Rules about names: slugs, ids, aliases and references to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.checks.survey import (
    Mistake,
    Survey,
    Text,
    did_you_mean,
    is_draft,
    name_of,
)
from app.checks.texts import step_ids
from app.content.loader import ReportFile, Source
from app.model import NO_ISSUE


def duplicate_slug(survey: Survey) -> Iterator[Mistake]:
    """Find entries of the same kind with the same slug, id or code; rename or remove it.

    Error. Example: two tips with `id: test-often`
    """
    first: dict[tuple[str, str], Source] = {}
    for source in survey.content.sources:
        other = first.setdefault((source.kind, name_of(source).lower()), source)
        if other is not source:
            message = f"{other.path} has this name in upper or lower case; rename one"
            yield Mistake(source, source.document.position(()), message)
        yield from _duplicates(source, "solutions", enumerate(step_ids(source)), "a step")
        for kind in ("checklist", "tests", "tips"):
            yield from _duplicates(source, kind, _ids(source.document.fields.get(kind)), "an item")
        yield from _duplicate_errors(source)


def duplicate_title(survey: Survey) -> Iterator[Mistake]:
    """Find issues or exchanges with the same title; change a title.

    Error. Example: `title: Wrong Key` in two issues
    """
    first: dict[tuple[str, str], Source] = {}
    for source in (*survey.issues.values(), *survey.exchanges.values()):
        key = "title" if source.kind == "issue" else "name"
        title = source.document.fields.get(key)
        if not isinstance(title, str):
            continue
        other = first.setdefault((source.kind, " ".join(title.casefold().split())), source)
        if other is not source:
            message = f"{other.path} has the same {key}; change one of them"
            yield Mistake(source, source.document.position((key,)), message)


def _ids(items: Any) -> Iterator[tuple[int, str]]:
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            yield index, item["id"]


def _duplicates(
    source: Source, key: str, ids: Iterable[tuple[int, str]], what: str
) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for index, name in ids:
        if name in first:
            place = source.document.position((key, index, "id"))
            line = source.document.position((key, first[name])).line
            message = f"{what} with the id `{name}` is also on line {line}; change one `id`"
            yield Mistake(source, place, message)
        elif name:
            first[name] = index


def _duplicate_errors(source: Source) -> Iterator[Mistake]:
    errors = source.document.fields.get("errors")
    first: dict[tuple[str, str, str], int] = {}
    for index, entry in enumerate(errors if isinstance(errors, list) else ()):
        if not isinstance(entry, dict) or "code" not in entry:
            continue
        scope = str(entry.get("scope", ""))
        key = (str(entry["code"]), str(entry.get("match", "")).casefold(), scope)
        if key in first:
            place = source.document.position(("errors", index, "code"))
            line = source.document.position(("errors", first[key], "code")).line
            message = f"the code `{key[0]}` is also on line {line}"
            yield Mistake(source, place, f"{message}; merge the two entries, or give one a `match`")
        first.setdefault(key, index)


def alias_shadows(survey: Survey) -> Iterator[Mistake]:
    """Find an alias that is the name of a page or step; remove it.

    Error. Example: `aliases: [wrong-key]` beside `issues/wrong-key.md`
    """
    for aliases, files in (
        (survey.aliases, survey.issues),
        (survey.exchange_aliases, survey.exchanges),
    ):
        for alias in aliases:
            if alias.text in files:
                owner = files[alias.text].path
                message = f"the alias `{alias.text}` is the slug of {owner}; remove the alias"
                yield Mistake(alias.source, alias.position, message)
    for alias in survey.item_aliases:
        kind = str(alias.location[0])
        if kind == "solutions":
            ids, what = set(step_ids(alias.source)), "a step"
        else:
            ids, what = {name for _, name in _ids(alias.source.document.fields[kind])}, "an item"
        if alias.text in ids:
            message = f"the alias `{alias.text}` is the id of {what} here; remove the alias"
            yield Mistake(alias.source, alias.position, message)


def alias_collides(survey: Survey) -> Iterator[Mistake]:
    """Find an alias that is used twice; remove it once.

    Error. Example: `aliases: [old-name]` in two issues
    """
    first: dict[tuple[str, str, str], Text] = {}
    pages = [(alias, "") for alias in (*survey.aliases, *survey.exchange_aliases)]
    items = [(alias, f"{alias.source.path} {alias.location[0]}") for alias in survey.item_aliases]
    for alias, scope in (*pages, *items):
        other = first.setdefault((alias.source.kind, scope, alias.text), alias)
        if other is not alias:
            where = f"{other.source.path}, line {other.position.line}"
            message = f"the alias `{alias.text}` is also in {where}; remove one"
            yield Mistake(alias.source, alias.position, message)


def unknown_issue(survey: Survey) -> Iterator[Mistake]:
    """Find a reference to an issue that doesn't exist or is a draft; correct the slug.

    Error. Example: `related: [wrong-kye]`
    """
    yield from _unknown("issue", survey.issue_names, survey.issues, survey.aliases)


def unknown_label(survey: Survey) -> Iterator[Mistake]:
    """Find a report whose label is not an issue; write the slug of an issue, or `none`.

    Error. Example: `"expected": "wrong-kye"`
    """
    known = {*survey.issues, *(alias.text for alias in survey.aliases), NO_ISSUE}
    for source in survey.content.sources:
        if not isinstance(source.entity, ReportFile):
            continue
        for index, report in enumerate(source.entity.reports):
            place = source.document.position(("reports", index))
            for label in (report.expected, *report.also):
                if label not in known:
                    message = f"there is no issue `{label}`; {did_you_mean(label, known)}"
                    yield Mistake(source, place, message)


def unknown_exchange(survey: Survey) -> Iterator[Mistake]:
    """Find a reference to an exchange without a page; correct the id, or add its page.

    Error. Example: `exchanges: [glas]`
    """
    names, aliases = survey.exchange_names, survey.exchange_aliases
    yield from _unknown("exchange", names, survey.exchanges, aliases)
    for name, source in survey.errors.items():
        if name not in survey.exchanges:
            cure = f"add exchanges/{name}.md, or rename this file"
            message = f"these are the errors of `{name}`, which has no page; {cure}"
            yield Mistake(source, source.document.position(()), message)


def _unknown(
    what: str, texts: Iterable[Text], known: Mapping[str, Source], aliases: Iterable[Text]
) -> Iterator[Mistake]:
    """Yield why `texts`, which refer to `known` files, don't; `aliases` are old names of those."""
    current = {alias.text: name_of(alias.source) for alias in aliases}
    for text in texts:
        name = text.text
        if name in known:
            if not is_draft(known[name]) or is_draft(text.source):
                continue
            message = f"the {what} `{name}` is a draft; publish it, or remove it here"
        elif name in current:
            message = f"`{name}` is an old name; write `{current[name]}`"
        else:
            message = f"there is no {what} `{name}`; {did_you_mean(name, known)}"
        yield Mistake(text.source, text.position, message)
