"""Rename and retire: what becomes of every content file, computed before anything is written.

Old names become aliases, so that every permalink holds, and every reference and link in the
content is mended. Published permalinks stay as they are.
"""

from __future__ import annotations

import codecs
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import TypeAdapter, ValidationError

from app.checks import check
from app.checks.links import page_of
from app.checks.places import Survey, did_you_mean
from app.checks.texts import heading_anchors
from app.content.editing import Editor, quoted
from app.content.loader import Content, Source, load
from app.model import ChecklistItem, Exchange, Finding, Issue, QuickTest, Slug, Solution, Tip

ItemKind = Literal["tip", "item", "test"]

_SLUG: TypeAdapter[str] = TypeAdapter(Slug)
_CALLED: Mapping[ItemKind, str] = MappingProxyType(
    {"tip": "tip", "item": "checklist item", "test": "quick test"}
)


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
    moves = {f"issues/{old}.md": f"issues/{new}.md"}
    others = {alias: one.slug for one in content.issues if one != issue for alias in one.aliases}
    _free(content, f"an issue `{new}`", new, moves, others)

    def moved(link: _Link) -> _Link | None:
        return link.to(new) if link.slug == old else None

    editors = _Editors(content)
    for source, location in _references(content, old):
        editors.of(source.path).replace(location, new)
    _alias(editors.of(f"issues/{old}.md"), ("aliases",), issue.aliases, old, instead_of=new)
    editors.mend_issue_links(moved)
    return editors.moved(moves)


def rename_exchange(content: Content, old: str, new: str) -> Changes:
    """Move an exchange and its error codes to another id; `content` is loaded with drafts.

    Texts that call it by its old id are recognised as before.
    """
    exchange = _exchange(content, old)
    moves = {f"exchanges/{old}.md": f"exchanges/{new}.md", f"errors/{old}.yml": f"errors/{new}.yml"}
    others = {
        alias: one.id for one in content.exchanges if one != exchange for alias in one.aliases
    }
    _free(content, f"an exchange `{new}`", new, moves, others)

    def target(page: str, link: str) -> str | None:  # noqa: ARG001
        parts = urlsplit(link)
        folder, _, rest = parts.path[1:].partition("/")
        name, slash, code = rest.partition("/")
        path = parts.path
        if folder in {"exchanges", "errors", "e"} and name == old:
            path = f"/{folder}/{new}{slash}{code}"
        query = _query(parts.query, lambda name, value: (name, _swapped(name, value)))
        return urlunsplit(parts._replace(path=path, query=query))

    def _swapped(name: str, value: str) -> str:
        return new if (name, value) == ("exchange", old) else value

    editors = _Editors(content)
    for text in Survey(content).exchange_names:
        if text.text == old:
            editors.of(text.source.path).replace(text.location, new)
    editor = editors.of(f"exchanges/{old}.md")
    _alias(editor, ("aliases",), exchange.aliases, old, instead_of=new)
    if old not in {*exchange.names, exchange.name.casefold()}:
        editor.add(("names",), [old])
    editors.mend_links(target)
    return editors.moved(moves)


