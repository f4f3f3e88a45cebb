"""The rule about what the help center asks an exchange to see whether it operates."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.checks.places import Mistake, Survey
from app.content.frontmatter import Location
from app.model import Exchange, StatusCalls


def status_call(survey: Survey) -> Iterator[Mistake]:
    """Find a status call that can't be asked or read; correct it, or leave `status` out.

    Error. Example: `status: {url: "http://192.0.2.7/status"}`
    """
    for source in survey.sources:
        if isinstance(source.entity, Exchange) and source.entity.status:
            for location, message in _mistakes(source.entity.status):
                place = ("status", *location)
                yield Mistake(source, source.document.position(place), message)


def _mistakes(calls: StatusCalls) -> Iterator[tuple[Location, str]]:
    asked: list[tuple[Location, str | None]] = [
        (("url",), calls.url),
        (("time", "url"), calls.time.url if calls.time else None),
    ]
    for location, url in asked:
        if url and (reason := _unasked(url)):
            yield location, f"{url} is not asked: {reason}"
    if not any(url for _, url in asked):
        yield (), "nothing is asked; add `url`, or `time` with a `url`"
    if bool(calls.field) != bool(calls.values):
        yield (), "`field` and `values` belong together: where the state is, and what it means"
    if not calls.url and (calls.field or calls.notices or calls.expect or calls.end):
        yield (), "there is no `url` whose answer could be read"
    if calls.notices and bool(calls.notices.state) != bool(calls.notices.values):
        yield ("notices",), "`state` and `values` belong together; leave out both, or neither"


def _unasked(url: str) -> str:
    """Return why an address is never asked; nothing when it is."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        return "write an address with https://"
    try:
        ip_address(host)
    except ValueError:
        return "" if "." in host and not parts.username else "name a public host"
    return "name a host, not its IP address"
