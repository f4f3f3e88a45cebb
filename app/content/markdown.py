"""Markdown -> HTML, plain text, links, and flaws. The only importer of markdown-it.

Raw HTML in content is not rendered: it comes out as text. Links keep only safe schemes. GitHub's
alerts (`> [!NOTE]`) become callouts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.model import slugify

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_UNJOINED = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_UNJOINED.disable("text_join")
"""The same, but escaped characters keep tokens of their own, so `flaws` doesn't report them."""

CALLOUTS = MappingProxyType(
    {
        "NOTE": ("Note", "info"),
        "TIP": ("Tip", "ok"),
        "IMPORTANT": ("Important", "info"),
        "WARNING": ("Warning", "warn"),
        "CAUTION": ("Caution", "bad"),
    }
)
"""The title and the state of each of GitHub's alerts."""

_ALERT = re.compile(r"\[!(?P<kind>\w+)\][ \t]*(?P<rest>[^\n]*)")

_HTML = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|button|center|code|dd|del|details|div|dl|dt|em|embed|font"
    r"|form|h[1-6]|hr|i|iframe|img|input|ins|kbd|li|link|mark|meta|object|ol|p|pre|q|s|samp"
    r"|script|small|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|th|thead|tr|tt"
    r"|u|ul|video)(?:\s[^<>]*)?/?>|<!--",
    re.IGNORECASE,
)
"""Tags of HTML, but not `<your key>` and its like."""


@dataclass(frozen=True, slots=True)
class MarkdownElement:
    """A link, an image, a heading or an HTML tag of a text; `line` counts from 1 within it.

    `text` is the wording of a heading, the alternative text of an image and the HTML tag itself.
    """

    kind: Literal["link", "image", "heading", "html"]
    target: str
    text: str
    line: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Flaw:
    """A mistake in Markdown, whose marks readers would see; `line` counts from 1 within the text.

    `sign` is a part of the text at the place of the flaw.
    """

    kind: Literal["broken", "unsupported"]
    line: int
    sign: str
    message: str


def inline(text: str) -> str:
    """Render one line of Markdown to HTML without a paragraph around it."""
    return str(_MARKDOWN.renderInline(text))


def block(text: str, source: str | None = None) -> str:
    """Render a Markdown text to HTML; headings get anchors made from their text.

    `source` is the text before its variables were filled in: anchors made from it stay the same
    whatever the values.
    """
    tokens = _with_callouts(_MARKDOWN.parse(text))
    names = iter(_anchors(tokens) if source in {None, text} else anchors(source or ""))
    for token in tokens:
        if token.type == "heading_open" and (name := next(names, "")):
            token.attrSet("id", name)
        elif token.type == "table_open":
            token.attrSet("tabindex", "0")
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _with_callouts(tokens: list[Token]) -> list[Token]:
    """Turn quotes that begin with GitHub's mark of an alert into callouts."""
    tags: list[str] = []
    """The tags of the quotes around a token."""
    for index, token in enumerate(tokens):
        if token.type == "blockquote_open":
            callout = _callout(tokens[index + 2]) if index + 2 < len(tokens) else None
            if callout:
                token.tag = "div"
                token.attrs = {"class": f"callout {callout}", "role": "note"}
            tags.append(token.tag)
        elif token.type == "blockquote_close":
            token.tag = tags.pop()
    return tokens


def _callout(first: Token) -> str | None:
    """Replace the mark of a callout with its title, and return its state; None for other quotes."""
    alert = _ALERT.fullmatch(first.content.partition("\n")[0])
    if first.type != "inline" or alert is None or alert["rest"]:
        return None
    if alert["kind"].upper() not in CALLOUTS:
        return None
    title, state = CALLOUTS[alert["kind"].upper()]
    children = first.children or []
    breaks = (number for number, child in enumerate(children) if child.type == "softbreak")
    first.children = [
        Token("strong_open", "strong", 1),
        Token("text", "", 0, content=title),
        Token("strong_close", "strong", -1),
        *children[next(breaks, len(children)) :],
    ]
    return state


