"""The reports that measure the diagnosis are well-formed and stand nowhere else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HELD_OUT = sorted((ROOT / "tests/reports").glob("held_out*.jsonl"))
LEARNED = [ROOT / "content/reports.jsonl", *(ROOT / "content/reports").glob("*.jsonl")]
FIELDS = {"text", "expected", "also", "kind", "exchange", "lang", "source", "origin"}
FOR_DOCUMENTATION = ("192.0.2.", "198.51.100.", "203.0.113.")


def reports(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def normalised(text: str) -> str:
    return " ".join(text.lower().split())


def test_there_are_three_files() -> None:
    assert [path.stem for path in HELD_OUT] == ["held_out", "held_out_2", "held_out_3"]


@pytest.mark.parametrize("path", HELD_OUT, ids=lambda path: path.stem)
def test_every_report_has_its_fields(path: Path) -> None:
    labels = {issue.stem for issue in (ROOT / "content/issues").glob("*.md")} | {"none"}

    for report in reports(path):
        assert set(report) == FIELDS, report["text"]
        assert report["text"].strip(), report["source"]
        assert {report["expected"], *report["also"]} <= labels, report["text"]
        assert report["expected"] not in report["also"], report["text"]
        assert report["kind"] in {"paste", "noisy", "question"}, report["text"]
        assert report["origin"] in {"verbatim", "rebuilt", "rewritten"}, report["text"]
        assert re.fullmatch("[a-z]{2}", report["lang"]), report["text"]
    assert {report["expected"] for report in reports(path)} == labels


def test_no_text_stands_twice() -> None:
    texts = [normalised(report["text"]) for path in HELD_OUT for report in reports(path)]
    learned = {normalised(report["text"]) for path in LEARNED for report in reports(path)}

    assert len(set(texts)) == len(texts)
    assert not learned & set(texts)


def test_the_third_file_shares_no_thread() -> None:
    *older, third = HELD_OUT
    known = {report["source"] for path in (*older, *LEARNED) for report in reports(path)}

    assert not known & {report["source"] for report in reports(third)}


def test_the_third_file_is_as_mixed_as_the_questions_of_visitors() -> None:
    third = reports(HELD_OUT[-1])
    shares = {
        "none": sum(report["expected"] == "none" for report in third) / len(third),
        "question": sum(report["kind"] == "question" for report in third) / len(third),
        "not English": sum(report["lang"] != "en" for report in third) / len(third),
    }

    assert len(third) >= 150
    assert shares["none"] >= 1 / 5
    assert 0.4 <= shares["question"] <= 0.6
    assert shares["not English"] >= 1 / 3


def test_addresses_are_of_the_ranges_for_documentation() -> None:
    for report in reports(HELD_OUT[-1]):
        for address in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", report["text"]):
            assert address.startswith(FOR_DOCUMENTATION), (address, report["source"])
