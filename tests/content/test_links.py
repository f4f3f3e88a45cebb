"""Every link and anchor of the real help center leads somewhere.

The pages in English; test_languages_of_real_content.py looks at all pages of the other languages.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.settings import ROOT
from tests.client import TestClient
from tests.web.conftest import client
from tests.web.crawl import walk

pytestmark = pytest.mark.slow

OTHER_LANGUAGES = tuple(
    f"/{path.parent.name}/" for path in (ROOT / "content").glob("*/glossary.yml")
)
CURE = "mend the link where it is written, or the template that makes it"


@pytest.fixture(scope="module")
def real() -> Iterator[TestClient]:
    with client(ROOT / "content") as running:
        yield running


def test_every_link_of_every_kind_of_page(real: TestClient) -> None:
    """All issues for all exchanges; of what repeats itself, the pages of one or two exchanges.

    The check follows the links that writers make; these are also those of the templates.
    """

    def follow(url: str) -> bool:
        if url.startswith(("/errors/", "/e/")):
            return url.startswith(("/errors/binance", "/errors/kraken", "/e/binance", "/e/kraken"))
        if url.startswith(("/diagnose?", "/questions/")) and "?" in url:
            return "exchange=kraken" in url
        return not url.startswith(OTHER_LANGUAGES)

    result = walk(real, follow=follow)
    assert len(OTHER_LANGUAGES) == 5
    assert sum(url.startswith("/errors/") for url in result.pages) >= 80
    assert sum("?exchange=" in url for url in result.pages) >= 140
    assert result.broken == [], CURE
