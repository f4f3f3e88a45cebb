"""Every rule of `helpcenter check`: documented, and found through the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.development.reference import rules
from tests.conftest import SITE, MakeContent

pytestmark = pytest.mark.slow

Files = Mapping[str, str | bytes]

DESCRIPTIONS = {name: text for group in rules().values() for name, text in group.items()}


def issue(extra: str = "", body: str = "") -> str:
    front = f"title: A\nsymptom: B\ncauses: [C]\nsolutions: [Turn the lid]\n{extra}"
    return f"---\n{front.rstrip()}\n---\n{body}"


GLASS = "---\nname: Glass\nwebsite: https://glass.example\n---\n"
ASKING = """\
errors:
  - code: "1"
    issues: [a]
    question: {text: Tea?, options: [{label: Yes, issue: a}, {label: No, issue: b}]}
"""

VIOLATIONS: Mapping[str, Files] = {
    "unreadable": {"issues/a.md": b"\xff"},
    "too-long": {"issues/a.md": issue(body="a " * 30_000)},
    "missing-file": {"site.yml": b""},
    "stray-file": {"issues/a.markdown": "x"},
    "merge-conflict": {"tips.yml": "<<<<<<< HEAD\ntips: []\n"},
    "front-matter": {"issues/a.md": "# Tea"},
    "yaml": {"issues/a.md": "---\ntitle: a: b\n---\n"},
    "json": {"reports.jsonl": '{"text": "cold tea"'},
    "yaml-anchor": {"issues/a.md": "---\ntitle: *a\n---\n"},
    "yaml-tag": {"issues/a.md": "---\ntitle: !a b\n---\n"},
    "duplicate-key": {"issues/a.md": issue("title: B")},
    "unknown-key": {"issues/a.md": issue("titel: B")},
    "missing-key": {"issues/a.md": "---\ntitle: A\n---\n"},
    "wrong-type": {"issues/a.md": issue("order: first")},
    "unknown-variable": {"issues/a.md": issue(body="{{ prodct }}")},
    "hard-coded-ip": {"issues/a.md": issue(body="192.0.2.7")},
    "unknown-placeholder": {"issues/a.md": issue("signatures: ['no tea for {guest}']")},
    "placeholder-text": {"issues/a.md": issue().replace("[C]", "[Where it comes from]")},
    "broken-markdown": {"issues/a.md": issue(body="**a")},
    "unsupported-markdown": {"issues/a.md": issue(body="> [!FOO]\n> a")},
    "secret": {"issues/a.md": issue(body=f"secret: {'Zb8q' * 16}")},
    "large-image": {"images/a.png": b"\x89PNG\r\n\x1a\n" + bytes(600_000)},
    "unused-image": {"images/a.png": b"\x89PNG\r\n\x1a\n"},
    "duplicate-title": {"issues/a.md": issue(), "issues/b.md": issue()},
    "image-alt": {"issues/a.md": issue(body="![](/images/a.png)")},
    "image-path": {"issues/a.md": issue(body="![a](/images/a.png)")},
    "heading-levels": {"issues/a.md": issue(body="# A")},
    "duplicate-heading": {"issues/a.md": issue(body="## A\n## A\n")},
    "raw-html": {"issues/a.md": issue(body="a<br>")},
    "accent-contrast": {"site.yml": dedent(SITE) + 'accent: "#ffd500"\n'},
    "brand-image": {"site.yml": dedent(SITE) + "logo: nonsuch.png\n"},
    "broken-link": {"issues/a.md": issue(body="[a](/issues/b)")},
    "external-link-form": {"issues/a.md": issue(body="[a](https:b)")},
    "duplicate-slug": {
        "tips.yml": "tips: [{id: a, title: b, text: c}, {id: a, title: b, text: c}]"
    },
    "alias-shadows": {"issues/a.md": issue("aliases: [a]")},
    "alias-collides": {"issues/a.md": issue("aliases: [b, b]")},
    "unknown-issue": {"issues/a.md": issue("related: [b]")},
    "unknown-exchange": {"issues/a.md": issue("exchanges: [b]")},
    "broken-permalink": {"permalinks.txt": "/issues/a"},
    "unknown-label": {
        "reports.jsonl": (
            '{"text": "cold tea", "expected": "a", "kind": "paste", "source": "b", '
            '"origin": "verbatim"}\n'
        )
    },
    "broken-redirect": {"redirects.txt": "/issues/a /issues/b"},
    "unlisted-option": {"errors/glass.yml": ASKING},
    "redundant-question": {"errors/glass.yml": ASKING.replace("issue: b", "issue: a")},
    "orphan": {"issues/a.md": issue()},
    "no-support-address": {"site.yml": dedent(SITE).replace(", email: choir@help.test", "")},
    "stale": {"issues/a.md": issue("verified: 2020-02-29")},
    "wrong-example": {"issues/a.md": issue("examples: [tea]")},
    "unsound-answer": {
        "issues/a.md": issue("recipes: {general: {cause: Cold, steps: [Lift the lid]}}")
    },
    "broken-phrase": {"issues/a.md": issue("phrases: [it is]")},
    "unanswered-example": {
        "questions/q.md": "---\ntitle: Tea?\nanswer: Yes\nexamples: [any tea]\n---\n"
    },
    "missing-choice": {
        "issues/a.md": issue(),
        "issues/b.md": issue().replace("title: A", "title: B"),
    },
    "status-call": {
        "exchanges/a.md": (
            "---\nname: A\nwebsite: https://a.example\n"
            "status: {time: {url: 'http://a.example/time', field: ts}}\n---\n"
        )
    },
    "unusable-signature": {"issues/a.md": issue("signatures: [tea]")},
    "untested-signature": {"issues/a.md": issue("signatures: [cold tea]")},
    "shadowed-signature": {"issues/a.md": issue("signatures: [cold tea, Cold Tea]")},
}
"""What breaks each rule; tests/content/test_checks.py and the like have the exact places."""


ELSEWHERE = {
    "dead-link",
    "glossary-term",
    "missing-translation",
    "stale-translation",
    "translation-differs",
    "untranslatable",
}
"""What tests/checks/test_external.py and test_translation_rules.py break: it needs more files."""


def check(root: Path, output: str, *more: str) -> Result:
    arguments = ["check", "--content", str(root), "--format", output, *more]
    return CliRunner().invoke(main, arguments, prog_name="helpcenter")


def test_every_rule_is_broken_here() -> None:
    assert set(VIOLATIONS) == set(DESCRIPTIONS) - ELSEWHERE


@pytest.mark.parametrize("rule", VIOLATIONS)
def test_each_format_tells_of_each_rule_and_exits_alike(
    rule: str, make_content: MakeContent
) -> None:
    root = make_content(VIOLATIONS[rule])
    if rule == "missing-file":
        (root / "site.yml").unlink()
    as_json = check(root, "json")
    found = json.loads(as_json.stdout)
    (finding, *_) = [finding for finding in found if finding["rule"] == rule]
    assert finding["line"] >= 1
    assert finding["column"] >= 1
    documented = DESCRIPTIONS[rule].split("\n\n")[1].split(". Example: ")[0].lower()
    assert finding["severity"] in documented

    place = f"{finding['path']}:{finding['line']}"
    as_text, as_github = check(root, "text"), check(root, "github")
    assert f"{place}: {rule}: {finding['message']}" in as_text.stdout.splitlines()
    at = f"line={finding['line']},col={finding['column']},title={rule}::"
    (line,) = [line for line in as_github.stdout.splitlines() if at in line and "\0" not in line][
        :1
    ]
    assert line.startswith(f"::{finding['severity']} file={finding['path']},")

    is_bad = any(finding["severity"] == "error" for finding in found)
    assert [as_json.exit_code, as_text.exit_code, as_github.exit_code] == [int(is_bad)] * 3
    assert len(as_text.stdout.splitlines()) == len(as_github.stdout.splitlines()) == len(found)
