"""The rules about translations, on the fixture content with a Spanish folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from app.checks import check
from app.content.loader import load
from tests.conftest import TEAPOTS

RULES = {
    "missing-translation",
    "stale-translation",
    "untranslatable",
    "translation-differs",
    "glossary-term",
}


@pytest.fixture
def teapots(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TEAPOTS, tmp_path / "teapots"))


def tips(root: Path, *texts: str, marks: dict[str, str] | None = None) -> None:
    """Write the Spanish tips: the title and the text of the only tip, and what else there is."""
    ids = [tip.id for tip in load(root).tips]
    (root / "es").mkdir(exist_ok=True)
    entries = dict(zip(ids, ({"title": "Consejo", "text": text} for text in texts), strict=False))
    written = yaml.safe_dump({"tips": entries, "marks": marks or {}}, allow_unicode=True)
    (root / "es" / "tips.yml").write_text(written)


def source_tip(root: Path, text: str) -> None:
    written = yaml.safe_dump({"tips": [{"id": "lid", "title": "Lids", "text": text}]})
    (root / "tips.yml").write_text(written)


def found(root: Path, rule: str) -> list[str]:
    return [
        f"{Path(finding.path).relative_to(root)}: {finding.severity}: {finding.message}"
        for finding in check(load(root))
        if finding.rule == rule
    ]


def test_a_content_without_languages_breaks_none_of_them(teapots: Path) -> None:
    assert not RULES & {finding.rule for finding in check(load(teapots))}


def test_missing_texts_are_told_file_by_file(teapots: Path) -> None:
    source_tip(teapots, "Keep the lid on.")
    tips(teapots, "Keep the lid on.")
    missing = found(teapots, "missing-translation")
    assert "es/tips.yml: warning: 1 of 2 texts of es/tips.yml have no translation into" in "".join(
        missing
    )
    assert any(message.startswith("site.yml: ") for message in missing)


def test_a_translation_of_an_older_text_is_stale(teapots: Path) -> None:
    source_tip(teapots, "Keep the lid on.")
    tips(teapots, "Deja la tapa puesta.", marks={"tips.lid.text": "00000000"})
    (stale,) = found(teapots, "stale-translation")
    assert stale.startswith("es/tips.yml: warning: 1 of 2 texts are translated from an older")


@pytest.mark.parametrize(
    ("source", "translation", "said"),
    [
        ("Ask {{ product }}.", "Pregunta.", "variables differ from the source: 'product' is"),
        ("Ask.", "Pregunta a {{ product }}.", "variables differ from the source: 'product' is not"),
        ("[Ask](/a).", "[Pregunta](/b).", "links differ from the source: '/a' is missing"),
        ("Write `a`.", "Escribe `b`.", "code differ"),
    ],
)
def test_what_must_be_as_in_the_source(
    teapots: Path, source: str, translation: str, said: str
) -> None:
    source_tip(teapots, source)
    tips(teapots, translation)
    (differs,) = found(teapots, "translation-differs")
    assert differs.startswith("es/tips.yml: error: the ")
    assert said in differs


def test_the_order_of_variables_and_their_defaults_are_free(teapots: Path) -> None:
    source_tip(teapots, "{{ product }} in {{ exchange | your exchange }} `a`")
    tips(teapots, "`a` {{ exchange | tu exchange }} de {{product}}")
    assert found(teapots, "translation-differs") == []


def test_the_glossary_with_inflected_words(teapots: Path) -> None:
    source_tip(teapots, "Tick the API keys.")
    tips(teapots, "Marca las claves de la API.")
    glossary = teapots / "es" / "glossary.yml"
    glossary.write_text("API key: clave API\n")
    (term,) = found(teapots, "glossary-term")
    assert '"API key" is "clave API" in the glossary' in term
    glossary.write_text("API key: [clave API, clav* de la API]\n")
    assert found(teapots, "glossary-term") == []


def test_what_has_no_source(teapots: Path) -> None:
    source_tip(teapots, "Keep the lid on.")
    tips(teapots, "Deja la tapa puesta.")
    (teapots / "es" / "tips.yml").write_text("tips: {pot: {title: Olla}}\n")
    (teapots / "es" / "issues").mkdir()
    (teapots / "es" / "issues" / "nothing.md").write_text("---\ntitle: Nada\n---\n")
    strangers = found(teapots, "untranslatable")
    assert [message.partition(":")[0] for message in strangers] == [
        "es/issues/nothing.md",
        "es/tips.yml",
    ]


def test_a_broken_file_is_an_error_with_its_line(teapots: Path) -> None:
    (teapots / "es").mkdir()
    (teapots / "es" / "tips.yml").write_text("tips: [\n")
    assert any(
        finding.path.endswith("es/tips.yml") and finding.rule == "yaml"
        for finding in load(teapots).findings
    )
