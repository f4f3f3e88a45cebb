"""Content folder -> model.

Everything is read in one go and every mistake becomes a finding; nothing raises for bad content.
"""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.content.folder import MAX_IMAGE_BYTES, Folder, Kind, UnreadableError, readable
from app.content.frontmatter import (
    Document,
    Location,
    Problem,
    parse_json_lines,
    parse_lines,
    parse_markdown,
    parse_yaml,
)
from app.model import (
    Diagnostic,
    Entity,
    ErrorCode,
    ErrorFile,
    Exchange,
    Finding,
    Issue,
    Report,
    Severity,
    Site,
    Tip,
    WordGroup,
)

STRAY = (
    "nothing reads this file; content is site.yml, diagnostic.yml, tips.yml, vocabulary.yml, "
    "issues/*.md, exchanges/*.md and errors/*.yml: rename it, or move it away"
)

EntityT = TypeVar("EntityT", bound=Entity)
RULES: Mapping[str, str] = MappingProxyType(
    {
        "unreadable": (
            "Find a file that can't be read; save it as UTF-8, inside the folder, below 1 MB.\n\n"
            "Error. Example: a link to a file outside the content folder"
        ),
        "missing-file": (
            "Find that `site.yml` is missing; write it, with the product and its support.\n\n"
            "Error. Example: a folder without `site.yml`"
        ),
        "stray-file": (
            "Find a text that nothing reads; rename it, or move it away.\n\n"
            "Warning. Example: `issues/wrong-key.markdown`"
        ),
        "front-matter": (
            "Find Markdown without front matter; put it between two lines of `---`.\n\n"
            "Error. Example: a file that begins with `# Wrong key`"
        ),
        "yaml": (
            "Find what is no valid YAML; put texts with a colon or a # into quotes.\n\n"
            "Error. Example: `title: Warning: wrong key`"
        ),
        "json": (
            "Find a line of `reports.jsonl` that is no JSON; write one object on it.\n\n"
            "Error. Example: a line that breaks off"
        ),
        "yaml-anchor": (
            "Find YAML's anchors and aliases, & and *; repeat the text, or quote it.\n\n"
            "Error. Example: `title: *name`"
        ),
        "yaml-tag": (
            "Find YAML's tags; remove the tag, or quote the text.\n\n"
            "Error. Example: `title: !important Wrong key`"
        ),
        "duplicate-key": (
            "Find a key that stands twice; keep one of them.\n\n"
            "Error. Example: `order: 10` and, further down, `order: 20`"
        ),
        "unknown-key": (
            "Find a key that doesn't exist; correct it.\n\nError. Example: `titel: Wrong key`"
        ),
        "missing-key": (
            "Find that a key is missing; add it.\n\nError. Example: an issue without `symptom`"
        ),
        "wrong-type": (
            "Find a value of the wrong kind; write what the message asks for.\n\n"
            "Error. Example: `order: first`"
        ),
    }
)
"""What reading finds, by rule: as the docstrings of `content.checks` say it for theirs."""


class TipFile(Entity):
    """`tips.yml`: the prevention tips in order."""

    tips: tuple[Tip, ...] = ()
    """The tips in order."""


class ReportFile(Entity):
    """`reports.jsonl`: labelled problem reports to learn from."""

    reports: tuple[Report, ...] = ()


class VocabularyFile(Entity):
    """`vocabulary.yml`: groups of words that say the same."""

    groups: tuple[WordGroup, ...] = ()
    """The groups."""


class PermalinkFile(Entity):
    """`permalinks.txt`: every permalink that was ever published."""

    lines: tuple[str, ...] = ()


class RedirectFile(Entity):
    """`redirects.txt`: the permalinks of retired pages, each with where it leads now."""

    lines: tuple[str, ...] = ()

    @property
    def redirects(self) -> Mapping[str, str]:
        """The new link by the old one; lines of another form don't count."""
        pairs = (line.split() for line in self.lines)
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Source:
    """One content file: its path below the content folder, its fields, and what became of it.

    `entity` is None when the file is broken.
    """

    kind: Kind
    path: str
    text: str
    document: Document
    entity: Entity | None


