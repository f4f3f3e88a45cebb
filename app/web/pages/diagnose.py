"""`/diagnose`: what a visitor tells us, answered."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import addresses
from app.diagnosis.shortening import is_too_long, shorten
from app.feedback.records import Kind, Reason, StoreUnavailableError
from app.i18n import N_, _
from app.languages import ENGLISH, current
from app.model import Diagnosis, Observations
from app.search.results import Result
from app.web.http.headers import cacheable
from app.web.http.limits import client_ip
from app.web.http.origins import is_cross_origin
from app.web.pages import answer_views, forms
from app.web.pages.answer_views import AnswerView
from app.web.pages.feedback import page_voted_on
from app.web.pages.forms import DiagnoseForm
from app.web.pages.handlers import Handlers, Shell, site_description
from app.web.pages.languages import LanguageLink
from app.web.pages.rendering import HTMX_VARY, wants_fragment
from app.web.serving.feedback import TooManyVotesError


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFragment:
    """What htmx gets from `/diagnose`: the answer, and the checklist's progress and next steps."""

    template: ClassVar[str] = "fragments/answer.html"

    answer: AnswerView | None
    form: DiagnoseForm


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosePage:
    """`/diagnose`: the form and its answer."""

    template: ClassVar[str] = "pages/diagnose.html"

    shell: Shell
    form: DiagnoseForm
    answer: AnswerView | None


MOST_NEAR = 3
"""Everyday questions beside an unknown text, at most."""

EMPTY = N_("Paste the error message first, or describe what happens.")


class DiagnosisHandlers(Handlers):
    """The handlers of the diagnosis."""

    __slots__ = ()

    async def diagnosis_link(self, request: Request) -> Response:
        """Answer a diagnosis that was linked: exchange, error, checklist and tests, no text."""
        observations = forms.from_query(request.query_params, self.edition.knowledge)
        return await self._diagnosed(request, observations)

    async def diagnose(self, request: Request) -> Response:
        """Answer a posted form. The text in it is used for this answer and kept nowhere."""
        form = await forms.read(request)
        observations = forms.from_form(form, self.edition.knowledge)
        left_out = 0
        if is_too_long(observations.text):
            text, left_out = shorten(observations.text)
            observations = observations.model_copy(update={"text": text})
        if "failed" in form:
            await self._note_failure(request, forms.text_of(form, "answered"))
        wants_page = not wants_fragment(request)
        if wants_page and not observations.text.strip():
            if not observations.model_copy(update={"text": ""}).can_be_diagnosed:
                if observations.exchange:
                    home = addresses.with_query(
                        addresses.home(), {"exchange": observations.exchange}
                    )
                    return RedirectResponse(home, status_code=303)
                return self._refused(request, observations, EMPTY, 422)
            # Without a text the answer has its own URL, which survives a reload. The answer to
            # ticks is beside them.
            place = "" if observations.error else "#diagnostic"
            return RedirectResponse(observations.url + place, status_code=303)
        return await self._diagnosed(request, observations, left_out)

    async def _note_failure(self, request: Request, page: str) -> None:
        """Tell writers that the answer on `page` did not help; the visitor gets the next anyway."""
        if is_cross_origin(request, self.base_url):
            return
        with suppress(HTTPException, TooManyVotesError, StoreUnavailableError):
            await self.feedback.vote(
                page_voted_on(page, self.edition.knowledge),
                helpful=False,
                reason=Reason.DID_NOT_FIX,
                comment="",
                version=self.edition.knowledge.version,
                address=client_ip(request),
                user_agent=request.headers.get("User-Agent", ""),
            )

    async def _diagnosed(
        self, request: Request, observations: Observations, left_out: int = 0
    ) -> Response:
        """Answer with the diagnosis of what was told; `left_out` lines were too many to read."""
        edition = self.edition
        knowledge = edition.knowledge
        tells = observations.can_be_diagnosed
        known = observations.model_copy(update={"in_maintenance": self.status.in_maintenance()})
        diagnosis = await edition.diagnose(known) if tells else None
        if diagnosis:
            self.feedback.metrics.count_diagnosis(diagnosis.verdict, "page")
        if (
            diagnosis
            and diagnosis.verdict == "unknown"
            and not diagnosis.everyday
            and not is_cross_origin(request, self.base_url)
        ):
            self.feedback.note_unanswered(
                Kind.DIAGNOSIS,
                diagnosis.redacted_text,
                diagnosis.exchange,
                knowledge.version,
                client_ip(request),
            )
        exchange = observations.exchange or (diagnosis and diagnosis.exchange)
        shown = observations.model_copy(update={"exchange": exchange})
        answer = (
            answer_views.answer_view(diagnosis, observations, knowledge, self.status)
            if diagnosis
            else None
        )
        if answer and diagnosis:
            answer = replace(
                answer,
                offer=self._offer(diagnosis),
                left_out=left_out,
                near=self._near(diagnosis) if diagnosis.verdict == "unknown" else (),
            )
        form = forms.form_state(
            shown,
            knowledge,
            text=diagnosis.redacted_text if diagnosis else "",
            status=self.status.view(knowledge.exchange(shown.exchange)),
        )
        return self._answer(request, answer, form, shown)

    def _near(self, diagnosis: Diagnosis) -> tuple[Result, ...]:
        """Return the everyday questions that a search for an unknown text finds."""
        found = self.edition.search.search(diagnosis.redacted_text, diagnosis.exchange)
        return tuple(result for result in found if result.kind == "question")[:MOST_NEAR]

    def _offer(self, diagnosis: Diagnosis) -> LanguageLink | None:
        """Return this page in the language of the text, if the page is in another language.

        The message of an exchange is in English, so it doesn't tell that its reader is.
        """
        text = diagnosis.redacted_text
        found = self.edition.language_of(text) if text.strip() else None
        if found == ENGLISH and diagnosis.error:
            return None
        links = self.languages(addresses.PATHS["diagnosis"], None)
        return next((link for link in links if link.language == found and found != current()), None)

    def _refused(
        self, request: Request, observations: Observations, reason: str, status: int
    ) -> Response:
        """Answer that the input can't be taken, with the input still in the form."""
        form = forms.form_state(
            observations,
            self.edition.knowledge,
            text=observations.text,
            error=_(reason),
            status=self.status.view(self.edition.knowledge.exchange(observations.exchange)),
        )
        return self._answer(request, None, form, observations, status)

    def _answer(
        self,
        request: Request,
        answer: AnswerView | None,
        form: DiagnoseForm,
        observations: Observations,
        status: int = 200,
    ) -> Response:
        knowledge = self.edition.knowledge
        exchange = knowledge.exchange(observations.exchange)
        context: AnswerFragment | DiagnosePage
        pushed: dict[str, str] = {}
        if wants_fragment(request):
            context = AnswerFragment(answer=answer, form=form)
            if not form.error:
                url = answer.share_url if answer else observations.url
                pushed = {"HX-Push-Url": url}
        else:
            context = DiagnosePage(
                shell=self.shell(
                    observations.model_copy(update={"exchange": None}).url,
                    exchange,
                    title=_("Diagnosis"),
                    description=site_description(knowledge),
                    indexed=False,
                ),
                form=form,
                answer=answer,
            )
        response = self.uncached(context, exchange, status, pushed)
        # An unknown text is noted at each request, so no cache may answer the request.
        is_noted = answer is not None and answer.verdict == "unknown" and not answer.everyday
        if request.method in {"GET", "HEAD"} and not is_noted:
            return cacheable(response, vary=HTMX_VARY)
        return response
