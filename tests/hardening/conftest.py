"""One server for the tests that don't end or break it; each leaves it healthy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import browser_type_launch_args
from tests.hardening.server import Running, running

__all__ = ["browser_type_launch_args"]


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serve the marbles."""
    with running(tmp_path_factory.mktemp("hardening")) as server:
        yield server


@pytest.fixture
def server(shared_server: Running) -> Iterator[Running]:
    """Return a server that must still be healthy after the test."""
    yield shared_server
    shared_server.assert_healthy()


@pytest.fixture(scope="session")
def base_url(shared_server: Running) -> str:
    """Return the address of the server, for the browser."""
    return f"http://127.0.0.1:{shared_server.port}"
