"""Translations: files below `content/<language>/` that hold the translated texts of the sources.

A translation has the path of its source and the same keys, but only the texts that a visitor reads
(the fields of type `Prose` and `Body`). A list whose entries have an id is a mapping here, from id
to text. Under `marks` stands the source text that each text was made from, as a hash: a source text
that has changed since makes its translation stale.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any, Literal, TypeVar, get_args

from app.content.frontmatter import Document
from app.content.variables import VARIABLE
from app.languages import Language, Untranslated
from app.model import Entity, ErrorCode, Translatable

Place = tuple[str | int, ...]
"""The place of a text in a translation: keys, and numbers in lists."""

TranslationState = Literal["current", "stale", "missing"]

MARKS = "marks"
"""The key below which the marks stand."""

SAME = "="
"""Begins the mark of a text that is the same in both languages on purpose."""

EntityT = TypeVar("EntityT", bound=Entity)


@lru_cache(maxsize=10_000)
def mark(text: str) -> str:
    """Return the mark of a source text: a short hash."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:8]


def spelled(place: Place) -> str:
    """Return a place as `marks` has it."""
    return ".".join(str(part) for part in place)


# --- which texts there are --------------------------------------------------------------------


def source_texts(entity: Entity | None) -> dict[Place, str]:
    """Return the texts of an entity that are to be translated, in order; of None, no texts."""
    found: dict[Place, str] = {}
    if entity is None:
        return found

    def note(place: Place, text: str) -> str:
        if _NEEDS_WORDS.search(_NO_WORDS.sub("", text)):
            found[place] = text.strip()
        return text

    change_texts(entity, note)
    return found


_NO_WORDS = re.compile(rf"{VARIABLE.pattern}|`[^`]*`")
_NEEDS_WORDS = re.compile(r"[^\W\d_]")


def change_texts(
    entity: EntityT, change: Callable[[Place, str], str], place: Place = ()
) -> EntityT:
    """Return `entity` with `change(place, text)` for each text that is to be translated."""
    names = _fields(type(entity))
    changes: dict[str, Any] = {}
    for name in names:
        old = getattr(entity, name)
        # An entity with a single text is that text.
        new = _change(old, change, place if place and len(names) == 1 else (*place, name))
        if new is not old:
            changes[name] = new
    return entity.model_copy(update=changes) if changes else entity


def _change(value: Any, change: Callable[[Place, str], str], place: Place) -> Any:
    if isinstance(value, str):
        return change(place, value)
    if isinstance(value, Entity):
        return change_texts(value, change, place)
    if isinstance(value, dict):
        return {key: _change(item, change, (*place, key)) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(
            _change(item, change, (*place, key))
            for key, item in zip(_keys(value), value, strict=True)
        )
    return value


def _keys(items: tuple[Any, ...]) -> Iterator[str | int]:
    """Yield the key of each entry of a list: its id, its code or its name, else its number."""
    taken: set[str | int] = set()
    for number, item in enumerate(items):
        key = _key(item, number)
        if key in taken:
            key = f"{key} #{number + 1}"
        taken.add(key)
        yield key


def _key(item: Any, number: int) -> str | int:
    if isinstance(item, ErrorCode):
        return f"{item.code} {item.match}" if item.match else item.code
    name = getattr(item, "id", None) or getattr(item, "name", None)
    return name if isinstance(name, str) else number


@cache
def _fields(kind: type[Entity]) -> tuple[str, ...]:
    """Return the names of the fields that hold texts to translate, at any depth."""
    return tuple(
        name
        for name, info in kind.model_fields.items()
        if any(_holds_texts(part) for part in (*info.metadata, *_parts(info.annotation)))
    )


def _holds_texts(part: Any) -> bool:
    if isinstance(part, type) and issubclass(part, Entity):
        return bool(_fields(part))
    return isinstance(part, Translatable)


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield what an annotation such as `tuple[Prose, ...] | None` is made of."""
    yield annotation
    for part in (*get_args(annotation), *getattr(annotation, "__metadata__", ())):
        yield from _parts(part)


# --- files ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TranslationFile:
    """One file of a translation; `path` is below the content folder, `source` that of its source.

    `texts` are the translated texts by place, `marks` the marks by place as it is spelled.
    """

    path: str
    source: str
    document: Document
    texts: Mapping[Place, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, path: str, document: Document) -> TranslationFile:
        """Return the file at `path` from its fields."""
        fields = dict(document.fields)
        marks = fields.pop(MARKS, None) or {}
        texts = {place: text.strip() for place, text in leaves(fields, ()) if text.strip()}
        if document.body.strip():
            texts[("body",)] = document.body.strip()
        return cls(
            path,
            path.partition("/")[2],
            document,
            texts,
            {str(place): str(sha) for place, sha in marks.items()},
        )

    def state(self, place: Place, source: str) -> TranslationState:
        """Return whether the translation of `source` is there, and made from this very text."""
        text, made_from = self.texts.get(place), self.marks.get(spelled(place))
        if text is None:
            return "missing"
        if made_from == SAME + mark(source):
            return "current" if text == source.strip() else "stale"
        if text == source.strip() or (made_from and made_from == mark(text)):
            return "missing"  # the source text that `update` wrote, to be translated in its place
        return "current" if made_from in {None, mark(source)} else "stale"


def leaves(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield every text in the fields of a file, with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from leaves(item, (*place, key))


def in_language(entity: Entity, file: TranslationFile | None) -> tuple[Entity, frozenset[Place]]:
    """Return an entity with the texts of a translation, and the places of the stale ones.

    A text without a translation is `Untranslated`.
    """
    texts = source_texts(entity)
    stale: set[Place] = set()

    def translate(place: Place, text: str) -> str:
        state = file.state(place, text) if file and place in texts else "missing"
        if file is None or state == "missing":
            return Untranslated(text) if place in texts else text
        if state == "stale":
            stale.add(place)
        return file.texts[place]

    return change_texts(entity, translate), frozenset(stale)


@dataclass(frozen=True)
class Translation:
    """All files of a language by the path of their source, and its glossary."""

    language: Language
    files: Mapping[str, TranslationFile]
    glossary_file: TranslationFile | None = None

    @cached_property
    def glossary(self) -> Mapping[str, tuple[str, ...]]:
        """How each English term is translated: a text, or several that fit."""
        if self.glossary_file is None:
            return {}
        return {
            str(term): tuple(text for _, text in leaves(words, ()))
            for term, words in self.glossary_file.document.fields.items()
        }
