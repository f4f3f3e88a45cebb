"""What visitors send -> Observations, and back into the state of the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from starlette.datastructures import FormData, ImmutableMultiDict, QueryParams

from app.knowledge import KnowledgeBase
from app.model import ChecklistItem, Diagnostic, Exchange, Observations, Outcome, QuickTest
from app.web.pages.contexts import CheckItem, DiagnoseForm, TestItem

MAX_TEXT_BYTES = 16 * 1024
"""The longest paste that is diagnosed."""
MAX_FIELDS = 200
"""The most fields that a form may have."""

Value = TypeVar("Value")

OUTCOMES: Mapping[str, Outcome] = {"pass": "pass", "fail": "fail"}
NOTHING_TO_ASK = Diagnostic(checklist_title="-", tests_title="-")
"""Stands for the quick diagnostic of content that has none."""


def from_query(query: QueryParams, knowledge: KnowledgeBase) -> Observations:
    """Read a diagnosis link; names and values that the content does not know are ignored."""
    exchange = known_exchange(query.get("exchange"), knowledge)
    error = query.get("error")
    diagnostic = knowledge.diagnostic or NOTHING_TO_ASK
    checklist: dict[str, bool] = {}
    if "missing" in query:
        named = {item: True for value in query.getlist("missing") for item in value.split(",")}
        missing = by_present_id(named, diagnostic.checklist)
        checklist = {item.id: item.id not in missing for item in diagnostic.checklist}
    return Observations(
        exchange=exchange,
        error=error if exchange and error and knowledge.errors(exchange, error) else None,
        checklist=checklist,
        tests=_tests(query, diagnostic),
        answer=_known_issue(query.get("answer"), knowledge),
    )


def from_form(form: FormData, knowledge: KnowledgeBase) -> Observations:
    """Read the posted form. The checklist counts once any item was touched."""
    diagnostic = knowledge.diagnostic or NOTHING_TO_ASK
    named = {value: True for value in form.getlist("have") if isinstance(value, str)}
    have = by_present_id(named, diagnostic.checklist)
    checklist: dict[str, bool] = {}
    if have or text_of(form, "touched"):
        checklist = {item.id: item.id in have for item in diagnostic.checklist}
    exchange = known_exchange(text_of(form, "exchange"), knowledge)
    error = text_of(form, "error")
    return Observations(
        text=text_of(form, "text").replace("\r\n", "\n"),
        exchange=exchange,
        error=error if exchange and error and knowledge.errors(exchange, error) else None,
        checklist=checklist,
        tests=_tests(form, diagnostic),
        answer=_known_issue(text_of(form, "answer"), knowledge),
    )


def by_present_id(
    given: Mapping[str, Value], things: Iterable[ChecklistItem | QuickTest]
) -> dict[str, Value]:
    """Return what is `given` about `things`, which may name them by old ids, by their present ids.

    What is given about nothing that there is, is left out.
    """
    return {
        thing.id: given[name]
        for thing in things
        for name in (*thing.aliases, thing.id)
        if name in given
    }


def form_fields(observations: Observations) -> tuple[tuple[str, str], ...]:
    """Return `observations` as form fields, the way `from_form` reads them."""
    fields = [
        ("text", observations.text),
        ("exchange", observations.exchange or ""),
        ("error", observations.error or ""),
        ("answer", observations.answer or ""),
        ("touched", "1" if observations.checklist else ""),
    ]
    fields += (("have", item) for item, ticked in observations.checklist.items() if ticked)
    fields += ((f"test-{test}", outcome) for test, outcome in observations.tests.items())
    return tuple((name, value) for name, value in fields if value)


def is_too_long(text: str) -> bool:
    """Tell whether a paste is longer than `MAX_TEXT_BYTES`."""
    return len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES


def read_issues(slugs: Sequence[Any], knowledge: KnowledgeBase) -> tuple[str, ...]:
    """Return the known issues among posted slugs, each once; separated by commas or repeated."""
    named = (slug for value in slugs if isinstance(value, str) for slug in value.split(","))
    present = (_known_issue(slug, knowledge) for slug in named)
    return tuple(dict.fromkeys(slug for slug in present if slug))


def list_from_form(form: FormData, knowledge: KnowledgeBase) -> tuple[str, Exchange | None]:
    """Read a posted IP list and the exchange it was saved at."""
    return text_of(form, "list"), knowledge.exchange(text_of(form, "exchange"))


def form_state(
    observations: Observations,
    knowledge: KnowledgeBase,
    *,
    text: str = "",
    error: str | None = None,
) -> DiagnoseForm:
    """Return the form as it must be shown after `observations`, with `text` in its field."""
    diagnostic = knowledge.diagnostic
    shown = diagnostic or NOTHING_TO_ASK
    return DiagnoseForm(
        diagnostic=diagnostic,
        checklist=tuple(
            CheckItem(id=item.id, text=item.text, ticked=observations.checklist.get(item.id))
            for item in shown.checklist
        ),
        tests=tuple(
            TestItem(id=test.id, text=test.text, outcome=observations.tests.get(test.id))
            for test in shown.tests
        ),
        text=text,
        error_code=observations.error,
        touched=bool(observations.checklist),
        error=error,
    )


def known_exchange(value: str | None, knowledge: KnowledgeBase) -> str | None:
    """Return the present id of a supported exchange, or None for anything else."""
    found = knowledge.exchange(value)
    return found.id if found else None


def _known_issue(value: str | None, knowledge: KnowledgeBase) -> str | None:
    """Return the present slug of an issue, or None for anything else."""
    present = knowledge.alias(value or "") or value
    return present if present and knowledge.issue(present) else None


def _tests(values: ImmutableMultiDict[str, Any], diagnostic: Diagnostic) -> dict[str, Outcome]:
    given = {
        name.removeprefix("test-"): OUTCOMES[value]
        for name, value in values.items()
        if name.startswith("test-") and isinstance(value, str) and value in OUTCOMES
    }
    return by_present_id(given, diagnostic.tests)


def text_of(form: FormData, name: str) -> str:
    """Return a text field; an uploaded file in its place counts as nothing."""
    value = form.get(name)
    return value if isinstance(value, str) else ""
