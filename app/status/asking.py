"""A check of an exchange: its public calls, without a key or data of visitors."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from socket import SOCK_STREAM
from typing import Any

import httpx2 as httpx

from app.model import StatusCalls
from app.status.reading import (
    ReportedState,
    UnreadableResponseError,
    parse_json,
    parse_time,
    read_state,
    value_at,
)

TIMEOUT_SECONDS = 5.0
"""The longest time of a call, from resolving the host to the last byte."""
MAX_BYTES = 256 * 1024
"""The longest response that is read; documented responses take less than 10 KB."""
USER_AGENT = "helpcenter-status/1 (looks once a minute whether the API answers)"

_FAILURES = (
    httpx.HTTPError,
    httpx.InvalidURL,
    OSError,
    UnreadableResponseError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check of an exchange found.

    `ahead` is how many seconds its clock is ahead of ours, None when it doesn't tell its time.
    """

    at: dt.datetime
    reported: ReportedState
    ahead: float | None = None


def is_public(address: str) -> bool:
    """Tell whether an IP address is public (globally routable)."""
    return ip_address(address.partition("%")[0]).is_global


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted, which take a tenth of a second to read."""
    return httpx.create_ssl_context()


def client(trusted: ssl.SSLContext) -> httpx.AsyncClient:
    """Return an HTTP client for one check: it follows no redirects, and its cookies end with it."""
    return httpx.AsyncClient(
        verify=trusted,
        headers={
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            # A compressed answer could be a thousand times as long as what is counted.
            "Accept-Encoding": "identity",
        },
        follow_redirects=False,
    )


async def check_exchange(calls: StatusCalls, now: Callable[[], dt.datetime]) -> CheckResult:
    """Ask an exchange for its status and its time, one after the other on one connection.

    A response that is late, too long, redirected or not as documented counts as a failure. Never
    raises.
    """
    begun = now()
    found = ReportedState("answers")
    ahead: float | None = None
    async with client(await asyncio.to_thread(_trusted)) as asker:
        try:
            if calls.url:
                answer, midpoint = await _call(asker, calls.url, now)
                found = read_state(calls, answer)
                if calls.time and not calls.time.url:
                    ahead = _ahead(value_at(answer, calls.time.field), midpoint)
        except _FAILURES:
            return CheckResult(begun, ReportedState("silent"))
        try:
            if calls.time and calls.time.url:
                answer, midpoint = await _call(asker, calls.time.url, now)
                ahead = _ahead(value_at(answer, calls.time.field), midpoint)
                if ahead is None:
                    raise UnreadableResponseError("no time")
        except _FAILURES:
            if not calls.url:
                return CheckResult(begun, ReportedState("silent"))
    return CheckResult(begun, found, ahead)


async def _call(
    asker: httpx.AsyncClient, url: str, now: Callable[[], dt.datetime]
) -> tuple[Any, dt.datetime]:
    """Return the JSON that an address answers, and the middle of the time that it took."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        await _check_host(httpx.URL(url).host)
        sent, begun = now(), time.perf_counter()
        async with asker.stream("GET", url) as response:
            half = (time.perf_counter() - begun) / 2
            if response.status_code != httpx.codes.OK:
                raise UnreadableResponseError(f"status {response.status_code}")
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > MAX_BYTES:
                    raise UnreadableResponseError("too long")
    return parse_json(bytes(body)), sent + dt.timedelta(seconds=half)


async def _check_host(host: str) -> None:
    """Raise `UnreadableResponseError` for a private host; a proxy may know other hosts."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=SOCK_STREAM)
    except OSError:
        return
    if not all(is_public(str(address[0])) for *_, address in found):
        raise UnreadableResponseError("a private address")


def _ahead(told: Any, midpoint: dt.datetime) -> float | None:
    theirs = parse_time(told)
    return None if theirs is None else (theirs - midpoint).total_seconds()
