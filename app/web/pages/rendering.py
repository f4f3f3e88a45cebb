"""Contexts -> HTML: Jinja, and the only reader of htmx's headers."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    select_autoescape,
)
from jinja2.meta import find_referenced_templates
from jinja2.nodes import Macro
from markupsafe import Markup
from starlette.requests import Request

from app import addresses, i18n
from app.content import markdown
from app.languages import ENGLISH, Untranslated
from app.model import Exchange
from app.web.http.static import StaticFolder

_HTML_LINK = re.compile(
    r'(?P<other>hreflang="[^"]*" )?(?P<before>\b(?:href|action|data-hx-get|data-hx-post)=")'
    r'(?P<url>/[^"]*)'
)
"""A link to another page. With `hreflang` it stays as it is."""
_MARKDOWN_LINK = re.compile(r"(?P<other>)(?P<before>\]\()(?P<url>/[^)]*)")


def _localised(link: re.Match[str]) -> str:
    """Return a link to a page with the address in the language in use."""
    return link[0] if link["other"] else link["before"] + addresses.localised(link["url"])


def _inline(text: str) -> Markup:
    return _with_language(text, markdown.inline(text), "span")


def _block(text: str, source: str | None = None) -> Markup:
    return _with_language(text, markdown.block(text, source), "div")


def _with_language(text: str, html: str, tag: str) -> Markup:
    """Return HTML with `lang="en"` around English text on a page in another language."""
    if isinstance(text, Untranslated):
        html = f'<{tag} lang="{ENGLISH.tag}" dir="ltr">{html}</{tag}>'
    return Markup(html)  # noqa: S704 - HTML is escaped by `markdown`


class Context(Protocol):
    """A dataclass with the values of a template."""

    @property
    def template(self) -> str:
        """The template that shows the context, below `templates/`."""


def wants_fragment(request: Request) -> bool:
    """Tell whether htmx asks for a part of a page.

    A history restore and a request for the whole body get a full page.
    """
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Request-Type") != "full"
        and headers.get("HX-History-Restore-Request") != "true"
    )


TEMPLATE_SUFFIXES = frozenset({".html", ".md", ".txt", ".xml"})

logger = logging.getLogger("helpcenter")

HTMX_VARY = "HX-Request, HX-Request-Type, HX-History-Restore-Request"
"""The value of `Vary` for answers that depend on `wants_fragment`."""


class BrokenTemplateError(Exception):
    """A template of an operator that can't be read; the message is `path:line: reason`."""


class Renderer:
    """Renders contexts with our templates, or with those of an operator.

    A file of `own` is used instead of ours of the same name, which it may extend or include as
    `ours/<name>`. Raises `BrokenTemplateError` when a file of `own` can't be read.
    `keeps_unanswered` lets a page say that texts without an answer are kept. `dev` gives what is
    shown (`dev.Shown`) to `_dev.html` while somebody writes content, else None. With `follow`,
    changed files are read again; without it, an upgrade changes nothing until the restart.
    """

    def __init__(
        self,
        templates: Path,
        static: StaticFolder,
        *,
        own: Path | None = None,
        keeps_unanswered: bool = False,
        dev: Callable[[], object] = lambda: None,
        follow: bool = False,
    ) -> None:
        self._environment = Environment(
            auto_reload=follow,
            loader=ChoiceLoader(
                [
                    FileSystemLoader([*([own] if own else []), templates]),
                    PrefixLoader({"ours": FileSystemLoader(templates)}),
                ]
            ),
            autoescape=select_autoescape(("html", "xml")),
            extensions=["jinja2.ext.i18n"],
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.policies["ext.i18n.trimmed"] = True
        self._environment.install_gettext_callables(  # type: ignore[attr-defined]
            i18n.gettext, i18n.ngettext, newstyle=True
        )
        self._environment.filters |= {
            "date": i18n.date,
            "number": i18n.number,
            "listed": i18n.listed,
            "inline": _inline,
            "block": _block,
            "plain": markdown.plain,
            "plain_with_links": markdown.plain_with_links,
        }
        self._environment.globals |= {
            "static": static.url,
            "keeps_unanswered": keeps_unanswered,
            "dev": dev,
            "reply": addresses.reply,
            "image": addresses.image,
            "script_texts": i18n.script_texts,
        }
        if own:
            self._check(own, templates)

    def _check(self, own: Path, templates: Path) -> None:
        """Read every template of an operator; say which of them replaces none of ours."""
        for path in sorted(path for path in own.rglob("*") if path.suffix in TEMPLATE_SUFFIXES):
            name = path.relative_to(own).as_posix()
            try:
                self._environment.get_template(name)
                tree = self._environment.parse(path.read_text("utf-8"))
                for used in find_referenced_templates(tree):
                    if used is not None:
                        self._environment.get_template(used)
            except TemplateSyntaxError as error:
                message = f"{error.filename or path}:{error.lineno}: {error.message}"
                raise BrokenTemplateError(message) from None
            except TemplateNotFound as error:
                message = f"{path}:1: it uses the template {error.name}, which is not there"
                raise BrokenTemplateError(message) from None
            except UnicodeDecodeError:
                raise BrokenTemplateError(f"{path}:1: it is not UTF-8") from None
            ours = templates / name
            if not ours.is_file():
                logger.warning("%s replaces no template of ours; only yours can use it", path)
                continue
            macros = self._environment.parse(ours.read_text("utf-8")).find_all(Macro)
            own_macros = {macro.name for macro in tree.find_all(Macro)}
            for macro in macros:
                if macro.name not in own_macros:
                    message = f"{path}:1: it has no macro {macro.name}, which our pages use"
                    raise BrokenTemplateError(message)

    def compile(self) -> None:
        """Compile every template now, which takes 0.3 s, so that no visitor waits for it."""
        suffixes = [suffix.removeprefix(".") for suffix in TEMPLATE_SUFFIXES]
        for name in self._environment.list_templates(extensions=suffixes):
            if not name.startswith("ours/"):  # the same again, for an operator's to extend
                self._environment.get_template(name)

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

        def link(url: str, tailored_to: Exchange | None = None) -> str:
            """Return `url` for an exchange: `tailored_to`, or else the one that was chosen."""
            wanted = tailored_to.id if tailored_to else exchange
            return addresses.with_query(url, {"exchange": wanted}) if wanted else url

        text = self._environment.get_template(template).render(
            values, link=link, language=i18n.current()
        )
        if i18n.current() == ENGLISH:
            return text
        links = _HTML_LINK if template.endswith(".html") else _MARKDOWN_LINK
        return links.sub(_localised, text)
