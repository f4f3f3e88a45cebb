"""`/errors/<exchange>/<code>`: one error code, and its short link `/e/...`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import addresses
from app.answers import answer
from app.diagnosis.next_question import question_of
from app.i18n import _
from app.model import Answer, ErrorCode, Exchange, Issue, Observations
from app.web.pages import answer_views
from app.web.pages.answer_views import OptionView
from app.web.pages.handlers import Handlers, Shell, moved, moved_error


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMeaning:
    """One entry of an error code: what it says, and the issues it means with their steps."""

    entry: ErrorCode
    matches: tuple[tuple[Issue, Answer], ...]
    options: tuple[OptionView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    """`/errors/<exchange>/<code>`: what one error code means and what to do.

    `short_url` is for chats; at `diagnosis_url` the cause is found step by step.
    """

    template: ClassVar[str] = "pages/error_code.html"

    shell: Shell
    exchange: Exchange
    code: str
    short_url: str
    diagnosis_url: str
    meanings: tuple[ErrorMeaning, ...]


class ErrorCodeHandlers(Handlers):
    """The handlers of error codes."""

    __slots__ = ()

    async def error(self, request: Request) -> Response:
        """Answer with one error code of one exchange."""
        knowledge = self.edition.knowledge
        name, code = request.path_params["exchange"], request.path_params["code"]
        exchange = knowledge.exchange(name)
        if exchange is None:
            raise HTTPException(404)
        if exchange.id != name:
            return moved(request, addresses.error(exchange.id, code))
        entries = knowledge.errors(exchange.id, code)
        if not entries:
            return moved_error(request, knowledge, exchange.id, code)
        link = Observations(exchange=exchange.id, error=code)
        context = ErrorPage(
            shell=self.shell(
                addresses.error(exchange.id, code),
                exchange,
                title=_("{exchange} error {code}").format(exchange=exchange.name, code=code),
                description=f"{exchange.name} {code}: {entries[0].message or entries[0].code}",
                crumbs=(
                    (_("Exchanges"), addresses.PATHS["exchanges"]),
                    (exchange.name, exchange.url),
                ),
                tailored=False,
                is_stale=knowledge.is_stale(f"errors/{exchange.id}.yml", "errors", code),
            ),
            exchange=exchange,
            code=code,
            short_url=addresses.error(exchange.id, code, short=True),
            diagnosis_url=link.url,
            meanings=tuple(
                ErrorMeaning(
                    entry=entry,
                    matches=tuple(
                        (issue, found)
                        for slug in entry.issues
                        if (issue := knowledge.issue(slug, exchange.id))
                        and (found := answer(knowledge, slug, exchange.id, entry=entry))
                    ),
                    options=answer_views.options(question_of(entry), link),
                )
                for entry in entries
            ),
        )
        return self.page(context)

    async def short_error(self, request: Request) -> Response:
        """Lead from the short link of an error code to its page."""
        name, code = request.path_params["exchange"], request.path_params["code"]
        exchange = self.edition.knowledge.exchange(name)
        return moved(request, addresses.error(exchange.id if exchange else name, code))
