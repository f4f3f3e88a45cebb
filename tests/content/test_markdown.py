"""Markdown as writers use it, and as attackers would."""

from __future__ import annotations

from textwrap import dedent

import pytest

from app.content.markdown import block, inline, plain, references


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*soft* and **loud**", "<em>soft</em> and <strong>loud</strong>"),
        ("`-2015`", "<code>-2015</code>"),
        ("[cups](/issues/cups)", '<a href="/issues/cups">cups</a>'),
        ("~~cold~~", "<s>cold</s>"),
        ("a < b & c", "a &lt; b &amp; c"),
    ],
)
def test_inline(text: str, html: str) -> None:
    assert inline(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<b>bold</b>",
        "<!-- comment -->",
        "`<script>`",
        '![x](x "<script>")',
        '[x](/a "<b>")',
    ],
)
def test_html_is_never_rendered(text: str) -> None:
    for html in (inline(text), block(text)):
        assert "<script" not in html
        assert "<b>" not in html
        assert "<!--" not in html
        assert "onerror" not in html or "&lt;img" in html


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "vbscript:x", "file:///etc/passwd"]
)
def test_unsafe_links_are_no_links(target: str) -> None:
    assert "<a" not in inline(f"[x]({target})")
    assert list(references(f"[x]({target})")) == []


def test_block_gives_headings_anchors_and_tables_a_tab_stop() -> None:
    html = block("## How *hot* is `hot`?\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert '<h2 id="how-hot-is-hot">' in html
    assert '<table tabindex="0">' in html


def test_a_heading_without_latin_letters_has_no_empty_anchor() -> None:
    assert block("## 茶") == "<h2>茶</h2>\n"


@pytest.mark.parametrize(
    ("text", "plain_text"),
    [
        ("**Pro Tip:** use `ssh` & [read](/x)", "Pro Tip: use ssh & read"),
        ("![a teapot](/t.png) sings", "a teapot sings"),
        ("two\nlines", "two lines"),
        ("a < b", "a < b"),
    ],
)
def test_plain(text: str, plain_text: str) -> None:
    assert plain(text) == plain_text


def test_references_with_their_lines() -> None:
    text = dedent(
        """\
        ## Cups

        One [first](/1)
        two ![a cup](/2.png) and <https://cups.example>

        | head |
        |------|
        | [cell](/3) |

        - item
          [below](/4) <b>loud</b>

        Setext
        ------

        `[not](/a-link)`

            [nor](/this)
        """
    )
    assert [(one.kind, one.target, one.text, one.line) for one in references(text)] == [
        ("heading", "", "Cups", 1),
        ("link", "/1", "", 3),
        ("image", "/2.png", "a cup", 4),
        ("link", "https://cups.example", "", 4),
        ("link", "/3", "", 8),
        ("link", "/4", "", 11),
        ("html", "", "<b>", 11),
        ("html", "", "</b>", 11),
        ("heading", "", "Setext", 13),
    ]


@pytest.mark.parametrize("text", ["<your key>", "a < b > c", "1<2", "`<b>`", "\\<3", "<bold>"])
def test_what_only_looks_like_html(text: str) -> None:
    assert [one for one in references(text) if one.kind == "html"] == []
