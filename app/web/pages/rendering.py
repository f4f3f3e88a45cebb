"""Contexts -> HTML: Jinja, page or fragment, and the one reader of htmx's headers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request

from app import addresses
from app.content import markdown
from app.web.http.static import StaticFolder


class Context(Protocol):
    """A dataclass of `py`."""

    @property
    def template(self) -> str:
        """The template that shows the context, below `templates/`."""


@dataclasses.dataclass(frozen=True, slots=True)
class HtmxRequest:
    """What htmx says of a request in its headers.

    A history restore and a request for the whole body want a full page, whatever else they say.
    """

    wants_fragment: bool
    source: str

    @classmethod
    def of(cls, request: Request) -> HtmxRequest:
        """Read the headers of `request`."""
        headers = request.headers
        return cls(
            wants_fragment=headers.get("HX-Request") == "true"
            and headers.get("HX-Request-Type") != "full"
            and headers.get("HX-History-Restore-Request") != "true",
            source=headers.get("HX-Source", ""),
        )


HTMX_VARY = "HX-Request, HX-Request-Type, HX-History-Restore-Request"
"""The value of `Vary` for answers that depend on `HtmxRequest.wants_fragment`."""


class Renderer:
    """Renders contexts with the templates of one folder.

    `keeps_unanswered` lets a page say that texts without an answer are kept. `dev` gives the state
    of `live.py` to `_dev.html` while somebody writes content, else None.
    """

    def __init__(
        self,
        templates: Path,
        static: StaticFolder,
        *,
        keeps_unanswered: bool = False,
        dev: Callable[[], object] = lambda: None,
    ) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=select_autoescape(("html", "xml")),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "inline": lambda text: Markup(markdown.inline(text)),  # noqa: S704 - HTML is escaped there
            "block": lambda *texts: Markup(markdown.block(*texts)),  # noqa: S704 - HTML is escaped there
            "plain": markdown.plain,
        }
        self._environment.globals |= {
            "static": static.url,
            "keeps_unanswered": keeps_unanswered,
            "dev": dev,
            "reply": addresses.reply,
        }

    def render(self, context: Context, exchange: str | None = None) -> str:
        """Return the text of `context`; links in it keep the chosen `exchange`."""
        fields = {
            field.name: getattr(context, field.name)
            for field in dataclasses.fields(context)  # type: ignore[arg-type]
        }
        return self.render_template(context.template, fields, exchange)

    def render_template(
        self, template: str, values: Mapping[str, Any], exchange: str | None = None
    ) -> str:
        """Return the text of a template that needs no context type of its own."""

        def link(url: str) -> str:
            return addresses.with_query(url, {"exchange": exchange}) if exchange else url

        return self._environment.get_template(template).render(values, link=link)
