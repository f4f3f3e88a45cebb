"""What the checklist and the quick tests say."""

from __future__ import annotations

from app.diagnosis.evidence_of_answers import of_checklist, of_test
from app.knowledge import KnowledgeBase


def test_an_unticked_item_speaks_for_its_issues_in_their_order(kites: KnowledgeBase) -> None:
    assert kites.diagnostic
    [item] = kites.diagnostic.checklist

    likeliest, less = of_checklist(item, ticked=False)

    assert (likeliest.issue, less.issue) == ("string-not-listed", "wrong-knot")
    assert likeliest.strength > less.strength > 0
    assert all(piece.strength < 0 for piece in of_checklist(item, ticked=True))


def test_an_outcome_speaks_for_and_against(kites: KnowledgeBase) -> None:
    assert kites.diagnostic
    [test] = kites.diagnostic.tests

    said = {piece.issue: piece.strength for piece in of_test(test, "pass")}

    assert said["string-not-listed"] > 0 > said["wrong-knot"]
    assert [piece.issue for piece in of_test(test, "fail")] == ["wrong-knot"]
