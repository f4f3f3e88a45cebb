"""Rename and retire: the content stays right, and every link that was published goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.authoring.refactoring import (
    BadResultError,
    Changes,
    RefusedChangeError,
    carry_out,
    new_error,
    rename_exchange,
    rename_issue,
    rename_step,
    retire_error,
    retire_exchange,
    retire_issue,
)
from app.checks import check
from app.content.loader import Content, load
from app.permalinks import PERMALINKS_FILE, Permalinks, published, with_new
from tests.conftest import MARBLES, TEAPOTS, MakeContent

pytestmark = pytest.mark.slow


def issue(title: str, more: str = "", body: str = "") -> str:
    return (
        f"---\ntitle: {title}\nsymptom: s\ncauses: [c]\nsolutions:\n  - Do it # now\n"
        f"  - text: Do that\n    id: that\n{more}---\n{body}"
    )


@pytest.fixture
def marbles(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MARBLES, tmp_path / "marbles"))


def errors(root: Path) -> list[str]:
    return [str(finding) for finding in check(load(root)) if finding.severity == "error"]


def publish(root: Path) -> None:
    content = load(root)
    new = set(published(content)) - set(content.permalinks)
    (root / PERMALINKS_FILE).write_text(with_new(texts(root).get(PERMALINKS_FILE, ""), new))


def texts(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".png")
    return {str(path.relative_to(root)): path.read_text("utf-8") for path in files}


def test_a_renamed_issue_takes_every_reference_with_it(marbles: Path) -> None:
    carry_out(marbles, rename_issue(load(marbles), "address-not-allowed", "friend-unknown"))
    assert errors(marbles) == []
    assert not (marbles / "issues/address-not-allowed.md").exists()
    content = load(marbles)
    (renamed,) = (issue for issue in content.issues if issue.slug == "friend-unknown")
    assert renamed.aliases == ("ip-not-allowed", "address-not-allowed")
    assert content.errors[1].issues == ("friend-unknown", "wrong-key")
    before, after = texts(MARBLES), texts(marbles)
    for name in ("diagnostic.yml", "errors/glassmarket.yml", "issues/wrong-key.md"):
        assert after[name] == before[name].replace("address-not-allowed", "friend-unknown")
    assert after["errors/claybourse.yml"] == before["errors/claybourse.yml"]


def test_links_of_every_kind_are_mended(make_content: MakeContent) -> None:
    body = (
        "[1](/issues/old) [2](/issues/old.md?x=1) [3](/i/old#that) [4](/#old) [5](/#old--that)\n"
        "[6](https://x.example/issues/old) [7](/issues/old-fashioned) `/issues/old`\n"
    )
    files = {
        "issues/old.md": issue("Old", body="[8](#that) [9](/issues/old#that)\n"),
        "issues/old-fashioned.md": issue("Other", "related: ['old'] # r\n", body),
    }
    root = make_content(files)
    carry_out(root, rename_issue(load(root), "old", "new"))
    after = texts(root)
    assert after["issues/old-fashioned.md"] == issue(
        "Other",
        "related: ['new'] # r\n",
        "[1](/issues/new) [2](/issues/new.md?x=1) [3](/i/new#that) [4](/#new) [5](/#new--that)\n"
        "[6](https://x.example/issues/old) [7](/issues/old-fashioned) `/issues/old`\n",
    )
    assert after["issues/new.md"].endswith("[8](#that) [9](/issues/new#that)\n")
    carry_out(root, rename_step(load(root), "new", "that", "this"))
    assert texts(root)["issues/new.md"].endswith("[8](#this) [9](/issues/new#this)\n")
    assert "[3](/i/new#this) [4](/#new) [5](/#new--this)" in texts(root)["issues/old-fashioned.md"]
    assert errors(root) == []


def test_a_renamed_exchange_takes_its_codes_and_every_reference_with_it(marbles: Path) -> None:
    page = marbles / "issues/market-closed.md"
    links = (
        "[1](/exchanges/glassmarket) [2](/errors/glassmarket/-7007?x=1) [3](/e/glassmarket/-7009)\n"
        "[4](/issues/wrong-key?exchange=glassmarket) [5](/?x=glassmarket&exchange=glassmarket)\n"
        "[6](/exchanges/claybourse) [7](https://x.example/exchanges/glassmarket) `glassmarket`\n"
    )
    page.write_text(page.read_text() + links)
    carry_out(marbles, rename_exchange(load(marbles), "glassmarket", "mirror-fair"))
    assert errors(marbles) == []
    after = texts(marbles)
    assert {"exchanges/glassmarket.md", "errors/glassmarket.yml"}.isdisjoint(after)
    assert after["errors/mirror-fair.yml"] == texts(MARBLES)["errors/glassmarket.yml"]
    assert after["issues/market-closed.md"].endswith(
        "[1](/exchanges/mirror-fair) [2](/errors/mirror-fair/-7007?x=1) [3](/e/mirror-fair/-7009)\n"
        "[4](/issues/wrong-key?exchange=mirror-fair) [5](/?x=glassmarket&exchange=mirror-fair)\n"
        "[6](/exchanges/claybourse) [7](https://x.example/exchanges/glassmarket) `glassmarket`\n"
    )
    content = load(marbles)
    renamed = next(exchange for exchange in content.exchanges if exchange.id == "mirror-fair")
    assert renamed.aliases == ("glassmarket",)
    assert "glassmarket" in renamed.names
    assert content.issues[0].solutions[1].exchanges == ("mirror-fair",)
    assert content.diagnostic
    assert content.diagnostic.checklist[1].exchanges == ("mirror-fair",)
    assert {error.exchange for error in content.errors} == {"claybourse", "mirror-fair"}


def test_an_exchange_without_codes_and_back_again(marbles: Path) -> None:
    (marbles / "errors/claybourse.yml").unlink()
    before = texts(marbles)["exchanges/claybourse.md"]
    for old, new in (("claybourse", "mud"), ("mud", "claybourse")):
        carry_out(marbles, rename_exchange(load(marbles), old, new))
    assert errors(marbles) == []
    after = texts(marbles)["exchanges/claybourse.md"]
    assert after == before.replace(
        "names: [claybourse, clay bourse]", "names: [claybourse, clay bourse, mud]"
    ).replace("\n---\n\n##", "\naliases: [mud]\n---\n\n##")


def test_renaming_back_leaves_no_alias_that_shadows(make_content: MakeContent) -> None:
    root = make_content({"issues/old.md": issue("Old")})
    for old, new in (("old", "new"), ("new", "old")):
        carry_out(root, rename_issue(load(root), old, new))
        carry_out(root, rename_step(load(root), new, "that" if new == "new" else "this", "this"
                                    if new == "new" else "that"))  # fmt: skip
    (only,) = load(root).issues
    assert (only.slug, only.aliases) == ("old", ("new",))
    assert (only.solutions[1].id, only.solutions[1].aliases) == ("that", ("this",))


def test_line_ends_and_modes_stay(make_content: MakeContent) -> None:
    root = make_content({"issues/old.md": issue("Old")})
    path = root / "issues/old.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    carry_out(root, rename_issue(load(root), "old", "new"))
    data = (root / "issues/new.md").read_bytes()
    assert data.startswith(b"---\r\n")
    assert b"aliases: [old]\r\n---\r\n" in data
    assert data.count(b"\n") == data.count(b"\r\n")


def test_a_retired_issue_is_answered_by_another(marbles: Path) -> None:
    carry_out(marbles, retire_issue(load(marbles), "address-not-allowed", "wrong-key"))
    assert errors(marbles) == []
    content = load(marbles)
    (other,) = (issue for issue in content.issues if issue.slug == "wrong-key")
    assert other.aliases == ("address-not-allowed", "ip-not-allowed")
    assert other.related == ()
    assert content.errors[1].issues == ("wrong-key",)
    assert content.diagnostic
    assert content.diagnostic.checklist[0].points_to == ("wrong-key",)
    links = Permalinks(content)
    assert links.broken("/issues/address-not-allowed#clay-frog") is None
    assert "issues/address-not-allowed.md" not in texts(marbles)
    # What it was known by goes on to mean something.
    assert other.phrases == ("key is refused", "the market doesn't know my robot")
    assert other.signatures == ("address is not on the list",)
    assert other.examples == ("marblelib: address is not on the list",)


def test_what_a_retired_issue_was_known_by_is_written_as_the_heir_writes_it(
    make_content: MakeContent,
) -> None:
    more = "phrases: ['a: b', 茶]\nsignatures: ['s {}']\nexamples:\n  - |\n    one\n    two\n"
    heir = "phrases: [] # none yet\nsignatures: ['t {}', 's {}']\nexamples:\n- three\n"
    root = make_content({"issues/old.md": issue("Old", more), "issues/new.md": issue("New", heir)})
    carry_out(root, retire_issue(load(root), "old", "new"))
    assert errors(root) == []
    (new,) = load(root).issues
    assert (new.phrases, new.signatures) == (("a: b", "茶"), ("t {}", "s {}"))
    assert new.examples == ("three", "one\ntwo")
    assert 'examples:\n- three\n- "one\\ntwo"\n' in texts(root)["issues/new.md"]


def test_steps_of_a_retired_issue_lead_to_the_likest(make_content: MakeContent) -> None:
    link = "[x](/issues/old#that) [y](/issues/old#do-it) [z](/issues/old#background)\n"
    same = issue("New").replace("id: that", "id: other").replace("  - Do it # now\n", "", 1)
    files = {
        "issues/old.md": issue("Old", body="## Background\n"),
        "issues/new.md": same.replace("solutions:\n", "solutions:\n  - First\n"),
        "issues/more.md": issue("More", body=link),
    }
    root = make_content(files)
    carry_out(root, retire_issue(load(root), "old", "new"))
    assert errors(root) == []
    new = next(issue for issue in load(root).issues if issue.slug == "new")
    assert [(step.id, step.aliases) for step in new.solutions] == [
        ("first", ("do-it",)),
        ("other", ("that",)),
    ]
    mended = "[x](/issues/new#other) [y](/issues/new#first) [z](/issues/new)\n"
    assert texts(root)["issues/more.md"].endswith(mended)


def test_a_retired_code_leads_to_its_issue(marbles: Path) -> None:
    publish(marbles)
    carry_out(marbles, retire_error(load(marbles), "glassmarket", "-7007", None))
    carry_out(marbles, retire_error(load(marbles), "glassmarket", "-7009", "forgotten-word"))
    carry_out(marbles, retire_error(load(marbles), "glassmarket", "EMARBLE:Rolled away", None))
    assert errors(marbles) == []
    content = load(marbles)
    assert [error.exchange for error in content.errors] == ["claybourse"]
    assert "sources:\n  docs:" in texts(marbles)["errors/glassmarket.yml"]
    assert content.redirects == {
        link: f"/issues/{issue}?exchange=glassmarket"
        for code, issue in (
            ("-7007", "address-not-allowed"),
            ("-7009", "forgotten-word"),
            ("EMARBLE:Rolled%20away", "market-closed"),
        )
        for link in (f"/e/glassmarket/{code}", f"/errors/glassmarket/{code}")
    }
    assert [link for link in content.permalinks if Permalinks(content).broken(link)] == []


def test_a_retired_exchange_takes_its_codes_and_steps_with_it(marbles: Path) -> None:
    publish(marbles)
    diagnostic = marbles / "diagnostic.yml"
    diagnostic.write_text(
        diagnostic.read_text().replace("exchanges: [glassmarket]", "exchanges: [claybourse]")
    )
    with pytest.raises(RefusedChangeError, match=r"forgotten-word.md, line \d+ is only for `glas"):
        retire_exchange(load(marbles), "glassmarket", None)
    word = marbles / "issues/forgotten-word.md"
    word.write_text(word.read_text().replace("exchanges: [glassmarket]\n", ""))
    carry_out(marbles, retire_exchange(load(marbles), "glassmarket", None))
    assert errors(marbles) == []
    content = load(marbles)
    assert [exchange.id for exchange in content.exchanges] == ["claybourse"]
    assert {error.exchange for error in content.errors} == {"claybourse"}
    assert "press-twice" not in [step.id for step in content.issues[0].solutions]
    assert content.redirects == {
        "/exchanges/glassmarket": "/exchanges",
        "/issues/address-not-allowed#press-twice": "/issues/address-not-allowed",
    } | {
        f"/{folder}/glassmarket/{code}": f"/issues/{issue}"
        for code, issue in (
            ("-7007", "address-not-allowed"),
            ("-7009", "forgotten-word"),
            ("EMARBLE:Rolled%20away", "market-closed"),
        )
        for folder in ("e", "errors")
    }
    assert [link for link in content.permalinks if Permalinks(content).broken(link)] == []
    stale = [finding.message for finding in check(content) if finding.rule == "broken-link"]
    assert stale == [
        "/exchanges/glassmarket only redirects; link to /exchanges",
        "/errors/glassmarket/-7007 only redirects; link to /issues/address-not-allowed",
    ]


RECIPES = """\
recipes:
  general:
    cause: c
    steps:
      - {id: open, text: Open it., not_on: [glassmarket]}
      - {id: shine, text: Shine it., not_on: [claybourse, glassmarket]}
      - id: polish
        text: Polish it.
        exchanges: [glassmarket]
      - {id: roll, text: Roll it., exchanges: [claybourse, glassmarket]}
      - Connect again.
      - Go on.
  glassmarket:
    cause: c
    steps: [Break it., Mend it., Connect it.]
  # what follows stays
  other:
    cause: c
    steps: [Look., Wait., Connect them.]
