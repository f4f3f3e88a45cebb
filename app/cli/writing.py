"""The commands that write content: new, rename, retire, publish, init."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from app.checks import check
from app.checks.examples import wrong_examples
from app.checks.places import did_you_mean
from app.checks.proof import wrong_example
from app.cli.common import (
    Refused,
    content_option,
    count,
    engine_of,
    near,
    print_findings,
    setting_option,
    settings_from,
    writable_content,
)
from app.content.editing import UneditableError
from app.content.loader import Content, load
from app.content.skeleton import STARTER, new_exchange, new_issue, start
from app.content.variables import unfilled
from app.feedback.likeness import group
from app.feedback.records import StoreUnavailableError
from app.feedback.store import Store
from app.insights import DAYS
from app.knowledge import build
from app.model import Finding, slugify
from app.permalinks import FILE, published, with_new
from app.refactoring import (
    BadResultError,
    Changes,
    RefusedChangeError,
    carry_out,
    new_error,
    rename_exchange,
    rename_issue,
    rename_item,
    rename_step,
    retire_issue,
    trial,
)
from app.settings import ROOT, Settings

LONGEST_LINE = 90

T = TypeVar("T")


@click.group(epilog='Example: helpcenter new issue "Key Has Expired"')
def new() -> None:
    """Begin a content file, or an entry in one, that is valid at once."""


@new.command("issue", epilog='Example: helpcenter new issue "Key Has Expired"')
@click.argument("title")
@click.option(
    "--from",
    "key",
    metavar="KEY",
    envvar="HELP_FROM",
    show_envvar=True,
    help="Answer a group of unanswered texts; `helpcenter insights` shows their keys.",
)
@content_option
@setting_option("data")
@setting_option("database_url")
def issue_(title: str, key: str | None, **given: Any) -> None:
    """Write the skeleton of an issue, as a draft; the file's name is made from TITLE.

    With --from the text that was asked most is its example: once the draft is published,
    `helpcenter check` fails until that text is diagnosed as this issue.
    """
    settings = settings_from(**given)
    root = writable_content(settings)
    slug = _name_from(title)
    taken = [issue.slug for issue in load(root, drafts=True).issues if slug in issue.aliases]
    if taken:
        raise Refused(f"`{slug}` is an old name of `{taken[0]}`; choose another title")
    example = _unanswered(settings, key) if key else None
    site = load(root).site
    if example and site:
        example = unfilled(example, site)
    _write_new(root / "issues" / f"{slug}.md", new_issue(title, example))


@new.command("exchange", epilog='Example: helpcenter new exchange "Glass Market"')
@click.argument("name")
@content_option
def exchange_(name: str, content: Path | None) -> None:
    """Write the skeleton of an exchange's page, as a draft; the file's name is made from NAME."""
    root = writable_content(settings_from(content=content))
    slug = _name_from(name)
    taken = [one.id for one in load(root, drafts=True).exchanges if slug in one.aliases]
    if taken:
        raise Refused(f"`{slug}` is an old id of `{taken[0]}`; choose another name")
    _write_new(root / "exchanges" / f"{slug}.md", new_exchange(name))


@new.command(
    "error",
    # A code may begin with a minus.
    context_settings={"ignore_unknown_options": True},
    epilog='Example: helpcenter new error binance -2015 "Invalid API-key" --issue wrong-key',
)
@click.argument("exchange")
@click.argument("code")
@click.argument("message")
@click.option(
    "--issue",
    metavar="SLUG",
    required=True,
    envvar="HELP_ISSUE",
    show_envvar=True,
    help="The issue that the error means.",
)
@content_option
def error_(exchange: str, code: str, message: str, issue: str, content: Path | None) -> None:
    """Add an error code to an exchange, with an example that is made from CODE and MESSAGE."""
    root = writable_content(settings_from(content=content))
    loaded = _sound(root)
    changes = _or_refuse(lambda: new_error(loaded, exchange, code, message, issue))

    _carry_out(root, changes, lambda after: _wrong_entry(after, exchange, code))
    click.echo(f"{root / 'errors' / f'{exchange}.yml'}\nNext: put a real message into `examples`.")


@click.group(epilog="Example: helpcenter rename issue ip-whitelist address-not-allowed")
def rename() -> None:
    """Give something another name; old links lead to it all the same."""


@rename.command("issue", epilog="Example: helpcenter rename issue ip-whitelist address-not-allowed")
@click.argument("old")
@click.argument("new_slug", metavar="NEW")
@content_option
def rename_issue_(old: str, new_slug: str, content: Path | None) -> None:
    """Move the issue OLD to the address /issues/NEW.

    The file moves, its old slug becomes an alias, and every reference and link in the content is
    mended. Nothing is written unless the result is free of errors.
    """
    _rename(content, lambda loaded: rename_issue(loaded, old, new_slug))


@rename.command("step", epilog="Example: helpcenter rename step wrong-key copy-it copy-the-key")
@click.argument("issue")
@click.argument("old")
@click.argument("new_id", metavar="NEW")
@content_option
def rename_step_(issue: str, old: str, new_id: str, content: Path | None) -> None:
    """Give the step OLD of ISSUE the id NEW, which is its anchor.

    The old id becomes an alias of the step, and every link in the content is mended. Nothing is
    written unless the result is free of errors.
    """
    _rename(content, lambda loaded: rename_step(loaded, issue, old, new_id))


@rename.command("exchange", epilog="Example: helpcenter rename exchange huobi htx")
@click.argument("old")
@click.argument("new_id", metavar="NEW")
@content_option
def rename_exchange_(old: str, new_id: str, content: Path | None) -> None:
    """Move the exchange OLD and its error codes to the addresses of NEW.

    The files move, the old id becomes an alias and a name that texts are recognised by, and every
    reference and link in the content is mended. Its `name` stays: change that in its file. Nothing
    is written unless the result is free of errors.
    """
    _rename(content, lambda loaded: rename_exchange(loaded, old, new_id))


@rename.command("tip", epilog="Example: helpcenter rename tip use-ips allow-our-addresses")
@click.argument("old")
@click.argument("new_id", metavar="NEW")
@content_option
def rename_tip(old: str, new_id: str, content: Path | None) -> None:
    """Give the tip OLD the id NEW, which is its anchor on the first page."""
    _rename(content, lambda loaded: rename_item(loaded, "tip", old, new_id))


@rename.command("item", epilog="Example: helpcenter rename item ip-set address-allowed")
@click.argument("old")
@click.argument("new_id", metavar="NEW")
@content_option
def rename_item_(old: str, new_id: str, content: Path | None) -> None:
    """Give the checklist item OLD the id NEW; links in which the old one is missing still count."""
    _rename(content, lambda loaded: rename_item(loaded, "item", old, new_id))


@rename.command("test", epilog="Example: helpcenter rename test official-docs exchange-page")
@click.argument("old")
@click.argument("new_id", metavar="NEW")
@content_option
def rename_test(old: str, new_id: str, content: Path | None) -> None:
    """Give the quick test OLD the id NEW; links with an outcome of the old one still count."""
    _rename(content, lambda loaded: rename_item(loaded, "test", old, new_id))


@click.group(epilog="Example: helpcenter retire issue ip-whitelist --to address-not-allowed")
def retire() -> None:
    """Remove what something else replaces; old links lead to that."""


@retire.command(
    "issue", epilog="Example: helpcenter retire issue ip-whitelist --to address-not-allowed"
)
@click.argument("slug")
@click.option(
    "--to",
    metavar="OTHER",
    required=True,
    envvar="HELP_TO",
    show_envvar=True,
    help="The issue that replaces it.",
)
@content_option
def retire_issue_(slug: str, to: str, content: Path | None) -> None:
    """Remove the issue SLUG and let OTHER answer to its addresses.

    References, links and error codes that point to it point to OTHER afterwards, and OTHER takes
    over its phrases, signatures and examples. An example that is diagnosed otherwise there is left
    out and named. Named for you to mend are examples of other pages that are now wrong, and
    questions that now have two answers for the same issue. The text of SLUG goes: move what is
    worth keeping first. Nothing is written unless every page is right.
    """
    root = writable_content(settings_from(content=content))
    loaded = _sound(root)
    changes, told = _or_refuse(lambda: _heir(root, loaded, slug, to))
    _carry_out(root, changes)
    for text, what in told.items():
        click.echo(f"{what}  {_in_a_line(text)}")
    _tell(root, changes)


@click.command(epilog="Example: helpcenter publish")
@content_option
def publish(content: Path | None) -> None:
    """Promise every link that the content makes now: list it in permalinks.txt.

    `helpcenter check` reports from then on when one of them leads nowhere. Run it after adding
    issues, steps, exchanges or error codes; what is listed already stays.
    """
    root = writable_content(settings_from(content=content))
    _sound(root)
    loaded = load(root)
    added = set(published(loaded)) - set(loaded.permalinks)
    path = root / FILE
    if added:
        before = path.read_text("utf-8") if path.exists() else ""
        _carry_out(root, Changes({FILE: with_new(before, added)}))
    total = len(set(loaded.permalinks) | added)
    click.echo(f"{path}: {count(len(added), 'new permalink')}, {total} in all")


@click.command(epilog="Example: helpcenter init my-help")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--starter",
    is_flag=True,
    envvar="HELP_STARTER",
    show_envvar=True,
    help="Write one short example of each kind of file instead, for a product of another kind.",
)
def init(folder: Path, *, starter: bool) -> None:
    """Start the content of your own help center in the new FOLDER.

    It is a copy of the content that comes with the program: its issues, exchanges and error codes.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise Refused(f"{folder} isn't empty; name a folder that isn't there yet")
        names = start(folder, STARTER if starter else ROOT / "content")
    except OSError as error:
        raise Refused(f"{folder} can't be written: {error.strerror}") from None
    click.echo(f"{near(folder)}: {count(len(names), 'file')}")
    click.echo(
        f"Next: put your product's name, your support contact and the IP addresses of your servers "
        f"into {near(folder / 'site.yml')}; then run: helpcenter serve --dev --content {folder}"
    )


