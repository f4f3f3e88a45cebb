"""What an operator can set, read from the environment (`HELP_...`) when `Settings` is made."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PACKAGE = Path(__file__).resolve().parent
BUNDLED = PACKAGE / "bundled"
"""Where a wheel has the folders that stand beside `app/` in a clone (pyproject.toml)."""
IS_INSTALLED = BUNDLED.is_dir()
ROOT = BUNDLED if IS_INSTALLED else PACKAGE.parent
"""The folder that holds `content/`, `static/` and `templates/`."""
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
REDACTION_RULES = STATIC / "redaction-rules.json"
"""What is taken out of pastes, by the same rules as in the browser."""


PREFIX = "HELP_"
"""What the names of all variables begin with."""

DEFAULT_PORTS = {"http": "80", "https": "443"}
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>\d+))?",
    re.IGNORECASE,
)


def _origin(value: str) -> str:
    """Return an origin as browsers write it: in lower case, without the scheme's default port."""
    found = _ORIGIN.fullmatch(value.rstrip("/"))
    if found is None:
        raise ValueError(
            f"{value} is not an origin: write it like https://app.example.com or "
            "tauri://localhost, without a path and without `*`"
        )
    origin = value.rstrip("/").lower()
    if found["port"] and found["port"] == DEFAULT_PORTS.get(found["scheme"].lower()):
        return origin.removesuffix(f":{found['port']}")
    return origin


def _address(value: str) -> str:
    """Return the address of a site, which browsers open over HTTP."""
    found = _ORIGIN.fullmatch(value.rstrip("/"))
    if found is None or found["scheme"].lower() not in DEFAULT_PORTS:
        raise ValueError("must be like https://help.example.com, without a path")
    return _origin(value)


def _networks(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    for part in parts:
        if ip_network(part).prefixlen == 0:
            raise ValueError(f"{part} would let every visitor say who they are; name your proxies")
    return ",".join(parts)


def _items(value: object) -> object:
    """Split a list that is written with commas."""
    if not isinstance(value, str):
        return value
    return tuple(item for part in value.split(",") if (item := part.strip()))


Origin = Annotated[str, AfterValidator(_origin)]
Address = Annotated[str, AfterValidator(_address)]
Key = Annotated[str, Field(min_length=16, max_length=200, pattern=r"^[A-Za-z0-9._~+/-]+=*$")]
"""A bearer token, in the characters of RFC 6750."""


class Settings(BaseSettings):
    """The settings of a running help center; an empty variable counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, hide_input_in_errors=True
    )

    host: str = Field("127.0.0.1", description="The address to listen on; `0.0.0.0` for all.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; `0` for any free.")
    content: Path = Field(
        ROOT / "content",
        description="The content folder; by default the content that comes with the program.",
    )
    data: Path = Field(
        Path("data") if IS_INSTALLED else ROOT / "data",
        description=(
            "The folder for votes and unanswered texts; by default `data/` in the clone, or in the "
            "working directory of an installed program."
        ),
    )
    templates: Path | None = Field(
        None,
        description=(
            "A folder with templates of your own: each is used instead of ours of the same name "
            "(docs/adopting.md)."
        ),
    )
    base_url: Address | None = Field(
        None,
        description=(
            "Where visitors find the help center, as in `https://help.example.com`; "
            "without it there are no canonical links."
        ),
    )
    dev: bool = Field(
        default=False,
        description="Show drafts, and every saved file at once in the open browser; for writing.",
    )
    cors_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_items)] = Field(
        (),
        description=(
            "The origins whose pages and apps may use `/api/v1` in a browser, separated by commas, "
            "as in `https://app.example.com,tauri://localhost`. Name each in full."
        ),
    )
    proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "127.0.0.1,::1",
        description=(
            "The proxies in front, by address or network, with commas between, as in "
            "`10.0.0.0/8`: what they say of a visitor's address (`X-Forwarded-For`) is believed."
        ),
    )
    watch: float = Field(
        1,
        ge=0,
        description=(
            "The seconds between two looks for changed content; `0` for none: "
            "it is then read again on SIGHUP only."
        ),
    )
    database_url: str | None = Field(
        None,
        pattern=r"^(sqlite:///|postgresql(\+psycopg)?://)",
        description=(
            "Where votes and unanswered texts are kept, as in `postgresql://user@host/name`; "
            "by default an SQLite file in the data folder."
        ),
    )
    keep_unanswered: bool = Field(
        default=True,
        description="Keep texts that found no answer (redacted, 90 days), for writers.",
    )
    api_keys: Annotated[tuple[Key, ...], NoDecode, BeforeValidator(_items)] = Field(
        (),
        repr=False,
        description=(
            "The keys of programs that use `/api/v1` from a server, each of 16 to 200 letters and "
            "digits, separated by commas. A key lifts limits."
        ),
    )
    status: bool = Field(
        default=True,
        description=(
            "Ask the exchanges each minute whether they operate (docs/status.md); `off` asks "
            "nobody."
        ),
    )
    insights_token: str | None = Field(
        None,
        min_length=12,
        repr=False,
        description="The password of `/insights`; without it there is no such page.",
    )

    metrics_token: str | None = Field(
        None,
        min_length=12,
        repr=False,
        description="The password of `/metrics`, for Prometheus; without it there is no such page.",
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description=(
            "`json` for one JSON object a line, with a line for each request; `text` for people, "
            "without those."
        ),
    )

    @property
    def database(self) -> str:
        """The address of the store."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'helpcenter.sqlite3'}"
