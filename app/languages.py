"""Languages: a folder below `content/` names each, and its addresses begin with that name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache

from babel import Locale, UnknownLocaleError

_FOLDER = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")
_SCRIPT = 4


@dataclass(frozen=True)
class Language:
    """A language by the name of its folder, as in `pt-br`."""

    folder: str

    @cached_property
    def tag(self) -> str:
        """The tag for HTML and HTTP, as in `pt-BR` (BCP 47)."""
        first, *others = self.folder.split("-")
        return "-".join(
            (
                first,
                *(
                    subtag.title() if len(subtag) == _SCRIPT else subtag.upper()
                    for subtag in others
                ),
            )
        )

    @cached_property
    def locale(self) -> Locale:
        """What Babel knows about it: names, plural forms, dates and numbers."""
        return Locale.parse(self.tag, sep="-")

    @cached_property
    def name(self) -> str:
        """Its name in itself, as in `Português (Brasil)`."""
        name = self.locale.get_display_name() or self.tag
        return name[:1].upper() + name[1:]

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return self.locale.text_direction


ENGLISH = Language("en")
"""The language of the source texts; its addresses have no prefix."""


@lru_cache(maxsize=1000)
def is_language(folder: str) -> bool:
    """Tell whether `folder` is the name of a language, even one without translations."""
    return folder == ENGLISH.folder or language(folder) is not None


def language(folder: str) -> Language | None:
    """Return the language with this folder; None for English and for a folder of no language."""
    if not _FOLDER.fullmatch(folder) or folder == ENGLISH.folder:
        return None
    found = Language(folder)
    try:
        _ = found.locale
    except (UnknownLocaleError, ValueError):
        return None
    return found


UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""The letters of scripts that write words without spaces, from Thai to Chinese (for a pattern)."""


class Untranslated(str):
    """A text of a page in another language that is still in English."""

    __slots__ = ()


_current: ContextVar[Language] = ContextVar("language", default=ENGLISH)


def current() -> Language:
    """Return the language in use: that of the page that is being made."""
    return _current.get()


@contextmanager
def use_language(language: Language) -> Iterator[None]:
    """Use a language within a `with` block."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)
