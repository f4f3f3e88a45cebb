"""Rename and retire: compute the new text of every content file, check it, then write it.

Old names become aliases or redirects, so every permalink still works; references and links in the
content are updated. The lines of `permalinks.txt` stay.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from app import addresses
from app.addresses import PATHS, Address
from app.authoring.editing import Editor, quoted
from app.checks import check
from app.checks.survey import Survey, Text, did_you_mean
from app.checks.texts import heading_anchors
from app.content.frontmatter import Location
from app.content.loader import Content, load
from app.model import Exchange, Finding, Issue, Slug, Solution
from app.permalinks import REDIRECTS_FILE, REDIRECTS_HEADER, published

ThingT = TypeVar("ThingT", Issue, Exchange, Solution)

_SLUG: TypeAdapter[str] = TypeAdapter(Slug)


class RefusedChangeError(Exception):
    """The change makes no sense; the message says why and what to do instead."""


class BadResultError(Exception):
    """The change would leave errors in the content; `findings` lists them."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(f"{len(findings)} errors, the first: {findings[0]}")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Changes:
    """New texts of files, by path below the content folder, and the files to remove.

    `moved` gives the old path of each file that moves.
    """

    texts: Mapping[str, str]
    removed: tuple[str, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)


def rename_issue(content: Content, old: str, new: str) -> Changes:
    """Move an issue to another slug. Here and below `content` is loaded with drafts."""
    issue = _named(content.issues, "issue", old)
    _require_free(content.issues, "issue", new, issue)
    edits = _Edits(content)
    edits.replace(Survey(content).issue_names, old, new)
    edits.alias(f"issues/{old}.md", ("aliases",), issue.aliases, old, new)
    link = re.compile(rf"(/(?:issues|i)/|/#){old}(?=$|[.?#]|--)")
    edits.replace_links(lambda _, target: link.sub(rf"\g<1>{new}", target))
    return edits.changes(moved={f"issues/{new}.md": f"issues/{old}.md"})


def rename_exchange(content: Content, old: str, new: str) -> Changes:
    """Move an exchange and its error codes to another id; pasted texts may still use the old id."""
    exchange = _named(content.exchanges, "exchange", old)
    _require_free(content.exchanges, "exchange", new, exchange)
    edits = _Edits(content)
    edits.replace(Survey(content).exchange_names, old, new)
    for path, key, _ in _own_of(content, old):
        edits.of(path).rename_key((key, old), new)
    path = f"exchanges/{old}.md"
    edits.alias(path, ("aliases",), exchange.aliases, old, new)
    if old not in {*exchange.names, exchange.name.casefold()}:
        edits.of(path).add(("names",), [old])
    link = re.compile(rf"(^/(?:exchanges|errors|e)/|[?&]exchange=){old}(?=$|[/?#&])")
    edits.replace_links(lambda _, target: link.sub(rf"\g<1>{new}", target))
    return edits.changes(
        moved={f"exchanges/{new}.md": path, f"errors/{new}.yml": f"errors/{old}.yml"}
    )


def rename_step(content: Content, slug: str, old: str, new: str) -> Changes:
    """Give a step of an issue another id."""
    issue = _named(content.issues, "issue", slug)
    step = _named(issue.solutions, "step", old, f" in `{slug}`")
    _require_free(issue.solutions, "step", new, step)
    index = issue.solutions.index(step)
    edits = _Edits(content)
    path = f"issues/{slug}.md"
    if new in step.aliases:
        edits.of(path).replace(("solutions", index, "id"), new)
        edits.alias(path, ("solutions", index, "aliases"), step.aliases, old, new)
    else:
        edits.of(path).set_step(index, new, [old])
    link = _issue_link(issue)

    def moved(page: str, target: str) -> str:
        if target == f"#{old}":
            return f"#{new}" if page == path else target
        found = link.fullmatch(target)
        return target[: found.start("step")] + new if found and found["step"] == old else target

    edits.replace_links(moved)
    return edits.changes()


