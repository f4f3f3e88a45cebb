"""The rule of `helpcenter check --external`: ask other sites whether their pages still exist.

Each page is asked once, at most four sites at a time and each site one request at a time: HEAD
first, and GET if that isn't answered well. No link and no redirect leads to a private network.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from socket import SOCK_STREAM, getaddrinfo
from urllib.parse import urldefrag, urlsplit

import httpx2 as httpx

from app.checks.links import external_links
from app.checks.survey import Mistake, Survey
from app.model import Severity
from app.status.asking import is_public

SITES_AT_ONCE = 4
TIMEOUT_SECONDS = 10.0
USER_AGENT = "helpcenter-check/1 (checks links)"

_GONE = frozenset({httpx.codes.NOT_FOUND, httpx.codes.GONE})


def _refuse_private(request: httpx.Request) -> None:
    """Raise `httpx.RequestError` for a host in a private network; called for each redirect too."""
    host = request.url.host
    try:
        found = getaddrinfo(host, None, type=SOCK_STREAM)
    except OSError:  # a proxy may know the host; else the request fails with the reason
        return
    if not all(is_public(str(address[0])) for *_, address in found):
        raise httpx.RequestError(f"{host} is in a private network, which is not asked")


@dataclass(frozen=True, slots=True)
class PageStatus:
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
        elif answer.status >= httpx.codes.MULTIPLE_CHOICES:
            message = f"answered with status {answer.status}; open it in a browser"
        else:
            continue
        severity: Severity = "error" if answer.status in _GONE else "warning"
        yield link.mistake(f"the page {link.target} {message}", severity)


def ask(pages: Iterable[str]) -> Mapping[str, PageStatus]:
    """Return the answer to each page, by its address."""
    sites: dict[str, list[str]] = defaultdict(list)
    for page in sorted(pages):
        sites[urlsplit(page).netloc.lower()].append(page)
    with (
        httpx.Client(
            headers={"User-Agent": USER_AGENT},
            timeout=TIMEOUT_SECONDS,
            follow_redirects=True,
            event_hooks={"request": [_refuse_private]},
        ) as client,
        ThreadPoolExecutor(SITES_AT_ONCE) as pool,
    ):
        found = pool.map(lambda site: [(page, _ask(client, page)) for page in site], sites.values())
        return {page: answer for answers in found for page, answer in answers}


def _page(target: str) -> str:
    return urldefrag(target).url


def _ask(client: httpx.Client, page: str) -> PageStatus:
    try:
        status = _status(client, "HEAD", page)
        is_good = status < httpx.codes.MULTIPLE_CHOICES
        return PageStatus(status if is_good else _status(client, "GET", page))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return PageStatus(None, str(error).removesuffix(".") or type(error).__name__)


def _status(client: httpx.Client, method: str, page: str) -> int:
    with client.stream(method, page) as response:
        return response.status_code
