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
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app import addresses

Slug = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=1, max_length=80)
]
NonEmpty = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Translatable:
    """Marks the fields that translators translate; everything else stays with the source."""


Prose = Annotated[NonEmpty, Translatable()]
Body = Annotated[str, Translatable()]
Url = Annotated[str, StringConstraints(pattern=r"^(https?|mailto):\S+$")]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
IpAddress = IPv4Address | IPv6Address
Outcome = Literal["pass", "fail"]
Verdict = Literal["recognised", "likely", "unsure", "unknown"]
"""How sure a diagnosis is: `unsure` offers its matches as a choice, the others name the first."""
Severity = Literal["error", "warning"]

SLUG_WORDS = 8
PLACEHOLDER = re.compile(r"\{(?:ip|n)?\}")
"""What changes in the message of an error: an address, a number, or anything."""


def slugify(text: str) -> str:
    """Return the URL form of `text`: lower-case ASCII words joined by hyphens, eight at most."""
    plain = text
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower().replace("'", ""))
    return "-".join(words[:SLUG_WORDS])


class Entity(BaseModel):
    """Base of everything that is loaded from content: closed and immutable."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True
    )


# --- site.yml ---------------------------------------------------------------------------------


class Whitelist(Entity):
    """The addresses that a visitor must allow, and the banner around them."""

    title: Prose
    """The heading of the banner."""
    intro: Prose
    """Why the addresses have to be allowed; above them."""
    note: Prose
    """A hint below the addresses."""
    addresses: tuple[IpAddress, ...] = Field(min_length=1)
    """The addresses to allow, IPv4 or IPv6; the first is `{{ whitelist_ip }}`."""


class Support(Entity):
    """How to reach a person.

    `ticket_url` is the address of a ticket form; `{subject}` and `{body}` in it are filled in with
    the support report.
    """

    title: Prose
    """The heading of the section."""
    text: Prose
    """How to get help from a person."""
    tip: Prose | None = None
    """A hint below the text."""
    email: NonEmpty | None = None
    """An address to write to."""
    url: Url | None = None
    """A page where people help."""
    ticket_url: Url | None = None
    """The address of a ticket form, with `{subject}` and `{body}` in it."""


class Link(Entity):
    """A link of the footer."""

    text: Prose
    """What the link says."""
    url: Url
    """Where it leads: https://... or mailto:..."""


class Site(Entity):
    """The product that the help center is about (`content/site.yml`)."""

    product: NonEmpty
    """The product's name; every text has it as `{{ product }}`."""
    title: Prose
    """The heading of the first page."""
    intro: Prose
    """The sentence below the heading."""
    description: Prose | None = None
    """What search engines and previews show."""
    icon: NonEmpty | None = None
    """One character in front of the heading."""
    logo: NonEmpty | None = None
    """The file name of an image in `images/`: it stands in front of the product's name."""
    social_image: NonEmpty | None = None
    """The file name of an image in `images/`, 1200 by 630: chats show it with a link to a page."""
    accent: Colour = ""
    """The colour of links and buttons, in quotes, as in `"#1f4fc4"`."""
    accent_dark: Colour = ""
    """That colour in the dark theme; without it the nearest shade that can be read there."""
    issues_title: Prose = "Common issues and solutions"
    """The heading above all issues."""
    tips_title: Prose = "Prevention tips"
    """The heading above the tips."""
    whitelist: Whitelist | None = None
    """The addresses to allow; leave it out when there are none."""
    support: Support
    """How to reach a person."""
    links: tuple[Link, ...] = ()
    """The links of the footer."""
    variables: dict[str, Prose] = Field(default_factory=dict)
    """Further variables: `name: value` makes `{{ name }}`."""


# --- diagnostic.yml ---------------------------------------------------------------------------


class ChecklistItem(Entity):
    """One item of "Before you start"; unticked, it speaks for `points_to` (likeliest first)."""

    id: Slug
    """The item's name in links; if you change it, add the old one to `aliases`."""
    text: Prose
    """What to tick off."""
    missing: Prose
    """The reason shown when it is not ticked, as in "You haven't ticked that ..."."""
    points_to: tuple[Slug, ...] = Field(min_length=1)
    """The issues that an unticked item speaks for, likeliest first."""
    exchanges: tuple[Slug, ...] = ()
    """Ask this only with these exchanges; all when left out."""
    aliases: tuple[Slug, ...] = ()
    """Old ids of this item: in links they still count."""
    live: Literal["status"] | None = None
    """`status`: the help center ticks this itself while the chosen exchange says it operates."""


