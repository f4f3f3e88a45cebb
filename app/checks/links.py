"""Rules about links: their targets and their form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, urlsplit

from app import addresses
from app.addresses import PATHS, Address
from app.checks.survey import (
    Mistake,
    PlacedLink,
    Survey,
    did_you_mean,
    is_draft,
    name_of,
)
from app.checks.texts import heading_anchors, step_aliases, step_ids
from app.content.loader import Source
from app.model import Issue

HOME_ANCHORS = ("whitelist", "diagnostic", "issues", "by-exchange", "questions", "tips", "support")
"""The sections of `/`; each issue and each tip has an anchor there too."""

_HOST = re.compile(r"^(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*$|^localhost$")


def broken_link(survey: Survey) -> Iterator[Mistake]:
    """Find a link to a page or anchor that doesn't exist; correct its target.

    Error, or warning if it is redirected. Example: `[the list](/issues/ip-whitelst)`
    """
    pages = _Pages(survey)
    for link in survey.links:
        if not link.is_external:
            yield from pages.mistakes(link)


def external_link_form(survey: Survey) -> Iterator[Mistake]:
    """Find a link to another site that can't work; write it in full, as https://host/path.

    Error. Example: `[their page](https:exchange.example)`
    """
    for link in survey.links:
        if link.is_external and (reason := _malformed(link.target)):
            yield link.mistake(f"the link {link.target} {reason}")


def external_links(survey: Survey) -> Iterator[PlacedLink]:
    """Yield every link to a page of another site that is well-formed."""
    for link in survey.links:
        is_page = link.target.lower().startswith(("http://", "https://"))
        if is_page and _malformed(link.target) is None:
            yield link


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
        return "isn't a web or email link; begin it with https:// or mailto:"
    if not _HOST.match(host):
        return "has no host; write https://host/path"
    return None


class _Pages:
    """The pages of the content, and their anchors."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.issues, self.exchanges = survey.issues, survey.exchanges
        site = survey.content.site
        missing = {
            "whitelist": site is not None and not site.whitelist,
            "exchanges": not self.exchanges,
        }
        self.fixed = {
            path for kind, path in PATHS.items() if "{" not in path and not missing.get(kind, False)
        }
        """The pages with fixed URLs."""
        self.aliases = {text.text: name_of(text.source) for text in survey.aliases}
        self.exchange_aliases = {
            text.text: name_of(text.source)
            for text in survey.exchange_aliases
            if text.text not in survey.exchanges
        }
        tips = survey.content.tips
        self.tip_aliases = {old: tip.id for tip in tips for old in tip.aliases}
        self.codes = {name: _codes(source) for name, source in survey.errors.items()}
        unreadable = (name for name, source in survey.errors.items() if source.document.problems)
        self.unreadable_exchanges = frozenset(unreadable)

    def mistakes(self, link: PlacedLink) -> Iterator[Mistake]:
        """Yield what is wrong with a link to a page of this help center."""
        path = link.path
        if path and not path.startswith("/"):
            message = f"the link {link.target} is relative; start it with /"
            yield link.mistake(message)
            return
        if path:
            yield from self._page_mistakes(path, link)
        exchange = parse_qs(link.query).get("exchange", [""])[0] if link.query else ""
        if link.fragment:
            yield from self._anchor_mistakes(path, link.fragment, exchange, link)
        if exchange and exchange not in self.exchanges:
            cure = did_you_mean(exchange, self.exchanges)
            yield link.mistake(f"there is no exchange `{exchange}`; {cure}")

    def _page_mistakes(self, path: str, link: PlacedLink) -> Iterator[Mistake]:
        """Yield a mistake if `path` has no page, only redirects, or leads to a draft."""
        if new := self.survey.content.redirects.get(link.target):
            yield link.mistake(f"{link.target} only redirects; link to {new}", "warning")
            return
        match addresses.parse(path):
            case Address(kind="issue" | "short issue", name=slug):
                present = self.aliases.get(slug) if slug not in self.issues else None
                yield from self._redirected(link, path, present and addresses.issue(present))
                if present is None:
                    yield from self._missing(link, path, "issue", slug, self.issues)
            case Address(kind="question", name=slug):
                yield from self._missing(link, path, "question", slug, self.survey.questions)
            case Address(kind="exchange", exchange=name):
                present = self.exchange_aliases.get(name)
                yield from self._redirected(link, path, present and addresses.exchange(present))
                if present is None:
                    yield from self._missing(link, path, "exchange", name, self.exchanges)
            case Address(kind="error" | "short error", exchange=name, code=code):
                if name not in self.exchanges:
                    yield from self._missing(link, path, "exchange", name, self.exchanges)
                elif name not in self.unreadable_exchanges:
                    codes = self.codes.get(name, {})
                    yield from self._missing(link, path, f"error code of {name}", code, codes)
            case Address(kind=kind) if PATHS[kind] in self.fixed or kind == "image":
                return
            case _:
                known = [*self.fixed, *map(addresses.issue, self.issues)]
                yield link.mistake(f"there is no page {path}; {did_you_mean(path, known)}")

    @staticmethod
    def _redirected(link: PlacedLink, path: str, present: str | None) -> Iterator[Mistake]:
        if present:
            yield link.mistake(f"{path} only redirects; link to {present}", "warning")

    def _missing(
        self, link: PlacedLink, path: str, what: str, name: str, known: Mapping[str, Source]
    ) -> Iterator[Mistake]:
        if name not in known:
            cure = did_you_mean(name, known)
            yield link.mistake(f"there is no {what} `{name}` for {path}; {cure}")
        elif is_draft(known[name]) and not is_draft(link.text.source):
            yield link.mistake(f"{path} is a draft; publish it, or remove the link")

    def _anchor_mistakes(
        self, path: str, anchor: str, exchange: str, link: PlacedLink
    ) -> Iterator[Mistake]:
        """Yield why a link doesn't reach its anchor."""
        page = path or page_of(link.text.source)
        source = self._source(page)
        if page == "/":
            anchors = self._home_anchors()
        elif source and not source.document.problems:
            anchors = [*step_ids(source), *heading_anchors(self.survey, source)]
        else:
            return
        present = step_aliases(source).get(anchor) if source else None
        if page == "/":
            present = self.tip_aliases.get(anchor)
        if present and anchor not in anchors:
            message = f"#{anchor} is an old name; link to {path}#{present}"
            yield link.mistake(message, severity="warning")
        elif anchor not in anchors:
            cure = did_you_mean(anchor, anchors)
            yield link.mistake(f"there is no anchor #{anchor} on {page}; {cure}")
        elif path and source and isinstance(source.entity, Issue):
            for step in source.entity.all_steps:
                if step.id == anchor and step.exchanges and exchange not in step.exchanges:
                    message = f"the step #{anchor} is only for {', '.join(step.exchanges)}"
                    cure = f"write {path}?exchange={step.exchanges[0]}#{anchor}"
                    yield link.mistake(f"{message}; {cure}")

    def _source(self, page: str) -> Source | None:
        """Return the file of an issue's or an exchange's page."""
        match addresses.parse(page):
            case Address(kind="issue" | "short issue", name=slug):
                return self.issues.get(self.aliases.get(slug, slug))
            case Address(kind="exchange", exchange=name):
                return self.exchanges.get(name)
        return None

    def _home_anchors(self) -> list[str]:
        tips = (tip.id for tip in self.survey.content.tips)
        steps = (
            f"{slug}--{step}" for slug, source in self.issues.items() for step in step_ids(source)
        )
        return [*HOME_ANCHORS, *self.issues, *tips, *steps]


def page_of(source: Source) -> str:
    """Return the page that shows a file's texts; empty for a file of error codes."""
    if source.kind == "issue":
        return addresses.issue(name_of(source))
    if source.kind == "question":
        return addresses.question(name_of(source))
    if source.kind == "exchange":
        return addresses.exchange(name_of(source))
    return "" if source.kind == "errors" else addresses.home()


def _codes(source: Source) -> dict[str, Source]:
    """Return the error codes of a file; a code is as published as its file."""
    errors = source.document.fields.get("errors")
    entries = errors if isinstance(errors, list) else ()
    return {str(entry.get("code")): source for entry in entries if isinstance(entry, dict)}
