"""`/questions/<slug>`: one everyday question with its short answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from app import addresses
from app.answers import steps_for
from app.content.markdown import plain
from app.i18n import _
from app.model import Issue, Question, Solution
from app.web.pages.handlers import Handlers, Shell, id_of, moved_question
from app.web.serving.status import StatusView


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPage:
    """`/questions/<slug>`; `steps` are those for the chosen exchange."""

    template: ClassVar[str] = "pages/question.html"

    shell: Shell
    question: Question
    steps: tuple[Solution, ...]
    source: str
    related: tuple[Issue, ...]
    others: tuple[Question, ...]
    status: StatusView | None


class QuestionHandlers(Handlers):
    """The handler of everyday questions."""

    __slots__ = ()

    async def question(self, request: Request) -> Response:
        """Answer with an everyday question, or redirect from an old address of it."""
        knowledge = self.edition.knowledge
        exchange = self.chosen_exchange(request)
        slug = request.path_params["slug"]
        question = knowledge.question(slug, id_of(exchange))
        if question is None:
            return moved_question(request, knowledge, slug)
        page = QuestionPage(
            shell=self.shell(
                question.url,
                exchange,
                title=question.title,
                description=plain(question.answer),
                crumbs=((_("Questions"), addresses.home("questions")),),
                is_stale=knowledge.is_stale(f"questions/{question.slug}.md"),
            ),
            question=question,
            steps=steps_for(knowledge, slug, id_of(exchange)),
            source=knowledge.body_source(question),
            related=tuple(issue for name in question.related if (issue := knowledge.issue(name))),
            others=tuple(question for question in knowledge.questions if question.slug != slug),
            status=self.status.view(exchange) if question.live == "status" else None,
        )
        return self.page(page)
