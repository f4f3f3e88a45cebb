"""The commands that write content: new, rename, retire, publish, init."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from app.authoring.editing import UneditableError
from app.authoring.refactoring import (
    BadResultError,
    Changes,
    RefusedChangeError,
    carry_out,
    new_error,
    rename_exchange,
    rename_issue,
    rename_step,
    retire_error,
    retire_exchange,
    retire_issue,
)
from app.authoring.skeleton import STARTER, new_exchange, new_issue, start
from app.checks import check
from app.checks.survey import did_you_mean
from app.cli.common import (
    CommandError,
    content_option,
    count,
    print_findings,
    relative_path,
    setting_option,
    settings_from,
    writable_content,
)
from app.content import history
from app.content.history import dates_text
from app.content.loader import PAGES, Content, load
from app.content.variables import unfilled
from app.feedback.likeness import group
from app.feedback.records import UNANSWERED_DAYS, StoreUnavailableError
from app.feedback.store import Store
from app.model import Exchange, Issue, Slug, slugify
from app.permalinks import PERMALINKS_FILE, published, with_new
from app.settings import ROOT, Settings

_SLUG: TypeAdapter[str] = TypeAdapter(Slug)

slug_option = click.option(
    "--slug",
    metavar="SLUG",
    envvar="HELP_SLUG",
    show_envvar=True,
    help="The file's name without its ending; by default made from the title.",
)


def to_option(help_text: str, *, required: bool = False) -> Callable[[Any], Any]:
    """Return the decorator that adds `--to`, the replacement of something retired."""
    return click.option(
        "--to",
        metavar="OTHER",
        required=required,
        envvar="HELP_TO",
        show_envvar=True,
        help=help_text,
    )


@click.group(epilog='Example: helpcenter new issue "Key Has Expired"')
def new() -> None:
    """Create a content file or entry that is valid from the start."""


@new.command("issue", epilog='Example: helpcenter new issue "Key Has Expired"')
@click.argument("title")
@slug_option
@click.option(
    "--from",
    "key",
    metavar="KEY",
    envvar="HELP_FROM",
    show_envvar=True,
    help="The key of a group of unanswered texts, from `helpcenter insights`.",
)
@content_option
@setting_option("data")
@setting_option("database_url")
def issue_(title: str, slug: str | None, key: str | None, **given: Any) -> None:
    """Create the draft of an issue; its file name comes from TITLE or --slug.

    With --from, the most frequent text of the group becomes its example: once the draft is
    published, `helpcenter check` fails until that text is diagnosed as this issue.
    """
    settings = settings_from(**given)
    root = writable_content(settings)
    content = load(root, drafts=True)
    slug = _slug(slug, title, content.issues)
    example = _unanswered(settings, key) if key else None
    if example and content.site:
        example = unfilled(example, content.site)
    _write_new(root / "issues" / f"{slug}.md", new_issue(title, example))


@new.command("exchange", epilog='Example: helpcenter new exchange "Glass Market"')
@click.argument("name")
@slug_option
@content_option
def exchange_(name: str, slug: str | None, content: Path | None) -> None:
    """Create the draft of an exchange's page; its file name comes from NAME or --slug."""
    root = writable_content(settings_from(content=content))
    slug = _slug(slug, name, load(root, drafts=True).exchanges)
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
    """Add an error code to an exchange, with an example made from CODE and MESSAGE."""
    before, _ = _change(content, lambda loaded: new_error(loaded, exchange, code, message, issue))
    path = before.root / "errors" / f"{exchange}.yml"
    click.echo(f"{path}\nNext: put a real message into `examples`, and run: helpcenter check")


@click.group(epilog="Example: helpcenter rename issue ip-whitelist address-not-allowed")
def rename() -> None:
    """Rename an issue, a step or an exchange; old links redirect.

    Every reference and link in the content is updated. Nothing is written if the result would have
    errors. To rename a tip, a checklist item or a quick test, change its `id` and add the old id
    to its `aliases`.
    """


