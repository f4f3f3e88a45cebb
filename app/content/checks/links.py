"""Rules about links: where they lead, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from app.content.checks.places import (
    Mistake,
    Text,
    aliases,
    did_you_mean,
    filled,
    is_draft,
    name_of,
    named,
    texts,
)
from app.content.checks.texts import heading_anchors, step_ids
from app.content.frontmatter import Position
from app.content.loader import Content, Source
from app.content.markdown import references
from app.model import Severity

FIXED_PAGES = frozenset(
    {
        "/",
        "/search",
        "/diagnose",
        "/report",
        "/feed.xml",
        "/sitemap.xml",
        "/robots.txt",
        "/llms.txt",
    }
)
"""Pages that are always there."""

_EXTERNAL = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_HOST = re.compile(r"^(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*$|^localhost$")


@dataclass(frozen=True, slots=True)
class _Link:
    text: Text
    target: str
    place: Position

    def mistake(self, message: str, severity: Severity = "error") -> Mistake:
        return Mistake(self.text.source, self.place, message, severity)


def broken_link(content: Content) -> Iterator[Mistake]:
    """Find a link to a page or anchor of this help center that isn't there; correct its target."""
    pages = _Pages(content)
    for link in _links(content):
        if not _EXTERNAL.match(link.target):
            yield from pages.mistakes(link)


def external_link_form(content: Content) -> Iterator[Mistake]:
    """Find a link to another site that can't work; write it in full, as https://host/path."""
    for link in _links(content):
        if not _EXTERNAL.match(link.target):
            continue
        reason = _malformed(link.target)
        if reason:
            yield link.mistake(f"the link {link.target} {reason}")


def _malformed(target: str) -> str | None:
    try:
        parts = urlsplit(target)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "can't be read; write https://host/path"
    if parts.scheme == "mailto":
        return None if "@" in parts.path.strip("@") else "has no address; write mailto:name@host"
    if parts.scheme not in {"http", "https"}:
        return "is neither a web nor a mail address; begin it with https:// or mailto:"
    if not _HOST.match(host):
        return "has no host; write https://host/path"
    return None


def _links(content: Content) -> Iterator[_Link]:
    """Yield every link of every text, and every field that is an address."""
    for text in texts(content):
        if not text.is_markdown:
            continue
        if not text.is_body and re.match(r"^https?:\S*$", text.text):
            yield _Link(text, text.text, text.position)
            continue
        if "[" not in text.text and "<" not in text.text:
            continue
        for reference in references(filled(content, text)):
            if reference.kind == "link":
                place = text.find(unquote(reference.target), reference.line)
                if place == text.position:
                    place = text.find(reference.target, reference.line)
                yield _Link(text, reference.target, place)


class _Pages:
    """The pages that the content makes, and their anchors."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.issues = named(content, "issue")
        self.exchanges = named(content, "exchange")
        self.aliases = {text.text: name_of(text.source) for text in aliases(content)}
        self.codes = {name: _codes(source) for name, source in named(content, "errors").items()}

    def mistakes(self, link: _Link) -> Iterator[Mistake]:
        """Yield what is wrong with a link to a page of this help center."""
        parts = urlsplit(link.target)
        path = unquote(parts.path)
        if not path:
            source: Source | None = link.text.source
        elif not path.startswith("/"):
            yield link.mistake(
                f"the link {link.target} depends on the page it stands on; "
                "begin it with / or https://"
            )
            return
        else:
            problem = self._problem(path, link)
            if problem:
                yield problem
            source = self._source(path)
        if source:
            yield from self._anchor_mistakes(parts, source, link)
        for exchange in parse_qs(parts.query).get("exchange", ()):
            if exchange not in self.exchanges:
                cure = did_you_mean(exchange, self.exchanges)
                yield link.mistake(f"there is no exchange `{exchange}`; {cure}")

    def _source(self, path: str) -> Source | None:
        """Return the file behind the page at `path`."""
        folder, _, name = path.strip("/").partition("/")
        if folder in {"issues", "i"}:
            return self.issues.get(self.aliases.get(name, name))
        return self.exchanges.get(name) if folder == "exchanges" else None

    def _problem(self, path: str, link: _Link) -> Mistake | None:
        """Return why nobody finds the page at `path`, or why it shouldn't be linked so."""
        folder, _, name = path.strip("/").partition("/")
        if path in FIXED_PAGES or (path == "/exchanges" and self.exchanges):
            return None
        if folder in {"issues", "i"} and name:
            return self._issue_problem(name.removesuffix(".md"), path, link)
        if folder == "exchanges" and name:
            return self._missing(link, path, "exchange", name, self.exchanges)
        if folder in {"errors", "e"} and "/" in name:
            exchange, _, code = name.partition("/")
            known: Mapping[str, Source] = self.codes.get(exchange, {})
            if exchange not in self.exchanges:
                return self._missing(link, path, "exchange", exchange, self.exchanges)
            return self._missing(link, path, f"error code of {exchange}", code, known)
        known_pages = [*FIXED_PAGES, *(f"/issues/{slug}" for slug in self.issues)]
        return link.mistake(f"there is no page {path}; {did_you_mean(path, known_pages)}")

    def _issue_problem(self, slug: str, path: str, link: _Link) -> Mistake | None:
        if slug in self.aliases and slug not in self.issues:
            message = f"{path} only redirects; link to /issues/{self.aliases[slug]}"
            return link.mistake(message, severity="warning")
        return self._missing(link, path, "issue", slug, self.issues)

    def _missing(
        self, link: _Link, path: str, what: str, name: str, known: Mapping[str, Source]
    ) -> Mistake | None:
        if name not in known:
            return link.mistake(
                f"there is no {what} `{name}` for {path}; {did_you_mean(name, known)}"
            )
        if is_draft(known[name]) and not is_draft(link.text.source):
            return link.mistake(f"{path} is a draft; publish it, or remove the link")
        return None

    def _anchor_mistakes(
        self, parts: SplitResult, source: Source, link: _Link
    ) -> Iterator[Mistake]:
        anchor = unquote(parts.fragment)
        if not anchor or source.kind not in {"issue", "exchange"} or source.entity is None:
            return
        anchors = [*step_ids(source), *heading_anchors(self.content, source)]
        if anchor not in anchors:
            page = f"/{source.kind}s/{name_of(source)}"
            cure = did_you_mean(anchor, anchors)
            yield link.mistake(f"there is no anchor #{anchor} on {page}; {cure}")


def _codes(source: Source) -> dict[str, Source]:
    """Return the error codes of a file; a code is as published as its file."""
    errors = source.document.fields.get("errors")
    entries = errors if isinstance(errors, list) else ()
    return {str(entry.get("code")): source for entry in entries if isinstance(entry, dict)}
