"""Rename and retire: what becomes of every content file, computed before anything is written.

Old names become aliases, so that every permalink holds, and every reference and link in the
content is mended. Published permalinks stay as they are.
"""

from __future__ import annotations

import codecs
import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import TypeAdapter, ValidationError

from app.content.checks import check
from app.content.checks.names import names_issue
from app.content.checks.places import Survey, did_you_mean
from app.content.checks.texts import heading_anchors
from app.content.editing import Editor
from app.content.loader import Content, Source, load
from app.model import Finding, Issue, Slug, Solution

_SLUG: TypeAdapter[str] = TypeAdapter(Slug)


class RefusedChangeError(Exception):
    """The content can't be changed so; the message says why and what to do instead."""


class BadResultError(Exception):
    """The change would leave mistakes in the content; `findings` says which."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(f"{len(findings)} mistakes, the first: {findings[0]}")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do with a content folder: new texts of files, by path below it, and files to remove.

    `inherits` names for a new file the one whose line ends it takes over.
    """

    texts: Mapping[str, str]
    removed: tuple[str, ...] = ()
    inherits: Mapping[str, str] = field(default_factory=dict)


def rename_issue(content: Content, old: str, new: str) -> Changes:
    """Move an issue to another slug; `content` is loaded with drafts."""
    issue = _issue(content, old)
    _valid(new)
    path, new_path = f"issues/{old}.md", f"issues/{new}.md"
    owners = {alias: one.slug for one in content.issues for alias in one.aliases}
    if any(source.path == new_path for source in content.sources):
        raise RefusedChangeError(f"there is an issue `{new}` already; choose another slug")
    if owners.get(new, old) != old:
        message = f"`{new}` is an old name of `{owners[new]}`; choose another slug"
        raise RefusedChangeError(message)

    def moved(link: _Link) -> _Link | None:
        return link.to(new) if link.slug == old else None

    editors = _Editors(content)
    for source, location in _references(content, old):
        editors.of(source.path).replace(location, new)
    _alias(editors.of(path), ("aliases",), issue.aliases, old, instead_of=new)
    editors.mend_links(moved)
    texts = editors.results()
    texts[new_path] = texts.pop(path)
    return Changes(texts, removed=(path,), inherits={new_path: path})


def rename_step(content: Content, slug: str, old: str, new: str) -> Changes:
    """Give a step of an issue another id; `content` is loaded with drafts."""
    issue = _issue(content, slug)
    _valid(new)
    index = _step(issue, old)
    step = issue.solutions[index]
    for other in issue.solutions:
        if new == other.id or (new in other.aliases and other is not step):
            raise RefusedChangeError(f"`{slug}` has a step `{new}` already; choose another id")

    def moved(link: _Link) -> _Link | None:
        names = {slug, *issue.aliases}
        return link.to(link.slug, new) if link.slug in names and link.step == old else None

    editors = _Editors(content)
    editor = editors.of(f"issues/{slug}.md")
    if new in step.aliases:
        editor.set_step(index, new)
        editor.replace(("solutions", index, "aliases", step.aliases.index(new)), old)
    else:
        editor.set_step(index, new, [old])
    editors.mend_links(moved)
    return Changes(editors.results())


def retire_issue(content: Content, old: str, to: str) -> Changes:
    """Remove an issue that another replaces; `content` is loaded with drafts.

    The other issue answers to all its names. Links to one of its steps lead to the step of the
    same id or text, else to the first one that is for the same exchanges.
    """
    issue, other = _issue(content, old), _issue(content, to)
    if old == to:
        raise RefusedChangeError(f"`{old}` can't replace itself; name another issue after --to")
    if other.draft and not issue.draft:
        raise RefusedChangeError(f"`{to}` is a draft; publish it first")
    survey = Survey(content)
    taken = set(heading_anchors(survey, survey.issues[to]))
    targets = _targets(issue, other, taken)

    def moved(link: _Link) -> _Link | None:
        names = {old, *issue.aliases}
        return link.to(to, targets.get(link.step, "")) if link.slug in names else None

    editors = _Editors(content)
    for source, location in _references(content, old):
        *above, last = location
        siblings = source.document.fields
        for part in above:
            siblings = siblings[part]  # type: ignore[index]
        is_own = source.path == f"issues/{to}.md"
        if isinstance(last, int) and (is_own or to in siblings):
            editors.of(source.path).remove(location)
        else:
            editors.of(source.path).replace(location, to)
    editor = editors.of(f"issues/{to}.md")
    editor.add(("aliases",), [old, *issue.aliases])
    present = {name for step in other.solutions for name in (step.id, *step.aliases)} | taken
    inherited: dict[str, list[str]] = defaultdict(list)
    for name, target in targets.items():
        if name not in present:
            inherited[target].append(name)
    for index, step in enumerate(other.solutions):
        if step.id in inherited:
            editor.set_step(index, step.id, inherited[step.id])
    editors.mend_links(moved)
    path = f"issues/{old}.md"
    texts = editors.results()
    texts.pop(path, None)
    return Changes(texts, removed=(path,))


