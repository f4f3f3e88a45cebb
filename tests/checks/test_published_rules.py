"""Rules about what visitors would see: Markdown, secrets, images, titles, placeholders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from app.authoring.skeleton import STARTER, new_exchange, new_issue
from app.checks import check
from app.checks.texts import PLACEHOLDER_TEXTS
from app.content.loader import load
from app.diagnosis.redaction import Redactor
from app.model import Finding
from tests.conftest import MakeContent

Files = Mapping[str, str | bytes]
Find = Callable[[Files, str], list[Finding]]

KEY = "mH4tTq8ZbX2vWn6LrYc9KdPs3JfGuA7eMh4tTq8ZbX2vWn6LrYc9KdPs3JfGuA7e"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


def issue(extra: str = "", body: str = "", title: str = "A") -> str:
    """Return an issue with more front matter (from line 6 on) and a body."""
    front = f"title: {title}\nsymptom: B\ncauses: [C]\nsolutions: [Turn the lid]\n{extra}"
    return f"---\n{front.rstrip()}\n---\n{body}"


@pytest.fixture
def findings(make_content: MakeContent, redactor: Redactor) -> Find:
    """Return what gives the findings of one rule in a folder; the loader must find nothing."""

    def find(files: Files, rule: str) -> list[Finding]:
        content = load(make_content(files))
        assert content.findings == ()
        return [finding for finding in check(content, redactor=redactor) if finding.rule == rule]

    return find


def place(finding: Finding) -> str:
    """Return the place of a finding as `file:line:column`."""
    return f"{Path(finding.path).name}:{finding.line}:{finding.column}"


# --- broken-markdown, unsupported-markdown ----------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rule", "where"),
    [
        (issue(body="a\n\nb **c\n"), "broken-markdown", "a.md:9:3"),
        (issue(body="[a](/b c)\n"), "broken-markdown", "a.md:7:3"),
        (issue(body="[{{ product }}]({{ product }} b)\n"), "broken-markdown", "a.md:7:1"),
        (issue(body="a\n\n```\nb\n"), "broken-markdown", "a.md:9:1"),
        (
            issue("related: []").replace("symptom: B", "symptom: B `c"),
            "broken-markdown",
            "a.md:3:12",
        ),
        (issue(body="> [!FOO]\n> a\n"), "unsupported-markdown", "a.md:7:3"),
        (
            issue().replace("[Turn the lid]", "\n- |\n  Run:\n  ```\n  a\n  ```"),
            "unsupported-markdown",
            "a.md:8:3",
        ),
    ],
)
def test_flaws_at_their_places(text: str, rule: str, where: str, findings: Find) -> None:
    (finding,) = findings({"issues/a.md": text}, rule)
    assert (place(finding), finding.severity) == (where, "error")


def test_messages_are_no_markdown(findings: Find) -> None:
    extra = "examples: ['**open `']\nsignatures: ['a **b']\nphrases: ['[a](b c)']\n"
    assert findings({"issues/a.md": issue(extra)}, "broken-markdown") == []


def test_a_variable_may_be_a_link(findings: Find) -> None:
    files = {"issues/a.md": issue(body="[a]({{ tea }}) **{{ exchange | A B }}**\n")}
    assert findings(files, "broken-markdown") == []


# --- secret -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (issue(f"examples:\n  - 'apiKey={KEY} is wrong'"), "a.md:7:13"),
        (issue(body=f"a\n\nsecret: {KEY}\n"), "a.md:9:9"),
        (issue().replace("[C]", f"['apiSecret = {KEY}']"), "a.md:4:23"),
    ],
)
def test_a_secret_that_would_be_published(text: str, where: str, findings: Find) -> None:
    (finding,) = findings({"issues/a.md": text}, "secret")
    assert (place(finding), finding.severity) == (where, "error")
    assert "write xxxx in its place" in finding.message
    assert KEY not in finding.message


@pytest.mark.parametrize(
    "example",
    [
        "apiKey=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx is wrong",
        "apiKey=<your key>",
        "User 0x95f0436c31abab1938745a338dcad319c26601fc does not exist",
        '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}',
    ],
)
def test_examples_without_a_secret(example: str, findings: Find) -> None:
    assert findings({"issues/a.md": issue(f"examples: ['{example}']")}, "secret") == []


def test_a_person_in_an_example_is_a_warning_and_the_support_is_none(findings: Find) -> None:
    files = {"issues/a.md": issue("examples: ['ada@tea.example: wrong key']", "ask@tea.example")}
    (finding,) = findings(files, "secret")
    assert (finding.line, finding.severity) == (6, "warning")


# --- images -----------------------------------------------------------------------------------


def test_an_image_that_is_shown(findings: Find) -> None:
    files: Files = {"images/a b.png": PNG, "issues/a.md": issue(body="![A](/images/a%20b.png)\n")}
    for rule in ("large-image", "unused-image"):
        assert findings(files, rule) == []


def test_an_image_that_nothing_shows(findings: Find) -> None:
    (finding,) = findings({"images/a.png": PNG}, "unused-image")
    assert (place(finding), finding.severity) == ("a.png:1:1", "warning")
    assert "write ![...](/images/a.png)" in finding.message


def test_a_large_image(findings: Find) -> None:
    (finding,) = findings({"images/a.png": PNG + b"\0" * 600_000}, "large-image")
    assert finding.severity == "warning"
    assert "600 KB" in finding.message


# --- duplicate-title --------------------------------------------------------------------------


def test_two_pages_with_the_same_title(findings: Find) -> None:
    files = {"issues/a.md": issue(title="Cold Tea"), "issues/b.md": issue(title="cold  tea")}
    (finding,) = findings(files, "duplicate-title")
    assert place(finding) == "b.md:2:8"
    assert "issues/a.md has the same title; change one of them" in finding.message


def test_other_titles(findings: Find) -> None:
    glass = "---\nname: A\nwebsite: https://glass.example\n---\n"
    files = {"issues/a.md": issue(), "issues/b.md": issue(title="B"), "exchanges/glass.md": glass}
    assert findings(files, "duplicate-title") == []


# --- placeholder-text, unknown-placeholder ----------------------------------------------------


def test_the_texts_of_a_new_file_are_found_once_it_is_published(findings: Find) -> None:
    drafts = {
        "issues/a.md": new_issue("A"),
        "exchanges/glass.md": new_exchange("Glass"),
        "site.yml": (STARTER / "site.yml").read_text("utf-8"),
    }
    assert findings(drafts, "placeholder-text") == []
    published = {name: text.replace("draft: true", "draft: false") for name, text in drafts.items()}
    found = findings(published, "placeholder-text")
    assert len(found) == len(PLACEHOLDER_TEXTS)
    assert all(
        "the example text of `helpcenter new`; replace it" in finding.message for finding in found
    )


@pytest.mark.parametrize(
    ("signature", "places"),
    [
        ("no key for account {}", []),
        ("no key {n} from {ip} for {} in {a: b} or { c }", []),
        ("no key for account {account}", ["a.md:6:34"]),
        ("no key {N} from {IP}", ["a.md:6:22", "a.md:6:31"]),
    ],
)
def test_placeholders_of_signatures(signature: str, places: list[str], findings: Find) -> None:
    files = {"issues/a.md": issue(f"signatures: ['{signature}']")}
    found = findings(files, "unknown-placeholder")
    assert [place(finding) for finding in found] == places
