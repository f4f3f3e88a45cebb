"""The schemas that editors read say what the loader says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.content.loader import TYPES, load
from app.content.schema import FILES, SHARED, keys, schema, shared_keys
from app.settings import ROOT
from tests.conftest import MARBLES, TEAPOTS

pytestmark = pytest.mark.slow

SETTINGS = json.loads((ROOT / ".vscode/settings.json").read_text())


def unknown(value: Any, made: Mapping[str, Any], types: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of a file that its schema doesn't allow, and those that it misses."""
    made = types[made["$ref"].rpartition("/")[2]] if "$ref" in made else made
    if "anyOf" in made:
        tries = [list(unknown(value, choice, types)) for choice in made["anyOf"]]
        yield from min(tries, key=len)
    elif isinstance(value, dict):
        known = made.get("properties", {})
        named = next(iter(made.get("patternProperties", {}).values()), None)
        named = named or made.get("additionalProperties")
        yield from (name for name in made.get("required", ()) if name not in value)
        for name, item in value.items():
            if name in known or named:
                yield from unknown(item, known.get(name, named), types)
            else:
                yield name
    elif isinstance(value, list):
        for item in value:
            yield from unknown(item, made["items"], types)
    elif isinstance(value, str) and made["type"] != "string":
        yield f"{value} is no {made['type']}"


@pytest.mark.parametrize(
    "root",
    [TEAPOTS, MARBLES, pytest.param(ROOT / "content", marks=pytest.mark.slow)],
    ids=["teapots", "marbles", "content"],
)
def test_content_fits_its_schemas(root: Path) -> None:
    sources = [source for source in load(root, drafts=True).sources if source.kind in FILES]
    assert len(sources) >= 7
    for source in sources:
        made = schema(source.kind)
        assert list(unknown(source.document.fields, made, made.get("$defs", {}))) == [], source.path


def test_what_does_not_fit() -> None:
    made = schema("issue")
    fields = {"titel": "A", "symptom": "B", "causes": ["C"], "solutions": [{"text": "a", "idd": 1}]}
    assert list(unknown(fields, made, made["$defs"])) == ["title", "titel", "idd"]


def test_every_kind_of_file_has_a_schema() -> None:
    of_lines = {"permalinks", "redirects", "dates", "reports"}
    assert set(FILES) == set(TYPES) - of_lines


def test_what_the_file_says_itself_is_not_asked_for() -> None:
    assert not {"slug", "body"} & schema("issue")["properties"].keys()
    assert not {"id", "body"} & schema("exchange")["properties"].keys()
    assert "exchange" not in schema("errors")["$defs"]["ErrorCode"]["properties"]
    assert schema("errors")["$defs"]["ErrorCode"]["required"] == ["code", "issues"]
    assert "id" in schema("tips")["$defs"]["Tip"]["required"]


def test_a_solution_may_be_a_text() -> None:
    first, second = schema("issue")["properties"]["solutions"]["items"]["anyOf"]
    assert first["type"] == "string"
    assert second == {"$ref": "#/$defs/Solution"}
    assert schema("issue")["$defs"]["Solution"]["required"] == ["text"]


@pytest.mark.parametrize("kind", FILES)
def test_every_key_is_described(kind: Any) -> None:
    described = list(keys(kind))
    assert len(described) >= 3
    for key in described:
        assert key.meaning.endswith("."), f"{kind}: {key.name}"
        assert len(key.meaning.partition(" Values: ")[0]) <= 110, f"{kind}: {key.name}"


def test_keys_that_several_files_share_are_listed_once() -> None:
    for title in SHARED.values():
        assert len(list(shared_keys(title))) >= 3, title
    names = {key.name.rpartition(".")[2] for kind in FILES for key in keys(kind)}
    assert not names & {"verified", "unless", "cause", "because", "kind"}


def test_vs_code_knows_the_schema_of_every_yaml_file() -> None:
    wired = SETTINGS["yaml.schemas"]
    yaml = {kind: files for kind, files in FILES.items() if files.endswith(".yml")}
    assert wired == {f"./schemas/{kind}.json": f"content/{files}" for kind, files in yaml.items()}
    for path in wired:
        assert (ROOT / path).is_file()
