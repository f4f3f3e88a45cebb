"""A product's own look without a fork: colour, logo, and templates that are laid over ours."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from app.checks import check
from app.cli import main
from app.content.loader import load
from app.settings import ROOT, STATIC, TEMPLATES, Settings
from app.web.application import create_app
from tests.client import TestClient
from tests.conftest import SITE, TEAPOTS, MakeContent
from tests.web.document import Document

PNG = b"\x89PNG\r\n\x1a\n"
Overlay = Callable[[Mapping[str, str]], Path]


def site(more: str) -> str:
    return f"{dedent(SITE)}{more}\n"


# --- Colours, logo and image --------------------------------------------------------------------

BASE = "https://help.example.com"


def image_of(page: Document) -> tuple[str, ...]:
    """Return what a page says of the image beside a link in a chat."""
    parts = ("og:image", "og:image:width", "og:image:height", "og:image:alt")
    return tuple(tag["content"] for part in parts for tag in page.all("meta", property=part))


def test_colours_logo_and_image_of_a_product(make_content: MakeContent) -> None:
    look = 'accent: "#0B7A53"\naccent_dark: "#5fd3a6"\nlogo: our kettle.png\n'
    files: dict[str, str | bytes] = {
        "site.yml": site(f"{look}social_image: our kettle.png"),
        "images/our kettle.png": PNG,
    }
    settings = Settings(content=make_content(files), watch=0, base_url=BASE)
    with TestClient(create_app(settings)) as visitor:
        answer = visitor.get("/")
        page = Document(answer.text)
        sheets = re.findall('<link rel="stylesheet" href="([^"]+)">', answer.text)
        assert sheets[-1] == "/theme.css", "after ours, so that it wins"
        assert "style=" not in answer.text
        assert "style-src 'self'" in answer.headers["content-security-policy"]
        sheet = visitor.get("/theme.css")
        assert sheet.status_code == 200
        assert sheet.headers["content-type"].startswith("text/css")
        assert "max-age" in sheet.headers["cache-control"]
        assert "--accent:light-dark(#0b7a53,#5fd3a6);" in sheet.text
        assert visitor.get("/nonsuch").text.count("/theme.css") == 1
        logo = page.one("a", class_="brand").one("img")
        assert (logo["src"], logo["alt"]) == ("/images/our%20kettle.png", "")
        assert page.one("link", rel="icon")["href"] == logo["src"]
        assert visitor.get(logo["src"]).content == PNG
        assert image_of(page) == (f"{BASE}/images/our%20kettle.png", "Teapot Choir Help")


def test_a_colour_for_the_dark_theme_is_made(make_content: MakeContent) -> None:
    folder = make_content({"site.yml": site('accent: "#0B7A53"')})
    with TestClient(create_app(Settings(content=folder, watch=0))) as visitor:
        assert "--accent:light-dark(#0b7a53,#" in visitor.get("/theme.css").text


def test_a_product_without_a_look_has_our_image_for_chats(make_content: MakeContent) -> None:
    settings = Settings(content=make_content({}), watch=0, base_url=BASE)
    with TestClient(create_app(settings)) as visitor:
        answer = visitor.get("/")
        assert "theme.css" not in answer.text
        assert visitor.get("/theme.css").status_code == 404
        url, width, height, alt = image_of(Document(answer.text))
        assert (width, height, alt) == ("1200", "630", "Teapot Choir Help")
        assert url.startswith(f"{BASE}/")
        image = visitor.get(url.removeprefix(BASE))
        assert image.headers["content-type"] == "image/png"
        # What a PNG says of its size, and that a chat on a phone may load it.
        assert [int.from_bytes(image.content[at : at + 4]) for at in (16, 20)] == [1200, 630]
        assert len(image.content) < 50_000


def test_without_an_address_of_the_site_there_is_no_image(make_content: MakeContent) -> None:
    with TestClient(create_app(Settings(content=make_content({}), watch=0))) as visitor:
        assert image_of(Document(visitor.get("/").text)) == ()


def test_the_picture_is_the_one_that_was_drawn() -> None:
    drawing = (ROOT / "docs" / "images" / "social.svg").read_bytes()
    picture = (STATIC / "social.png").read_bytes()
    noted = (ROOT / "docs" / "images" / "social.sha256").read_text()
    assert {name: digest for digest, name in map(str.split, noted.splitlines())} == {
        "docs/images/social.svg": hashlib.sha256(drawing).hexdigest(),
        "static/social.png": hashlib.sha256(picture).hexdigest(),
    }, "run `make picture`"


@pytest.mark.parametrize(
    ("line", "rule", "message"),
    [
        ('accent: "#ffd500"', "accent-contrast", 'is needed; write "#826d00"'),
        ('accent: "#7f7f7f"', "accent-contrast", "in the light theme: its contrast is 3.7"),
        ('accent_dark: "#1f4fc4"', "accent-contrast", "in the dark theme"),
        ("accent: #0b7a53", "wrong-type", "begins with #, which begins a comment; put the"),
        ("accent: green", "wrong-type", "must be a colour of six digits"),
        ('accent: "#0b7"', "wrong-type", "must be a colour of six digits"),
        ("logo: kettle.svg", "brand-image", "there is no image kettle.svg"),
        ("logo: ketle.png", "brand-image", "did you mean `kettle.png`?"),
        ("social_image: ketle.png", "brand-image", "did you mean `kettle.png`?"),
    ],
)
def test_a_look_that_does_not_work_is_found(
    line: str, rule: str, message: str, make_content: MakeContent
) -> None:
    files: dict[str, str | bytes] = {
        "site.yml": site(line),
        "images/kettle.png": PNG,
        "images/kettle.svg": PNG,
    }
    found = [finding for finding in check(load(make_content(files))) if finding.rule == rule]
    assert len(found) == 1
    assert message in found[0].message
    assert found[0].line == 11
    assert found[0].severity == "error"


@pytest.mark.parametrize(
    "line",
    [
        'accent: "#1f4fc4"',
        'accent_dark: "#8db2ff"',
        "logo: kettle.png",
        "social_image: kettle.png",
    ],
)
def test_a_look_that_works_is_not(line: str, make_content: MakeContent) -> None:
    files: dict[str, str | bytes] = {"site.yml": site(line), "images/kettle.png": PNG}
    found = {finding.rule for finding in check(load(make_content(files)))}
    assert not found & {"accent-contrast", "brand-image", "wrong-type"}
    assert ("unused-image" in found) is ("kettle" not in line)


# --- Templates ----------------------------------------------------------------------------------


@pytest.fixture
def overlay(tmp_path: Path) -> Overlay:
    """Return a maker of a folder with templates."""

    def make(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "templates" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path / "templates"

    return make


def visitor_of(templates: Path) -> TestClient:
    return TestClient(create_app(Settings(content=TEAPOTS, templates=templates, watch=0)))


def test_a_template_is_laid_over_ours_and_can_build_on_it(overlay: Overlay) -> None:
    own = overlay(
        {
            "base.html": '{% extends "ours/base.html" %}{% block footer %}'
            "{{ super() }}<p>A choir of {{ shell.site.product }}</p>{% endblock %}",
            "partials/_support.html": "{% macro support_section(support, fields) %}"
            '<section id="support"><h2>Sing to us</h2></section>{% endmacro %}',
        }
    )
    with visitor_of(own) as visitor:
        home, issue = (Document(visitor.get(path).text) for path in ("/", "/issues/cold-water"))
        for page in (home, issue):
            footer = page.one("footer", class_="bottom").text
            assert "A choir of" in footer
            assert page.one("main").text, "what the page itself says is still there"
        assert home.one("section", id="support").text == "Sing to us"
        assert visitor.get("/nonsuch").status_code == 404


def test_an_upgrade_of_the_files_changes_no_page_before_the_restart(overlay: Overlay) -> None:
    line = '{{% extends "ours/base.html" %}}{{% block footer %}}{}{{% endblock %}}'
    own = overlay({"base.html": line.format("Old")})
    with visitor_of(own) as visitor:
        assert Document(visitor.get("/").text).one("footer", class_="bottom").text == "Old"
        overlay({"base.html": line.format("{{ only_the_new_program_has_this }}")})
        for path in ("/", "/?exchange=teashop", "/issues/cold-water"):
            page = visitor.get(path)
            assert page.status_code == 200
            assert Document(page.text).one("footer", class_="bottom").text == "Old"


def test_the_template_of_the_documentation_does_as_it_says(overlay: Overlay) -> None:
    example = (ROOT / "docs/adopting.md").read_text("utf-8").split("```html\n")[1].split("```")[0]
    with visitor_of(overlay({"base.html": example})) as visitor:
        page = Document(visitor.get("/issues/cold-water").text)
        assert "Maintenance on Sunday" in page.one("p", class_="wrap").text
        assert "product of Example Ltd" in page.one("footer", class_="bottom").text


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("pages/home.html", "a\n{% if %}", "pages/home.html:2: "),
        ("pages/home.html", "{{ 1|sing }}", "pages/home.html:1: No filter named 'sing'"),
        ("base.html", '{% extends "theirs/base.html" %}', "uses the template theirs/base.html"),
        ("partials/_support.html", "<h2>Sing to us</h2>", "it has no macro support_section"),
        ("partials/_a.html", "a", None),
    ],
)
def test_a_broken_template_stops_the_start(
    name: str, text: str, message: str | None, overlay: Overlay, caplog: pytest.LogCaptureFixture
) -> None:
    own = overlay({name: text})
    if message is None:
        with visitor_of(own) as visitor:
            assert visitor.get("/").status_code == 200
        assert f"{own / name} replaces no template of ours" in caplog.text
        return
    flags = ["serve", "--port", "0", "--content", str(TEAPOTS), "--templates", str(own)]
    done = CliRunner().invoke(main, flags)
    assert done.exit_code == 1
    assert str(own) in done.stdout
    assert message in done.stdout


@pytest.mark.slow
def test_every_template_can_be_replaced_by_a_copy_of_it(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATES, tmp_path / "all")
    with visitor_of(tmp_path / "all") as visitor, visitor_of(tmp_path / "all") as other:
        assert visitor.get("/").text == other.get("/").text
        assert visitor.get("/issues/cold-water.txt").status_code == 200
