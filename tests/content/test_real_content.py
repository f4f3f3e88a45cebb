"""The content that this help center serves: all of it is there, and none of it is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.checks import check
from app.checks.survey import Survey, texts_of
from app.content.loader import Content, load
from app.knowledge import KnowledgeBase, build
from app.settings import ROOT

pytestmark = pytest.mark.slow

REAL = ROOT / "content"

FIRST_ISSUES = [
    # slug, causes, solutions: what the page had that this help center replaced
    ("ip-whitelist-not-configured", 5, 6),
    ("invalid-api-credentials", 5, 6),
    ("insufficient-permissions", 5, 6),
    ("rate-limit-exceeded", 5, 6),
    ("connection-timeout", 5, 6),
    ("testnet-mainnet-mismatch", 4, 6),
    ("passphrase-problems", 4, 6),
]
LATER_ISSUES = {"clock-out-of-sync", "region-restricted", "account-restricted", "order-rejected"}


@pytest.fixture(autouse=True)
def day_of_the_last_look(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be the day on which somebody last checked facts: content grows old by itself."""
    dates = (
        *(issue.verified for issue in content.issues),
        *(question.verified for question in content.questions),
        *(exchange.verified for exchange in content.exchanges),
    )
    looked = [day for day in dates if day]
    monkeypatch.setattr(Survey, "today", max(looked))


FOR_OTHERS = {"missing-translation", "stale-translation", "no-support-address"}
"""What a writer may leave behind: translators follow, and each operator has another address."""


def test_nothing_is_wrong(content: Content) -> None:
    assert len(content.sources) >= 38
    assert sum(1 for source in content.sources for _ in texts_of(source)) > 2000
    findings = [str(finding) for finding in check(content) if finding.rule not in FOR_OTHERS]
    assert findings == [], "run `.venv/bin/helpcenter check` and mend what it names"


def test_everything_of_the_first_page_is_there(knowledge: KnowledgeBase) -> None:
    assert knowledge.site.title == "Exchange Connection Troubleshooting"
    assert knowledge.site.whitelist is not None
    assert [str(address) for address in knowledge.site.whitelist.addresses] == ["107.189.19.87"]
    assert knowledge.site.support.tip is not None
    assert knowledge.diagnostic is not None
    assert len(knowledge.diagnostic.checklist) == 5
    assert len(knowledge.diagnostic.tests) == 4
    assert len(knowledge.tips) == 6
    assert [issue.slug for issue in knowledge.issues[: len(FIRST_ISSUES)]] == [
        slug for slug, _, _ in FIRST_ISSUES
    ]
    for slug, causes, solutions in FIRST_ISSUES:
        issue = knowledge.issue(slug)
        assert issue is not None
        assert len(issue.causes) >= causes, slug
        assert sum(not step.exchanges for step in issue.solutions) >= solutions, slug


def test_the_later_issues_exchanges_and_codes_are_there(knowledge: KnowledgeBase) -> None:
    assert {issue.slug for issue in knowledge.issues} >= LATER_ISSUES
    assert len(knowledge.exchanges) == 12
    for exchange in knowledge.exchanges:
        assert len(knowledge.errors_of(exchange.id)) >= 10, exchange.id


def test_everything_can_be_found_by_how_people_put_it(knowledge: KnowledgeBase) -> None:
    for issue in knowledge.issues:
        assert issue.verified is not None, issue.slug
        assert issue.phrases, issue.slug


def test_product_and_address_stand_once(tmp_path: Path) -> None:
    root = tmp_path / "content"
    shutil.copytree(REAL, root)
    site = root / "site.yml"
    renamed = site.read_text().replace("product: Trading Bot", "product: Teapot Choir")
    site.write_text(renamed.replace("107.189.19.87", "192.0.2.7"))
    other = load(root)
    assert [finding for finding in check(other) if finding.rule not in FOR_OTHERS] == []
    knowledge = build(other)
    shown = list(_strings(knowledge))
    assert any("Teapot Choir" in text for text in shown)
    assert any("192.0.2.7" in text for text in shown)
    left = [text for text in shown if "Trading Bot" in text or "107.189.19.87" in text]
    assert left == []


def test_no_variable_is_left_unfilled(knowledge: KnowledgeBase) -> None:
    assert [text for text in _strings(knowledge) if "{{" in text] == []


def _strings(knowledge: KnowledgeBase) -> Iterator[str]:
    """Yield every text of the knowledge base, for everybody and for each exchange."""
    entities = [knowledge.site, *knowledge.tips, *knowledge.issues, *knowledge.exchanges]
    if knowledge.diagnostic:
        entities.append(knowledge.diagnostic)
    for exchange in knowledge.exchanges:
        entities += knowledge.issues_for(exchange.id)
        for entries in knowledge.errors_of(exchange.id).values():
            entities += entries
    for entity in entities:
        yield from _strings_in(entity.model_dump())


def _strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings_in(item)
