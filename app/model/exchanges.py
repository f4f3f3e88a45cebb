"""Exchanges: `exchanges/<id>.md`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app import addresses
from app.model.base import Article, Entity, NonEmpty, Prose, Slug, Url


class Source(Entity):
    """Where a fact comes from; `kind` says how far it can be trusted."""

    where: NonEmpty
    """The address, or what to look up."""
    facts: NonEmpty | None = None
    """Which facts come from there."""
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
    """How far it can be trusted."""


class WhitelistFacts(Entity):
    """Where and how an exchange keeps the list of addresses a key may be used from."""

    field: NonEmpty | None = None
    """What the exchange calls its list."""
    path: NonEmpty | None = None
    """The way through its menus, as in `A > B`."""
    separator: (
        Literal["comma", "space", "comma or space", "one per line", "one per field"] | None
    ) = None
    """What stands between several addresses."""
    formats: Prose | None = None
    """What it accepts besides IPv4."""
    max_addresses: int | None = Field(default=None, ge=1)
    """The most addresses that fit."""
    ipv6: bool | None = None
    """Whether it accepts IPv6."""
    required: bool | None = None
    """Whether a key needs the list."""
    required_note: Prose | None = None
    """For which keys or requests."""
    key_expiry_days: int | None = Field(default=None, ge=1)
    """After so many days a key without a list expires."""
    key_expiry_note: Prose | None = None
    """Which keys expire, and when."""


class Permission(Entity):
    """One permission of a key by the name the exchange shows, and whether a bot needs it."""

    name: NonEmpty
    """Its name as the exchange shows it."""
    needed: Literal["always", "spot", "futures", "margin", "never", "unknown"]
    """When a key needs it."""
    note: Prose | None = None
    """What else to know."""


class Passphrase(Entity):
    """The third credential that some exchanges ask for."""

    name: NonEmpty
    """What the exchange calls it."""
    rules: Prose | None = None
    """How it is made and what it may hold."""


class Testnet(Entity):
    """A test environment with keys of its own."""

    name: NonEmpty
    """What the exchange calls it."""
    url: Url
    """Its address."""
    keys_url: Url | None = None
    """Where its keys are made."""
    scope: Prose | None = None
    """What can be traded there."""
    note: Prose | None = None
    """What else to know."""


class Clock(Entity):
    """How far the clock of the sender may be off, in milliseconds."""

    unit: Prose | None = None
    """How a time is written in a request."""
    setting: NonEmpty | None = None
    """The setting that widens the tolerance."""
    tolerance_ms: int | None = None
    """How far the clock may be behind, by default."""
    ahead_ms: int | None = None
    """How far the clock may be ahead."""
    max_ms: int | None = None
    """The widest tolerance that can be set."""
    note: Prose | None = None
    """What else to know."""


class RateLimits(Entity):
    """How much an exchange lets through, and what it does beyond."""

    limits: tuple[Prose, ...] = ()
    """The limits, a sentence each."""
    scope: Prose | None = None
    """What is counted: the address, the key or the account."""
    statuses: tuple[int, ...] = ()
    """The HTTP statuses of a refusal."""
    ban: Prose | None = None
    """What happens to those who go on."""


class KeyFormat(Entity):
    """What a key of the exchange looks like."""

    types: tuple[NonEmpty, ...] = ()
    """The kinds of keys there are."""
    note: Prose | None = None
    """What else to know."""


class StatusNotices(Entity):
    """The announcements in the answer to a status call.

    A path is the names on the way to a value, as in `result.list`; a number is a place in a list.
    """

    field: NonEmpty
    """The path of the list; an empty list says that the exchange operates."""
    only: dict[NonEmpty, str] = Field(default_factory=dict)
    """What an announcement must say to count: path and value."""
    state: NonEmpty | None = None
    """The path of its state; without it, each is announced."""
    values: dict[str, Literal["announced", "maintenance", "limited"]] = Field(default_factory=dict)
    """What each state means; announcements in other states are over."""
    begin: NonEmpty | None = None
    """The path of the time at which it begins."""
    end: NonEmpty | None = None
    """The path of the time at which it ends."""


class TimeCall(Entity):
    """Where an exchange tells its time, as a number since 1970 (in any unit) or in ISO 8601."""

    url: Url | None = None
    """What to ask, without a key; left out when the answer to the status call has the time."""
    field: NonEmpty
    """The path of the time."""


class StatusCalls(Entity):
    """What to ask an exchange, without a key, to see whether it operates, and how to read it.

    Without `field` and `notices` an answer only shows that the exchange answers.
    """

    url: Url | None = None
    """The status call; left out when there is only a clock to ask."""
    expect: dict[NonEmpty, str] = Field(default_factory=dict)
    """What the answer must say to be believed: path and value."""
    field: NonEmpty | None = None
    """The path of the state."""
    values: dict[str, Literal["operating", "maintenance", "limited"]] = Field(default_factory=dict)
    """What each state means; any other shows only that the exchange answers."""
    end: NonEmpty | None = None
    """The path of the time at which the present maintenance ends."""
    notices: StatusNotices | None = None
    """The list of announcements, where there is one."""
    time: TimeCall | None = None
    """The clock of the exchange."""


class Exchange(Article):
    """A supported exchange: facts in the front matter, how-to in the body.

    `names` and `hosts` are how it is called in pastes (other names, ids of libraries, host names
    of its API, lower case); `aliases` are old ids. A fact that is unknown is left out; the names
    of facts that no official source confirms stand in `unverified` and are shown as such.
    """

    id: Slug
    name: NonEmpty
    """Its name."""
    names: tuple[NonEmpty, ...] = ()
    """Other names and ids of libraries, in lower case, by which pastes tell it."""
    hosts: tuple[NonEmpty, ...] = ()
    """The hosts of its API, by which pastes tell it."""
    website: Url
    """Its web site."""
    api_management_url: Url | None = None
    """The page where its keys are made and edited."""
    api_management_name: NonEmpty | None = None
    """What the exchange calls that page."""
    api_management_path: NonEmpty | None = None
    """The way to that page through the menus, as in `A > B`, when the link doesn't work."""
    docs_url: Url | None = None
    """The documentation of its API."""
    status_url: Url | None = None
    """Where it tells of outages, for people."""
    status: StatusCalls | None = None
    """What the help center asks to see whether it operates."""
    whitelist: WhitelistFacts = WhitelistFacts()
    """How it keeps the list of addresses."""
    permissions: tuple[Permission, ...] = ()
    """The permissions of a key."""
    passphrase: Passphrase | None = None
    """The third credential, where there is one."""
    testnets: tuple[Testnet, ...] = ()
    """Its test environments."""
    testnet_note: Prose | None = None
    """What else to know of them."""
    clock: Clock = Clock()
    """How exact the clock must be."""
    rate_limits: RateLimits = RateLimits()
    """How much it lets through."""
    key: KeyFormat = KeyFormat()
    """What a key looks like."""
    notes: tuple[Prose, ...] = ()
    """What else to know."""
    unverified: tuple[NonEmpty, ...] = ()
    """The facts that no official source confirms, as in `whitelist.path`."""
    sources: tuple[Source, ...] = ()
    """Where the facts come from."""

    @property
    def url(self) -> str:
        """The permalink of the exchange's page."""
        return addresses.exchange(self.id)
