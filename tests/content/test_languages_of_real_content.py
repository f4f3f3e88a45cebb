"""Every page of the real content in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from app.authoring.translating import update
from app.checks import check
from app.content.folder import Folder
from app.content.loader import Content, load
from app.development import catalogs
from app.languages import Language
from app.settings import ROOT
from tests.client import TestClient
from tests.web.conftest import BASE_URL, client
from tests.web.test_languages import Texts

pytestmark = pytest.mark.slow

CONTENT = ROOT / "content"
LANGUAGES = Folder(CONTENT).languages()
SAME = 20
"""A text of the interface that is shorter may be a word of the language by chance."""


@pytest.fixture(scope="module")
def pages() -> Iterator[TestClient]:
    with client(CONTENT, base_url=BASE_URL) as running:
        yield running


def test_there_are_five_languages_besides_english() -> None:
    assert [language.tag for language in LANGUAGES] == ["es", "pt-BR", "ru", "tr", "zh-Hans"]


def test_nothing_of_the_content_is_missing_or_stale() -> None:
    rules = {"missing-translation", "stale-translation", "untranslatable", "translation-differs"}
    found = [
        str(finding)
        for finding in check(load(CONTENT))
        if finding.rule in rules | {"glossary-term"}
    ]
    assert found == [], "run `helpcenter translations update`, and translate what it adds"


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.folder)
def test_an_update_changes_no_file_that_is_up_to_date(language: Language, content: Content) -> None:
    written = update(content, language)
    assert len(written) > 30
    changed = [
        path.name
        for path, text in written.items()
        if text is None or path.read_text("utf-8") != text
    ]
    assert changed == [], f"run `helpcenter translations update {language.folder}`"


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.folder)
def test_nothing_of_the_interface_is_missing(language: Language) -> None:
    found = list(catalogs.findings(language, catalogs.extracted()))
    assert found == [], "run `make messages`, and translate what is empty"


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.folder)
def test_every_page_is_whole(pages: TestClient, language: Language) -> None:
    catalog = catalogs.read(language)
    english = {
        str(message.id)
        for message in catalog
        if isinstance(message.id, str)
        and len(message.id) > SAME
        and message.string not in {message.id, ""}
    }
    assert len(english) > 100
    paths = re.findall(rf"<loc>{BASE_URL}(/[^<]*)</loc>", pages.get("/sitemap.xml").text)
    own = [path for path in paths if path.startswith(f"/{language.folder}/")]
    errors = [path for path in own if "/errors/" in path]
    assert len(errors) > 500
    # Every language has its share of the error pages, which are many of a kind, and all the others.
    share = errors[LANGUAGES.index(language) :: len(LANGUAGES)]
    for path in {*own} - {*errors} | {*share}:
        answer = pages.get(path)
        assert answer.status_code == 200, path
        assert f'<html lang="{language.tag}"' in answer.text, path
        canonical = f'<link rel="canonical" href="{BASE_URL}{path}">'
        assert canonical in answer.text, path
        assert answer.text.count('<link rel="alternate" hreflang=') == len(LANGUAGES) + 2, path
        page = Texts(answer.text)
        assert not english & set(page.texts), path
        for link in page.links:
            if link.startswith("/") and not link.startswith(("/static", "/images", "/api")):
                assert link.startswith(f"/{language.folder}/"), (path, link)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.folder)
def test_the_title_of_an_issue_leads_to_it(pages: TestClient, language: Language) -> None:
    slug = "ip-whitelist-not-configured"
    title = pages.get(f"/api/v1/issues/{slug}", params={"lang": language.tag}).json()["title"]
    for query in (title, "IP Whitelist Not Configured"):
        asked = {"q": query, "lang": language.tag}
        found = pages.get("/api/v1/search", params=asked).json()
        assert found[0]["url"].partition("#")[0] == f"/{language.folder}/issues/{slug}", query