def rename_item(content: Content, kind: ItemKind, old: str, new: str) -> Changes:
    """Give a tip, a checklist item or a quick test another id."""
    diagnostic = content.diagnostic
    things: Sequence[Tip | ChecklistItem | QuickTest] = content.tips
    path, key = "tips.yml", "tips"
    if kind != "tip":
        path, key = "diagnostic.yml", "checklist" if kind == "item" else "tests"
        things = getattr(diagnostic, key) if diagnostic else ()
    _valid(new)
    what = _CALLED[kind]
    index = _index(things, old, f"there is no {what} `{old}`")
    thing = things[index]
    for other in things:
        if new == other.id or (new in other.aliases and other is not thing):
            raise RefusedChangeError(f"there is a {what} `{new}` already; choose another id")

    def target(page: str, link: str) -> str | None:
        parts = urlsplit(link)
        if kind == "tip":
            is_tip = (parts.path or page) == "/" and parts.fragment == old
            return urlunsplit(parts._replace(fragment=new)) if is_tip else None
        if parts.path != "/diagnose":
            return None
        return urlunsplit(parts._replace(query=_query(parts.query, changed)))

    def changed(name: str, value: str) -> tuple[str, str]:
        if kind == "test":
            return (f"test-{new}" if name == f"test-{old}" else name), value
        if name != "missing":
            return name, value
        return name, ",".join(new if item == old else item for item in value.split(","))

    editors = _Editors(content)
    editor = editors.of(path)
    editor.replace((key, index, "id"), new)
    _alias(editor, (key, index, "aliases"), thing.aliases, old, instead_of=new)
    editors.mend_links(target)
    return Changes(editors.results())


def rename_step(content: Content, slug: str, old: str, new: str) -> Changes:
    """Give a step of an issue another id; `content` is loaded with drafts."""
    issue = _issue(content, slug)
    _valid(new)
    index = _index(issue.solutions, old, f"`{slug}` has no step `{old}`")
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
    editors.mend_issue_links(moved)
    return Changes(editors.results())


def retire_issue(content: Content, old: str, to: str, without: Collection[str] = ()) -> Changes:
    """Remove an issue that another replaces; `content` is loaded with drafts.

    The other issue answers to all its names, and takes over its phrases, signatures and examples,
    but those `without` which it is better off. Links to one of its steps lead to the step of the
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
    for key, texts in _inherited_texts(issue, other).items():
        if kept := [text for text in texts if text not in without]:
            editor.extend(key, kept)
    editors.mend_issue_links(moved)
    path = f"issues/{old}.md"
    changed = editors.results()
    changed.pop(path, None)
    return Changes(changed, removed=(path,))


def _inherited_texts(issue: Issue, other: Issue) -> Mapping[str, tuple[str, ...]]:
    """Return what `issue` is known by and `other` is not yet, by key."""
    return {
        key: tuple(text for text in getattr(issue, key) if text not in getattr(other, key))
        for key in ("phrases", "signatures", "examples")
    }


def new_error(content: Content, exchange: str, code: str, message: str, slug: str) -> Changes:
    """Add an error code to an exchange, with an example made from its code and message."""
    _issue(content, slug)
    known = _exchange(content, exchange)
    path = f"errors/{exchange}.yml"
    source = next((one for one in content.sources if one.path == path), None)
    for index, entry in enumerate(source.document.fields.get("errors", ()) if source else ()):
        if source and entry["code"] == code:
            line = source.document.position(("errors", index)).line
            cure = "add the message to its `signatures`, or tell two entries apart by `match`"
            raise RefusedChangeError(f"{path}, line {line} has the code {code} already; {cure}")
    example = f"{known.name} error {code}: {message}"
    editor = Editor(source.text if source else "")
    editor.append(
        ("errors",),
        [
            f"code: {quoted(code)}",
            f"message: {quoted(message)}",
            f"issues: [{slug}]",
            "examples:",
            f"  - {quoted(example)}",
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
    with trial(root, changes) as after:
        wrong = tuple(one for one in prove(after) if one.severity == "error")
        if wrong:
            raise BadResultError(tuple(_at_home(one, after.root, root) for one in wrong))
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


@contextmanager
def trial(root: Path, changes: Changes) -> Iterator[Content]:
    """Give a copy of the content with the changes made, as it would be published."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "content")
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".*"))
        for name in changes.removed:
            (copy / name).unlink()
        for name, text in changes.texts.items():
            path = copy / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        yield load(copy)


