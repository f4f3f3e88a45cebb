"""JSON Schemas of the content files, for editors; made from the types of `app.model`.

They cover single files; `helpcenter check` also compares files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from app.content.folder import FileKind
from app.content.loader import TYPES
from app.content.validation import FILLED_IN
from app.model.base import Article

DIALECT = "https://json-schema.org/draft/2020-12/schema"

FILES: Mapping[FileKind, str] = MappingProxyType(
    {
        "site": "site.yml",
        "diagnostic": "diagnostic.yml",
        "tips": "tips.yml",
        "issue": "issues/*.md",
        "question": "questions/*.md",
        "exchange": "exchanges/*.md",
        "errors": "errors/*.yml",
        "vocabulary": "vocabulary.yml",
    }
)
"""The kinds of files that have a schema, with their paths in the content folder.

The schema of a Markdown file describes its front matter.
"""

SHARED: Mapping[str, str] = MappingProxyType(
    {
        "Article": "page",
        "Solution": "step",
        "RecipeStep": "step",
        "Recipe": "recipe",
        "TestOutcome": "outcome",
        "FactSource": "source",
    }
)
"""The types that are in several places, with the titles of their keys in docs/keys.md."""

_PAGE = frozenset(Article.model_fields) - {"body"}


class _Generator(GenerateJsonSchema):
    """Leaves out the titles of fields, which would only repeat their names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's name
        return False


def schema(kind: FileKind) -> dict[str, Any]:
    """Return the JSON Schema of the files of a kind; descriptions are those of the model."""
    made = TYPES[kind].model_json_schema(schema_generator=_Generator)
    types = made.pop("$defs", {})
    for entity, names in FILLED_IN.items():
        _without(made if TYPES[kind] is entity else types.get(entity.__name__, {}), names)
    if kind == "issue":
        _may_be_text(made["properties"]["solutions"], types["Solution"])
    if "Recipe" in types:
        _may_be_text(types["Recipe"]["properties"]["steps"], types["RecipeStep"])
    if kind == "question":
        _may_be_text(made["properties"]["steps"], types["RecipeStep"])
    whole = {"$schema": DIALECT, **made, "title": f"content/{FILES[kind]}"}
    return whole | ({"$defs": types} if types else {})


def _without(made: dict[str, Any], names: frozenset[str]) -> None:
    """Take out what a file's name and body say."""
    for name in names & made.get("properties", {}).keys():
        del made["properties"][name]
    if "required" in made:
        made["required"] = [name for name in made["required"] if name not in names]


def _may_be_text(solutions: dict[str, Any], solution: dict[str, Any]) -> None:
    """Let a solution be a text alone, and have its anchor made from it, as the model does."""
    solutions["items"] = {"anyOf": [{"type": "string", "minLength": 1}, solutions["items"]]}
    solution["required"] = [name for name in solution["required"] if name != "id"]


@dataclass(frozen=True)
class Key:
    """A key of a content file."""

    name: str
    """The path of the key: `a.b`, or `a[].b` for `b` in the items of the list `a`."""
    is_required: bool
    meaning: str
    shared: str | None
    """The title of the shared keys below this key, if there are any."""


def is_article(kind: FileKind) -> bool:
    """Tell whether the files of a kind have the keys of every page."""
    return issubclass(TYPES[kind], Article)


def keys(kind: FileKind) -> Iterator[Key]:
    """Yield the keys of a kind without shared keys, the required keys first."""
    whole = schema(kind)
    common = _PAGE if is_article(kind) else frozenset()
    own = {name: field for name, field in whole["properties"].items() if name not in common}
    yield from _keys({**whole, "properties": own}, whole.get("$defs", {}), "")


def shared_keys(title: str) -> Iterator[Key]:
    """Yield the keys with this title in `SHARED`, the required keys first."""
    if title == SHARED["Article"]:
        whole = schema("issue")
        own = {name: field for name, field in whole["properties"].items() if name in _PAGE}
        yield from _keys({"properties": own}, {}, "")
        return
    names = [name for name, shared in SHARED.items() if shared == title]
    types = {name: made for kind in FILES for name, made in schema(kind).get("$defs", {}).items()}
    # Of two types with the same title, the one with more keys has the keys of both.
    made = max((types[name] for name in names), key=lambda made: len(made["properties"]))
    yield from _keys(made, types, "")


def _keys(made: Mapping[str, Any], types: Mapping[str, Any], above: str) -> Iterator[Key]:
    required = made.get("required", ())
    fields = sorted(made.get("properties", {}).items(), key=lambda item: item[0] not in required)
    for name, field in fields:
        below, mark = _below(field)
        meaning = f"{field.get('description', '')}{_values(field)}"
        yield Key(f"{above}{name}", name in required, meaning, SHARED.get(below or ""))
        if below and below not in SHARED:
            yield from _keys(types[below], types, f"{above}{name}{mark}.")


def _values(field: Mapping[str, Any]) -> str:
    """Return the values that a key can have, as a sentence; nothing if it can have any."""
    for part in (field, *field.get("anyOf", ()), field.get("additionalProperties")):
        if isinstance(part, dict) and "enum" in part:
            return f" Values: {', '.join(f'`{value}`' for value in part['enum'])}."
    return ""


def _below(field: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the type of what stands below a key, and `[]` where it is a list of them."""
    for part in (field, *field.get("anyOf", ())):
        if "$ref" in part:
            return part["$ref"].rpartition("/")[2], ""
    if "items" in field:
        return _below(field["items"])[0], "[]"
    named = next(iter(field.get("patternProperties", {}).values()), None)
    return (_below(named)[0], ".<key>") if named else (None, "")
