"""One section for each rule: what it lets through, what it reports, and the edges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.checks import check
from app.checks.texts import step_aliases, step_ids
from app.content.frontmatter import parse_markdown
from app.content.loader import MAX_TEXT, Source, load
from app.model import Finding, Issue
from tests.conftest import MARBLES, SITE, TEAPOTS, MakeContent
from tests.timing import processor_seconds

Files = Mapping[str, str | bytes]

EXCHANGE = "---\nname: Glass\nwebsite: https://glass.example\n---\n"


def issue(extra: str = "", body: str = "") -> str:
    """Return an issue with more front matter (from line 6 on) and a body."""
    front = "title: A\nsymptom: B\ncauses: [C]\nsolutions: [Turn the lid]\n" + dedent(extra)
    return f"---\n{front.rstrip()}\n---\n{dedent(body)}"


def findings(make_content: MakeContent, files: Files, rule: str) -> list[Finding]:
    """Return what one rule finds in a folder; the loader must find nothing."""
    content = load(make_content(files))
    assert content.findings == ()
    return [finding for finding in check(content) if finding.rule == rule]


def places(found: list[Finding]) -> list[str]:
    """Return the findings as `file:line:column`."""
    return [f"{Path(finding.path).name}:{finding.line}:{finding.column}" for finding in found]


@pytest.mark.parametrize("root", [TEAPOTS, MARBLES], ids=["teapots", "marbles"])
def test_the_fixtures_are_without_mistakes(root: Path) -> None:
    content = load(root, drafts=True)
    assert len(content.issues) >= 4
    assert check(content) == ()


def test_everything_in_one_run_by_path_and_line(make_content: MakeContent) -> None:
    root = make_content(
        {
            "issues/b.md": issue("related: [nobody]\n", "# {{ nope }}\n[x](/nowhere)\n192.0.2.7\n"),
            "issues/a.md": "broken",
            "tips.yml": "tips:\n- {id: a, title: b, text: '{{ nope }}'}\n",
        }
    )
    assert [
        (Path(finding.path).name, finding.line, finding.rule) for finding in check(load(root))
    ] == [
        ("a.md", 1, "front-matter"),
        ("a.md", 1, "missing-choice"),
        ("b.md", 2, "orphan"),
        ("b.md", 3, "missing-choice"),
        ("b.md", 6, "unknown-issue"),
        ("b.md", 8, "heading-levels"),
        ("b.md", 8, "unknown-variable"),
        ("b.md", 9, "broken-link"),
        ("b.md", 10, "hard-coded-ip"),
        ("tips.yml", 2, "unknown-variable"),
    ]


def test_a_broken_file_is_searched_for_other_mistakes(make_content: MakeContent) -> None:
    root = make_content({"issues/a.md": "---\ntitel: '{{ nope }}'\n---\n[x](/nowhere)\n"})
    rules = {finding.rule for finding in check(load(root))}
    assert {"unknown-key", "missing-key", "unknown-variable", "broken-link"} <= rules


def test_without_a_site_only_that_is_told_of_variables(tmp_path: Path) -> None:
    (tmp_path / "issues").mkdir()
    (tmp_path / "issues/a.md").write_text(issue("draft: true", "{{ product }} 192.0.2.7\n"))
    assert [finding.rule for finding in check(load(tmp_path))] == ["missing-file"]


@pytest.mark.parametrize("edits", [50, pytest.param(300, marks=pytest.mark.slow)])
def test_no_edit_of_a_file_breaks_the_check(make_content: MakeContent, edits: int) -> None:
    random = Random(20261122)
    good = (MARBLES / "issues/address-not-allowed.md").read_bytes()
    snippets = (
        b'- |{{|}}|[|](|#|\n|"|:|\t|&a |*a|!x |---\n|\xff|{|null|404: |(http://[|\0|<b>|> '.split(
            b"|"
        )
    )
    rules = set()
    for _ in range(edits):
        text = bytearray(good)
        for _ in range(random.randint(1, 4)):
            place = random.randrange(len(text) + 1)
            removed = random.choice([0, 0, 1, 20, len(text)])
            text[place : place + removed] = random.choice(snippets)
        rules |= {
            finding.rule for finding in check(load(make_content({"issues/a.md": bytes(text)})))
        }
    assert {"yaml", "front-matter", "unreadable", "wrong-type", "broken-link"} <= rules


# --- unknown-variable -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{{ product }} {{whitelist_ip}} {{ whitelist_ips }} {{ tea }}",
        "{{ exchange | Glass }} {{ exchange }} {{ whitelist_field }} {{ passphrase_name }}",
        "{ x } }} {not: json}",
    ],
)
def test_known_variables(text: str, make_content: MakeContent) -> None:
    assert findings(make_content, {"issues/a.md": issue(body=text)}, "unknown-variable") == []


@pytest.mark.parametrize(
    ("files", "place", "message"),
    [
        ({"issues/a.md": issue(body="x\n\ny {{ prodct }}\n")}, "a.md:9:3", "mean `product`?"),
        ({"issues/a.md": issue(body="{{ prodct | x }}")}, "a.md:7:1", "mean `product`?"),
        ({"issues/a.md": issue(body="{{ product }")}, "a.md:7:1", "write {{ name }}"),
        ({"issues/a.md": issue(body="{{ product.name }}")}, "a.md:7:1", "write {{ name }}"),
        ({"issues/a.md": issue("phrases: [a, '{{ zzz }}']")}, "a.md:6:15", "there are: "),
        (
            {"issues/a.md": issue("phrases:\n- >-\n  folded\n  text {{ zzz }}")},
            "a.md:9:8",
            "there are: ",
        ),
        (
            {"tips.yml": "tips:\n- id: a\n  title: b\n  text: |\n    x\n    {{ zzz }}\n"},
            "tips.yml:6:5",
            "there are: ",
        ),
    ],
)
def test_unknown_variables(
    files: dict[str, str], place: str, message: str, make_content: MakeContent
) -> None:
    (finding,) = findings(make_content, files, "unknown-variable")
    assert places([finding]) == [place]
    assert message in finding.message


def test_the_value_of_a_variable_has_no_variables(make_content: MakeContent) -> None:
    site = (TEAPOTS / "site.yml").read_text().replace("two brews", '"{{ product }} time"')
    (finding,) = findings(make_content, {"site.yml": site}, "unknown-variable")
    assert "write the text itself" in finding.message


def test_a_site_without_whitelist_has_no_whitelist_ip(make_content: MakeContent) -> None:
    site = (TEAPOTS / "site.yml").read_text()
    files = {"site.yml": site, "issues/a.md": issue(body="{{ whitelist_ip }}")}
    assert len(findings(make_content, files, "unknown-variable")) == 1


# --- hard-coded-ip ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{{ whitelist_ip }}",
        "192.0.2.70 and 1192.0.2.7 and 192.0.2.7.1",
        "203.0.113.9",
        "2001:db8::70",
        "at 10:30:45",
        "dead:beef",
    ],
)
def test_other_addresses(text: str, make_content: MakeContent) -> None:
    assert findings(make_content, {"issues/a.md": issue(body=text)}, "hard-coded-ip") == []


@pytest.mark.parametrize(
    ("text", "column", "cure"),
    [
        ("Add 192.0.2.7.", 5, "{{ whitelist_ip }}"),
        ("`192.0.2.7`", 2, "{{ whitelist_ip }}"),
        ("http://192.0.2.7:80/x", 8, "{{ whitelist_ip }}"),
        ("192.0.2.7,192.0.2.8", 1, "{{ whitelist_ip }}"),
        ("see 2001:db8::7.", 5, "{{ whitelist_ips }}"),
        ("see 2001:DB8:0:0::7: yes", 5, "{{ whitelist_ips }}"),
        ("[2001:db8::7]:443", 2, "{{ whitelist_ips }}"),
    ],
)
def test_written_out_addresses(
    text: str, column: int, cure: str, make_content: MakeContent
) -> None:
    (finding,) = findings(make_content, {"issues/a.md": issue(body=text)}, "hard-coded-ip")
    assert places([finding]) == [f"a.md:7:{column}"]
    assert cure in finding.message


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Add 192.0.2.7. Or `192.0.2.7`", [5, 20]),
        ("192.0.2.70 and 1192.0.2.7 and 2001:db8::7", []),
        ("192.0.2.70, 192.0.2.7", [13]),
    ],
)
def test_written_out_addresses_where_all_of_ours_are_ipv4(
    text: str, columns: list[int], make_content: MakeContent
) -> None:
    """Files in which none of them stands are not searched."""
    files = {"site.yml": SITE.replace(', "2001:db8::7"', ""), "issues/a.md": issue(body=text)}
    found = findings(make_content, files, "hard-coded-ip")
    assert [finding.column for finding in found] == columns


def test_addresses_stand_once_in_the_site(make_content: MakeContent) -> None:
    site = (MARBLES / "site.yml").read_text().replace("Lost Your", "198.51.100.23")
    (finding,) = findings(make_content, {"site.yml": site}, "hard-coded-ip")
    assert finding.line == site.split("\n").index("  title: 198.51.100.23 Marbles?") + 1


# --- image-alt --------------------------------------------------------------------------------


def test_images_with_a_description(make_content: MakeContent) -> None:
    files = {"issues/a.md": issue(body="![a pot](/a.png) `![](/b.png)`")}
    assert findings(make_content, files, "image-alt") == []


@pytest.mark.parametrize("image", ["![](/a.png)", "![ ](/a.png)", "![][a]\n\n[a]: /a.png"])
def test_images_without_a_description(image: str, make_content: MakeContent) -> None:
    files = {"issues/a.md": issue(body=f"x\n{image}\n")}
    (finding,) = findings(make_content, files, "image-alt")
    assert finding.line == 8
    assert "![what it shows]" in finding.message


# --- heading-levels ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", ["", "no heading", "## A\n### B\n#### C\n## D\n", "```\n# code\n```\n", "A\n---\n"]
)
def test_headings_in_order(body: str, make_content: MakeContent) -> None:
    assert findings(make_content, {"issues/a.md": issue(body=body)}, "heading-levels") == []


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("# A\n", 7, "write ## instead of #"),
        ("A\n===\n", 7, "write ## instead of #"),
        ("### A\n", 7, "### as the first heading skips a level; write ##"),
        ("## A\n\n#### B\n", 9, "#### below ## skips a level; write ###"),
        ("## A\n### B\n## C\n\n#### D\n", 11, "#### below ## skips a level; write ###"),
    ],
)
def test_headings_that_skip(body: str, line: int, message: str, make_content: MakeContent) -> None:
    (finding,) = findings(make_content, {"issues/a.md": issue(body=body)}, "heading-levels")
    assert finding.line == line
    assert message in finding.message


# --- duplicate-heading ------------------------------------------------------------------------


_NAMES = st.from_regex(r"[a-z]{1,3}(-[a-z]{1,2})?", fullmatch=True)
_STEPS = st.lists(
    st.text("aB é'-", max_size=9).map(lambda text: f"Turn {text}")
    | st.fixed_dictionaries(
        {"text": _NAMES}, optional={"id": _NAMES, "aliases": st.lists(_NAMES, max_size=2)}
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.slow
@given(_STEPS)
def test_steps_have_the_same_anchors_whether_their_issue_is_sound_or_not(steps: list[Any]) -> None:
    """A broken file is looked through as it was written, any other one as it was understood."""
    text = f"---\n{yaml.safe_dump({'solutions': steps})}---\n"
    document = parse_markdown(text)
    sound = Issue(slug="a", title="A", symptom="B", causes=("C",), solutions=tuple(steps))
    as_written = Source("issue", "issues/a.md", text, document, None)
    as_understood = Source("issue", "issues/a.md", text, document, sound)
    assert step_ids(as_written) == step_ids(as_understood)
    assert step_aliases(as_written) == step_aliases(as_understood)


@pytest.mark.parametrize("body", ["## A\n## B\n", "## 茶\n## 水\n", "## Turn\n"])
def test_headings_with_anchors_of_their_own(body: str, make_content: MakeContent) -> None:
    assert findings(make_content, {"issues/a.md": issue(body=body)}, "duplicate-heading") == []


@pytest.mark.parametrize(
    ("body", "line", "by"),
    [
        ("## Hot *Tea*\n\n### hot, tea!\n", 9, "the heading on line 7"),
        ("## Turn the Lid\n", 7, "a step"),
        ("## {{ tea }}\n## Tea\n", 8, "the heading on line 7"),
    ],
)
def test_headings_with_the_same_anchor(
    body: str, line: int, by: str, make_content: MakeContent
) -> None:
    (finding,) = findings(make_content, {"issues/a.md": issue(body=body)}, "duplicate-heading")
    assert finding.line == line
    assert f"already belongs to {by}; reword this" in finding.message


# --- raw-html ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["`<b>`", "<https://tea.example>", "1 < 2 > 0", "<your key>", "x\n\n    <b>"]
)
def test_no_html(text: str, make_content: MakeContent) -> None:
    assert findings(make_content, {"issues/a.md": issue(body=text)}, "raw-html") == []


def test_html_in_what_is_matched_literally(make_content: MakeContent) -> None:
    extra = "examples: ['<html><body>502']\nsignatures: ['<h1>Bad Gateway']\nphrases: [a <b> c]"
    assert findings(make_content, {"issues/a.md": issue(extra)}, "raw-html") == []


@pytest.mark.parametrize("tag", ["<br>", "<br/>", "<!-- x -->", '<a href="x">', "<SCRIPT>"])
def test_html(tag: str, make_content: MakeContent) -> None:
    (finding,) = findings(make_content, {"issues/a.md": issue(body=f"x\ny {tag}")}, "raw-html")
    assert places([finding]) == ["a.md:8:3"]
    assert finding.severity == "warning"
    assert "write Markdown" in finding.message


# --- broken-link ------------------------------------------------------------------------------

LINKED = {
    "issues/tea.md": issue(
        "aliases: [old-tea]",
        "## How hot\n[self](#how-hot) [step](#turn-the-lid)\n",
    ),
    "issues/pot.md": issue().replace(
        "[Turn the lid]", "[a, {text: b, id: rub, exchanges: [glass]}]"
    ),
    "issues/draft.md": issue("draft: true", "[x](/issues/draft)"),
    "tips.yml": "tips: [{id: rinse, title: Rinse, text: Rinse it}]",
    "exchanges/glass.md": EXCHANGE + "## Keys\n",
    "exchanges/draft.md": EXCHANGE.replace("name", "draft: true\nname"),
    "errors/glass.yml": "errors:\n- {code: 'E:Bad key/2', issues: [tea]}\n",
    "errors/draft.yml": "errors:\n- {code: '1', issues: [tea]}\n",
}


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/#issues",
        "/#tea",
        "/#rinse",
        "/#tea--turn-the-lid",
        "/issues/pot#a",
        "/issues/pot?exchange=glass#rub",
        "/?exchange=glass",
        "/search?q=tea",
        "/diagnose?exchange=glass&error=1",
        "/report",
        "/api",
        "/feedback",
        "/whitelist",
        "/exchanges",
        "/issues/tea",
        "/issues/tea.md",
        "/issues/tea?exchange=glass#how-hot",
        "/issues/tea#turn-the-lid",
        "/i/tea",
        "/exchanges/glass#keys",
        "/errors/glass/E:Bad%20key%2F2",
        "/e/glass/E:Bad%20key/2",
        "https://tea.example/nowhere",
        "mailto:tea@tea.example",
    ],
)
def test_links_that_lead_somewhere(target: str, make_content: MakeContent) -> None:
    files = LINKED | {"issues/a.md": issue(body=f"[x](<{target}>)")}
    assert findings(make_content, files, "broken-link") == []


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("/issues/teas", "there is no issue `teas` for /issues/teas; did you mean `tea`?"),
        ("/issue/tea", "there is no page /issue/tea; did you mean `/issues/tea`?"),
        ("/issues/", "there is no page /issues/"),
        ("/Search", "did you mean `/search`?"),
        ("/issues/tea#how-hott", "there is no anchor #how-hott on /issues/tea; did you mean"),
        ("/issues/draft", "is a draft; publish it, or remove the link"),
        ("/exchanges/glas", "there is no exchange `glas`"),
        ("/exchanges/glass#key", "did you mean `keys`?"),
        ("/exchanges/draft", "is a draft"),
        ("/errors/glass/E:Bad%20key", "there is no error code of glass `E:Bad key`"),
        ("/errors/clay/1", "there is no exchange `clay`"),
        ("/errors/glass", "there is no page /errors/glass"),
        ("/?exchange=clay", "there is no exchange `clay`"),
        ("/issues/pot#rub", "only for glass; write /issues/pot?exchange=glass#rub"),
        ("/issues/nobody#x", "there is no issue `nobody`"),
        ("/#nothing", "there is no anchor #nothing on /"),
        ("#nothing", "there is no anchor #nothing on /issues/a"),
        ("issues/tea", "start it with /"),
        ("tea.md", "start it with /"),
        ("www.tea.example", "start it with /"),
    ],
)
def test_links_that_lead_nowhere(target: str, message: str, make_content: MakeContent) -> None:
    files = LINKED | {"issues/a.md": issue(body=f"x\n\n- y\n  [x]({target})\n")}
    (finding,) = findings(make_content, files, "broken-link")
    assert places([finding]) == ["a.md:10:7"]
    assert message in finding.message
    assert finding.severity == "error"


def test_a_link_to_an_alias_works_but_should_be_renewed(make_content: MakeContent) -> None:
    files = LINKED | {"tips.yml": "tips:\n- {id: a, title: b, text: '[x](/issues/old-tea)'}"}
    (finding,) = findings(make_content, files, "broken-link")
    assert (finding.line, finding.severity) == (2, "warning")
    assert "link to /issues/tea" in finding.message


def test_a_site_without_exchanges_has_no_page_of_them(make_content: MakeContent) -> None:
    files = {
        "site.yml": (TEAPOTS / "site.yml").read_text(),
        "issues/a.md": issue(body="[x](/exchanges)\n[y](/whitelist)\n"),
    }
    assert places(findings(make_content, files, "broken-link")) == ["a.md:7:5", "a.md:8:5"]


# --- external-link-form -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "https://tea.example",
        "http://tea.example:8080/a?b=c#d",
        "https://bücher.example",
        "http://localhost:8000",
        "mailto:a@b.example",
        "/issues/a",
    ],
)
def test_external_links(target: str, make_content: MakeContent) -> None:
    files = {"issues/a.md": issue(body=f"[x]({target})")}
    assert findings(make_content, files, "external-link-form") == []


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("https:///tea", "has no host"),
        ("https://tea", "has no host"),
        ("https:tea.example", "has no host"),
        ("//tea.example/x", "begin it with https://"),
        ("https://tea.example:port", "can't be read"),
        ("ftp://tea.example", "isn't a web or email link"),
        ("mailto:tea", "has no address"),
    ],
)
def test_external_links_of_a_wrong_form(
    target: str, message: str, make_content: MakeContent
) -> None:
    files = {"issues/a.md": issue(body=f"\n[x]({target})")}
    (finding,) = findings(make_content, files, "external-link-form")
    assert places([finding]) == ["a.md:8:5"]
    assert message in finding.message


def test_fields_that_are_addresses(make_content: MakeContent) -> None:
    files = {"exchanges/glass.md": "---\nname: Glass\nwebsite: https:glass\n---\n"}
    assert places(findings(make_content, files, "external-link-form")) == ["glass.md:3:10"]


# --- duplicate-slug ---------------------------------------------------------------------------


def test_ids_of_different_lists_may_be_equal(make_content: MakeContent) -> None:
    outcome = "{because: x, points_to: []}"
    diagnostic = f"""\
        checklist_title: A
        tests_title: B
        checklist: [{{id: tea, text: a, missing: b, points_to: [tea]}}]
        tests: [{{id: tea, text: a, on_pass: {outcome}, on_fail: {outcome}}}]
        """
    files = {
        "diagnostic.yml": diagnostic,
        "issues/tea.md": issue(),
        "errors/tea.yml": """\
            errors:
            - {code: "1", issues: [tea]}
            - {code: "1", match: a, issues: [tea]}
            - {code: "1", match: b, issues: [tea]}
            - {code: "1", scope: spot, issues: [tea]}
            - {code: "2", issues: [tea]}
            """,
    }
    assert findings(make_content, files, "duplicate-slug") == []


@pytest.mark.parametrize(
    ("files", "place", "message"),
    [
        (
            {"issues/a.md": issue().replace("[Turn the lid]", "\n- Turn it\n- x\n- turn it")},
            "a.md:8:3",
            "`turn-it` is also on line 6",
        ),
        (
            {"tips.yml": "tips:\n- {id: a, title: b, text: c}\n- {id: a, title: d, text: e}\n"},
            "tips.yml:3:8",
            "`a` is also on line 2; change one `id`",
        ),
        (
            {"errors/a.yml": "errors:\n- {code: '1', issues: [a]}\n- {code: '1', issues: [a]}\n"},
            "a.yml:3:10",
            "the code `1` is also on line 2; merge the two",
        ),
        (
            {
                "errors/a.yml": "errors:\n- {code: '1', match: Tea, issues: [a]}\n"
                "- {code: '1', match: tea, issues: [a]}\n"
            },
            "a.yml:3:10",
            "give one a `match`",
        ),
    ],
    ids=["steps", "tips", "codes", "matches"],
)
def test_duplicates(
    files: dict[str, str], place: str, message: str, make_content: MakeContent
) -> None:
    (finding,) = findings(make_content, files, "duplicate-slug")
    assert places([finding]) == [place]
    assert message in finding.message


def test_file_names_that_differ_in_case(make_content: MakeContent) -> None:
    root = make_content({"issues/Tea.md": issue(), "issues/tea.md": issue()})
    (finding,) = [finding for finding in check(load(root)) if finding.rule == "duplicate-slug"]
    assert Path(finding.path).name == "tea.md"
    assert "issues/Tea.md has this name in upper or lower case" in finding.message


# --- alias-shadows, alias-collides ------------------------------------------------------------


def test_aliases(make_content: MakeContent) -> None:
    files = {"issues/a.md": issue("aliases: [b, c]"), "issues/d.md": issue("aliases: [e]")}
    assert findings(make_content, files, "alias-shadows") == []
    assert findings(make_content, files, "alias-collides") == []


@pytest.mark.parametrize("slug", ["a", "d"], ids=["its own", "another"])
def test_an_alias_that_is_a_slug(slug: str, make_content: MakeContent) -> None:
    files = {"issues/a.md": issue(f"aliases: [x, {slug}]"), "issues/d.md": issue()}
    (finding,) = findings(make_content, files, "alias-shadows")
    assert places([finding]) == ["a.md:6:14"]
    assert f"the slug of issues/{slug}.md; remove the alias" in finding.message


def test_an_alias_of_two_issues(make_content: MakeContent) -> None:
    files = {"issues/a.md": issue("aliases: [x, y]"), "issues/d.md": issue("aliases: [y]")}
    (finding,) = findings(make_content, files, "alias-collides")
    assert places([finding]) == ["d.md:6:11"]
    assert "is also in issues/a.md, line 6; remove one" in finding.message


def test_an_alias_that_stands_twice(make_content: MakeContent) -> None:
    files = {"issues/a.md": issue("aliases: [y, y]")}
    assert places(findings(make_content, files, "alias-collides")) == ["a.md:6:14"]


# --- unknown-issue ----------------------------------------------------------------------------


def diagnostic(points_to: str = "tea", speaks_against: str = "tea") -> str:
    """Return a quick diagnostic that refers to issues."""
    return dedent(
        f"""\
            checklist_title: A
            tests_title: B
            checklist:
              - {{id: a, text: b, missing: c, points_to: [{points_to}]}}
            tests:
              - id: a
                text: b
                on_pass: {{because: c, points_to: [tea]}}
                on_fail: {{because: c, speaks_against: [{speaks_against}]}}
            """
    )


ASKING = """\
errors:
  - code: "1"
    issues: [tea, {second}]
    question:
      text: Green or black?
      options: [{{label: Green, issue: tea}}, {{label: Black, issue: {option}}}]
