"""A diagnosis as JSON for the API, and as plain text for the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import addresses
from app.answers import answer_for_match, steps_for
from app.content.markdown import inline, plain
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, Answer, Diagnosis, Observations, Verdict

VERDICTS: Mapping[Verdict, str] = {
    "recognised": "Recognised",
    "likely": "Likely, judged by the wording",
    "unsure": "Unsure: probably one of these",
    "unknown": "Unknown: nothing here matches this text",
}


def to_json(
    diagnosis: Diagnosis, knowledge: KnowledgeBase, observations: Observations
) -> dict[str, Any]:
    """Return a diagnosis of `observations` as JSON: the answer of `POST /api/v1/diagnose`."""
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
                "steps": steps_json(answer_for_match(diagnosis, match, knowledge, observations)),
            }
            for match in diagnosis.matches
        ],
        "answer": _everyday(diagnosis, knowledge),
        "question": {
            "text": question.text,
            "options": [
                {
                    "label": option.label,
                    "issue": option.issue,
                    "exchange": option.exchange,
                    "checklist": option.checklist,
                    "tests": option.tests,
                    "skip": option.skip,
                }
                for option in question.options
            ],
        }
        if question
        else None,
        "redacted_text": diagnosis.redacted_text,
    }


def steps_json(answer: Answer | None) -> list[dict[str, str]]:
    """Return the steps of an answer as JSON: as plain text, as HTML, and with its permalink."""
    if answer is None:
        return []
    return [
        {"text": plain(step.text), "html": inline(step.text), "url": answer.step_url(step)}
        for step in answer.steps
    ]


def _everyday(diagnosis: Diagnosis, knowledge: KnowledgeBase) -> dict[str, str] | None:
    """Return the answer to the everyday question that a text asks, its steps on lines of it."""
    question = knowledge.question(diagnosis.everyday or "", diagnosis.exchange)
    if question is None:
        return None
    steps = steps_for(knowledge, question.slug, diagnosis.exchange)
    lines = [plain(question.answer)]
    lines += (f"{number}. {plain(step.text)}" for number, step in enumerate(steps, start=1))
    return {
        "question": question.slug,
        "title": plain(question.title),
        "url": question.url,
        "text": "\n".join(lines),
    }


def to_text(diagnosis: Diagnosis, knowledge: KnowledgeBase, observations: Observations) -> str:
    """Return a diagnosis as plain text for a terminal, with the steps of the first match."""
    lines = [VERDICTS[diagnosis.verdict]]
    if everyday := _everyday(diagnosis, knowledge):
        lines = [f"{everyday['title']}  {everyday['url']}", everyday["text"]]
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
            f"This request didn't come from {product}: it came from {caller.address}.",
            "Another program used your key. "
            f"Try again in {product}, and paste the error you get there.",
        ]
    for place, match in enumerate(diagnosis.matches, start=1):
        lines += ["", f"{place}. {plain(match.title)} ({match.confidence:.0%})  {match.url}"]
        lines += (f"   because {plain(reason)}" for reason in match.because)
        found = answer_for_match(diagnosis, match, knowledge, observations)
        if place == 1 and found and diagnosis.verdict != "unsure":
            lines += (f"   - {plain(step.text)}" for step in found.steps)
    if diagnosis.question:
        lines += ["", plain(diagnosis.question.text)]
        for option in diagnosis.question.options:
            is_issue = option.issue and option.issue != NO_ISSUE
            url = f"  {addresses.issue(option.issue)}" if option.issue and is_issue else ""
            lines.append(f"- {plain(option.label)}{url}")
    return "\n".join(lines)
