"""Fixtures that all tests share: two small products, and folders made on the spot."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from textwrap import dedent

import pytest
from jinja2 import Environment, FileSystemBytecodeCache

from app.checks.survey import Survey
from app.content.loader import load
from app.diagnosis.redaction import Redactor
from app.knowledge import KnowledgeBase, build
from app.web.pages import rendering

FIXTURES = Path(__file__).parent / "fixtures"
TEAPOTS = FIXTURES / "content"
"""A product without exchanges and without a whitelist."""
MARBLES = FIXTURES / "exchange_content"
"""A product with two exchanges, their error codes, and several whitelist addresses."""

SITE = """\
    product: Teapot Choir
    title: When your teapot won't sing
    intro: Common reasons
    whitelist:
      title: Addresses
      intro: Allow these
      note: All of them
      addresses: [192.0.2.7, "2001:db8::7"]
    support: {title: Still silent?, text: Ask us, email: choir@help.test}
    variables: {tea: Darjeeling}
    """

MakeContent = Callable[[Mapping[str, str | bytes]], Path]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run browser tests last: Playwright's event loop stays, and `asyncio.run` allows no other."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what test servers store out of the repository."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HELP_DATA", str(tmp_path_factory.mktemp("data")))
        patch.setenv("HELP_STATUS", "off")  # no test asks an exchange
        yield


@pytest.fixture(scope="session", autouse=True)
def today() -> Iterator[dt.date]:
    """Let it always be the same day for the check: the fixtures don't grow old."""
    day = dt.date(2026, 11, 22)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Survey, "today", day)
        yield day


@pytest.fixture(scope="session", autouse=True)
def read_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Compile a template once, and read the rules of redaction once, for all applications.

    A hundred tests make an application of their own; they took half of their time for these.
    """
    compiled = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "Environment", partial(Environment, bytecode_cache=compiled))
        patch.setattr(Redactor, "from_file", cache(Redactor.from_file))
        yield


@pytest.fixture(scope="module", autouse=True)
def let_go_of_editions() -> Iterator[None]:
    """Let what earlier tests loaded be collected: a server freezes its edition, and has only one.

    Without this a test process grew to four gigabytes.
    """
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def teapots() -> KnowledgeBase:
    """Return the knowledge base of `tests/fixtures/content`."""
    return build(load(TEAPOTS))


@pytest.fixture(scope="session")
def marbles() -> KnowledgeBase:
    """Return the knowledge base of `tests/fixtures/exchange_content`."""
    return build(load(MARBLES))


@pytest.fixture(scope="session")
def redactor() -> Redactor:
    """Return the redactor of the product."""
    return Redactor.from_file(FIXTURES.parents[1] / "static" / "redaction-rules.json")


@pytest.fixture
def make_content(tmp_path: Path) -> MakeContent:
    """Return a maker of content folders: the given files, dedented, and a `site.yml`."""

    def make(files: Mapping[str, str | bytes]) -> Path:
        root = tmp_path / "content"
        for name, text in {"site.yml": SITE, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(dedent(text).encode() if isinstance(text, str) else text)
        return root

    return make
