"""`/offer`: the line that offers a page in another language, for scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from app.web.http.headers import cacheable
from app.web.pages.handlers import HTML, Handlers


@dataclass(frozen=True, slots=True)
class Offer:
    """The line; the script sets its link."""

    template: ClassVar[str] = "fragments/language_offer.html"


class LanguageOfferHandlers(Handlers):
    """The handler of the line."""

    __slots__ = ()

    async def offer(self, request: Request) -> Response:  # noqa: ARG002 - the signature of a handler
        """Answer with the line in its language."""
        return cacheable(Response(self.renderer.render(Offer()), media_type=HTML))
