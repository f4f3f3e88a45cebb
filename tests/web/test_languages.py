"""Pages in another language: the same addresses with a prefix, and nothing left in English."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app import i18n
from app.development import catalogs
from tests.client import TestClient
from tests.conftest import MARBLES
from tests.pseudo import LONG, MIRRORED, pseudo, translate_content, write_catalog
from tests.web.conftest import BASE_URL, client

ISSUE = "/issues/wrong-key"
LABELS = re.compile(r"\*\*(.+?)\*\*")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("languages")
    content = root / "content"
    shutil.copytree(MARBLES, content, ignore=shutil.ignore_patterns("es"))
    for language in (LONG, MIRRORED):
        translate_content(content, language)
        write_catalog(root / "locales", language)
    return root


@pytest.fixture(scope="module")
def pages(root: Path) -> Iterator[TestClient]:
    """Marbles in English, a long language (`de`) and a mirrored one (`ar`)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(i18n, "LOCALES", root / "locales")
        patch.setattr(catalogs, "LOCALES", root / "locales")
        with client(root / "content", base_url=BASE_URL) as running:
            yield running


class Texts(HTMLParser):
    """The texts of a page that are to be in its language, and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: list[str] = []
        self._quiet: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        quiet = given.get("translate") == "no" or tag in {
            "script",
            "style",
            "strong",
            "code",
            "time",
        }
        quiet |= "lang" in given and tag != "html"
        if (self._quiet or quiet) and tag not in {"meta", "link", "input", "br", "img", "use"}:
            self._quiet.append(tag)
        if not quiet and not self._quiet:
            self.texts += filter(None, map(given.get, ("aria-label", "placeholder", "title")))
        if tag in {"a", "form"} and "hreflang" not in given:
            self.links.append(given.get("href") or given.get("action") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._quiet and self._quiet[-1] == tag:
            self._quiet.pop()

    def handle_data(self, data: str) -> None:
        if not self._quiet and data.strip():
            self.texts.append(data.strip())


def all_pages(pages: TestClient) -> list[str]:
    """Return the English addresses of all pages."""
    found = re.findall(rf"<loc>{BASE_URL}(/[^<]*)</loc>", pages.get("/sitemap.xml").text)
    english = [path for path in found if not path.startswith(("/de/", "/ar/"))]
    return [*english, "/search", "/diagnose", "/report", "/feedback?page=/diagnose"]


def names(pages: TestClient) -> set[str]:
    """Return the words that stay: names and facts of exchanges, codes and the product."""
    knowledge = pages.app.live.edition.knowledge  # type: ignore[attr-defined]
    facts = [str(exchange.model_dump()) for exchange in knowledge.exchanges]
    codes = [error.code for error in knowledge.content.errors]
    words = {knowledge.site.product, *facts, *codes, "API", "URL", "IPv"}
    return {word for text in words for word in re.findall(r"[A-Za-z]+", text)}


@pytest.mark.slow
def test_every_page_is_there_in_every_language_with_nothing_left_in_english(
    pages: TestClient,
) -> None:
    known = names(pages)
    addresses = all_pages(pages)
    assert len(addresses) > 15
    for path in addresses:
        answer = pages.get(f"/de{path}")
        assert answer.status_code == 200, path
        assert '<html lang="de">' in answer.text
        page = Texts(answer.text)
        left = [
            text
            for text in page.texts
            if not re.fullmatch(r"\S*[@/]\S*", text)  # an address
            and (words := set(re.findall(r"[A-Za-z]{3,}", text)) - known)
            and any(re.search("[aeiou]", word) for word in words)
        ]
        assert not left, (path, left[:5])


@pytest.mark.slow
def test_links_stay_in_the_language(pages: TestClient) -> None:
    for path in all_pages(pages):
        for link in Texts(pages.get(f"/de{path}").text).links:
            if link.startswith("/") and not link.startswith(("/static", "/images", "/api")):
                assert link.startswith("/de/"), (path, link)


def test_each_page_names_itself_in_all_languages_both_ways(pages: TestClient) -> None:
    alternate = re.compile(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">')
    for path in (ISSUE, "/", "/exchanges"):
        found = [
            dict(alternate.findall(pages.get(prefix + path).text)) for prefix in ("", "/de", "/ar")
        ]
        assert found[0] == found[1] == found[2]
        assert found[0] == {
            "en": BASE_URL + path,
            "de": f"{BASE_URL}/de{path}",
            "ar": f"{BASE_URL}/ar{path}",
            "x-default": BASE_URL + path,
        }
        canonical = f'<link rel="canonical" href="{BASE_URL}/de{path}">'
        assert canonical in pages.get(f"/de{path}").text


def test_the_menu_of_languages_leads_to_the_same_page(pages: TestClient) -> None:
    page = pages.get(f"/de{ISSUE}?exchange=glassmarket").text
    menu = re.findall(r'<a hreflang="(\w+)" href="([^"]+)" lang="\w+"', page)
    assert dict(menu) == {
        "en": f"{ISSUE}?exchange=glassmarket",
        "de": f"/de{ISSUE}?exchange=glassmarket",
        "ar": f"/ar{ISSUE}?exchange=glassmarket",
    }


def test_a_language_from_right_to_left_says_so(pages: TestClient) -> None:
    assert '<html lang="ar" dir="rtl">' in pages.get("/ar/").text
    assert "dir=" not in pages.get("/de/").text.partition("<body")[0]


def test_redirects_stay_in_the_language(pages: TestClient) -> None:
    assert pages.get("/de/i/wrong-key").headers["location"] == f"/de{ISSUE}"
    posted = pages.post("/de/diagnose", data={"have": "", "touched": "1"})
    assert posted.headers["location"].startswith("/de/diagnose?")


def test_a_diagnosis_answers_in_the_language_of_the_page(pages: TestClient) -> None:
    told = {"text": "glassmarket says WRONG_KEY", "exchange": "glassmarket"}
    german = pages.post("/de/diagnose", data=told)
    assert german.status_code == 200
    assert pseudo("Create a support report", LONG) in german.text


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/de/static/x.css", "/de/api/v1/issues", "/xx/issues/wrong-key"])
def test_what_has_no_language_has_no_prefix(pages: TestClient, path: str) -> None:
    assert pages.get(path).status_code == 404


def test_files_for_machines(pages: TestClient) -> None:
    assert f"<loc>{BASE_URL}/de{ISSUE}</loc>" in pages.get("/sitemap.xml").text
    assert f'href="{BASE_URL}/de{ISSUE}"' in pages.get("/de/feed.xml").text
    assert f"]({BASE_URL}/de{ISSUE}.md)" in pages.get("/de/llms.txt").text
    assert pages.get(f"/de{ISSUE}.md").text.rstrip().endswith(f"{BASE_URL}/de/i/wrong-key")


def test_the_api_answers_in_a_language(pages: TestClient) -> None:
    english = pages.get("/api/v1/issues/wrong-key").json()
    german = pages.get("/api/v1/issues/wrong-key", params={"lang": "de"}).json()
    assert german["title"] == pseudo(english["title"], LONG)
    assert german["url"] == f"/de{ISSUE}"
    told = {"text": "glassmarket says WRONG_KEY", "exchange": "glassmarket"}
    answer = pages.post("/api/v1/diagnose", params={"lang": "de"}, json=told)
    assert answer.status_code == 200
    unknown = pages.get("/api/v1/issues", params={"lang": "xx"})
    assert unknown.json() == pages.get("/api/v1/issues").json()


def test_search_finds_words_of_the_language_and_of_english(pages: TestClient) -> None:
    title = pages.get("/api/v1/issues/wrong-key").json()["title"]
    for query in (title, pseudo(title, LONG)):
        found = pages.get("/api/v1/search", params={"q": query, "lang": "de"}).json()
        assert found[0]["url"].partition("#")[0] == f"/de{ISSUE}", query
        assert found[0]["title"] == pseudo(title, LONG)


def test_the_language_of_a_text_is_offered(pages: TestClient) -> None:
    tip = pages.get("/api/v1/issues/wrong-key").json()
    text = " ".join((tip["title"], tip["symptom"], *tip["causes"]))
    offer = pseudo("This page is in English", LONG)
    page = pages.post("/diagnose", data={"text": pseudo(text, LONG)}).text
    assert 'action="/de/diagnose" class="offer" lang="de" dir="ltr"' in page
    assert f'<button type="submit">{offer}</button>' in page
    assert 'class="offer"' not in pages.post("/diagnose", data={"text": text}).text
    back = pages.post("/de/diagnose", data={"text": text}).text
    assert 'action="/en/diagnose" class="offer" lang="en"' in back
    assert pages.post("/en/diagnose", data={"text": text}).status_code == 200


def test_the_language_of_an_error_message_says_nothing_about_its_reader(
    pages: TestClient,
) -> None:
    text = '{"code":-7007,"say":"Friend unknown"} Please check the address and try again later'
    answer = pages.post("/de/diagnose", data={"text": text}).text
    assert "/errors/glassmarket/-7007" in answer
    assert 'class="offer"' not in answer


@pytest.mark.parametrize(
    ("typed", "home"),
    [("/de", "/de/"), ("/de?exchange=glassmarket", "/de/?exchange=glassmarket"), ("/en", "/")],
)
def test_the_home_page_of_a_language_is_found_without_its_slash(
    pages: TestClient, typed: str, home: str
) -> None:
    answer = pages.get(typed)
    assert answer.status_code == 301
    assert answer.headers["location"] == home
    assert pages.get(home).status_code == 200


def test_a_page_in_english_has_one_address(pages: TestClient) -> None:
    answer = pages.get(f"/en{ISSUE}?exchange=glassmarket")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"{ISSUE}?exchange=glassmarket"


def test_a_text_without_translation_is_marked_and_a_stale_one_is_told(
    root: Path, tmp_path: Path
) -> None:
    content = Path(shutil.copytree(root / "content", tmp_path / "content"))
    path = content / "issues" / "wrong-key.md"
    title = re.search(r"^title: (.*)$", path.read_text(), re.MULTILINE)
    assert title
    path.write_text(path.read_text().replace(title[0], "title: Another key"))
    (content / "de" / "issues" / "market-closed.md").unlink()
    with client(content) as changed:
        stale = changed.get(f"/de{ISSUE}").text
        assert f'<a hreflang="en" href="{ISSUE}">' in stale
        assert pseudo(title[1], LONG) in stale
        fresh = changed.get("/de/issues/market-closed").text
        assert f'<a hreflang="en" href="{ISSUE}">' not in fresh
        assert '<span lang="en" dir="ltr">' in fresh


def test_votes_in_all_languages_count_for_one_page(pages: TestClient) -> None:
    answer = pages.post("/de/feedback", data={"page": ISSUE, "helpful": "yes"})
    assert answer.status_code == 200
    page = pages.get(f"/de{ISSUE}").text
    assert f'<input type="hidden" name="page" value="{ISSUE}">' in page
