"""Markdown as writers use it, and as attackers would."""

from __future__ import annotations

from textwrap import dedent

import pytest

from app.content.markdown import CALLOUTS, block, elements, flaws, inline, plain


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
    assert list(elements(f"[x]({target})")) == []


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
    assert [
        (element.kind, element.target, element.text, element.line) for element in elements(text)
    ] == [
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
    assert [element for element in elements(text) if element.kind == "html"] == []


# --- callouts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", CALLOUTS)
def test_an_alert_of_github_is_a_callout(mark: str) -> None:
    title, state = CALLOUTS[mark]
    assert block(f"> [!{mark.lower()}]\n> a") == block(f"> [!{mark}]\n> a")
    assert block(f"> [!{mark}]\n> Mind the *lid*.\n>\n> - Hot\n") == (
        f'<div class="callout {state}" role="note">\n'
        f"<p><strong>{title}</strong>\nMind the <em>lid</em>.</p>\n"
        "<ul>\n<li>Hot</li>\n</ul>\n</div>\n"
    )


def test_a_callout_may_begin_with_a_list_and_stand_in_a_quote() -> None:
    assert block("> [!TIP]\n> - Hot\n\n> cold\n>\n> > [!NOTE]\n> > warm\n") == (
        '<div class="callout ok" role="note">\n<p><strong>Tip</strong></p>\n'
        "<ul>\n<li>Hot</li>\n</ul>\n</div>\n"
        '<blockquote>\n<p>cold</p>\n<div class="callout info" role="note">\n'
        "<p><strong>Note</strong>\nwarm</p>\n</div>\n</blockquote>\n"
    )


@pytest.mark.parametrize("text", ["> [!FOO]\n> x", "> x [!NOTE]", "[!NOTE]\nx"])
def test_what_is_no_callout_stays_as_it_is(text: str) -> None:
    assert "callout" not in block(text)


# --- flaws ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "**bold** and `code` and ~~struck~~ and [a](/b) and [a](</b c>) and ![a](/b.png 'c')",
        "2 * 3 * 4, a_b_c, \\*\\*kwargs\\*\\*, \\`x, `**`, [a][b], (see [1])",
        "```\n**open `\n```",
        "~~~~\n```\n~~~~\n",
        "> ```\n> a\n> ```",
        "> [!WARNING]\n> a",
        "- a\n\n  ```\n  b\n  ```\n",
        "key: value ::: x",
        "Stop!!! Now",
    ],
)
def test_markdown_without_flaws(text: str) -> None:
    assert list(flaws(text, is_inline=False)) == []


@pytest.mark.parametrize(
    ("text", "line", "sign", "message"),
    [
        ("a\n```\nb\n", 2, "```", "not closed"),
        ("```", 1, "```", "not closed"),
        ("a\n\n- b **c", 3, "**", "bold text needs"),
        ("** a **", 1, "**", "bold text needs"),
        ("[**a](/b)**", 1, "**", "bold text needs"),
        ("a `b", 1, "`", "not closed"),
        ("a ~~b", 1, "~~", "struck text needs"),
        ("x\n[a](/b", 2, "](/b", "not closed"),
        ("[a](/b c)", 1, "](/b c)", "can't contain a space"),
        ("![a](b c.png)", 1, "](b c.png)", "can't contain a space"),
        ("[a] (/b)", 1, "[a] (/", "remove the space"),
        ("[a](javascript:b)", 1, "](javascript:", "must begin with https://"),
        ("[a](data:text/html,b)", 1, "](data:", "must begin with https://"),
    ],
)
def test_broken_markdown(text: str, line: int, sign: str, message: str) -> None:
    flaw = next(flaws(text, is_inline=False))
    assert (flaw.kind, flaw.line, flaw.sign) == ("broken", line, sign)
    assert message in flaw.message


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("> [!FOO]\n> a", 1, "there is no callout FOO; write one of NOTE"),
        ("> [!NOTE] a", 1, "begins on the line below"),
    ],
)
def test_callouts_that_are_not_shown_as_such(text: str, line: int, message: str) -> None:
    flaw = next(flaws(text, is_inline=False))
    assert (flaw.kind, flaw.line) == ("unsupported", line)
    assert message in flaw.message


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("Run:\n```\na\n```", 2, "a code block is not shown as such here"),
        ("```\na\n```", 1, "a code block"),
        ("Do:\n- a\n- b", 2, "a list is not shown"),
        ("Do:\n\n1. a", 3, "a list is not shown"),
        ("# A\nb", 1, "a heading is not shown"),
        ("a\n\n> b", 3, "a quote is not shown"),
        ("a | b\n---|---\nc | d", 1, "a table is not shown"),
        ("a\n\nb", 3, "one paragraph for readers"),
    ],
)
def test_blocks_in_a_text_of_one_line(text: str, line: int, message: str) -> None:
    (flaw,) = flaws(text, is_inline=True)
    assert (flaw.kind, flaw.line) == ("unsupported", line)
    assert message in flaw.message


@pytest.mark.parametrize("text", ["a\nb", "a\n", "1. a", "# a", "- a", "> a", "```a```"])
def test_texts_of_one_line(text: str) -> None:
    assert list(flaws(text, is_inline=True)) == []
