"""Redaction: secrets are removed from a text before anything reads it.

The rules stand in ``static/redaction-rules.json`` and the browser runs the same file
(``static/redact.js``); ``docs/redaction.md`` explains them. Matching takes linear time (RE2).
"""

import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import re2

# The longest value that an exception can keep. The search continues right before a kept value,
# because another label may start inside it: this bounds the work that is done twice.
LONGEST_EXCUSED = 200

# After a removal, an earlier rule may match the text beside it.
MOST_ROUNDS = 5

# The most labels of a text; values behind further labels are left to the other rules. Without a
# limit a text of labels could keep the server busy: 16 KB hold one every 33 characters.
MOST_LABELS = 500

# A recovery phrase has 12 words or more.
FEWEST_WORDS = 11

# The number of known words that must follow a word with a typing error.
KNOWN_AFTER_STRANGE = 3

FEW_RULES = 4
"""Up to this number of rules, searching for each costs less than finding out which match."""


class RedactionRulesError(ValueError):
    """The rules file is not what `Redactor` understands; the message names the place."""


@dataclass(frozen=True, slots=True)
class Removed:
    """How many secrets of one kind ("API key", "signature") were taken out."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text without its secrets, and what was taken out of it, in the order of the rules."""

    text: str
    removed: tuple[Removed, ...]


class _Secret(NamedTuple):
    """A secret and its place, in bytes."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Rule:
    """One compiled rule or form.

    `kind` is None where the label in front of the value decides. `excuse` matches a value that
    stays. `by` is "labels" or "words" where a rule finds secrets by more than its pattern.
    """

    kind: str | None
    pattern: Any
    excuse: Any
    by: str | None


class _Compiler:
    """Compiles patterns to RE2, with the parts and exceptions of the rules filled in."""

    def __init__(self, parts: Mapping[str, str], exceptions: Mapping[str, Any]) -> None:
        self._parts = _expand_parts(parts)
        self._exceptions = exceptions

    def rule(self, rule: Mapping[str, Any], *, ignore_case: bool = False) -> _Rule:
        """Compile a rule or a form. A value that was removed already is always excused."""
        names = ("removed", *rule.get("keep", ()))
        excuses = (self._exceptions[name] for name in names)
        either = "|".join(
            f"(?{'i' * excuse.get('ignore_case', False)}:{_either(excuse)})" for excuse in excuses
        )
        ignore_case = ignore_case or rule.get("ignore_case", False)
        pattern = self.pattern(_either(rule), ignore_case=ignore_case)
        return _Rule(rule.get("kind"), pattern, self.pattern(either), rule.get("by"))

    def pattern(self, pattern: str, *, ignore_case: bool = False, captures: bool = True) -> Any:
        """Compile to RE2 over UTF-8 bytes: the engine's own offsets need no conversion."""
        options = re2.Options()
        options.case_sensitive = not ignore_case
        options.never_capture = not captures
        options.log_errors = False
        return re2.compile(_fill(pattern, self._parts).encode("utf-8"), options)


