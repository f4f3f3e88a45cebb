"""`/`: the diagnose box, the whitelist, the quick diagnostic, all issues, tips and support."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from app.model import Issue, Observations, Question, Tip
from app.web.pages import forms
from app.web.pages.forms import DiagnoseForm
from app.web.pages.handlers import Handlers, Shell, id_of, site_description


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """`/`: everything in one place."""

    template: ClassVar[str] = "pages/home.html"

    shell: Shell
    form: DiagnoseForm
    issues: tuple[Issue, ...]
    tips: tuple[Tip, ...]
    questions: tuple[Question, ...]


class HomeHandlers(Handlers):
    """The handler of the home page."""

    __slots__ = ()

    async def home(self, request: Request) -> Response:
        """Answer with everything in one place."""
        knowledge = self.edition.knowledge
        exchange = self.chosen_exchange(request)
        context = HomePage(
            shell=self.shell(
                "/", exchange, title=knowledge.site.title, description=site_description(knowledge)
            ),
            form=forms.form_state(
                Observations(exchange=id_of(exchange)),
                knowledge,
                status=self.status.view(exchange),
            ),
            issues=knowledge.issues_for(id_of(exchange)),
            tips=knowledge.tips,
            questions=knowledge.questions,
        )
        return self.page(context)
