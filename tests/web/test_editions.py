"""Editions that are built on the one before, against those that are built from nothing."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from pathlib import Path

import pytest

from app.checks import Checked, check_again
from app.checks.places import Survey
from app.content.folder import look
from app.content.loader import Content, load
from app.diagnosis.redaction import Redactor
from app.diagnosis.wording import WordingModel
from app.model import Observations
from app.web.application import STATIC
from app.web.serving.live import Edition
from tests.conftest import MARBLES, TEAPOTS

REDACTOR = Redactor.from_file(STATIC / "redaction-rules.json")
WORDS = (
    *("steam", "kettle", "marble", "bag", "key", "cold", "colder", "lid", "[x](/issues/nobody)"),
    *("{{ product }}", "{{ prodct }}", "## Why", "`-7007`", '"it doesn\'t sing"', "192.0.2.7"),
)
QUERIES = (
    *("cold", "kettle", "marbel", "ste", "-7007", "the key is wrong", "lids", "steam marble bag"),
    *("whitelist adress", '"it doesn\'t sing"', "guest 3", "error 7007 glassmarket", "colder"),
)
TEXTS = ("cold water in the kettle", '{"code":-7007,"msg":"Bag locked"}', "guest marble")


def edit(root: Path, chance: random.Random, number: int) -> None:
    """Change one file: its words, its name, all of it, or nothing of it."""
    files = sorted(path for path in root.rglob("*") if path.suffix in {".md", ".yml"})
    path = chance.choice(files)
    text = path.read_text("utf-8")
    lines = text.split("\n")
    what = chance.randrange(8)
    if what == 0:
        shutil.copy(path, path.with_stem(f"guest-{number}"))
    elif what == 1 and path.stem.startswith("guest"):
        path.unlink()
    elif what == 2:
        path.write_text(text[: chance.randrange(len(text))], "utf-8")
    elif what == 3:
        path.write_text(f"{text}\n{chance.choice(WORDS)} {chance.choice(WORDS)}\n", "utf-8")
    else:
        place = chance.randrange(len(lines))
        lines[place] += f" {chance.choice(WORDS)}"
        path.write_text("\n".join(lines), "utf-8")


def same(one: Edition, other: Edition) -> None:
    """Assert that nobody can tell two editions apart."""
    old, new = one.knowledge, other.knowledge
    assert (old.version, old.site, old.tips) == (new.version, new.site, new.tips)
    assert (old.issues, old.exchanges) == (new.issues, new.exchanges)
    for query in QUERIES:
        assert one.search.search(query) == other.search.search(query), query
    for text in TEXTS:
        seen = Observations(text=text)
        assert one.engine.diagnose(seen) == other.engine.diagnose(seen)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fixture", [TEAPOTS, MARBLES], ids=["teapots", "marbles"])
def test_editions_after_edits_are_those_of_a_fresh_start(
    fixture: Path, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.content.loader.SETTLED_NS", 0)
    root = Path(shutil.copytree(fixture, tmp_path / "content"))
    chance = random.Random(seed)
    content: Content | None = None
    checked: Checked | None = None
    edition: Edition | None = None
    built = 0
    good: dict[Path, bytes] = {}
    for number in range(40):
        content = load(root, previous=content, seen=look(root))
        checked = check_again(content, checked)
        fresh = load(root)
        assert content.findings == fresh.findings
        assert checked.findings == check_again(fresh, None).findings
        if any(finding.severity == "error" for finding in checked.findings):
            # It is refused; mended, it is good again.
            shutil.rmtree(root)
            for path, text in good.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text)
        else:
            edition = Edition.build(content, REDACTOR, edition)
            same(edition, Edition.build(fresh, REDACTOR))
            built += 1
            good = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
            edit(root, chance, number)
    assert built > 10


def test_what_is_learned_is_kept_when_it_is_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(shutil.copytree(TEAPOTS, tmp_path / "content"))
    report = '{"text": "%s", "expected": "%s", "kind": "question", "source": "x", "origin": "%s"}\n'
    said = [("my tea is cold", "cold-water"), ("no tea", "none"), ("cold again", "cold-water")]
    lines = [report % (*one, "rewritten") for one in said]
    (root / "reports.jsonl").write_text("".join(lines), "utf-8")
    learned: list[object] = []
    monkeypatch.setattr(WordingModel, "_learn", lambda _, *texts: learned.append(texts))
    first = Edition.build(load(root), REDACTOR)
    first.engine.learn()
    issue = root / "issues" / "cold-water.md"
    issue.write_text(issue.read_text("utf-8") + "\nMore below.\n", "utf-8")
    second = Edition.build(load(root), REDACTOR, first)
    second.engine.learn()
    assert len(learned) == 1
    with (root / "reports.jsonl").open("a", encoding="utf-8") as reports:
        reports.write(report % ("steam at last", "none", "rewritten"))
    Edition.build(load(root), REDACTOR, second).engine.learn()
    assert len(learned) == 2


def test_a_check_on_another_day_looks_at_every_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(shutil.copytree(TEAPOTS, tmp_path / "content"))
    issue = root / "issues" / "cold-water.md"
    text = issue.read_text("utf-8")
    issue.write_text(text.replace("title: ", "expires: 2026-11-30\ntitle: ", 1), "utf-8")
    content = load(root)
    checked = check_again(content, None)
    assert "expired" not in {one.rule for one in checked.findings}
    monkeypatch.setattr(Survey, "today", dt.date(2026, 12, 1))
    assert "expired" in {one.rule for one in check_again(content, checked).findings}
