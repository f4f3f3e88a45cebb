"""A content folder -> all entities of the model, sorted; each mistake becomes a finding.

Every mistake becomes a finding; bad content never raises an error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypedDict, TypeVar

from app.content.folder import MAX_IMAGE_BYTES, FileKind, Folder, UnreadableError, readable
from app.content.frontmatter import (
    Document,
    Location,
    Position,
    Problem,
    conflict,
    parse_json_lines,
    parse_lines,
    parse_markdown,
    parse_yaml,
)
from app.content.history import FileChange, parse_dates
from app.content.translations import (
    Place,
    Translation,
    TranslationFile,
    in_language,
    leaves,
    mark,
    source_texts,
    spelled,
)
from app.content.validation import validate
from app.languages import ENGLISH, Language
from app.model import (
    Diagnostic,
    Entity,
    ErrorCode,
    ErrorFile,
    Exchange,
    Finding,
    Issue,
    Question,
    Report,
    Severity,
    Site,
    Tip,
    WordGroup,
)

MAX_TEXT = 50_000
"""The most characters of a text: longer texts help nobody and take seconds to check and to show."""

STRAY = (
    "nothing reads this file; content is site.yml, diagnostic.yml, tips.yml, vocabulary.yml, "
    "issues/*.md, questions/*.md, exchanges/*.md and errors/*.yml: rename it, or move it away"
)

EntityT = TypeVar("EntityT", bound=Entity)
RULES: Mapping[str, str] = MappingProxyType(
    {
        "unreadable": (
            "Find a file that can't be read; save it as UTF-8, inside the folder, below 1 MB.\n\n"
            "Error. Example: a link to a file outside the folder"
        ),
        "too-long": (
            "Find a text above 50,000 characters; split it.\n\n"
            "Error. Example: an article with a whole log file"
        ),
        "missing-file": (
            "Find no `site.yml`; add it, with the product and its support.\n\n"
            "Error. Example: a folder without `site.yml`"
        ),
        "stray-file": (
            "Find a file that nothing reads; rename or move it.\n\n"
            "Warning. Example: `issues/wrong-key.markdown`"
        ),
        "merge-conflict": (
            "Find the marks of a merge conflict; keep one version.\n\n"
            "Error. Example: a line `<<<<<<< HEAD`"
        ),
        "front-matter": (
            "Find Markdown without front matter; put it between two lines `---`.\n\n"
            "Error. Example: a file that begins with `# Wrong key`"
        ),
        "yaml": (
            "Find invalid YAML; follow the message: often a text needs quotes.\n\n"
            "Error. Example: `title: Warning: wrong key`"
        ),
        "json": (
            "Find a report that is not valid JSON; write an object on each line.\n\n"
            "Error. Example: a line that is cut off"
        ),
        "yaml-anchor": (
            "Find a text that begins with & or *; put it into quotes.\n\n"
            "Error. Example: `title: *Wrong* key`"
        ),
        "yaml-tag": (
            "Find a text that begins with !; put it into quotes.\n\n"
            "Error. Example: `title: !important Wrong key`"
        ),
        "duplicate-key": (
            "Find a key that appears twice; remove a line.\n\n"
            "Error. Example: two lines `order: ...`"
        ),
        "unknown-key": (
            "Find a key that doesn't exist; correct it.\n\nError. Example: `titel: Wrong key`"
        ),
        "missing-key": (
            "Find a required key without a value; add it.\n\n"
            "Error. Example: an issue without `symptom`"
        ),
        "wrong-type": (
            "Find a value of the wrong kind; write what the message asks for.\n\n"
            "Error. Example: `order: first`"
        ),
    }
)
"""The rules of reading, in the form of the docstrings in `app.checks`."""


class TipFile(Entity):
    """`tips.yml`: the prevention tips in order."""

    tips: tuple[Tip, ...] = ()
    """The tips in order."""


class ReportFile(Entity):
    """`reports.jsonl`, or a file of `reports/`: labelled problem reports to learn from."""

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
        """The new link by the old link; lines of another form are ignored."""
        pairs = (line.split() for line in self.lines)
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}  # noqa: PLR2004


class DatesFile(Entity):
    """`dates.txt`: when each file was changed last."""

    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A content file: its path below the content folder, its fields and its entity.

    `entity` is None when the file is broken.
    """

    kind: FileKind
    path: str
    text: str
    document: Document
    entity: Entity | None