"""


def test_known_issues(make_content: MakeContent) -> None:
    files = {
        "issues/tea.md": issue("related: [pot]"),
        "issues/pot.md": issue(),
        "issues/draft.md": issue("draft: true\nrelated: [draft, tea]"),
        "diagnostic.yml": diagnostic(),
        "errors/a.yml": ASKING.format(second="pot", option="pot"),
    }
    assert findings(make_content, files, "unknown-issue") == []


@pytest.mark.parametrize(
    ("files", "place", "message"),
    [
        ({"issues/a.md": issue("related: [tea, tee]")}, "a.md:6:16", "did you mean `tea`?"),
        ({"issues/a.md": issue("related: [draft]")}, "a.md:6:11", "is a draft; publish it"),
        ({"issues/a.md": issue("related: [old]")}, "a.md:6:11", "an old name; write `tea`"),
        ({"diagnostic.yml": diagnostic("tee")}, "diagnostic.yml:4:46", "did you mean"),
        ({"diagnostic.yml": diagnostic("tea", "tee")}, "diagnostic.yml:9:44", "did you mean"),
        ({"errors/a.yml": ASKING.format(second="tee", option="tea")}, "a.yml:3:19", "did you"),
        ({"errors/a.yml": ASKING.format(second="tea", option="tee")}, "a.yml:6:67", "did you"),
    ],
    ids=["related", "draft", "alias", "points_to", "speaks_against", "issues", "option"],
)
def test_unknown_issues(
    files: dict[str, str], place: str, message: str, make_content: MakeContent
) -> None:
    known = {"issues/tea.md": issue("aliases: [old]"), "issues/draft.md": issue("draft: true")}
    (finding,) = findings(make_content, known | files, "unknown-issue")
    assert places([finding]) == [place]
    assert message in finding.message


def test_an_issue_with_a_mistake_is_still_known(make_content: MakeContent) -> None:
    draft = issue("draft: true\nrelated: [tea]")
    root = make_content({"issues/tea.md": "broken", "issues/a.md": draft})
    assert [finding.rule for finding in check(load(root))] == ["front-matter"]


# --- unknown-exchange -------------------------------------------------------------------------


def test_known_exchanges(make_content: MakeContent) -> None:
    files = {
        "exchanges/glass.md": EXCHANGE,
        "issues/a.md": issue("exchanges: [glass]"),
        "errors/glass.yml": "errors: []",
    }
    assert findings(make_content, files, "unknown-exchange") == []


@pytest.mark.parametrize(
    ("files", "place", "message"),
    [
        ({"issues/a.md": issue("exchanges: [glas]")}, "a.md:6:13", "did you mean `glass`?"),
        (
            {
                "issues/a.md": issue(
                    """\
                    recipes:
                      general:
                        cause: c
                        steps: [{text: a, not_on: [glas]}]
                    """
                )
            },
            "a.md:9:32",
            "did you mean `glass`?",
        ),
        (
            {
                "issues/a.md": issue().replace(
                    "[Turn the lid]", "\n- text: a\n  exchanges: [glass, clay]"
                )
            },
            "a.md:7:22",
            "there is no exchange `clay`; there are: glass",
        ),
        ({"errors/clay.yml": "errors: []"}, "clay.yml:1:1", "add exchanges/clay.md, or rename"),
    ],
    ids=["issue", "not_on", "step", "errors"],
)
def test_unknown_exchanges(
    files: dict[str, str], place: str, message: str, make_content: MakeContent
) -> None:
    (finding,) = findings(
        make_content, {"exchanges/glass.md": EXCHANGE} | files, "unknown-exchange"
    )
    assert places([finding]) == [place]
    assert message in finding.message


def test_no_exchange_at_all(make_content: MakeContent) -> None:
    files = {"issues/a.md": issue("exchanges: [glass]")}
    (finding,) = findings(make_content, files, "unknown-exchange")
    assert "there is none yet" in finding.message


# --- image-path -------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["![a pot](/images/pot.png)", "`![a pot](pot.png)`", "no image"])
def test_images_that_are_there(body: str, make_content: MakeContent) -> None:
    files: Files = {"issues/a.md": issue(body=body), "images/pot.png": b"PNG"}
    assert findings(make_content, files, "image-path") == []


@pytest.mark.parametrize(
    ("target", "cure"),
    [
        ("/images/pott.png", "the folder images has no file pott.png; did you mean `pot"),
        ("pot.png", "write /images/pot.png"),
        ("/static/pot.png", "write /images/pot.png"),
        ("https://tea.example/pot.png", "write /images/pot.png"),
        ("/images/../site.png", "write /images/site.png"),
        ("/images/pot.svg", "ends in one of .avif, "),
        ("/images/", "ends in one of .avif, "),
    ],
)
def test_images_that_nobody_sees(target: str, cure: str, make_content: MakeContent) -> None:
    files: Files = {
        "issues/a.md": issue(body=f"x\n![a pot]({target})\n"),
        "images/pot.png": b"PNG",
        "images/pot.svg": b"<svg/>",
    }
    (finding,) = findings(make_content, files, "image-path")
    assert places([finding]) == ["a.md:8:10"]
    assert finding.severity == "error"
    assert cure in finding.message


# --- stale, expired ---------------------------------------------------------------------------


@pytest.mark.parametrize("days", [180, 0, -1])
def test_facts_that_were_verified_lately(
    days: int, today: dt.date, make_content: MakeContent
) -> None:
    day = today - dt.timedelta(days=days)
    assert findings(make_content, {"issues/a.md": issue(f"verified: {day}")}, "stale") == []


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (181, "last verified 181 days ago; check the facts and set `verified: 2026-11-22`"),
        (4000, "4000 days ago"),
        (-2, "2026-11-24 is in the future"),
    ],
)
def test_facts_that_are_to_be_verified(
    days: int, message: str, today: dt.date, make_content: MakeContent
) -> None:
    day = today - dt.timedelta(days=days)
    exchange = EXCHANGE.replace("name", f"verified: {day}\nname")
    files = {"issues/a.md": issue(f"verified: {day}"), "exchanges/glass.md": exchange}
    first, second = findings(make_content, files, "stale")
    assert places([first, second]) == ["glass.md:2:11", "a.md:6:11"]
    assert message in first.message
    assert message in second.message
    assert first.severity == second.severity == "warning"


def test_what_was_never_verified_or_is_a_draft_is_not_stale(make_content: MakeContent) -> None:
    files = {
        "issues/a.md": issue(),
        "issues/b.md": issue("verified: 2020-02-29\ndraft: true"),
    }
    assert findings(make_content, files, "stale") == []


# --- orphan -----------------------------------------------------------------------------------

LEADING = {
    "related": {"issues/b.md": issue("related: [a]\ndraft: true")},
    "a link": {"issues/b.md": issue("draft: true", "[x](/issues/a#turn-the-lid)")},
    "a short link": {"tips.yml": "tips: [{id: a, title: b, text: '[x](/i/a)'}]"},
    "the checklist": {"diagnostic.yml": diagnostic("a").replace("[tea]", "[a]")},
    "an error code": {"errors/glass.yml": "errors: [{code: '1', issues: [a]}]"},
}


@pytest.mark.parametrize("files", LEADING.values(), ids=LEADING.keys())
def test_what_leads_to_an_issue(files: dict[str, str], make_content: MakeContent) -> None:
    assert findings(make_content, {"issues/a.md": issue(), **files}, "orphan") == []


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"issues/a.md": issue("related: [a]", "[x](/issues/a)")},
        {"issues/b.md": issue("draft: true", "[x](/exchanges/a) [y](/issues/b) `/issues/a`")},
        {"diagnostic.yml": diagnostic("b", "a").replace("[tea]", "[b]")},
    ],
    ids=["nothing", "itself", "others", "what speaks against it"],
)
def test_an_issue_that_nothing_leads_to(files: dict[str, str], make_content: MakeContent) -> None:
    (finding,) = findings(make_content, {"issues/a.md": issue(), **files}, "orphan")
    assert places([finding]) == ["a.md:2:8"]
    assert finding.severity == "warning"
    assert "add it to `related` of another issue" in finding.message


def test_a_draft_and_a_broken_issue_are_no_orphans(make_content: MakeContent) -> None:
    root = make_content({"issues/a.md": issue("draft: true"), "issues/b.md": "broken"})
    assert [finding.rule for finding in check(load(root))] == ["front-matter"]


# --- missing-choice ---------------------------------------------------------------------------


def test_an_issue_among_several_needs_a_choice(make_content: MakeContent) -> None:
    files = {"issues/a.md": issue(), "issues/b.md": issue("choice: It drips")}
    (finding,) = findings(make_content, files, "missing-choice")
    assert places([finding]) == ["a.md:3:10"]
    assert finding.severity == "warning"
    assert "add `choice`" in finding.message


def test_a_single_issue_and_a_draft_need_no_choice(make_content: MakeContent) -> None:
    files = {"issues/a.md": issue(), "issues/b.md": issue("draft: true")}
    assert findings(make_content, files, "missing-choice") == []


# --- no-support-address -----------------------------------------------------------------------

WITHOUT_ADDRESS = dedent(SITE).replace(", email: choir@help.test", "")


def test_a_site_without_a_way_to_support_is_told_once(make_content: MakeContent) -> None:
    files = {"site.yml": WITHOUT_ADDRESS, "pt-br/site.yml": "title: Oi\n"}
    (finding,) = findings(make_content, files, "no-support-address")
    assert places([finding]) == ["site.yml:9:1"]
    assert finding.severity == "warning"
    assert "add `email`, `url` or `ticket_url`" in finding.message


@pytest.mark.parametrize(
    "address",
    ["email: a@b.test", "url: https://b.test", "ticket_url: 'https://b.test?b={body}'"],
)
def test_each_kind_of_address_will_do(make_content: MakeContent, address: str) -> None:
    site = WITHOUT_ADDRESS.replace("text: Ask us", f"text: Ask us, {address}")
    assert findings(make_content, {"site.yml": site}, "no-support-address") == []


# --- unlisted-option --------------------------------------------------------------------------


def test_options_among_the_issues(make_content: MakeContent) -> None:
    files = {
        "issues/tea.md": issue(),
        "issues/pot.md": issue(),
        "errors/glass.yml": ASKING.format(second="pot", option="pot"),
    }
    assert findings(make_content, files, "unlisted-option") == []


def test_an_option_that_is_none_of_the_issues(make_content: MakeContent) -> None:
    files = {"errors/glass.yml": ASKING.format(second="pot", option="cup")}
    (finding,) = findings(make_content, files, "unlisted-option")
    assert places([finding]) == ["glass.yml:6:67"]
    assert finding.severity == "warning"
    assert "`cup` isn't in this error's `issues`; add it, or use tea or pot" in finding.message


def test_a_broken_file_of_errors_has_no_options(make_content: MakeContent) -> None:
    files = {"errors/glass.yml": ASKING.format(second="pot", option="cup") + "  - {code: '2'}\n"}
    found = check(load(make_content(files)))
    assert "unlisted-option" not in {finding.rule for finding in found}


# --- costs ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "attack",
    ["# a\n" * 12_000, "[a]" * 16_000 + "\n\n[a]: /issues/nobody\n", "<b>" * 16_000],
    ids=["headings", "a repeated reference", "tags"],
)
def test_the_most_mistakes_that_fit_into_a_text_are_found_in_linear_time(
    attack: str, make_content: MakeContent
) -> None:
    """Four times the mistakes take four times as long, not sixteen times."""

    def seconds(body: str, mistakes: int, times: int) -> float:
        content = load(make_content({"issues/a.md": issue(body=body)}))
        found: list[Finding] = []
        spent = processor_seconds(lambda: found.extend(check(content)), times)
        assert len(found) > times * mistakes
        return spent

    assert len(attack) < MAX_TEXT
    quarter = seconds(attack[: len(attack) // 4] + "\n\n[a]: /issues/nobody\n", 1_500, times=2)
    assert seconds(attack, 6_000, times=1) < 10 * quarter


@pytest.mark.parametrize(
    ("text", "line"),
    [(issue(body="# a\n" * 105_000), 7), (issue(f"phrases: [{'b ' * 30_000}]"), 6)],
    ids=["body", "field"],
)
def test_a_text_that_is_too_long_is_not_looked_through(
    text: str, line: int, make_content: MakeContent
) -> None:
    content = load(make_content({"issues/a.md": text}))
    assert content.issues == ()
    assert [(finding.rule, finding.line) for finding in check(content)] == [("too-long", line)]


# --- status-call ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "calls",
    [
        "{url: 'https://api.glass.example/status'}",
        "{time: {url: 'https://api.glass.example/time', field: data.0.ts}}",
        "{url: 'https://a.example', field: state, values: {'0': operating}}",
        "{url: 'https://a.example', notices: {field: result.list}}",
    ],
)
def test_a_status_call_can_be_asked(make_content: MakeContent, calls: str) -> None:
    page = EXCHANGE.replace("website", f"status: {calls}\nwebsite")
    assert findings(make_content, {"exchanges/glass.md": page}, "status-call") == []


@pytest.mark.parametrize(
    ("calls", "reason"),
    [
        ("{url: 'http://api.glass.example'}", "https://"),
        ("{url: 'https://192.0.2.99/status'}", "not its IP address"),
        ("{url: 'https://localhost/status'}", "a public host"),
        ("{url: 'https://me@a.example/status'}", "a public host"),
        ("{time: {field: ts}}", "no request is made"),
        ("{url: 'https://a.example', field: state}", "belong together"),
        (
            "{time: {url: 'https://a.example', field: ts}, field: a, values: {b: operating}}",
            "no `url`",
        ),
        ("{url: 'https://a.example', notices: {field: a, state: b}}", "leave out both"),
    ],
)
def test_a_status_call_that_cant_be_asked_is_reported(
    make_content: MakeContent, calls: str, reason: str
) -> None:
    page = EXCHANGE.replace("website", f"status: {calls}\nwebsite")
    (found,) = findings(make_content, {"exchanges/glass.md": page}, "status-call")
    assert (found.line, reason in found.message) == (3, True)