@dataclass(frozen=True, slots=True)
class Content:
    """All of a content folder, as its writers wrote it (variables not filled in).

    `permalinks` are those that were published before, `redirects` say where those of retired pages
    lead now. `images` has the bytes of the files in `images/`, by name. `dates` say when a file was
    changed last, by its path below `root`, where that is known.
    """

    root: Path
    sources: Collection[Source]
    findings: tuple[Finding, ...]
    version: str
    site: Site | None
    diagnostic: Diagnostic | None
    tips: tuple[Tip, ...]
    issues: tuple[Issue, ...]
    exchanges: tuple[Exchange, ...]
    errors: tuple[ErrorCode, ...]
    permalinks: tuple[str, ...]
    images: Mapping[str, bytes]
    dates: Mapping[str, dt.date]
    reports: tuple[Report, ...] = ()
    vocabulary: tuple[WordGroup, ...] = ()
    redirects: Mapping[str, str] = field(default_factory=dict)

    def path_of(self, source: Source) -> str:
        """Return the path to show for a file: the content folder as it was named, and below."""
        return str(self.root / source.path)


def load(
    root: Path,
    *,
    drafts: bool = False,
    dates: Mapping[str, dt.date] = MappingProxyType({}),
) -> Content:
    """Read the content folder `root`; issues and exchanges marked `draft` only with `drafts`.

    `dates` say when files were changed (see `content.history`).
    """
    folder = Folder(root)
    sources: list[Source] = []
    findings: list[Finding] = []
    try:
        files = folder.files()
        strays, images = folder.strays({path for _, path in files}), folder.images()
    except OSError as error:
        reason = error.strerror or error
        message = f"the folder can't be listed ({reason}); make it readable, and check again"
        findings.append(Finding(rule="unreadable", path=str(root), line=1, message=message))
        files, strays, images = [], [], []
    for kind, path in files:
        source, problems = _source(folder, kind, path)
        sources.append(source)
        findings += (_finding(root, source.path, found) for found in problems)
    pictures: dict[str, bytes] = {}
    for path in images:
        try:
            pictures[path.rpartition("/")[2]] = folder.read_bytes(path, MAX_IMAGE_BYTES)
        except UnreadableError as error:
            found = _Found("unreadable", error.line, 1, str(error))
            findings.append(_finding(root, readable(path), found))
    for path in strays:
        found = _Found("stray-file", 1, 1, STRAY)
        findings.append(_finding(root, readable(path), found, severity="warning"))
    if not any(source.kind == "site" for source in sources):
        cure = f"`site.yml` is missing in {root}; it names the product and its support"
        findings.append(
            Finding(rule="missing-file", path=str(root / "site.yml"), line=1, message=cure)
        )
    visible = [entity for entity in _entities(sources, Issue) if drafts or not entity.draft]
    exchanges = [entity for entity in _entities(sources, Exchange) if drafts or not entity.draft]
    return Content(
        root=root,
        sources=tuple(sources),
        findings=tuple(findings),
        version=_version(sources, pictures),
        site=next(iter(_entities(sources, Site)), None),
        diagnostic=next(iter(_entities(sources, Diagnostic)), None),
        tips=tuple(tip for file in _entities(sources, TipFile) for tip in file.tips),
        issues=tuple(sorted(visible, key=lambda issue: (issue.order, issue.slug))),
        exchanges=tuple(sorted(exchanges, key=lambda one: (one.order, one.id))),
        errors=tuple(error for file in _entities(sources, ErrorFile) for error in file.errors),
        permalinks=tuple(line for file in _entities(sources, PermalinkFile) for line in file.lines),
        images=pictures,
        reports=tuple(one for file in _entities(sources, ReportFile) for one in file.reports),
        vocabulary=tuple(
            group for file in _entities(sources, VocabularyFile) for group in file.groups
        ),
        redirects={
            old: new
            for file in _entities(sources, RedirectFile)
            for old, new in file.redirects.items()
        },
        dates=dates,
    )


