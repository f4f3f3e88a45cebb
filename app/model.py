"""The nouns of the help center, as frozen types.

The types that writers fill in are at the same time the schema of their files: a key that no type
names is a mistake, and `helpcenter check` reports it. Every `str` that a visitor reads is inline
Markdown and may use the variables of `content/site.yml`.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Slug = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=1, max_length=80)
]
NonEmpty = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Url = Annotated[str, StringConstraints(pattern=r"^(https?|mailto):\S+$")]
IpAddress = IPv4Address | IPv6Address
Outcome = Literal["pass", "fail"]
Verdict = Literal["recognised", "likely", "unknown"]
Severity = Literal["error", "warning"]

SLUG_WORDS = 8
PLACEHOLDER = re.compile(r"\{(?:ip|n)?\}")
"""What changes in the message of an error: an address, a number, or anything."""


def slugify(text: str) -> str:
    """Return the URL form of `text`: lower-case ASCII words joined by hyphens, eight at most."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower().replace("'", ""))
    return "-".join(words[:SLUG_WORDS])


class Entity(BaseModel):
    """Base of everything that is loaded from content: closed and immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


# --- site.yml ---------------------------------------------------------------------------------


class Whitelist(Entity):
    """The addresses that a visitor must allow, and the banner around them."""

    title: NonEmpty
    intro: NonEmpty
    note: NonEmpty
    addresses: tuple[IpAddress, ...] = Field(min_length=1)


class Support(Entity):
    """How to reach a person.

    `ticket_url` is the address of a ticket form; `{subject}` and `{body}` in it are filled in with
    the support report.
    """

    title: NonEmpty
    text: NonEmpty
    tip: NonEmpty | None = None
    email: NonEmpty | None = None
    url: Url | None = None
    ticket_url: Url | None = None


class Link(Entity):
    """A link of the footer."""

    text: NonEmpty
    url: Url


class Site(Entity):
    """The product that the help center is about (`content/site.yml`)."""

    product: NonEmpty
    title: NonEmpty
    intro: NonEmpty
    description: NonEmpty | None = None
    icon: NonEmpty | None = None
    issues_title: NonEmpty = "Common issues and solutions"
    tips_title: NonEmpty = "Prevention tips"
    language: str = "en"
    whitelist: Whitelist | None = None
    support: Support
    links: tuple[Link, ...] = ()
    variables: dict[str, NonEmpty] = Field(default_factory=dict)


# --- diagnostic.yml ---------------------------------------------------------------------------


class ChecklistItem(Entity):
    """One item of "Before you start"; unticked, it speaks for `points_to` (likeliest first)."""

    id: Slug
    text: NonEmpty
    missing: NonEmpty
    points_to: tuple[Slug, ...] = Field(min_length=1)
    exchanges: tuple[Slug, ...] = ()


class TestOutcome(Entity):
    """What one outcome of a quick test tells: the reason, and the issues it speaks for."""

    __test__ = False  # not a pytest class

    because: NonEmpty
    points_to: tuple[Slug, ...] = ()
    speaks_against: tuple[Slug, ...] = ()


class QuickTest(Entity):
    """One step of "Test your connection", and what its outcomes point to."""

    id: Slug
    text: NonEmpty
    on_pass: TestOutcome
    on_fail: TestOutcome


class Diagnostic(Entity):
    """The quick diagnostic (`content/diagnostic.yml`), and what is none of its business.

    `off_topic` are phrases and `off_topic_signatures` fixed messages of texts that are not about
    connecting an exchange. `other_exchanges` are names of exchanges without a page here: a text
    that names one is about connecting all the same, but its codes are not looked up.
    """

    title: NonEmpty = "Quick diagnostic"
    checklist_title: NonEmpty
    tests_title: NonEmpty
    tests_intro: NonEmpty | None = None
    checklist: tuple[ChecklistItem, ...] = ()
    tests: tuple[QuickTest, ...] = ()
    off_topic: tuple[NonEmpty, ...] = ()
    off_topic_signatures: tuple[NonEmpty, ...] = ()
    other_exchanges: tuple[NonEmpty, ...] = ()


class Tip(Entity):
    """One prevention tip (`content/tips.yml`)."""

    id: Slug
    title: NonEmpty
    text: NonEmpty


# --- issues/<slug>.md -------------------------------------------------------------------------


def _solution_from_text(value: object) -> object:
    """Let a writer give a solution as plain text; its anchor is then made from that text."""
    if isinstance(value, str):
        return {"text": value, "id": slugify(value)}
    if isinstance(value, dict) and "id" not in value and isinstance(value.get("text"), str):
        return {**value, "id": slugify(value["text"])}
    return value


class Solution(Entity):
    """One step that answers an issue; `exchanges` limits it to these, empty means everybody.

    `aliases` are old ids: links to them land on this step.
    """

    text: NonEmpty
    id: Slug
    exchanges: tuple[Slug, ...] = ()
    aliases: tuple[Slug, ...] = ()


class Issue(Entity):
    """One troubleshooting article about the reader's situation.

    `phrases` are how people put it, `signatures` are fixed messages of any exchange or library
    (see `diagnosis.signatures`), `examples` are real messages that must be diagnosed as this
    issue. `exchanges` limits the issue to exchanges that can have it, empty means all.
    """

    slug: Slug
    title: NonEmpty
    symptom: NonEmpty
    causes: tuple[NonEmpty, ...] = Field(min_length=1)
    solutions: tuple[Annotated[Solution, BeforeValidator(_solution_from_text)], ...] = Field(
        min_length=1
    )
    order: int = 1000
    exchanges: tuple[Slug, ...] = ()
    phrases: tuple[NonEmpty, ...] = ()
    signatures: tuple[NonEmpty, ...] = ()
    examples: tuple[NonEmpty, ...] = ()
    aliases: tuple[Slug, ...] = ()
    related: tuple[Slug, ...] = ()
    verified: dt.date | None = None
    draft: bool = False
    body: str = ""

    @property
    def url(self) -> str:
        """The permalink of the issue's page."""
        return f"/issues/{self.slug}"

    def concerns(self, exchange: str | None) -> bool:
        """Tell whether the issue can occur with `exchange` (`None`: not chosen)."""
        return exchange is None or not self.exchanges or exchange in self.exchanges

    def steps(self, exchange: str | None) -> tuple[Solution, ...]:
        """Return the solutions for `exchange`, its own first.

        While none is chosen these are the ones for everybody; `specific` has the others.
        """
        own = self.specific(exchange) if exchange else ()
        return (*own, *(step for step in self.solutions if not step.exchanges))

    def specific(self, exchange: str) -> tuple[Solution, ...]:
        """Return the solutions that only some exchanges have, `exchange` among them."""
        return tuple(step for step in self.solutions if exchange in step.exchanges)


