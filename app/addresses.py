"""The grammar of our URLs: the only place that builds an address of the help center, or reads one.

The table below names every kind of page. Routes are made from it; permalinks, checks and pages ask
`parse` what an address names, and the functions below it for the address of a thing.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from app.languages import ENGLISH, Language, current, is_language

PageKind = Literal[
    "home",
    "issue",
    "short issue",
    "question",
    "exchanges",
    "exchange",
    "error",
    "short error",
    "image",
    "search",
    "whitelist",
    "diagnosis",
    "report",
    "feedback",
    "insights",
    "status",
    "status feed",
    "api",
    "sitemap",
    "feed",
    "robots",
    "llms",
    "llms full",
    "mcp",
    "widget",
    "numbered widget",
    "theme",
    "offer",
]

PATHS: Mapping[PageKind, str] = MappingProxyType(
    {
        "home": "/",
        "issue": "/issues/{slug}",
        "short issue": "/i/{slug}",
        "question": "/questions/{slug}",
        "exchanges": "/exchanges",
        "exchange": "/exchanges/{exchange}",
        "error": "/errors/{exchange}/{code:path}",
        "short error": "/e/{exchange}/{code:path}",
        "image": "/images/{name}",
        "search": "/search",
        "whitelist": "/whitelist",
        "diagnosis": "/diagnose",
        "report": "/report",
        "feedback": "/feedback",
        "insights": "/insights",
        "status": "/status",
        "status feed": "/status.xml",
        "api": "/api",
        "sitemap": "/sitemap.xml",
        "feed": "/feed.xml",
        "robots": "/robots.txt",
        "llms": "/llms.txt",
        "llms full": "/llms-full.txt",
        "mcp": "/mcp",
        "widget": "/widget.js",
        "numbered widget": "/widget-{number}.js",
        "theme": "/theme.css",
        "offer": "/offer",
    }
)
"""The path of every kind of page; a `{name:path}` may hold slashes."""

REPLIES: frozenset[PageKind] = frozenset(
    {"issue", "short issue", "question", "exchange", "error", "short error", "diagnosis"}
)
"""The kinds of pages that are also served as a reply to paste, with the endings below."""
REPLY_ENDINGS = ("txt", "md")
MARKDOWN: frozenset[PageKind] = frozenset({"issue", "question", "exchange", "error"})
"""The kinds of pages that are also served as Markdown, for machines that read."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address of the help center, taken apart.

    `name` is the slug of an issue, or the file name of an image; `exchange` and `code` are those
    in the path. `ending` is "txt" or "md" for a reply. `query` is decoded, in its order.
    """

    kind: PageKind
    name: str = ""
    exchange: str = ""
    code: str = ""
    ending: str = ""
    query: tuple[tuple[str, str], ...] = ()
    anchor: str = ""

    @property
    def chosen_exchange(self) -> str:
        """The exchange that the query chooses for the visitor."""
        return dict(self.query).get("exchange", "")


def _pattern(kind: PageKind) -> re.Pattern[str]:
    path = re.escape(PATHS[kind]).replace(r"\{", "{").replace(r"\}", "}")
    path = re.sub(r"\{(\w+):path\}", r"(?P<\1>.+?)", path)
    path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+?)", path)
    ending = rf"(?:\.(?P<ending>{'|'.join(REPLY_ENDINGS)}))?" if kind in REPLIES else ""
    return re.compile(path + ending)


_PATTERNS = {kind: _pattern(kind) for kind in PATHS}


def parse(url: str) -> Address | None:
    """Take apart an address that begins with "/"; None when no page has such an address.

    That a page has such an address does not say that the issue, exchange or code in it exists.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme or parts.netloc:
        return None
    path = unquote(parts.path)
    for kind, pattern in _PATTERNS.items():
        if found := pattern.fullmatch(path):
            named = {name: value or "" for name, value in found.groupdict().items()}
            return Address(
                kind=kind,
                name=named.get("slug", "") or named.get("name", ""),
                exchange=named.get("exchange", ""),
                code=named.get("code", ""),
                ending=named.get("ending", ""),
                query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
                anchor=unquote(parts.fragment),
            )
    return None


LANGUAGE_NEUTRAL = re.compile(
    r"/(?:static|images|api|mcp|insights)(?:[/?#]|$)|/(?:theme\.css|robots\.txt|sitemap\.xml)(?:[?#]|$)"
)
"""The paths that are the same in all languages."""


