"""Permanent links: the links that a content makes, and whether a link still leads somewhere.

`content/permalinks.txt` lists every link that was ever published: `helpcenter publish` adds new
links, and `helpcenter check` finds broken ones. `content/redirects.txt` says where the links of
retired pages lead.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator

from app import addresses
from app.addresses import Address
from app.content.loader import Content
from app.model import NO_ISSUE, ChecklistItem, Diagnostic, Issue, QuickTest, Tip

PERMALINKS_FILE = "permalinks.txt"
PERMALINKS_HEADER = """\
# Every link that was ever published. `helpcenter publish` adds new links, and `helpcenter check`
# fails if a link leads nowhere. Never remove a line: the link may be in a ticket or a bookmark.
"""
"""The comment at the top of the file."""

REDIRECTS_FILE = "redirects.txt"
REDIRECTS_HEADER = """\
# Where the links of retired pages lead: the old link, a space, the new link. `helpcenter retire`
# adds lines. Never remove a line: the old link may be in a ticket or a bookmark.
"""
"""The comment at the top of the file with redirects."""

NO_PERMALINK = "not a permalink; remove the line, and run: helpcenter publish"


def published(content: Content) -> tuple[str, ...]:
    """Return every permalink that `content` makes, in alphabetical order.

    These are the home page, the whitelist and the list of exchanges; issues and their steps,
    questions, exchanges, error codes and tips; short links; and the diagnosis of each checklist
    item and quick test. A link may have `exchange=` in its query.
    """
    return tuple(sorted(set(_links(content))))


def _links(content: Content) -> Iterator[str]:
    exchanges = {exchange.id for exchange in content.exchanges}
    yield addresses.home()
    if content.site and content.site.whitelist:
        yield addresses.PATHS["whitelist"]
    if exchanges:
        yield addresses.PATHS["exchanges"]
    for issue in content.issues:
        yield issue.url
        yield addresses.issue(issue.slug, short=True)
        for step in issue.all_steps:
            if not step.exchanges or exchanges.intersection(step.exchanges):
                yield addresses.issue(issue.slug, step=step.id)
    yield from (question.url for question in content.questions)
    yield from (exchange.url for exchange in content.exchanges)
    for error in content.errors:
        if error.exchange in exchanges:
            yield addresses.error(error.exchange, error.code)
            yield addresses.error(error.exchange, error.code, short=True)
    for tip in content.tips:
        yield addresses.home(tip.id)
    if content.diagnostic:
        yield from _diagnoses(content.diagnostic)


def _diagnoses(diagnostic: Diagnostic) -> Iterator[str]:
    for item in diagnostic.checklist:
        yield addresses.diagnosis(checklist={item.id: False})
    for test in diagnostic.tests:
        yield addresses.diagnosis(tests={test.id: "pass"})
        yield addresses.diagnosis(tests={test.id: "fail"})


class Permalinks:
    """Looks permalinks up in one content."""

    def __init__(self, content: Content) -> None:
        self._issues: dict[str, Issue] = {}
        self._exchanges: dict[str, str] = {}
        for issue in content.issues:
            self._issues |= dict.fromkeys(issue.aliases, issue)
        self._issues |= {issue.slug: issue for issue in content.issues}
        self._questions = {
            name for question in content.questions for name in (question.slug, *question.aliases)
        }
        for exchange in content.exchanges:
            self._exchanges |= dict.fromkeys((exchange.id, *exchange.aliases), exchange.id)
        self._ids = set(self._exchanges.values())
        self._has_whitelist = bool(content.site and content.site.whitelist)
        self._codes = {(error.exchange, error.code) for error in content.errors}
        diagnostic = content.diagnostic
        self._tips = _names(content.tips)
        self._items = _names(diagnostic.checklist) if diagnostic else set()
        self._tests = _names(diagnostic.tests) if diagnostic else set()
        self._redirects = content.redirects

    def broken(self, link: str) -> str | None:
        """Return why `link` leads nowhere, with the fix; None if it leads to its page."""
        return None if link in self._redirects else self.missing(link)

    def missing(self, link: str) -> str | None:
        """Return why there is no page or anchor for `link`, whatever redirects there are."""
        address = addresses.parse(link)
        if address is None:
            return NO_PERMALINK
        if reason := self._broken_exchange(address.chosen_exchange or None):
            return reason
        match address.kind:
            case "issue" | "short issue":
                return self._broken_issue(address.name, address.anchor)
            case "question":
                return _gone("question", address.name, self._questions)
            case "exchanges" | "exchange":
                return self._broken_exchange(address.exchange or None)
            case "error" | "short error":
                return self._broken_code(address.exchange, address.code)
            case "diagnosis":
                return self._broken_diagnosis(address)
            case "home":
                return _gone("tip", address.anchor, self._tips)
            case "whitelist":
                gone = "`site.yml` has no `whitelist` any more; put it back"
                return None if self._has_whitelist else gone
        return NO_PERMALINK

    def _broken_issue(self, slug: str, step: str) -> str | None:
        issue = self._issues.get(slug)
        if issue is None:
            return (
                f"the issue `{slug}` is gone; add `aliases: [{slug}]` to the issue that replaces it"
                f"{_near(slug, self._issues)} (`helpcenter rename` and `helpcenter retire` do that)"
            )
        steps = {
            name
            for step in issue.all_steps
            if not step.exchanges or not self._ids.isdisjoint(step.exchanges)
            for name in (step.id, *step.aliases)
        }
        if step and step not in steps:
            return (
                f"the step `{step}` of `{issue.slug}` is gone; add `id: {step}` or "
                f"`aliases: [{step}]` to the step that replaces it{_near(step, steps)} "
                "(`helpcenter rename step` does that)"
            )
        return None

    def _broken_exchange(self, name: str | None) -> str | None:
        if name is None or name in self._exchanges:
            return None
        near = _near(name, self._exchanges)
        return (
            f"the exchange `{name}` is gone; add `aliases: [{name}]` to the exchange that replaces "
            f"it{near}, or redirect the link in {REDIRECTS_FILE} (`helpcenter retire` does that)"
        )

    def _broken_code(self, exchange: str, code: str) -> str | None:
        if reason := self._broken_exchange(exchange):
            return reason
        present = self._exchanges[exchange]
        if (present, code) in self._codes:
            return None
        return (
            f"the error code `{code}` of {present} is gone; put its entry back, or redirect the "
            f"link in {REDIRECTS_FILE} (`helpcenter retire` does that)"
        )

    def _broken_diagnosis(self, address: Address) -> str | None:
        exchange = address.chosen_exchange
        for name, value in address.query:
            chosen = name in {"issue", "answer"} and value != NO_ISSUE
            if chosen and (reason := self._broken_issue(value, "")):
                return reason
            if name == "error" and exchange:
                if reason := self._broken_code(exchange, value):
                    return reason
            elif name == "missing":
                for item in filter(None, value.split(",")):
                    if reason := _gone("checklist item", item, self._items):
                        return reason
            elif name.startswith("test-") and (
                reason := _gone("quick test", name.removeprefix("test-"), self._tests)
            ):
                return reason
        return None


def _names(things: Iterable[Tip | ChecklistItem | QuickTest]) -> set[str]:
    return {name for thing in things for name in (thing.id, *thing.aliases)}


def _gone(what: str, name: str, known: Collection[str]) -> str | None:
    if not name or name in known:
        return None
    return (
        f"the {what} `{name}` is gone; add `aliases: [{name}]` to the {what} that replaces it"
        f"{_near(name, known)}"
    )


def _near(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f", perhaps `{near[0]}`" if near else ""


def with_new(text: str, links: Collection[str]) -> str:
    """Return the text of `permalinks.txt` with `links` added, in alphabetical order.

    Comments stay above the line that they stand above.
    """
    comments: list[str] = []
    entries: list[tuple[str, list[str]]] = []
    for line in (text or PERMALINKS_HEADER).splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            entries.append((line.strip(), comments))
            comments = []
        else:
            comments.append(line)
    head: list[str] = []
    if entries:
        head, entries[0] = entries[0][1], (entries[0][0], [])
    else:
        head, comments = comments, []
    entries += ((link, []) for link in links)
    lines = (line for link, above in sorted(entries) for line in (*above, link))
    return "\n".join((*head, *lines, *comments)) + "\n"
