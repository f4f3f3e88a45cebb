"""Diagnosis -> JSON: the one shape that the API and the command line answer with."""

from __future__ import annotations

from typing import Any

from app.knowledge import error_url
from app.model import Diagnosis


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as JSON values: the answer of `POST /api/v1/diagnose`."""
    error, caller_ip, question = diagnosis.error, diagnosis.caller_ip, diagnosis.question
    return {
        "verdict": diagnosis.verdict,
        "exchange": diagnosis.exchange,
        "error": {
            "exchange": error.exchange,
            "code": error.code,
            "message": error.message,
            "url": error_url(error.exchange, error.code),
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
                {"label": option.label, "issue": option.issue} for option in question.options
            ],
        }
        if question
        else None,
        "redacted_text": diagnosis.redacted_text,
    }
