"""The rules of redaction in Node, whose engine of patterns tries again like Chromium's."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from app.settings import REDACTION_RULES, STATIC
from tests.diagnosis.slow_texts import PIECES, slow_texts

pytestmark = pytest.mark.slow

SCRIPT = """
import { readFileSync } from "node:fs";
import { compileRules, redact, findDoubts } from "./redact.mjs";

const { rules, words, texts } = JSON.parse(readFileSync(0, "utf8"));
const compiled = compileRules(rules, words);
const milliseconds = (call) => {
  let least = Infinity;
  for (let run = 0; run < 5 && least > 20; run++) {
    const before = process.cpuUsage();
    call();
    least = Math.min(least, process.cpuUsage(before).user / 1000);
  }
  return least;
};
console.log(JSON.stringify(texts.map((text) => [
  milliseconds(() => redact(text, compiled)),
  milliseconds(() => findDoubts(text, compiled)),
])));
"""


def test_no_text_takes_long_in_node(tmp_path: Path) -> None:
    """All rules, and then all doubts, on texts of 16 KB made for each rule: 50 ms at most."""
    if not shutil.which("node"):
        pytest.skip("no Node on this machine")
    shutil.copy(STATIC / "redact.js", tmp_path / "redact.mjs")
    (tmp_path / "measure.mjs").write_text(SCRIPT, "utf-8")
    told = {
        "rules": json.loads(REDACTION_RULES.read_text("utf-8")),
        "words": (STATIC / "recovery-words.txt").read_text("utf-8").split(),
        "texts": slow_texts(16_384),
    }
    done = subprocess.run(
        ["node", "measure.mjs"],
        cwd=tmp_path,
        input=json.dumps(told),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    spent = dict(zip(PIECES, json.loads(done.stdout), strict=True))
    assert {piece: times for piece, times in spent.items() if max(times) > 50} == {}
