"""The knowledge base answers by slug, alias and code, in the names of an exchange."""

from __future__ import annotations

import pytest

from app import addresses
from app.content.loader import load
from app.knowledge import BrokenContentError, KnowledgeBase, build
from tests.conftest import MARBLES, TEAPOTS, MakeContent


def test_texts_are_filled_in(teapots: KnowledgeBase) -> None:
    assert teapots.site.intro.endswith("silent in the Teapot Choir.")
    assert teapots.site.support.text.endswith("within two brews.")
    assert teapots.tips[0].text == "Chalk makes every Teapot Choir member hoarse."
    (issue, *_) = teapots.issues
    assert issue.solutions[0].text == "Boil the water until Teapot Choir members nod"
    assert issue.solutions[0].id == "boil-the-water-until-product-members-nod", (
        "an anchor doesn't change with the values of variables"
    )


def test_the_quick_diagnostic_is_filled_in(marbles: KnowledgeBase) -> None:
    assert marbles.diagnostic is not None
    assert marbles.diagnostic.checklist[0].text == "192.0.2.7 is allowed"


def test_issues_by_slug_and_alias(teapots: KnowledgeBase) -> None:
    issue = teapots.issue("cold-water")
    assert issue is teapots.issues[0]
    assert teapots.issue("lukewarm-water") is None
    assert teapots.current_slug("lukewarm-water") == "cold-water"
    assert teapots.current_slug("cold-water") is None
    assert teapots.issue("moonlight-serenade") is None, "drafts are not known"


def test_without_exchange_texts_speak_of_any(marbles: KnowledgeBase) -> None:
    issue = marbles.issue("address-not-allowed")
    assert issue is not None
    assert issue.causes == ("192.0.2.7 is missing in the IP whitelist",)
    assert "## Why your exchange asks" in issue.body


def test_with_an_exchange_texts_speak_its_language(marbles: KnowledgeBase) -> None:
    issue = marbles.issue("address-not-allowed", "glassmarket")
    assert issue is not None
    assert issue.causes == ("192.0.2.7 is missing in **Friends of this key**",)
    assert "## Why Glass Market asks" in issue.body


@pytest.mark.parametrize("exchange", [None, "", "unknown", "GLASSMARKET"])
def test_an_exchange_that_is_not_known_counts_as_none(
    exchange: str | None, marbles: KnowledgeBase
) -> None:
    assert marbles.exchange(exchange) is None
    assert marbles.issue("wrong-key", exchange) is marbles.issue("wrong-key")
    assert marbles.issues_for(exchange) == marbles.issues
    assert marbles.variables(exchange) == marbles.variables()


def test_issues_for_an_exchange_are_those_it_can_have(marbles: KnowledgeBase) -> None:
    everybody = ["address-not-allowed", "wrong-key", "market-closed"]
    assert [issue.slug for issue in marbles.issues_for("claybourse")] == everybody
    glass = marbles.issues_for("glassmarket")
    assert [issue.slug for issue in glass] == [*everybody, "forgotten-word"]
    assert glass[-1].title == "Forgotten Secret Word"


def test_steps_of_an_exchange_come_first_and_those_of_others_not(marbles: KnowledgeBase) -> None:
    issue = marbles.issue("address-not-allowed")
    assert issue is not None
    steps = {
        exchange: [step.id for step in issue.steps(exchange)]
        for exchange in (None, "glassmarket", "claybourse")
    }
    add = "add-whitelist-ips-to-whitelist-field"
    assert steps == {
        None: [add],
        "glassmarket": ["press-twice", add],
        "claybourse": ["clay-frog", add],
    }


def test_exchanges_are_filled_in_with_their_own_names(marbles: KnowledgeBase) -> None:
    glass = marbles.exchange("glassmarket")
    assert glass is not None
    assert "2. Enter `192.0.2.7` under **Friends of this key**." in glass.body


def test_errors_by_code(marbles: KnowledgeBase) -> None:
    (friend,) = marbles.errors("glassmarket", "-7007")
    assert friend.question is not None
    assert friend.question.options[1].label == "192.0.2.7"
    assert marbles.errors("claybourse", "-7007") == ()
    assert marbles.errors("nowhere", "-7007") == ()
    assert marbles.errors("glassmarket", "7007") == ()


def test_entries_with_match_come_before_the_one_without(make_content: MakeContent) -> None:
    root = make_content(
        {
            "errors/glass.yml": """\
                errors:
                  - {code: "1", issues: [a]}
                  - {code: "2", issues: [a]}
                  - {code: "1", match: tea, issues: [a]}
                """
        }
    )
    knowledge = build(load(root))
    assert [entry.match for entry in knowledge.errors("glass", "1")] == ["tea", None]
    assert list(knowledge.errors_of("glass")) == ["1", "2"]
    assert knowledge.errors_of("clay") == {}


@pytest.mark.parametrize(
    ("code", "url"),
    [
        ("-2015", "/errors/x/-2015"),
        ("EAPI:Invalid key", "/errors/x/EAPI:Invalid%20key"),
        ("a/b?c#d%", "/errors/x/a%2Fb%3Fc%23d%25"),
    ],
)
def test_error_url(code: str, url: str) -> None:
    assert addresses.error("x", code) == url


def test_equal_content_is_an_equal_version(teapots: KnowledgeBase, marbles: KnowledgeBase) -> None:
    assert build(load(TEAPOTS)).version == teapots.version
    assert teapots.version != marbles.version


def test_broken_content_is_refused_with_all_findings(make_content: MakeContent) -> None:
    root = make_content({"issues/a.md": "x", "issues/b.md": "y"})
    with pytest.raises(BrokenContentError, match=r"2 mistakes.*a\.md:1: front-matter") as caught:
        build(load(root))
    assert len(caught.value.findings) == 2


def test_warnings_are_no_reason_to_refuse(make_content: MakeContent) -> None:
    content = load(make_content({"issues/a.markdown": "x"}))
    assert [finding.severity for finding in content.findings] == ["warning"]
    assert build(content).site.product == "Teapot Choir"


def test_without_a_site_there_is_nothing_to_serve(make_content: MakeContent) -> None:
    root = make_content({})
    (root / "site.yml").unlink()
    with pytest.raises(BrokenContentError):
        build(load(root))
    assert build(load(MARBLES)).site.product == "Marble Robot"
