"""`/whitelist`: a saved IP list compared with ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import addresses
from app.content.markdown import plain
from app.content.variables import fill
from app.diagnosis.shortening import is_too_long
from app.i18n import _
from app.model import Exchange
from app.web.pages import forms
from app.web.pages.handlers import Handlers, Shell
from app.web.pages.rendering import wants_fragment
from app.whitelist import Entry, compare


@dataclass(frozen=True, slots=True, kw_only=True)
class WhitelistComparison:
    """A saved IP list against ours.

    `where` says where the list is changed on the chosen exchange, in inline Markdown.
    """

    text: str
    complete: bool
    entries: tuple[Entry, ...]
    missing: tuple[str, ...]
    separator_advice: str | None
    where: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhitelistFragment:
    """What htmx gets for a posted list: the comparison."""

    template: ClassVar[str] = "fragments/whitelist.html"

    comparison: WhitelistComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class WhitelistPage:
    """`/whitelist`: compare what was saved at the exchange with our addresses."""

    template: ClassVar[str] = "pages/whitelist.html"

    shell: Shell
    comparison: WhitelistComparison | None


class WhitelistHandlers(Handlers):
    """The handlers of the comparison."""

    __slots__ = ()

    async def whitelist(self, request: Request) -> Response:
        """Answer with the form that compares a saved IP list with the whitelist."""
        return self.page(self._whitelist_page(self.chosen_exchange(request), None))

    async def compare_whitelist(self, request: Request) -> Response:
        """Answer with the comparison of a posted list."""
        knowledge = self.edition.knowledge
        if knowledge.site.whitelist is None:
            raise HTTPException(404)
        form = await forms.read(request)
        text, exchange = forms.list_from_form(form, knowledge)
        if is_too_long(text):
            raise HTTPException(413)
        separator = exchange.whitelist.separator if exchange else None
        compared = compare(text, knowledge.site.whitelist.addresses, separator)
        comparison = WhitelistComparison(
            text=text,
            complete=compared.complete,
            entries=compared.entries,
            missing=tuple(str(address) for address in compared.missing),
            separator_advice=compared.separator_advice,
            where=self._where(exchange) if exchange and not compared.complete else None,
        )
        if wants_fragment(request):
            return self.uncached(WhitelistFragment(comparison=comparison), exchange)
        return self.uncached(self._whitelist_page(exchange, comparison), exchange)

    def _where(self, exchange: Exchange) -> str:
        text = _("On {{ exchange }}, open {{ key_page }} and change {{ whitelist_field }}.")
        return fill(text, self.edition.knowledge.variables(exchange.id))

    def _whitelist_page(
        self, exchange: Exchange | None, comparison: WhitelistComparison | None
    ) -> WhitelistPage:
        whitelist = self.edition.knowledge.site.whitelist
        if whitelist is None:
            raise HTTPException(404)
        return WhitelistPage(
            shell=self.shell(
                addresses.PATHS["whitelist"],
                exchange,
                title=whitelist.title,
                description=plain(whitelist.intro),
            ),
            comparison=comparison,
        )
