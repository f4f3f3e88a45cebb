"""What content and visitors write can't steer the terminal of a writer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from unicodedata import category

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.conftest import MARBLES

ATTACK = r"A\e[2J\a\rB\x9b31mC\u202ED\0E"
"""In YAML's double quotes: an escape, a bell, a carriage return, an 8-bit escape, bidi, NUL."""


def run(*arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(main, arguments, input=text, prog_name="helpcenter")


def assert_harmless(output: str) -> None:
    assert {sign for sign in output if category(sign) in {"Cc", "Cf"}} <= {"\n"}, repr(output)


@pytest.fixture
def marbles(tmp_path: Path) -> Path:
    root = Path(shutil.copytree(MARBLES, tmp_path / "marbles"))
    page = root / "issues/address-not-allowed.md"
    title = f'title: "{ATTACK}"'
    page.write_text(page.read_text("utf-8").replace("title: Address Not Allowed", title), "utf-8")
    return root


@pytest.mark.slow
@pytest.mark.parametrize("output", ["text", "json", "github"])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("issues/a.md", f'---\n"{ATTACK}": 1\n---\n'),
        ("tips.yml", f'tips:\n- {{id: a, title: b, text: "{{{{ {ATTACK} }}}} [x](/{ATTACK})"}}\n'),
        ("issues/a\x1b[2J\rb.md", "x"),
        ("images/a\x1b[2Jb.png", "x"),
        ("errors/claybourse.yml", f'errors: [{{code: "1", issues: ["{ATTACK}"]}}]\n'),
    ],
)
def test_findings(path: str, text: str, output: str, marbles: Path) -> None:
    (marbles / path).parent.mkdir(exist_ok=True)
    (marbles / path).write_text(text, "utf-8")
    result = run("check", "--content", str(marbles), "--format", output)
    assert result.exit_code == (0 if path.startswith("images/") else 1)  # unused: a warning
    assert_harmless(result.stdout + result.stderr)
    if output != "json":
        lines = result.stdout.splitlines()
        assert all(line.startswith(("::", str(marbles))) for line in lines), lines


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_diagnosis(more: list[str], marbles: Path) -> None:
    text = 'glassmarket {"code":-7007,"say":"Friend unknown"}\x1b[2J\a\r\x9b31m'
    result = run("diagnose", "--content", str(marbles), *more, text=text)
    assert result.exit_code == 0
    assert_harmless(result.stdout + result.stderr)
    if more:
        title = json.loads(result.stdout)["matches"][0]["title"]
        assert title == "A\x1b[2J\a\rB\x9b31mC\u202eD\0E", "JSON keeps every letter"


def test_a_refusal(marbles: Path) -> None:
    result = run("new", "issue", "\x1b[茶", "--content", str(marbles))
    assert result.exit_code == 2
    assert_harmless(result.stderr)


def test_an_evaluation(marbles: Path, tmp_path: Path) -> None:
    case = {"text": "a\x1b[2J\a\x9b31m", "expected": "wrong-key", "kind": "paste"}
    (tmp_path / "cases.jsonl").write_text(json.dumps(case), "utf-8")
    result = run("evaluate", str(tmp_path / "cases.jsonl"), "--content", str(marbles))
    assert result.exit_code == 0
    assert "31m" in result.stdout, "the miss is shown"
    assert_harmless(result.stdout + result.stderr)
