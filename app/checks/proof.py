"""Prove what the content promises of the diagnosis: examples, phrases and signatures.

Each rule is a generator of findings with a stable id; its docstring has the form that `app.checks`
explains. They need an engine, so they run only on content without errors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from app.checks.answers import unsound_answer
from app.content.frontmatter import Location
from app.content.loader import Source
from app.content.variables import fill, fill_entity
from app.diagnosis.engine import Engine
from app.diagnosis.normalised_text import normalise
from app.diagnosis.phrases import parse as parse_phrase
from app.diagnosis.recognition import Owner, outermost, signatures_of, status_of
from app.diagnosis.signatures import Signature, SignatureError, SignatureIndex, parse
from app.knowledge import KnowledgeBase
from app.model import (
    NO_ISSUE,
    Diagnostic,
    ErrorFile,
    Finding,
    Issue,
    Observations,
    Question,
    Severity,
)

Parts = tuple[str, ...]
Proof = Callable[[KnowledgeBase, Engine], Iterator[Finding]]

_SAMPLES = {"{n}": "1", "{ip}": "203.0.113.9", "{}": "x"}
"""What stands for a placeholder in the text that a signature is tried on (RFC 5737's address)."""


def prove(knowledge: KnowledgeBase, engine: Engine) -> Iterator[Finding]:
    """Yield the mistakes in the examples, phrases and signatures of `knowledge`."""
    for rule in RULES.values():
        yield from rule(knowledge, engine)


def wrong_example(knowledge: KnowledgeBase, engine: Engine) -> Iterator[Finding]:
    """Find an example that is diagnosed as something else; correct it, or its signatures.

    Error. Example: `examples: ['{"code":-1021}']` of an issue that is not about the clock
    """
    for placed in _placed(knowledge, "examples"):
        entry = placed.owner.entry
        chosen = entry.exchange if entry else None
        diagnosis = engine.diagnose(Observations(text=placed.text, exchange=chosen))
        got = diagnosis.matches[0].issue if diagnosis.matches else "nothing"
        expected = str(placed.owner.issue)
        if entry:
            error = diagnosis.error
            expected = f"{entry.exchange} {entry.code}, {entry.issues[0]}"
            got = f"{error.exchange} {error.code}, {got}" if error else f"no code, {got}"
        if got != expected:
            message = (
                f"this is diagnosed as {got} instead of {expected}; "
                "correct the example, or the signatures and phrases that answer it"
            )
            yield placed.finding("wrong-example", knowledge, message, "error")


def broken_phrase(knowledge: KnowledgeBase, engine: Engine) -> Iterator[Finding]:
    """Find a phrase that, pasted alone, doesn't lead to its own issue; change or remove it.

    Error. Example: the same phrase in two issues
    """
    for source in knowledge.content.sources:
        entity = source.entity
        if isinstance(entity, Issue) and knowledge.issue(entity.slug):
            key, owner, phrases = "phrases", entity.slug, entity.phrases
        elif isinstance(entity, Diagnostic):
            key, owner, phrases = "off_topic", NO_ISSUE, entity.off_topic
        else:
            continue
        for index, text in enumerate(phrases):
            phrase = parse_phrase(owner, fill(text, knowledge.variables()))
            if phrase is None:
                problem = "contains only small words"
            else:
                diagnosis = engine.diagnose(Observations(text=phrase.example))
                got = diagnosis.matches[0].issue if diagnosis.matches else NO_ISSUE
                if got == owner:
                    continue
                problem = f"alone is diagnosed as {got} instead of {owner}"
            message = f"the phrase `{text}` {problem}; make it more specific, or remove it"
            yield _finding("broken-phrase", knowledge, source, (key, index), message)


def unanswered_example(knowledge: KnowledgeBase, engine: Engine) -> Iterator[Finding]:
    """Find an example that the phrases of its everyday question don't find; add a phrase.

    Error. Example: `is it down` with `phrases: [exchange offline]`
    """
    for source in knowledge.content.sources:
        entity = source.entity
        if isinstance(entity, Question) and knowledge.question(entity.slug):
            for index, example in enumerate(entity.examples):
                got = engine.diagnose(Observations(text=example)).everyday
                if got != entity.slug:
                    found = f"the question `{got}`" if got else "no question"
                    message = f"`{example}` leads to {found}; add a phrase with more of its words"
                    place = ("examples", index)
                    yield _finding("unanswered-example", knowledge, source, place, message)


def unusable_signature(knowledge: KnowledgeBase, engine: Engine) -> Iterator[Finding]:
    """Find a signature that is too short or has too many placeholders; copy more of the message.

    Error. Example: `signatures: ["{}: {n}"]`
    """
    del engine
    for placed in _placed(knowledge, "signatures"):
        try:
            parse(placed.text)
        except SignatureError as error:
            yield placed.finding("unusable-signature", knowledge, str(error), "error")


def untested_signature(knowledge: KnowledgeBase, engine: Engine) -> Iterator[Finding]:
    """Find a signature that no example of its issue or error contains; add such an example.

    Warning. Example: `signatures: [Unmatched IP]` without such an example
    """
    del engine
    index = SignatureIndex(signatures_of(knowledge))
    seen: dict[Owner, set[Parts]] = defaultdict(set)
    for placed in _placed(knowledge, "examples"):
        hits = index.find(normalise(placed.text).flat)
        seen[placed.owner] |= {hit.signature.parts for hit in hits}
    for placed in _placed(knowledge, "signatures"):
        signature = placed.parsed
        if placed.owner.issue == NO_ISSUE or signature is None:
            continue
        if signature.parts not in seen[placed.owner]:
            message = (
                f"no example contains the signature `{placed.text}`; add a real message that does "
                "to `examples`, or correct the signature"
            )
            yield placed.finding("untested-signature", knowledge, message, "warning")


def shadowed_signature(knowledge: KnowledgeBase, engine: Engine) -> Iterator[Finding]:
    """Find a signature that another signature hides; lengthen or remove it.

    Warning. Example: `signatures: [Unmatched IP]` in two issues
    """
    del engine
    index = SignatureIndex(signatures_of(knowledge))
    first: dict[Parts, _Placed] = {}
    for placed in _placed(knowledge, "signatures"):
        signature = placed.parsed
        if signature is None:
            continue
        # Several exchanges, and an issue for all of them, may have the same message.
        same = first.setdefault(signature.parts, placed) if placed.owner.entry is None else placed
        if same is not placed:
            line = same.source.document.position(same.location).line
            reason = f"is also in {same.source.path}, line {line}"
        elif other := _covering(signature, placed.owner, index):
            reason = f"never matches, because a signature of `{other}` hides it"
        else:
            continue
        message = f"`{placed.text}` {reason}; make it longer, or remove one of the two"
        yield placed.finding("shadowed-signature", knowledge, message, "warning")


def _covering(signature: Signature, owner: Owner, index: SignatureIndex[Owner]) -> str | None:
    """Return the owner whose signature is found in the text of this signature instead."""
    sample = " ".join(_SAMPLES.get(part, part) for part in signature.parts)
    left = list(outermost(index.find(sample)))
    if any(hit.signature.parts == signature.parts for hit in left):
        return None
    whole = (hit for hit in left if hit.start == 0 and hit.end == len(sample))
    owners = (other for hit in whole for other in hit.owners if other != owner)
    return next(map(_name, owners), None)


def _name(owner: Owner) -> str:
    if owner.entry:
        return f"{owner.entry.exchange} {owner.entry.code}"
    return "off_topic_signatures" if owner.issue == NO_ISSUE else str(owner.issue)


RULES: Mapping[str, Proof] = MappingProxyType(
    {
        rule.__name__.replace("_", "-"): rule
        for rule in (
            wrong_example,
            broken_phrase,
            unanswered_example,
            unusable_signature,
            untested_signature,
            shadowed_signature,
            unsound_answer,
        )
    }
)
"""Every rule by its id."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A signature or example: its text with variables filled in, its owner, and its place."""

    text: str
    owner: Owner
    source: Source
    location: Location

    @property
    def parsed(self) -> Signature | None:
        """The signature, unless it can't be used or is the status of an answer (HTTP 429)."""
        try:
            return parse(self.text) if status_of(self.text) is None else None
        except SignatureError:
            return None

    def finding(
        self, rule: str, knowledge: KnowledgeBase, message: str, severity: Severity
    ) -> Finding:
        return _finding(rule, knowledge, self.source, self.location, message, severity=severity)


def _placed(knowledge: KnowledgeBase, key: Literal["signatures", "examples"]) -> Iterator[_Placed]:
    """Yield the signatures or examples of the published content."""
    values = knowledge.variables()
    for source in knowledge.content.sources:
        entity = source.entity
        if isinstance(entity, Issue) and knowledge.issue(entity.slug):
            owner = Owner(issue=entity.slug)
            for index, text in enumerate(getattr(entity, key)):
                yield _Placed(fill(text, values), owner, source, (key, index))
        elif isinstance(entity, Diagnostic) and key == "signatures":
            owner = Owner(issue=NO_ISSUE)
            for index, text in enumerate(entity.off_topic_signatures):
                yield _Placed(fill(text, values), owner, source, ("off_topic_signatures", index))
        elif isinstance(entity, ErrorFile):
            for number, entry in enumerate(entity.errors):
                if knowledge.exchange(entry.exchange) is None:
                    break
                filled = fill_entity(entry, knowledge.variables(entry.exchange))
                for index, text in enumerate(getattr(filled, key)):
                    place = ("errors", number, key, index)
                    yield _Placed(text, Owner(entry=filled), source, place)


def _finding(
    rule: str,
    knowledge: KnowledgeBase,
    source: Source,
    location: Location,
    message: str,
    *,
    severity: Severity = "error",
) -> Finding:
    place = source.document.position(location)
    return Finding(
        rule=rule,
        path=knowledge.content.path_of(source),
        line=place.line,
        column=place.column,
        message=message,
        severity=severity,
    )
