"""The rule about status calls: what the help center asks an exchange."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.checks.survey import Mistake, Survey
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
            yield location, f"{url} can't be asked: {reason}"
    if not any(url for _, url in asked):
        yield (), "no request is made; add `url`, or `time` with a `url`"
    if bool(calls.field) != bool(calls.values):
        yield (), "`field` and `values` belong together; leave out both, or neither"
    if not calls.url and (calls.field or calls.notices or calls.expect or calls.end):
        yield (), "there is no `url` to read; add it"
    if calls.notices and bool(calls.notices.state) != bool(calls.notices.values):
        yield ("notices",), "`state` and `values` belong together; leave out both, or neither"


def _unasked(url: str) -> str:
    """Return why a URL is never asked, or an empty text."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        return "write an address with https://"
    try:
        ip_address(host)
    except ValueError:
        return "" if "." in host and not parts.username else "name a public host"
    return "name a host, not its IP address"
