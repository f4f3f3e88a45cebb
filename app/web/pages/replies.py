"""Answers to paste into a ticket or a chat: every issue, step, error code and diagnosis as text.

`.txt` is plain text, `.md` the same as Markdown (of an issue or an exchange, all of it); both come
with the short link of the page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app import addresses
from app.answers import answer, steps_for
from app.diagnosis.next_question import WHICH_CAUSE, label_of
from app.i18n import _
from app.model import ErrorCode, Exchange, Issue, Question, Site, Solution
from app.web.pages import answer_views, forms
from app.web.pages.handlers import Handlers, id_of, moved, moved_error, moved_issue

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
class ExchangeMarkdown:
    """`/exchanges/<id>.md`: an exchange as Markdown; `errors` are its codes with their messages."""

    template: ClassVar[str] = "text/exchange.md"

    exchange: Exchange
    errors: Mapping[str, str | None]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to paste, twelve lines at most: the cause, one list of steps, the question, a link.

    Texts are inline Markdown, shown without its marks in `plain_text`, with the addresses of links
    to other sites. `note` says what to leave alone. `question` tells several causes apart;
    `options` are its answers, each with the title of its issue.
    """

    template: ClassVar[str] = "text/reply.txt"

    title: str
    cause: str
    steps: tuple[str, ...]
    note: str | None = None
    question: str = ""
    options: tuple[tuple[str, str], ...] = ()
    url: str
    plain_text: bool


