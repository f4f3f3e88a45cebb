"""The base types of the content: closed, frozen models and the kinds of texts in them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Slug = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=1, max_length=80)
]
NonEmpty = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Translatable:
    """Marks the fields that translators translate; all other fields come from the source."""


Prose = Annotated[NonEmpty, Translatable()]
Body = Annotated[str, Translatable()]
Url = Annotated[str, StringConstraints(pattern=r"^(https?|mailto):\S+$")]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
IpAddress = IPv4Address | IPv6Address

SLUG_WORDS = 8


def slugify(text: str) -> str:
    """Return the URL form of `text`: lower-case ASCII words joined by hyphens, eight at most."""
    plain = text
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower().replace("'", ""))
    return "-".join(words[:SLUG_WORDS])


class Entity(BaseModel):
    """Base of all types that are loaded from content: closed and immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Article(Entity):
    """A Markdown file with its own page: front matter, and a body below it."""

    order: int = 1000
    """Its place in lists; lower comes first."""
    aliases: tuple[Slug, ...] = ()
    """Old names; their URLs redirect here."""
    verified: dt.date | None = None
    """The day when the facts were last checked."""
    draft: bool = False
    """Whether it is unpublished; only `serve --dev` shows it."""
    body: Body = ""

    @property
    def url(self) -> str:
        """The permalink of the page."""
        raise NotImplementedError