@dataclass(frozen=True, slots=True)
class Content:
    """All of a content folder, as its writers wrote it (variables not filled in).

    `permalinks` are those that were published before, `redirects` say where those of retired pages
    lead now. `images` has the bytes of the files in `images/`, by name. `changes` say when a
    file was changed last, by its path below `root`, where that is known. `translations` are by the
    names of their folders; in a translated content, `stale` are the texts whose source has changed
    since, by the path of the source. `drafts` tells whether it holds drafts. `original` is the
    English content that was translated.
    """

    root: Path
    sources: Sequence[Source]
    findings: tuple[Finding, ...]
    version: str
    site: Site | None
    diagnostic: Diagnostic | None
    tips: tuple[Tip, ...]
    issues: tuple[Issue, ...]
    exchanges: tuple[Exchange, ...]
    questions: tuple[Question, ...]
    errors: tuple[ErrorCode, ...]
    permalinks: tuple[str, ...]
    images: Mapping[str, bytes]
    changes: Mapping[str, FileChange]
    reports: tuple[Report, ...] = ()
    vocabulary: tuple[WordGroup, ...] = ()
    redirects: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, Translation] = field(default_factory=dict)
    stale: Mapping[str, frozenset[Place]] = field(default_factory=dict)
    drafts: bool = False
    original: Content | None = None

    @property
    def broken(self) -> tuple[str, ...]:
        """The paths of the files that can't be read, below the folder."""
        paths = (Path(finding.path) for finding in self.findings if finding.severity == "error")
        return tuple(dict.fromkeys(path.relative_to(self.root).as_posix() for path in paths))

    def texts_by_language(self) -> Mapping[Language, list[str]]:
        """Return the texts that visitors read, by language."""
        english = [text for source in self.sources for text in source_texts(source.entity).values()]
        return {ENGLISH: english} | {
            translation.language: [
                text
                for path, file in translation.files.items()
                for place, text in file.texts.items()
                if file.marks.get(spelled(place)) != mark(text)
            ]
            for translation in self.translations.values()
        }

    def path_of(self, source: Source) -> str:
        """Return the path to show for a file: the content folder as it was named, and below."""
        return str(self.root / source.path)


def load(
    root: Path,
    *,
    drafts: bool = False,
) -> Content:
    """Read the content folder `root`; pages marked `draft` only with `drafts`."""
    folder = Folder(root)
    sources: list[Source] = []
    findings: list[Finding] = []
    try:
        files = folder.files()
        files_by_language = {
            language: folder.translations(language) for language in folder.languages()
        }
        translated_files = (file for of in files_by_language.values() for file in of)
        known = {path for _, path in (*files, *translated_files)}
        strays, images = folder.strays(known), folder.images()
    except OSError as error:
        reason = error.strerror or error
        message = f"the folder can't be listed ({reason}); make it readable, and check again"
        findings.append(Finding(rule="unreadable", path=str(root), line=1, message=message))
        files, files_by_language, strays, images = [], {}, [], []
    for kind, path in files:
        source, problems = _source(folder, kind, path)
        sources.append(source)
        findings += (_finding(root, source.path, found) for found in problems)
    translations: dict[str, Translation] = {}
    texts = [(source.path, source.text) for source in sources]
    for language, its_files in files_by_language.items():
        translation, read, problems_of = _translation(folder, language, its_files)
        translations[language.folder] = translation
        texts += read
        findings += (_finding(root, path, found) for path, found in problems_of)
    pictures: dict[str, bytes] = {}
    for path in images:
        try:
            pictures[path.rpartition("/")[2]] = folder.read_bytes(path, MAX_IMAGE_BYTES)
        except UnreadableError as error:
            found = Problem("unreadable", Position(error.line), str(error))
            findings.append(_finding(root, readable(path), found))
    for path in strays:
        found = Problem("stray-file", Position(1), STRAY)
        findings.append(_finding(root, readable(path), found, severity="warning"))
    if not any(source.kind == "site" for source in sources):
        cure = f"`site.yml` is missing in {root}; it names the product and its support"
        findings.append(
            Finding(rule="missing-file", path=str(root / "site.yml"), line=1, message=cure)
        )
    return Content(
        root=root,
        sources=tuple(sources),
        findings=tuple(findings),
        version=_version(texts, pictures),
        permalinks=tuple(line for file in _entities(sources, PermalinkFile) for line in file.lines),
        images=pictures,
        reports=tuple(report for file in _entities(sources, ReportFile) for report in file.reports),
        vocabulary=tuple(
            group for file in _entities(sources, VocabularyFile) for group in file.groups
        ),
        redirects={
            old: new
            for file in _entities(sources, RedirectFile)
            for old, new in file.redirects.items()
        },
        translations=translations,
        changes=parse_dates(line for file in _entities(sources, DatesFile) for line in file.lines),
        drafts=drafts,
        **_told(sources, drafts=drafts),
    )