# --- exchanges/<id>.md ------------------------------------------------------------------------


class Source(Entity):
    """Where a fact comes from; `kind` says how far it can be trusted."""

    where: NonEmpty
    facts: NonEmpty | None = None
    kind: Literal[
        "official-docs",
        "official-help",
        "official-page",
        "official-repo",
        "docs-copy",
        "docs-via-third-party",
        "ccxt",
        "third-party",
    ]


class WhitelistFacts(Entity):
    """Where and how an exchange keeps the list of addresses a key may be used from."""

    field: NonEmpty | None = None
    path: NonEmpty | None = None
    separator: (
        Literal["comma", "space", "comma or space", "one per line", "one per field"] | None
    ) = None
    formats: NonEmpty | None = None
    max_addresses: int | None = Field(default=None, ge=1)
    ipv6: bool | None = None
    required: bool | None = None
    required_note: NonEmpty | None = None
    key_expiry_days: int | None = Field(default=None, ge=1)
    key_expiry_note: NonEmpty | None = None


class Permission(Entity):
    """One permission of a key by the name the exchange shows, and whether a bot needs it."""

    name: NonEmpty
    needed: Literal["always", "spot", "futures", "margin", "never", "unknown"]
    note: NonEmpty | None = None


class Passphrase(Entity):
    """The third credential that some exchanges ask for."""

    name: NonEmpty
    rules: NonEmpty | None = None


class Testnet(Entity):
    """A test environment with keys of its own."""

    __test__ = False  # not a pytest class

    name: NonEmpty
    url: Url
    keys_url: Url | None = None
    scope: NonEmpty | None = None
    note: NonEmpty | None = None


class Clock(Entity):
    """How far the clock of the sender may be off, in milliseconds."""

    unit: NonEmpty | None = None
    setting: NonEmpty | None = None
    tolerance_ms: int | None = None
    ahead_ms: int | None = None
    max_ms: int | None = None
    note: NonEmpty | None = None


class RateLimits(Entity):
    """How much an exchange lets through, and what it does beyond."""

    limits: tuple[NonEmpty, ...] = ()
    scope: NonEmpty | None = None
    statuses: tuple[int, ...] = ()
    ban: NonEmpty | None = None


class KeyFormat(Entity):
    """What a key of the exchange looks like."""

    types: tuple[NonEmpty, ...] = ()
    note: NonEmpty | None = None


