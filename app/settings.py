"""The settings of an operator, read from the environment (`HELP_...`) when `Settings` is made."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PACKAGE = Path(__file__).resolve().parent
BUNDLED = PACKAGE / "bundled"
"""The place in a wheel of the folders that are beside `app/` in a clone (pyproject.toml)."""
IS_INSTALLED = BUNDLED.is_dir()
ROOT = BUNDLED if IS_INSTALLED else PACKAGE.parent
"""The folder that holds `content/`, `static/` and `templates/`."""
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
REDACTION_RULES = STATIC / "redaction-rules.json"
"""The rules by which the server and the browser remove secrets from pastes."""


PREFIX = "HELP_"
"""The prefix of all variables."""

DEFAULT_PORTS = {"http": "80", "https": "443"}
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>\d+))?",
    re.IGNORECASE,
)


def _origin(value: str) -> str:
    """Return an origin as browsers send it: in lower case, without the scheme's default port."""
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


def _site_url(value: str) -> str:
    """Return the URL of a site, which must use HTTP or HTTPS."""
    found = _ORIGIN.fullmatch(value.rstrip("/"))
    if found is None or found["scheme"].lower() not in DEFAULT_PORTS:
        raise ValueError("must be like https://help.example.com, without a path")
    return _origin(value)


def _networks(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    for part in parts:
        if ip_network(part).prefixlen == 0:
            raise ValueError(f"{part} trusts every visitor; list only your proxies")
    return ",".join(parts)


def _items(value: object) -> object:
    """Split a list at its commas."""
    if not isinstance(value, str):
        return value
    return tuple(item for part in value.split(",") if (item := part.strip()))


Origin = Annotated[str, AfterValidator(_origin)]
SiteUrl = Annotated[str, AfterValidator(_site_url)]
ApiKey = Annotated[str, Field(min_length=16, max_length=200, pattern=r"^[A-Za-z0-9._~+/-]+=*$")]
"""A bearer token, in the characters of RFC 6750."""


class Settings(BaseSettings):
    """The settings of a help center; an empty variable counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, hide_input_in_errors=True
    )

    host: str = Field("127.0.0.1", description="The IP address to listen on; `0.0.0.0` for all.")
    port: int = Field(
        8000, ge=0, le=65535, description="The port to listen on; `0` for any free port."
    )
    content: Path = Field(
        ROOT / "content",
        description="The content folder; by default the program's own content.",
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
            "A folder with your own templates, which replace ours of the same name "
            "(docs/adopting.md)."
        ),
    )
    base_url: SiteUrl | None = Field(
        None,
        description=(
            "The public URL of the help center, such as `https://help.example.com`; "
            "without it there are no canonical links."
        ),
    )
    dev: bool = Field(
        default=False,
        description="For writers: show drafts, and update the open browser when a file is saved.",
    )
    cors_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_items)] = Field(
        (),
        description=(
            "The origins whose pages and apps may use `/api/v1` in a browser, separated by commas, "
            "such as `https://app.example.com,tauri://localhost`. Give each in full."
        ),
    )
    proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "127.0.0.1,::1",
        description=(
            "Trusted proxies, by IP address or network (`10.0.0.0/8`), separated by commas; their "
            "`X-Forwarded-For` gives the visitor's IP address."
        ),
    )
    watch: float = Field(
        1,
        ge=0,
        description=(
            "Seconds between checks for changed content. `0` turns them off: "
            "only SIGHUP then reads the content again."
        ),
    )
    database_url: str | None = Field(
        None,
        pattern=r"^(sqlite:///|postgresql(\+psycopg)?://)",
        description=(
            "The database for votes and unanswered texts, such as "
            "`postgresql://user@host/name`; by default an SQLite file in the data folder."
        ),
    )
    keep_unanswered: bool = Field(
        default=True,
        description="Keep texts without an answer for writers, for 90 days and without secrets.",
    )
    api_keys: Annotated[tuple[ApiKey, ...], NoDecode, BeforeValidator(_items)] = Field(
        (),
        repr=False,
        description=(
            "The keys of programs that use `/api/v1` from a server, each of 16 to 200 letters and "
            "digits, separated by commas. A key raises their limits."
        ),
    )
    status: bool = Field(
        default=True,
        description=("Ask the exchanges each minute whether they operate (docs/status.md)."),
    )
    insights_token: str | None = Field(
        None,
        min_length=12,
        repr=False,
        description="The password of `/insights`; without it the page is off.",
    )

    metrics_token: str | None = Field(
        None,
        min_length=12,
        repr=False,
        description="The password of `/metrics`, for Prometheus; without it the page is off.",
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description=(
            "`text` for people; `json` for a JSON object on each line, including a line for each "
            "request."
        ),
    )

    @property
    def database(self) -> str:
        """The URL of the store."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'helpcenter.sqlite3'}"