class TestOutcome(Entity):
    """What one outcome of a quick test tells: the reason, and the issues it speaks for."""

    __test__ = False  # not a pytest class

    because: Prose
    """The reason shown, as in "It works elsewhere, so ..."."""
    points_to: tuple[Slug, ...] = ()
    """The issues that this outcome speaks for, likeliest first."""
    speaks_against: tuple[Slug, ...] = ()
    """The issues that this outcome rules out."""


class QuickTest(Entity):
    """One step of "Test your connection", and what its outcomes point to."""

    id: Slug
    """The test's name in links; if you change it, add the old one to `aliases`."""
    text: Prose
    """What to try."""
    on_pass: TestOutcome
    """What it means when it works."""
    on_fail: TestOutcome
    """What it means when it fails."""
    aliases: tuple[Slug, ...] = ()
    """Old ids of this test: in links they still count."""
    live: Literal["status"] | None = None
    """`status`: the help center answers this itself, by what the chosen exchange says."""


class Diagnostic(Entity):
    """The quick diagnostic (`content/diagnostic.yml`), and what is none of its business.

    `off_topic` are phrases and `off_topic_signatures` fixed messages of texts that are not about
    connecting an exchange. `other_exchanges` are names of exchanges without a page here: a text
    that names one is about connecting all the same, but its codes are not looked up.
    """

    title: Prose = "Quick diagnostic"
    """The heading of the section."""
    checklist_title: Prose
    """The heading above the checklist."""
    tests_title: Prose
    """The heading above the quick tests."""
    tests_intro: Prose | None = None
    """The sentence above the quick tests."""
    checklist: tuple[ChecklistItem, ...] = ()
    """The items to tick off, in order."""
    tests: tuple[QuickTest, ...] = ()
    """The things to try, in order."""
    off_topic: tuple[NonEmpty, ...] = ()
    """Phrases of texts that this help center is not about."""
    off_topic_signatures: tuple[NonEmpty, ...] = ()
    """Fixed messages of texts that this help center is not about."""
    other_exchanges: tuple[NonEmpty, ...] = ()
    """Names of exchanges that have no page here."""


class Tip(Entity):
    """One prevention tip (`content/tips.yml`)."""

    id: Slug
    """The tip's anchor on the first page; if you change it, add the old one to `aliases`."""
    title: Prose
    """The tip in a few words."""
    text: Prose
    """The tip in a sentence or two."""
    aliases: tuple[Slug, ...] = ()
    """Old anchors of this tip: links to them still land here."""


# --- reports and vocabulary.yml ---------------------------------------------------------------


NO_ISSUE = "none"
"""The label of a report about something else than connecting an exchange: no issue fits it."""


class Report(Entity):
    """A labelled problem report: the diagnosis learns from its words.

    Reports stand in `content/reports.jsonl` and in the files of `content/reports/`.
    """

    text: NonEmpty
    """What somebody pasted or typed, without secrets."""
    expected: NonEmpty
    """The slug of the right issue; `none` when it is not about connecting an exchange."""
    also: tuple[NonEmpty, ...] = ()
    """Other honest readings of the text alone."""
    kind: Literal["paste", "noisy", "question"]
    """One message; many lines around it; or somebody's own words."""
    exchange: str | None = None
    """The exchange that it is about."""
    lang: NonEmpty = "en"
    """The language of the words around the message."""
    source: NonEmpty
    """The public thread or page that it comes from."""
    origin: Literal["verbatim", "rebuilt", "rewritten"]
    """Whether the text is as printed, has other ids and amounts, or is retold."""


class WordGroup(Entity):
    """Words that say the same, in any language (`content/vocabulary.yml`)."""

    name: Slug
    """What they say, in a word."""
    words: NonEmpty
    """The words, with blanks between them; `word*` is the beginning of a word."""


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

    text: Prose
    """What to do: one step."""
    id: Slug
    """The step's anchor; made from the text when left out."""
    exchanges: tuple[Slug, ...] = ()
    """Show this step only for these exchanges; for all when left out."""
    aliases: tuple[Slug, ...] = ()
    """Old anchors of this step: links to them still land here."""


class RecipeStep(Solution):
    """One step of a recipe, which an exchange, its facts or the visitor can rule out.

    A step that uses a variable without a value for the chosen exchange is left out, unless the
    variable has a default (`{{ whitelist_field | the IP whitelist }}`).
    """

    not_on: tuple[Slug, ...] = ()
    """Leave this step out on these exchanges."""
    unless: tuple[Slug, ...] = ()
    """Leave this step out when the visitor has ticked one of these checklist items."""


