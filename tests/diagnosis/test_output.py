"""What the terminal prints of a diagnosis."""

from __future__ import annotations

import pytest

from app.diagnosis.output import to_text
from app.knowledge import KnowledgeBase
from app.model import Observations
from tests.diagnosis.conftest import Diagnose


def shown(diagnose: Diagnose, kites: KnowledgeBase, address: str) -> str:
    text = f'{{"code":41010,"msg":"Your string {address} is not on the list of this kite."}}'
    return to_text(diagnose(text), kites, Observations(text=text))


def test_a_request_of_another_program_is_said_before_any_step(
    diagnose: Diagnose, kites: KnowledgeBase
) -> None:
    lines = shown(diagnose, kites, "203.0.113.9").splitlines()

    said = "This request didn't come from Kite School: it came from 203.0.113.9."
    assert lines.index(said) < lines.index("   - Add it")


@pytest.mark.parametrize("address", ["198.51.100.7", "2001:db8::9"])
def test_other_addresses_need_no_such_word(
    diagnose: Diagnose, kites: KnowledgeBase, address: str
) -> None:
    assert "didn't come from" not in shown(diagnose, kites, address)
