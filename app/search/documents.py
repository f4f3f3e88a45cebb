"""KnowledgeBase -> documents: the pages that a search can find, and what a visitor reads there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app import addresses
from app.answers import answer
from app.content.markdown import blocks, plain
from app.knowledge import KnowledgeBase
from app.model import PLACEHOLDER, Article, ErrorCode, Exchange, Issue, Question, Site, Tip
from app.search.results import ResultKind

ALWAYS, NONE_CHOSEN = "always", ""
"""When a passage is shown: always, or while no exchange is chosen."""


class Passage(NamedTuple):
    """A text on a page, without Markdown, and the anchor of its place.

    `shown` is `ALWAYS`, `NONE_CHOSEN` or the id of the exchange whose choice shows it.
    """

    text: str
    anchor: str | None = None
    shown: str = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDocument:
    """A page that a search can find.

    Matches in `names` count most, then those in `lead`, then those in `passages`, which a visitor
    reads on the page, and in `hidden`, which is only for finding it. `told` are reports of people
    whom the page helps: words that are frequent there raise the page among the matches.

    `exchange` is the exchange that the page is about. `code`, `messages` (with placeholders) and
    `issues`, the addresses of what it can mean, likeliest first, are those of an error code.
    """

    kind: ResultKind
    title: str
    url: str
    passages: tuple[Passage, ...]
    names: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    exchange: str = ""
    code: str = ""
    messages: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()

    @property
    def beginning(self) -> str:
        """The text to show when no passage matches."""
        return self.passages[0].text if self.passages else ""


def documents_of(knowledge: KnowledgeBase) -> Iterator[SearchDocument]:
    """Yield all documents; those that fit a query equally well keep this order.

    Another kind of content becomes searchable with a function like those below.
    """
    for issue in knowledge.issues:
        yield _issue(issue, knowledge)
    for question in knowledge.questions:
        yield _question(question, knowledge)
    for exchange in knowledge.exchanges:
        yield _exchange(exchange, knowledge)
    for owner in dict.fromkeys(error.exchange for error in knowledge.content.errors):
        known = knowledge.exchange(owner)
        for code, entries in knowledge.errors_of(owner).items():
            yield _error(f"{known.name if known else owner} {code}", owner, code, entries)
    yield from _whitelist(knowledge.site)
    yield _home(knowledge.site, knowledge.tips)


def _issue(issue: Issue, knowledge: KnowledgeBase) -> SearchDocument:
    title = plain(issue.title)
    steps = [(step, NONE_CHOSEN) for step in issue.steps(None)]
    for exchange in knowledge.exchanges:
        if issue.concerns(exchange.id) and (told := answer(knowledge, issue.slug, exchange.id)):
            steps += [(step, exchange.id) for step in told.steps]
    return SearchDocument(
        kind="issue",
        title=title,
        url=issue.url,
        passages=(
            Passage(plain(issue.symptom)),
            *(Passage(plain(step.text), step.id, shown) for step, shown in steps),
            *(Passage(plain(cause)) for cause in issue.causes),
            *_body(issue, knowledge),
        ),
        names=(title, issue.slug),
        lead=(issue.symptom, *issue.phrases),
        hidden=(*map(_open, issue.signatures), *issue.examples),
        told=tuple(_told(issue, knowledge)),
    )


def _told(issue: Issue, knowledge: KnowledgeBase) -> Iterator[str]:
    """Yield the reports of an issue.

    Names of exchanges are left out, so that a search for an exchange finds its page first.
    """
    names = {known.id for known in knowledge.exchanges}
    for report in knowledge.content.reports:
        if report.expected == issue.slug:
            yield " ".join(word for word in report.text.split() if word.casefold() not in names)


def _question(question: Question, knowledge: KnowledgeBase) -> SearchDocument:
    title = plain(question.title)
    return SearchDocument(
        kind="question",
        title=title,
        url=question.url,
        passages=(
            Passage(plain(question.answer)),
            *(Passage(plain(step.text), step.id) for step in question.steps),
            *_body(question, knowledge),
        ),
        lead=(title,),
        hidden=question.examples,
    )


def _exchange(exchange: Exchange, knowledge: KnowledgeBase) -> SearchDocument:
    whitelist, clock, passphrase = exchange.whitelist, exchange.clock, exchange.passphrase
    facts: tuple[tuple[str | None, ...], ...] = (
        (whitelist.field, whitelist.path, whitelist.formats),
        (whitelist.required_note, whitelist.key_expiry_note),
        *((permission.name, permission.note) for permission in exchange.permissions),
        (passphrase.name, passphrase.rules) if passphrase else (),
        *((testnet.name, testnet.scope, testnet.note) for testnet in exchange.testnets),
        (exchange.testnet_note, clock.setting, clock.note),
        (*exchange.rate_limits.limits, exchange.rate_limits.ban, exchange.key.note),
        *((note,) for note in exchange.notes),
    )
    return SearchDocument(
        kind="exchange",
        title=exchange.name,
        url=exchange.url,
        passages=(
            *_body(exchange, knowledge),
            *(Passage(_joined(fact)) for fact in facts if any(fact)),
        ),
        names=(exchange.name, exchange.id, *exchange.names, *exchange.hosts),
        exchange=exchange.id,
    )


def _error(title: str, exchange: str, code: str, entries: Sequence[ErrorCode]) -> SearchDocument:
    """Return the document of a code. It has no `names`: many codes are made of common words."""
    messages = [entry.message for entry in entries if entry.message]
    signatures = [signature for entry in entries for signature in entry.signatures]
    issues = sorted(
        (place, addresses.issue(slug))
        for entry in entries
        for place, slug in enumerate(entry.issues)
    )
    return SearchDocument(
        kind="error",
        title=title,
        url=addresses.error(exchange, code),
        passages=(
            *(Passage(_open(message)) for message in messages),
            *(Passage(plain(entry.note)) for entry in entries if entry.note),
        ),
        lead=tuple(map(_open, messages)),
        hidden=(*map(_open, signatures), *(text for entry in entries for text in entry.examples)),
        exchange=exchange,
        code=code,
        messages=(*messages, *signatures),
        issues=tuple(dict.fromkeys(url for _, url in issues)),
    )


def _whitelist(site: Site) -> Iterator[SearchDocument]:
    if site.whitelist:
        title = plain(site.whitelist.title)
        yield SearchDocument(
            kind="page",
            title=title,
            url=addresses.PATHS["whitelist"],
            passages=(Passage(_banner(site)),),
            names=(title,),
        )


def _home(site: Site, tips: Sequence[Tip]) -> SearchDocument:
    title = plain(site.title)
    sections = [(tip.title, tip.text, tip.id) for tip in tips]
    sections.append((site.support.title, site.support.text, "support"))
    if site.whitelist:
        sections.insert(0, (site.whitelist.title, _banner(site), "whitelist"))
    return SearchDocument(
        kind="page",
        title=title,
        url=addresses.home(),
        passages=tuple(
            Passage(f"{plain(heading)}: {plain(text)}", anchor)
            for heading, text, anchor in sections
        ),
        names=(title,),
        lead=tuple(plain(heading) for heading, _, _ in sections),
    )


def _banner(site: Site) -> str:
    whitelist = site.whitelist
    texts = (whitelist.intro, *map(str, whitelist.addresses), whitelist.note) if whitelist else ()
    return " ".join(map(plain, texts))


def _body(page: Article, knowledge: KnowledgeBase) -> Iterator[Passage]:
    for text, anchor in blocks(page.body, knowledge.body_source(page)):
        yield Passage(text, anchor)


def _joined(facts: Iterable[str | None]) -> str:
    return ". ".join(plain(fact).removesuffix(".") for fact in facts if fact)


def _open(message: str) -> str:
    """Return a message with "…" for its placeholders."""
    return PLACEHOLDER.sub("…", message)
