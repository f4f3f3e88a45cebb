"""The pages of HTTP errors (404, 429, 500), with links to go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.web.pages.handlers import Handlers, Shell, id_of
from app.web.pages.search import ResultView, result_view


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    """An error page (404, 405, 413, 500)."""

    template: ClassVar[str] = "pages/problem.html"

    shell: Shell
    status: int
    heading: str
    text: str
    suggestions: tuple[ResultView, ...] = ()


class Problems(Handlers):
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