def _unanswered(settings: Settings, key: str) -> str:
    """Return the text of a group of unanswered texts that came most often."""
    since = datetime.now(UTC) - timedelta(days=DAYS)
    with closing(Store.open(settings.database)) as store:
        try:
            groups = {one.key: one for one in group(store.unanswered(since))}
        except StoreUnavailableError as error:
            raise Refused(f"the store can't be read: {error}") from None
    if key not in groups:
        raise Refused(f"there is no group `{key}`; {did_you_mean(key, groups)}")
    return groups[key].example


def _name_from(title: str) -> str:
    slug = slugify(title)
    if not slug:
        message = "the title needs a letter from A to Z or a digit: the address is made from it"
        raise Refused(message)
    return slug


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Refused(f"{path} is there already; edit it, or choose another title") from None
    except OSError as error:
        raise Refused(f"{path} can't be written: {error.strerror}") from None
    click.echo(f"{path}\nNext: edit it, remove `draft: true`, and run: helpcenter check")


def _sound(root: Path) -> Content:
    """Return the content with drafts; print its errors and exit if it has any."""
    errors = [one for one in check(load(root)) if one.severity == "error"]
    if errors:
        print_findings(errors)
        click.echo(f"{count(len(errors), 'error')} in {root}; mend the content first.", err=True)
        raise SystemExit(1)
    return load(root, drafts=True)


