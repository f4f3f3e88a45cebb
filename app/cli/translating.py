"""`helpcenter translations`: the state of the languages, and PO files for translators."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
from click.core import ParameterSource

from app.authoring.translating import (
    UnreadableCatalogError,
    from_po,
    states,
    to_po,
    unknown,
    update,
)
from app.cli.common import CommandError, content_option, count, settings_from, writable_content
from app.content.loader import Content, load
from app.languages import Language, language

language_argument = click.argument("name", metavar="LANGUAGE")
paths_argument = click.argument("paths", metavar="[PATH]...", nargs=-1)


@click.group(invoke_without_command=True, epilog="Example: helpcenter translations")
@content_option
@click.pass_context
def translations(context: click.Context, content: Path | None) -> None:
    """Show how much of the content is translated, and help to translate it.

    docs/translating.md explains how to translate.
    """
    if command := context.invoked_subcommand:
        if context.get_parameter_source("content") is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"write --content behind {command}")
        return
    loaded = load(settings_from(content=content).content, drafts=True)
    for translation in loaded.translations.values():
        found = states(loaded, translation.language)
        listed = ", ".join(f"{found.get(state, 0)} {state}" for state in ("current", "stale"))
        click.echo(f"{translation.language.folder}: {listed}, {found.get('missing', 0)} missing")


@translations.command("new", epilog="Example: helpcenter translations new pt-br")
@language_argument
@content_option
def new(name: str, content: Path | None) -> None:
    """Create the folder of a language, filled with the English texts.

    LANGUAGE is a tag in lower case, such as es, pt-br or zh-hans.
    """
    root = writable_content(settings_from(content=content))
    loaded = load(root, drafts=True)
    found = _known(name)
    if name in loaded.translations:
        raise CommandError(
            f"{root / name} already exists; use `helpcenter translations update {name}`"
        )
    click.echo(f"{count(_write(update(loaded, found)), 'file')} written in {root / name}")


@translations.command("update", epilog="Example: helpcenter translations update es")
@click.argument("names", metavar="[LANGUAGE]...", nargs=-1)
@click.option(
    "--accept",
    "accepted",
    metavar="PATH",
    multiple=True,
    envvar="HELP_ACCEPT",
    show_envvar=True,
    help="Mark the stale texts of this source file (such as issues/x.md) as current.",
)
@content_option
def update_(names: tuple[str, ...], accepted: tuple[str, ...], content: Path | None) -> None:
    """Mark translated texts, add missing texts, and remove texts without a source.

    Without LANGUAGE all languages are updated. Equal source texts get the same translation.
    """
    loaded = load(writable_content(settings_from(content=content)), drafts=True)
    for name in names or loaded.translations:
        changed = _write(update(loaded, _folder(loaded, name), accepted=accepted))
        click.echo(f"{name}: {count(changed, 'file')} written")


@translations.command("export", epilog="Example: helpcenter translations export es > es.po")
@language_argument
@paths_argument
@click.option(
    "--all",
    "everything",
    is_flag=True,
    envvar="HELP_ALL",
    show_envvar=True,
    help="Export translated texts too.",
)
@content_option
def export(name: str, paths: tuple[str, ...], *, everything: bool, content: Path | None) -> None:
    """Print a PO file with the missing and stale texts, for a translator's tool.

    PATH limits it to a source file or folder, such as issues or errors/okx.yml.
    """
    loaded = load(settings_from(content=content).content, drafts=True)
    click.echo(to_po(loaded, _folder(loaded, name), paths, everything=everything), nl=False)


@translations.command("import", epilog="Example: helpcenter translations import es es.po")
@language_argument
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@content_option
def import_(name: str, files: tuple[Path, ...], content: Path | None) -> None:
    """Add the translations of PO files, except empty and fuzzy entries."""
    loaded = load(writable_content(settings_from(content=content)), drafts=True)
    target = _folder(loaded, name)
    given: dict[str, str] = {}
    for file in files:
        try:
            given |= from_po(file.read_bytes(), target)
        except UnreadableCatalogError as error:
            raise CommandError(f"{file}: {error}") from None
    changed = _write(update(loaded, target, given=given))
    click.echo(f"{count(len(given), 'text')} read, {count(changed, 'file')} written")
    if strangers := unknown(loaded, target, given):
        message = f"{count(strangers, 'text')} left out: the source texts have changed"
        click.echo(f"Warning: {message}", err=True)


def _known(name: str) -> Language:
    found = language(name)
    if found is None:
        raise CommandError(
            f"{name} is not a language; write a tag in lower case, such as es or pt-br"
        )
    return found


def _folder(content: Content, name: str) -> Language:
    if name not in content.translations:
        _known(name)
        message = f"there is no folder {content.root / name}"
        raise CommandError(f"{message}; create it with `helpcenter translations new {name}`")
    return content.translations[name].language


def _write(files: Mapping[Path, str | None]) -> int:
    """Write files, and delete files whose text is None; return how many changed."""
    changed = 0
    for path, text in files.items():
        if text is None:
            path.unlink()
        elif path.is_file() and path.read_text("utf-8") == text:
            continue
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
        changed += 1
    return changed
