"""`/exchanges` and `/exchanges/<id>`: what is special about each exchange."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import addresses
from app.i18n import _
from app.knowledge import KnowledgeBase
from app.model import Exchange, Issue
from app.web.pages import answer_views
from app.web.pages.answer_views import ErrorView
from app.web.pages.handlers import Handlers, Shell, moved, site_description
from app.web.serving.status import StatusView


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangesPage:
    """`/exchanges`: all supported exchanges."""

    template: ClassVar[str] = "pages/exchanges.html"

    shell: Shell
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Error codes of an exchange whose likeliest issue is the same."""

    issue: Issue
    errors: tuple[ErrorView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePage:
    """`/exchanges/<id>`: one exchange; `source` is its body before the variables were filled in."""

    template: ClassVar[str] = "pages/exchange.html"

    shell: Shell
    exchange: Exchange
    source: str
    groups: tuple[ErrorGroup, ...]
    status: StatusView | None


class ExchangeHandlers(Handlers):
    """The handlers of exchanges."""

    __slots__ = ()

    async def exchanges(self, request: Request) -> Response:
        """Answer with the list of supported exchanges, or redirect to the chosen exchange."""
        knowledge = self.edition.knowledge
        if not knowledge.exchanges:
            raise HTTPException(404)
        if chosen := self.chosen_exchange(request):
            return RedirectResponse(chosen.url, status_code=303)
        context = ExchangesPage(
            shell=self.shell(
                addresses.PATHS["exchanges"],
                None,
                title=_("Exchanges"),
                description=site_description(knowledge),
                tailored=False,
            ),
            exchanges=knowledge.exchanges,
        )
        return self.page(context)

    async def exchange(self, request: Request) -> Response:
        """Answer with one exchange: facts, how-to and error codes."""
        knowledge = self.edition.knowledge
        name = request.path_params["exchange"]
        exchange = knowledge.exchange(name)
        if exchange is None:
            raise HTTPException(404)
        if exchange.id != name:
            return moved(request, exchange.url)
        context = ExchangePage(
            shell=self.shell(
                exchange.url,
                exchange,
                title=_("Connect {exchange} to {product}").format(
                    exchange=exchange.name, product=knowledge.site.product
                ),
                description=_(
                    "{exchange}: IP whitelist, API key permissions and error codes."
                ).format(exchange=exchange.name),
                crumbs=((_("Exchanges"), addresses.PATHS["exchanges"]),),
                tailored=False,
                is_stale=knowledge.is_stale(f"exchanges/{exchange.id}.md"),
            ),
            exchange=exchange,
            source=knowledge.body_source(exchange),
            groups=_error_groups(exchange, knowledge),
            status=self.status.view(exchange),
        )
        return self.page(context)


def _error_groups(exchange: Exchange, knowledge: KnowledgeBase) -> tuple[ErrorGroup, ...]:
    """Return the codes of an exchange, by the issue they mean first of all."""
    by_issue: dict[str, list[ErrorView]] = defaultdict(list)
    for code, entries in knowledge.errors_of(exchange.id).items():
        if view := answer_views.error_view(exchange.id, code, knowledge):
            by_issue[entries[0].issues[0]].append(view)
    return tuple(
        ErrorGroup(issue=issue, errors=tuple(by_issue[issue.slug]))
        for issue in knowledge.issues_for(exchange.id)
        if issue.slug in by_issue
    )