@rename.command("issue", epilog="Example: helpcenter rename issue ip-whitelist address-not-allowed")
@click.argument("old")
@click.argument("new_slug", metavar="NEW")
@content_option
def rename_issue_(old: str, new_slug: str, content: Path | None) -> None:
    """Move the issue OLD to /issues/NEW; its old slug becomes an alias."""
    _tell(*_change(content, lambda loaded: rename_issue(loaded, old, new_slug)))


@rename.command("step", epilog="Example: helpcenter rename step wrong-key copy-it copy-the-key")
@click.argument("issue")
@click.argument("old")
@click.argument("new_id", metavar="NEW")
@content_option
def rename_step_(issue: str, old: str, new_id: str, content: Path | None) -> None:
    """Change the id of the step OLD of ISSUE to NEW; the old id becomes an alias."""
    _tell(*_change(content, lambda loaded: rename_step(loaded, issue, old, new_id)))


@rename.command("exchange", epilog="Example: helpcenter rename exchange huobi htx")
@click.argument("old")
@click.argument("new_id", metavar="NEW")
@content_option
def rename_exchange_(old: str, new_id: str, content: Path | None) -> None:
    """Move the exchange OLD and its error codes to NEW.

    The old id becomes an alias, and pasted texts that use it are still recognised. The exchange's
    `name` stays: change it in the file.
    """
    _tell(*_change(content, lambda loaded: rename_exchange(loaded, old, new_id)))


@click.group(epilog="Example: helpcenter retire issue ip-whitelist --to address-not-allowed")
def retire() -> None:
    """Remove an issue, an error code or an exchange; its links redirect.

    Nothing is written if the result would have errors.
    """


@retire.command(
    "issue", epilog="Example: helpcenter retire issue ip-whitelist --to address-not-allowed"
)
@click.argument("slug")
@to_option("The issue that replaces it.", required=True)
@content_option
def retire_issue_(slug: str, to: str, content: Path | None) -> None:
    """Remove the issue SLUG and redirect its links to OTHER.

    References, links and error codes of SLUG then lead to OTHER, which gets its phrases, signatures
    and examples. All other texts of SLUG are deleted: first move the texts that you want to keep.
    """
    _tell(*_change(content, lambda loaded: retire_issue(loaded, slug, to)))


@retire.command(
    "error",
    context_settings={"ignore_unknown_options": True},
    epilog="Example: helpcenter retire error binance -2015 --to wrong-key",
)
@click.argument("exchange")
@click.argument("code")
@to_option("The issue its links lead to; by default the likeliest issue of the code.")
@content_option
def retire_error_(exchange: str, code: str, to: str | None, content: Path | None) -> None:
    """Remove CODE of EXCHANGE and redirect its links to an issue."""
    _tell(*_change(content, lambda loaded: retire_error(loaded, exchange, code, to)))


@retire.command("exchange", epilog="Example: helpcenter retire exchange ftx")
@click.argument("exchange")
@to_option("The exchange its links lead to; by default the list of exchanges.")
@content_option
def retire_exchange_(exchange: str, to: str | None, content: Path | None) -> None:
    """Remove EXCHANGE with its error codes and steps, and redirect its links.

    The links of an error code lead to its likeliest issue, those of a step to its issue.
    """
    _tell(*_change(content, lambda loaded: retire_exchange(loaded, exchange, to)))


@click.command(epilog="Example: helpcenter publish")
@content_option
def publish(content: Path | None) -> None:
    """Add all current links to permalinks.txt, so that `check` protects them.

    Run it before you publish changed content. It also writes dates.txt: the days of the last
    changes, for the pages, the sitemap and the feed.
    """
    root = writable_content(settings_from(content=content))
    _sound(root)
    loaded = load(root)
    added = set(published(loaded)) - set(loaded.permalinks)
    path = root / PERMALINKS_FILE
    texts: dict[str, str] = {}
    if added:
        before = path.read_text("utf-8") if path.exists() else ""
        texts[PERMALINKS_FILE] = with_new(before, added)
    pages = {
        source.path: source.text for source in loaded.sources if source.kind in {*PAGES, "errors"}
    }
    dates = dates_text(pages, loaded.changes, dt.date.today())
    dates_path = root / history.DATES_FILE
    if not dates_path.exists() or dates_path.read_text("utf-8") != dates:
        texts[history.DATES_FILE] = dates
    if texts:
        _carry_out(root, Changes(texts))
    total = len(set(loaded.permalinks) | added)
    click.echo(f"{path}: {count(len(added), 'new permalink')}, {total} in all")


