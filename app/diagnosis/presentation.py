"""Diagnosis -> JSON and text: the shapes that the API and the command line answer with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import addresses
from app.content.markdown import plain
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, Diagnosis, Verdict

VERDICTS: Mapping[Verdict, str] = {
    "recognised": "Recognised",
    "likely": "Likely, by its wording",
    "unsure": "Unsure: it is probably among these",
    "unknown": "Unknown: nothing here fits this text",
}


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as JSON values: the answer of `POST /api/v1/diagnose`."""
    error, caller_ip, question = diagnosis.error, diagnosis.caller_ip, diagnosis.question
    return {
        "verdict": diagnosis.verdict,
        "exchange": diagnosis.exchange,
        "error": {
            "exchange": error.exchange,
            "code": error.code,
            "message": error.wording,
            "url": addresses.error(error.exchange, error.code),
        }
        if error
        else None,
        "caller_ip": {"address": caller_ip.address, "verdict": caller_ip.verdict}
        if caller_ip
        else None,
        "matches": [
            {
                "issue": match.issue,
                "title": match.title,
                "url": match.url,
                "confidence": round(match.confidence, 3),
                "because": list(match.because),
            }
            for match in diagnosis.matches
        ],
        "question": {
            "text": question.text,
            "options": [
                {"label": option.label, "issue": option.issue, "exchange": option.exchange}
                for option in question.options
            ],
        }
        if question
        else None,
        "redacted_text": diagnosis.redacted_text,
    }


def to_text(diagnosis: Diagnosis, knowledge: KnowledgeBase) -> str:
    """Return a diagnosis as plain text for a terminal, with the steps of the first match."""
    lines = [VERDICTS[diagnosis.verdict]]
    error = diagnosis.error
    if error:
        exchange = knowledge.exchange(error.exchange)
        message = f": {error.wording}" if error.wording else ""
        lines[0] += f": {exchange.name if exchange else error.exchange} {error.code}{message}"
    caller, product = diagnosis.caller_ip, knowledge.site.product
    if caller and caller.verdict == "not-ours":
        # Before any step: adding our address doesn't help a request that another program sent.
        lines += [
            "",
            f"This request did not come from {product}: it came from {caller.address}.",
            f"Repeat the step in {product}, and look at the error that appears there.",
        ]
    for place, match in enumerate(diagnosis.matches, start=1):
        lines += ["", f"{place}. {plain(match.title)} ({match.confidence:.0%})  {match.url}"]
        lines += (f"   because {plain(reason)}" for reason in match.because)
        issue = knowledge.issue(match.issue, diagnosis.exchange)
        if place == 1 and issue and diagnosis.verdict != "unsure":
            lines += (f"   - {plain(step.text)}" for step in issue.steps(diagnosis.exchange))
    if diagnosis.question:
        lines += ["", plain(diagnosis.question.text)]
        lines += (
            f"- {plain(option.label)}  {addresses.issue(option.issue)}"
            for option in diagnosis.question.options
            if option.issue and option.issue != NO_ISSUE
        )
    return "\n".join(lines)