def new_error(content: Content, exchange: str, code: str, message: str, slug: str) -> Changes:
    """Add an error code to an exchange, with an example made from its code and message."""
    _issue(content, slug)
    known = {one.id: one for one in content.exchanges}
    if exchange not in known:
        cure = did_you_mean(exchange, known)
        raise RefusedChangeError(f"there is no exchange `{exchange}`; {cure}")
    path = f"errors/{exchange}.yml"
    source = next((one for one in content.sources if one.path == path), None)
    for index, entry in enumerate(source.document.fields.get("errors", ()) if source else ()):
        if source and entry["code"] == code:
            line = source.document.position(("errors", index)).line
            cure = "add the message to its `signatures`, or tell two entries apart by `match`"
            raise RefusedChangeError(f"{path}, line {line} has the code {code} already; {cure}")
    example = f"{known[exchange].name} error {code}: {message}"
    # A JSON string is a YAML string, whatever it holds.
    code, message, example = (
        json.dumps(text, ensure_ascii=False) for text in (code, message, example)
    )
    editor = Editor(source.text if source else "")
    editor.append(
        ("errors",),
        [
            f"code: {code}",
            f"message: {message}",
            f"issues: [{slug}]",
            "examples:",
            f"  - {example}",
        ],
    )
    return Changes({path: editor.result})


def carry_out(
    root: Path, changes: Changes, prove: Callable[[Content], Iterable[Finding]] = check
) -> None:
    """Make the changes on disk if they leave the content without errors, as `prove` finds them.

    Raise `BadResultError` if they don't, and write nothing. Every new text is on disk before the
    first file is replaced.
    """
    _prove(root, changes, prove)
    waiting: list[tuple[Path, Path]] = []
    try:
        for name, text in changes.texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.new")
            waiting.append((draft, path))
            draft.write_bytes(_encoded(text, root / changes.inherits.get(name, name)))
            if path.exists():
                shutil.copymode(path, draft)
        # What is new goes first, so that nothing refers to what isn't there yet.
        for draft, path in sorted(waiting, key=lambda pair: pair[1].exists()):
            draft.replace(path)
        for name in changes.removed:
            (root / name).unlink()
    finally:
        for draft, _ in waiting:
            draft.unlink(missing_ok=True)