class Recipe(Entity):
    """What to do about one cause: written once, filled with the facts of each exchange.

    What is left on one exchange must be three to five steps (`helpcenter check` counts).
    """

    cause: Prose
    """The cause, in one line."""
    steps: tuple[Annotated[RecipeStep, BeforeValidator(_solution_from_text)], ...] = Field(
        min_length=1
    )
    """What to do, in order: the first step opens the right page, the last ends in the product."""
    note: Prose | None = None
    """What to leave alone, or what else to know; below the steps."""


GENERAL = "general"
"""The name of the recipe of an issue that serves every exchange without a recipe of its own."""


ELSEWHERE = "elsewhere"
"""The name of the recipe for exchanges that can't have the issue, when a message names it there."""


class Answer(Entity):
    """What a visitor is told to do: one cause and one list of steps, chosen and filled in.

    `level` says where the steps come from: the error code, the issue's recipe, or the general
    solutions of the issue. `page` is the permalink of the page that shows them.
    """

    issue: Slug
    cause: str
    steps: tuple[Solution, ...]
    note: str | None = None
    level: Literal["code", "recipe", "general"]
    page: str

    def step_url(self, step: Solution) -> str:
        """Return the permalink of a step of this answer."""
        return f"{self.page}#{step.id}"


class Issue(Entity):
    """One troubleshooting article about the reader's situation.

    `phrases` are how people put it, `signatures` are fixed messages of any exchange or library
    (see `diagnosis.signatures`), `examples` are real messages that must be diagnosed as this
    issue. `exchanges` limits the issue to exchanges that can have it, empty means all.
    """

    slug: Slug
    title: Prose
    """The name of the problem, as a reader would put it."""
    symptom: Prose
    """What the reader sees, in one sentence."""
    choice: Prose | None = None
    """What the reader sees, to choose from when the diagnosis is unsure: no cause, no title."""
    causes: tuple[Prose, ...] = Field(min_length=1)
    """Where it comes from, likeliest first."""
    solutions: tuple[Annotated[Solution, BeforeValidator(_solution_from_text)], ...] = Field(
        min_length=1
    )
    """What to do, most likely to help first; one step each."""
    recipes: dict[Slug, Recipe] = Field(default_factory=dict)
    """What to do in one list: by exchange, `general`, `elsewhere` (not on this one), by code."""
    order: int = 1000
    """The place on the first page: lower comes first."""
    exchanges: tuple[Slug, ...] = ()
    """The exchanges that can have this issue; all when left out."""
    phrases: tuple[NonEmpty, ...] = ()
    """How people put it, for search and diagnosis."""
    signatures: tuple[NonEmpty, ...] = ()
    """Fixed messages that mean this issue, with `{}`, `{n}` and `{ip}` for what changes."""
    examples: tuple[NonEmpty, ...] = ()
    """Real messages; each must be diagnosed as this issue."""
    aliases: tuple[Slug, ...] = ()
    """Old names of this file: their addresses redirect here."""
    related: tuple[Slug, ...] = ()
    """Other issues worth a look, by the names of their files."""
    live: Literal["clock"] | None = None
    """`clock`: its answers tell how far the clock of the reader's device is off."""
    verified: dt.date | None = None
    """The day on which somebody last checked the facts."""
    expires: dt.date | None = None
    """The last day on which this holds; `check` then warns."""
    draft: bool = False
    """Not published yet: only `serve --dev` shows it."""
    body: Body = ""

    @property
    def url(self) -> str:
        """The permalink of the issue's page."""
        return addresses.issue(self.slug)

    @property
    def all_steps(self) -> tuple[Solution, ...]:
        """Every step that has an anchor on the issue's page: solutions, and those of recipes."""
        return (
            *self.solutions,
            *(step for recipe in self.recipes.values() for step in recipe.steps),
        )

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


# --- questions/<slug>.md ----------------------------------------------------------------------


