"""Markdown -> HTML, plain text and links. The only importer of markdown-it.

Raw HTML in content is not rendered: it comes out as text. Links keep only safe schemes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.model import slugify

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_HTML = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|button|center|code|dd|del|details|div|dl|dt|em|embed|font"
    r"|form|h[1-6]|hr|i|iframe|img|input|ins|kbd|li|link|mark|meta|object|ol|p|pre|q|s|samp"
    r"|script|small|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|th|thead|tr|tt"
    r"|u|ul|video)(?:\s[^<>]*)?/?>|<!--",
    re.IGNORECASE,
)
"""HTML that somebody meant as such: `<your key>` is no HTML."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A link, an image, a heading or an HTML tag of a text; `line` counts from 1 within it.

    `text` is the wording of a heading, the alternative of an image and the HTML tag itself.
    """

    kind: Literal["link", "image", "heading", "html"]
    target: str
    text: str
    line: int
    level: int = 0


def inline(text: str) -> str:
    """Render one line of Markdown to HTML without a paragraph around it."""
    return str(_MARKDOWN.renderInline(text))


def block(text: str, source: str | None = None) -> str:
    """Render a Markdown text to HTML; headings get anchors made from their text.

    `source` is the text before its variables were filled in: anchors made from it stay the same
    whatever the values.
    """
    tokens = _MARKDOWN.parse(text)
    names = iter(_anchors(tokens) if source in {None, text} else anchors(source or ""))
    for token in tokens:
        if token.type == "heading_open" and (name := next(names, "")):
            token.attrSet("id", name)
        elif token.type == "table_open":
            token.attrSet("tabindex", "0")
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def anchors(source: str) -> tuple[str, ...]:
    """Return the anchor of each heading of a text whose variables are not filled in.

    A heading without a letter or digit has an empty one.
    """
    return _anchors(_MARKDOWN.parse(source))


def _anchors(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(
        slugify(_text_of(content))
        for opening, content in pairwise(tokens)
        if opening.type == "heading_open"
    )


def plain(text: str) -> str:
    """Return the text of one line of Markdown without its marks, for copying and for search."""
    return "".join(_text_of(token) for token in _MARKDOWN.parseInline(text))


def blocks(text: str, source: str) -> Iterator[tuple[str, str | None]]:
    """Yield the headings, paragraphs, list items and table cells of a text, without their marks.

    Each has the anchor of the heading that it is or stands under; see `block` for `source`.
    """
    tokens = _MARKDOWN.parse(text)
    names = iter(_anchors(tokens) if source == text else anchors(source))
    anchor: str | None = None
    for token in tokens:
        if token.type == "heading_open":
            anchor = next(names, "") or None
        elif token.content.strip():
            yield " ".join(_text_of(token).split()), anchor


def references(text: str) -> Iterator[Reference]:
    """Yield every link, image, heading and HTML tag of a Markdown text."""
    level = 0
    for token in _MARKDOWN.parse(text):
        line = token.map[0] + 1 if token.map else 1
        if token.type == "heading_open":
            level = int(token.tag[1:])
        elif token.type == "inline":
            if level:
                yield Reference("heading", "", _text_of(token), line, level)
            level = 0
            yield from _inline_references(token, line)


def _inline_references(token: Token, line: int) -> Iterator[Reference]:
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            line += 1
        elif child.type == "link_open":
            yield Reference("link", str(child.attrGet("href") or ""), "", line)
        elif child.type == "image":
            yield Reference("image", str(child.attrGet("src") or ""), child.content, line)
        elif child.type == "text":
            for tag in _HTML.finditer(child.content):
                yield Reference("html", "", tag[0], line)


def _text_of(token: Token) -> str:
    if token.children:
        return "".join(_text_of(child) for child in token.children)
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    return token.content
