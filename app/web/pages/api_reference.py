"""`/api`: the reference of the JSON interface, made from its OpenAPI document."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from app import addresses
from app.web.api.description import API_PATH, Example, describe, examples
from app.web.pages.handlers import Handlers, Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterView:
    """One thing that an operation takes: `place` is "path", "query" or "body"."""

    name: str
    place: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView:
    """One way in which an operation refuses: its status, what it means, and its JSON."""

    status: str
    description: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """An operation of the interface; `curl` is a command to try, `answer` its response.

    Both are empty if the content has no example.
    """

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[ParameterView, ...]
    curl: str
    answer: str
    refusals: tuple[RefusalView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPage:
    """`/api`: the reference of the JSON interface."""

    template: ClassVar[str] = "pages/api.html"

    shell: Shell
    description: str
    operations: tuple[OperationView, ...]
    document_url: str


EXCHANGE = "exchange"
"""The name of the parameter, and part of the paths, that only content with exchanges needs."""
STATUS = "/status"
"""The path that tells of exchanges without naming them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiReferenceHandlers(Handlers):
    """The handler of the reference; `openapi` returns the document without its examples."""

    openapi: Callable[[], Mapping[str, Any]]

    async def show(self, request: Request) -> Response:
        """Answer with every operation, with a command to try and its response.

        If the content has no exchanges, operations and parameters about them are left out.
        """
        found = examples(self.edition)
        document = describe(self.openapi(), found)
        origin = self.base_url or str(request.base_url).rstrip("/")
        left_out = () if self.edition.knowledge.exchanges else (EXCHANGE, STATUS)
        page = ApiPage(
            shell=self.shell(
                addresses.PATHS["api"],
                None,
                title="API reference",
                description=document["info"]["description"],
                tailored=False,
            ),
            description=document["info"]["description"],
            operations=tuple(
                _operation(method, path, document, found.get(path), origin, left_out=left_out)
                for path, operations in document["paths"].items()
                for method in operations
                if not any(name in path for name in left_out)
            ),
            document_url=f"{API_PATH}/openapi.json",
        )
        if self.base_url:
            return self.page(page)
        # The lines to try name the host that was asked, so no cache may keep them for others.
        return self.uncached(page)


def _operation(
    method: str,
    path: str,
    document: Mapping[str, Any],
    example: Example | None,
    origin: str,
    *,
    left_out: Sequence[str],
) -> OperationView:
    operation = document["paths"][path][method]
    return OperationView(
        id=operation["operationId"].replace("_", "-"),
        method=method.upper(),
        path=API_PATH + path,
        summary=operation["summary"],
        description=operation["description"],
        parameters=tuple(
            parameter
            for parameter in (*_parameters(operation), *_fields(operation, document))
            if parameter.name not in left_out
        ),
        curl=_curl(origin + API_PATH + path, example) if example else "",
        answer=_pretty(example.answer) if example else "",
        refusals=tuple(
            RefusalView(
                status=status,
                description=answer["description"],
                example=_pretty(answer["content"]["application/json"]["example"]),
            )
            for status, answer in sorted(operation["responses"].items())
            if status != "200"
        ),
    )


def _parameters(operation: Mapping[str, Any]) -> tuple[ParameterView, ...]:
    return tuple(
        ParameterView(
            name=parameter["name"],
            place=parameter["in"],
            required=parameter["required"],
            description=parameter["description"],
        )
        for parameter in operation.get("parameters", ())
    )


def _fields(operation: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[ParameterView, ...]:
    if "requestBody" not in operation:
        return ()
    reference: str = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    return tuple(
        ParameterView(
            name=name,
            place="body",
            required=name in schema["required"],
            description=field["description"],
        )
        for name, field in schema["properties"].items()
    )


def _curl(url: str, example: Example) -> str:
    """Return a line for a shell that asks for the example."""
    query = dict(example.parameters)
    for name in example.parameters:
        place = f"{{{name}}}"
        if place in url:
            url = url.replace(place, quote(query.pop(name), safe=":"))
    url += f"?{urlencode(query)}" if query else ""
    if example.body is None:
        return f"curl {shlex.quote(url)}"
    body = shlex.quote(json.dumps(example.body, ensure_ascii=False))
    return f"curl {shlex.quote(url)} -H 'Content-Type: application/json' -d {body}"


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