class Question(Entity):
    """One everyday question: what people ask besides errors, with a short answer.

    `answers` are those that differ on an exchange, by its id. `examples` are how people ask it.
    """

    slug: Slug
    title: Prose
    """The question, as a reader would ask it."""
    answer: Prose
    """The answer in a few sentences."""
    answers: dict[Slug, Prose] = Field(default_factory=dict)
    """The answer for an exchange, by its id, where it differs."""
    steps: tuple[Annotated[RecipeStep, BeforeValidator(_solution_from_text)], ...] = ()
    """What to do, in order, if there is something to do."""
    urgent: bool = False
    """Whether money is at stake: the answer then comes before any diagnosis."""
    phrases: tuple[NonEmpty, ...] = ()
    """The words by which it is found in a short text; `exchange` stands for any name of one."""
    examples: tuple[NonEmpty, ...] = ()
    """How people ask it; each must be answered by this question."""
    order: int = 1000
    """The place among the questions: lower comes first."""
    aliases: tuple[Slug, ...] = ()
    """Old names of this file: their addresses redirect here."""
    related: tuple[Slug, ...] = ()
    """Issues worth a look, by the names of their files."""
    live: Literal["status"] | None = None
    """`status`: its page tells whether the chosen exchange answers now."""
    verified: dt.date | None = None
    """The day on which somebody last checked the facts."""
    expires: dt.date | None = None
    """The last day on which this holds; `check` then warns."""
    draft: bool = False
    """Not published yet: only `serve --dev` shows it."""
    body: Body = ""

    @property
    def url(self) -> str:
        """The permalink of the question's page."""
        return addresses.question(self.slug)


# --- exchanges/<id>.md ------------------------------------------------------------------------


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

    __test__ = False  # not a pytest class

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


class Exchange(Entity):
    """A supported exchange: facts in the front matter, how-to in the body.

    `names` and `hosts` are how it is called in pastes (other names, ids of libraries, host names
    of its API, lower case); `aliases` are old ids. A fact that is unknown is left out; the names
    of facts that no official source confirms stand in `unverified` and are shown as such.
    """

    id: Slug
    name: NonEmpty
    """Its name."""
    order: int = 1000
    """The place among the exchanges: lower comes first."""
    names: tuple[NonEmpty, ...] = ()
    """Other names and ids of libraries, in lower case, by which pastes tell it."""
    hosts: tuple[NonEmpty, ...] = ()
    """The hosts of its API, by which pastes tell it."""
    aliases: tuple[Slug, ...] = ()
    """Old names of this file: their addresses redirect here."""
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
    verified: dt.date | None = None
    """The day on which somebody last checked the facts."""
    expires: dt.date | None = None
    """The last day on which this holds; `check` then warns."""
    sources: tuple[Source, ...] = ()
    """Where the facts come from."""
    draft: bool = False
    """Not published yet: only `serve --dev` shows it."""
    body: Body = ""

    @property
    def url(self) -> str:
        """The permalink of the exchange's page."""
        return addresses.exchange(self.id)


# --- errors/<id>.yml --------------------------------------------------------------------------


class Option(Entity):
    """One answer to a question: what it says, and the issue it speaks for."""

    label: Prose
    """What the visitor chooses."""
    issue: Slug
    """The issue that this answer speaks for; one of the error's `issues`."""


class FollowUp(Entity):
    """What to ask a visitor when an error has several causes."""

    text: Prose
    """What to ask."""
    options: tuple[Option, ...] = Field(min_length=2)
    """The answers."""


class ErrorCode(Entity):
    """One literal error of one exchange and the issues it can mean, likeliest first.

    Several entries may share a code; `match`, part of the text, then tells them apart, and the
    entry without `match` is what is left. `message` is the text on the wire unless `verbatim` is
    false. Further texts of the same error stand in `signatures`. `http` is the HTTP status.
    """

    exchange: Slug
    code: NonEmpty
    """The code as it stands in the exchange's answer, in quotes."""
    match: NonEmpty | None = None
    """Part of the message, to tell entries with the same code apart."""
    message: NonEmpty | None = None
    """The message as it stands in the answer, with `{}`, `{n}` and `{ip}` for what changes."""
    verbatim: bool = True
    """Whether `message` is the very text; false when it only describes the error."""
    http: int | None = Field(default=None, ge=100, le=599)
    """The HTTP status of the answer."""
    scope: Literal["spot", "futures", "margin", "ws", "http", "v1", "v2", "oauth"] | None = None
    """The part of the exchange's API, where a code means different things."""
    issues: tuple[Slug, ...] = Field(min_length=1)
    """The issues that it can mean, likeliest first."""
    note: Prose | None = None
    """What the error means, then what to do; two sentences at most."""
    recipe: Slug | None = None
    """The recipe of the first issue that answers this error, when `general` doesn't."""
    answer: Recipe | None = None
    """What to do, when the fix is this error's own."""
    signatures: tuple[NonEmpty, ...] = ()
    """Further texts of the same error."""
    examples: tuple[NonEmpty, ...] = ()
    """Real answers; each must be diagnosed as this error."""
    question: FollowUp | None = None
    """What to ask when it has several causes."""
    unverified: bool = False
    """Whether no official source confirms it."""
    sources: tuple[Slug, ...] = ()
    """Where it comes from: keys of `sources` of this file."""

    @property
    def wording(self) -> str | None:
        """The message for people: what changes in it is left open."""
        return PLACEHOLDER.sub("…", self.message) if self.message else None


