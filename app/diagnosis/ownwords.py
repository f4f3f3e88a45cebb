"""What somebody's own words say: by the phrases of our writers, and by what reports teach.

Words are asked where codes and messages leave something open. In a log that holds a recognised
error or a fixed message they don't: its other lines are nobody's own words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from app.diagnosis import evidence as strengths
from app.diagnosis.messages import loud, share_beside
from app.diagnosis.reading import OFF_TOPIC, Reading, Recognised
from app.diagnosis.teaching import Lesson, marks
from app.diagnosis.wording import Learned
from app.diagnosis.words import PhraseIndex
from app.diagnosis.words import strengths as word_strengths
from app.knowledge import KnowledgeBase
from app.model import Evidence

Span = tuple[int, int]
"""Where something begins and ends in the normalised text."""

FEW_WORDS_LEFT = 4
"""Fewer words beside fixed messages say nothing more."""


class OwnWords:
    """The phrases of one knowledge base, and what its reports teach."""

    def __init__(self, knowledge: KnowledgeBase, previous: OwnWords | None = None) -> None:
        """Prepare the phrases; what `previous` has learned is kept where the same texts teach."""
        off_topic = knowledge.diagnostic.off_topic if knowledge.diagnostic else ()
        phrases = [(issue.slug, phrase) for issue in knowledge.issues for phrase in issue.phrases]
        phrases += [(OFF_TOPIC, phrase) for phrase in off_topic]
        background = (
            (issue.slug, text)
            for issue in knowledge.issues
            if issue.phrases  # the words of others would tell nothing apart
            for text in (issue.title, issue.symptom)
        )
        self._phrases = PhraseIndex(phrases, background)
        self._lesson = Lesson(knowledge, phrases) if knowledge.content.reports else None
        before = previous._lesson if previous else None
        if before and self._lesson and before.id == self._lesson.id:
            self._lesson = before

    def learn(self) -> None:
        """Learn what the reports teach now, which takes a second, and not at the first text."""
        if self._lesson:
            self._lesson.model()

    @property
    def learned(self) -> Learned | None:
        """What was learned from the reports; None until it is, and without reports."""
        return self._lesson.learned() if self._lesson else None

    def recall(self, learned: Learned) -> None:
        """Take over what was `learned` before, if the same texts taught it."""
        if self._lesson:
            self._lesson.recall(learned)

    def evidence(
        self, reading: Reading, sure: Collection[Recognised]
    ) -> tuple[list[Evidence], float]:
        """Return what the words say, and the log-odds that nothing fits.

        `sure` are the errors of the exchange that were recognised for certain.
        """
        if not reading.text.flat:
            return [], strengths.NOTHING_WITHOUT_TEXT
        nothing = strengths.nothing(
            named=bool(reading.mentions),
            foreign=bool(reading.foreign) and not sure,
            error=bool(sure),
            message=reading.has_message,
            reports=self._lesson is not None,
        )
        if reading.is_log and (sure or reading.has_message):
            return [], nothing
        read = reading.spans(sure)
        evidence, off_topic = self._of_phrases(reading, sure, read)
        evidence += self._of_likeness(reading, sure, read)
        return evidence, nothing + off_topic

    def _of_phrases(
        self, reading: Reading, sure: Collection[Recognised], read: Collection[Span]
    ) -> tuple[list[Evidence], float]:
        """Return what phrases say for issues, and for something else; `read` was understood."""
        phrases = word_strengths(self._phrases.wordings(reading.text, read))
        tendency = {} if self._lesson else self._phrases.tendency(reading.text, read)
        beside = loud(sure, reading)
        evidence: list[Evidence] = []
        off_topic = 0.0
        for issue in {**phrases, **tendency}:
            share = share_beside(issue, beside)
            worth, quotes = phrases.get(issue, (0.0, ()))
            by_phrases = share * strengths.phrases(worth, log=reading.is_log)
            by_tendency = share * strengths.tendency(tendency.get(issue, 0.0), code=reading.is_code)
            if self._lesson:
                by_phrases *= strengths.BESIDE_REPORTS
            if issue == OFF_TOPIC:
                off_topic = by_phrases + by_tendency
                continue
            if worth:
                evidence.append(strengths.of_words(issue, by_phrases, quotes))
            if by_tendency:
                evidence.append(strengths.of_tendency(issue, by_tendency))
        return evidence, off_topic

    def _of_likeness(
        self, reading: Reading, sure: Collection[Recognised], read: Collection[Span]
    ) -> Iterator[Evidence]:
        """Yield what reports teach about a text like this one."""
        if self._lesson is None:
            return
        flat = reading.text.flat
        if read and _words_outside(flat, read) < FEW_WORDS_LEFT:
            return
        likeness = self._lesson.model().likeness(flat, marks(reading.mentions, reading.foreign))
        if likeness is None:
            return
        nothing = strengths.like_nothing(likeness.logs, OFF_TOPIC)
        for issue, log in likeness.logs.items():
            if issue == OFF_TOPIC:
                continue
            strength = strengths.likeness(
                log - nothing,
                code=reading.is_code,
                sure=bool(sure),
                message=reading.has_message,
            )
            told = strength >= strengths.WORTH_SAYING
            yield strengths.of_likeness(issue, strength, likeness.quote(issue) if told else "")


def _words_outside(flat: str, spans: Iterable[Span]) -> int:
    """Return how many words stand outside the `spans` of a text."""
    words = 0
    reached = 0
    for start, end in (*sorted(spans), (len(flat), len(flat))):
        if start > reached:
            words += len(flat[reached:start].split())
        reached = max(reached, end)
    return words
