"""Old names of steps and exchanges, and anchors that last: what the check says of them."""

from __future__ import annotations

import pytest

from app.checks import check
from app.content.loader import load
from app.content.markdown import anchors, block
from tests.conftest import MakeContent

POND = "---\nname: Pond\nwebsite: https://pond.example\naliases: [puddle]\n---\n"
SEA = "---\nname: Sea\nwebsite: https://sea.example\naliases: [{alias}]\n---\n"
ISSUE = """\
---
title: Cold
symptom: No sound
causes: [No fire]
solutions:
  - text: Light the fire
    id: light-it
    aliases: [{first}]
  - text: Ask the frog
    id: ask
    aliases: [{second}]
    exchanges: [{exchange}]
---
{body}
"""


def said(make_content: MakeContent, **changes: str) -> list[str]:
    words = {"first": "burn", "second": "croak", "exchange": "pond", "body": "", "alias": "ocean"}
    words |= changes
    files = {
        "issues/cold.md": ISSUE.format(**words),
        "exchanges/pond.md": POND,
        "exchanges/sea.md": SEA.format(**words),
    }
    findings = check(load(make_content(files)))
    return [
        f"{finding.severity} {finding.rule}: {finding.message}"
        for finding in findings
        if finding.rule != "orphan"
    ]


def test_old_names_that_are_free_are_good(make_content: MakeContent) -> None:
    assert said(make_content) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"first": "ask"}, "error alias-shadows: the alias `ask` is the id of a step here"),
        ({"first": "light-it"}, "error alias-shadows: the alias `light-it` is the id of a step"),
        ({"second": "burn"}, "error alias-collides: the alias `burn` is also in issues/cold.md"),
        ({"alias": "pond"}, "error alias-shadows: the alias `pond` is the slug of exchanges/pond"),
        ({"alias": "puddle"}, "error alias-collides: the alias `puddle` is also in exchanges/pond"),
        ({"exchange": "puddle"}, "error unknown-exchange: `puddle` is an old name; write `pond`"),
        (
            {"body": "## Burn"},
            "error duplicate-heading: the anchor #burn already belongs to a step",
        ),
        (
            {"body": "[x](/issues/cold#burn)"},
            "warning broken-link: #burn is an old name; link to /issues/cold#light-it",
        ),
        (
            {"body": "[x](/exchanges/puddle)"},
            "warning broken-link: /exchanges/puddle only redirects; link to /exchanges/pond",
        ),
    ],
)
def test_an_old_name_that_leads_astray_is_found(
    changes: dict[str, str], expected: str, make_content: MakeContent
) -> None:
    (finding,) = said(make_content, **changes)
    assert finding.startswith(expected)


TIPS = """\
tips:
- {{id: a, title: A, text: '{text}', aliases: [{first}]}}
- {{id: b, title: B, text: b, aliases: [{second}]}}
"""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"first": "b"}, ["error alias-shadows: the alias `b` is the id of an item here"]),
        ({"second": "x"}, ["error alias-collides: the alias `x` is also in tips.yml, line 2"]),
        ({"text": "[t](/#y)"}, ["warning broken-link: #y is an old name; link to /#b"]),
        ({"text": "[t](#y)"}, ["warning broken-link: #y is an old name; link to #b"]),
    ],
)
def test_old_names_of_tips(
    changes: dict[str, str], expected: list[str], make_content: MakeContent
) -> None:
    words = {"first": "x", "second": "y", "text": "t"} | changes
    findings = check(load(make_content({"tips.yml": TIPS.format(**words)})))
    found = [f"{finding.severity} {finding.rule}: {finding.message}" for finding in findings]
    assert [
        message.partition(" as well")[0].partition("; remove")[0] for message in found
    ] == expected


def test_the_anchor_of_a_heading_outlives_the_values_in_it(make_content: MakeContent) -> None:
    assert anchors("## Add {{ whitelist_ip }} at {{ exchange | Pond }}\n\nTea\n===\n\n## 茶\n") == (
        "add-whitelist-ip-at-exchange-pond",
        "tea",
        "",
    )
    html = block("## Add 192.0.2.7\n\n## 茶\n\n## B", "## Add {{ whitelist_ip }}\n\n## 茶\n\n## B")
    assert '<h2 id="add-whitelist-ip">Add 192.0.2.7</h2>' in html
    assert "<h2>茶</h2>" in html
    assert '<h2 id="b">B</h2>' in html
    heading = "## Add {{ whitelist_ip }}\n\n"
    assert said(make_content, body=f"{heading}[x](/issues/cold#add-whitelist-ip)") == []
    (finding,) = said(make_content, body=f"{heading}[x](/issues/cold#add-192-0-2-7)")
    assert "there is no anchor #add-192-0-2-7" in finding
