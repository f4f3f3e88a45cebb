"""Redaction as a visitor would see it: the secrets are gone, what explains the error is not."""

import json
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from app.diagnosis.redaction import RedactionRulesError, Redactor
from tests.diagnosis.careless import IDENTITY, careless_pastes, survives
from tests.diagnosis.pastes import make_hostile_text, make_paste
from tests.diagnosis.slow_texts import PIECES, slow_texts
from tests.timing import processor_seconds

ROOT = Path(__file__).parents[2]
RULES_FILE = ROOT / "static" / "redaction-rules.json"
RULES: dict[str, Any] = json.loads(RULES_FILE.read_text(encoding="utf-8"))
VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "redaction_vectors.json").read_text(encoding="utf-8")
)
WORDS = RULES_FILE.with_name("recovery-words.txt").read_text(encoding="utf-8").split()
CARELESS_TEXTS = [paste.text for paste in careless_pastes(0)]
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
    again = REDACTOR.redact(redaction.text)
    assert again.text == redaction.text
    assert again.removed == ()


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


ALL_RULES = [*RULES["rules"], *RULES["forms"]]
ALTERNATIVES = [
    (part, place, alternative)
    for part in ("rules", "forms")
    for place, rule in enumerate(RULES[part])
    for alternative in range(len(rule["pattern"]) if isinstance(rule.get("pattern"), list) else 1)
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "place", "alternative"),
    ALTERNATIVES,
    ids=[f"{RULES[part][place]['id']} {number}" for part, place, number in ALTERNATIVES],
)
def test_every_rule_and_form_is_needed(part: str, place: int, alternative: int) -> None:
    changed = list(RULES[part])
    if isinstance(changed[place].get("pattern"), list):
        patterns = list(changed[place]["pattern"])
        del patterns[alternative]
        changed[place] = {**changed[place], "pattern": patterns}
    else:
        del changed[place]
    _assert_some_text_differs({**RULES, part: changed})


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", sorted({name for rule in ALL_RULES for name in rule.get("keep", [])})
)
def test_every_exception_is_needed(name: str) -> None:
    def without(rule: dict[str, Any]) -> dict[str, Any]:
        return {**rule, "keep": [kept for kept in rule.get("keep", []) if kept != name]}

    changed = {part: [without(rule) for rule in RULES[part]] for part in ("rules", "forms")}
    _assert_some_text_differs({**RULES, **changed})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["evidence", "no-value"])
def test_every_pattern_of_an_exception_is_needed(name: str) -> None:
    exception = RULES["exceptions"][name]
    for place in range(len(exception["pattern"])):
        patterns = [*exception["pattern"][:place], *exception["pattern"][place + 1 :]]
        exceptions = {**RULES["exceptions"], name: {**exception, "pattern": patterns}}
        _assert_some_text_differs({**RULES, "exceptions": exceptions}, exception["pattern"][place])


def _assert_some_text_differs(rules: dict[str, Any], missing: str = "") -> None:
    redactor = Redactor(rules, WORDS)
    texts = [*(vector["input"] for vector in reversed(VECTORS)), *CARELESS_TEXTS]
    assert any(redactor.redact(text) != REDACTOR.redact(text) for text in texts), missing


def _filled(pattern: str) -> str:
    while "{{" in pattern:
        for name, part in RULES["parts"].items():
            pattern = pattern.replace("{{" + name + "}}", part)
    return pattern


def _alone(rule: dict[str, Any]) -> Any:
    options = re2.Options()
    options.case_sensitive = not rule.get("ignore_case", False)
    return re2.compile(_filled(rule["pattern"]).encode(), options)


@pytest.mark.slow
def test_together_the_rules_find_what_each_finds_alone() -> None:
    alone = [
        REDACTOR._labels.pattern if rule.get("by") == "labels" else _alone(rule)
        for rule in RULES["rules"]
    ]
    pastes = [make_paste(Random(seed)).text for seed in range(100)]
    hostile = [make_hostile_text(Random(seed)) for seed in range(100)]
    vectors = [vector["input"] for vector in VECTORS]
    everything = "\n".join([*pastes, *vectors])
    uuid = "37c541a1-8a1b-4f0a-9b1c-1234567890ab"
    removed = "[possible secret removed]"
    vectors += [f"{uuid} {removed}", f"{removed}\nabcdefgh1234", "[e-mail address removed]:abcd"]
    seen: set[int] = set()
    for text in (*pastes, *hostile, *vectors, *CARELESS_TEXTS, everything):
        data = text.encode("utf-8", "replace")
        found = REDACTOR._matching(data)
        assert found == {index for index, pattern in enumerate(alone) if pattern.search(data)}, text
        seen |= found
    assert seen == set(range(len(alone)))


def _patterns(rule: dict[str, Any]) -> list[str]:
    pattern = rule.get("pattern", [])
    return [pattern] if isinstance(pattern, str) else pattern


