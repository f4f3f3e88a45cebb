"""The pages of HTTP errors (404, 429, 500), with links to go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from app.addresses import PATHS
from app.i18n import N_, _
from app.web.api import refusals
from app.web.http.headers import NO_STORE, SECURITY_HEADERS
from app.web.http.logs import REQUEST_ID
from app.web.pages.handlers import HTML, Handlers, Shell, id_of
from app.web.pages.rendering import HTMX_VARY, Renderer, wants_fragment
from app.web.pages.search import ResultView, result_view
from app.web.serving.live import Edition, Live

API_PREFIX = f"{PATHS['api']}/"
"""Below this, every error is JSON."""
PROBLEMS = {
    400: (
        N_("We couldn't read that request"),
        N_("Check the link, or go back and send the form again."),
    ),
    401: (
        N_("Enter your access token"),
        N_("Use it as the password. The user name can be anything."),
    ),
    403: (
        N_("We don't accept forms from other sites"),
        N_("Open the page in this help center and try again."),
    ),
    404: (
        N_("Page not found"),
        N_("Check the link for a typing mistake."),
    ),
    405: (
        N_("This link can't be used that way"),
        N_("Go back and try again."),
    ),
    429: (N_("Too many attempts"), N_("Wait a minute, then try again.")),
    413: (
        N_("Your text is too long"),
        N_("Keep only the lines around the error, and try again."),
    ),
    503: (
        N_("We can't answer right now"),
        N_("Please try again in a few seconds."),
    ),
    500: (
        N_("Something went wrong on our side"),
        N_("Please try again. We stored nothing that you entered."),
    ),
}
"""The heading and the text of each status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    """An error page (404, 405, 413, 500)."""

    template: ClassVar[str] = "pages/problem.html"

    shell: Shell
    status: int
    heading: str
    text: str
    suggestions: tuple[ResultView, ...] = ()


class ProblemPages(Handlers):
    """Shows errors."""

    __slots__ = ()

    def problem(
        self, status: int, heading: str, text: str, path: str = "", exchange: str | None = None
    ) -> str:
        """Return an error page; for an unknown `path` with the nearest pages.

        `exchange` is the choice in the query.
        """
        edition = self.edition
        chosen = edition.knowledge.exchange(exchange)
        nearest = edition.search.nearest(path) if path else ()
        context = ProblemPage(
            shell=self.shell(
                "/", chosen, title=heading, description=text, tailored=bool(path), indexed=False
            ),
            status=status,
            heading=heading,
            text=text,
            suggestions=tuple(result_view(result, chosen, edition.knowledge) for result in nearest),
        )
        return self.renderer.render(context, id_of(chosen))


def answer_errors(
    app: FastAPI, live: Live, renderer: Renderer, pages: Callable[[Edition], ProblemPages]
) -> None:
    """Answer errors in the same look as pages; as a line of text where htmx asked for a part."""

    def problem(request: Request, status: int) -> Response:
        heading, text = map(_, PROBLEMS.get(status, PROBLEMS[400 if status < 500 else 500]))  # noqa: PLR2004
        if status == 500 and (request_id := REQUEST_ID.get()):  # noqa: PLR2004
            text += " " + _("If it happens again, give support this number: {number}.").format(
                number=request_id
            )
        edition = live.state.edition
        if wants_fragment(request):
            line = {"text": f"{heading}. {text}"}
            body = renderer.render_template("fragments/problem.html", line)
        elif edition is None:
            body = renderer.render_template("pages/broken.html", {})
        else:
            path = request.url.path if status == 404 else ""  # noqa: PLR2004
            exchange = request.query_params.get("exchange")
            body = pages(edition).problem(status, heading, text, path, exchange)
        headers = {"Cache-Control": NO_STORE, "Vary": HTMX_VARY}
        return Response(body, status, media_type=HTML, headers=headers)

    async def on_http_exception(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(API_PREFIX):
            return await refusals.on_http_exception(request, error)
        status = error.status_code if isinstance(error, HTTPException) else 500
        edition = live.state.edition if status == 404 else None  # noqa: PLR2004
        if edition and (new := edition.knowledge.redirect(request.scope["path"])):
            return RedirectResponse(new, status_code=301)
        response = problem(request, status)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    async def on_error(request: Request, error: Exception) -> Response:  # noqa: ARG001
        # This answer is made outside the middleware, so it brings the headers itself.
        response = problem(request, 500)
        response.headers.update(SECURITY_HEADERS)
        return response

    async def on_disconnect(request: Request, error: Exception) -> Response:  # noqa: ARG001
        # Nobody reads this; without it every broken connection would log a traceback.
        return Response(status_code=400)

    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(ClientDisconnect, on_disconnect)
    app.add_exception_handler(Exception, on_error)
