"""Answers to paste into a ticket or a chat: every issue, step, error code and diagnosis as text.

`.txt` is plain text, `.md` the same as Markdown (of an issue, all of it); both come with the short
link of the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app import addresses
from app.model import Exchange, Issue, Site
from app.web.pages import answers, forms
from app.web.pages.handlers import Handlers, id_of, moved_error, moved_issue


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueMarkdown:
    """`/issues/<slug>.md`: all of an issue as Markdown."""

    template: ClassVar[str] = "text/issue.md"

    site: Site
    issue: Issue
    steps: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCause:
    """One cause in a reply: its title (empty when the reply is about nothing else) and steps."""

    title: str
    steps: tuple[str, ...]
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to paste; texts are inline Markdown, shown without its marks in `plain_text`."""

    template: ClassVar[str] = "text/reply.txt"

    title: str
    paragraphs: tuple[str, ...]
    causes: tuple[ReplyCause, ...]
    others: tuple[str, ...]
    url: str
    plain_text: bool


MEDIA_TYPES = {"txt": "text/plain; charset=utf-8", "md": "text/markdown; charset=utf-8"}
CAUSES_IN_FULL = 2
"""So many causes of an error come with their steps; a reply that is longer is not read."""
STEPS_PER_CAUSE = 3


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
        steps = tuple(step.text for step in issue.steps(id_of(exchange)))
        link = _short_link(issue, exchange)
        wanted = request.query_params.get("step")
        if wanted is not None:
            step = next((step for step in issue.solutions if step.id == wanted), None)
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
            paragraphs=(issue.symptom,),
            causes=(ReplyCause(title="", steps=steps),),
            others=(),
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
        view = answers.error_view(exchange.id, code, knowledge)
        issues = view.issues if view else ()
        general = entries[-1]
        message = f": {general.wording}" if general.wording else ""
        reply = Reply(
            title=f"{exchange.name} error {code}{message}",
            paragraphs=(general.note,) if general.note else (),
            causes=tuple(_cause(issue, exchange) for issue in issues[:CAUSES_IN_FULL]),
            others=tuple(issue.title for issue in issues[CAUSES_IN_FULL:]),
            url=self.absolute(request, addresses.error(exchange.id, code, short=True)),
            plain_text=form == "txt",
        )
        return self._reply(reply)

    async def diagnosis(self, request: Request) -> Response:
        """Answer with a diagnosis that was linked."""
        knowledge = self.edition.knowledge
        observations = forms.from_query(request.query_params, knowledge)
        diagnosis = self.edition.engine.diagnose(observations)
        answer = answers.answer(diagnosis, observations, knowledge)
        if not answer.matches:
            raise HTTPException(404)
        title = "What to try next"
        if answer.error:
            title = f"{answer.error.exchange.name} error {answer.error.code}"
        best, *rest = answer.matches
        note = answer.entry.note if answer.entry else None
        reply = Reply(
            title=title,
            paragraphs=(note,) if note else (),
            causes=(
                ReplyCause(
                    title=best.issue.title,
                    because=best.because,
                    steps=tuple(step.text for step in best.steps),
                ),
            ),
            others=tuple(match.issue.title for match in rest),
            url=self.absolute(request, observations.url),
            plain_text=request.path_params["form"] == "txt",
        )
        return self._reply(reply)

    def _reply(self, reply: Reply | IssueMarkdown) -> Response:
        plain_text = isinstance(reply, Reply) and reply.plain_text
        media_type = MEDIA_TYPES["txt" if plain_text else "md"]
        response = PlainTextResponse(self.renderer.render(reply), media_type=media_type)
        response.headers["X-Robots-Tag"] = "noindex"
        return self.cached_with_links(response)


def _cause(issue: Issue, exchange: Exchange | None) -> ReplyCause:
    steps = issue.steps(id_of(exchange))[:STEPS_PER_CAUSE]
    return ReplyCause(title=issue.title, steps=tuple(step.text for step in steps))


def _short_link(issue: Issue, exchange: Exchange | None) -> str:
    return addresses.with_query(
        addresses.issue(issue.slug, short=True), {"exchange": id_of(exchange)}
    )
