"""The product: `site.yml` and `tips.yml`."""

from __future__ import annotations

from pydantic import Field

from app.model.base import Colour, Entity, IpAddress, NonEmpty, Prose, Slug, Url


class Whitelist(Entity):
    """The IP addresses that a visitor must allow, and the banner around them."""

    title: Prose
    """The heading of the banner."""
    intro: Prose
    """The sentence above the IP addresses."""
    note: Prose
    """A hint below the IP addresses."""
    addresses: tuple[IpAddress, ...] = Field(min_length=1)
    """The IPv4 or IPv6 addresses; the first is `{{ whitelist_ip }}`."""


class Support(Entity):
    """How to reach support."""

    title: Prose
    """The heading of the section."""
    text: Prose
    """How to get help."""
    tip: Prose | None = None
    """A hint below the text."""
    email: NonEmpty | None = None
    """Support's email address."""
    url: Url | None = None
    """Support's page."""
    ticket_url: Url | None = None
    """A ticket form; the report replaces `{subject}` and `{body}` in its URL."""


class Link(Entity):
    """A link of the footer."""

    text: Prose
    """The text of the link."""
    url: Url
    """Its target: https://... or mailto:..."""


class Site(Entity):
    """The product that the help center is about (`content/site.yml`)."""

    product: NonEmpty
    """The product's name, `{{ product }}` in texts."""
    title: Prose
    """The heading of the home page."""
    intro: Prose
    """The sentence below the heading."""
    description: Prose | None = None
    """The description for search engines."""
    logo: NonEmpty | None = None
    """An image in `images/`, before the product's name."""
    social_image: NonEmpty | None = None
    """An image in `images/`, 1200 by 630, that chats show with a link."""
    accent: Colour = ""
    """The colour of links and buttons, such as `"#1f4fc4"`."""
    accent_dark: Colour = ""
    """Its shade in the dark theme; by default the nearest readable shade."""
    issues_title: Prose = "Common issues and solutions"
    """The heading above all issues."""
    tips_title: Prose = "Prevention tips"
    """The heading above the tips."""
    whitelist: Whitelist | None = None
    """The IP addresses to allow; leave it out if there are none."""
    support: Support
    """How visitors reach support."""
    links: tuple[Link, ...] = ()
    """The links of the footer."""
    variables: dict[str, Prose] = Field(default_factory=dict)
    """More variables: `name: value` defines `{{ name }}`."""


class Tip(Entity):
    """One prevention tip (`content/tips.yml`)."""

    id: Slug
    """Its anchor; if you change it, add the old anchor to `aliases`."""
    title: Prose
    """The tip in a few words."""
    text: Prose
    """The tip in a sentence or two."""
    aliases: tuple[Slug, ...] = ()
    """Old anchors; links to them lead here."""
