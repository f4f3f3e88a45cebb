"""The texts of the interface in the language in use."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from app import i18n
from app.development import catalogs
from app.i18n import _, ngettext, use_language
from app.languages import ENGLISH, Language

SPANISH = Language("es")
PO = """
#: static/app.js
msgid "Link copied"
msgstr "</script>Enlace copiado"

#: static/widget-1.js
msgid "Open"
msgstr "Abrir"

#: app/x.py
msgid "Search"
msgstr "Buscar"

msgid "%(n)s code"
msgid_plural "%(n)s codes"
msgstr[0] "%(n)s código"
msgstr[1] "%(n)s códigos"
msgstr[2] "%(n)s códigos"
"""


@pytest.fixture(autouse=True)
def spanish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "es" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(f'msgid ""\nmsgstr "Language: es\\n"\n{PO}')
    monkeypatch.setattr(i18n, "LOCALES", tmp_path)
    monkeypatch.setattr(catalogs, "LOCALES", tmp_path)
    return path


def test_texts_are_those_of_the_language_in_use() -> None:
    assert _("Search") == "Search"
    with use_language(SPANISH):
        assert _("Search") == "Buscar"
        assert _("Not there") == "Not there"
        assert ngettext("%(n)s code", "%(n)s codes", 2) == "%(n)s códigos"
        with use_language(ENGLISH):
            assert _("Search") == "Search"
    assert _("Search") == "Search"


def test_scripts_get_their_own_texts_and_no_tag_ends_there() -> None:
    assert i18n.script_texts() == "{}"
    with use_language(SPANISH):
        texts, widget = i18n.script_texts(), i18n.widget_texts()
    assert "Enlace copiado" in texts
    assert "Abrir" in widget
    assert "Abrir" not in texts, "no page shows it"
    assert "Buscar" not in texts
    assert "<" not in texts


def test_dates_and_lists() -> None:
    day = dt.date(2026, 11, 9)
    assert i18n.date(day) == "9 November 2026"
    assert i18n.listed(["a", "b", "c"]) == "a, b and c"
    assert i18n.listed([]) == ""
    with use_language(SPANISH):
        assert i18n.date(day) == "9 de noviembre de 2026"
        assert i18n.listed(["a", "b", "c"]) == "a, b y c"


def test_what_is_wrong_with_a_catalog(spanish: Path) -> None:
    template = Catalog()
    template.add("Search")
    template.add("Hello %(name)s")
    template.add("New {x}")
    spanish.write_text(
        'msgid "Hello %(name)s"\nmsgstr "Hola %(nombre)s"\n\n'
        '#, fuzzy\nmsgid "Search"\nmsgstr "Buscar"\n\nmsgid "Old"\nmsgstr "Viejo"\n'
    )
    found = [f"{severity}: {message}" for severity, message in catalogs.findings(SPANISH, template)]
    assert [line for line in found if line.startswith("error")] == [
        "error: 'Hello %(name)s' has other placeholders than 'Hola %(nombre)s'",
        "error: 'Search' is fuzzy; translate it, and remove the mark",
    ]
    assert any("'New {x}' is not translated" in line for line in found)
    assert any("'Old' is used nowhere" in line for line in found)


def test_an_update_keeps_what_is_translated_and_marks_what_changed(spanish: Path) -> None:
    template = Catalog()
    template.add("Search")
    template.add("The link was copied")
    text = catalogs.updated(SPANISH, template)
    assert 'msgid "Search"\nmsgstr "Buscar"' in text
    assert "codes" not in text
    spanish.write_text(text)
    assert catalogs.updated(SPANISH, template) == text


@pytest.mark.slow
def test_every_kind_of_secret_and_every_text_of_scripts_is_extracted() -> None:
    template = catalogs.extracted()
    for text in ("recovery phrase", "a passphrase", "Link copied", "Remove it?", "Search"):
        assert template.get(text) is not None, text
    assert len(template) > 250
    assert not [
        message.id
        for message in template
        if isinstance(message.id, str) and re.search(r"\n", message.id)
    ]
