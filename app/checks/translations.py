"""Rules about translations: missing or stale texts, and differences from the source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from app.checks.survey import BODY, Mistake, Survey
from app.content.frontmatter import Position
from app.content.translations import Place, Translation, TranslationFile, TranslationState, spelled
from app.content.variables import VARIABLE

_LINK = re.compile(r"\]\(\s*([^)\s]+)")
_CODE = re.compile(r"`([^`]+)`")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_HEADING = re.compile(r"^(#+) ", re.MULTILINE)


def missing_translation(survey: Survey) -> Iterator[Mistake]:
    """Find a file with untranslated texts; translate them (docs/translating.md).

    Warning. Example: a new issue that exists only in English
    """
    for translation in survey.content.translations.values():
        for source in survey.sources:
            file = translation.files.get(source.path)
            texts = survey.translatable.get(source.path, {})
            places = _in_state("missing", file, texts)
            if places:
                path = file.path if file else source.path
                yield Mistake(
                    file.path if file else source,
                    _position(file, places[0]),
                    f"{len(places)} of {len(texts)} texts of {path} have no translation into "
                    f"{translation.language.name}; translate them",
                    "warning",
                )


def stale_translation(survey: Survey) -> Iterator[Mistake]:
    """Find a file with translations of an older source; translate them again.

    Warning. Example: a step that was rewritten in English
    """
    for translation in survey.content.translations.values():
        for path, texts in survey.translatable.items():
            file = translation.files.get(path)
            places = _in_state("stale", file, texts) if file else []
            if file and places:
                message = (
                    f"{len(places)} of {len(texts)} texts are translated from an older source; "
                    "translate them again, then remove their marks"
                )
                yield Mistake(file.path, _position(file, places[0]), message, "warning")


def untranslatable(survey: Survey) -> Iterator[Mistake]:
    """Find a translation that has no source; run `helpcenter translations update`.

    Warning. Example: `es/issues/x.md` without `issues/x.md`
    """
    broken = {source.path for source in survey.sources if source.entity is None}
    for translation in survey.content.translations.values():
        for file in translation.files.values():
            if file.source in broken:
                continue
            texts = survey.translatable.get(file.source, {})
            strangers = [place for place in file.texts if place not in texts]
            if strangers or not texts:
                place = strangers[0] if strangers else ()
                message = f"`{spelled(place)}` translates nothing in {file.source}"
                cure = "correct it, or remove it with `helpcenter translations update`"
                yield Mistake(file.path, _position(file, place), f"{message}; {cure}", "warning")


def translation_differs(survey: Survey) -> Iterator[Mistake]:
    """Find other variables, links, code, labels or headings than in the source; copy those.

    Error. Example: `**Administración de API**` for a button labelled in English
    """
    for _, file, place, text in _current(survey):
        for what, parts in PARTS.items():
            if what == "labels" and file.source.partition("/")[0] in UNLABELLED:
                continue
            before, after = parts(text), parts(file.texts[place])
            if sorted(before) != sorted(after):
                lost = list(Counter(before) - Counter(after))
                added = list(Counter(after) - Counter(before))
                message = f"the {what} differ from the source"
                message += f": {lost[0]!r} is missing" if lost else f": {added[0]!r} is not there"
                yield Mistake(file.path, _position(file, place), f"{message}; take them over")


UNLABELLED = frozenset({"site.yml", "diagnostic.yml", "tips.yml"})
"""The files in which bold text isn't a label of an exchange's page."""

PARTS: Mapping[str, Callable[[str], list[str]]] = {
    "variables": lambda text: [match["name"] for match in VARIABLE.finditer(text)],
    "links": lambda text: _LINK.findall(VARIABLE.sub("x", text)),
    "code": _CODE.findall,
    "labels": lambda text: _BOLD.findall(_CODE.sub("", text)),
    "headings": _HEADING.findall,
}
"""The parts of a text that a translation must keep."""


def glossary_term(survey: Survey) -> Iterator[Mistake]:
    """Find a term whose translation isn't in `glossary.yml`; use the glossary's.

    Warning. Example: "lista de IP" instead of "lista blanca de IP"
    """
    for translation, file, place, text in _current(survey):
        translated, lower = file.texts[place], text.lower()
        for term, words in translation.glossary.items():
            # Most texts have none of the terms, and `in` is faster than a pattern.
            if (
                _first_word(term) in lower
                and _term(term).search(text)
                and not any(_term(word).search(translated) for word in words)
            ):
                listed = '" or "'.join(words)
                message = f'"{term}" is "{listed}" in the glossary'
                cure = "write that, or add another translation there"
                yield Mistake(file.path, _position(file, place), f"{message}; {cure}", "warning")


@lru_cache(maxsize=1000)
def _first_word(term: str) -> str:
    """Return the letters that the first word of a term begins with, in lower case."""
    return term.split(maxsplit=1)[0].rstrip("*").lower()


@lru_cache(maxsize=1000)
def _term(words: str) -> re.Pattern[str]:
    """Return what finds a term; `word*` is the beginning of a word, and a plural s may follow."""
    pattern = re.escape(words).replace(r"\*", r"\w*").replace(r"\ ", r"\s+")
    if words.isascii():
        return re.compile(rf"(?<!\w){pattern}s?(?!\w)", re.IGNORECASE)
    return re.compile(pattern, re.IGNORECASE)


def _current(survey: Survey) -> Iterator[tuple[Translation, TranslationFile, Place, str]]:
    """Yield every translation of a current source text, with that text."""
    for translation in survey.content.translations.values():
        for path, texts in survey.translatable.items():
            file = translation.files.get(path)
            for place, text in texts.items() if file else ():
                if file and file.state(place, text) == "current":
                    yield translation, file, place, text


def _in_state(
    state: TranslationState, file: TranslationFile | None, texts: Mapping[Place, str]
) -> list[Place]:
    return [
        place
        for place, text in texts.items()
        if (file.state(place, text) if file else "missing") == state
    ]


def _position(file: TranslationFile | None, place: Place) -> Position:
    if file is None:
        return Position(1)
    if place == BODY:
        return Position(file.document.body_line)
    return file.document.position(place)
