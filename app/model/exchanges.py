"""Exchanges: `exchanges/<id>.md`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app import addresses
from app.model.base import Article, Entity, NonEmpty, Prose, Slug, Url


class FactSource(Entity):
    """The source of a fact."""

    where: NonEmpty
    """The URL, or what to look up."""
    facts: NonEmpty | None = None
    """The facts from this source."""
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
    """How reliable the source is."""


class WhitelistFacts(Entity):
    """The exchange's IP whitelist: the IP addresses that a key may be used from."""

    field: NonEmpty | None = None
    """Its name for the IP whitelist."""
    path: NonEmpty | None = None
    """The path through its menus: `A > B`."""
    separator: (
        Literal["comma", "space", "comma or space", "one per line", "one per field"] | None
    ) = None
    """How to separate several IP addresses."""
    formats: Prose | None = None
    """What it accepts besides IPv4 addresses."""
    max_addresses: int | None = Field(default=None, ge=1)
    """The maximum number."""
    ipv6: bool | None = None
    """Whether it accepts IPv6 addresses."""
    required: bool | None = None
    """Whether a key needs an IP whitelist."""
    required_note: Prose | None = None
    """The keys or requests that need an IP whitelist."""
    key_expiry_days: int | None = Field(default=None, ge=1)
    """The days after which a key without an IP whitelist expires."""
    key_expiry_note: Prose | None = None
    """Which keys expire, and when."""


class Permission(Entity):
    """A permission of a key, and whether a bot needs it."""

    name: NonEmpty
    """The exchange's name for it."""
    needed: Literal["always", "spot", "futures", "margin", "never", "unknown"]
    """When a key needs the permission."""
    note: Prose | None = None
    """Other facts a reader needs."""


class Passphrase(Entity):
    """The third value of a key, which some exchanges have besides key and secret."""

    name: NonEmpty
    """The exchange's name for it."""
    rules: Prose | None = None
    """How to create it, and which characters it may contain."""


class Testnet(Entity):
    """A test environment with its own keys."""

    name: NonEmpty
    """The exchange's name for it."""
    url: Url
    """Its URL."""
    keys_url: Url | None = None
    """The page where its keys are created."""
    scope: Prose | None = None
    """What can be traded in it."""
    note: Prose | None = None
    """Other facts a reader needs."""


class Clock(Entity):
    """How far the bot's clock may be off, in milliseconds."""

    unit: Prose | None = None
    """The format of a time in a request."""
    setting: NonEmpty | None = None
    """The setting that changes the tolerance."""
    tolerance_ms: int | None = None
    """How far it may be behind by default."""
    ahead_ms: int | None = None
    """How far it may be ahead."""
    max_ms: int | None = None
    """The maximum tolerance."""
    note: Prose | None = None
    """Other facts a reader needs."""


class RateLimits(Entity):
    """The exchange's rate limits, and what happens beyond them."""

    limits: tuple[Prose, ...] = ()
    """The limits, a sentence each."""
    scope: Prose | None = None
    """What they count by: IP address, key or account."""
    statuses: tuple[int, ...] = ()
    """The HTTP statuses of refused requests."""
    ban: Prose | None = None
    """What happens after more requests."""


class KeyFormat(Entity):
    """The format of the exchange's keys."""

    types: tuple[NonEmpty, ...] = ()
    """The types of keys."""
    note: Prose | None = None
    """Other facts a reader needs."""


class StatusNotices(Entity):
    """The announcements in the response to a status call.

    A path such as `result.list` leads to a value; a number in it is a position in a list.
    """

    field: NonEmpty
    """The path of the list; if it is empty, the exchange operates."""
    only: dict[NonEmpty, str] = Field(default_factory=dict)
    """The values that an announcement must have to count, by path."""
    state: NonEmpty | None = None
    """The path of its state, which is `announced` by default."""
    values: dict[str, Literal["announced", "maintenance", "limited"]] = Field(default_factory=dict)
    """The meaning of each state; an announcement in any other state is ignored."""
    begin: NonEmpty | None = None
    """The path of its begin."""
    end: NonEmpty | None = None
    """The path of its end."""


class TimeCall(Entity):
    """The exchange's clock: a number since 1970 (in any unit) or ISO 8601."""

    url: Url | None = None
    """The URL; leave it out if the status call has the time."""
    field: NonEmpty
    """The path of the time."""


class StatusCalls(Entity):
    """The requests that show whether an exchange operates, and how to read the responses.

    Without `field` and `notices` a response only shows that the exchange answers.
    """

    url: Url | None = None
    """The URL of the status call; leave it out if there is only a clock."""
    expect: dict[NonEmpty, str] = Field(default_factory=dict)
    """The values that a valid response must have, by path."""
    field: NonEmpty | None = None
    """The path of the state."""
    values: dict[str, Literal["operating", "maintenance", "limited"]] = Field(default_factory=dict)
    """The meaning of each state; others only show that it answers."""
    end: NonEmpty | None = None
    """The path of the end of a current maintenance."""
    notices: StatusNotices | None = None
    """The list of announcements."""
    time: TimeCall | None = None
    """The clock of the exchange."""


class Exchange(Article):
    """A supported exchange: facts in the front matter, instructions in the body.

    Unknown facts are left out. `unverified` lists facts that no official source confirms; the page
    marks them.
    """

    id: Slug
    name: NonEmpty
    """The exchange's name."""
    names: tuple[NonEmpty, ...] = ()
    """Other names in lower case, to recognise it in pasted text."""
    hosts: tuple[NonEmpty, ...] = ()
    """The hosts of its API, to recognise it in pasted text."""
    website: Url
    """Its website."""
    api_management_url: Url | None = None
    """The page where keys are created and edited."""
    api_management_name: NonEmpty | None = None
    """Its name for that page."""
    api_management_path: NonEmpty | None = None
    """The path to that page through its menus: `A > B`."""
    docs_url: Url | None = None
    """The documentation of its API."""
    status_url: Url | None = None
    """Its status page for people."""
    status: StatusCalls | None = None
    """The requests that show whether it operates."""
    whitelist: WhitelistFacts = WhitelistFacts()
    """Its IP whitelist."""
    permissions: tuple[Permission, ...] = ()
    """The permissions of a key."""
    passphrase: Passphrase | None = None
    """The passphrase, if its keys have one."""
    testnets: tuple[Testnet, ...] = ()
    """Its test environments."""
    testnet_note: Prose | None = None
    """Other facts about the test environments."""
    clock: Clock = Clock()
    """How exact the bot's clock must be, in milliseconds."""
    rate_limits: RateLimits = RateLimits()
    """Its rate limits."""
    key: KeyFormat = KeyFormat()
    """The format of its keys."""
    notes: tuple[Prose, ...] = ()
    """Other facts a reader needs."""
    unverified: tuple[NonEmpty, ...] = ()
    """Facts that no official source confirms: `whitelist.path`."""
    sources: tuple[FactSource, ...] = ()
    """The sources of the facts."""

    @property
    def url(self) -> str:
        """The permalink of the exchange's page."""
        return addresses.exchange(self.id)
