"""Variables in texts: `{{ product }}` and its like.

The values come from `content/site.yml`. An exchange has its own names for some of them, which pages
use once the visitor has chosen it. `{{ exchange | OKX }}` is the chosen exchange, and "OKX" while
none is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from app.i18n import N_, _, listed
from app.languages import Untranslated
from app.model import Entity, Exchange, Site

VARIABLE = re.compile(
    r"\{\{\s{0,9}(?P<name>[A-Za-z_][A-Za-z0-9_]{0,60})\s{0,9}"
    r"(?:\|\s{0,9}(?P<default>[^{}|\s](?:[^{}|]{0,58}[^{}|\s])?)\s{0,9})?\}\}"
)
"""A variable; the length of every part is limited, so that searching a text is quick."""

EXCHANGE_DEFAULTS = {
    "exchange": N_("your exchange"),
    "exchange_url": "/exchanges",
    "create_key_url": "/exchanges",
    "website": N_("the site of your exchange"),
    "key_page": N_("the page of your API keys"),
    "key_path": N_("the account settings"),
    "whitelist_field": N_("the IP whitelist"),
    "passphrase_name": N_("passphrase"),
    "read_permissions": N_("reading"),
    "spot_permissions": N_("spot trading"),
    "futures_permissions": N_("futures trading"),
    "forbidden_permissions": N_("withdrawals"),
    "testnets": N_("the test environment"),
    "status_page": N_("the status page of your exchange"),
    "caller_ip": N_("the IP address in the message"),
}
"""The values of the variables that depend on the exchange, while none is chosen."""

EntityT = TypeVar("EntityT", bound=Entity)


def variables(site: Site, exchange: Exchange | None = None) -> dict[str, str]:
    """Return the value of every variable, with the names of `exchange` where it has its own."""
    values = {"product": site.product}
    if site.whitelist:
        addresses = [str(address) for address in site.whitelist.addresses]
        values["whitelist_ip"] = addresses[0]
        values["whitelist_ips"] = ", ".join(addresses)
    values |= site.variables
    if exchange:
        values["exchange"] = exchange.name
        values |= _facts(exchange)
    return values


def _facts(exchange: Exchange) -> dict[str, str]:
    """Return the facts of an exchange that texts can name; what is unknown is left out."""
    facts: dict[str, str | None] = {
        "exchange_url": exchange.url,
        "create_key_url": f"{exchange.url}#create-a-key-that-works",
        "website": f"[{exchange.name}]({exchange.website})",
        "key_page": _page(exchange),
        "key_path": exchange.api_management_path,
        "whitelist_field": _bold(exchange.whitelist.field),
        "passphrase_name": exchange.passphrase.name if exchange.passphrase else None,
        "read_permissions": _permissions(exchange, "always"),
        "spot_permissions": _permissions(exchange, "spot"),
        "futures_permissions": _permissions(exchange, "futures"),
        "forbidden_permissions": _permissions(exchange, "never"),
        "testnets": _listed(
            [
                f"[{testnet.name}]({testnet.keys_url or testnet.url})"
                for testnet in exchange.testnets
            ]
        ),
        "status_page": exchange.status_url
        and "[{}]({})".format(
            _("the status page of {exchange}").format(exchange=exchange.name), exchange.status_url
        ),
    }
    return {name: value for name, value in facts.items() if value}


def _page(exchange: Exchange) -> str | None:
    name = exchange.api_management_path or exchange.api_management_name
    url = exchange.api_management_url
    if name and url:
        return f"[{name}]({url})"
    return _bold(name) or (f"[{exchange.name}]({url})" if url else None)


def _permissions(exchange: Exchange, needed: str) -> str | None:
    return _listed(
        [
            f"**{permission.name}**"
            for permission in exchange.permissions
            if permission.needed == needed
        ]
    )


def _bold(text: str | None) -> str | None:
    return f"**{text}**" if text else None


def _listed(names: list[str]) -> str | None:
    """Return names as people list them: "a", "a and b", "a, b and c"."""
    return listed(names) or None


def missing(text: str, values: Mapping[str, str]) -> bool:
    """Tell whether `text` uses a variable that has neither a value nor a default of its own."""
    return any(
        match["name"] not in values and not match["default"] for match in VARIABLE.finditer(text)
    )


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values into `text`; an unknown variable stays as it stands (`check` reports it)."""
    if "{{" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        return values.get(name) or match["default"] or _default(name) or match[0]

    filled = VARIABLE.sub(value, text)
    return Untranslated(filled) if isinstance(text, Untranslated) else filled


def _default(name: str) -> str:
    text = EXCHANGE_DEFAULTS.get(name, "")
    return text if not text or text.startswith("/") else _(text)


def fill_entity(entity: EntityT, values: Mapping[str, str]) -> EntityT:
    """Return `entity` with the values put into every text in it, at any depth."""
    changes = {
        name: filled
        for name, value in entity
        if (filled := _fill_value(value, values)) is not value
    }
    return entity.model_copy(update=changes) if changes else entity


def _fill_value(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, Entity):
        return fill_entity(value, values)
    if isinstance(value, dict):
        return {key: _fill_value(item, values) for key, item in value.items()}
    if isinstance(value, tuple):
        filled = tuple(_fill_value(item, values) for item in value)
        changed = any(new is not old for new, old in zip(filled, value, strict=True))
        return filled if changed else value
    return value


def unfilled(text: str, site: Site) -> str:
    """Return a text as a file may hold it: variables for our addresses, and no stray `{{`."""
    text = text.replace("{{", "{ {")
    if site.whitelist:
        for address in site.whitelist.addresses:
            whole = rf"(?<![\w.:]){re.escape(str(address))}(?![\w:]|\.\d)"
            text = re.sub(whole, "{{ whitelist_ip }}", text)
    return text