PARTS = ("rules", "forms", "doubts")
ALL_PATTERNS = [
    *RULES["parts"].values(),
    RULES["tail"],
    *(label[key] for label in RULES["labels"] for key in ("word", "anywhere") if key in label),
    *(pattern for rule in RULES["exceptions"].values() for pattern in _patterns(rule)),
    *(kind["pattern"] for kind in RULES["kinds"]),
    *(pattern for part in PARTS for rule in RULES[part] for pattern in _patterns(rule)),
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
        ({"rules": [{"id": "x", "pattern": "({{teapot}})"}]}, "unknown part"),
        ({"rules": [{"id": "x", "pattern": "(a)", "keep": ["teapot"]}]}, "teapot"),
        ({"parts": {"a": "{{b}}", "b": "c"}}, "unknown part"),
    ],
)
def test_broken_rules_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RedactionRulesError, match=message):
        Redactor({**RULES, **change}, WORDS)


def test_lone_surrogates_become_replacement_characters_and_pairs_a_character() -> None:
    assert REDACTOR.redact("a\ud800b\udfff\ud83d\ude00\ud83d").text == "a\ufffdb\ufffd😀\ufffd"


def test_an_empty_paste_holds_no_secret() -> None:
    redaction = REDACTOR.redact("")
    assert (redaction.text, redaction.removed) == ("", ())


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
    assert (again.text, again.removed) == (redacted, ())


@pytest.mark.parametrize("seed", range(10))
def test_hostile_text_of_a_few_seeds_too(seed: int) -> None:
    random = Random(seed)
    for _ in range(10):
        redacted = REDACTOR.redact(make_hostile_text(random)).text
        again = REDACTOR.redact(redacted)
        assert (again.text, again.removed) == (redacted, ())


@settings(deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_is_taken(text: str) -> None:
    redacted = REDACTOR.redact(text).text
    redacted.encode("utf-8")
    assert REDACTOR.redact(redacted).text == redacted


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 10))]
)
def test_secrets_of_careless_people_are_removed(seed: int) -> None:
    pastes = list(careless_pastes(seed))
    left: dict[bool, list[str]] = {True: [], False: []}
    counts = Counter(
        paste.group in IDENTITY for paste in pastes for _ in (*paste.secrets, *paste.unknowable)
    )
    for paste in pastes:
        redacted = REDACTOR.redact(paste.text).text
        assert [word for word in paste.keep if word not in redacted] == [], paste.name
        assert REDACTOR.redact(redacted).text == redacted
        left[paste.group in IDENTITY] += [
            f"{paste.group}, {paste.name}: {secret}"
            for secret in (*paste.secrets, *paste.unknowable)
            if survives(secret, paste, redacted)
        ]
    assert len(pastes) > 400
    # Those that no rule can know are among them.
    assert len(left[False]) <= counts[False] * 0.02, left
    assert len(left[True]) <= counts[True] * 0.04, left


def test_careless_people_are_of_all_sorts() -> None:
    pastes = list(careless_pastes(0))
    groups = Counter(paste.group for paste in pastes)
    assert len(groups) >= 24
    assert all(paste.secrets or paste.unknowable for paste in pastes)
    assert all(word in paste.text for paste in pastes for word in paste.keep)
    assert sum(bool(paste.keep) for paste in pastes) > 90


@pytest.mark.slow
@pytest.mark.parametrize("text", slow_texts(16384), ids=[ascii(piece) for piece in PIECES])
def test_sixteen_kibibytes_of_regex_food(text: str) -> None:
    redacted = REDACTOR.redact(text).text
    assert REDACTOR.redact(redacted).text == redacted


def _grows_too_fast(piece: str) -> bool:
    """Tell whether twice the text takes far more than twice the time.

    A quadratic rule needs four times as long. Less than 20 ms say nothing.
    """
    whole, double = (piece * 16384)[:16384], (piece * 32768)[:32768]
    shorter = processor_seconds(lambda: REDACTOR.redact(whole), times=1)
    longer = processor_seconds(lambda: REDACTOR.redact(double), times=1)
    return bool(longer > 0.02 and longer > 3 * shorter)


@pytest.mark.slow
def test_the_time_grows_with_the_text() -> None:
    suspects = list(PIECES)
    for _ in range(4):  # a busy machine is slow now and then, a bad rule each time
        suspects = [piece for piece in suspects if _grows_too_fast(piece)]
    assert suspects == []


@pytest.mark.slow
def test_the_engine_has_room_for_all_rules(capfd: pytest.CaptureFixture[str]) -> None:
    """RE2 warns when a pattern is too large for it, and is slow from then on."""
    redactor = Redactor.from_file(RULES_FILE)
    for text in (*CARELESS_TEXTS, *slow_texts(2048)):
        redactor.redact(text)
    assert "out of memory" not in capfd.readouterr().err
