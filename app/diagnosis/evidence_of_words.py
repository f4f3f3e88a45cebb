"""Evidence of a visitor's own words, by the phrases of writers and the model of reports.

Both are asked where codes and messages leave something open. Where a program wrote the text and it
holds a recognised error or a fixed message, they aren't: nothing else in it is anybody's own words.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from app.diagnosis import weights
from app.diagnosis.evidence_of_errors import factor_beside
from app.diagnosis.exchange_names import MentionIndex, without_names
from app.diagnosis.normalised_text import Span
from app.diagnosis.phrases import FoundPhrase, PhraseIndex
from app.diagnosis.recognition import Reading, RecognisedError
from app.diagnosis.report_model import ReportModel, marks, samples, trained
from app.i18n import _, listed
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, Evidence

MOST_QUOTES = 2
"""Phrases that are quoted as a reason, at most."""


class FreeText:
    """The phrases of one knowledge base, and the model of its reports."""

    def __init__(self, knowledge: KnowledgeBase, mentions: MentionIndex) -> None:
        """Prepare the phrases. The model is trained when it is first needed, or by `train`."""
        self._knowledge = knowledge
        self._mentions = mentions
        off_topic = knowledge.diagnostic.off_topic if knowledge.diagnostic else ()
        phrases = [(issue.slug, phrase) for issue in knowledge.issues for phrase in issue.phrases]
        self._phrases = PhraseIndex([*phrases, *((NO_ISSUE, phrase) for phrase in off_topic)])
        self._model: ReportModel | None = None
        self._training = threading.Lock()

    @property
    def is_trained(self) -> bool:
        """Whether the model is trained."""
        return self._model is not None

    def train(self) -> ReportModel:
        """Return the model of reports; the first call takes a second, and others wait for it."""
        with self._training:
            if self._model is None:
                taught = tuple(samples(self._knowledge, self._mentions))
                self._model = trained(self._knowledge.content.vocabulary, taught)
            return self._model

    def evidence(self, reading: Reading, sure: Collection[RecognisedError]) -> Iterator[Evidence]:
        """Yield what a text says for each issue, and for something else.

        `sure` are the errors of the exchange that were recognised for certain.
        """
        if not reading.text.flat:
            return
        yield of_text(
            named=bool(reading.mentions),
            foreign=bool(reading.foreign) and not sure,
            error=bool(sure),
            message=reading.has_message,
        )
        if reading.is_machine_made and (sure or reading.has_message):
            return
        beside = factor_beside(sure, reading)
        understood = reading.spans(sure)
        found = self._phrases.find(reading.text, understood)
        yield from _of_phrases(found, beside * weights.PHRASE)
        understood += (span for phrase in found for span in phrase.spans)
        if not understood or _words_outside(reading.text.flat, understood) >= weights.FEW_WORDS:
            nobodys = weights.MACHINE_MADE if reading.is_machine_made else 1.0
            yield from self._of_model(reading, nobodys * beside * weights.MODEL)

    def _of_model(self, reading: Reading, factor: float) -> Iterator[Evidence]:
        seen = marks(reading.mentions, reading.foreign)
        prediction = self.train().predict(without_names(reading.text.flat, reading.mentions), seen)
        if prediction is None:
            return
        for issue, log_odds in against_something_else(prediction.log_probabilities).items():
            strength = factor * log_odds
            told = strength >= weights.WORTH_SAYING
            yield of_model(issue, strength, prediction.quote(issue) if told else "")


def against_something_else(logs: Mapping[str, float]) -> dict[str, float]:
    """Return the log-odds of each issue against something else, of log-probabilities.

    All issues together are measured against something else, and the likeliest issue gets all of
    those log-odds: a text that is as much like one issue as like another is hardly about something
    else, although neither issue is likelier than that. Where no report is about something else,
    nothing is known of such texts, and the log-odds are negative.
    """
    issues = {label: log for label, log in logs.items() if label != NO_ISSUE}
    if not issues:
        return {}
    highest = max(issues.values())
    together = math.log(sum(map(math.exp, issues.values()))) - logs.get(NO_ISSUE, 0.0)
    return {issue: together + (log - highest) for issue, log in issues.items()}


def _of_phrases(found: Sequence[FoundPhrase], strength: float) -> Iterator[Evidence]:
    """Yield what the phrases that were found say: the same for each issue, however many."""
    quotes: dict[str, list[str]] = defaultdict(list)
    for phrase in found:
        quotes[phrase.phrase.owner].append(phrase.quote)
    for owner, said in quotes.items():
        yield of_phrases(owner, strength, list(dict.fromkeys(said))[:MOST_QUOTES])


def _words_outside(flat: str, spans: Iterable[Span]) -> int:
    """Return how many words stand outside the `spans` of a text."""
    words = 0
    reached = 0
    for start, end in (*sorted(spans), (len(flat), len(flat))):
        if start > reached:
            words += len(flat[reached:start].split())
        reached = max(reached, end)
    return words


def of_phrases(issue: str, strength: float, quotes: Sequence[str]) -> Evidence:
    """Return what the phrases of an issue that were found say."""
    because = _("You wrote {texts}").format(texts=listed([f"“{quote}”" for quote in quotes]))
    return Evidence("words", issue, strength, because)


def of_model(issue: str, strength: float, quote: str) -> Evidence:
    """Return what the model of reports says."""
    because = _("Other people describe this issue in similar words")
    return Evidence("words", issue, strength, f"{because}: “{quote}”" if quote else because)


def of_text(*, named: bool, foreign: bool, error: bool, message: bool) -> Evidence:
    """Return what any text says for something else, before it is read.

    `named`: it names an exchange; `foreign`: only hosts of others; `error`: it holds an error of
    an exchange; `message`: it holds a fixed message that means an issue.
    """
    if error:
        strength = weights.ERROR_OF_EXCHANGE
    else:
        strength = weights.FIXED_MESSAGE if message else weights.ANY_TEXT
    strength += weights.EXCHANGE_NAMED if named else weights.FOREIGN_HOST if foreign else 0.0
    return Evidence("words", NO_ISSUE, strength, "")