class Exchange(Entity):
    """A supported exchange: facts in the front matter, how-to in the body.

    `names` and `hosts` are how it is called in pastes (other names, ids of libraries, host names
    of its API, lower case); `aliases` are old ids. A fact that is unknown is left out; the names
    of facts that no official source confirms stand in `unverified` and are shown as such.
    """

    id: Slug
    name: NonEmpty
    order: int = 1000
    names: tuple[NonEmpty, ...] = ()
    hosts: tuple[NonEmpty, ...] = ()
    aliases: tuple[Slug, ...] = ()
    website: Url
    api_management_url: Url | None = None
    docs_url: Url | None = None
    status_url: Url | None = None
    whitelist: WhitelistFacts = WhitelistFacts()
    permissions: tuple[Permission, ...] = ()
    passphrase: Passphrase | None = None
    testnets: tuple[Testnet, ...] = ()
    testnet_note: NonEmpty | None = None
    clock: Clock = Clock()
    rate_limits: RateLimits = RateLimits()
    key: KeyFormat = KeyFormat()
    notes: tuple[NonEmpty, ...] = ()
    unverified: tuple[NonEmpty, ...] = ()
    verified: dt.date | None = None
    sources: tuple[Source, ...] = ()
    draft: bool = False
    body: str = ""

    @property
    def url(self) -> str:
        """The permalink of the exchange's page."""
        return f"/exchanges/{self.id}"


# --- errors/<id>.yml --------------------------------------------------------------------------


class Option(Entity):
    """One answer to a question: what it says, and the issue it speaks for."""

    label: NonEmpty
    issue: Slug


class Question(Entity):
    """What to ask a visitor when an error has several causes."""

    text: NonEmpty
    options: tuple[Option, ...] = Field(min_length=2)


class ErrorCode(Entity):
    """One literal error of one exchange and the issues it can mean, likeliest first.

    Several entries may share a code; `match`, part of the text, then tells them apart, and the
    entry without `match` is what is left. `message` is the text on the wire unless `verbatim` is
    false. Further texts of the same error stand in `signatures`. `http` is the HTTP status.
    """

    exchange: Slug
    code: NonEmpty
    match: NonEmpty | None = None
    message: NonEmpty | None = None
    verbatim: bool = True
    http: int | None = Field(default=None, ge=100, le=599)
    scope: Literal["spot", "futures", "margin", "ws", "http", "v1", "v2", "oauth"] | None = None
    issues: tuple[Slug, ...] = Field(min_length=1)
    note: NonEmpty | None = None
    signatures: tuple[NonEmpty, ...] = ()
    examples: tuple[NonEmpty, ...] = ()
    question: Question | None = None
    unverified: bool = False
    sources: tuple[Slug, ...] = ()

    @property
    def wording(self) -> str | None:
        """The message for people: what changes in it is left open."""
        return PLACEHOLDER.sub("…", self.message) if self.message else None


class ErrorFile(Entity):
    """`errors/<id>.yml`: the error codes of one exchange, and the sources they cite by key."""

    sources: dict[Slug, Source] = Field(default_factory=dict)
    errors: tuple[ErrorCode, ...] = ()


# --- diagnosis --------------------------------------------------------------------------------


class Observations(Entity):
    """Everything that a visitor tells us; each part may be absent.

    `error` is a code of `exchange` (from a link instead of a text), `checklist` says which items
    are ticked (an item that is absent was not asked), `answer` is the issue that the chosen
    option of a question speaks for.
    """

    text: str = ""
    exchange: Slug | None = None
    error: str | None = None
    checklist: dict[str, bool] = Field(default_factory=dict)
    tests: dict[str, Outcome] = Field(default_factory=dict)
    answer: Slug | None = None


class Evidence(Entity):
    """One observation that speaks for (`strength` > 0) or against (< 0) an issue.

    Strengths are log-odds: they add up, and 1.0 makes an issue 2.7 times as likely.
    """

    kind: Literal["code", "message", "caller-ip", "words", "checklist", "test", "answer", "fact"]
    issue: Slug
    strength: float
    because: str


class CallerIp(Entity):
    """The address that the exchange says the request came from, against the whitelist."""

    address: str
    verdict: Literal["ours", "not-ours", "ipv6"]


class Match(Entity):
    """One issue that fits, how sure the diagnosis is (0 to 1), and the reasons in plain words."""

    issue: Slug
    title: str
    url: str
    confidence: float = Field(ge=0, le=1)
    because: tuple[str, ...]


class Diagnosis(Entity):
    """Ranked matches with their reasons (best first, five at most), or an honest "unknown".

    `error` is the entry of the recognised code, `excerpt` the line of the paste that matched,
    `removed` how many secrets of each kind were taken out of `redacted_text`.
    """

    verdict: Verdict
    exchange: Slug | None = None
    error: ErrorCode | None = None
    caller_ip: CallerIp | None = None
    matches: tuple[Match, ...] = ()
    question: Question | None = None
    excerpt: str | None = None
    redacted_text: str = ""
    removed: tuple[tuple[str, int], ...] = ()


# --- findings ---------------------------------------------------------------------------------


class Finding(Entity):
    """One mistake in the content: where it is, what is wrong, and the cure."""

    rule: str
    path: str
    line: int
    column: int = 1
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"