class ReplyHandlers(Handlers):
    """The handlers of answers to paste."""

    __slots__ = ()

    async def issue(self, request: Request) -> Response:
        """Answer with an issue (as Markdown in full), or with one step of it (`?step=`)."""
        knowledge = self.edition.knowledge
        exchange = self.chosen_exchange(request)
        slug = request.path_params["slug"]
        ending = request.path_params["ending"]
        issue = knowledge.issue(slug, id_of(exchange))
        if issue is None:
            return moved_issue(request, knowledge, slug, suffix=f".{ending}")
        wanted = request.query_params.get("step")
        if wanted is None and ending == "md":
            return self._reply(self._whole_issue(request, issue, exchange))
        found = answer(knowledge, slug, id_of(exchange)) if exchange else None
        steps = found.steps if found else issue.steps(None)
        link = _short_link(issue, exchange)
        if wanted is not None:
            step = _step(wanted, (*steps, *issue.all_steps))
            if step is None:
                raise HTTPException(404)
            steps = (step,)
            link += f"#{step.id}"
        reply = Reply(
            title=issue.title,
            cause=found.cause if found else issue.symptom,
            steps=tuple(step.text for step in steps),
            note=found.note if found and wanted is None else None,
            url=self.absolute(request, link),
            plain_text=ending == "txt",
        )
        return self._reply(reply)

    async def question(self, request: Request) -> Response:
        """Answer with an everyday question and its answer."""
        knowledge = self.edition.knowledge
        exchange = self.chosen_exchange(request)
        slug, ending = request.path_params["slug"], request.path_params["ending"]
        question = knowledge.question(slug, id_of(exchange))
        if question is None:
            present = knowledge.current_question_slug(slug)
            if present is None:
                raise HTTPException(404)
            return moved(request, addresses.reply(addresses.question(present), ending))
        return self._reply(self._question(request, question, exchange, ending))

    async def exchange(self, request: Request) -> Response:
        """Answer with an exchange as Markdown."""
        knowledge = self.edition.knowledge
        name, ending = request.path_params["exchange"], request.path_params["ending"]
        exchange = knowledge.exchange(name)
        if exchange is None or ending != "md":
            raise HTTPException(404)
        if exchange.id != name:
            return moved(request, addresses.reply(exchange.url, ending))
        return self._reply(self._whole_exchange(request, exchange))

    async def error(self, request: Request) -> Response:
        """Answer with what an error code means, and the steps for its likeliest cause."""
        knowledge = self.edition.knowledge
        exchange = knowledge.exchange(request.path_params["exchange"])
        code, ending = request.path_params["code"], request.path_params["ending"]
        if exchange is None:
            raise HTTPException(404)
        entries = knowledge.errors(exchange.id, code)
        if not entries:
            return moved_error(request, knowledge, exchange.id, code, suffix=f".{ending}")
        return self._reply(self._error(request, exchange, entries[-1], ending))

    async def everything(self, request: Request) -> Response:
        """Answer with every issue, question, exchange and error code as Markdown in one text."""
        text = await asyncio.to_thread(self._everything, request)
        response = PlainTextResponse(text, media_type=MEDIA_TYPES["txt"])
        return self.cacheable_with_links(response)

    def _everything(self, request: Request) -> str:
        knowledge = self.edition.knowledge
        texts: list[Reply | IssueMarkdown | ExchangeMarkdown] = [
            *(self._whole_issue(request, issue, None) for issue in knowledge.issues),
            *(self._question(request, question, None, "md") for question in knowledge.questions),
        ]
        for exchange in knowledge.exchanges:
            texts.append(self._whole_exchange(request, exchange))
            codes = knowledge.errors_of(exchange.id).values()
            texts += (self._error(request, exchange, entries[-1], "md") for entries in codes)
        return "\n---\n\n".join(map(self.renderer.render, texts))

    async def diagnosis(self, request: Request) -> Response:
        """Answer with a diagnosis that was linked: its answer, or the causes to choose from."""
        knowledge = self.edition.knowledge
        observations = forms.from_query(request.query_params, knowledge)
        diagnosis = await self.edition.diagnose(observations)
        view = answer_views.answer_view(diagnosis, observations, knowledge)
        if not view.matches:
            raise HTTPException(404)
        best = view.matches[0]
        is_unsure = view.verdict == "unsure"
        title = _("Possible causes") if is_unsure else best.issue.title
        if view.error:
            title = _("{exchange} error {code}").format(
                exchange=view.error.exchange.name, code=view.error.code
            )
        if is_unsure:
            cause, note = _("It’s probably one of these"), None
            steps: tuple[Solution, ...] = ()
            question = _(WHICH_CAUSE)
            options = tuple(
                (label_of(match.issue.slug, view.entry, knowledge), match.issue.title)
                for match in view.matches
            )
        else:
            cause, steps, note = best.answer.cause, best.answer.steps, best.answer.note
            question, options = self._follow_up(view.entry if view.options else None)
        reply = Reply(
            title=title,
            cause=cause,
            steps=tuple(step.text for step in steps),
            note=note,
            question=question,
            options=options,
            url=self.absolute(request, observations.url),
            plain_text=request.path_params["ending"] == "txt",
        )
        return self._reply(reply)

    def _whole_issue(
        self, request: Request, issue: Issue, exchange: Exchange | None
    ) -> IssueMarkdown:
        found = answer(self.edition.knowledge, issue.slug, id_of(exchange)) if exchange else None
        return IssueMarkdown(
            site=self.edition.knowledge.site,
            issue=issue,
            steps=tuple(step.text for step in (found.steps if found else issue.steps(None))),
            url=self.absolute(request, _short_link(issue, exchange)),
        )

    def _question(
        self, request: Request, question: Question, exchange: Exchange | None, ending: str
    ) -> Reply:
        steps = steps_for(self.edition.knowledge, question.slug, id_of(exchange))
        link = addresses.with_query(question.url, {"exchange": id_of(exchange)})
        return Reply(
            title=question.title,
            cause=question.answer,
            steps=tuple(step.text for step in steps),
            url=self.absolute(request, link),
            plain_text=ending == "txt",
        )

    def _whole_exchange(self, request: Request, exchange: Exchange) -> ExchangeMarkdown:
        codes = self.edition.knowledge.errors_of(exchange.id)
        return ExchangeMarkdown(
            exchange=exchange,
            errors={code: entries[-1].wording for code, entries in codes.items()},
            url=self.absolute(request, exchange.url),
        )

    def _error(self, request: Request, exchange: Exchange, entry: ErrorCode, ending: str) -> Reply:
        found = answer(self.edition.knowledge, entry.issues[0], exchange.id, entry=entry)
        message = f": {entry.wording}" if entry.wording else ""
        link = addresses.error(exchange.id, entry.code, short=True)
        question, options = self._follow_up(entry)
        return Reply(
            title=_("{exchange} error {code}").format(exchange=exchange.name, code=entry.code)
            + message,
            cause=found.cause if found else entry.note or "",
            steps=tuple(step.text for step in found.steps) if found else (),
            note=found.note if found else None,
            question=question,
            options=options,
            url=self.absolute(request, link),
            plain_text=ending == "txt",
        )

    def _follow_up(self, entry: ErrorCode | None) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Return the question and its options for an error with several causes; else nothing."""
        if entry is None or entry.question is None:
            return "", ()
        options = (
            (option.label, issue.title)
            for option in entry.question.options
            if (issue := self.edition.knowledge.issue(option.issue, entry.exchange))
        )
        return entry.question.text, tuple(options)

    def _reply(self, reply: Reply | IssueMarkdown | ExchangeMarkdown) -> Response:
        plain_text = isinstance(reply, Reply) and reply.plain_text
        media_type = MEDIA_TYPES["txt" if plain_text else "md"]
        response = PlainTextResponse(self.renderer.render(reply), media_type=media_type)
        response.headers["X-Robots-Tag"] = "noindex"
        return self.cacheable_with_links(response)


def _step(wanted: str, steps: Iterable[Solution]) -> Solution | None:
    return next((step for step in steps if wanted in {step.id, *step.aliases}), None)


def _short_link(issue: Issue, exchange: Exchange | None) -> str:
    return addresses.with_query(
        addresses.issue(issue.slug, short=True), {"exchange": id_of(exchange)}
    )
