"""The OpenAPI document of `/api/v1`, with examples from the content that is being served."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.diagnosis.output import to_json
from app.model import ErrorCode
from app.web.api.responses import (
    error_answer,
    exchange_answer,
    exchange_summary,
    issue_answer,
    issue_summary,
    observed,
    question_answer,
    question_summary,
    results,
)
from app.web.api.types import MOST_KB, DiagnoseRequest, FieldMistake, Mistakes, Refusal
from app.web.serving.live import Edition

API_PATH = "/api/v1"
KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key from the operator, for programs on a server. It lifts the limits.",
}
"""The security scheme of the optional key."""
LISTED = 2
"""The items of a list that an example shows."""


def _refusal(description: str, detail: str, *mistakes: FieldMistake) -> dict[str, Any]:
    said = Mistakes(detail=detail, errors=[*mistakes]) if mistakes else Refusal(detail=detail)
    content = {"application/json": {"example": said.model_dump()}}
    return {"description": description, "model": type(said), "content": content}


TOO_LONG = f"text is longer than {MOST_KB} KB; send the lines with the error"

REFUSALS: Mapping[int | str, dict[str, Any]] = {
    400: _refusal("The body isn't valid text.", "There was an error parsing the body"),
    401: _refusal("This key doesn't exist.", "there is no such key"),
    404: _refusal("Not found.", "there is no issue 'x'"),
    413: _refusal("The text is too long.", TOO_LONG),
    422: _refusal(
        "A field or parameter is missing or wrong.",
        "body.text: Field required",
        FieldMistake(loc=["body", "text"], msg="Field required", type="missing"),
    ),
    429: _refusal(
        "Your IP address has sent too many requests. Wait for the seconds in `Retry-After`. "
        "A key lifts the limit.",
        "Too many requests came from your IP address. Wait a few seconds and try again.",
    ),
    503: _refusal(
        "The help center has nothing to serve yet, or is too busy. Try again after the seconds in "
        "`Retry-After`.",
        "the content has errors; it is served once they are corrected",
    ),
}
"""What each refusal is, for FastAPI's `responses`."""


@dataclass(frozen=True, slots=True)
class Example:
    """One request with its real answer: parameters by name, the JSON body, and what comes back."""

    answer: Any
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


def examples(edition: Edition) -> dict[str, Example]:
    """Return an example for every path, if the content has a fitting one."""
    knowledge = edition.knowledge
    found = {"/exchanges": Example(_json(exchange_summary, knowledge.exchanges[:LISTED]))}
    if knowledge.issues:
        issue = knowledge.issues[0]
        found["/issues"] = Example(_json(issue_summary, knowledge.issues[:LISTED]))
        found["/issues/{slug}"] = Example(
            issue_answer(issue, None, knowledge).model_dump(), {"slug": issue.slug}
        )
    if knowledge.questions:
        question = knowledge.questions[0]
        found["/questions"] = Example(_json(question_summary, knowledge.questions[:LISTED]))
        found["/questions/{slug}"] = Example(
            question_answer(question, None, knowledge).model_dump(), {"slug": question.slug}
        )
    if knowledge.exchanges:
        exchange = knowledge.exchanges[0]
        codes = [*knowledge.errors_of(exchange.id)][:LISTED]
        answer = exchange_answer(exchange, codes).model_dump()
        found["/exchanges/{exchange}"] = Example(answer, {"exchange": exchange.id})
    error = _first_error(edition)
    if error is None:
        return found
    entries = knowledge.errors(error.exchange, error.code)
    found["/errors/{exchange}/{code}"] = Example(
        error_answer(error.exchange, error.code, entries, knowledge).model_dump(),
        {"exchange": error.exchange, "code": error.code},
    )
    request = DiagnoseRequest(text=error.examples[0])
    observations = observed(request, edition)
    told = to_json(edition.engine.diagnose(observations), knowledge, observations)
    found["/diagnose"] = Example(told, body={"text": request.text})
    found["/search"] = Example(
        [result.model_dump() for result in results(edition, error.code, None)[:LISTED]],
        {"q": error.code},
    )
    return found


def describe(document: Mapping[str, Any], examples: Mapping[str, Example]) -> dict[str, Any]:
    """Return the OpenAPI `document` with `examples` in it."""
    described = copy.deepcopy(dict(document))
    described["components"]["securitySchemes"] = {"key": KEY}
    described["security"] = [{}, {"key": []}]
    for path, example in examples.items():
        for operation in described["paths"][path].values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in example.parameters:
                    parameter["example"] = example.parameters[parameter["name"]]
            if example.body is not None:
                operation["requestBody"]["content"]["application/json"]["example"] = example.body
            operation["responses"]["200"]["content"]["application/json"]["example"] = example.answer
    return described


def _json(convert: Any, items: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [convert(item).model_dump() for item in items]


def _first_error(edition: Edition) -> ErrorCode | None:
    """Return the first error code that has a real message as its example."""
    knowledge = edition.knowledge
    errors = (
        error
        for exchange in knowledge.exchanges
        for entries in knowledge.errors_of(exchange.id).values()
        for error in entries
    )
    return next((error for error in errors if error.examples), None)
