"""Fields of a file -> entity, with the mistakes of a schema in a writer's words."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.content.frontmatter import Document, Location, Problem
from app.model import Entity, ErrorCode, Exchange, Issue, Question, slugify

FILLED_IN: Mapping[type[BaseModel], frozenset[str]] = {
    Issue: frozenset({"slug", "body"}),
    Question: frozenset({"slug", "body"}),
    Exchange: frozenset({"id", "body"}),
    ErrorCode: frozenset({"exchange"}),
}
"""The fields that come from a file's name and body, not from its keys."""

_ADDRESS = "must be one IPv4 or IPv6 address; remove the port or mask"
_DATE = "must be a date; write it as 2026-11-20"
_NUMBER = "must be a whole number; write digits only"
_KEYS = "must contain `key: value` lines"
_WRONG: Mapping[str, str] = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "date_from_datetime_parsing": _DATE,
    "date_parsing": _DATE,
    "date_type": _DATE,
    "dict_type": _KEYS,
    "int_from_float": _NUMBER,
    "int_parsing": _NUMBER,
    "int_parsing_size": "is too large; write a smaller number",
    "int_type": _NUMBER,
    "literal_error": "must be {expected}; change it",
    "ip_v4_address": _ADDRESS,
    "ip_v6_address": _ADDRESS,
    "model_type": _KEYS,
    "string_too_long": "is too long; write {max_length} characters at most",
    "string_too_short": "is empty; write a text",
    "too_short": "needs at least {min_length} entry; add one",
}
"""What to say for the error types of pydantic that writers meet."""

_BULLET = re.compile(r"\s*(?:[-*•–—·]|\d+[.)])")
_SHORT = 40


def validate(
    entity_type: type[Entity], fields: Mapping[str, Any], document: Document
) -> tuple[Entity | None, list[Problem]]:
    """Return the entity of a file, or None and what is wrong with `fields`."""
    try:
        return entity_type.model_validate(fields), []
    except ValidationError as error:
        # A value can fail each of several types; that is a single mistake.
        return None, list(dict.fromkeys(_problems(entity_type, error.errors(), fields, document)))


def _problems(
    entity_type: type[Entity],
    details: Sequence[ErrorDetails],
    fields: Mapping[str, Any],
    document: Document,
) -> Iterator[Problem]:
    for detail in details:
        location: Location = detail["loc"]
        if _follows_from_others(entity_type, detail, details):
            continue
        around = _at(fields, location[:-1])
        is_key = detail["type"] in {"extra_forbidden", "missing"}
        if is_key and _was_a_text(entity_type, location[:-1], around):
            yield Problem(
                "wrong-type",
                document.position(location[:-1]),
                _no_text(location[:-1], around, document),
            )
        else:
            yield _explain(entity_type, detail, document)


def _follows_from_others(
    entity_type: type[Entity], detail: ErrorDetails, details: Sequence[ErrorDetails]
) -> bool:
    """Tell whether another mistake caused this mistake.

    A list is too short because its items have mistakes; a key is missing because it is misspelt.
    """
    place = detail["loc"]
    if detail["type"] == "too_short":
        return any(
            len(other["loc"]) > len(place) and other["loc"][: len(place)] == place
            for other in details
        )
    return detail["type"] == "missing" and any(
        other["type"] == "extra_forbidden"
        and other["loc"][:-1] == place[:-1]
        and _nearest(str(other["loc"][-1]), _fields_at(entity_type, place[:-1])) == place[-1]
        for other in details
    )


def _was_a_text(entity_type: type[Entity], location: Location, value: object) -> bool:
    """Tell whether a mapping was meant as an item that is a text, as in `- Note: open`."""
    is_item = bool(location) and isinstance(location[-1], int)
    return (
        is_item
        and isinstance(value, dict)
        and value.keys().isdisjoint(_fields_at(entity_type, location))
    )


def _at(fields: Any, location: Location) -> Any:
    """Return the value at a location; None if there is none."""
    for part in location:
        if isinstance(fields, Mapping):
            fields = fields.get(part)
        elif isinstance(fields, Sequence) and isinstance(part, int) and part < len(fields):
            fields = fields[part]
        else:
            return None
    return fields


