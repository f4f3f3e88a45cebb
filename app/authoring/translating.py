"""Writing translations: skeletons and marks, and PO files for the tools of translators."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

from app.content.loader import PAGES, Content, Source
from app.content.translations import (
    MARKS,
    SAME,
    Place,
    TranslationFile,
    TranslationState,
    mark,
    source_texts,
    spelled,
)
from app.languages import Language

States = Mapping[TranslationState, int]


class UnreadableCatalogError(Exception):
    """A PO file can't be read; the message says why."""


@dataclass(frozen=True)
class SourceText:
    """One source text, where it stands, and what a language has for it."""

    source: Source
    place: Place
    text: str
    translated: str | None
    state: TranslationState


def texts(content: Content, language: Language) -> Iterator[SourceText]:
    """Yield every text that is to be translated, with its translation into `language`."""
    files = _files(content, language)
    for source in translatable(content):
        file = files.get(source.path)
        for place, text in source_texts(source.entity).items():
            yield SourceText(
                source,
                place,
                text,
                file.texts.get(place) if file else None,
                file.state(place, text) if file else "missing",
            )


def states(content: Content, language: Language) -> States:
    """Return how many texts are current, stale and missing in a language."""
    return Counter(item.state for item in texts(content, language))


def translatable(content: Content) -> Iterator[Source]:
    """Yield the files that hold texts to translate."""
    for source in content.sources:
        if source_texts(source.entity):
            yield source


def _files(content: Content, language: Language) -> Mapping[str, TranslationFile]:
    translation = content.translations.get(language.folder)
    return translation.files if translation else {}


# --- update -----------------------------------------------------------------------------------


def update(
    content: Content,
    language: Language,
    *,
    accepted: Collection[str] = (),
    given: Mapping[str, str] | None = None,
) -> dict[Path, str | None]:
    """Return the files of a language as they are to be, by path; None for a file to delete.

    Each text keeps its translation. Where there is none, the text takes `given` (by the mark of the
    source), the translation of an equal text, or the source text itself, for a translator to
    replace. Texts whose source is gone are left out. The stale texts of the files `accepted`, by
    the paths of their sources, count as translated anew.
    """
    files = _files(content, language)
    memory = {**_memory(content, files), **(given or {})}
    wanted: dict[Path, str | None] = {}
    for source in translatable(content):
        old = files.get(source.path)
        found: dict[Place, str] = {}
        marks: dict[str, str] = {}
        # The body is the end of a file, so its mark comes last.
        places = source_texts(source.entity)
        for place, text in sorted(places.items(), key=lambda item: item[0] == ("body",)):
            found[place], marks[spelled(place)] = _entry(
                old, place, text, memory, given or {}, accept=source.path in accepted
            )
        path = content.root / language.folder / source.path
        wanted[path] = _written(found, marks, has_body=source.kind in PAGES)
    gone = {file.path for file in files.values()} - {
        f"{language.folder}/{source.path}" for source in translatable(content)
    }
    return {**wanted, **{content.root / path: None for path in gone}}


def _entry(
    old: TranslationFile | None,
    place: Place,
    text: str,
    memory: Mapping[str, str],
    given: Mapping[str, str],
    *,
    accept: bool,
) -> tuple[str, str]:
    """Return the translation of a text with its mark."""
    own = mark(text)
    before = old.texts.get(place) if old else None
    state = old.state(place, text) if old else "missing"
    made_from = old.marks.get(spelled(place)) if old else None
    if own in given:
        return _marked(given[own], text)
    if accept and before is not None:
        return _marked(before, text)
    if before is not None and state == "current":
        return before, made_from or own
    if own in memory:
        return _marked(memory[own], text)
    if before is not None and state == "stale":
        return before, made_from or own
    return text, own


def _marked(translated: str, text: str) -> tuple[str, str]:
    return translated, (SAME if translated == text else "") + mark(text)


def _memory(content: Content, files: Mapping[str, TranslationFile]) -> dict[str, str]:
    """Return the translations that stand somewhere, by the mark of the text they were made from."""
    found: dict[str, str] = {}
    for file in files.values():
        for place, text in file.texts.items():
            made_from = file.marks.get(spelled(place), "")
            if made_from.startswith(SAME) or (made_from and made_from != mark(text)):
                found.setdefault(made_from.removeprefix(SAME), text)
    for source in translatable(content):  # what was written by hand has no mark yet
        written = files.get(source.path)
        if written:
            for place, text in source_texts(source.entity).items():
                if spelled(place) not in written.marks and written.state(place, text) == "current":
                    found.setdefault(mark(text), written.texts[place])
    return found


def _written(found: Mapping[Place, str], marks: Mapping[str, str], *, has_body: bool) -> str:
    """Return a file of a translation."""
    fields: dict[str | int, Any] = {}
    for place, text in found.items():
        if place != ("body",):
            _put(fields, place, text)
    text = _yaml({**_listed(fields), MARKS: dict(marks)})
    if not has_body:
        return text
    body = found.get(("body",))
    return f"---\n{text}---\n" + (f"\n{body}\n" if body else "")


def _put(fields: dict[str | int, Any], place: Place, text: str) -> None:
    for part in place[:-1]:
        fields = fields.setdefault(part, {})
    fields[place[-1]] = text


def _listed(value: Any) -> Any:
    """Return mappings with the keys 0, 1, 2 ... as lists."""
    if not isinstance(value, dict):
        return value
    if value and list(value) == list(range(len(value))):
        return [_listed(item) for item in value.values()]
    return {key: _listed(item) for key, item in value.items()}


class _Dumper(yaml.SafeDumper):
    """Indents lists, and writes texts of several lines as they are."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the library's signature
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)


def _yaml(fields: Mapping[Any, Any]) -> str:
    written: str = yaml.dump(
        fields, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000
    )
    return written


# --- PO files ---------------------------------------------------------------------------------


def to_po(content: Content, language: Language, paths: Collection[str], *, everything: bool) -> str:
    """Return a PO file with the texts of the files at `paths`, or of all files.

    Without `everything` it holds what is missing or stale alone; stale translations are fuzzy.
    Equal texts are there once.
    """
    catalog = Catalog(locale=language.locale, fuzzy=False, charset="utf-8")
    for item in texts(content, language):
        if paths and not item.source.path.startswith(tuple(paths)):
            continue
        if item.state == "current" and not everything:
            continue
        catalog.add(
            item.text,
            (item.translated or "") if item.state != "missing" else "",
            locations=[(item.source.path, 0)],
            flags=["fuzzy"] if item.state == "stale" else [],
            auto_comments=[spelled(item.place)],
        )
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=100, include_lineno=False)
    return buffer.getvalue().decode()


def from_po(data: bytes, language: Language) -> dict[str, str]:
    """Return the translations of a PO file by the mark of their source text.

    What is empty or fuzzy is left out. Raises `UnreadableCatalogError`.
    """
    try:
        catalog = read_po(io.BytesIO(data), locale=language.locale, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise UnreadableCatalogError(str(error)) from error
    return {
        mark(str(message.id)): str(message.string).strip()
        for message in catalog
        if message.id and message.string and not message.fuzzy
    }


def unknown(content: Content, language: Language, marks: Collection[str]) -> int:
    """Return how many of `marks` are those of no source text of today."""
    return len(set(marks) - {mark(item.text) for item in texts(content, language)})