class _Labels:
    """Finds what stands behind a label ("api_key", "пароль"), in the first form that fits."""

    def __init__(self, rules: Mapping[str, Any], compiler: _Compiler) -> None:
        labels = rules["labels"]
        anywhere = [label for label in labels if "anywhere" in label]
        words = "|".join(f"({label['word']})" for label in labels)
        parts_of_words = "|".join(f"({label['anywhere']})" for label in anywhere)
        self.pattern = compiler.pattern(
            rf"(?:^|[^\]a-z])(?:{words})|{parts_of_words}", ignore_case=True
        )
        self._tail = compiler.pattern(rules["tail"], ignore_case=True)
        self._removed = compiler.pattern(rules["exceptions"]["removed"]["pattern"])
        self._kinds = tuple(
            (str(kind["kind"]), compiler.pattern(kind["pattern"], ignore_case=True))
            for kind in rules["kinds"]
        )
        forms = [(compiler.rule(form, ignore_case=True), form["after"]) for form in rules["forms"]]
        self._forms = tuple(
            tuple(form for form, after in forms if label["name"] in after)
            for label in (*labels, *anywhere)
        )
        # Most labels have nothing behind them, and to know that without captures is quicker.
        self._any_form = tuple(
            compiler.pattern(
                "|".join(form.pattern.pattern.decode() for form in group),
                ignore_case=True,
                captures=False,
            )
            for group in self._forms
        )

    def find(self, data: bytes) -> Iterator[_Secret]:
        """Yield the secrets behind the first labels in `data`."""
        position = 0
        for _ in range(MOST_LABELS):
            label = self.pattern.search(data, position)
            if label is None:
                return
            position = label.end()
            if secret := self._behind(label, data):
                yield secret
                position = secret.end

    def kind(self, prefix: bytes) -> str:
        """Say what a value is by the label in front of it."""
        return next((kind for kind, pattern in self._kinds if pattern.search(prefix)), "secret")

    def _behind(self, label: Any, data: bytes) -> _Secret | None:
        group = _first_group(label) - 1
        tail = self._tail.match(data, label.end()).end()
        for position in dict.fromkeys((tail, label.end())):
            if self._any_form[group].match(data, position) is None:
                continue
            for form in self._forms[group]:
                if (match := form.pattern.match(data, position)) is None:
                    continue
                start, end = match.span(_first_group(match))
                value = data[start:end]
                if self._removed.search(value):
                    return None
                if not _is_excused(value, form.excuse):
                    kind = form.kind or self.kind(data[label.start() : start])
                    return _Secret(kind, start, end)
        return None


class Redactor:
    """Removes secrets from texts, by the rules of `static/redaction-rules.json`."""

    def __init__(self, rules: Mapping[str, Any], words: Iterable[str]) -> None:
        """Compile the parsed rules. Raise `RedactionRulesError` when one of them is broken.

        `words` are the words that recovery phrases are made of.
        """
        self._words = frozenset(word.encode() for word in words)
        try:
            compiler = _Compiler(rules["parts"], rules["exceptions"])
            self._labels = _Labels(rules, compiler)
            self._rules = tuple(compiler.rule(rule) for rule in rules["rules"])
        except KeyError as error:
            raise RedactionRulesError(f"redaction rules: {error} is missing") from error
        except re2.error as error:
            raise RedactionRulesError(f"redaction rules: {error}") from error
        # Most patterns need a literal, and those are looked for together.
        self._filter = re2.Filter()
        for rule in self._rules:
            pattern = self._labels.pattern if rule.by == "labels" else rule.pattern
            self._filter.Add(pattern.pattern, pattern.options)
        self._filter.Compile()

    @classmethod
    def from_file(cls, path: Path) -> "Redactor":
        """Read the rules from a JSON file, and the words from `recovery-words.txt` beside it."""
        words = path.with_name("recovery-words.txt").read_text(encoding="utf-8").split()
        return cls(json.loads(path.read_text(encoding="utf-8")), words)

    def redact(self, text: str) -> Redaction:
        """Replace every secret in `text` by "[kind removed]".

        A lone surrogate, which JSON can deliver and UTF-8 cannot hold, becomes U+FFFD first.
        Any text is accepted, and redacting twice changes nothing more.
        """
        data = _encoded(text)
        counts: Counter[str] = Counter()
        for _ in range(MOST_ROUNDS):
            before, data = data, self._round(data, counts)
            if data == before:
                break
        removed = tuple(Removed(kind, count) for kind, count in counts.items())
        return Redaction(data.decode("utf-8"), removed)

    def _round(self, data: bytes, counts: Counter[str]) -> bytes:
        """Apply every rule once, in order."""
        found: Container[int] = self._matching(data)
        last = len(self._rules) - FEW_RULES
        for index, rule in enumerate(self._rules):
            if index in found:
                before, data = data, self._apply(rule, data, counts)
                if data != before:  # other rules may match now than before
                    every = range(len(self._rules))
                    found = self._matching(data) if index < last else every
        return data

    def _matching(self, data: bytes) -> set[int]:
        """Return the places of the rules that match `data`, excused or not."""
        return set(self._filter.Match(data) or ())

    def _apply(self, rule: _Rule, data: bytes, counts: Counter[str]) -> bytes:
        pieces: list[bytes] = []
        done = 0
        for kind, start, end in self._find(rule, data):
            counts[kind] += 1
            pieces += [data[done:start], f"[{kind} removed]".encode()]
            done = end
        return b"".join([*pieces, data[done:]])

    def _find(self, rule: _Rule, data: bytes) -> Iterator[_Secret]:
        if rule.by == "labels":
            return self._labels.find(data)
        if rule.by == "words":
            return self._find_phrases(rule, data)
        return self._find_values(rule, data)

    def _find_values(self, rule: _Rule, data: bytes) -> Iterator[_Secret]:
        position = 0
        while match := rule.pattern.search(data, position):
            start, end = match.span(_first_group(match))
            if _is_excused(data[start:end], rule.excuse):
                position = max(start, match.start() + 1)
            else:
                kind = rule.kind or self._labels.kind(data[match.start() : start])
                yield _Secret(kind, start, end)
                position = end

    def _find_phrases(self, rule: _Rule, data: bytes) -> Iterator[_Secret]:
        position = 0
        while match := rule.pattern.search(data, position):
            start, position = match.span(1)
            for first, last in _runs(data[start:position], self._words):
                yield _Secret(rule.kind or "", start + first, start + last)