class ErrorFile(Entity):
    """`errors/<id>.yml`: the error codes of one exchange, and the sources they cite by key."""

    sources: dict[Slug, Source] = Field(default_factory=dict)
    """The sources that entries cite, by a key of your choice."""
    errors: tuple[ErrorCode, ...] = ()
    """The error codes."""


# --- diagnosis --------------------------------------------------------------------------------


class Observations(Entity):
    """Everything that a visitor tells us; each part may be absent.

    `error` is a code of `exchange` (from a link instead of a text), `checklist` says which items
    are ticked (an item that is absent was not asked). `chosen` is the issue that the chosen option
    of a question speaks for, or `NO_ISSUE` for "none of these". `ruled_out` are the issues whose
    answers did not help. `items` are answers to questions about single items of the checklist, and
    `skipped` are the questions that were skipped. `in_maintenance` are the exchanges that say so
    now: our server knows it, not the visitor.
    """

    text: str = ""
    exchange: Slug | None = None
    error: str | None = None
    checklist: dict[str, bool] = Field(default_factory=dict)
    tests: dict[str, Outcome] = Field(default_factory=dict)
    chosen: Slug | None = None
    ruled_out: tuple[Slug, ...] = ()
    in_maintenance: frozenset[Slug] = frozenset()
    items: dict[str, bool] = Field(default_factory=dict)
    skipped: tuple[str, ...] = ()

    def after(self, choice: Choice) -> Observations:
        """Return these observations with one more answer."""
        return self.model_copy(
            update={
                "chosen": choice.issue or self.chosen,
                "exchange": choice.exchange or self.exchange,
                "items": {**self.items, **choice.checklist},
                "tests": {**self.tests, **choice.tests},
                "skipped": (*self.skipped, *((choice.skip,) if choice.skip else ())),
            }
        )

    @property
    def questions_asked(self) -> int:
        """How many questions the visitor has answered or skipped."""
        return len(self.skipped) + len(self.items) + (self.chosen is not None)

    @property
    def url(self) -> str:
        """The address of their diagnosis, which holds everything but the text."""
        return addresses.diagnosis(
            exchange=self.exchange,
            error=self.error,
            checklist=self.checklist,
            tests=self.tests,
            issue=self.chosen,
            ruled_out=self.ruled_out,
            items=self.items,
            skipped=self.skipped,
        )

    @property
    def are_more_than_exchange(self) -> bool:
        """Whether there is anything to diagnose: more than which exchange it is."""
        return self != Observations(exchange=self.exchange)


class Evidence(NamedTuple):
    """One observation that speaks for (`strength` > 0) or against (< 0) an issue.

    Strengths are log-odds: they add up, and 1.0 makes an issue 2.7 times as likely. Every diagnosis
    makes dozens, of which nothing comes from outside: there is nothing to validate.
    """

    kind: Literal["code", "message", "caller-ip", "words", "checklist", "test", "choice", "fact"]
    issue: str
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


class Choice(Entity):
    """One answer to a question of a diagnosis: what it says, and what it tells.

    `issue` is the issue that it speaks for, or `NO_ISSUE` for "none of these"; `exchange` is the
    exchange that it names; `checklist` and `tests` hold one item or test with its outcome; `skip`
    is the name of the question that it skips.
    """

    label: str
    issue: str | None = None
    exchange: Slug | None = None
    checklist: dict[str, bool] = Field(default_factory=dict)
    tests: dict[str, Outcome] = Field(default_factory=dict)
    skip: str | None = None


class NextQuestion(Entity):
    """What to ask a visitor next."""

    text: str
    options: tuple[Choice, ...]


class Diagnosis(Entity):
    """Ranked matches with their reasons (best first), or an honest "unknown".

    There are five matches at most. With the verdict `unsure` there are two or three, and `question`
    offers them. `error` is the entry of the recognised code, `everyday` the slug of the everyday
    question that the text asks, `excerpt` the line of the paste that matched, `removed` how many
    secrets of each kind were taken out of `redacted_text`.
    """

    verdict: Verdict
    exchange: Slug | None = None
    error: ErrorCode | None = None
    caller_ip: CallerIp | None = None
    matches: tuple[Match, ...] = ()
    question: NextQuestion | None = None
    everyday: Slug | None = None
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
