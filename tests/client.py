"""A client for tests, which asks for answers without compression."""

from __future__ import annotations

from typing import Any

import starlette.testclient


class TestClient(starlette.testclient.TestClient):
    """Starlette's client, without `Accept-Encoding`.

    A page that is compressed for the cache takes three times as long (20 ms more, for brotli's best
    quality); test_coding.py and test_cache.py ask for compressed answers.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.headers["accept-encoding"] = "identity"
