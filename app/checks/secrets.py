"""The rule about secrets: content must not contain what redaction would remove."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.checks.survey import Mistake, Survey, Text, texts_of
from app.diagnosis.redaction import Redactor

_UNSURE = frozenset({"possible secret"})
_IDENTITIES = frozenset({"e-mail address", "user name", "phone number", "account number"})
"""Kinds that are allowed in a text, but not in an example, which is somebody's message."""

_REMOVED = re.compile(r"\[([^\[\]]+) removed\]")
_MADE_UP = re.compile(r"x{4}|\*{3}|\.\.\.|…|<[^<>]+>|^0x[0-9a-f]{40}$", re.IGNORECASE)
"""A value that is masked, or the public address of a wallet."""

_KEY_LETTERS = re.compile(r"[A-Za-z0-9+/=]{16}")
_SKIPPED = frozenset({"email", "where", "off_topic", "phrases", "names", "hosts"})
"""Fields of words and addresses that hold no messages."""


def secret(survey: Survey) -> Iterator[Mistake]:
    """Find a secret in an example or a text; put a made-up value with xxxx in its place.

    Error, or warning if it may be harmless. Example: `examples: ['apiKey=mH4tT…']`
    """
    if survey.redactor is None:
        return
    for source in survey.sources:
        for text in texts_of(source):
            if _SKIPPED.isdisjoint(text.location):
                yield from _secrets(text, survey.redactor)


def _secrets(text: Text, redactor: Redactor) -> Iterator[Mistake]:
    for kind, begin, end in _removed(text.text, redactor.redact(text.text).text):
        value = text.text[begin:end]
        if kind in _IDENTITIES and "examples" not in text.location:
            continue
        if _MADE_UP.search(value) or (kind == "private key" and not _KEY_LETTERS.search(value)):
            continue
        # The message doesn't repeat the secret: logs of checks are often public.
        message = (
            f"this may be a real value ({kind}) that is published; write xxxx in its place, and if "
            "it is real, replace it wherever it is used"
        )
        is_sure = kind not in _UNSURE | _IDENTITIES
        place = text.find(value.split("\n")[0], line=text.text.count("\n", 0, begin) + 1)
        yield Mistake(text.source, place, message, "error" if is_sure else "warning")


def _removed(text: str, redacted: str) -> Iterator[tuple[str, int, int]]:
    """Yield what was removed from a text: its kind, and where it begins and ends."""
    kept, *parts = _REMOVED.split(redacted)
    end = len(kept)
    for kind, after in zip(parts[::2], parts[1::2], strict=True):
        begin = text.find(after, end) if after else len(text)
        yield kind, end, begin
        end = begin + len(after)
