"""What every answer says in its headers."""

from __future__ import annotations

import re

import pytest

from tests.client import TestClient
from tests.web.conftest import BASE_URL, FIXTURES, client
from tests.web.document import Document

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
CACHED = [
    "/",
    "/?exchange=glassmarket",
    "/issues/address-not-allowed",
    "/issues/address-not-allowed.md",
    "/exchanges",
    "/exchanges/glassmarket",
    "/errors/glassmarket/-7007",
    "/search?q=marble",
    "/diagnose",
    "/diagnose?exchange=glassmarket&error=-7007",
    "/whitelist",
    "/sitemap.xml",
    "/feed.xml",
    "/robots.txt",
    "/llms.txt",
    "/llms-full.txt",
]


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/issues/address-not-allowed.md", 200),
        ("GET", "/sitemap.xml", 200),
        ("GET", "/healthz", 200),
        ("GET", "/i/wrong-key", 301),
        ("POST", "/diagnose", 422),
        ("GET", "/nonsuch", 404),
        ("GET", "/static/old/nonsuch.css", 404),
        ("GET", "/static/old/style.css", 200),
        ("DELETE", "/", 405),
        ("GET", "/api/v1/issues", 200),
        ("GET", "/api/v1/nonsuch", 404),
        ("POST", "/api/v1/diagnose", 422),
    ],
)
def test_every_kind_of_answer_is_protected(
    marbles: TestClient, method: str, url: str, status: int
) -> None:
    response = marbles.request(method, url)
    assert response.status_code == status
    assert SECURITY.items() <= dict(response.headers).items()
    policy = dict(
        directive.split(" ", 1)
        for directive in response.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in response.headers["content-security-policy"]


@pytest.mark.parametrize("url", CACHED)
def test_a_known_page_is_not_sent_twice(marbles: TestClient, url: str) -> None:
    first = marbles.get(url)
    assert "max-age" in first.headers["cache-control"]
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = marbles.get(url, headers={"If-None-Match": known})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == first.headers["cache-control"]
        assert again.headers.get("vary") == first.headers.get("vary")
    assert marbles.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("url", CACHED)
def test_head_answers_as_get_without_a_body(marbles: TestClient, url: str) -> None:
    get, head = marbles.get(url), marbles.head(url)
    assert head.status_code == 200
    assert head.content == b""
    own = "x-request-id"
    assert {**head.headers, own: ""} == {**get.headers, own: ""}


@pytest.mark.parametrize("url", ["/search?q=marble", "/diagnose?exchange=glassmarket&error=-7007"])
def test_page_and_fragment_of_one_address_are_told_apart(marbles: TestClient, url: str) -> None:
    page, fragment = marbles.get(url), marbles.get(url, headers=HTMX)
    assert page.headers["etag"] != fragment.headers["etag"]
    for response in (page, fragment):
        varied = {name.strip() for name in response.headers["vary"].split(",")}
        assert {"HX-Request", "HX-Request-Type", "HX-History-Restore-Request"} <= varied


@pytest.mark.parametrize("url", ["/", "/issues/wrong-key", "/exchanges/glassmarket", "/whitelist"])
def test_pages_that_depend_on_no_header_are_the_same_for_htmx(
    marbles: TestClient, url: str
) -> None:
    page, fragment = marbles.get(url), marbles.get(url, headers=HTMX)
    assert page.headers["vary"] == "Accept-Encoding"
    assert page.text == fragment.text


@pytest.mark.parametrize("url", ["/nonsuch", "/errors/glassmarket/nonsuch"])
def test_problems_depend_on_htmx_and_say_so(marbles: TestClient, url: str) -> None:
    page, fragment = marbles.get(url), marbles.get(url, headers=HTMX)
    assert page.text != fragment.text
    assert "HX-Request" in page.headers["vary"]
    assert "HX-Request" in fragment.headers["vary"]


def test_answers_to_a_paste_and_problems_are_stored_nowhere(marbles: TestClient) -> None:
    for response in (
        marbles.post("/diagnose", data={"text": "nobody answers"}),
        marbles.post("/diagnose", data={"text": "nobody answers"}, headers=HTMX),
        marbles.post("/diagnose", data={"text": "x" * 20_000}),
        marbles.post("/whitelist", data={"list": "192.0.2.7"}),
        marbles.post("/api/v1/diagnose", json={"text": "nobody answers"}),
        marbles.get("/nonsuch"),
    ):
        assert response.headers["cache-control"] == "no-store", response.url


def test_static_files_are_kept_for_ever_under_the_hash_of_their_content(
    marbles: TestClient,
) -> None:
    page = Document(marbles.get("/").text)
    addresses = [link["href"] for link in page.all("link", rel="stylesheet")]
    addresses += [script["src"] for script in page.all("script")]
    addresses.remove("/theme.css")
    assert len(addresses) >= 3
    for address in addresses:
        assert re.fullmatch(r"/static/[0-9a-f]{12}/[\w./-]+", address)
        present = marbles.get(address)
        assert present.headers["cache-control"] == "public, max-age=31536000, immutable"
        tag = present.headers["etag"]
        assert marbles.get(address, headers={"If-None-Match": tag}).status_code == 304
        outdated = re.sub(r"/static/\w+/", "/static/000000000000/", address)
        old = marbles.get(outdated)
        assert (old.status_code, old.content) == (200, present.content)
        assert "immutable" not in old.headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["../pyproject.toml", "..%2fpyproject.toml", "%2e%2e/pyproject.toml", "htmx", ""]
)
def test_nothing_but_static_files_is_served_below_static(marbles: TestClient, path: str) -> None:
    version = re.search(r"/static/(\w+)/", marbles.get("/").text)
    assert version
    assert marbles.get(f"/static/{version[1]}/{path}").status_code == 404


def test_types_of_static_files(marbles: TestClient) -> None:
    for name, kind in (
        ("style.css", "text/css"),
        ("app.js", "text/javascript"),
        ("htmx/htmx.min.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
        ("redaction-rules.json", "application/json"),
    ):
        assert marbles.get(f"/static/x/{name}").headers["content-type"].startswith(kind)


def test_without_a_base_url_nothing_claims_to_be_canonical() -> None:
    """An address without a host is no canonical link, and not valid in a sitemap."""
    page = Document(client(FIXTURES / "content").get("/issues/cold-water").text)
    assert not page.all("link", rel="canonical")
    assert not page.all("meta", property="og:url")


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("/?exchange=glassmarket", "/"),
        ("/?utm_source=x", "/"),
        ("/issues/wrong-key?exchange=claybourse", "/issues/wrong-key"),
        ("/exchanges/glassmarket?exchange=claybourse", "/exchanges/glassmarket"),
    ],
)
def test_the_canonical_address_leaves_the_choice_out(
    marbles: TestClient, url: str, canonical: str
) -> None:
    page = Document(marbles.get(url).text)
    assert page.one("link", rel="canonical")["href"] == BASE_URL + canonical
