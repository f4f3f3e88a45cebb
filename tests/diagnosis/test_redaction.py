"""Redaction as a visitor would see it: the secrets are gone, what explains the error is not."""

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from app.diagnosis.redaction import Redaction, RedactionRulesError, Redactor
from tests.diagnosis.pastes import make_hostile_text, make_paste

ROOT = Path(__file__).parents[2]
RULES_FILE = ROOT / "static" / "redaction-rules.json"
RULES: dict[str, Any] = json.loads(RULES_FILE.read_text(encoding="utf-8"))
VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "redaction_vectors.json").read_text(encoding="utf-8")
)
REDACTOR = Redactor.from_file(RULES_FILE)


def test_there_are_many_vectors_of_both_sorts_and_each_has_its_own_name() -> None:
    staying = [vector for vector in VECTORS if vector["name"].startswith("stays: ")]
    assert len(VECTORS) >= 120
    assert len(staying) >= 60
    assert len({vector["name"] for vector in VECTORS}) == len(VECTORS)
    assert all(vector["input"] == vector["output"] for vector in staying)
    assert all(not vector["removed"] for vector in staying)
    assert all(vector["removed"] for vector in VECTORS if vector not in staying)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vector(vector: dict[str, Any]) -> None:
    redaction = REDACTOR.redact(vector["input"])
    assert redaction.text == vector["output"]
    assert {removed.kind: removed.count for removed in redaction.removed} == vector["removed"]
    assert redaction.count == sum(vector["removed"].values())
    again = REDACTOR.redact(redaction.text)
    assert again.text == redaction.text
    assert again.count == 0


def test_json_stays_json() -> None:
    seen = 0
    for vector in VECTORS:
        try:
            json.loads(vector["input"])
        except ValueError:
            continue
        json.loads(vector["output"])
        seen += 1
    assert seen >= 20


@pytest.mark.parametrize("rule", RULES["rules"], ids=lambda rule: rule["id"])
def test_every_rule_is_needed_by_a_vector(rule: dict[str, Any]) -> None:
    others = [other for other in RULES["rules"] if other is not rule]
    _assert_some_vector_differs({**RULES, "rules": others})


@pytest.mark.parametrize("name", RULES["exceptions"])
def test_every_exception_is_needed_by_a_vector(name: str) -> None:
    rules = [
        {**rule, "keep": [kept for kept in rule.get("keep", []) if kept != name]}
        for rule in RULES["rules"]
    ]
    _assert_some_vector_differs({**RULES, "rules": rules})


def _assert_some_vector_differs(rules: dict[str, Any]) -> None:
    redactor = Redactor(rules)
    assert any(_differs(redactor.redact(vector["input"]), vector) for vector in VECTORS)


def _differs(result: Redaction, vector: dict[str, Any]) -> bool:
    removed = {one.kind: one.count for one in result.removed}
    return (result.text, removed) != (vector["output"], vector["removed"])


def _filled(pattern: str) -> str:
    while "{{" in pattern:
        for name, part in RULES["parts"].items():
            pattern = pattern.replace("{{" + name + "}}", part)
    return pattern


NEEDY = [rule for rule in RULES["rules"] if "needs" in rule]


@pytest.mark.slow
@pytest.mark.parametrize("rule", NEEDY, ids=lambda rule: rule["id"])
def test_what_a_rule_needs_is_in_all_that_it_matches(rule: dict[str, Any]) -> None:
    pattern = re.compile(_filled(rule["pattern"]), re.IGNORECASE if rule.get("ignore_case") else 0)
    need = re.compile(_filled(rule["needs"]), re.IGNORECASE)
    seen = 0

    for vector in VECTORS:
        for match in pattern.finditer(vector["input"]):
            assert need.search(match.group())
            seen += 1
    assert seen

    @settings(max_examples=20, deadline=None)
    @given(st.from_regex(pattern))
    def generated(text: str) -> None:
        assert need.search(text)

    generated()


def test_rules_without_needs_find_the_same() -> None:
    plain = [{name: rule[name] for name in rule if name != "needs"} for rule in RULES["rules"]]
    redactor = Redactor({**RULES, "rules": plain})
    for vector in VECTORS:
        assert redactor.redact(vector["input"]) == REDACTOR.redact(vector["input"])


def _alone(rule: dict[str, Any]) -> Any:
    options = re2.Options()
    options.case_sensitive = not rule.get("ignore_case", False)
    return re2.compile(_filled(rule["pattern"]).encode(), options)


