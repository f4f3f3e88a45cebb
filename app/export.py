"""All pages as files for a static host, or to be opened from a disk.

It requests the pages from the application, link by link. Links become relative. Forms lead to the
server at `base_url`; without it they are left out. Templates mark the parts of a form with
`data-of-form`. The search field leads to a page that searches in the browser.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urldefrag, urlsplit

from httpx2 import ASGITransport, AsyncClient
from starlette.types import ASGIApp

from app import addresses

LIVE = frozenset({"diagnosis", "report", "feedback", "insights", "api", "status", "mcp"})
"""The kinds of pages that need a server."""
VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
FRONT = "index.html"
"""The file of the first page."""
LONGEST_TEXT = 400
"""Characters of each page that the search in the browser knows."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: pages, and files of other kinds."""

    pages: int
    files: int


async def export(
    app: ASGIApp, folder: Path, languages: Collection[str], base_url: str = ""
) -> Exported:
    """Write every page that a visitor can reach by links, in English and in `languages`.

    `languages` are the folders of the translations. `index.html` is written last, so a folder with
    it is whole. Raises `OSError` when a file can't be written.
    """
    queue = [*_seeds(languages, has_base_url=bool(base_url))]
    seen = set(queue)
    entries: dict[str, list[tuple[str, str, str]]] = {}
    pages = files = 0
    front = ""
    transport = ASGITransport(app)
    async with AsyncClient(
        transport=transport, base_url=base_url or "http://localhost", follow_redirects=True
    ) as client:
        while queue:
            url = queue.pop()
            answer = await client.get(url, headers={"Accept-Encoding": "identity"})
            answer.raise_for_status()
            here = file_of(url)
            target = folder / here
            target.parent.mkdir(parents=True, exist_ok=True)
            if not answer.headers["content-type"].startswith("text/html"):
                target.write_bytes(answer.content)
                files += 1
                continue
            page = _Page(here, base_url, languages)
            page.feed(answer.text)
            page.close()
            text = "".join(page.out)
            if here == FRONT:
                front = text
            else:
                target.write_text(text, "utf-8")
            pages += 1
            is_moved = bool(answer.history)
            if page.is_indexed and "?" not in url and not is_moved:
                words = " ".join("".join(page.text).split())[:LONGEST_TEXT]
                first = here.partition("/")[0]
                language = first if first in languages else ""
                entries.setdefault(language, []).append((page.title, here, words))
            for link in page.links:
                if link not in seen:
                    seen.add(link)
                    queue.append(link)
    for language, found in entries.items():
        index = json.dumps(sorted(found), ensure_ascii=False, separators=(",", ":"))
        path = folder / language / "search-index.js"
        path.write_text(f"const PAGES = {index};\n", "utf-8")
    (folder / FRONT).write_text(front, "utf-8")
    return Exported(pages, files)


def file_of(url: str) -> str:
    """Return the file of an address, relative to the folder; a chosen exchange is in its name."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if path.startswith("/static/"):
        return f"static/{path.split('/', 3)[3]}"
    safe = re.sub(r"[^\w./~-]", lambda found: f"_{ord(found[0]):x}", path.strip("/"))
    if path.endswith("/"):
        return posixpath.join(safe, "index.html")
    exchange = dict(parse_qsl(parts.query)).get("exchange")
    address = addresses.parse(path)
    is_file = address is not None and (address.ending or address.kind in {"image", "theme"})
    if is_file or re.search(r"\.(xml|txt|md|css|js)$", safe):
        return f"{exchange}/{safe}" if exchange else safe
    return f"{safe}.{exchange}.html" if exchange else f"{safe}.html"


class _Page(HTMLParser):
    """One page, written again with links to files; `links` are the pages that it leads to."""

    def __init__(self, here: str, base_url: str, languages: Collection[str]) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.title = ""
        self.is_indexed = True
        self._here = here
        self._base_url = base_url
        self._languages = languages
        self._dropped = 0
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self._dropped:
            self._dropped += tag not in VOID
            return
        if values.get("name") == "robots":
            self.is_indexed = False
        if self._is_dropped(tag, values):
            self._dropped = int(tag not in VOID)
            return
        if tag not in VOID:
            self._inside.append(tag)
        kept = [(name, self._value(name, value)) for name, value in attrs]
        written = "".join(
            f" {name}" if value is None else f' {name}="{escape(value)}"'
            for name, value in kept
            if not name.startswith("data-hx-") and name != "data-tailored"
        )
        self.out.append(f"<{tag}{written}>")

    def handle_endtag(self, tag: str) -> None:
        if self._dropped:
            self._dropped -= 1
            return
        if self._inside:
            self._inside.pop()
        if tag == "body" and posixpath.basename(self._here) == "search.html":
            up = "../" * self._here.count("/")
            self.out.append('<script src="search-index.js"></script>')
            self.out.append(f'<script src="{up}static/offline-search.js" data-up="{up}"></script>')
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._dropped:
            return
        if "main" in self._inside and not {"script", "svg", "button"} & {*self._inside}:
            self.text.append(f"{data} ")
            if "h1" in self._inside:
                self.title += data
        self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")

    def _reference(self, written: str) -> None:
        if self._dropped:
            return
        if "main" in self._inside:
            self.text.append(unescape(written))
            if "h1" in self._inside:
                self.title += unescape(written)
        self.out.append(written)

    def _is_dropped(self, tag: str, values: dict[str, str | None]) -> bool:
        if tag == "script" and "htmx" in (values.get("src") or ""):
            return True
        if "data-menu" in values or "data-live" in values:
            return True
        if self._base_url:
            return False
        is_form = tag == "form" and "data-search" not in values
        address = self._address(values.get("href"))
        leads_away = address is not None and (
            address.kind in LIVE or bool(address.ending) or address.kind == "feed"
        )
        return is_form or "data-of-form" in values or leads_away

    def _address(self, url: str | None) -> addresses.Address | None:
        """Return what an address of ours names, in whatever language."""
        if not url or not url.startswith("/"):
            return None
        return addresses.parse(addresses.split_language(url, self._languages)[1])

    def _value(self, name: str, value: str | None) -> str | None:
        if value is None or name not in {"href", "src", "action"} or not value.startswith("/"):
            return value
        address = self._address(value)
        kind = address.kind if address else None
        if name == "action" and kind == "search":
            return self._relative(value)
        if name == "action" or kind in LIVE:
            return self._base_url + value
        page, fragment = urldefrag(value)
        if page:
            self.links.append(page)
        relative = self._relative(page or self._here)
        return f"{relative}#{fragment}" if fragment else relative

    def _relative(self, url: str) -> str:
        file = file_of(url)
        return quote(posixpath.relpath(file, posixpath.dirname(self._here) or "."))


def _seeds(languages: Iterable[str], *, has_base_url: bool) -> Iterator[str]:
    """Yield where the export begins: the first page and the search of each language.

    Files for machines contain absolute links, so they need the base URL.
    """
    kinds: list[addresses.PageKind] = ["home", "search"]
    if has_base_url:
        kinds += ["feed", "llms", "llms full"]
        yield from (addresses.PATHS["sitemap"], addresses.PATHS["robots"])
    for prefix in ("", *(f"/{language}" for language in languages)):
        yield from (prefix + addresses.PATHS[kind] for kind in kinds)
    yield "/static/export/offline-search.js"