def anchors(source: str) -> tuple[str, ...]:
    """Return the anchor of each heading of a text whose variables are not filled in.

    A heading without a letter or digit has an empty anchor.
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


def plain_with_links(text: str) -> str:
    """Return `plain` text with the address of each link to another site after it, for a chat."""
    words, target = [], ""
    for token in _MARKDOWN.parseInline(text):
        for child in token.children or ():
            if child.type == "link_open":
                target = str(child.attrGet("href") or "")
            words.append(_text_of(child))
            if child.type == "link_close" and target.startswith("http"):
                words.append(f" ({target})")
    return "".join(words)


def blocks(text: str, source: str) -> Iterator[tuple[str, str | None]]:
    """Yield the headings, paragraphs, list items and table cells of a text, without their marks.

    Each has the anchor of the heading that it is or stands under; see `block` for `source`.
    """
    tokens = _with_callouts(_MARKDOWN.parse(text))
    names = iter(_anchors(tokens) if source == text else anchors(source))
    anchor: str | None = None
    for token in tokens:
        if token.type == "heading_open":
            anchor = next(names, "") or None
        elif token.content.strip():
            yield " ".join(_text_of(token).split()), anchor


def elements(text: str) -> Iterator[MarkdownElement]:
    """Yield every link, image, heading and HTML tag of a Markdown text."""
    level = 0
    for token in _MARKDOWN.parse(text):
        line = token.map[0] + 1 if token.map else 1
        if token.type == "heading_open":
            level = int(token.tag[1:])
        elif token.type == "inline":
            if level:
                yield MarkdownElement("heading", "", _text_of(token), line, level)
            level = 0
            yield from _inline_elements(token, line)


def _inline_elements(token: Token, line: int) -> Iterator[MarkdownElement]:
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            line += 1
        elif child.type == "link_open":
            yield MarkdownElement("link", str(child.attrGet("href") or ""), "", line)
        elif child.type == "image":
            yield MarkdownElement("image", str(child.attrGet("src") or ""), child.content, line)
        elif child.type == "text":
            for tag in _HTML.finditer(child.content):
                yield MarkdownElement("html", "", tag[0], line)


def _patterns(*pairs: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern, re.MULTILINE), message) for pattern, message in pairs)


_BROKEN = _patterns(
    (
        r"\]\(\s*<?(?:javascript|vbscript|data|file):",
        "a link must begin with https://, mailto: or /; correct its target",
    ),
    (r"\]\([^()\n]*[ \t][^()\n]*\)", "a link can't contain a space; write %20 instead"),
    (r"\]\([^)\n]*$", "this link is not closed; add `)`"),
    (r"\[[^\]\n]*\] +\((?:https?:|/)", "remove the space between `]` and `(`"),
    (r"\*\*", "bold text needs `**` before its first and after its last letter"),
    (r"~~", "struck text needs `~~` before its first and after its last letter"),
    (r"`", "this ` is not closed; add another, or remove it"),
)
"""Marks that are left in a text after a mistake, with the message for each."""

_BLOCKS = MappingProxyType(
    {
        "fence": "a code block",
        "code_block": "a code block",
        "bullet_list_open": "a list",
        "ordered_list_open": "a list",
        "heading_open": "a heading",
        "blockquote_open": "a quote",
        "table_open": "a table",
        "hr": "a horizontal rule",
    }
)


_SIGN = re.compile(r"[][`*~\n]")
"""A text without any of these characters has no flaw."""


def flaws(text: str, *, is_inline: bool) -> Iterator[Flaw]:
    """Yield the mistakes in a text; `is_inline`: it is rendered by `inline`."""
    if not _SIGN.search(text):
        return
    lines = text.split("\n")
    tokens = _UNJOINED.parse(text)
    if is_inline and (flaw := _block_flaw(tokens, lines)):
        yield flaw
        return
    for index, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 1
        if token.type == "fence" and _is_open(token, lines):
            message = f"this code block is not closed; add a line `{token.markup}` below it"
            yield Flaw("broken", line, token.markup, message)
        elif token.type == "inline":
            if index > 1 and tokens[index - 2].type == "blockquote_open":
                yield from _alert_flaws(token, line)
            yield from _inline_flaws(token, line)


def _block_flaw(tokens: Sequence[Token], lines: Sequence[str]) -> Flaw | None:
    """Find blocks other than a paragraph, which only a body can have."""
    top = [token for token in tokens if token.level == 0 and token.nesting >= 0]
    for token in top:
        what = _BLOCKS.get(token.type, "")
        if what and (len(lines) > 1 or token.type == "fence"):
            line = token.map[0] if token.map else 0
            message = (
                f"{what} is not shown as such here; move it into the text below the front matter"
            )
            return Flaw("unsupported", line + 1, lines[line].strip(), message)
    if len(top) > 1 and top[1].map:
        line = top[1].map[0]
        message = "this is one paragraph for readers; split it, or remove the blank line"
        return Flaw("unsupported", line + 1, lines[line].strip(), message)
    return None


def _is_open(fence: Token, lines: Sequence[str]) -> bool:
    """Tell whether a code block goes on to the end because nothing closes it."""
    begin, end = fence.map or (0, 0)
    last = lines[min(end, len(lines)) - 1].strip(" \t>")
    closes = len(last) >= len(fence.markup) and set(last) == {fence.markup[0]}
    return not closes or end == begin + 1


def _alert_flaws(first: Token, line: int) -> Iterator[Flaw]:
    alert = _ALERT.match(first.content)
    if alert and alert["kind"].upper() not in CALLOUTS:
        known = ", ".join(CALLOUTS)
        message = f"there is no callout {alert['kind']}; write one of {known}"
        yield Flaw("unsupported", line, alert[0], message)
    elif alert and alert["rest"]:
        message = "the text of a callout begins on the line below its mark; move it there"
        yield Flaw("unsupported", line, alert[0], message)


def _inline_flaws(token: Token, line: int) -> Iterator[Flaw]:
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            line += 1
        elif child.type == "text":
            for pattern, message in _BROKEN:
                if found := pattern.search(child.content):
                    yield Flaw("broken", line, found[0], message)
                    break


def _text_of(token: Token) -> str:
    if token.children:
        return "".join(_text_of(child) for child in token.children)
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    return token.content
