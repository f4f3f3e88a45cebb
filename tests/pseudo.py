"""Pseudo-languages: texts that are 40 % longer, with marked vowels, or in Arabic letters.

They prove that nothing is left in English and that no layout depends on short words from left to
right, without a translator.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from app.authoring.translating import texts, update
from app.content.loader import load
from app.content.translations import mark
from app.development import catalogs
from app.languages import Language

LONG = Language("de")
"""The folder of the longer language."""
MIRRORED = Language("ar")
"""The folder of the language from right to left."""

_KEPT = re.compile(
    r"\{\{.*?\}\}|\{\w*\}|%\(\w+\)[sd]|<[^>]*>|\]\([^)]*\)|`[^`]*`|\*\*.+?\*\*|&\w+;|https?:\S*",
    re.DOTALL,
)
_VOWELS = str.maketrans("aeiouyAEIOUY", "äëïöüÿÄËÏÖÜŸ")
_ARABIC = str.maketrans(
    "abcdefghijklmnopqrstuvwxyz" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ابجدهفغحيزكلمنوصقرستعخطظذض" * 2,
)


def pseudo(text: str, language: Language) -> str:
    """Return a text in a pseudo-language; variables, tags, links, code and labels stay."""

    def word(found: re.Match[str]) -> str:
        longer = found[0] + found[0][: round(len(found[0]) * 0.4)].lower()
        return longer.translate(_ARABIC if language == MIRRORED else _VOWELS)

    pieces: list[str] = []
    done = 0
    for kept in _KEPT.finditer(text):
        pieces += (re.sub(r"[A-Za-z]+", word, text[done : kept.start()]), kept[0])
        done = kept.end()
    return "".join((*pieces, re.sub(r"[A-Za-z]+", word, text[done:])))


def translate_content(root: Path, language: Language) -> None:
    """Write the folder of a pseudo-language into a content folder."""
    content = load(root, drafts=True)
    (root / language.folder).mkdir()

    given = {mark(item.text): pseudo(item.text, language) for item in texts(content, language)}
    for path, text in update(content, language, given=given).items():
        assert text is not None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


_interface = cache(catalogs.extracted)
"""The texts of the interface, looked for once."""


def write_catalog(locales: Path, language: Language) -> None:
    """Write the catalog of a pseudo-language."""
    template = _interface()
    catalog = Catalog(locale=language.locale, fuzzy=False)
    for message in template:
        if isinstance(message.id, str) and message.id:
            string: str | tuple[str, ...] = pseudo(message.id, language)
        elif message.id:
            string = tuple(pseudo(message.id[-1], language) for _ in range(catalog.num_plurals))
        else:
            continue
        catalog.add(message.id, string, message.locations)
    path = locales / language.folder / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalog, include_lineno=False)