def _prove(root: Path, changes: Changes, prove: Callable[[Content], Iterable[Finding]]) -> None:
    """Check a copy of the content with the changes made."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "content")
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".*"))
        for name in changes.removed:
            (copy / name).unlink()
        for name, text in changes.texts.items():
            path = copy / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        wrong = tuple(
            one.model_copy(update={"path": str(root / os.path.relpath(one.path, copy))})
            for one in prove(load(copy))
            if one.severity == "error"
        )
    if wrong:
        raise BadResultError(wrong)


def _encoded(text: str, like: Path) -> bytes:
    """Return the bytes of a text with the line ends and the byte order mark of a file."""
    data = text.encode()
    if like.is_file():
        before = like.read_bytes()
        if b"\r\n" in before:
            data = data.replace(b"\n", b"\r\n")
        if before.startswith(codecs.BOM_UTF8):
            data = codecs.BOM_UTF8 + data
    return data


@dataclass(frozen=True, slots=True)
class _Link:
    """A link to an issue, or to one of its steps: on its page or on the home page."""

    path: str
    query: str
    slug: str
    step: str

    @classmethod
    def read(cls, target: str, own: str) -> _Link | None:
        """Read the target of a link; one that is only an anchor is about the issue `own`."""
        parts = urlsplit(target)
        folder, _, name = parts.path.strip("/").partition("/")
        if folder in {"issues", "i"} and name:
            return cls(parts.path, parts.query, name.removesuffix(".md"), parts.fragment)
        if parts.path == "/" and parts.fragment:
            slug, _, step = parts.fragment.partition("--")
            return cls(parts.path, parts.query, slug, step)
        if not parts.path and own and parts.fragment:
            return cls("", parts.query, own, parts.fragment)
        return None

    def to(self, slug: str, step: str | None = None) -> _Link:
        """Return the link to another issue, or another of its steps."""
        step = self.step if step is None else step
        if self.path in {"", "/"}:
            return _Link(self.path, self.query, slug, step)
        page = self.path.removesuffix(".md")
        ending = self.path[len(page) :]
        return _Link(page[: -len(self.slug)] + slug + ending, self.query, slug, step)

    def __str__(self) -> str:
        fragment = self.step
        if self.path == "/":
            fragment = f"{self.slug}--{self.step}" if self.step else self.slug
        return urlunsplit(("", "", self.path, self.query, fragment))


class _Editors:
    """One editor for each file of a content."""

    def __init__(self, content: Content) -> None:
        # Lists of other forms name issues as they were called then: aliases are good there.
        written = (one for one in content.sources if one.path.endswith((".md", ".yml")))
        self._sources = {one.path: one for one in written}
        self._editors: dict[str, Editor] = {}

    def of(self, path: str) -> Editor:
        """Return the editor of a file."""
        if path not in self._editors:
            self._editors[path] = Editor(self._sources[path].text)
        return self._editors[path]

    def mend_links(self, moved: Callable[[_Link], _Link | None]) -> None:
        """Let each link to an issue lead to where `moved` says."""
        for path, source in self._sources.items():
            own = Path(path).stem if source.kind == "issue" else ""

            def target(old: str, own: str = own) -> str | None:
                link = _Link.read(old, own)
                new = moved(link) if link else None
                return str(new) if new else None

            self.of(path).replace_links(target)

    def results(self) -> dict[str, str]:
        """Return the new text of each file that changes."""
        return {
            path: editor.result
            for path, editor in self._editors.items()
            if editor.result != self._sources[path].text
        }


def _issue(content: Content, slug: str) -> Issue:
    known = {issue.slug: issue for issue in content.issues}
    if slug in known:
        return known[slug]
    for issue in content.issues:
        if slug in issue.aliases:
            message = f"`{slug}` is an old name of `{issue.slug}`; name it by that"
            raise RefusedChangeError(message)
    raise RefusedChangeError(f"there is no issue `{slug}`; {did_you_mean(slug, known)}")


def _step(issue: Issue, name: str) -> int:
    ids = [step.id for step in issue.solutions]
    if name in ids:
        return ids.index(name)
    for step in issue.solutions:
        if name in step.aliases:
            raise RefusedChangeError(f"`{name}` is an old id of `{step.id}`; name it by that")
    cure = did_you_mean(name, ids)
    raise RefusedChangeError(f"`{issue.slug}` has no step `{name}`; {cure}")


def _valid(name: str) -> None:
    try:
        _SLUG.validate_python(name)
    except ValidationError:
        message = f"`{name}` must be lower-case words joined by hyphens, 80 characters at most"
        raise RefusedChangeError(message) from None


def _references(content: Content, slug: str) -> Iterator[tuple[Source, tuple[str | int, ...]]]:
    """Yield where files refer to an issue by its slug; in its own file too."""
    for text in Survey(content).texts:
        if text.text == slug and text.location and names_issue(text.location):
            yield text.source, text.location


def _alias(
    editor: Editor,
    location: tuple[str | int, ...],
    aliases: tuple[str, ...],
    old: str,
    *,
    instead_of: str,
) -> None:
    """Add an alias to a list, in the place of one that becomes a name again."""
    if instead_of in aliases:
        editor.replace((*location, aliases.index(instead_of)), old)
    else:
        editor.add(location, [old])


def _targets(issue: Issue, other: Issue, taken: set[str]) -> Mapping[str, str]:
    """Return for each id and alias of the steps of `issue` where it leads on `other`."""
    targets: dict[str, str] = {}
    present = {name: step.id for step in other.solutions for name in (step.id, *step.aliases)}
    present |= {name: name for name in taken}
    for step in issue.solutions:
        target = _like(step, other)
        targets |= {name: present.get(name, target) for name in (step.id, *step.aliases)}
    return targets


def _like(step: Solution, other: Issue) -> str:
    """Return the step of `other` that stands in for `step`."""
    same = [one for one in other.solutions if one.text == step.text]
    wanted = set(step.exchanges)
    fits = [one for one in other.solutions if not one.exchanges or wanted & set(one.exchanges)]
    return (*same, *fits, *other.solutions)[0].id
