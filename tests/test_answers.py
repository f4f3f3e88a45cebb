"""Answers: one list of steps, chosen whole, filled with the facts of the exchange."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.answers import answer
from app.content.loader import load
from app.knowledge import KnowledgeBase, build
from app.model import Answer
from tests.conftest import SITE, MakeContent

ISSUE = """\
    ---
    title: Cold
    symptom: The tea is cold
    causes: ["{{ whitelist_ip }} is missing"]
    solutions: [Warm the pot]
    recipes:
      general:
        cause: Nobody warmed the pot.
        note: Leave the lid.
        steps:
          - {id: open, text: "Open {{ key_page }} on {{ exchange }}."}
          - id: list
            text: Enter {{ whitelist_ip }} under {{ whitelist_field }}.
            unless: [listed]
          - {id: tick, text: "Tick {{ spot_permissions }}.", not_on: [lake]}
          - {id: swim, text: Swim in it., exchanges: [lake]}
          - {id: connect, text: "Connect again in {{ product }}.", aliases: [again]}
      pond:
        cause: The pond froze.
        steps: [Open the ice., Wait for spring., Swim.]
      crumbs:
        cause: There are crumbs in the pot.
        steps: [Open the pot., Rinse it., Connect again.]
    ---
    """

LAKE = """\
    ---
    name: Lake
    website: https://lake.example
    api_management_url: https://lake.example/keys
    api_management_name: Key Shed
    whitelist: {field: Shore list}
    permissions:
      - {name: Float, needed: spot}
      - {name: Dive, needed: spot}
    ---
    """

PUDDLE = """\
    ---
    name: Puddle
    website: https://puddle.example
    api_management_name: Mud
    ---
    """

POND = "---\nname: Pond\nwebsite: https://pond.example\n---\n"

CODES = """\
    errors:
      - {code: "1", issues: [cold]}
      - {code: "2", issues: [cold], recipe: crumbs}
      - code: "3"
        issues: [cold]
        answer:
          cause: Three is different.
          steps: [Open the window., "Ask {{ exchange }}.", Connect again.]
    """

Ask = Callable[..., Answer]


@pytest.fixture
def knowledge(make_content: MakeContent) -> KnowledgeBase:
    return build(
        load(
            make_content(
                {
                    "site.yml": SITE,
                    "issues/cold.md": ISSUE,
                    "exchanges/lake.md": LAKE,
                    "exchanges/puddle.md": PUDDLE,
                    "exchanges/pond.md": POND,
                    "errors/lake.yml": CODES,
                }
            )
        )
    )


def texts(found: Answer | None) -> list[str]:
    assert found
    return [step.text for step in found.steps]


def test_a_recipe_is_filled_with_the_facts_of_the_exchange(knowledge: KnowledgeBase) -> None:
    found = answer(knowledge, "cold", "lake")
    assert texts(found) == [
        "Open [Key Shed](https://lake.example/keys) on Lake.",
        "Enter 192.0.2.7 under **Shore list**.",
        "Swim in it.",
        "Connect again in Teapot Choir.",
    ]
    assert found
    assert (found.level, found.cause, found.note) == (
        "recipe",
        "Nobody warmed the pot.",
        "Leave the lid.",
    )
    assert found.step_url(found.steps[0]) == "/issues/cold?exchange=lake#open"


def test_a_step_without_its_fact_is_left_out(knowledge: KnowledgeBase) -> None:
    assert texts(answer(knowledge, "cold", "puddle")) == [
        "Open **Mud** on Puddle.",
        "Connect again in Teapot Choir.",
    ]


def test_without_an_exchange_the_recipe_speaks_of_any(knowledge: KnowledgeBase) -> None:
    assert texts(answer(knowledge, "cold")) == [
        "Open the page of your API keys on your exchange.",
        "Enter 192.0.2.7 under the IP whitelist.",
        "Tick spot trading.",
        "Connect again in Teapot Choir.",
    ]


def test_an_exchange_can_have_a_recipe_of_its_own(knowledge: KnowledgeBase) -> None:
    assert texts(answer(knowledge, "cold", "pond")) == [
        "Open the ice.",
        "Wait for spring.",
        "Swim.",
    ]


def test_what_is_ticked_is_not_told_again(knowledge: KnowledgeBase) -> None:
    assert "192.0.2.7" not in str(texts(answer(knowledge, "cold", "lake", ticked={"listed"})))


@pytest.mark.parametrize(
    ("code", "first", "level", "page"),
    [
        ("1", "Open [Key Shed]", "recipe", "/issues/cold?exchange=lake"),
        ("2", "Open the pot.", "code", "/errors/lake/2"),
        ("3", "Open the window.", "code", "/errors/lake/3"),
    ],
)
def test_a_code_has_its_own_answer_or_names_one(
    knowledge: KnowledgeBase, code: str, first: str, level: str, page: str
) -> None:
    (entry,) = knowledge.errors("lake", code)
    found = answer(knowledge, "cold", "lake", entry=entry)
    assert found
    assert found.steps[0].text.startswith(first)
    assert (found.level, found.page) == (level, page)


def test_without_recipes_the_general_solutions_answer(knowledge: KnowledgeBase) -> None:
    assert answer(knowledge, "unheard-of") is None
