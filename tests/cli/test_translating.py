"""`helpcenter translations`, as a translator meets it."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
import yaml
from babel.messages.pofile import read_po, write_po
from click.testing import CliRunner, Result

from app.cli import main
from app.content.loader import load
from tests.conftest import TEAPOTS

pytestmark = pytest.mark.slow


@pytest.fixture
def teapots(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TEAPOTS, tmp_path / "teapots"))


def run(*arguments: str, content: Path) -> Result:
    result = CliRunner().invoke(main, ["translations", *arguments, "--content", str(content)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def report(content: Path) -> str:
    return run(content=content).stdout.strip()


def translated(po: str) -> bytes:
    """Return a PO file with a translation of every message."""
    catalog = read_po(io.BytesIO(po.encode()), locale="es")
    for message in catalog:
        if message.id:
            message.string = f"{message.id} «es»"
    out = io.BytesIO()
    write_po(out, catalog)
    return out.getvalue()


def test_from_a_new_language_to_a_whole_one_with_a_po_file(teapots: Path, tmp_path: Path) -> None:
    assert run("new", "es", content=teapots).exit_code == 0
    assert report(teapots).startswith("es: 0 current, 0 stale, ")
    po = run("export", "es", content=teapots).stdout
    assert po.count('msgid "') > 20
    (tmp_path / "es.po").write_bytes(translated(po))
    assert run("import", "es", str(tmp_path / "es.po"), content=teapots).exit_code == 0
    assert report(teapots).endswith(" current, 0 stale, 0 missing")
    assert run("export", "es", content=teapots).stdout.count("msgid") == 1  # the header
    before = (teapots / "es" / "tips.yml").read_text()
    assert "0 files written" in run("update", "es", content=teapots).stdout
    assert (teapots / "es" / "tips.yml").read_text() == before


def test_after_renaming_an_update_finds_the_translations_again(
    teapots: Path, tmp_path: Path
) -> None:
    run("new", "es", content=teapots)
    (tmp_path / "es.po").write_bytes(translated(run("export", "es", content=teapots).stdout))
    run("import", "es", str(tmp_path / "es.po"), content=teapots)
    arguments = ["rename", "issue", "cold-water", "lid-does-not-open", "--content", str(teapots)]
    renamed = CliRunner().invoke(main, arguments)
    assert "Next: helpcenter translations update && helpcenter check" in renamed.stdout
    assert run("update", content=teapots).exit_code == 0
    assert report(teapots).endswith(" current, 0 stale, 0 missing")
    assert (teapots / "es" / "issues" / "lid-does-not-open.md").is_file()
    assert not (teapots / "es" / "issues" / "cold-water.md").exists()


def test_a_text_replaced_in_its_place_serves_every_equal_source(teapots: Path) -> None:
    text = "Keep the lid on."
    source = {"tips": [{"id": key, "title": f"Tip {key}", "text": text} for key in ("a", "b")]}
    (teapots / "tips.yml").write_text(yaml.safe_dump(source))
    run("new", "es", content=teapots)
    path = teapots / "es" / "tips.yml"
    path.write_text(path.read_text().replace(text, "Deja la tapa puesta.", 1))
    run("update", "es", content=teapots)
    assert path.read_text().count("Deja la tapa puesta.") == 2
    assert "2 current" in report(teapots)


def test_a_changed_source_makes_a_translation_stale_until_it_is_accepted(teapots: Path) -> None:
    source = teapots / "tips.yml"
    tip = {"id": "lid", "title": "Lids", "text": "Keep the lid on."}
    source.write_text(yaml.safe_dump({"tips": [tip]}))
    run("new", "es", content=teapots)
    path = teapots / "es" / "tips.yml"
    path.write_text(path.read_text().replace("Keep the lid on.", "Deja la tapa puesta."))
    source.write_text(yaml.safe_dump({"tips": [{**tip, "text": "Keep the lid closed."}]}))
    assert "1 stale" in report(teapots)
    run("update", "es", content=teapots)
    assert "1 stale" in report(teapots)
    po = run("export", "es", "tips.yml", content=teapots).stdout
    assert "#, fuzzy" in po
    assert "Deja la tapa puesta." in po
    run("update", "es", "--accept", "tips.yml", content=teapots)
    assert "0 stale" in report(teapots)


def test_a_renamed_source_keeps_its_translation(teapots: Path) -> None:
    run("new", "es", content=teapots)
    old, new = (teapots / "es" / "issues" / f"{name}.md" for name in ("cold-water", "warm-water"))
    title = next(issue.title for issue in load(teapots).issues if issue.slug == "cold-water")
    old.write_text(old.read_text().replace(f"title: {title}", "title: Agua"))
    issues = teapots / "issues"
    (issues / "cold-water.md").rename(issues / "warm-water.md")
    run("update", content=teapots)
    assert not old.exists()
    assert "title: Agua" in new.read_text()


def test_a_text_that_is_the_same_in_both_languages(teapots: Path, tmp_path: Path) -> None:
    source = {"tips": [{"id": "a", "title": "Demo Trading", "text": "Lids"}]}
    (teapots / "tips.yml").write_text(yaml.safe_dump(source))
    run("new", "es", content=teapots)
    (tmp_path / "a.po").write_text('msgid "Demo Trading"\nmsgstr "Demo Trading"\n')
    run("import", "es", str(tmp_path / "a.po"), content=teapots)
    assert report(teapots).startswith("es: 1 current")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "klingon"], "klingon is not a language"),
        (["new", "pt-BR"], "pt-BR is not a language"),
        (["update", "es"], "helpcenter translations new es"),
        (["export", "es"], "helpcenter translations new es"),
    ],
)
def test_wrong_usage(teapots: Path, arguments: list[str], said: str) -> None:
    result = run(*arguments, content=teapots)
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_folder_is_named_behind_the_command(teapots: Path) -> None:
    command = ["translations", "--content", str(teapots), "new", "es"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2
    assert "write --content behind new" in result.stderr
    assert not (teapots / "es").exists()
