"""Answers to paste into a ticket or a chat: every issue, step, error code and diagnosis as text.

`.txt` is plain text, `.md` the same as Markdown (of an issue, all of it); both come with the short
link of the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, TypedDict

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app import addresses
from app.answers import answer
from app.model import ErrorCode, Exchange, Issue, Site, Solution
from app.web.pages import answers, forms
from app.web.pages.handlers import Handlers, id_of, moved_error, moved_issue

MEDIA_TYPES = {"txt": "text/plain; charset=utf-8", "md": "text/markdown; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueMarkdown:
    """`/issues/<slug>.md`: all of an issue as Markdown."""

    template: ClassVar[str] = "text/issue.md"

    site: Site
    issue: Issue
    steps: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to paste, twelve lines at most: the cause, one list of steps, the question, a link.

    Texts are inline Markdown, shown without its marks in `plain_text`. `question` tells several
    causes apart; `options` are its answers, each with the title of its issue.
    """

    template: ClassVar[str] = "text/reply.txt"

    title: str
    cause: str
    steps: tuple[str, ...]
    question: str = ""
    options: tuple[tuple[str, str], ...] = ()
    url: str
    plain_text: bool


class QuestionOfReply(TypedDict, total=False):
    """The part of a `Reply` that tells several causes apart."""

    question: str
    options: tuple[tuple[str, str], ...]


class Replies(Handlers):
    """The handlers of answers to paste."""

    __slots__ = ()

    async def issue(self, request: Request) -> Response:
        """Answer with an issue (as Markdown in full), or with one step of it (`?step=`)."""
        knowledge = self.edition.knowledge
        exchange = self.chosen_exchange(request)
        slug = request.path_params["slug"]
        form = request.path_params["form"]
        issue = knowledge.issue(slug, id_of(exchange))
        if issue is None:
            return moved_issue(request, knowledge, slug, suffix=f".{form}")
        found = answer(knowledge, slug, id_of(exchange)) if exchange else None
        solutions = found.steps if found else issue.steps(None)
        steps = tuple(step.text for step in solutions)
        link = _short_link(issue, exchange)
        wanted = request.query_params.get("step")
        if wanted is not None:
            step = _step(wanted, (*solutions, *issue.all_steps))
            if step is None:
                raise HTTPException(404)
            steps = (step.text,)
            link += f"#{step.id}"
        elif form == "md":
            whole = IssueMarkdown(
                site=knowledge.site, issue=issue, steps=steps, url=self.absolute(request, link)
            )
            return self._reply(whole)
        reply = Reply(
            title=issue.title,
            cause=found.cause if found else issue.symptom,
            steps=steps,
            url=self.absolute(request, link),
            plain_text=form == "txt",
        )
        return self._reply(reply)

    async def error(self, request: Request) -> Response:
        """Answer with what an error code means, and the first steps for its likeliest causes."""
        knowledge = self.edition.knowledge
        exchange = knowledge.exchange(request.path_params["exchange"])
        code = request.path_params["code"]
        form = request.path_params["form"]
        if exchange is None:
            raise HTTPException(404)
        entries = knowledge.errors(exchange.id, code)
        if not entries:
            return moved_error(request, knowledge, exchange.id, code, suffix=f".{form}")
        general = entries[-1]
        found = answer(knowledge, general.issues[0], exchange.id, entry=general)
        message = f": {general.wording}" if general.wording else ""
        reply = Reply(
            title=f"{exchange.name} error {code}{message}",
            cause=found.cause if found else general.note or "",
            steps=tuple(step.text for step in found.steps) if found else (),
            **self._question(general),
            url=self.absolute(request, addresses.error(exchange.id, code, short=True)),
            plain_text=form == "txt",
        )
        return self._reply(reply)

    async def diagnosis(self, request: Request) -> Response:
        """Answer with a diagnosis that was linked."""
        knowledge = self.edition.knowledge
        observations = forms.from_query(request.query_params, knowledge)
        diagnosis = self.edition.engine.diagnose(observations)
        view = answers.answer_view(diagnosis, observations, knowledge)
        if not view.matches:
            raise HTTPException(404)
        best = view.matches[0]
        title = best.issue.title
        if view.error:
            title = f"{view.error.exchange.name} error {view.error.code}"
        reply = Reply(
            title=title,
            cause=best.answer.cause,
            steps=tuple(step.text for step in best.answer.steps),
            **self._question(view.entry if view.question else None),
            url=self.absolute(request, observations.url),
            plain_text=request.path_params["form"] == "txt",
        )
        return self._reply(reply)

    def _question(self, entry: ErrorCode | None) -> QuestionOfReply:
        """Return what to ask the visitor when an error has several causes."""
        if entry is None or entry.question is None:
            return {}
        options = (
            (option.label, issue.title)
            for option in entry.question.options
            if (issue := self.edition.knowledge.issue(option.issue, entry.exchange))
        )
        return {"question": entry.question.text, "options": tuple(options)}

    def _reply(self, reply: Reply | IssueMarkdown) -> Response:
        plain_text = isinstance(reply, Reply) and reply.plain_text
        media_type = MEDIA_TYPES["txt" if plain_text else "md"]
        response = PlainTextResponse(self.renderer.render(reply), media_type=media_type)
        response.headers["X-Robots-Tag"] = "noindex"
        return self.cached_with_links(response)


def _step(wanted: str, steps: Iterable[Solution]) -> Solution | None:
    return next((step for step in steps if wanted in {step.id, *step.aliases}), None)


def _short_link(issue: Issue, exchange: Exchange | None) -> str:
    return addresses.with_query(
        addresses.issue(issue.slug, short=True), {"exchange": id_of(exchange)}
    )
