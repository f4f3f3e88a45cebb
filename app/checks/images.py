"""Rules about images: their descriptions, their files, and files that nothing shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote

from app import addresses
from app.checks.survey import Mistake, Survey, did_you_mean
from app.content.folder import IMAGE_SUFFIXES
from app.content.frontmatter import Position

LARGE_BYTES = 500_000
"""The bytes from which on an image makes visitors on a phone wait; screenshots need less."""


def image_alt(survey: Survey) -> Iterator[Mistake]:
    """Find an image without a description; describe it in the square brackets.

    Error. Example: `![](/images/button.png)`
    """
    for text, image in survey.elements:
        if image.kind == "image" and not image.text.strip():
            message = f"the image {image.target} has no description; write ![what it shows](...)"
            yield Mistake(text.source, text.find(image.target, line=image.line), message)


def image_path(survey: Survey) -> Iterator[Mistake]:
    """Find an image that doesn't exist; put it into `images`, and write /images/<name>.

    Error. Example: `![the button](button.png)`
    """
    for text, image in survey.elements:
        if image.kind != "image":
            continue
        folder, _, name = unquote(image.target).rpartition("/")
        if folder == "/images" and name in survey.content.images:
            continue
        if folder == "/images" and PurePosixPath(name).suffix in IMAGE_SUFFIXES:
            reason = f"the folder images has no file {name}"
            reason += f"; {did_you_mean(name, survey.content.images)}"
        elif PurePosixPath(name).suffix in IMAGE_SUFFIXES:
            reason = f"put {name} into the folder images of the content; write /images/{name}"
        else:
            kinds = ", ".join(sorted(IMAGE_SUFFIXES))
            reason = f"save it in the folder images, with a name that ends in one of {kinds}"
            reason += "; write /images/<name>"
        place = text.find(image.target, unquote(image.target), "![", line=image.line)
        yield Mistake(text.source, place, f"the image {image.target} can't be shown: {reason}")


def large_image(survey: Survey) -> Iterator[Mistake]:
    """Find an image above 500 KB; make it smaller.

    Warning. Example: a screenshot of a whole screen, as PNG
    """
    for name, data in survey.content.images.items():
        if len(data) > LARGE_BYTES:
            message = (
                f"this image has {len(data) // 1000} KB; crop it, make it smaller, or save it as "
                f"WebP, below {LARGE_BYTES // 1000} KB"
            )
            yield Mistake(f"images/{name}", Position(1), message, "warning")


def unused_image(survey: Survey) -> Iterator[Mistake]:
    """Find an image that no text shows; remove or show it.

    Warning. Example: `images/button.png` that no text contains
    """
    shown = {unquote(image.target) for _, image in survey.elements if image.kind == "image"}
    linked = {link.path for link in survey.links}
    site = survey.content.site
    of_brand = {site.logo, site.social_image} if site else {None}
    for name in survey.content.images:
        if name not in of_brand and unquote(addresses.image(name)) not in shown | linked:
            message = f"no text shows this image; remove it, or write ![...](/images/{name})"
            yield Mistake(f"images/{name}", Position(1), message, "warning")
