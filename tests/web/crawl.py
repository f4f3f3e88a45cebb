"""Walk through a help center by its own links."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin, urlsplit

from tests.client import TestClient
from tests.web.document import Document

ORIGIN = "http://testserver"


@dataclass
class Walk:
    """What a walk saw: the pages by address, and links that lead nowhere, with their pages."""

    pages: dict[str, Document] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def walk(
    client: TestClient, start: str = "/", follow: Callable[[str], bool] = lambda _: True
) -> Walk:
    """Follow every internal link from `start`, but for those that `follow` refuses.

    A link is broken when its answer is not 200, after at most one redirect, or when the page has
    no element with the id in its fragment.
    """
    result = Walk()
    seen: dict[str, Document | None] = {}
    moved: set[str] = set()
    anchors: list[tuple[str, str, str]] = []
    queue = deque([(start, "the start")])
    while queue:
        url, source = queue.popleft()
        if url in seen:
            continue
        response = client.get(url)
        seen[url] = None
        if response.status_code == 301 and url not in moved:
            moved.add(response.headers["location"])
            queue.append((response.headers["location"], url))
            continue
        if response.status_code != 200:
            result.broken.append(f"{source} -> {url}: {response.status_code}")
        if not response.headers["content-type"].startswith("text/html"):
            continue
        seen[url] = document = Document(response.text)
        result.pages[url] = document
        for href in document.links() + [
            element["href"] for element in document.all("link") if "href" in element
        ]:
            parts = urlsplit(urljoin(ORIGIN + url, href))
            if f"{parts.scheme}://{parts.netloc}" != ORIGIN:
                continue
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if parts.fragment:
                anchors.append((url, target, unquote(parts.fragment)))
            if follow(target):
                queue.append((target, url))
    for source, target, fragment in anchors:
        page = seen.get(target)
        if page is not None and fragment not in page.ids:
            result.broken.append(f"{source} -> {target}#{fragment}: no such anchor")
    return result
