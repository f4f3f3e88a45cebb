"""The rule of `helpcenter check --external`: ask other sites whether their pages are still there.

Politely: each page once, at most four sites at a time and one request after the other on each,
with a name to know us by; HEAD first, and GET where that isn't answered well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import quote, urldefrag, urlsplit
from urllib.request import Request, urlopen

from app.checks.links import external_links
from app.checks.places import Mistake, Survey
from app.model import Severity

SITES_AT_ONCE = 4
TIMEOUT_SECONDS = 10.0
USER_AGENT = "helpcenter-check/1 (looks whether links still work)"

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_SAFE = "!#$%&'()*+,/:;=?@[]~"
"""What may stand in an address as it is (RFC 3986)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site said of a page: the status, or None and why there is none."""

    status: int | None
    reason: str = ""


def dead_link(survey: Survey) -> Iterator[Mistake]:
    """Find a link to a page of another site that is gone; correct it, or remove it.

    Error, or warning where nobody can tell. Example: `[their page](https://example.com/gone)`
    """
    links = list(external_links(survey))
    answers = ask({_page(link.target) for link in links})
    for link in links:
        answer = answers[_page(link.target)]
        if answer.status in _GONE:
            message = f"answers {answer.status}, it is gone; correct the link, or remove it"
        elif answer.status is None:
            message = f"can't be asked ({answer.reason}); look at it in a browser"
        elif answer.status >= HTTPStatus.BAD_REQUEST:
            message = f"answers {answer.status} to this check; look at it in a browser"
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
        refused = answer.status is None or answer.status >= HTTPStatus.BAD_REQUEST
        return _request(page, "GET") if refused else answer
    except (OSError, HTTPException, ValueError) as error:
        return Answer(None, str(getattr(error, "reason", None) or error or type(error).__name__))


def _request(page: str, method: str) -> Answer:
    request = Request(_ascii(page), method=method, headers={"User-Agent": USER_AGENT})  # noqa: S310 - only http and https come here
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - as above
            return Answer(response.status)
    except HTTPError as error:
        with error:
            return Answer(error.code)


def _ascii(page: str) -> str:
    """Return an address as it is sent: letters beyond ASCII are encoded."""
    parts = urlsplit(page)
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    return quote(parts._replace(netloc=host).geturl(), safe=_SAFE)