def localised(url: str, language: Language | None = None) -> str:
    """Return the address of a page in a language (or the one in use) from its English address.

    The other functions here, and all data, have English addresses: a page in another language is
    made of them, and they are changed where they leave the application.
    """
    folder = (language or current()).folder
    has_one = is_language(url[1:].partition("/")[0])
    if (
        folder == ENGLISH.folder
        or not url.startswith("/")
        or has_one
        or LANGUAGE_NEUTRAL.match(url)
    ):
        return url
    return f"/{folder}{url}"


def split_language(path: str, folders: Container[str]) -> tuple[str, str]:
    """Return the folder of the language of a path, "" for English, and the path in English."""
    folder, slash, rest = path[1:].partition("/")
    if slash and folder in folders and not LANGUAGE_NEUTRAL.match(f"/{rest}"):
        return folder, f"/{rest}"
    return "", path


def home(anchor: str = "") -> str:
    """Return the address of `/`, or of a section of it."""
    return PATHS["home"] + (f"#{anchor}" if anchor else "")


def issue(slug: str, *, step: str = "", short: bool = False) -> str:
    """Return the permalink of an issue, or of its step; `short` is for chats."""
    url = f"/i/{quote(slug)}" if short else f"/issues/{quote(slug)}"
    return url + (f"#{step}" if step else "")


def question(slug: str) -> str:
    """Return the permalink of an everyday question."""
    return f"/questions/{quote(slug)}"


def exchange(exchange_id: str) -> str:
    """Return the permalink of an exchange."""
    return f"/exchanges/{exchange_id}"


def error(exchange_id: str, code: str, *, short: bool = False) -> str:
    """Return the permalink of an error code; `short` is for chats."""
    folder = "e" if short else "errors"
    return f"/{folder}/{exchange_id}/{quote(code, safe=':')}"


def image(name: str) -> str:
    """Return the address of a picture in the content."""
    return f"/images/{quote(name)}"


def search(query: str = "") -> str:
    """Return the address of the results for a query."""
    return with_query(PATHS["search"], {"q": query}) if query else PATHS["search"]


def diagnosis(
    *,
    exchange: str | None = None,
    error: str | None = None,
    checklist: Mapping[str, bool] = MappingProxyType({}),
    tests: Mapping[str, str] = MappingProxyType({}),
    issue: str | None = None,
    ruled_out: Iterable[str] = (),
    items: Mapping[str, bool] = MappingProxyType({}),
    skipped: Iterable[str] = (),
) -> str:
    """Return the address of a diagnosis: everything that a visitor told but the text.

    `missing` lists the unticked items of the checklist; it is empty when all are ticked. `issue` is
    the chosen cause, or `none` for "none of these". `not` lists the causes whose answers did not
    help. `items` are answers about single items, `skipped` the questions that were skipped.
    """
    query: list[tuple[str, str]] = []
    if exchange:
        query.append(("exchange", exchange))
    if error:
        query.append(("error", error))
    if checklist:
        missing = [item for item, ticked in checklist.items() if not ticked]
        query.append(("missing", ",".join(missing)))
    query += ((f"test-{test}", outcome) for test, outcome in tests.items())
    if issue:
        query.append(("issue", issue))
    if without := ",".join(ruled_out):
        query.append(("not", without))
    query += ((f"item-{item}", "yes" if ticked else "no") for item, ticked in items.items())
    query += (("skip", question) for question in skipped)
    return PATHS["diagnosis"] + ("?" + _encode(query) if query else "")


def reply(url: str, ending: str, *, step: str = "") -> str:
    """Return the address of a page's reply to paste, from the page's own; `step` names one step."""
    parts = urlsplit(url)
    reply_url = urlunsplit(parts._replace(path=f"{parts.path}.{ending}", fragment=""))
    return with_query(reply_url, {"step": step}) if step else reply_url


def with_query(url: str, values: Mapping[str, str | None]) -> str:
    """Return `url` with `values` set in its query; None takes a name away."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in values]
    query += [(name, value) for name, value in values.items() if value is not None]
    return urlunsplit(parts._replace(query=_encode(query)))


def _encode(query: Iterable[tuple[str, str]]) -> str:
    return urlencode(list(query), quote_via=quote, safe=",:-")
