"""Everyday questions ("is Binance down?") in a text, found by the phrases of writers.

An everyday question is short and in somebody's own words. A longer text describes a problem, which
the issues answer. Only urgent questions, such as a misused key, are looked for in it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from app.diagnosis import weights
from app.diagnosis.exchange_names import Mention, without_names
from app.diagnosis.normalised_text import normalise, without_accents
from app.diagnosis.phrases import PhraseIndex
from app.diagnosis.recognition import Reading
from app.diagnosis.words import STOP_WORDS
from app.knowledge import KnowledgeBase

MOST_WORDS = 14
"""The most words of a text that can ask an everyday question."""
MOST_WORDS_URGENT = 40
"""The most words of a text that can ask an urgent question."""

EXCHANGE, OTHER_EXCHANGE = "exchange", "otherexchange"
"""The words that stand for the name of an exchange, with a page here and without, in phrases."""
ERROR_CODE = "errorcode"
"""The word that stands for a number and hardly a word more, beside the name of an exchange."""

_CODE = re.compile(r"(?<![\w.])-?[0-9]{4,6}(?![\w.])")
_WORDS = re.compile(r"[^\W\d_]+")


class EverydayQuestions:
    """The phrases of the everyday questions of one knowledge base; finding changes nothing."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        """Prepare the phrases."""
        self._phrases = PhraseIndex(
            (question.slug, without_accents(phrase))
            for question in knowledge.questions
            for phrase in question.phrases
        )
        self._urgent = {question.slug for question in knowledge.questions if question.urgent}

    def find(self, reading: Reading) -> str | None:
        """Return the slug of the question that a text asks; None for a text about an error.

        The phrase with most words counts, of equally long ones the question that comes first.
        """
        words = len(reading.text.flat.split())
        if reading.is_machine_made or words > MOST_WORDS_URGENT:
            return None
        if _is_code_of_other_exchange(reading):
            text = normalise(f"{OTHER_EXCHANGE} {ERROR_CODE}")
        else:
            marked = "".join(_with_exchanges(reading.text.flat, reading.mentions))
            text = normalise(without_accents(marked))
        for found in self._phrases.find(text):
            if words <= MOST_WORDS or found.phrase.owner in self._urgent:
                return found.phrase.owner
        return None


def _is_code_of_other_exchange(reading: Reading) -> bool:
    """Tell whether a text is a code, and the name of an exchange that has no page here."""
    if reading.has_message or not reading.mentions or any(it.exchange for it in reading.mentions):
        return False
    rest = without_names(reading.text.flat, reading.mentions)
    words = set(_WORDS.findall(rest)) - STOP_WORDS
    return len(words) <= weights.WORDS_BESIDE_CODE and _CODE.search(rest) is not None


def _with_exchanges(flat: str, mentions: Iterable[Mention]) -> Iterator[str]:
    """Yield the parts of a text, with `EXCHANGE` or `OTHER_EXCHANGE` for the name of each."""
    reached = 0
    for mention in sorted(mentions, key=lambda mention: (mention.start, -mention.end)):
        if mention.start >= reached:
            yield flat[reached : mention.start]
            yield f" {EXCHANGE if mention.exchange else OTHER_EXCHANGE} "
            reached = mention.end
    yield flat[reached:]


def is_question(flat: str) -> bool:
    """Tell whether a normalised text is a question, such as "is okx down?", and no message."""
    return flat.startswith("is ") or flat.endswith("?")