@click.command(epilog="Example: helpcenter init my-help")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--starter",
    is_flag=True,
    envvar="HELP_STARTER",
    show_envvar=True,
    help="Write a short example of each file instead, for a product without exchanges.",
)
def init(folder: Path, *, starter: bool) -> None:
    """Create the content of your own help center in the new FOLDER.

    It is a copy of the program's own content: its issues, exchanges and error codes.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CommandError(f"{folder} isn't empty; choose a new folder")
        names = start(folder, STARTER if starter else ROOT / "content")
    except OSError as error:
        raise CommandError(f"{folder} can't be written: {error.strerror}") from None
    click.echo(f"{relative_path(folder)}: {count(len(names), 'file')}")
    site = relative_path(folder / "site.yml")
    click.echo(
        f"Next: put your product's name, your support contact and the IP addresses of your servers "
        f"into {site}; then run: helpcenter serve --dev --content {folder}"
    )


def _unanswered(settings: Settings, key: str) -> str:
    """Return the most frequent text of a group of unanswered texts."""
    since = datetime.now(UTC) - timedelta(days=UNANSWERED_DAYS)
    with closing(Store.open(settings.database)) as store:
        try:
            groups = {found.key: found for found in group(store.unanswered(since))}
        except StoreUnavailableError as error:
            raise CommandError(f"the store can't be read: {error}") from None
    if key not in groups:
        raise CommandError(f"there is no group `{key}`; {did_you_mean(key, groups)}")
    return groups[key].example


def _slug(given: str | None, title: str, others: Iterable[Issue | Exchange]) -> str:
    """Return the file name of a new page: the given name, or a name made from the title."""
    slug = given or slugify(title)
    for other in others:
        if slug in other.aliases:
            raise CommandError(f"`{slug}` is an old name of {other.url}; choose another --slug")
    try:
        return _SLUG.validate_python(slug)
    except ValidationError:
        fix = "give lower-case words joined by hyphens, as in --slug key-has-expired"
        reason = f"`{given}` can't be a file name" if given else f"“{title}” gives no file name"
        raise CommandError(f"{reason}; {fix}") from None


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise CommandError(f"{path} already exists; edit it, or choose another --slug") from None
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}") from None
    click.echo(f"{path}\nNext: edit it, remove `draft: true`, and run: helpcenter check")


def _sound(root: Path) -> Content:
    """Return the content with drafts; print its errors and exit if it has any."""
    errors = [finding for finding in check(load(root)) if finding.severity == "error"]
    if errors:
        print_findings(errors)
        click.echo(f"{count(len(errors), 'error')} in {root}. Fix them first.", err=True)
        raise SystemExit(1)
    return load(root, drafts=True)


def _change(folder: Path | None, change: Callable[[Content], Changes]) -> tuple[Content, Changes]:
    """Compute a change of sound content and write it; return the content before, and the change."""
    root = writable_content(settings_from(content=folder))
    content = _sound(root)
    try:
        changes = change(content)
    except (RefusedChangeError, UneditableError) as error:
        raise CommandError(str(error)) from None
    _carry_out(root, changes)
    return content, changes


def _carry_out(root: Path, changes: Changes) -> None:
    try:
        carry_out(root, changes)
    except BadResultError as error:
        print_findings(error.findings)
        errors = count(len(error.findings), "error")
        raise CommandError(f"Nothing was changed: the content would have {errors}") from None
    except OSError as error:
        raise CommandError(f"{error.filename} can't be written: {error.strerror}") from None


def _tell(before: Content, changes: Changes) -> None:
    """Print every file that was changed, and what to do next."""
    for name in changes.removed:
        click.echo(f"removed  {before.root / name}")
    for name in sorted(changes.texts):
        click.echo(f"{'created' if name in changes.moved else 'changed'}  {before.root / name}")
    # A translation has the path and the step ids of its source; `update` finds its texts again.
    move_translations = "helpcenter translations update && " if before.translations else ""
    click.echo(f"Next: {move_translations}helpcenter check && helpcenter publish")
