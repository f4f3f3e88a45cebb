"""Issues and everyday questions: `issues/<slug>.md` and `questions/<slug>.md`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app import addresses
from app.model.base import Article, Entity, NonEmpty, Prose, Slug, slugify


def _solution_from_text(value: object) -> object:
    """Accept a solution as plain text, and make its anchor from that text."""
    if isinstance(value, str):
        return {"text": value, "id": slugify(value)}
    if isinstance(value, dict) and "id" not in value and isinstance(value.get("text"), str):
        return {**value, "id": slugify(value["text"])}
    return value


class Solution(Entity):
    """A step of a solution."""

    text: Prose
    """What to do, in a single step."""
    id: Slug
    """The step's anchor; by default made from the text."""
    exchanges: tuple[Slug, ...] = ()
    """The exchanges that show it; by default all."""
    aliases: tuple[Slug, ...] = ()
    """Old anchors; links to them lead here."""


class RecipeStep(Solution):
    """A step of a recipe, which an exchange, its facts or the visitor can rule out.

    A step that uses a variable without a value for the chosen exchange is left out, unless the
    variable has a default (`{{ whitelist_field | the IP whitelist }}`).
    """

    not_on: tuple[Slug, ...] = ()
    """The exchanges that leave it out; not for `solutions`."""
    unless: tuple[Slug, ...] = ()
    """Left out if one of these checklist items is ticked; not for `solutions`."""


class Recipe(Entity):
    """The steps for a cause, written once and filled in with the facts of each exchange.

    Every exchange must be left with three to five steps (`helpcenter check` counts them).
    """

    cause: Prose
    """The cause, in a line."""
    steps: tuple[Annotated[RecipeStep, BeforeValidator(_solution_from_text)], ...] = Field(
        min_length=1
    )
    """The steps, in order."""
    note: Prose | None = None
    """A note below the steps."""


GENERAL = "general"
"""The name of the recipe for exchanges without their own recipe."""


ELSEWHERE = "elsewhere"
"""The name of the recipe for a message of an exchange that can't have the issue."""


class Issue(Article):
    """A troubleshooting article about a situation of the reader."""

    slug: Slug
    title: Prose
    """The problem, in the reader's words."""
    symptom: Prose
    """What the reader sees, in a sentence."""
    choice: Prose | None = None
    """The symptom in a few words, for an unsure diagnosis."""
    causes: tuple[Prose, ...] = Field(min_length=1)
    """The causes, likeliest first."""
    solutions: tuple[Annotated[Solution, BeforeValidator(_solution_from_text)], ...] = Field(
        min_length=1
    )
    """The steps, most helpful first."""
    recipes: dict[Slug, Recipe] = Field(default_factory=dict)
    """Complete lists of steps, by name (docs/writing.md)."""
    exchanges: tuple[Slug, ...] = ()
    """The exchanges that can have this issue; by default all."""
    phrases: tuple[NonEmpty, ...] = ()
    """The reader's own words, for search and diagnosis."""
    signatures: tuple[NonEmpty, ...] = ()
    """Its fixed messages, with `{}`, `{n}` and `{ip}` for what changes."""
    examples: tuple[NonEmpty, ...] = ()
    """Real messages that must be diagnosed as this issue."""
    related: tuple[Slug, ...] = ()
    """Other issues that may help, by file name."""
    live: Literal["clock"] | None = None
    """`clock`: answers show how far the reader's clock is off."""

    @property
    def url(self) -> str:
        """The permalink of the issue's page."""
        return addresses.issue(self.slug)

    @property
    def all_steps(self) -> tuple[Solution, ...]:
        """Every step with an anchor on the issue's page: solutions, and the steps of recipes."""
        return (
            *self.solutions,
            *(step for recipe in self.recipes.values() for step in recipe.steps),
        )

    def concerns(self, exchange: str | None) -> bool:
        """Tell whether the issue can occur with `exchange` (`None`: not chosen)."""
        return exchange is None or not self.exchanges or exchange in self.exchanges

    def steps(self, exchange: str | None) -> tuple[Solution, ...]:
        """Return the solutions for `exchange`, its own first.

        Without an exchange, return only those for all exchanges; `specific` has the others.
        """
        own = self.specific(exchange) if exchange else ()
        return (*own, *(step for step in self.solutions if not step.exchanges))

    def specific(self, exchange: str) -> tuple[Solution, ...]:
        """Return the solutions that are limited to some exchanges, including `exchange`."""
        return tuple(step for step in self.solutions if exchange in step.exchanges)


class Question(Article):
    """An everyday question: what people ask besides errors, with a short answer."""

    slug: Slug
    title: Prose
    """The question, in the reader's words."""
    answer: Prose
    """The answer in a few sentences."""
    answers: dict[Slug, Prose] = Field(default_factory=dict)
    """Different answers, by exchange."""
    steps: tuple[Annotated[RecipeStep, BeforeValidator(_solution_from_text)], ...] = ()
    """The steps, in order."""
    urgent: bool = False
    """Whether it comes before any diagnosis, because money is at risk."""
    phrases: tuple[NonEmpty, ...] = ()
    """Words that find it in a short text; `exchange` means any exchange."""
    examples: tuple[NonEmpty, ...] = ()
    """How people ask; this question must answer them."""
    related: tuple[Slug, ...] = ()
    """Issues that may help, by file name."""
    live: Literal["status"] | None = None
    """`status`: the page shows whether the chosen exchange operates."""

    @property
    def url(self) -> str:
        """The permalink of the question's page."""
        return addresses.question(self.slug)