def retire_issue(content: Content, old: str, to: str) -> Changes:
    """Remove an issue and redirect it to its replacement.

    The other issue gets all its names, phrases, signatures and examples. A link to a step leads to
    the step of the same id or text, else to the first step for the same exchanges.
    """
    issue = _named(content.issues, "issue", old)
    other = _named(content.issues, "issue", to)
    if issue is other:
        raise RefusedChangeError(f"`{old}` can't replace itself; give another issue after --to")
    if other.draft and not issue.draft:
        raise RefusedChangeError(f"`{to}` is a draft; publish it first")
    survey = Survey(content)
    edits = _Edits(content)
    for text in survey.issue_names:
        if text.text == old:
            siblings = _around(text)
            is_own = text.source.path == f"issues/{to}.md"
            if isinstance(siblings, list) and (is_own or to in siblings):
                edits.of(text.source.path).remove(text.location)
            else:
                edits.of(text.source.path).replace(text.location, to)
    editor = edits.of(f"issues/{to}.md")
    editor.add(("aliases",), [old, *issue.aliases])
    for key in ("phrases", "signatures", "examples"):
        known = getattr(other, key)
        if new := [quoted(text) for text in getattr(issue, key) if text not in known]:
            editor.add((key,), new)
    anchors = heading_anchors(survey, survey.issues[to])
    heirs = _replacements(issue, other, anchors)
    inherited: dict[str, list[str]] = defaultdict(list)
    for name, heir in heirs.items():
        if name not in {
            *anchors,
            *(n for step in other.all_steps for n in (step.id, *step.aliases)),
        }:
            inherited[heir].append(name)
    for index, step in enumerate(other.solutions):
        if step.id in inherited:
            editor.set_step(index, step.id, inherited[step.id])
    link = _issue_link(issue)

    def moved(_: str, target: str) -> str:
        found = link.fullmatch(target)
        if not found:
            return target
        sign = "--" if found["page"] == "/#" else "#"
        step = heirs.get(found["step"] or "", "")
        return f"{found['page']}{to}{found['query'] or ''}{f'{sign}{step}' if step else ''}"

    edits.replace_links(moved)
    return edits.changes(removed=(f"issues/{old}.md",))


def retire_error(content: Content, exchange: str, code: str, to: str | None) -> Changes:
    """Remove an error code that is no longer used; its pages redirect to the issue `to`.

    Without `to` they redirect to the likeliest issue of the code.
    """
    known = _named(content.exchanges, "exchange", exchange)
    entries = [error for error in content.errors if error.exchange == exchange]
    gone = [entry for entry in entries if entry.code == code]
    if not gone:
        codes = {entry.code for entry in entries}
        raise RefusedChangeError(f"{exchange} has no code `{code}`; {did_you_mean(code, codes)}")
    issue = _named(content.issues, "issue", to or gone[0].issues[0])
    edits = _Edits(content)
    for index, entry in enumerate(entries):
        if entry in gone:
            edits.of(f"errors/{exchange}.yml").remove(("errors", index))
    target = f"{issue.url}?exchange={exchange}"
    edits.redirect(_error_links(content, known, {code: target}))
    return edits.changes()


def retire_exchange(content: Content, name: str, to: str | None) -> Changes:
    """Remove an exchange and its error codes; its page redirects to the exchange `to`.

    Without `to` it redirects to the list of exchanges. An error code redirects to its likeliest
    issue, a step or a recipe that was only for this exchange to its issue.
    """
    exchange = _named(content.exchanges, "exchange", name)
    page = _named(content.exchanges, "exchange", to).url if to else PATHS["exchanges"]
    if len(content.exchanges) == 1:
        page = PATHS["home"]
    if name == to:
        raise RefusedChangeError(f"`{name}` can't replace itself; give another exchange after --to")
    edits = _Edits(content)
    redirects = {addresses.exchange(old): page for old in (name, *exchange.aliases)}
    removed = {f"exchanges/{name}.md", f"errors/{name}.yml"}
    for path, key, is_only in _own_of(content, name):
        edits.of(path).remove_key((key,) if is_only else (key, name))
    for issue in content.issues:
        if name in issue.recipes:
            redirects |= _step_redirects(issue, issue.recipes[name].steps)
    for text in Survey(content).exchange_names:
        path, location, thing = text.source.path, text.location, text.source.entity
        if text.text != name or path in removed or location[:2] == ("recipes", name):
            continue
        editor, step = edits.of(path), location[:-2]
        if len(_around(text)) > 1 or location[-2] == "not_on":
            editor.remove(location)
        elif step[-2:-1] in {("solutions",), ("steps",)}:
            editor.remove(step)
            if isinstance(thing, Issue):
                steps = thing.recipes[str(step[1])].steps if "recipes" in step else thing.solutions
                redirects |= _step_redirects(thing, [steps[int(step[-1])]])
        else:
            where = f"{path}, line {text.position.line}"
            raise RefusedChangeError(f"{where} is only for `{name}`; remove or retire it first")
    errors = [error for error in content.errors if error.exchange == name]
    codes = {error.code: addresses.issue(error.issues[0]) for error in reversed(errors)}
    promised = {*published(content), *content.permalinks}
    links = {link: url for link, url in redirects.items() if link in promised}
    edits.redirect({**links, **_error_links(content, exchange, codes)}, gone=name)
    present = {source.path for source in content.sources}
    return edits.changes(removed=tuple(present & removed))