def _explain(entity_type: type[Entity], detail: ErrorDetails, document: Document) -> Problem:
    location: Location = detail["loc"]
    place = document.position(location)
    name = _name(location)
    if detail["type"] == "extra_forbidden":
        known = _fields_at(entity_type, location[:-1])
        invisible = [sign for sign in str(location[-1]) if unicodedata.category(sign) == "Cf"]
        if invisible:
            code = f"U+{ord(invisible[0]):04X}"
            return Problem(
                "unknown-key", place, f"an invisible character ({code}) in the key; remove it"
            )
        near = _nearest(str(location[-1]), known)
        hint = f"did you mean `{near}`?" if near else f"known here: {', '.join(known)}"
        return Problem("unknown-key", place, f"unknown key `{name}`; {hint}")
    if detail["type"] == "missing":
        return Problem("missing-key", place, f"the key `{name}` is missing; add it")
    return Problem("wrong-type", place, _wrong(detail, document))


def _wrong(detail: ErrorDetails, document: Document) -> str:
    """Say what is wrong with a value."""
    location, kind, context = detail["loc"], detail["type"], detail.get("ctx", {})
    name = _name(location)
    if location and location[-1] in {"slug", "id"} and location not in document.positions:
        if len(location) == 1:
            return "the file's name must be lower-case words joined by hyphens; rename the file"
        return f"no anchor can be made from the text of `{name[:-3]}`; give it an `id`"
    if kind == "string_type":
        return _no_text(location, detail["input"], document)
    if kind == "tuple_type":
        return _no_list(name, detail["input"])
    if kind in _WRONG:
        if kind.startswith("ip_"):  # the location ends in the name of the type that was tried
            name = _name(location[:-1])
        return f"`{name}` {_WRONG[kind].format(**context)}"
    if kind == "string_pattern_mismatch":
        if "https?" in context["pattern"]:
            return f"`{name}` must be a whole web or email link; begin it with https:// or mailto:"
        if context["pattern"].startswith("^#"):
            return f'`{name}` must be a colour of six digits; write it in quotes, like "#1f4fc4"'
        slug = slugify(str(detail["input"]).rstrip("/").rpartition("/")[2].removesuffix(".md"))
        near = f", perhaps `{slug}`" if slug else ""
        return f"`{name}` must be lower-case words joined by hyphens{near}; rewrite it"
    return f"`{name}`: {detail['msg'][:1].lower()}{detail['msg'][1:]}; change it"


def _no_text(location: Location, value: object, document: Document) -> str:
    """Return why YAML doesn't read the value as a text."""
    name = _name(location)
    source = _source(location, document)
    if source.startswith(("{", "[")):
        return f"`{name}` begins with {source[0]}; put the whole text into quotes"
    if isinstance(value, dict):
        return f"`{name}` contains a colon; put the whole text into quotes"
    if isinstance(value, list):
        return f"`{name}` is a list; write one text"
    if value is None and source.startswith("#"):
        return f"`{name}` begins with #, which begins a comment; put the text into quotes"
    if value is None:
        return f"`{name}` is empty; write a text"
    kinds = {bool: "true or false", int: "a number", float: "a number"}
    return f"`{name}` is {kinds.get(type(value), 'a date')}, not a text; put it into quotes"


def _source(location: Location, document: Document) -> str:
    """Return what a file says at a location, to the end of the line."""
    place = document.position(location)
    lines = document.text.split("\n")
    return lines[place.line - 1][place.column - 1 :].lstrip() if place.line <= len(lines) else ""


def _no_list(name: str, value: object) -> str:
    """Return why YAML doesn't read the value as a list."""
    if isinstance(value, str) and (bullet := _BULLET.match(value)):
        sign = bullet[0].strip()
        if sign == "-":
            return f"the entries of `{name}` need an ordinary space after the `-`; add it"
        return f"the entries of `{name}` begin with `{sign}`; begin them with `- `"
    if isinstance(value, str) and len(value) < _SHORT:
        return f"`{name}` must be a list; write [{value}]"
    return f"`{name}` must be a list; begin each entry with `- ` on a line of its own"


def _name(location: Location) -> str:
    return ".".join(str(part) for part in location)


def _nearest(key: str, known: Sequence[str]) -> str | None:
    return next(iter(difflib.get_close_matches(key.casefold(), known, n=1)), None)


def _fields_at(entity_type: type[BaseModel], location: Location) -> list[str]:
    """Return the keys that may stand at `location` of a file of this type, needed ones first."""
    current: type[BaseModel] = entity_type
    for part in location:
        if isinstance(part, int) or part not in current.model_fields:
            continue
        nested = _nested(current.model_fields[part].annotation)
        if nested is None:
            break
        current = nested
    filled_in = FILLED_IN.get(current, frozenset())
    names = [name for name in current.model_fields if name not in filled_in]
    return sorted(names, key=lambda name: not current.model_fields[name].is_required())


def _nested(annotation: Any) -> type[BaseModel] | None:
    """Return the entity type inside an annotation such as `tuple[Solution, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _nested(arg))), None)