def test_together_the_rules_find_what_each_finds_alone() -> None:
    alone = [_alone(rule) for rule in RULES["rules"]]
    pastes = [make_paste(Random(seed)).text for seed in range(100)]
    hostile = [make_hostile_text(Random(seed)) for seed in range(100)]
    vectors = [vector["input"] for vector in VECTORS]
    everything = "\n".join([*pastes, *vectors])
    seen: set[int] = set()
    for text in (*pastes, *hostile, *vectors, everything):
        data = text.encode("utf-8", "replace")
        found = REDACTOR._matching(data)
        assert found == {index for index, one in enumerate(alone) if one.search(data)}, text
        seen |= found
    assert seen == set(range(len(alone)))


ALL_PATTERNS = [
    *RULES["parts"].values(),
    *(part["pattern"] for part in RULES["exceptions"].values()),
    *(part["pattern"] for part in RULES["labels"]),
    *(part["pattern"] for part in RULES["rules"]),
    *(part["needs"] for part in RULES["rules"] if "needs" in part),
]


def _not_shared_by_both_engines(pattern: str) -> list[str]:
    escapes = re.findall(r"\\(?:xa0|.)", pattern)
    strange = [escape for escape in escapes if escape[1:] not in {*"\\trnfv.*+?()[]{}|^$/", "xa0"}]
    return strange + re.findall(r"\(\?[^:].", pattern)


@pytest.mark.parametrize("pattern", ALL_PATTERNS)
def test_patterns_use_only_what_both_engines_read_alike(pattern: str) -> None:
    assert _not_shared_by_both_engines(pattern) == []


@pytest.mark.parametrize(
    "pattern", [r"\bkey", r"\w+", r"\\\s", "(?=a)", "(?<!a)", "(?i)a", r"(a)\1", r"\""]
)
def test_what_the_engines_read_differently_is_found(pattern: str) -> None:
    assert _not_shared_by_both_engines(pattern)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rules": [{"id": "x", "pattern": "("}]}, "missing \\)"),
        ({"rules": [{"id": "x", "pattern": "()({{teapot}})"}]}, "unknown part"),
        ({"rules": [{"id": "x", "pattern": "()(a)", "keep": ["teapot"]}]}, "teapot"),
        ({"parts": {"a": "{{b}}", "b": "c"}}, "unknown part"),
    ],
)
def test_broken_rules_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RedactionRulesError, match=message):
        Redactor({**RULES, **change})


def test_lone_surrogates_become_replacement_characters_and_pairs_a_character() -> None:
    assert REDACTOR.redact("a\ud800b\udfff\ud83d\ude00\ud83d").text == "a\ufffdb\ufffd😀\ufffd"


def test_an_empty_paste_holds_no_secret() -> None:
    redaction = REDACTOR.redact("")
    assert (redaction.text, redaction.removed, redaction.count) == ("", (), 0)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_secrets_go_and_evidence_stays(random: Random) -> None:
    paste = make_paste(random)
    redacted = REDACTOR.redact(paste.text).text
    for secret in paste.secrets:
        assert secret not in redacted
    for evidence in paste.evidence:
        assert evidence in redacted
    assert REDACTOR.redact(redacted).text == redacted


@pytest.mark.parametrize("seeds", [400, pytest.param(2000, marks=pytest.mark.slow)])
def test_no_secret_of_many_pastes_is_left_and_no_evidence_lost(seeds: int) -> None:
    planted = 0
    for seed in range(seeds):
        paste = make_paste(Random(seed))
        redacted = REDACTOR.redact(paste.text).text
        assert [secret for secret in paste.secrets if secret in redacted] == [], seed
        assert [line for line in paste.evidence if line not in redacted] == [], seed
        planted += len(paste.secrets)
    assert planted > seeds


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_hostile_text_is_redacted_once_and_for_all(random: Random) -> None:
    redacted = REDACTOR.redact(make_hostile_text(random)).text
    again = REDACTOR.redact(redacted)
    assert (again.text, again.count) == (redacted, 0)


@pytest.mark.parametrize("seed", range(10))
def test_hostile_text_of_a_few_seeds_too(seed: int) -> None:
    random = Random(seed)
    for _ in range(10):
        redacted = REDACTOR.redact(make_hostile_text(random)).text
        again = REDACTOR.redact(redacted)
        assert (again.text, again.count) == (redacted, 0)


@settings(deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_is_taken(text: str) -> None:
    redacted = REDACTOR.redact(text).text
    redacted.encode("utf-8")
    assert REDACTOR.redact(redacted).text == redacted


@pytest.mark.parametrize(
    "food",
    ["a", "[", "\\", '"', "secret: ", "password: a", 'secret:\\"\\', "cookie: a", "a@a.", "a://a@",
     "-----BEGIN A-----", "eyJ", "--secret ", "abc ", "AbV1/", "\x00", "\ud800", "&quot;"],
)  # fmt: skip
def test_sixteen_kibibytes_of_regex_food(food: str) -> None:
    text = (food * 16384)[:16384]
    redacted = REDACTOR.redact(text).text
    assert REDACTOR.redact(redacted).text == redacted