def _or_refuse(change: Callable[[], T]) -> T:
    try:
        return change()
    except (RefusedChangeError, UneditableError) as error:
        raise Refused(str(error)) from None


def _rename(folder: Path | None, change: Callable[[Content], Changes]) -> None:
    root = writable_content(settings_from(content=folder))
    loaded = _sound(root)
    changes = _or_refuse(lambda: change(loaded))
    _carry_out(root, changes)
    _tell(root, changes)


def _heir(root: Path, content: Content, slug: str, to: str) -> tuple[Changes, dict[str, str]]:
    """Return how to retire an issue, and what a writer has to look at, each with what to say.

    Of the issue's own examples those that its heir can't answer are left out.
    """
    changes = retire_issue(content, slug, to)
    own = next(one.examples for one in content.issues if one.slug == slug)
    told: dict[str, str] = {}
    with trial(root, changes) as after:
        # Otherwise `carry_out` will tell what is wrong.
        if not any(one.severity == "error" for one in check(after)):
            wrong = sorted(_wrong_texts(after))
            told = {text: "left out" if text in own else "now wrong" for text in wrong}
            told |= dict.fromkeys(_pointless_questions(after, to), "asks in vain")
    return retire_issue(content, slug, to, [text for text in told if text in own]), told


def _wrong_texts(content: Content) -> set[str]:
    """Return the examples that are diagnosed otherwise."""
    knowledge = build(content)
    written = {issue.slug: issue.examples for issue in content.issues}
    return {
        written[one.owner][one.index] if isinstance(one.owner, str) else one.text
        for one in wrong_examples(knowledge, engine_of(knowledge))
    }


def _pointless_questions(content: Content, slug: str) -> Iterator[str]:
    """Yield the questions of which several answers mean the issue."""
    for error in content.errors:
        if error.question and [one.issue for one in error.question.options].count(slug) > 1:
            yield f"{error.exchange} {error.code}: {error.question.text}"


def _in_a_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"


def _wrong_entry(content: Content, exchange: str, code: str) -> Iterable[Finding]:
    """Return what is wrong with the content, and with the examples of one code."""
    if errors := [one for one in check(content) if one.severity == "error"]:
        return errors
    knowledge = build(content)
    path = content.root / "errors" / f"{exchange}.yml"
    found = wrong_example(knowledge, engine_of(knowledge))
    return [one for one in found if one.path == str(path) and f" {code}, " in one.message]


def _carry_out(
    root: Path, changes: Changes, prove: Callable[[Content], Iterable[Finding]] = check
) -> None:
    try:
        carry_out(root, changes, prove)
    except BadResultError as error:
        print_findings(error.findings)
        message = f"nothing is changed: it would leave {count(len(error.findings), 'error')}"
        raise Refused(message) from None
    except OSError as error:
        raise Refused(f"{error.filename} can't be written: {error.strerror}") from None


def _tell(root: Path, changes: Changes) -> None:
    """Name every file that was changed, and what to do next."""
    for name in changes.removed:
        click.echo(f"removed  {root / name}")
    for name in sorted(changes.texts):
        click.echo(f"{'created' if name in changes.inherits else 'changed'}  {root / name}")
    click.echo("Next: helpcenter check && helpcenter publish")
