"""The language in use, and the texts of the interface in it (gettext catalogs in `locales/`).

Code writes `_("English text")`; templates have `_`, `ngettext` and `{% trans %}`. Which language
that means is a context variable, so that no function has to hand it on.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.dates import format_date
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from app.languages import ENGLISH, Language, current, use_language
from app.settings import ROOT

__all__ = ["N_", "_", "current", "date", "gettext", "listed", "ngettext", "number", "use_language"]

LOCALES = ROOT / "locales"
"""The catalogs: `<language>/LC_MESSAGES/messages.po`."""


@dataclass(frozen=True)
class _Texts:
    """The texts of a language, and those of them that the scripts of pages and the widget show."""

    catalog: NullTranslations
    scripts: Mapping[str, str]
    widget: Mapping[str, str]


@cache
def _texts(locales: Path, language: Language) -> _Texts:
    """Return the texts of a language; without a catalog they stay in English."""
    path = locales / language.folder / "LC_MESSAGES" / "messages.po"
    if language == ENGLISH or not path.is_file():
        return _Texts(NullTranslations(), {}, {})
    with path.open("rb") as file:
        catalog = read_po(file, locale=language.locale)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    scripts: dict[str, str] = {}
    widget: dict[str, str] = {}
    for message in catalog:
        for where, _line in message.locations if message.string else ():
            if where.startswith("static/"):
                used = widget if where.startswith("static/widget-") else scripts
                used[str(message.id)] = str(message.string)
    return _Texts(GNUTranslations(compiled), scripts, widget)


def script_texts() -> str:
    """Return the texts that scripts of pages show in the language in use, as JSON for HTML."""
    texts = json.dumps(_texts(LOCALES, current()).scripts, ensure_ascii=False)
    return texts.replace("<", "\\u003c")


def widget_texts() -> str:
    """Return the texts that the widget shows in the language in use, as JSON."""
    return json.dumps(_texts(LOCALES, current()).widget, ensure_ascii=False)


def gettext(message: str) -> str:
    """Return a text of the interface in the language in use."""
    return _texts(LOCALES, current()).catalog.gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return a text of the interface that depends on a number."""
    return _texts(LOCALES, current()).catalog.ngettext(singular, plural, number)


_: Callable[[str], str] = gettext


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools know
    """Mark a text that is translated where it is used."""
    return message


def date(day: dt.date) -> str:
    """Return a day as people write it, as in "29 November 2026"."""
    if current() == ENGLISH:
        return f"{day.day} {day:%B %Y}"  # British order, as the rest of the texts
    return format_date(day, "long", locale=current().locale)


def number(value: float) -> str:
    """Return a number as people write it."""
    return format_decimal(value, locale=current().locale)


def listed(items: Sequence[str], style: str = "standard") -> str:
    """Return a list as people write it, as in "a, b and c"; `style` "or" for a choice."""
    if current() == ENGLISH:  # without the comma before "and" of American English
        word = " or " if style == "or" else " and "
        if len(items) < 2:  # noqa: PLR2004
            return "".join(items)
        return f"{', '.join(items[:-1])}{word}{items[-1]}"
    return format_list(list(items), "or" if style == "or" else "standard", current().locale)
