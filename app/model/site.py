"""The product: `site.yml` and `tips.yml`."""

from __future__ import annotations

from pydantic import Field

from app.model.base import Colour, Entity, IpAddress, NonEmpty, Prose, Slug, Url


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