def _own_of(content: Content, exchange: str) -> Iterator[tuple[str, str, bool]]:
    """Yield where an exchange has a recipe or an answer of its own.

    These are the path of the file, the key of the recipes or answers, and whether it is the only.
    """
    for issue in content.issues:
        if exchange in issue.recipes:
            yield f"issues/{issue.slug}.md", "recipes", len(issue.recipes) == 1
    for question in content.questions:
        if exchange in question.answers:
            yield f"questions/{question.slug}.md", "answers", len(question.answers) == 1


def _step_redirects(issue: Issue, steps: Iterable[Solution]) -> Mapping[str, str]:
    """Return for each link to one of `steps` the issue that it leads to without them."""
    names = (name for step in steps for name in (step.id, *step.aliases))
    return {addresses.issue(issue.slug, step=name): issue.url for name in names}


def _error_links(
    content: Content, exchange: Exchange, targets: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the target of each permalink of an exchange's error codes, by the target of a code."""
    found: dict[str, str] = {}
    for link in {*published(content), *content.permalinks}:
        match addresses.parse(link):
            case Address(exchange=name, code=code) if code in targets:
                if name in {exchange.id, *exchange.aliases}:
                    found[link] = targets[code]
    return found


def new_error(content: Content, exchange: str, code: str, message: str, slug: str) -> Changes:
    """Add an error code to an exchange, with an example made from its code and message."""
    _named(content.issues, "issue", slug)
    known = _named(content.exchanges, "exchange", exchange)
    path = f"errors/{exchange}.yml"
    source = next((source for source in content.sources if source.path == path), None)
    for index, entry in enumerate(source.document.fields.get("errors", ()) if source else ()):
        if source and entry["code"] == code:
            line = source.document.position(("errors", index)).line
            fix = "add the message to its `signatures`, or give each entry a `match`"
            raise RefusedChangeError(f"{path}, line {line} already has the code {code}; {fix}")
    lines = (
        f"code: {quoted(code)}",
        f"message: {quoted(message)}",
        f"issues: [{slug}]",
        "examples:",
        f"  - {quoted(f'{known.name} error {code}: {message}')}",
    )
    editor = Editor(source.text if source else "")
    editor.add(("errors",), ["\n".join(lines)])
    return Changes({path: editor.result})


def carry_out(root: Path, changes: Changes) -> None:
    """Write the changes if the content that they make has no errors.

    Raise `BadResultError` if it has, and write nothing. Every new text is on disk before the first
    file is replaced.
    """
    with _trial(root, changes) as after:
        errors = [finding for finding in check(after) if finding.severity == "error"]
        if errors:
            raise BadResultError(tuple(_at_home(finding, after.root, root) for finding in errors))
    waiting: list[tuple[Path, Path]] = []
    try:
        for name, text in changes.texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.new")
            waiting.append((draft, path))
            before = root / changes.moved.get(name, name)
            is_dos = before.is_file() and b"\r\n" in before.read_bytes()
            draft.write_text(text, "utf-8", newline="\r\n" if is_dos else "\n")
            if path.exists():
                shutil.copymode(path, draft)
        # New files go first, so that nothing refers to a file that isn't there yet.
        for draft, path in sorted(waiting, key=lambda pair: pair[1].exists()):
            draft.replace(path)
        for name in changes.removed:
            (root / name).unlink()
    finally:
        for draft, _ in waiting:
            draft.unlink(missing_ok=True)


@contextmanager
def _trial(root: Path, changes: Changes) -> Iterator[Content]:
    """Load a copy of the content with the changes made, as it would be published."""
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
    """Return a finding about the copy as a finding about the content itself."""
    return finding.model_copy(update={"path": str(root / os.path.relpath(finding.path, copy))})


class _Edits:
    """The edits to all files of a content."""

    def __init__(self, content: Content) -> None:
        # `permalinks.txt` and `reports.jsonl` keep old names: aliases count there.
        self._texts = {
            source.path: source.text
            for source in content.sources
            if source.path.endswith((".md", ".yml"))
        }
        found = (source.text for source in content.sources if source.path == REDIRECTS_FILE)
        self._redirects = self._redirects_before = next(found, REDIRECTS_HEADER)
        self._editors: dict[str, Editor] = {}

    def of(self, path: str) -> Editor:
        """Return the editor of a file."""
        if path not in self._editors:
            self._editors[path] = Editor(self._texts[path])
        return self._editors[path]

    def replace(self, texts: Iterable[Text], old: str, new: str) -> None:
        """Replace those of `texts` that are the name `old`."""
        for text in texts:
            if text.text == old:
                self.of(text.source.path).replace(text.location, new)

    def replace_links(self, moved: Callable[[str, str], str]) -> None:
        """Replace the target of each link; `moved` gets the path of its file and the target."""
        for path in self._texts:
            self.of(path).replace_links(partial(moved, path))

    def alias(
        self, path: str, location: Location, aliases: Sequence[str], old: str, new: str
    ) -> None:
        """Add the alias `old`, in the place of `new` if that was an alias."""
        if new in aliases:
            self.of(path).replace((*location, aliases.index(new)), old)
        else:
            self.of(path).add(location, [old])

    def redirect(self, links: Mapping[str, str], gone: str = "") -> None:
        """Redirect links, each to its target; earlier redirects lose the exchange `gone`."""
        before = re.sub(rf"\?exchange={gone}$", "", self._redirects, flags=re.MULTILINE)
        lines = "".join(f"{link} {target}\n" for link, target in sorted(links.items()))
        self._redirects = before.rstrip("\n") + "\n" + lines

    def changes(
        self, removed: tuple[str, ...] = (), moved: Mapping[str, str] | None = None
    ) -> Changes:
        """Return the changes; `moved` maps new paths to old paths, if those files exist."""
        texts = {path: editor.result for path, editor in self._editors.items()}
        texts = {path: text for path, text in texts.items() if text != self._texts[path]}
        present = {new: old for new, old in (moved or {}).items() if old in self._texts}
        for new, old in present.items():
            texts[new] = texts.pop(old, self._texts[old])
        if self._redirects != self._redirects_before:
            texts[REDIRECTS_FILE] = self._redirects
        kept = {path: text for path, text in texts.items() if path not in removed}
        return Changes(kept, (*removed, *present.values()), present)


def _issue_link(issue: Issue) -> re.Pattern[str]:
    """Return the pattern of a link to an issue or its steps, by any of its names."""
    names = "|".join((issue.slug, *issue.aliases))
    return re.compile(
        rf"(?P<page>/(?:issues|i)/|/#)(?:{names})(?P<query>[.?][^#]*)?(?:(?:#|--)(?P<step>.*))?"
    )


def _around(text: Text) -> Sequence[str] | Mapping[str, object]:
    """Return the list or mapping in which a text stands."""
    around = text.source.document.fields
    for part in text.location[:-1]:
        around = around[part]  # type: ignore[index]
    return around


def _name(thing: Issue | Exchange | Solution) -> str:
    return thing.slug if isinstance(thing, Issue) else thing.id


def _named(things: Sequence[ThingT], what: str, name: str, where: str = "") -> ThingT:
    """Return the thing with this name; refuse an unknown or old name."""
    for thing in things:
        if name == _name(thing):
            return thing
        if name in thing.aliases:
            raise RefusedChangeError(
                f"`{name}` is an old name of `{_name(thing)}`; use the new name"
            )
    known = [_name(thing) for thing in things]
    raise RefusedChangeError(f"there is no {what} `{name}`{where}; {did_you_mean(name, known)}")


def _require_free(things: Sequence[ThingT], what: str, name: str, own: ThingT) -> None:
    """Refuse a name that is malformed or belongs to another thing than `own`, or already to it."""
    try:
        _SLUG.validate_python(name)
    except ValidationError:
        message = f"`{name}` must be lower-case words joined by hyphens, 80 characters at most"
        raise RefusedChangeError(message) from None
    for thing in things:
        if name == _name(thing):
            raise RefusedChangeError(f"the {what} `{name}` already exists; choose another name")
        if name in thing.aliases and thing is not own:
            message = f"`{name}` is an old name of `{_name(thing)}`; choose another name"
            raise RefusedChangeError(message)


def _replacements(issue: Issue, other: Issue, anchors: Collection[str]) -> Mapping[str, str]:
    """Return for each id and alias of the steps of `issue` the anchor on `other` that replaces it.

    `anchors` are those of the headings of `other`.
    """
    present = {name: step.id for step in other.all_steps for name in (step.id, *step.aliases)}
    present |= {anchor: anchor for anchor in anchors}
    heirs: dict[str, str] = {}
    for step in issue.all_steps:
        same = [candidate for candidate in other.solutions if candidate.text == step.text]
        fits = [
            candidate
            for candidate in other.solutions
            if not candidate.exchanges or not set(step.exchanges).isdisjoint(candidate.exchanges)
        ]
        heir = (*same, *fits, *other.solutions)[0].id
        heirs |= {name: present.get(name, heir) for name in (step.id, *step.aliases)}
    return heirs