def _version(sources: Iterable[Source], images: Mapping[str, bytes]) -> str:
    """Return a name for a content: the hash of all its files."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(f"{source.path}\0".encode())
        digest.update(hashlib.sha256(source.text.encode()).digest())
    for name, data in images.items():
        digest.update(f"{name}\0".encode("utf-8", "surrogateescape"))
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()[:12]


def _source(folder: Folder, kind: Kind, path: str) -> tuple[Source, list[_Found]]:
    shown = readable(path)
    try:
        text = folder.read(path)
    except UnreadableError as error:
        source = Source(kind, shown, "", Document({}), None)
        return source, [_Found("unreadable", error.line, 1, str(error))]
    document, entity, problems = _parse(kind, shown, text)
    return Source(kind, shown, text, document, entity), problems


def _parse(kind: Kind, path: str, text: str) -> tuple[Document, Entity | None, list[_Found]]:
    if kind in {"permalinks", "redirects"}:
        document = parse_lines(text)
    elif kind == "reports":
        document = parse_json_lines(text)
    elif kind in {"issue", "exchange"}:
        document = parse_markdown(text)
    else:
        document = parse_yaml(text)
    if document.problems:
        return document, None, [_from(problem) for problem in document.problems]
    name = path.rpartition("/")[2].rpartition(".")[0]
    fields, said_again = _complete(kind, name, document)
    entity, problems = _validate(TYPES[kind], fields, document)
    problems = [*said_again, *problems]
    return document, None if problems else entity, problems


TYPES: Mapping[Kind, type[Entity]] = {
    "site": Site,
    "diagnostic": Diagnostic,
    "tips": TipFile,
    "issue": Issue,
    "exchange": Exchange,
    "errors": ErrorFile,
    "permalinks": PermalinkFile,
    "redirects": RedirectFile,
    "reports": ReportFile,
    "vocabulary": VocabularyFile,
}
"""The type of the files of each kind."""

FILLED_IN: Mapping[type[BaseModel], frozenset[str]] = {
    Issue: frozenset({"slug", "body"}),
    Exchange: frozenset({"id", "body"}),
    ErrorCode: frozenset({"exchange"}),
}
"""What writers don't write, because a file's name and body say it."""


def _complete(kind: Kind, name: str, document: Document) -> tuple[dict[str, Any], list[_Found]]:
    """Add what the file's name and body say; a file that says it again is a mistake."""
    fields = dict(document.fields)
    said_again: list[Location] = []
    if kind in {"issue", "exchange"}:
        added = {"slug" if kind == "issue" else "id": name, "body": document.body}
        said_again = [(key,) for key in added if key in fields]
        fields |= added
    elif kind == "errors" and isinstance(fields.get("errors"), list):
        said_again = [
            ("errors", index, "exchange")
            for index, entry in enumerate(fields["errors"])
            if isinstance(entry, dict) and "exchange" in entry
        ]
        fields["errors"] = [
            {**entry, "exchange": name} if isinstance(entry, dict) else entry
            for entry in fields["errors"]
        ]
    problems = [
        _Found(
            "unknown-key",
            document.position(location).line,
            1,
            f"`{location[-1]}` comes from the file itself; remove the key",
        )
        for location in said_again
    ]
    return fields, problems


@dataclass(frozen=True, slots=True)
class _Found:
    rule: str
    line: int
    column: int
    message: str


def _from(problem: Problem) -> _Found:
    return _Found(problem.rule, problem.position.line, problem.position.column, problem.message)


def _finding(root: Path, relative: str, found: _Found, severity: Severity = "error") -> Finding:
    return Finding(
        rule=found.rule,
        path=str(root / relative),
        line=found.line,
        column=found.column,
        message=found.message,
        severity=severity,
    )


def _validate(
    entity_type: type[Entity], fields: Mapping[str, Any], document: Document
) -> tuple[Entity | None, list[_Found]]:
    try:
        return entity_type.model_validate(fields), []
    except ValidationError as error:
        details = error.errors()
        found = (
            _explain(entity_type, detail, document)
            for detail in details
            if not _follows_from_others(detail, details)
        )
        # One value can fail each of several types; it is one mistake.
        return None, list(dict.fromkeys(found))