class _Told(TypedDict):
    """The parts of a content that visitors read."""

    site: Site | None
    diagnostic: Diagnostic | None
    tips: tuple[Tip, ...]
    issues: tuple[Issue, ...]
    exchanges: tuple[Exchange, ...]
    questions: tuple[Question, ...]
    errors: tuple[ErrorCode, ...]


def _told(sources: Sequence[Source], *, drafts: bool) -> _Told:
    visible = [entity for entity in _entities(sources, Issue) if drafts or not entity.draft]
    exchanges = [entity for entity in _entities(sources, Exchange) if drafts or not entity.draft]
    questions = [entity for entity in _entities(sources, Question) if drafts or not entity.draft]
    return _Told(
        site=next(iter(_entities(sources, Site)), None),
        diagnostic=next(iter(_entities(sources, Diagnostic)), None),
        tips=tuple(tip for file in _entities(sources, TipFile) for tip in file.tips),
        issues=tuple(sorted(visible, key=lambda issue: (issue.order, issue.slug))),
        questions=tuple(sorted(questions, key=lambda question: (question.order, question.slug))),
        exchanges=tuple(sorted(exchanges, key=lambda exchange: (exchange.order, exchange.id))),
        errors=tuple(error for file in _entities(sources, ErrorFile) for error in file.errors),
    )


def translated(content: Content, translation: Translation) -> Content:
    """Return the content in a language; texts without a translation stay in English."""
    stale: dict[str, frozenset[Place]] = {}
    sources: list[Source] = []
    for source in content.sources:
        file = translation.files.get(source.path)
        if source.entity is None or not source_texts(source.entity):
            sources.append(source)
            continue
        entity, stale[source.path] = in_language(source.entity, file)
        sources.append(replace(source, entity=entity))
    parts = _told(sources, drafts=content.drafts)
    return replace(content, sources=tuple(sources), stale=stale, original=content, **parts)


def _translation(
    folder: Folder, of: Language, files: Iterable[tuple[FileKind, str]]
) -> tuple[Translation, list[tuple[str, str]], list[tuple[str, Problem]]]:
    """Return a translation, the texts of its files by path, and what is wrong with them."""
    found: dict[str, TranslationFile] = {}
    texts: list[tuple[str, str]] = []
    problems: list[tuple[str, Problem]] = []
    glossary: TranslationFile | None = None
    for kind, path in files:
        shown = readable(path)
        try:
            text = folder.read(path)
        except UnreadableError as error:
            problems.append((shown, Problem("unreadable", Position(error.line), str(error))))
            continue
        texts.append((shown, text))
        document = _document(kind, text)
        problems += ((shown, problem) for problem in document.problems)
        file = TranslationFile.of(shown, document)
        if kind == "glossary":
            glossary = file
        else:
            found[file.source] = file
    return Translation(of, found, glossary), texts, problems


