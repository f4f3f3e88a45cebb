"""Every link and anchor of the real help center leads somewhere.

The pages in English; test_languages_of_real_content.py looks at all pages of the other languages.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.settings import ROOT
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


def test_links_of_the_main_pages(real: TestClient) -> None:
    """All pages but those of error codes, and one exchange's tailored pages."""

    def follow(url: str) -> bool:
        tailored = "?" in url and "exchange=okx" not in url
        left_out = ("/errors/", "/e/", "/diagnose?", *OTHER_LANGUAGES)
        return not tailored and not url.startswith(left_out)

    result = walk(real, follow=follow)
    assert len(OTHER_LANGUAGES) == 5
    assert len(result.pages) >= 35
    assert sum("exchange=okx" in url for url in result.pages) >= 10
    assert result.broken == [], CURE


@pytest.mark.slow
def test_every_link_of_every_page(real: TestClient) -> None:
    """Every error code and every exchange too; diagnoses, all of one template, for one of them."""

    def follow(url: str) -> bool:
        is_other = url.startswith("/diagnose?") and "exchange=kraken" not in url
        return not is_other and not url.startswith(OTHER_LANGUAGES)

    result = walk(real, follow=follow)
    assert sum(url.startswith("/errors/") for url in result.pages) >= 450
    assert sum("?exchange=" in url for url in result.pages) >= 100
    assert result.broken == [], CURE
