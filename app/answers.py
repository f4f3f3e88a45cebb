"""Which steps a visitor gets: one list, never a mixture.

The first that exists is used: the issue's recipe for the caller's IP address, the error code's own
answer, the recipe that the code names, the issue's recipe `elsewhere` (if the exchange can't have
the issue), its recipe for the exchange, its general recipe, its general solutions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from app import addresses
from app.content.variables import fill_entity, missing
from app.knowledge import KnowledgeBase
from app.model import (
    ELSEWHERE,
    GENERAL,
    Answer,
    CallerIp,
    Diagnosis,
    ErrorCode,
    Issue,
    Match,
    Observations,
    Recipe,
    RecipeStep,
    Solution,
)


def answer(
    knowledge: KnowledgeBase,
    slug: str,
    exchange: str | None = None,
    *,
    entry: ErrorCode | None = None,
    caller: CallerIp | None = None,
    ticked: Collection[str] = (),
) -> Answer | None:
    """Return what to do about the issue `slug`; None when there is no such issue.

    `entry` is the recognised error code. `caller` is the IP address that the exchange saw: a recipe
    named `caller-not-ours`, `caller-ipv6` or `caller-ours` then comes before all others. `ticked`
    are the checklist items that the visitor says are done: steps that only repeat them are left
    out.
    """
    issue = knowledge.issue(slug, exchange)
    raw = knowledge.raw_issue(slug)
    if issue is None or raw is None:
        return None
    page = addresses.with_query(issue.url, {"exchange": exchange}) if exchange else issue.url
    level: Literal["code", "recipe"] = "recipe"
    own = entry if entry and entry.issues[0] == slug else None
    recipe = raw.recipes.get(f"caller-{caller.verdict}") if caller else None
    if recipe is None and own:
        recipe = own.answer or _named_by(own, raw)
        if recipe:
            level, page = "code", addresses.error(own.exchange, own.code)
    if recipe is None:
        names = (None if raw.concerns(exchange) else ELSEWHERE, exchange, GENERAL)
        recipe = next((raw.recipes[name] for name in names if name in raw.recipes), None)
    if recipe is None:
        steps = issue.steps(exchange)
        return Answer(issue=slug, cause=issue.symptom, steps=steps, level="general", page=page)
    values = knowledge.variables(exchange)
    if caller:
        values["caller_ip"] = caller.address
    filled = fill_entity(recipe, values)
    return Answer(
        issue=slug,
        cause=filled.cause,
        steps=_filled(recipe.steps, exchange, values, ticked),
        note=filled.note,
        level=level,
        page=page,
    )


def _named_by(entry: ErrorCode, issue: Issue) -> Recipe | None:
    """Return the recipe of `issue` that an error code names, where the issue can occur."""
    return issue.recipes.get(entry.recipe or "") if issue.concerns(entry.exchange) else None


def steps_for(
    knowledge: KnowledgeBase, question: str, exchange: str | None
) -> tuple[Solution, ...]:
    """Return the steps of an everyday question on `exchange`; empty when it has none."""
    raw = knowledge.raw_question(question)
    return _filled(raw.steps, exchange, knowledge.variables(exchange)) if raw else ()


def answer_for_match(
    diagnosis: Diagnosis,
    match: Match,
    knowledge: KnowledgeBase,
    observations: Observations,
) -> Answer | None:
    """Return what to do about one match of a diagnosis of `observations`."""
    is_best = match == diagnosis.matches[0]
    return answer(
        knowledge,
        match.issue,
        diagnosis.exchange,
        entry=diagnosis.error,
        caller=diagnosis.caller_ip if is_best else None,
        ticked=[item for item, ticked in observations.checklist.items() if ticked],
    )


def _filled(
    steps: Iterable[RecipeStep],
    exchange: str | None,
    values: Mapping[str, str],
    ticked: Collection[str] = (),
) -> tuple[Solution, ...]:
    """Return the steps that concern `exchange`, each with its facts."""
    return tuple(
        fill_entity(step, values)
        for step in steps
        if _concerns(step, exchange, ticked) and not (exchange and missing(step.text, values))
    )


def _concerns(step: RecipeStep, exchange: str | None, ticked: Collection[str]) -> bool:
    if exchange is None:
        here = not step.exchanges
    else:
        here = (not step.exchanges or exchange in step.exchanges) and exchange not in step.not_on
    return here and not any(item in ticked for item in step.unless)
