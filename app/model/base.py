"""What every noun is made of: closed, frozen types, and the kinds of texts in them."""

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
    """Marks the fields that translators translate; everything else stays with the source."""


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
    """Base of everything that is loaded from content: closed and immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Article(Entity):
    """What has a Markdown file and a page of its own: front matter, and a body below it."""

    order: int = 1000
    """The place among its like: lower comes first."""
    aliases: tuple[Slug, ...] = ()
    """Old names of this file: their addresses redirect here."""
    verified: dt.date | None = None
    """The day on which somebody last checked the facts."""
    expires: dt.date | None = None
    """The last day on which this holds; `check` then warns."""
    draft: bool = False
    """Not published yet: only `serve --dev` shows it."""
    body: Body = ""

    @property
    def url(self) -> str:
        """The permalink of its page."""
        raise NotImplementedError
