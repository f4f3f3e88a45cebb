"""The rule of `helpcenter check --external`: ask other sites whether their pages still exist.

Each page is asked once, at most four sites at a time and each site one request at a time: HEAD
first, and GET if that isn't answered well. No link and no redirect leads to a private network.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from ipaddress import ip_address
from socket import SOCK_STREAM, getaddrinfo
from typing import IO
from urllib.error import HTTPError
from urllib.parse import quote, urldefrag, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from app.checks.links import external_links
from app.checks.places import Mistake, Survey
from app.model import Severity

SITES_AT_ONCE = 4
TIMEOUT_SECONDS = 10.0
USER_AGENT = "helpcenter-check/1 (checks links)"

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_SAFE = "!#$%&'()*+,/:;=?@[]~"
"""What may stand in an address as it is (RFC 3986)."""


class _RefusedHopError(OSError):
    """A page or a redirect leads where this check doesn't ask."""


class _Redirects(HTTPRedirectHandler):
    """Follows redirects within the web, each hop checked."""

    def redirect_request(  # noqa: PLR0917 - its signature
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Return the request for the next hop, or raise `_RefusedHopError`."""
        _check_hop(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = build_opener(_Redirects)


def _check_hop(url: str) -> None:
    """Raise `_RefusedHopError` for a URL that is not http(s), or a host in a private network."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        raise _RefusedHopError(f"redirects to {parts.scheme}:, which is not asked")
    try:
        found = getaddrinfo(parts.hostname, None, type=SOCK_STREAM)
    except OSError:  # a proxy may know the host; else the request fails with the reason
        return
    if not all(_is_public(str(address[0])) for *_, address in found):
        raise _RefusedHopError(f"{parts.hostname} is in a private network, which is not asked")


def _is_public(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_global


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of a page, or None and the reason."""

    status: int | None
    reason: str = ""


def dead_link(survey: Survey) -> Iterator[Mistake]:
    """Find a link to a page of another site that is gone; correct or remove it.

    Error, or warning if the site gives no clear answer. Example: `[their page](https://example.com/gone)`
    """
    links = list(external_links(survey))
    answers = ask({_page(link.target) for link in links})
    for link in links:
        answer = answers[_page(link.target)]
        if answer.status in _GONE:
            message = f"is gone (status {answer.status}); correct or remove the link"
        elif answer.status is None:
            message = f"can't be checked ({answer.reason}); open it in a browser"
        elif answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            message = f"answered with status {answer.status}; open it in a browser"
        else:
            continue
        severity: Severity = "error" if answer.status in _GONE else "warning"
        yield link.mistake(f"the page {link.target} {message}", severity)


def ask(pages: Iterable[str]) -> Mapping[str, Answer]:
    """Return the answer to each page, by its address."""
    sites: dict[str, list[str]] = defaultdict(list)
    for page in sorted(pages):
        sites[urlsplit(page).netloc.lower()].append(page)
    with ThreadPoolExecutor(SITES_AT_ONCE) as pool:
        found = pool.map(lambda site: [(page, _ask(page)) for page in site], sites.values())
        return {page: answer for answers in found for page, answer in answers}


def _page(target: str) -> str:
    return urldefrag(target).url


def _ask(page: str) -> Answer:
    try:
        answer = _request(page, "HEAD")
        refused = answer.status is None or answer.status >= HTTPStatus.MULTIPLE_CHOICES
        return _request(page, "GET") if refused else answer
    except (OSError, HTTPException, ValueError) as error:
        return Answer(None, str(getattr(error, "reason", None) or error or type(error).__name__))


def _request(page: str, method: str) -> Answer:
    url = _ascii(page)
    _check_hop(url)
    request = Request(url, method=method, headers={"User-Agent": USER_AGENT})  # noqa: S310 - only http and https come here
    try:
        with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as response:
            return Answer(response.status)
    except HTTPError as error:
        with error:
            return Answer(error.code)


def _ascii(page: str) -> str:
    """Return an address as it is sent: letters beyond ASCII are encoded."""
    parts = urlsplit(page)
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    return quote(parts._replace(netloc=host).geturl(), safe=_SAFE)
