"""Issues and everyday questions: `issues/<slug>.md` and `questions/<slug>.md`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app import addresses
from app.model.base import Article, Entity, NonEmpty, Prose, Slug, slugify


def _solution_from_text(value: object) -> object:
    """Let a writer give a solution as plain text; its anchor is then made from that text."""
    if isinstance(value, str):
        return {"text": value, "id": slugify(value)}
    if isinstance(value, dict) and "id" not in value and isinstance(value.get("text"), str):
        return {**value, "id": slugify(value["text"])}
    return value


class Solution(Entity):
    """One step that answers an issue; `exchanges` limits it to these, empty means everybody.

    `aliases` are old ids: links to them land on this step.
    """

    text: Prose
    """What to do: one step."""
    id: Slug
    """The step's anchor; made from the text when left out."""
    exchanges: tuple[Slug, ...] = ()
    """Show this step only for these exchanges; for all when left out."""
    aliases: tuple[Slug, ...] = ()
    """Old anchors of this step: links to them still land here."""


class RecipeStep(Solution):
    """One step of a recipe, which an exchange, its facts or the visitor can rule out.

    A step that uses a variable without a value for the chosen exchange is left out, unless the
    variable has a default (`{{ whitelist_field | the IP whitelist }}`).
    """

    not_on: tuple[Slug, ...] = ()
    """Leave this step out on these exchanges."""
    unless: tuple[Slug, ...] = ()
    """Leave this step out when the visitor has ticked one of these checklist items."""


class Recipe(Entity):
    """What to do about one cause: written once, filled with the facts of each exchange.

    What is left on one exchange must be three to five steps (`helpcenter check` counts).
    """

    cause: Prose
    """The cause, in one line."""
    steps: tuple[Annotated[RecipeStep, BeforeValidator(_solution_from_text)], ...] = Field(
        min_length=1
    )
    """What to do, in order: the first step opens the right page, the last ends in the product."""
    note: Prose | None = None
    """What to leave alone, or what else to know; below the steps."""


GENERAL = "general"
"""The name of the recipe of an issue that serves every exchange without a recipe of its own."""


ELSEWHERE = "elsewhere"
"""The name of the recipe for exchanges that can't have the issue, when a message names it there."""


class Issue(Article):
    """One troubleshooting article about the reader's situation.

    `phrases` are how people put it, `signatures` are fixed messages of any exchange or library
    (see `diagnosis.signatures`), `examples` are real messages that must be diagnosed as this
    issue. `exchanges` limits the issue to exchanges that can have it, empty means all.
    """

    slug: Slug
    title: Prose
    """The name of the problem, as a reader would put it."""
    symptom: Prose
    """What the reader sees, in one sentence."""
    choice: Prose | None = None
    """What the reader sees, to choose from when the diagnosis is unsure: no cause, no title."""
    causes: tuple[Prose, ...] = Field(min_length=1)
    """Where it comes from, likeliest first."""
    solutions: tuple[Annotated[Solution, BeforeValidator(_solution_from_text)], ...] = Field(
        min_length=1
    )
    """What to do, most likely to help first; one step each."""
    recipes: dict[Slug, Recipe] = Field(default_factory=dict)
    """What to do in one list: by exchange, `general`, `elsewhere` (not on this one), by code."""
    exchanges: tuple[Slug, ...] = ()
    """The exchanges that can have this issue; all when left out."""
    phrases: tuple[NonEmpty, ...] = ()
    """How people put it, for search and diagnosis."""
    signatures: tuple[NonEmpty, ...] = ()
    """Fixed messages that mean this issue, with `{}`, `{n}` and `{ip}` for what changes."""
    examples: tuple[NonEmpty, ...] = ()
    """Real messages; each must be diagnosed as this issue."""
    related: tuple[Slug, ...] = ()
    """Other issues worth a look, by the names of their files."""
    live: Literal["clock"] | None = None
    """`clock`: its answers tell how far the clock of the reader's device is off."""

    @property
    def url(self) -> str:
        """The permalink of the issue's page."""
        return addresses.issue(self.slug)

    @property
    def all_steps(self) -> tuple[Solution, ...]:
        """Every step that has an anchor on the issue's page: solutions, and those of recipes."""
        return (
            *self.solutions,
            *(step for recipe in self.recipes.values() for step in recipe.steps),
        )

    def concerns(self, exchange: str | None) -> bool:
        """Tell whether the issue can occur with `exchange` (`None`: not chosen)."""
        return exchange is None or not self.exchanges or exchange in self.exchanges

    def steps(self, exchange: str | None) -> tuple[Solution, ...]:
        """Return the solutions for `exchange`, its own first.

        While none is chosen these are the ones for everybody; `specific` has the others.
        """
        own = self.specific(exchange) if exchange else ()
        return (*own, *(step for step in self.solutions if not step.exchanges))

    def specific(self, exchange: str) -> tuple[Solution, ...]:
        """Return the solutions that only some exchanges have, `exchange` among them."""
        return tuple(step for step in self.solutions if exchange in step.exchanges)


class Question(Article):
    """One everyday question: what people ask besides errors, with a short answer.

    `answers` are those that differ on an exchange, by its id. `examples` are how people ask it.
    """

    slug: Slug
    title: Prose
    """The question, as a reader would ask it."""
    answer: Prose
    """The answer in a few sentences."""
    answers: dict[Slug, Prose] = Field(default_factory=dict)
    """The answer for an exchange, by its id, where it differs."""
    steps: tuple[Annotated[RecipeStep, BeforeValidator(_solution_from_text)], ...] = ()
    """What to do, in order, if there is something to do."""
    urgent: bool = False
    """Whether money is at stake: the answer then comes before any diagnosis."""
    phrases: tuple[NonEmpty, ...] = ()
    """The words by which it is found in a short text; `exchange` stands for any name of one."""
    examples: tuple[NonEmpty, ...] = ()
    """How people ask it; each must be answered by this question."""
    related: tuple[Slug, ...] = ()
    """Issues worth a look, by the names of their files."""
    live: Literal["status"] | None = None
    """`status`: its page tells whether the chosen exchange answers now."""

    @property
    def url(self) -> str:
        """The permalink of the question's page."""
        return addresses.question(self.slug)
