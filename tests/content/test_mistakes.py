"""Mistakes in front matter, as writers make them: each is named as what it is, at its place."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from app.content.folder import MAX_BYTES
from app.content.loader import load
from tests.conftest import SITE

TITLE, SYMPTOM, CAUSES, SOLUTIONS = (
    "title: A\n",
    "symptom: B\n",
    "causes: [C]\n",
    "solutions: [Turn it]\n",
)
GOOD = TITLE + SYMPTOM + CAUSES + SOLUTIONS
NO_BREAK = "\N{NO-BREAK SPACE}"

MISTAKES = [
    # blanks and indentation
    ("causes:\n\t- C\n", 4, 1, ["a tab in the indentation", "use spaces"]),
    ("causes:\n  \t- C\n", 4, 3, ["a tab in the indentation"]),
    (f"causes:\n{NO_BREAK}{NO_BREAK}- C\n", 4, 1, ["this no-break space (U+00A0)", "replace it"]),
    (f"causes:{NO_BREAK}[C]\n", 3, 8, ["this no-break space (U+00A0)"]),
    ("causes:\n\N{IDEOGRAPHIC SPACE}- C\n", 4, 1, ["this ideographic space (U+3000)"]),
    (f"causes:\n  -{NO_BREAK}C\n", 4, 3, ["need an ordinary space after the `-`"]),
    ("causes:\n  -C\n  -D\n", 4, 3, ["need an ordinary space after the `-`"]),
    ("causes:[C]\n", 3, 8, ["put a space after the colon"]),
    (" causes: [C]\n", 3, 8, ["this line is indented", "remove the indentation"]),
    ("causes:\n  - C\n - D\n", 5, 2, ["the indentation doesn't match"]),
    ("causes:\n  - C\n    - D\n", 5, 5, ["continues the text above", "align its `-`"]),
    ("causes: [C]\nrelated:\n  - a\n b: c\n", 6, 2, ["the indentation doesn't match"]),
    ("\N{ZERO WIDTH SPACE}causes: [C]\n", 3, 1, ["an invisible character (U+200B)"]),
    # colons
    ("causes:\n  - Note: open\n", 4, 5, ["`causes.0` contains a colon", "quotes"]),
    ("causes: [Note: open]\n", 3, 10, ["`causes.0` contains a colon"]),
    ("causes:\n  - Open this:\n", 4, 5, ["`causes.0` contains a colon"]),
    ("causes: [C]\nphrases:\n  - Error: bad\n", 5, 5, ["`phrases.0` contains a colon"]),
    ("causes: C: D\n", 3, 10, ["the text contains a colon", "quotes"]),
    ("causes: [C]\nbody text\norder: 1\n", 4, 1, ["no colon", "write `key: value`"]),
    ("causes\n  - C\n", 3, 1, ["no colon"]),
    ("causes：[C]\n", 3, 7, ["a full-width colon"]),
    ("causes = [C]\n", 3, 7, ["a colon instead of ="]),
    ("causes:\n  - It says\n    Error: bad\n", 5, 10, ["continues the text above", "a colon"]),
    # quotes
    ("causes:\n  - “C: D” and E: F\n", 4, 5, ["curly quotes", "straight quotes"]),
    ("causes: “C: D”\n", 3, 9, ["curly quotes", "straight quotes"]),
    ("causes: [\"C]\n", 3, 10, ["this quote is not closed"]),
    ("causes: ['C]\n", 3, 10, ["this quote is not closed"]),
    ('causes:\n  - "C\nphrases: ["it stopped"]\n', 4, 5, ["this quote is not closed"]),
    ("causes:\n  - 'C\nphrases:\n  - 'it stopped'\n", 4, 5, ["this quote is not closed"]),
    ("causes:\n  - 'It isn't C'\n", 4, 13, ["text after a closing quote", "double a '"]),
    ('causes:\n  - "C" and D\n', 4, 9, ["text after a closing quote"]),
    ('causes: ["C:\\Users"]\n', 3, 15, ["a backslash", "single quotes"]),
    # what needs quotes
    ("causes:\n  - {{ product }} is off\n", 4, 5, ["a text that begins with {{ needs quotes"]),
    ("causes:\n  - {{ product }}\n", 4, 5, ["begins with {"]),
    ("causes:\n  - `C` is off\n", 4, 5, ["a text that begins with ` needs quotes"]),
    ("causes:\n  - @C is off\n", 4, 5, ["a text that begins with @ needs quotes"]),
    ("causes:\n  - %C is off\n", 4, 5, ["a text that begins with % needs quotes"]),
    ("causes:\n  - **C** is off\n", 4, 5, ["a text that begins with * needs quotes"]),
    ("causes:\n  - &C is off\n", 4, 5, ["a text that begins with & or * needs quotes"]),
    ("causes:\n  - !C is off\n", 4, 5, ["a text that begins with ! needs quotes"]),
    ("causes:\n  - > C is off\n", 4, 5, ["a text that begins with > needs quotes"]),
    ("causes:\n  - | C is off\n", 4, 5, ["a text that begins with | needs quotes"]),
    ("causes:\n  - [C](/) is off\n", 4, 8, ["text after a closing bracket", "quotes"]),
    ('causes: [C]\nexamples:\n  - {"code":-1}\n', 5, 5, ["`examples.0` begins with {"]),
    ('causes: [C]\nexamples:\n  - {"code":-1} bad\n', 5, 16, ["text after a closing bracket"]),
    ('causes: [C]\nexamples:\n  - ["EAPI:Bad key"]\n', 5, 5, ["`examples.0` begins with ["]),
    ("causes:\n  - # C\n", 4, 4, ["`causes.0` begins with #", "comment"]),
    ("causes:\n  - see #1 below\n", 4, 5, ["`#1 below` is a comment", "quotes"]),
    ("causes: [C]\norder: 12\nphrases: [404]\n", 5, 11, ["is a number, not a text", "quotes"]),
    ("causes: [true]\n", 3, 10, ["is true or false, not a text"]),
    ("causes: [2026-11-20]\n", 3, 10, ["is a date, not a text"]),
    # lists
    ("causes:\n  – C\n  – D\n", 4, 3, ["begin with `–`", "begin them with `- `"]),
    ("causes:\n  • C\n", 4, 3, ["begin with `•`"]),
    ("causes:\n  * C\n", 4, 3, ["not with `*`"]),
    ("causes:\n  1. C\n  2. D\n", 4, 3, ["begin with `1.`"]),
    ("causes: C\n", 3, 9, ["`causes` must be a list", "write [C]"]),
    ("causes: [C\n", 3, 9, ["this bracket is not closed"]),
    ("causes: [C],\n", 3, 12, ["remove the comma"]),
    ("causes: []\n", 3, 1, ["needs at least 1 entry"]),
    ("causes:\n  -\n  - C\n", 4, 4, ["`causes.0` is empty"]),
    # values
    ("causes: [C]\nverified: 20.11.2026\n", 4, 11, ["must be a date", "2026-11-20"]),
    ("causes: [C]\nverified: 2026-13-40\n", 4, 11, ["not a date"]),
    ("causes: [C]\norder: first\n", 4, 8, ["must be a whole number"]),
    ("causes: [C]\norder: 1.5\n", 4, 8, ["must be a whole number"]),
    (f"causes: [C]\norder: {'9' * 5000}\n", 4, 8, ["too many digits"]),
    ("causes: [C]\ndraft: maybe\n", 4, 8, ["must be true or false"]),
    ("causes: [C]\naliases: [Old Name]\n", 4, 11, ["joined by hyphens", "perhaps `old-name`"]),
    ("causes: [C]\nrelated: [/issues/x.md]\n", 4, 11, ["joined by hyphens", "perhaps `x`"]),
    # keys
    ("causes: [C]\ncauses: [D]\n", 4, 1, ["`causes` appears twice", "keep one"]),
    ("Causes: [C]\n", 3, 1, ["did you mean `causes`?"]),
    ("causes: [C]\ntags: [a]\n", 4, 1, ["unknown key `tags`", "known here: title, symptom"]),
    ("causes: [C]\nslug: a\n", 4, 1, ["`slug` comes from the file itself"]),
    ("// note\ncauses: [C]\n", 3, 1, ["a comment begins with #"]),
    # files
    ("<<<<<<< HEAD\ncauses: [C]\n=======\ncauses: [D]\n>>>>>>> b\n", 3, 1, ["a merge conflict"]),
    ("causes: [C]\n--- x\n", 4, 1, ["a second `---`"]),
    ("causes: [C]\n ---\n", 4, 1, ["ends with a line `---`"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("front", "line", "column", "words"),
    MISTAKES,
    ids=[repr(mistake[0])[:40] for mistake in MISTAKES],
)
def test_a_mistake_in_front_matter(
    front: str, line: int, column: int, words: list[str], tmp_path: Path
) -> None:
    text = f"---\n{TITLE}{front}{SYMPTOM}{SOLUTIONS}---\n"
    if front == "causes: [C]\n ---\n":
        text = text.removesuffix("---\n")
    assert_found(text, line, column, words, tmp_path)


@pytest.mark.parametrize(
    ("solution", "words"),
    [
        ("Note: open", ["`solutions.0` contains a colon", "quotes"]),
        ("{Note: open}", ["`solutions.0` begins with {"]),
        ("Открой", ["no anchor", "give it an `id`"]),
        ("text: D\n    exchange: okx", ["did you mean `exchanges`?"]),
        ("text: D\n    id: Press It", ["perhaps `press-it`"]),
    ],
)
def test_a_mistake_in_a_solution(solution: str, words: list[str], tmp_path: Path) -> None:
    text = f"---\n{TITLE}{SYMPTOM}{CAUSES}solutions:\n  - {solution}\n---\n"
    assert_found(text, None, None, words, tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (f"\n---\n{GOOD}---\n", 1, ["remove the blank lines above"]),
        (f"----\n{GOOD}----\n", 1, ["the first line must be `---`"]),
        (f"+++\n{GOOD}+++\n", 1, ["put the front matter between two lines `---`"]),
        ("# A\n", 1, ["put the front matter between two lines `---`"]),
        (f"---\n{GOOD}", 1, ["does not end; add a line `---`"]),
        (f"---\n{GOOD}...\nbody\n", 6, ["ends with a line `---`"]),
        (f"---\n{GOOD}---\na\n>>>>>>> b\n", 8, ["a merge conflict"]),
    ],
)
def test_a_mistake_around_front_matter(
    text: str, line: int, words: list[str], tmp_path: Path
) -> None:
    assert_found(text, line, 1, words, tmp_path)


@pytest.mark.parametrize(
    "front",
    [
        "causes: [C] # why\n",
        "causes:  # why\n  - C # 1\n",
        "causes:\n  - >-\n    C #1\n    - D: E\n",
        "causes:\n  - 'C #1: D'\n",
        "causes: [a-b, 'c - d', e -f]\n",
        "causes:\n  - C\n\n  - D\n",
        "causes:\n  - C\n    goes on\n",
        "causes:\n  - https://example.org/#a\n",
    ],
)
def test_no_mistake(front: str, tmp_path: Path) -> None:
    assert load(folder(f"---\n{TITLE}{SYMPTOM}{front}{SOLUTIONS}---\n", tmp_path)).findings == ()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"text": ' + "9" * 5000 + "}", ["too many digits"]),
        ("[" * 100_000, ["nested too deep"]),
        ('{"text": "a"', ["not valid JSON"]),
    ],
)
def test_a_mistake_in_the_reports(line: str, words: list[str], tmp_path: Path) -> None:
    (folder("", tmp_path) / "reports.jsonl").write_text(f"\n{line}\n", "utf-8")
    (tmp_path / "issues/a.md").unlink()
    (finding,) = load(tmp_path).findings
    assert (finding.rule, finding.line) == ("json", 2)
    assert all(word in finding.message for word in words), finding.message


def test_reports_in_several_files(tmp_path: Path) -> None:
    reports = folder("", tmp_path) / "reports"
    reports.mkdir()
    (tmp_path / "issues/a.md").unlink()
    said = '"expected": "none", "kind": "paste", "source": "a", "origin": "rebuilt"'
    line = f'{{"text": "%s", {said}}}\n'
    (tmp_path / "reports.jsonl").write_text(line % "cold", "utf-8")
    (reports / "march.jsonl").write_text(line % "loud", "utf-8")
    content = load(tmp_path)
    assert (content.findings, [report.text for report in content.reports]) == ((), ["cold", "loud"])
    (reports / "march.jsonl").write_text(line % "loud" + "x\n", "utf-8")
    (finding,) = load(tmp_path).findings
    assert (finding.rule, finding.path, finding.line) == ("json", str(reports / "march.jsonl"), 2)


def test_reports_that_grew_too_large_say_where_to_put_them(tmp_path: Path) -> None:
    (folder("", tmp_path) / "reports.jsonl").write_bytes(b"\n" * (MAX_BYTES + 1))
    (tmp_path / "issues/a.md").unlink()
    (finding,) = load(tmp_path).findings
    assert "move lines to `reports/more.jsonl`" in finding.message


def folder(text: str, root: Path) -> Path:
    (root / "issues").mkdir()
    (root / "site.yml").write_text(dedent(SITE), "utf-8")
    (root / "issues/a.md").write_text(text, "utf-8")
    return root


def assert_found(
    text: str, line: int | None, column: int | None, words: list[str], root: Path
) -> None:
    (finding,) = load(folder(text, root)).findings
    assert all(word in finding.message for word in words), finding.message
    assert line in {None, finding.line}
    assert column in {None, finding.column}
