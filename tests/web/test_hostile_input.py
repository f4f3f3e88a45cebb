"""Whatever is sent comes out escaped, in its place, and in linear time."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.client import TestClient
from tests.web.document import Document

pytestmark = pytest.mark.slow

HTMX = {"HX-Request": "true"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HOSTILE = [
    "<hostile>",
    '"><hostile x="',
    "'><hostile x='",
    '" onhostile="1',
    "' onhostile='1",
    "</textarea><hostile>",
    "</title><hostile>",
    "</script><hostile>",
    "<!-- --><hostile>",
    "]]><hostile>",
    "<svg/onhostile=1>",
    "&lt;hostile&gt;<hostile>",
    "[x](javascript:hostile)",
    "![x](https://hostile.test/x.png)",
    "<https://hostile.test>",
    "{{ 7919*7927 }}{% for x in y %}${7919*7927}#{7919*7927}",
    "https://hostile.test/",
    "//hostile.test/x",
    "/\\hostile.test",
    "..%2f..%2fhostile",
    "a\r\nSet-Cookie: hostile=1",
    "a\x00b",
    "\u202ekey gnorw\u202c\u2066",
    "😀\u0301\ufeff",
]
ALL = " ".join(HOSTILE)
SHOWN = {"q", "text", "list"}
"""The fields that are shown again; the others meet all of `HOSTILE` in one piece."""
GET = [
    ("/", "exchange"),
    ("/search", "q"),
    ("/search", "exchange"),
    ("/diagnose", "exchange"),
    ("/diagnose", "error"),
    ("/diagnose", "missing"),
    ("/diagnose", "test-other-browser"),
    ("/diagnose", "issue"),
    ("/diagnose?exchange=glassmarket", "error"),
    ("/issues/wrong-key", "exchange"),
    ("/exchanges/glassmarket", "exchange"),
    ("/whitelist", "exchange"),
    ("/whitelist", "list"),
]
POST = [
    ("/diagnose", "text"),
    ("/diagnose", "exchange"),
    ("/diagnose", "error"),
    ("/diagnose", "have"),
    ("/diagnose", "test-other-browser"),
    ("/diagnose", "issue"),
    ("/diagnose", "touched"),
    ("/whitelist", "list"),
    ("/whitelist", "exchange"),
]
PATHS = ["/{}", "/issues/{}", "/issues/{}.md", "/exchanges/{}", "/errors/glassmarket/{}"]
PATHS += ["/errors/{}/-7007", "/e/glassmarket/{}", "/e/{}/-7007", "/i/{}", "/static/x/{}"]


def assert_harmless(html: str) -> None:
    """Assert that nothing of `HOSTILE` became an element, an attribute or an address."""
    page = Document(html)
    for element in page.all():
        assert element.tag != "hostile"
        assert not [name for name in element.attributes if name.startswith("on")]
        for name in ("src", "href", "action"):
            address = element.attributes.get(name, "")
            assert not address.startswith(("javascript:", "//", "https://hostile", "/\\")), address
    assert str(7919 * 7927) not in page.text  # a template was filled in


@pytest.mark.parametrize(("url", "name"), GET)
def test_hostile_queries(marbles: TestClient, url: str, name: str) -> None:
    for text in HOSTILE if name in SHOWN else [ALL]:
        for headers in ({}, HTMX):
            url_of_text = marbles.build_request("GET", url).url.copy_merge_params({name: text})
            response = marbles.get(url_of_text, headers=headers)
            assert response.status_code == 200
            assert_harmless(response.text)
            assert "set-cookie" not in response.headers


@pytest.mark.parametrize(("url", "name"), POST)
def test_hostile_forms(marbles: TestClient, url: str, name: str) -> None:
    for text in HOSTILE if name in SHOWN else [ALL]:
        for headers in ({}, HTMX):
            fields = {"text": "nobody answers", "list": "192.0.2.7", name: text}
            response = marbles.post(url, data=fields, headers=headers)
            assert response.status_code == 200
            assert_harmless(response.text)
            assert "hostile" not in str(response.headers)
            assert "set-cookie" not in response.headers


@pytest.mark.parametrize("path", PATHS)
def test_hostile_paths(marbles: TestClient, path: str) -> None:
    moves = path.startswith(("/e/", "/i/"))
    for text in HOSTILE if moves else [ALL, *HOSTILE[:2]]:
        response = marbles.get(path.format(quote(text, safe="")))
        assert response.status_code in {301, 404}
        if response.status_code == 404:
            assert_harmless(response.text)
            continue
        # Nobody is led to another site, or to a header of their own.
        location = response.headers["location"]
        assert location.startswith(("/issues/", "/errors/", "/i/", "/e/"))
        assert "\n" not in location
        assert "\r" not in location
        assert "set-cookie" not in response.headers


def test_what_is_echoed_is_echoed_as_it_was_written(marbles: TestClient) -> None:
    """Escaping is not removing: the visitor sees their own text again."""
    for text in HOSTILE:
        if "\x00" in text or "\r" in text:
            continue
        page = Document(marbles.get("/search", params={"q": text}).text)
        assert page.control("Search")["value"] == text.strip()
        page = Document(marbles.post("/diagnose", data={"text": text}).text)
        assert page.value(page.one("textarea", name="text")) == text
        page = Document(marbles.post("/whitelist", data={"list": text}).text)
        assert page.value(page.one("textarea", name="list")) == text


RAW = [
    b"%00",
    b"%ED%A0%80",
    b"%FF%FE",
    b"%C0%AF",
    b"%",
    b"%zz",
    b"%F4%90%80%80",
    b"\xff\xfe",
    b"+",
]


@pytest.mark.parametrize("raw", RAW)
def test_bytes_that_are_no_text(marbles: TestClient, raw: bytes) -> None:
    """NULs, lone surrogates, bad UTF-8 and bad escapes are answered."""
    for url in ("/diagnose", "/whitelist"):
        body = b"text=nobody+answers+" + raw + b"&list=192.0.2.7" + raw
        for headers in (FORM, FORM | HTMX):
            response = marbles.post(url, content=body, headers=headers)
            assert response.status_code == 200
            assert_harmless(response.text)
    query = raw.decode("latin-1")
    for url in (f"/search?q=marble{query}", f"/diagnose?exchange={query}&missing={query}"):
        response = marbles.get(url)
        assert response.status_code == 200
        assert_harmless(response.text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 16_000,
        "{" * 8_000 + "}" * 8_000,
        "a" * 16_000 + "!",
        "a@" * 8_000,
        "=" * 16_000,
        "key=" * 4_000,
        "-----BEGIN " * 1_400,
        "1." * 8_000,
        "::" * 8_000,
        '\\"' * 8_000,
        "eyJ" * 5_000 + ".",
        "a" + "\n" * 15_000,
        "-7007 " * 2_600,
        "friend unknown " * 1_000,
        "[[](" * 4_000,
        "`" * 16_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_food_for_slow_patterns_is_digested(marbles: TestClient, text: str) -> None:
    """Quadratic time on 16 KB would take far longer than the whole suite; see `--durations`."""
    for url, name in (("/diagnose", "text"), ("/whitelist", "list")):
        response = marbles.post(url, data={name: text})
        assert response.status_code == 200
        assert_harmless(response.text)


def test_a_host_header_leads_nobody_astray(marbles: TestClient) -> None:
    response = marbles.get("/issues/wrong-key", headers={"Host": "hostile.test"})
    assert "hostile.test" not in response.text
    for url in ("/sitemap.xml", "/feed.xml", "/robots.txt", "/llms.txt"):
        assert "hostile.test" not in marbles.get(url, headers={"Host": "hostile.test"}).text


def test_a_slash_too_many_leads_to_the_page_on_this_site(marbles: TestClient) -> None:
    """Behind a proxy that speaks https, the server's own scheme and host are not the site's."""
    moved = marbles.get("/issues/wrong-key/?exchange=glassmarket", headers={"Host": "inner:8000"})
    assert moved.headers["location"] == "/issues/wrong-key?exchange=glassmarket"


@pytest.mark.parametrize(
    "url", ["//hostile.test/", "//hostile.test//", "/%2F/hostile.test/", "/%5Chostile.test/"]
)
def test_a_slash_too_many_leads_to_no_other_site(marbles: TestClient, url: str) -> None:
    moved = marbles.get(f"http://testserver{url}")
    assert moved.status_code == 301
    assert moved.headers["location"] in {"/hostile.test", "/%5Chostile.test"}
