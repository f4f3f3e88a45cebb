"""What visitors get when something is wrong: the same look, and a way on."""

from __future__ import annotations

import pytest

from tests.client import TestClient
from tests.web.conftest import FIXTURES, client
from tests.web.document import Document

HTMX = {"HX-Request": "true"}


def assert_shows_a_way_on(page: Document) -> None:
    assert page.one("form", role="search")
    assert page.meta("robots") == "noindex"
    links = [link["href"] for link in page.one("main").all("a")]
    assert "/" in links
    assert "/#issues" in links
    assert "/#support" in links


@pytest.mark.parametrize(
    "url",
    [
        "/nonsuch",
        "/issues/nonsuch",
        "/issues/nonsuch.md",
        "/exchanges/nonsuch",
        "/errors/glassmarket/nonsuch",
        "/errors/nonsuch/-7007",
        "/static/x/nonsuch.js",
        "/favicon.ico",
        "/a/b/c/d/e",
    ],
)
def test_an_unknown_address(marbles: TestClient, url: str) -> None:
    response = marbles.get(url)
    assert response.status_code == 404
    page = Document(response.text)
    assert page.heading == "Page not found"
    assert "Error 404" in page.text
    assert_shows_a_way_on(page)


@pytest.mark.parametrize(
    ("url", "suggested"),
    [
        ("/issues/adress-not-alowed", "/issues/address-not-allowed"),
        ("/isues/wrong-key", "/issues/wrong-key"),
        ("/help/market-closed.html", "/issues/market-closed"),
        ("/glassmarket", "/exchanges/glassmarket"),
        ("/errors/glassmarket/-7008", "/exchanges/glassmarket"),
    ],
)
def test_an_address_that_is_nearly_right_brings_suggestions(
    marbles: TestClient, url: str, suggested: str
) -> None:
    page = Document(marbles.get(url).text)
    offered = page.one("section", class_="found")
    assert offered.one("h2").text == "Did you mean"
    assert suggested in [link["href"] for link in offered.all("a")]


def test_an_address_like_no_other_brings_no_wild_guess(marbles: TestClient) -> None:
    assert "Did you mean" not in marbles.get("/qzxwvk").text


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("DELETE", "/", {"GET", "HEAD"}),
        ("POST", "/issues/wrong-key", {"GET", "HEAD"}),
        ("POST", "/search", {"GET", "HEAD"}),
        ("PUT", "/diagnose", {"GET", "HEAD", "POST"}),
        ("DELETE", "/whitelist", {"GET", "HEAD", "POST"}),
    ],
)
def test_a_method_that_is_not_meant(
    marbles: TestClient, method: str, url: str, allowed: set[str]
) -> None:
    response = marbles.request(method, url)
    assert response.status_code == 405
    assert {name.strip() for name in response.headers["allow"].split(",")} == allowed
    page = Document(response.text)
    assert page.heading == "This link can't be used that way"
    assert_shows_a_way_on(page)


def test_a_body_that_is_too_long(marbles: TestClient) -> None:
    response = marbles.post("/diagnose", data={"text": "x" * (512 * 1024)})
    assert response.status_code == 413
    page = Document(response.text)
    assert page.heading == "Your text is too long"
    assert "xxxx" not in page.text
    assert_shows_a_way_on(page)


def test_a_body_that_never_says_its_length_is_cut_off_too(marbles: TestClient) -> None:
    pieces = (b"text=" + b"x" * 1024 for _ in range(600))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = marbles.post("/diagnose", content=pieces, headers=headers)
    assert response.status_code == 413


def test_a_file_in_place_of_a_text_is_no_crash(marbles: TestClient) -> None:
    response = marbles.post("/diagnose", files={"text": ("error.log", b"nobody answers")})
    assert response.status_code == 400
    assert Document(response.text).heading == "We couldn't read that request"


def test_a_form_of_a_thousand_fields_is_refused(marbles: TestClient) -> None:
    fields = "&".join(f"f{number}=1" for number in range(1000))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = marbles.post("/diagnose", content=fields, headers=headers)
    assert response.status_code == 400
    assert_shows_a_way_on(Document(response.text))


def test_a_crash_is_a_page_that_tells_nothing_of_the_inside() -> None:
    broken = client(FIXTURES / "exchange_content")
    quiet = TestClient(broken.app, raise_server_exceptions=False)

    class Exploding:
        def diagnose(self, observations: object) -> None:
            raise RuntimeError("the secret recipe")

    edition = broken.app.live.edition  # type: ignore[attr-defined]
    object.__setattr__(edition, "engine", Exploding())
    for headers in ({}, HTMX):
        response = quiet.post("/diagnose", data={"text": "a paste"}, headers=headers)
        assert response.status_code == 500
        assert "Something went wrong on our side" in response.text
        for hidden in ("secret recipe", "Traceback", "RuntimeError", "a paste"):
            assert hidden not in response.text
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"
    assert_shows_a_way_on(Document(quiet.post("/diagnose", data={"text": "a paste"}).text))


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [("GET", "/nonsuch", 404), ("DELETE", "/", 405), ("POST", "/whitelist", 413)],
)
def test_htmx_gets_a_line_that_is_announced(
    marbles: TestClient, method: str, url: str, status: int
) -> None:
    data = {"list": "x" * 20_000} if method == "POST" else None
    response = marbles.request(method, url, data=data, headers=HTMX)
    assert response.status_code == status
    fragment = Document(response.text)
    assert not fragment.all("html")
    assert fragment.one("p", data_announce="").text


@pytest.mark.parametrize("url", ["/letter", "/help/copy-button.html"])
def test_an_address_of_which_only_a_text_speaks_brings_a_field_to_search_with(
    marbles: TestClient, url: str
) -> None:
    main = Document(marbles.get(url).text).one("main")
    assert "Did you mean" not in main.text
    assert main.one("form", action="/search").one("input", type="search")["name"] == "q"


def test_an_unknown_address_keeps_the_exchange(marbles: TestClient) -> None:
    page = Document(marbles.get("/issues/wrong-kex?exchange=claybourse").text)
    menu = page.one("form", class_="menu")
    chosen = [option["value"] for option in menu.all("option") if "selected" in option]
    assert chosen == ["claybourse"]
    assert "/?exchange=claybourse" in page.links()
