"""Every link and anchor of the real help center leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.settings import ROOT
from tests.web.conftest import client
from tests.web.crawl import walk

pytestmark = pytest.mark.slow

CURE = "mend the link where it is written, or the template that makes it"


@pytest.fixture(scope="module")
def real() -> Iterator[TestClient]:
    with client(ROOT / "content") as running:
        yield running


def test_links_of_the_main_pages(real: TestClient) -> None:
    """All pages but those of error codes, and one exchange's tailored pages."""

    def follow(url: str) -> bool:
        tailored = "?" in url and "exchange=okx" not in url
        return not tailored and not url.startswith(("/errors/", "/e/", "/diagnose?"))

    result = walk(real, follow=follow)
    assert len(result.pages) >= 35
    assert sum("exchange=okx" in url for url in result.pages) >= 10
    assert result.broken == [], CURE


@pytest.mark.slow
def test_every_link_of_every_page(real: TestClient) -> None:
    """Every error code and every exchange too; diagnoses, all of one template, for one of them."""

    def follow(url: str) -> bool:
        return not url.startswith("/diagnose?") or "exchange=kraken" in url

    result = walk(real, follow=follow)
    assert sum(url.startswith("/errors/") for url in result.pages) >= 450
    assert sum("?exchange=" in url for url in result.pages) >= 100
    assert result.broken == [], CURE
