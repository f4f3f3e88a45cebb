"""What visitors send -> Observations, and back into the state of the form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, ImmutableMultiDict, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.diagnosis.ids import (
    NOTHING_TO_ASK,
    by_present_id,
    chosen_issue,
    known_exchange,
    known_issue,
)
from app.diagnosis.next_question import outcome_labels
from app.diagnosis.shortening import MAX_TEXT_BYTES
from app.knowledge import KnowledgeBase
from app.model import ChecklistItem, Choice, Diagnostic, Exchange, Observations, Outcome, QuickTest
from app.web.serving.status import StatusView


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistField:
    """One checklist item in a form: `ticked` is None while nothing has been asked.

    `looked`: nobody ticked or unticked it, but we have looked.
    """

    id: str
    text: str
    ticked: bool | None
    looked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickTestField:
    """One quick test in a form, with the outcome that the visitor chose, or that we `looked` up."""

    id: str
    text: str
    labels: dict[Outcome | None, str]
    outcome: Outcome | None
    looked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseForm:
    """The one form of the diagnosis: paste, exchange, checklist and tests, with their state.

    `done` of `total` items are ticked or tested. `error` is what is wrong with the input itself.
    `status` is that of the chosen exchange.
    """

    diagnostic: Diagnostic | None
    checklist: tuple[ChecklistField, ...]
    tests: tuple[QuickTestField, ...]
    text: str = ""
    error_code: str | None = None
    touched: bool = False
    error: str | None = None
    status: StatusView | None = None

    @property
    def most_bytes(self) -> int:
        """The longest text that is diagnosed; the browser shortens a longer text."""
        return MAX_TEXT_BYTES

    @property
    def done(self) -> int:
        """How many items are ticked and how many tests have an outcome, together."""
        ticked = sum(item.ticked is True for item in self.checklist)
        return ticked + sum(test.outcome is not None for test in self.tests)

    @property
    def total(self) -> int:
        """How many items and tests there are."""
        return len(self.checklist) + len(self.tests)


_NAME = re.compile(r"[a-z0-9-]{1,80}")

MOST_SKIPPED = 20
"""The most skipped questions that are kept; fewer are asked."""

MAX_FIELDS = 200
"""The most fields that a form may have."""

URL_ENCODED = "application/x-www-form-urlencoded"

YES_NO: Mapping[bool, str] = {True: "yes", False: "no"}

OUTCOMES: Mapping[str, Outcome] = {"pass": "pass", "fail": "fail"}


async def read(request: Request) -> FormData:
    """Read a posted form; raise a 400 where it has more than `MAX_FIELDS` fields, or files.

    They are counted first: to take half a million of them apart would hold up everybody.
    """
    if request.headers.get("Content-Type", "").startswith(URL_ENCODED):
        body = await request.body()
        if body.count(b"&") + body.count(b";") > MAX_FIELDS:
            raise HTTPException(400)
    return await request.form(max_files=0, max_fields=MAX_FIELDS)


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
        chosen=chosen_issue(query.get("issue") or query.get("answer"), knowledge),
        ruled_out=read_issues(query.getlist("not"), knowledge),
        items=_items(query, diagnostic),
        skipped=_skipped(query),
    )


def from_form(form: FormData, knowledge: KnowledgeBase) -> Observations:
    """Read the posted form.

    The checklist counts once it differs from what was `shown` ticked. What we have looked up
    ourselves is no observation of the visitor, as long as it stands as it was shown.
    """
    diagnostic = knowledge.diagnostic or NOTHING_TO_ASK
    named = {value: True for value in form.getlist("have") if isinstance(value, str)}
    have = by_present_id(named, diagnostic.checklist)
    shown = {value for value in form.getlist("shown") if isinstance(value, str)}
    checklist: dict[str, bool] = {}
    items = {item.id for item in diagnostic.checklist}
    if have.keys() != shown & items or text_of(form, "touched"):
        checklist = {item.id: item.id in have for item in diagnostic.checklist}
    exchange = known_exchange(text_of(form, "which") or text_of(form, "exchange"), knowledge)
    error = text_of(form, "error")
    return Observations(
        text=text_of(form, "text").replace("\r\n", "\n"),
        exchange=exchange,
        error=error if exchange and error and knowledge.errors(exchange, error) else None,
        checklist=checklist,
        tests={
            test: outcome
            for test, outcome in _tests(form, diagnostic).items()
            if f"test-{test}={outcome}" not in shown
        },
        chosen=chosen_issue(text_of(form, "issue"), knowledge),
        ruled_out=read_issues([*form.getlist("not"), *form.getlist("failed")], knowledge),
        items=_items(form, diagnostic),
        skipped=_skipped(form),
    )


def field_of(choice: Choice) -> tuple[str, str]:
    """Return an answer to a question as a form field."""
    for item, ticked in choice.checklist.items():
        return f"item-{item}", YES_NO[ticked]
    for test, outcome in choice.tests.items():
        return f"test-{test}", outcome
    if choice.exchange:
        return "which", choice.exchange
    return ("skip", choice.skip) if choice.skip else ("issue", choice.issue or "")


def answer_fields(observations: Observations) -> tuple[tuple[str, str], ...]:
    """Return the answers to questions as form fields, but those that other fields hold."""
    fields = [("issue", observations.chosen or "")]
    fields += ((f"item-{item}", YES_NO[answer]) for item, answer in observations.items.items())
    fields += (("skip", question) for question in observations.skipped)
    fields += (("not", issue) for issue in observations.ruled_out)
    return tuple((name, value) for name, value in fields if value)


def form_fields(observations: Observations) -> tuple[tuple[str, str], ...]:
    """Return `observations` as form fields, the way `from_form` reads them."""
    fields = [
        ("text", observations.text),
        ("exchange", observations.exchange or ""),
        ("error", observations.error or ""),
        *answer_fields(observations),
        ("touched", "1" if observations.checklist else ""),
    ]
    fields += (("have", item) for item, ticked in observations.checklist.items() if ticked)
    fields += ((f"test-{test}", outcome) for test, outcome in observations.tests.items())
    return tuple((name, value) for name, value in fields if value)


def read_issues(slugs: Sequence[Any], knowledge: KnowledgeBase) -> tuple[str, ...]:
    """Return the known issues among posted slugs, each once; separated by commas or repeated."""
    named = (slug for value in slugs if isinstance(value, str) for slug in _few(value))
    present = (known_issue(slug, knowledge) for slug in named)
    return tuple(dict.fromkeys(slug for slug in present if slug))


def _few(value: str) -> list[str]:
    return value.split(",", MAX_FIELDS)[:MAX_FIELDS]


def list_from_form(form: FormData, knowledge: KnowledgeBase) -> tuple[str, Exchange | None]:
    """Read a posted IP list and the exchange it was saved at."""
    return text_of(form, "list"), knowledge.exchange(text_of(form, "exchange"))


def form_state(
    observations: Observations,
    knowledge: KnowledgeBase,
    *,
    text: str = "",
    error: str | None = None,
    status: StatusView | None = None,
) -> DiagnoseForm:
    """Return the form as it must be shown after `observations`, with `text` in its field.

    What they leave open, `status` answers where the content says so.
    """
    diagnostic = knowledge.diagnostic
    operates = status.operates if status else None
    shown = diagnostic or NOTHING_TO_ASK
    checklist = []
    for item in shown.checklist:
        ticked = observations.checklist.get(item.id)
        if looked := _looked(item, ticked, status):
            ticked = operates
        checklist.append(ChecklistField(id=item.id, text=item.text, ticked=ticked, looked=looked))
    tests = []
    for test in shown.tests:
        outcome = observations.tests.get(test.id)
        if looked := _looked(test, outcome, status):
            outcome = "pass" if operates else "fail"
        labels = outcome_labels(test)
        tests.append(
            QuickTestField(
                id=test.id, text=test.text, labels=labels, outcome=outcome, looked=looked
            )
        )
    return DiagnoseForm(
        diagnostic=diagnostic,
        checklist=tuple(checklist),
        tests=tuple(tests),
        text=text,
        error_code=observations.error,
        touched=bool(observations.checklist),
        error=error,
        status=status,
    )


def _looked(thing: ChecklistItem | QuickTest, told: object, status: StatusView | None) -> bool:
    """Tell whether the status of the exchange answers what the visitor has not."""
    says = status is not None and status.operates is not None
    return thing.live == "status" and told is None and says


def _tests(values: ImmutableMultiDict[str, Any], diagnostic: Diagnostic) -> dict[str, Outcome]:
    given = {
        name.removeprefix("test-"): OUTCOMES[value]
        for name, value in values.multi_items()
        if name.startswith("test-") and isinstance(value, str) and value in OUTCOMES
    }
    return by_present_id(given, diagnostic.tests)


def _items(values: ImmutableMultiDict[str, Any], diagnostic: Diagnostic) -> dict[str, bool]:
    given = {
        name.removeprefix("item-"): value == YES_NO[True]
        for name, value in values.items()
        if name.startswith("item-") and value in YES_NO.values()
    }
    return by_present_id(given, diagnostic.checklist)


def _skipped(values: ImmutableMultiDict[str, Any]) -> tuple[str, ...]:
    named = (value for value in values.getlist("skip") if isinstance(value, str))
    return tuple(dict.fromkeys(name for name in named if _NAME.fullmatch(name)))[:MOST_SKIPPED]


def text_of(form: FormData, name: str) -> str:
    """Return a text field; an uploaded file in its place counts as nothing."""
    value = form.get(name)
    return value if isinstance(value, str) else ""