def _runs(text: bytes, known_words: frozenset[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where in `text` stand `FEWEST_WORDS` known words or more in a row.

    A single other word between them, a typing error, is part of the row.
    """
    words = list(re.finditer(rb"[A-Za-z]+", text))
    known = [word[0].lower() in known_words for word in words]
    if sum(known) < FEWEST_WORDS:
        return
    first = 0
    while first < len(known):
        last, count = _row(known, first)
        if count >= FEWEST_WORDS:
            yield words[first].start(), words[last].end()
            first = last
        first += 1


def _row(known: list[bool], first: int) -> tuple[int, int]:
    """Return the last known word of the row that begins at `first`, and how many are known."""
    last, count, strange = first, 0, False
    for place in range(first, len(known)):
        if known[place]:
            last, count = place, count + 1
        elif (
            strange
            or not count
            or not _are_known(known[place + 1 : place + 1 + KNOWN_AFTER_STRANGE])
        ):
            break
        else:
            strange = True
    return last, count


def _are_known(known: list[bool]) -> bool:
    return len(known) == KNOWN_AFTER_STRANGE and all(known)


def _first_group(match: Any) -> int:
    """Return the number of the first group that took part in `match`."""
    group = 1
    while match.span(group)[0] < 0:
        group += 1
    return group


def _is_excused(value: bytes, excuse: Any) -> bool:
    return len(value.decode("utf-8")) <= LONGEST_EXCUSED and excuse.search(value) is not None


def _either(rule: Mapping[str, Any]) -> str:
    """Return the pattern of a rule or an exception; several mean any of them."""
    pattern = rule.get("pattern", "")
    return pattern if isinstance(pattern, str) else "|".join(pattern)


def _expand_parts(parts: Mapping[str, str]) -> dict[str, str]:
    """Fill each part into the parts after it."""
    expanded: dict[str, str] = {}
    for name, pattern in parts.items():
        expanded[name] = _fill(pattern, expanded)
    return expanded


def _fill(pattern: str, parts: Mapping[str, str]) -> str:
    for name, part in parts.items():
        pattern = pattern.replace("{{" + name + "}}", part)
    if "{{" in pattern:
        raise RedactionRulesError(f"redaction rules: unknown part in {pattern!r}")
    return pattern


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        well_formed = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return well_formed.encode("utf-8")