def _version(texts: Iterable[tuple[str, str]], images: Mapping[str, bytes]) -> str:
    """Return a name for a content: the hash of all its files."""
    digest = hashlib.sha256()
    for path, text in texts:
        digest.update(f"{path}\0".encode())
        digest.update(hashlib.sha256(text.encode()).digest())
    for name, data in images.items():
        digest.update(f"{name}\0".encode("utf-8", "surrogateescape"))
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()[:12]


def _source(folder: Folder, kind: FileKind, path: str) -> tuple[Source, list[Problem]]:
    shown = readable(path)
    try:
        text = folder.read(path)
    except UnreadableError as error:
        problem = Problem("unreadable", Position(error.line), str(error))
        return Source(kind, shown, "", Document({}, problems=(problem,)), None), [problem]
    document, entity, problems = _parse(kind, shown, text)
    return Source(kind, shown, text, document, entity), problems


def _document(kind: FileKind, text: str) -> Document:
    """Return the fields of a text, or what makes it unreadable."""
    if problem := conflict(text):
        return Document({}, problems=(problem,))
    if kind in {"permalinks", "redirects", "dates"}:
        return parse_lines(text)
    if kind == "reports":
        return parse_json_lines(text)
    document = parse_markdown(text) if kind in PAGES else parse_yaml(text)
    if kind != "vocabulary" and not document.problems:
        long = tuple(_too_long(document))
        return Document({}, problems=long) if long else document
    return document


def _parse(kind: FileKind, path: str, text: str) -> tuple[Document, Entity | None, list[Problem]]:
    document = _document(kind, text)
    if document.problems:
        return document, None, list(document.problems)
    name = path.rpartition("/")[2].rpartition(".")[0]
    fields, said_again = _complete(kind, name, document)
    entity, problems = validate(TYPES[kind], fields, document)
    problems = [*said_again, *problems]
    return document, None if problems else entity, problems


def _too_long(document: Document) -> Iterator[Problem]:
    texts = [*leaves(document.fields, ()), (("body",), document.body)]
    for location, text in texts:
        if len(text) > MAX_TEXT:
            line = document.body_line if location == ("body",) else None
            place = Position(line) if line else document.position(location)
            message = f"a text of {len(text):,} characters; split it, {MAX_TEXT:,} are the limit"
            yield Problem("too-long", place, message)


PAGES = frozenset({"issue", "question", "exchange"})
"""The kinds of Markdown files, each of which is a page."""

TYPES: Mapping[FileKind, type[Entity]] = {
    "site": Site,
    "diagnostic": Diagnostic,
    "tips": TipFile,
    "issue": Issue,
    "question": Question,
    "exchange": Exchange,
    "errors": ErrorFile,
    "permalinks": PermalinkFile,
    "redirects": RedirectFile,
    "dates": DatesFile,
    "reports": ReportFile,
    "vocabulary": VocabularyFile,
}
"""The type of the files of each kind."""


def _complete(
    kind: FileKind, name: str, document: Document
) -> tuple[dict[str, Any], list[Problem]]:
    """Add the fields that come from the file's name and body, which the file must not repeat."""
    fields = dict(document.fields)
    said_again: list[Location] = []
    if kind in PAGES:
        added = {"id" if kind == "exchange" else "slug": name, "body": document.body}
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
        Problem(
            "unknown-key",
            Position(document.position(location).line),
            f"`{location[-1]}` comes from the file itself; remove the key",
        )
        for location in said_again
    ]
    return fields, problems


def _finding(root: Path, relative: str, problem: Problem, severity: Severity = "error") -> Finding:
    return Finding(
        rule=problem.rule,
        path=str(root / relative),
        line=problem.position.line,
        column=problem.position.column,
        message=problem.message,
        severity=severity,
    )


def _entities(sources: Iterable[Source], entity_type: type[EntityT]) -> list[EntityT]:
    return [source.entity for source in sources if isinstance(source.entity, entity_type)]
