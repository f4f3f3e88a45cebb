"""Rules about old facts, issues without links, questions with wrong options, and support."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from app.checks.survey import Mistake, Survey, is_draft
from app.content.frontmatter import Location
from app.content.loader import PAGES, Source
from app.model import ErrorFile, Site

STALE_DAYS = 180
"""The days for which a fact counts as checked."""


def stale(survey: Survey) -> Iterator[Mistake]:
    """Find facts last checked more than 180 days ago; check them, and write today's date.

    Warning. Example: `verified: 2020-02-29`
    """
    for source in survey.sources:
        day = source.document.fields.get("verified")
        if source.kind not in PAGES or not isinstance(day, dt.date) or is_draft(source):
            continue
        age = (survey.today - day).days
        if age > STALE_DAYS:
            message = (
                f"last verified {age} days ago; check the facts and set `verified: {survey.today}`"
            )
        elif age < -1:  # tomorrow is today somewhere
            message = f"{day} is in the future; use the day of the last check"
        else:
            continue
        yield _warning(source, ("verified",), message)


def missing_choice(survey: Survey) -> Iterator[Mistake]:
    """Find an issue without `choice`; describe what the reader sees.

    Warning. Example: an unsure diagnosis offers such an issue by its symptom
    """
    issues = [
        source for source in survey.sources if source.kind == "issue" and not is_draft(source)
    ]
    for source in issues if len(issues) > 1 else ():
        if "choice" not in source.document.fields:
            message = (
                "add `choice`: what the reader sees, in a few words, to choose this issue from "
                "when the diagnosis is unsure"
            )
            yield _warning(source, ("symptom",), message)


def orphan(survey: Survey) -> Iterator[Mistake]:
    """Find an issue that no page links to; add it to `related` of another issue, or retire it.

    Warning. Example: a new issue
    """
    for slug, source in survey.issues.items():
        if slug not in survey.led_to and source.entity and not is_draft(source):
            message = (
                "no page links to this issue; add it to `related` of another issue, to `issues` "
                "of an error code, or to `points_to` of the quick diagnostic"
            )
            yield _warning(source, ("title",), message)


def no_support_address(survey: Survey) -> Iterator[Mistake]:
    """Find a site without an address of its support; add an email, a page or a ticket form.

    Warning. Example: `support` without `email`, `url` and `ticket_url`
    """
    for source in survey.sources:
        if isinstance(source.entity, Site):
            support = source.entity.support
            if not (support.email or support.url or support.ticket_url):
                message = (
                    "add `email`, `url` or `ticket_url`: without one of them, visitors are told "
                    "to copy their report to your support chat"
                )
                yield _warning(source, ("support",), message)


def unlisted_option(survey: Survey) -> Iterator[Mistake]:
    """Find an option whose issue isn't in its error's `issues`; add it to them.

    Warning. Example: `issues: [wrong-key]` with an option `issue: cold-water`
    """
    for source in survey.sources:
        if not isinstance(source.entity, ErrorFile):
            continue
        for index, error in enumerate(source.entity.errors):
            for number, option in enumerate(error.question.options if error.question else ()):
                if option.issue not in error.issues:
                    place = ("errors", index, "question", "options", number, "issue")
                    message = (
                        f"`{option.issue}` isn't in this error's `issues`; add it, or use "
                        f"{' or '.join(error.issues)}"
                    )
                    yield _warning(source, place, message)


def redundant_question(survey: Survey) -> Iterator[Mistake]:
    """Find a question with two options that lead to the same issue; merge or correct them.

    Warning. Example: two options with `issue: wrong-key`
    """
    for source in survey.sources:
        if not isinstance(source.entity, ErrorFile):
            continue
        for index, error in enumerate(source.entity.errors):
            issues = [option.issue for option in error.question.options] if error.question else []
            twice = next((slug for slug in issues if issues.count(slug) > 1), None)
            if twice:
                place = ("errors", index, "question")
                message = f"two options lead to `{twice}`; merge them, or remove the question"
                yield _warning(source, place, message)


def _warning(source: Source, location: Location, message: str) -> Mistake:
    return Mistake(source, source.document.position(location), message, severity="warning")
