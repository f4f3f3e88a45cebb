"""The OpenAPI document of `/api/v1`, with examples from the content that is being served."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from app.diagnosis.presentation import to_json
from app.model import ErrorCode
from app.web.api.answers import (
    diagnosed,
    error_answer,
    exchange_answer,
    exchange_summary,
    issue_answer,
    issue_summary,
    results,
)
from app.web.api.types import DiagnoseRequest, Mistakes, Refusal
from app.web.serving.live import Edition

API_PATH = "/api/v1"
LISTED = 2
"""So many items of a list are enough to show what it is."""


def _refusal(description: str, model: type[BaseModel], example: Any) -> dict[str, Any]:
    content = {"application/json": {"example": {"detail": example}}}
    return {"description": description, "model": model, "content": content}


REFUSALS: Mapping[int | str, dict[str, Any]] = {
    400: _refusal("The body is no text.", Refusal, "There was an error parsing the body"),
    404: _refusal("There is no such thing.", Refusal, "there is no issue 'x'"),
    413: _refusal(
        "The text is too long.",
        Refusal,
        "text is longer than 16 KB; send the lines with the error",
    ),
    422: _refusal(
        "A field or parameter is missing, or is not as described.",
        Mistakes,
        [{"loc": ["body", "text"], "msg": "Field required", "type": "missing"}],
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
    """Return an example for every path for which the content has one."""
    knowledge = edition.knowledge
    found = {"/exchanges": Example(_json(exchange_summary, knowledge.exchanges[:LISTED]))}
    if knowledge.issues:
        issue = knowledge.issues[0]
        found["/issues"] = Example(_json(issue_summary, knowledge.issues[:LISTED]))
        found["/issues/{slug}"] = Example(
            issue_answer(issue, None).model_dump(), {"slug": issue.slug}
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
        error_answer(error.exchange, error.code, entries).model_dump(),
        {"exchange": error.exchange, "code": error.code},
    )
    request = DiagnoseRequest(text=error.examples[0])
    found["/diagnose"] = Example(to_json(diagnosed(request, edition)), body={"text": request.text})
    found["/search"] = Example(
        [one.model_dump() for one in results(edition, error.code, None)[:LISTED]],
        {"q": error.code},
    )
    return found


def describe(document: Mapping[str, Any], examples: Mapping[str, Example]) -> dict[str, Any]:
    """Return the OpenAPI `document` with `examples` in it."""
    described = copy.deepcopy(dict(document))
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
