"""JSON Schemas of the content files, for editors; made from the types of `app.model`.

They cover single files; `helpcenter check` also compares files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from app.content.folder import FileKind
from app.content.loader import TYPES
from app.content.validation import FILLED_IN

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
"""Every kind of file that has a schema, and where such files stand in the content folder.

Of Markdown files it is the front matter.
"""


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


def keys(kind: FileKind) -> Iterator[tuple[str, bool, str]]:
    """Yield every key of a kind, whether it is needed, and its meaning: needed ones first.

    Keys below another one are written with a dot, keys of the items of a list with `[]` before it.
    """
    whole = schema(kind)
    yield from _keys(whole, whole.get("$defs", {}), "")


def _keys(
    made: Mapping[str, Any], types: Mapping[str, Any], above: str
) -> Iterator[tuple[str, bool, str]]:
    required = made.get("required", ())
    fields = sorted(made.get("properties", {}).items(), key=lambda item: item[0] not in required)
    for name, field in fields:
        yield f"{above}{name}", name in required, field.get("description", "")
        below, mark = _below(field)
        if below:
            yield from _keys(types[below], types, f"{above}{name}{mark}.")


def _below(field: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the type of what stands below a key, and `[]` where it is a list of them."""
    for part in (field, *field.get("anyOf", ())):
        if "$ref" in part:
            return part["$ref"].rpartition("/")[2], ""
    if "items" in field:
        return _below(field["items"])[0], "[]"
    named = next(iter(field.get("patternProperties", {}).values()), None)
    return (_below(named)[0], ".<key>") if named else (None, "")
