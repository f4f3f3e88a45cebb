"""Rules about how a product looks: the colour and the images in `site.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app.checks.survey import Mistake, Survey, Text, did_you_mean, texts_of
from app.colours import CONTRAST, DARK, LIGHT, Shades, Theme, legible
from app.content.folder import IMAGE_SUFFIXES
from app.content.frontmatter import Location

THEMES: Mapping[Location, Theme] = {("accent",): LIGHT, ("accent_dark",): DARK}
IMAGES: frozenset[Location] = frozenset({("logo",), ("social_image",)})
_COLOUR = re.compile("#[0-9a-fA-F]{6}")


def accent_contrast(survey: Survey) -> Iterator[Mistake]:
    """Find a colour that can't be read as text in its theme; use the shade in the message.

    Error. Example: `accent: "#ffd500"`
    """
    for text in _site(survey):
        theme = THEMES.get(text.location)
        if theme is None or not _COLOUR.fullmatch(text.text):
            continue
        found = Shades.of(text.text, theme).contrast(theme)
        if found < CONTRAST:
            message = (
                f"text in {text.text} is hard to read in the {theme.name} theme: its contrast is "
                f'{found:.1f}, and {CONTRAST} is needed; write "{legible(text.text, theme)}"'
            )
            yield Mistake(text.source, text.position, message)


def brand_image(survey: Survey) -> Iterator[Mistake]:
    """Find a logo or social image that doesn't exist; put it into `images`, and write its name.

    Error. Example: `logo: nonsuch.png`
    """
    for text in _site(survey):
        if text.location in IMAGES and text.text not in survey.content.images:
            kinds = ", ".join(sorted(IMAGE_SUFFIXES))
            message = (
                f"there is no image {text.text} in the folder images (a file that ends in one of "
                f"{kinds}); {did_you_mean(text.text, survey.content.images)}"
            )
            yield Mistake(text.source, text.position, message)


def _site(survey: Survey) -> Iterator[Text]:
    for source in survey.sources:
        if source.kind == "site":
            yield from texts_of(source)