choice: It rolls
"""
QUESTION = """\
---
title: Why marbles?
answer: They roll.
answers:
  glassmarket: They shine.
steps:
  - Roll it.
  - {text: Hold it against the light., exchanges: [glassmarket]}
---
"""


@pytest.fixture
def with_recipes(marbles: Path) -> Path:
    """Marbles whose recipes and questions name both exchanges."""
    (marbles / "issues/lost.md").write_text(issue("Lost Marbles", RECIPES))
    (marbles / "questions/why.md").write_text(QUESTION)
    diagnostic = marbles / "diagnostic.yml"
    diagnostic.write_text(diagnostic.read_text().replace("exchanges: [glassmarket]\n", ""))
    word = marbles / "issues/forgotten-word.md"
    word.write_text(word.read_text().replace("exchanges: [glassmarket]\n", ""))
    assert errors(marbles) == []
    publish(marbles)
    return marbles


def test_recipes_and_questions_know_the_new_name_of_an_exchange(with_recipes: Path) -> None:
    before = texts(with_recipes)
    carry_out(with_recipes, rename_exchange(load(with_recipes), "glassmarket", "mirror-fair"))
    after = texts(with_recipes)
    for path in ("issues/lost.md", "questions/why.md"):
        assert "glassmarket" in before[path]
        assert after[path] == before[path].replace("glassmarket", "mirror-fair")


def test_a_retired_exchange_takes_its_recipes_and_their_steps_with_it(with_recipes: Path) -> None:
    carry_out(with_recipes, retire_exchange(load(with_recipes), "glassmarket", None))
    assert errors(with_recipes) == []
    after = texts(with_recipes)
    lost = after["issues/lost.md"]
    assert "glassmarket" not in lost + after["questions/why.md"]
    assert "  # what follows stays\n  other:\n" in lost
    content = load(with_recipes)
    (found,) = (issue for issue in content.issues if issue.slug == "lost")
    assert list(found.recipes) == ["general", "other"]
    assert [step.id for step in found.recipes["general"].steps][:3] == ["open", "shine", "roll"]
    (question,) = (question for question in content.questions if question.slug == "why")
    assert [step.text for step in question.steps] == ["Roll it."]
    assert question.answers == {}
    for step in ("polish", "break-it"):
        assert content.redirects[f"/issues/lost#{step}"] == "/issues/lost"
    assert [link for link in content.permalinks if Permalinks(content).broken(link)] == []


def test_an_issue_without_a_recipe_is_left(with_recipes: Path) -> None:
    own = "recipes:\n  glassmarket: {cause: c, steps: [Break, Mend, Hold]}\nchoice: It rolls\n"
    (with_recipes / "issues/found.md").write_text(issue("Found Marbles", own))
    carry_out(with_recipes, retire_exchange(load(with_recipes), "glassmarket", None))
    found = (with_recipes / "issues/found.md").read_text()
    assert found == issue("Found Marbles", "choice: It rolls\n")


def test_a_retired_exchange_may_lead_to_another(marbles: Path) -> None:
    publish(marbles)
    carry_out(marbles, rename_exchange(load(marbles), "claybourse", "mud"))
    publish(marbles)
    carry_out(marbles, retire_exchange(load(marbles), "mud", "glassmarket"))
    assert errors(marbles) == []
    redirects = load(marbles).redirects
    for name in ("claybourse", "mud"):
        assert redirects[f"/exchanges/{name}"] == "/exchanges/glassmarket"
        assert redirects[f"/errors/{name}/41007"] == "/issues/market-closed"
    # The last one has no list to lead to.
    word = marbles / "issues/forgotten-word.md"
    word.write_text(word.read_text().replace("exchanges: [glassmarket]\n", ""))
    diagnostic = marbles / "diagnostic.yml"
    diagnostic.write_text(diagnostic.read_text().replace("exchanges: [glassmarket]\n", ""))
    carry_out(marbles, retire_exchange(load(marbles), "glassmarket", None))
    assert load(marbles).redirects["/exchanges/glassmarket"] == "/"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: rename_issue(c, "wrong", "x"), "no issue `wrong`; did you mean `wrong-key`?"),
        (lambda c: rename_issue(c, "ip-not-allowed", "x"), "old name of `address-not-allowed`"),
        (
            lambda c: rename_issue(c, "wrong-key", "market-closed"),
            "the issue `market-closed` already ex",
        ),
        (lambda c: rename_issue(c, "wrong-key", "ip-not-allowed"), "is an old name of `address"),
        (lambda c: rename_issue(c, "wrong-key", "Wrong Key"), "must be lower-case words"),
        (lambda c: rename_issue(c, "wrong-key", "../x"), "must be lower-case words"),
        (lambda c: rename_step(c, "wrong-key", "x", "y"), "no step `x` in `wrong-key`"),
        (
            lambda c: rename_step(c, "address-not-allowed", "clay-frog", "press-twice"),
            "the step `press-twice` already exists",
        ),
        (lambda c: rename_exchange(c, "glas", "x"), "no exchange `glas`; there are: clayb"),
        (
            lambda c: rename_exchange(c, "glassmarket", "claybourse"),
            "the exchange `claybourse` already ex",
        ),
        (lambda c: rename_exchange(c, "glassmarket", "A b"), "must be lower-case words"),
        (lambda c: retire_issue(c, "wrong-key", "wrong-key"), "can't replace itself"),
        (lambda c: retire_issue(c, "wrong-key", "x"), "no issue `x`"),
        (lambda c: retire_error(c, "glassmarket", "-7", None), "no code `-7`; there are: -7007"),
        (lambda c: retire_error(c, "glassmarket", "-7007", "x"), "no issue `x`"),
        (lambda c: retire_exchange(c, "glas", None), "no exchange `glas`"),
        (lambda c: retire_exchange(c, "claybourse", "claybourse"), "can't replace itself"),
        (lambda c: new_error(c, "glasmark", "1", "m", "wrong-key"), "mean `glassmarket`?"),
        (
            lambda c: new_error(c, "glassmarket", "-7007", "m", "wrong-key"),
            "line 7 already has the code",
        ),
        (lambda c: new_error(c, "glassmarket", "1", "m", "x"), "no issue `x`"),
    ],
)
def test_refusals_say_why(change: object, said: str) -> None:
    assert callable(change)
    with pytest.raises(RefusedChangeError) as refused:
        change(load(MARBLES, drafts=True))
    assert said in str(refused.value)


def test_a_draft_replaces_nothing_that_is_published() -> None:
    content = load(TEAPOTS, drafts=True)
    with pytest.raises(RefusedChangeError, match="is a draft; publish it first"):
        retire_issue(content, "cold-water", "moonlight-serenade")


def test_a_bad_result_is_not_written(make_content: MakeContent) -> None:
    body = "## Once again\n"
    root = make_content({"issues/old.md": issue("Old", body=body)})
    before = texts(root)
    with pytest.raises(BadResultError) as bad:
        carry_out(root, rename_step(load(root), "old", "that", "once-again"))
    (finding,) = bad.value.findings
    assert finding.rule == "duplicate-heading"
    assert finding.path == str(root / "issues/old.md")
    assert texts(root) == before


def test_nothing_is_half_done_when_the_disk_refuses(
    marbles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = texts(marbles)
    written = 0
    really = Path.write_text

    def full(path: Path, *arguments: Any, **more: Any) -> int:
        nonlocal written
        written += path.name.startswith(".")
        if written == 3:
            raise OSError(28, "No space left on device", str(path))
        return really(path, *arguments, **more)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        carry_out(marbles, rename_issue(load(marbles), "address-not-allowed", "x"))
    assert written == 3
    assert texts(marbles) == before


def test_a_new_error_is_written_where_its_kind_stands(marbles: Path) -> None:
    carry_out(marbles, new_error(load(marbles), "claybourse", "-1", 'No "frog": #1', "wrong-key"))
    assert errors(marbles) == []
    added = load(marbles).errors[1]
    assert (added.exchange, added.code, added.message) == ("claybourse", "-1", 'No "frog": #1')
    assert added.examples == ('Clay Bourse error -1: No "frog": #1',)
    (marbles / "errors/claybourse.yml").unlink()
    carry_out(marbles, new_error(load(marbles), "claybourse", "2", "m", "wrong-key"))
    assert [error.code for error in load(marbles).errors][:1] == ["2"]


# --- any sequence of changes ------------------------------------------------------------------

KINDS = ("issue", "step", "exchange", "retire", "error", "retire exchange")
NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta-two", "press-twice", "cold-water"])


def _changes(content: Content, data: st.DataObject) -> Iterator[Changes]:
    """Yield a random change, unless it is refused as one that makes no sense."""
    slugs = st.sampled_from([issue.slug for issue in content.issues])
    kind = data.draw(st.sampled_from(KINDS))
    slug = data.draw(slugs)
    try:
        if kind == "issue":
            yield rename_issue(content, slug, data.draw(NAMES))
        elif kind == "step":
            (issue,) = (issue for issue in content.issues if issue.slug == slug)
            step = data.draw(st.sampled_from([step.id for step in issue.solutions]))
            yield rename_step(content, slug, step, data.draw(NAMES))
        elif kind == "exchange" and content.exchanges:
            exchange = data.draw(st.sampled_from([exchange.id for exchange in content.exchanges]))
            yield rename_exchange(content, exchange, data.draw(NAMES))
        elif kind == "error" and content.errors:
            error = data.draw(st.sampled_from(content.errors))
            yield retire_error(content, error.exchange, error.code, None)
        elif kind == "retire exchange" and content.exchanges:
            names = st.sampled_from([exchange.id for exchange in content.exchanges])
            yield retire_exchange(content, data.draw(names), data.draw(st.none() | names))
        else:
            yield retire_issue(content, slug, data.draw(slugs))
    except RefusedChangeError:
        return


@pytest.mark.slow
@pytest.mark.parametrize("folder", [TEAPOTS, MARBLES], ids=lambda path: path.name)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_sequence_of_changes_breaks_a_link(folder: Path, data: st.DataObject) -> None:
    with TemporaryDirectory() as temporary:
        root = Path(shutil.copytree(folder, Path(temporary, "content")))
        for _ in range(data.draw(st.integers(1, 6))):
            publish(root)
            for changes in _changes(load(root, drafts=True), data):
                with suppress(BadResultError):  # then a person has to edit a text first
                    carry_out(root, changes)
            assert errors(root) == []
        content = load(root)
        assert len(content.permalinks) > 15
        assert [link for link in content.permalinks if Permalinks(content).broken(link)] == []
