"""`/feedback`: "Was this helpful?", then why; one vote of a visitor for a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import addresses
from app.addresses import Address
from app.content.variables import fill_entity
from app.diagnosis.shortening import is_too_long
from app.feedback.records import Reason, StoreUnavailableError
from app.i18n import N_, _
from app.knowledge import KnowledgeBase
from app.model import Solution
from app.web.http.limits import client_ip
from app.web.http.origins import is_cross_origin
from app.web.pages import forms
from app.web.pages.handlers import Handlers, Shell, site_description
from app.web.pages.rendering import wants_fragment
from app.web.serving.feedback import TooManyVotesError

FeedbackState = Literal["ask", "why", "thanks", "refused"]
DIAGNOSIS_PAGE = addresses.PATHS["diagnosis"]
"""Votes on diagnoses without a code count for this page; those with a code count for the code."""
REASONS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.DID_NOT_FIX: N_("I did this, and it still fails"),
        Reason.NOT_MY_PROBLEM: N_("My problem is a different one"),
        Reason.HARD_TO_FOLLOW: N_("It's hard to follow"),
        Reason.OUT_OF_DATE: N_("It's out of date"),
        Reason.OTHER: N_("Something else"),
    }
)
REFUSED = N_("We couldn't save your feedback. Try again in a few minutes.")
TOO_MANY = N_("We've had too much feedback from your network. Please wait, then try again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackForm:
    """The question "Was this helpful?" for one page; after a vote why, then thanks.

    `steps` are those of an answer that fixed the problem: which of them did? `message` says why a
    vote was refused; `reasons` are the choices, each with its label.
    """

    page: str
    state: FeedbackState
    helpful: bool | None = None
    message: str | None = None
    steps: Sequence[Solution] = ()
    reasons: Mapping[Reason, str] = field(default_factory=lambda: REASONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFragment:
    """What htmx gets after a vote, in the place of the question."""

    template: ClassVar[str] = "fragments/feedback.html"

    feedback: FeedbackForm


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackPage:
    """`/feedback`: the same as a page of its own, for visitors without JavaScript."""

    template: ClassVar[str] = "pages/feedback.html"

    shell: Shell
    feedback: FeedbackForm


class FeedbackHandlers(Handlers):
    """The handlers of votes."""

    __slots__ = ()

    async def ask(self, request: Request) -> Response:
        """Answer with the question for a page; links and e-mails can lead here."""
        page = page_voted_on(request.query_params.get("page", ""), self.edition.knowledge)
        return self._answer(request, FeedbackForm(page=page, state="ask"))

    async def vote(self, request: Request) -> Response:
        """Store a vote, or the reason for it, and answer with what comes next."""
        if is_cross_origin(request, self.base_url):
            raise HTTPException(403)
        form = await forms.read(request)
        knowledge = self.edition.knowledge
        answered = forms.text_of(form, "page")
        page = page_voted_on(answered, knowledge)
        steps = _steps_of(answered, forms.text_of(form, "fixed").split(), knowledge)
        helpful = {"yes": True, "no": False}.get(forms.text_of(form, "helpful"))
        if helpful is None:
            raise HTTPException(400)
        reason, comment = _reason(form), forms.text_of(form, "comment")
        if is_too_long(comment):
            raise HTTPException(413)
        pages = [page]
        step = next((step for step in steps if step.id == forms.text_of(form, "step")), None)
        if step and helpful:
            # A step gets its own vote, under its permalink.
            pages.append(f"{page}#{step.id}")
        try:
            for voted in pages:
                await self.feedback.vote(
                    voted,
                    helpful=helpful,
                    reason=reason,
                    comment=comment if voted == page else "",
                    version=knowledge.version,
                    address=client_ip(request),
                    user_agent=request.headers.get("User-Agent", ""),
                )
        except TooManyVotesError as error:
            refused = FeedbackForm(page=page, state="refused", message=_(TOO_MANY))
            return self._answer(request, refused, 429, {"Retry-After": str(error.seconds)})
        except StoreUnavailableError:
            refused = FeedbackForm(page=page, state="refused", message=_(REFUSED))
            return self._answer(request, refused, 503, {"Retry-After": "60"})
        told_why = reason is not None or comment.strip() or "why" in form
        state: FeedbackState = "thanks" if told_why else "why"
        asked = answered if steps else page
        told = FeedbackForm(page=asked, state=state, helpful=helpful, steps=steps)
        return self._answer(request, told)

    def _answer(
        self,
        request: Request,
        form: FeedbackForm,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Response:
        if wants_fragment(request):
            return self.uncached(FeedbackFragment(feedback=form), status=status, headers=headers)
        shell = self.shell(
            addresses.PATHS["feedback"],
            None,
            title=_("Your feedback"),
            description=site_description(self.edition.knowledge),
            tailored=False,
            indexed=False,
        )
        page = FeedbackPage(shell=shell, feedback=form)
        return self.uncached(page, status=status, headers=headers)


def page_voted_on(page: str, knowledge: KnowledgeBase) -> str:
    """Return the permalink of a page that can be voted on; raise a 404 for anything else.

    All spellings of an address give the same permalink: a visitor has one vote for a page.
    """
    match addresses.parse(page):
        case Address(kind="diagnosis", query=()):
            return DIAGNOSIS_PAGE
        case Address(kind="issue", name=slug) if issue := knowledge.issue(slug):
            return issue.url
        case Address(kind="question", name=slug) if question := knowledge.question(slug):
            return question.url
        case Address(kind="error", exchange=name, code=code) if (
            exchange := knowledge.exchange(name)
        ) and knowledge.errors(exchange.id, code):
            return addresses.error(exchange.id, code)
    raise HTTPException(404)


def _steps_of(page: str, names: Iterable[str], knowledge: KnowledgeBase) -> list[Solution]:
    """Return the steps with these ids among those that an answer on `page` can have."""
    exchange, slugs = None, []
    steps: list[Solution] = []
    match addresses.parse(page):
        case Address(kind="issue", name=slug) as address:
            exchange, slugs = address.chosen_exchange, [slug]
        case Address(kind="error", exchange=name, code=code):
            exchange = name
            for entry in knowledge.errors(name, code):
                slugs.append(entry.issues[0])
                steps += entry.answer.steps if entry.answer else ()
    for slug in dict.fromkeys(slugs):
        issue = knowledge.raw_issue(slug)
        steps += issue.all_steps if issue else ()
    values = {"caller_ip": "…", **knowledge.variables(exchange)}
    known = {step.id: step for step in steps}
    return [fill_entity(known[name], values) for name in names if name in known]


def _reason(form: FormData) -> Reason | None:
    try:
        return Reason(forms.text_of(form, "reason"))
    except ValueError:
        return None
