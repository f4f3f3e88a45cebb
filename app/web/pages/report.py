"""`/report`: what support needs to know, as a text that the visitor sees, edits and sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import addresses
from app.diagnosis.shortening import is_too_long
from app.i18n import N_, _
from app.model import Exchange, Observations, Site, Support
from app.web.http.limits import client_ip
from app.web.http.origins import is_cross_origin
from app.web.pages import answer_views, forms
from app.web.pages.answer_views import AnswerView
from app.web.pages.forms import DiagnoseForm
from app.web.pages.handlers import Handlers, Shell, id_of, site_description


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportText:
    """The text of a support report; `read` are the titles of issues that were read."""

    template: ClassVar[str] = "text/report.txt"

    site: Site
    exchange: Exchange | None
    answer: AnswerView | None
    form: DiagnoseForm
    read: tuple[str, ...]
    version: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """`/report`: the report to edit, and the ways to send it. `told` is False while it is empty."""

    template: ClassVar[str] = "pages/report.html"

    shell: Shell
    text: str
    subject: str
    mail_url: str | None
    ticket_url: str | None
    told: bool


SUBJECT = N_("Connection problem")


class ReportHandlers(Handlers):
    """The handlers of the support report."""

    __slots__ = ()

    async def linked(self, request: Request) -> Response:
        """Answer with the report of a diagnosis that was linked, or of nothing yet."""
        knowledge = self.edition.knowledge
        observations = forms.from_query(request.query_params, knowledge)
        read = forms.read_issues(request.query_params.getlist("read"), knowledge)
        return await self._report(request, observations, read)

    async def posted(self, request: Request) -> Response:
        """Answer with the report of the posted form. It is sent nowhere and kept nowhere."""
        knowledge = self.edition.knowledge
        form = await forms.read(request)
        observations = forms.from_form(form, knowledge)
        if is_too_long(observations.text):
            raise HTTPException(413)
        read = forms.read_issues(form.getlist("read"), knowledge)
        return await self._report(request, observations, read)

    async def _report(
        self, request: Request, observations: Observations, read: tuple[str, ...]
    ) -> Response:
        knowledge = self.edition.knowledge
        diagnosis = await self.edition.diagnose(observations)
        told = observations.can_be_diagnosed
        answer = answer_views.answer_view(diagnosis, observations, knowledge) if told else None
        if request.method == "POST" and not is_cross_origin(request, self.base_url):
            diagnosed = (match.issue for match in diagnosis.matches[:1])
            self.feedback.count_report({*diagnosed, *read}, client_ip(request))
        exchange = knowledge.exchange(diagnosis.exchange or observations.exchange)
        shown = observations.model_copy(update={"exchange": id_of(exchange)})
        url = answer.share_url if answer else shown.url
        text = self.renderer.render(
            ReportText(
                site=knowledge.site,
                exchange=exchange,
                answer=answer,
                form=forms.form_state(shown, knowledge, text=diagnosis.redacted_text.strip()),
                read=tuple(issue.title for slug in read if (issue := knowledge.issue(slug))),
                version=knowledge.version,
                url=self.absolute(request, url),
            )
        )
        subject = _(SUBJECT)
        if answer and answer.error:
            subject = _("{exchange} error {code}").format(
                exchange=answer.error.exchange.name, code=answer.error.code
            )
        elif exchange:
            subject = f"{_(SUBJECT)}: {exchange.name}"
        page = ReportPage(
            shell=self.shell(
                addresses.PATHS["report"],
                exchange,
                title=_("Support report"),
                description=site_description(knowledge),
                tailored=False,
                indexed=False,
            ),
            text=text,
            subject=subject,
            mail_url=_mail_url(knowledge.site.support, subject, text),
            ticket_url=_ticket_url(knowledge.site.support, subject, text),
            told=told,
        )
        return self.uncached(page, exchange)


def _mail_url(support: Support, subject: str, text: str) -> str | None:
    if support.email is None:
        return None
    return f"mailto:{support.email}?subject={quote(subject)}&body={quote(text)}"


def _ticket_url(support: Support, subject: str, text: str) -> str | None:
    """Fill the address of the ticket form in; without places for the report it stays as it is."""
    if support.ticket_url is None:
        return None
    filled = support.ticket_url.replace("{subject}", quote(subject, safe=""))
    return filled.replace("{body}", quote(text, safe=""))
