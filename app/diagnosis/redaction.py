"""Secrets out, evidence kept: the first thing that happens to a paste.

The rules stand in ``static/redaction-rules.json`` and the browser runs the same file
(``static/redact.js``); ``docs/redaction.md`` explains them. Matching takes linear time (RE2).
"""

import json
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import re2

# A value longer than this is never excused. It also bounds the work that is done twice, because
# the search goes on right before an excused value (another label may start inside it).
LONGEST_EXCUSED = 200

# What is removed can leave something beside it that an earlier rule knows now.
MOST_ROUNDS = 5

FEW_RULES = 4
"""To search for so many rules costs less than to find out which match."""

Name = TypeVar("Name")


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

    @property
    def count(self) -> int:
        """How many secrets were removed in all."""
        return sum(removed.count for removed in self.removed)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One compiled rule; `kind` is None where the label in front of the value decides.

    `excuse` matches a value that stays, if there are any.
    """

    kind: str | None
    pattern: Any
    excuse: Any | None


class _Finder(Generic[Name]):
    """Finds which of many patterns match a text, mostly none, in one call."""

    def __init__(self, patterns: Mapping[Name, Any]) -> None:
        self._names = tuple(patterns)
        # Most patterns need a literal, and those are looked for together.
        self._filter = re2.Filter()
        for pattern in patterns.values():
            self._filter.Add(pattern.pattern, pattern.options)
        self._filter.Compile()

    def find(self, data: bytes) -> list[Name]:
        """Return the names of the patterns that match `data`."""
        return [self._names[place] for place in self._filter.Match(data) or ()]


class Redactor:
    """Removes secrets from texts, by the rules of `static/redaction-rules.json`."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        """Compile the parsed rules. Raise `RedactionRulesError` when one of them is broken."""
        try:
            parts = _expand_parts(rules["parts"])
            self._labels = tuple(
                (_compile({**label, "ignore_case": True}, parts), str(label["kind"]))
                for label in rules["labels"]
            )
            self._rules = tuple(
                _Rule(
                    rule.get("kind"),
                    _compile(rule, parts),
                    _compile_any(
                        [rules["exceptions"][name] for name in rule.get("keep", ())], parts
                    ),
                )
                for rule in rules["rules"]
            )
            self._free, self._needy = self._finders(rules["rules"], parts)
        except KeyError as error:
            raise RedactionRulesError(f"redaction rules: {error} is missing") from error
        except re2.error as error:
            raise RedactionRulesError(f"redaction rules: {error}") from error

    @classmethod
    def from_file(cls, path: Path) -> "Redactor":
        """Read the rules from a JSON file."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

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

    def _finders(
        self, rules: Iterable[Mapping[str, Any]], parts: Mapping[str, str]
    ) -> tuple[_Finder[int | str], dict[str, _Finder[int]]]:
        """Return what finds rules and needs, and for each need what finds the rules that name it.

        A rule is named by its place.
        """
        free: dict[int | str, Any] = {}
        needy: dict[str, dict[int, Any]] = {}
        for index, rule in enumerate(rules):
            pattern = self._rules[index].pattern
            if need := rule.get("needs"):
                free[need] = _compile({"pattern": need, "ignore_case": True}, parts)
                needy.setdefault(need, {})[index] = pattern
            else:
                free[index] = pattern
        return _Finder(free), {need: _Finder(patterns) for need, patterns in needy.items()}

    def _matching(self, data: bytes) -> set[int]:
        """Return the places of the rules that match `data`."""
        found: set[int] = set()
        for name in self._free.find(data):
            if isinstance(name, str):
                found.update(self._needy[name].find(data))
            else:
                found.add(name)
        return found

    def _apply(self, rule: _Rule, data: bytes, counts: Counter[str]) -> bytes:
        pieces: list[bytes] = []
        done = position = 0
        while match := rule.pattern.search(data, position):
            start, end = match.span(2)
            if _is_excused(data[start:end], rule.excuse):
                position = max(start, match.start() + 1)
                continue
            kind = rule.kind or self._kind_by_label(match.group(1))
            counts[kind] += 1
            pieces += [data[done:start], f"[{kind} removed]".encode()]
            done = position = end
        return b"".join([*pieces, data[done:]])

    def _kind_by_label(self, prefix: bytes) -> str:
        """Say what a value is by the label in front of it."""
        for pattern, kind in self._labels:
            if pattern.search(prefix):
                return kind
        return "secret"


def _is_excused(value: bytes, excuse: Any | None) -> bool:
    if excuse is None or len(value.decode("utf-8")) > LONGEST_EXCUSED:
        return False
    return excuse.search(value) is not None


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


def _compile_any(rules: Iterable[Mapping[str, Any]], parts: Mapping[str, str]) -> Any | None:
    """Compile to one pattern that matches where any of `rules` does; None without rules."""
    patterns = (f"(?{'i' * rule.get('ignore_case', False)}:{rule['pattern']})" for rule in rules)
    either = "|".join(patterns)
    return _compile({"pattern": either}, parts) if either else None


def _compile(rule: Mapping[str, Any], parts: Mapping[str, str]) -> Any:
    """Compile to RE2 over UTF-8 bytes: the engine's own offsets need no conversion."""
    options = re2.Options()
    options.case_sensitive = not rule.get("ignore_case", False)
    options.log_errors = False
    return re2.compile(_fill(rule["pattern"], parts).encode("utf-8"), options)


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        well_formed = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return well_formed.encode("utf-8")
