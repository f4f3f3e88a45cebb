"""The commands that write content, as a writer meets them; the first ones as processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.checks import check
from app.checks.texts import PLACEHOLDER_TEXTS
from app.cli import main
from app.content.loader import load
from app.feedback.records import Kind, Unanswered
from app.feedback.store import Store
from app.settings import ROOT, Settings
from app.web.application import create_app
from tests.client import TestClient
from tests.conftest import MARBLES, TEAPOTS

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HELP_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def marbles(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MARBLES, tmp_path / "marbles"))


def run(*arguments: str, content: Path | None = None) -> Result:
    more = ["--content", str(content)] if content else []
    return CliRunner().invoke(main, [*arguments, *more], prog_name="helpcenter")


def errors(root: Path) -> list[str]:
    return [str(finding) for finding in check(load(root)) if finding.severity == "error"]


def texts(root: Path) -> Mapping[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_publish_rename_retire_as_processes(marbles: Path) -> None:
    def process(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            cwd=marbles.parent,
            env=os.environ | {"PYTHONPATH": str(ROOT), "HELP_CONTENT": "marbles"},
            capture_output=True,
            text=True,
            check=False,
        )

    done = process("publish")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "marbles/permalinks.txt: 33 new permalinks, 33 in all\n"
    done = process("rename", "issue", "address-not-allowed", "friend-unknown")
    assert done.stdout == (
        "removed  marbles/issues/address-not-allowed.md\n"
        "changed  marbles/diagnostic.yml\n"
        "changed  marbles/errors/glassmarket.yml\n"
        "created  marbles/issues/friend-unknown.md\n"
        "changed  marbles/issues/wrong-key.md\n"
        "Next: helpcenter translations update && helpcenter check && helpcenter publish\n"
    )
    done = process("retire", "issue", "friend-unknown")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Missing option '--to'" in done.stderr
    done = process("retire", "issue", "friend-unknown", "--to", "wrong-key")
    assert (done.returncode, done.stderr) == (0, "")
    assert process("check").returncode == 0


def test_publish_adds_what_is_new_and_only_once(marbles: Path) -> None:
    assert "33 new permalinks, 33 in all" in run("publish", content=marbles).stdout
    before = texts(marbles)
    assert "0 new permalinks, 33 in all" in run("publish", content=marbles).stdout
    assert texts(marbles) == before
    assert run("rename", "step", "wrong-key", "copy-the-key-with-the-copy-button", "copy-it",
               content=marbles).exit_code == 0  # fmt: skip
    assert "1 new permalink, 34 in all" in run("publish", content=marbles).stdout
    assert "/issues/wrong-key#copy-it\n" in (marbles / "permalinks.txt").read_text()


def test_a_link_that_was_broken_by_hand_is_reported_and_publish_refuses(marbles: Path) -> None:
    run("publish", content=marbles)
    path = marbles / "issues/market-closed.md"
    path.write_text(path.read_text().replace("Wait for Monday", "Wait for Tuesday"))
    result = run("check", content=marbles)
    assert result.exit_code == 1
    assert "broken-permalink: /issues/market-closed#wait-for-monday: " in result.stdout
    assert "perhaps `wait-for-tuesday`" in result.stdout
    result = run("publish", content=marbles)
    assert result.exit_code == 1
    assert "Fix them first" in result.stderr


@pytest.mark.slow
def test_old_addresses_lead_to_the_new_page(marbles: Path, tmp_path: Path) -> None:
    run("rename", "issue", "address-not-allowed", "friend-unknown", content=marbles)
    run("rename", "step", "friend-unknown", "clay-frog", "mud-frog", content=marbles)
    app = create_app(Settings(content=marbles, data=tmp_path))
    with TestClient(app, follow_redirects=False) as visitor:
        for old in ("/issues/address-not-allowed", "/i/address-not-allowed", "/i/ip-not-allowed"):
            moved = visitor.get(f"{old}?exchange=claybourse")
            assert moved.status_code == 301
            assert moved.headers["location"] == "/issues/friend-unknown?exchange=claybourse"
        for url, anchor in (
            ("/issues/friend-unknown", "clay-frog"),
            ("/issues/friend-unknown?exchange=glassmarket", "clay-frog"),
            ("/issues/friend-unknown?exchange=claybourse", "clay-frog"),
        ):
            assert visitor.get(url).text.count(f'id="{anchor}"') == 1


def test_a_renamed_exchange_is_known_by_both_names(marbles: Path, tmp_path: Path) -> None:
    run("publish", content=marbles)
    result = run("rename", "exchange", "glassmarket", "mirror-fair", content=marbles)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"created  {marbles}/errors/mirror-fair.yml\n" in result.stdout
    assert run("check", content=marbles).exit_code == 0
    app = create_app(Settings(content=marbles, data=tmp_path))
    with TestClient(app, follow_redirects=False) as visitor:
        for old, new in (
            ("/exchanges/glassmarket", "/exchanges/mirror-fair"),
            ("/errors/glassmarket/-7007?x=1", "/errors/mirror-fair/-7007?x=1"),
            ("/e/glassmarket/-7007", "/errors/mirror-fair/-7007"),
        ):
            assert visitor.get(old).headers["location"] == new
        pasted = visitor.post("/api/v1/diagnose", json={"text": "glassmarket: -7007"}).json()
        assert pasted["exchange"] == "mirror-fair"
        by_code = visitor.get("/api/v1/errors/glassmarket/-7007").json()
        assert by_code["exchange"] == "mirror-fair"
        assert by_code["url"] == "/errors/mirror-fair/-7007"


def test_retired_codes_and_exchanges_redirect(marbles: Path, tmp_path: Path) -> None:
    run("publish", content=marbles)
    result = run("retire", "error", "claybourse", "41007", content=marbles)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"changed  {marbles}/redirects.txt\n" in result.stdout
    assert load(marbles).redirects["/e/claybourse/41007"].endswith("?exchange=claybourse")
    result = run("retire", "exchange", "claybourse", "--to", "glassmarket", content=marbles)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"removed  {marbles}/exchanges/claybourse.md\n" in result.stdout
    assert run("check", content=marbles).exit_code == 0
    assert "0 new permalinks" in run("publish", content=marbles).stdout
    app = create_app(Settings(content=marbles, data=tmp_path))
    with TestClient(app) as visitor:
        for old, new in (
            ("/errors/claybourse/41007", "/issues/market-closed"),
            ("/e/claybourse/41007", "/issues/market-closed"),
            ("/exchanges/claybourse", "/exchanges/glassmarket"),
        ):
            page = visitor.get(old)
            assert (page.status_code, page.url.path) == (200, new)
            assert {hop.status_code for hop in page.history} == {301}
        assert visitor.get("/errors/claybourse/41008").status_code == 404


def test_what_an_heir_cannot_answer_is_reported_by_the_check(marbles: Path) -> None:
    old = marbles / "issues/address-not-allowed.md"
    examples = 'examples:\n  - "claybourse 41007 come back on monday"\n'
    old.write_text(old.read_text().replace("examples:\n", examples, 1))
    result = run("retire", "issue", "address-not-allowed", "--to", "wrong-key", content=marbles)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith(" && helpcenter check && helpcenter publish\n")
    checked = run("check", content=marbles)
    assert checked.stdout.count("wrong-example") == 1
    assert "redundant-question: two options lead to `wrong-key`" in checked.stdout
    assert checked.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rename", "issue", "wrong", "right"], "there is no issue `wrong`; did you mean"),
        (["rename", "step", "wrong-key", "x", "y"], "there is no step `x` in `wrong-key`"),
        (["retire", "issue", "wrong-key", "--to", "wrong-key"], "`wrong-key` can't replace itself"),
        (["new", "error", "glassmarket", "-7007", "m", "--issue", "wrong-key"], "has the code"),
        (
            ["retire", "error", "glassmarket", "-1"],
            "glassmarket has no code `-1`; there are: -7007",
        ),
        (
            ["retire", "exchange", "glassmarket"],
            "diagnostic.yml, line 13 is only for `glassmarket`; remove",
        ),
        (["new", "issue", "Ключ не работает"], "“Ключ не работает” gives no file name; give lower"),
        (["new", "issue", "Key", "--slug", "../key"], "`../key` can't be a file name; give lower"),
        (["new", "exchange", "Claybourse"], "claybourse.md already exists"),
        (["new", "exchange", "茶"], "“茶” gives no file name"),
    ],
)
def test_refusals_are_one_line_and_change_nothing(
    arguments: list[str], said: str, marbles: Path
) -> None:
    before = texts(marbles)
    result = run(*arguments, content=marbles)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    assert texts(marbles) == before


def test_nothing_is_renamed_in_broken_content(marbles: Path) -> None:
    (marbles / "tips.yml").write_text("tips: 1\n")
    before = texts(marbles)
    result = run("rename", "issue", "wrong-key", "x", content=marbles)
    assert result.exit_code == 1
    assert "tips.yml:1: wrong-type" in result.stdout
    assert result.stderr == f"1 error in {marbles}. Fix them first.\n"
    assert texts(marbles) == before


def test_a_change_that_would_leave_errors_is_told_and_not_made(marbles: Path) -> None:
    path = marbles / "issues/wrong-key.md"
    path.write_text(path.read_text() + "\n## Copy it\n")
    before = texts(marbles)
    step = "copy-the-key-with-the-copy-button"
    result = run("rename", "step", "wrong-key", step, "copy-it", content=marbles)
    assert result.exit_code == 2
    assert f"{path}:16: duplicate-heading: " in result.stdout
    assert result.stderr == "Error: Nothing was changed: the content would have 1 error\n"
    assert texts(marbles) == before


def publish_draft(path: Path) -> None:
    """Replace the example texts of a draft, and publish it, as a writer does."""
    text = path.read_text().replace("draft: true", "draft: false")
    for number, example in enumerate(PLACEHOLDER_TEXTS):
        is_link = example.startswith("https://")
        text = text.replace(example, "https://mud.example" if is_link else f"Stir the mud {number}")
    path.write_text(text)


def test_a_new_exchange_and_its_first_error(marbles: Path) -> None:
    result = run("new", "exchange", "Mud  Fair: West", content=marbles)
    path = marbles / "exchanges/mud-fair-west.md"
    assert result.stdout == (
        f"{path}\nNext: edit it, remove `draft: true`, and run: helpcenter check\n"
    )
    assert errors(marbles) == []
    publish_draft(path)
    error = ("new", "error", "mud-fair-west", "-1", 'Not "dry": yet', "--issue", "wrong-key")
    result = run(*error, content=marbles)
    assert (result.exit_code, result.stderr) == (0, "")
    assert run("check", content=marbles).exit_code == 0
    added = load(marbles).errors[-1]
    assert (added.code, added.message, added.issues) == ("-1", 'Not "dry": yet', ("wrong-key",))


def test_a_title_in_any_script_needs_a_slug(marbles: Path) -> None:
    result = run("new", "issue", "Ключ не работает", "--slug", "key-fails", content=marbles)
    assert result.exit_code == 0
    draft = next(issue for issue in load(marbles, drafts=True).issues if issue.slug == "key-fails")
    assert draft.title == "Ключ не работает"
    assert run("new", "exchange", "茶", "--slug", "tea", content=marbles).exit_code == 0
    assert (marbles / "exchanges/tea.md").exists()


def test_a_draft_made_from_what_visitors_asked(marbles: Path, tmp_path: Path) -> None:
    text = "the clay frog ate {{ my }} key\nat 192.0.2.7"
    with closing(Store.open(Settings(data=tmp_path).database)) as store:
        store.note_unanswered(Unanswered(datetime.now(UTC), Kind.DIAGNOSIS, text, "v1"))
    listed = run("insights", "--data", str(tmp_path), content=marbles).stdout
    (line,) = (line for line in listed.splitlines() if "the clay frog ate" in line)
    key = line.split()[1]
    arguments = ("new", "issue", "Frog Ate It", "--data", str(tmp_path))
    result = run(*arguments, "--from", "wrong", content=marbles)
    assert result.exit_code == 2
    assert f"there is no group `wrong`; there are: {key}" in result.stderr
    assert run(*arguments, "--from", key, content=marbles).exit_code == 0
    assert errors(marbles) == []
    draft = next(
        issue for issue in load(marbles, drafts=True).issues if issue.slug == "frog-ate-it"
    )
    assert draft.examples == ("the clay frog ate { { my }} key\nat {{ whitelist_ip }}",)
    path = marbles / "issues/frog-ate-it.md"
    publish_draft(path)
    result = run("check", content=marbles)
    assert result.exit_code == 1
    assert "instead of frog-ate-it" in result.stdout, "the example fails until a writer answers it"


def test_the_starter_is_good_and_served(tmp_path: Path) -> None:
    folder = tmp_path / "boats"
    result = run("init", "--starter", str(folder))
    assert result.exit_code == 0
    assert result.stdout.endswith(f"run: helpcenter serve --dev --content {folder}\n")
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"site.yml", "diagnostic.yml", "tips.yml", "issues/cannot-sign-in.md"} <= names
    result = run("check", content=folder)
    assert (result.exit_code, result.stdout) == (0, "")
    with TestClient(create_app(Settings(content=folder, data=tmp_path))) as visitor:
        for url in ("/", "/issues/cannot-sign-in", "/issues/upload-stops", "/search?q=upload"):
            page = visitor.get(url)
            assert page.status_code == 200
            for word in ("exchange", "trading", "whitelist"):
                assert word not in page.text.lower(), (url, word)
        assert (
            "Cannot Sign In"
            in visitor.post("/diagnose", data={"text": "BOAT-401: who are you?"}).text
        )


def test_init_spares_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text("mine")
    result = run("init", str(tmp_path))
    assert result.exit_code == 2
    assert "isn't empty" in result.stderr
    assert texts(tmp_path) == {str(tmp_path / "site.yml"): b"mine"}
    (tmp_path / "empty").mkdir()
    assert run("init", str(tmp_path / "empty")).exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        ["new", "exchange"],
        ["new", "error"],
        ["rename"],
        ["rename", "issue"],
        ["rename", "step"],
        ["rename", "exchange"],
        ["retire"],
        ["retire", "issue"],
        ["retire", "error"],
        ["retire", "exchange"],
        ["publish"],
        ["init"],
    ],
    ids=" ".join,
)
def test_help_begins_with_what_it_does_and_ends_with_an_example(command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert f"Example: helpcenter {' '.join(command)}" in result.stdout


def test_fixtures_are_as_they_were() -> None:
    assert errors(TEAPOTS) == errors(MARBLES) == []