def _at_home(finding: Finding, copy: Path, root: Path) -> Finding:
    """Return a finding about a copy as one about the content itself."""
    return finding.model_copy(update={"path": str(root / os.path.relpath(finding.path, copy))})


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

    def mend_links(self, target: Callable[[str, str], str | None]) -> None:
        """Let each link lead to what `target` makes of the page that it stands on, and of it."""
        for path, source in self._sources.items():
            self.of(path).replace_links(partial(target, page_of(source)))

    def mend_issue_links(self, moved: Callable[[_Link], _Link | None]) -> None:
        """Let each link to an issue lead to where `moved` says."""

        def target(page: str, old: str) -> str | None:
            folder, _, own = page[1:].partition("/")
            link = _Link.read(old, own if folder == "issues" else "")
            new = moved(link) if link else None
            return str(new) if new else None

        self.mend_links(target)

    def results(self) -> dict[str, str]:
        """Return the new text of each file that changes."""
        return {
            path: editor.result
            for path, editor in self._editors.items()
            if editor.result != self._sources[path].text
        }

    def moved(self, moves: Mapping[str, str]) -> Changes:
        """Return the changes, with files moved from one path to another where there are any."""
        texts = self.results()
        present = {old: new for old, new in moves.items() if old in self._sources}
        for old, new in present.items():
            texts[new] = texts.pop(old, self._sources[old].text)
        return Changes(texts, removed=tuple(present), inherits={v: k for k, v in present.items()})


def _issue(content: Content, slug: str) -> Issue:
    known = {issue.slug: issue for issue in content.issues}
    if slug in known:
        return known[slug]
    for issue in content.issues:
        if slug in issue.aliases:
            message = f"`{slug}` is an old name of `{issue.slug}`; name it by that"
            raise RefusedChangeError(message)
    raise RefusedChangeError(f"there is no issue `{slug}`; {did_you_mean(slug, known)}")


def _exchange(content: Content, name: str) -> Exchange:
    known = {exchange.id: exchange for exchange in content.exchanges}
    if name in known:
        return known[name]
    for exchange in content.exchanges:
        if name in exchange.aliases:
            raise RefusedChangeError(f"`{name}` is an old id of `{exchange.id}`; name it by that")
    raise RefusedChangeError(f"there is no exchange `{name}`; {did_you_mean(name, known)}")


def _index(
    things: Sequence[Solution | Tip | ChecklistItem | QuickTest], name: str, missing: str
) -> int:
    """Return the place of what has this id; `missing` says that nothing has."""
    ids = [thing.id for thing in things]
    if name in ids:
        return ids.index(name)
    for thing in things:
        if name in thing.aliases:
            raise RefusedChangeError(f"`{name}` is an old id of `{thing.id}`; name it by that")
    raise RefusedChangeError(f"{missing}; {did_you_mean(name, ids)}")


def _free(
    content: Content, what: str, new: str, moves: Mapping[str, str], others: Mapping[str, str]
) -> None:
    """Refuse a name for a file that is taken; `others` has the old names that others go by."""
    _valid(new)
    if not {source.path for source in content.sources}.isdisjoint(moves.values()):
        raise RefusedChangeError(f"there is {what} already; choose another name")
    if new in others:
        message = f"`{new}` is an old name of `{others[new]}`; choose another name"
        raise RefusedChangeError(message)


def _query(query: str, changed: Callable[[str, str], tuple[str, str]]) -> str:
    """Return a query with each name and value changed; what stays is spelt as before."""
    parts = (part.partition("=") for part in query.split("&"))
    pairs = ((changed(name, value), sign) for name, sign, value in parts)
    return "&".join(f"{name}{sign}{value}" for (name, value), sign in pairs)


def _valid(name: str) -> None:
    try:
        _SLUG.validate_python(name)
    except ValidationError:
        message = f"`{name}` must be lower-case words joined by hyphens, 80 characters at most"
        raise RefusedChangeError(message) from None


def _references(content: Content, slug: str) -> Iterator[tuple[Source, tuple[str | int, ...]]]:
    """Yield where files refer to an issue by its slug; in its own file too."""
    for text in Survey(content).issue_names:
        if text.text == slug:
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
