from __future__ import annotations

import pytest

from tests.operating import nginx


@pytest.fixture(scope="session")
def nginx_program() -> str:
    """Return an nginx, or leave out the test."""
    found = nginx.find()
    if found is None:
        pytest.skip("no nginx: `python -m tests.operating.nginx` fetches one where apt-get can")
    return found