def _follows_from_others(detail: ErrorDetails, details: Iterable[ErrorDetails]) -> bool:
    """Tell whether a list is too short only because its items have mistakes of their own."""
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in details
    )


def _explain(entity_type: type[Entity], detail: ErrorDetails, document: Document) -> _Found:
    """Say what a schema error means for a writer, and the cure."""
    location: Location = detail["loc"]
    place = document.position(location)
    name = ".".join(str(part) for part in location)
    key = str(location[-1]) if location else ""
    if detail["type"] == "extra_forbidden":
        known = _fields_at(entity_type, location[:-1])
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
        return _Found("unknown-key", place.line, place.column, f"unknown key `{name}`; {hint}")
    if detail["type"] == "missing":
        message = f"the key `{name}` is missing; add it"
        return _Found("missing-key", place.line, place.column, message)
    return _Found("wrong-type", place.line, place.column, _wrong(name, key, detail, document))


_ADDRESS = "must be one IPv4 or IPv6 address, without port or mask; mend it"
_DATE = "must be a date; write it as 2026-11-20"
_KEYS = "must hold keys and values; write `key: value` on lines of its own"
_WRONG: Mapping[str, str] = {
    "bool_parsing": "must be true or false; write one of them",
    "bool_type": "must be true or false; write one of them",
    "date_from_datetime_parsing": _DATE,
    "date_parsing": _DATE,
    "date_type": _DATE,
    "dict_type": _KEYS,
    "int_parsing": "must be a whole number; write digits only",
    "int_type": "must be a whole number; write digits only",
    "ip_v4_address": _ADDRESS,
    "ip_v6_address": _ADDRESS,
    "literal_error": "must be {expected}; change it",
    "model_type": _KEYS,
    "string_type": "must be a text; write one, in quotes if it is a number, a date, true or null",
    "too_short": "must not have fewer entries than {min_length}; add one",
    "tuple_type": "must be a list; write `- ...` on lines of its own, or [a, b]",
}
"""What to say for the error types of pydantic that writers meet."""


def _wrong(name: str, key: str, detail: ErrorDetails, document: Document) -> str:
    """Say what is wrong with a value, in the words of writers instead of Python's."""
    kind, context = detail["type"], detail.get("ctx", {})
    if key in {"slug", "id"} and detail["loc"] not in document.positions:
        if len(detail["loc"]) == 1:
            return "the file's name must be lower-case words joined by hyphens; rename the file"
        return f"no anchor can be made from the text of `{name[:-3]}`; give it an `id`"
    if kind in _WRONG:
        if kind.startswith("ip_"):  # the location ends in the name of the type that was tried
            name = ".".join(str(part) for part in detail["loc"][:-1])
        return f"`{name}` {_WRONG[kind].format(**context)}"
    if kind == "string_pattern_mismatch":
        if "https?" in context["pattern"]:
            return f"`{name}` must be a whole address; begin it with https:// or mailto:"
        return f"`{name}` must be lower-case words joined by hyphens; rewrite it so"
    return f"`{name}`: {detail['msg'][:1].lower()}{detail['msg'][1:]}; change it"


def _fields_at(entity_type: type[BaseModel], location: Location) -> list[str]:
    """Return the keys that may stand at `location` of a file of this type."""
    current: type[BaseModel] = entity_type
    for part in location:
        if isinstance(part, int) or part not in current.model_fields:
            continue
        nested = _nested(current.model_fields[part].annotation)
        if nested is None:
            break
        current = nested
    filled_in = FILLED_IN.get(current, frozenset())
    return [name for name in current.model_fields if name not in filled_in]


def _nested(annotation: Any) -> type[BaseModel] | None:
    """Return the entity type inside an annotation such as `tuple[Solution, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _nested(arg))), None)


def _entities(sources: Iterable[Source], entity_type: type[EntityT]) -> list[EntityT]:
    return [one.entity for one in sources if isinstance(one.entity, entity_type)]
