"""The same page in other languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app import addresses
from app.i18n import N_, _
from app.languages import ENGLISH, Language, use_language

OFFER = N_("This page is in English")
"""The translation names its own language, as in "Esta página está en español"."""


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """A page in a language.

    `url` keeps the chosen exchange, `path` is the page itself. `offer` says in that language that
    there is such a page.
    """

    language: Language
    url: str
    path: str
    offer: str


def links_in(others: Iterable[Language], path: str, url: str) -> tuple[LanguageLink, ...]:
    """Return a page in English and in the `others`; nothing where there are no others."""
    links = []
    for language in (ENGLISH, *others):
        with use_language(language):
            own, kept = addresses.localised(path), addresses.localised(url)
            links.append(LanguageLink(language, kept, own, _(OFFER)))
    return tuple(links) if len(links) > 1 else ()
