"""What `helpcenter init --starter` writes, as visitors see it: whole, and its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from app.settings import Settings
from app.web.application import create_app
from tests.client import TestClient
from tests.web.crawl import Walk, walk
from tests.web.document import Document
from tests.web.test_other_products import spoken_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """Walk through a fresh folder's help center, but for the reference of the API."""
    folder: Path = tmp_path_factory.mktemp("boats")
    made = CliRunner().invoke(main, ["init", "--starter", str(folder / "content")])
    assert made.exit_code == 0, made.output
    settings = Settings(content=folder / "content", data=folder / "data", watch=0)
    with TestClient(create_app(settings), follow_redirects=False) as client:
        return walk(client, follow=lambda url: not url.startswith("/api"))


def test_every_page_is_there(seen: Walk) -> None:
    assert seen.broken == []
    assert len(seen.pages) >= 4
    assert sum(url.startswith("/issues/") for url in seen.pages) >= 2


def test_no_page_speaks_of_another_product(seen: Walk) -> None:
    for url, page in seen.pages.items():
        assert spoken_of(page.text) == [], url


def test_no_section_is_empty(seen: Walk) -> None:
    def empty(page: Document) -> list[str]:
        wanted = page.all("section", "nav", "ul", "ol", "dl", "table", "h1", "h2", "h3", "h4")
        assert wanted
        return [str(element.attributes) for element in wanted if not element.text]

    for url, page in seen.pages.items():
        assert empty(page) == [], url
