"""Links to steps land on the step, whatever happened to its name or the chosen exchange."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serving
from tests.conftest import MARBLES

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a product whose steps have old names."""
    folder = tmp_path_factory.mktemp("renamed")
    root = Path(shutil.copytree(MARBLES, folder / "content"))
    path = root / "issues/address-not-allowed.md"
    text = path.read_text("utf-8")
    for step, old in (("press-twice", "press-once"), ("clay-frog", "mud-frog")):
        text = text.replace(f"id: {step}\n", f"id: {step}\n    aliases: [{old}]\n")
    path.write_text(text, "utf-8")
    with serving(root, HELP_DATA=str(folder)) as url:
        yield url


@pytest.mark.parametrize("anchor", ["clay-frog", "mud-frog"])
def test_a_step_of_one_exchange_is_shown_and_marked(
    visitor: Page, renamed: str, anchor: str
) -> None:
    visitor.goto(f"{renamed}/issues/address-not-allowed?exchange=claybourse#{anchor}")
    step = visitor.locator("#clay-frog")
    expect(step).to_be_in_viewport()
    expect(step).to_contain_text("Whisper the address")
    shadow = "element => getComputedStyle(element).boxShadow"
    assert step.evaluate(shadow) != "none"
    assert visitor.locator("#press-twice").evaluate(shadow) == "none"


def test_a_step_of_another_exchange_leads_to_the_page_that_shows_it(
    visitor: Page, renamed: str
) -> None:
    visitor.goto(f"{renamed}/issues/address-not-allowed#clay-frog")
    note = visitor.locator("#clay-frog")
    expect(note).to_be_in_viewport()
    note.get_by_role("link", name="Clay Bourse").click()
    expect(visitor.get_by_text("Whisper the address")).to_be_visible()


def test_an_old_anchor_opens_the_issue_on_the_first_page(visitor: Page, renamed: str) -> None:
    anchor = "address-not-allowed--add-whitelist-ips-to-whitelist-field"
    visitor.goto(f"{renamed}/?exchange=glassmarket#{anchor}")
    expect(visitor.locator(f"#{anchor}")).to_be_in_viewport()
