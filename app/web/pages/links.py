"""URLs: queries added and state written down, always in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from app.model import Observations


def with_query(url: str, values: Mapping[str, str | None]) -> str:
    """Return `url` with `values` set in its query; None takes a name away."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in values]
    query += [(name, value) for name, value in values.items() if value is not None]
    return urlunsplit(parts._replace(query=_encode(query)))


def diagnosis_url(observations: Observations) -> str:
    """Return the address of a diagnosis: everything that was told but the text.

    `missing` lists the unticked items; it is there, and empty, when all were ticked.
    """
    query: list[tuple[str, str]] = []
    if observations.exchange:
        query.append(("exchange", observations.exchange))
    if observations.error:
        query.append(("error", observations.error))
    if observations.checklist:
        missing = [item for item, ticked in observations.checklist.items() if not ticked]
        query.append(("missing", ",".join(missing)))
    query += ((f"test-{test}", outcome) for test, outcome in observations.tests.items())
    if observations.answer:
        query.append(("answer", observations.answer))
    return "/diagnose" + ("?" + _encode(query) if query else "")


def _encode(query: list[tuple[str, str]]) -> str:
    return urlencode(query, quote_via=quote, safe=",:-")
