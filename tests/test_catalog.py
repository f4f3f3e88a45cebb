"""The comparison of our error catalog with somebody else's tables."""

from __future__ import annotations

from bench.catalog import known_texts, missing
from tests.conftest import MARBLES


def test_only_connection_codes_that_stand_nowhere_in_ours_are_missing() -> None:
    ours = known_texts(MARBLES)["glassmarket"]
    codes = {
        "marbles": {
            "-7007": "AuthenticationError",
            "-700": "AuthenticationError",
            "friend unknown": "PermissionDenied",
            "no friend at all": "PermissionDenied",
            "-1": "InvalidOrder",
        },
        "marblefutures": {"-700": "AuthenticationError", "-8": "RateLimitExceeded"},
    }
    lacking = list(missing(ours, codes, ("marbles", "marblefutures", "unknown")))
    assert lacking == [
        ("-700", "AuthenticationError"),
        ("no friend at all", "PermissionDenied"),
        ("-8", "RateLimitExceeded"),
    ]
