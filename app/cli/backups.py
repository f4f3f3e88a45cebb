"""`helpcenter backup` and `helpcenter restore`: copies of the store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.cli.common import CommandError, count, setting_option, settings_from
from app.feedback.backups import BackupError, back_up
from app.feedback.backups import restore as put_back
from app.feedback.database import Database

data_option = setting_option("data")
database_option = setting_option("database_url")
file_argument = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command(epilog="Example: helpcenter backup /backups/2026-11-22.sqlite3")
@file_argument
@data_option
@database_option
def backup(file: Path, **given: Any) -> None:
    """Copy the store to the new FILE, while the help center runs.

    The copy contains every vote that was acknowledged before. It is checked before it gets its
    name. For PostgreSQL use pg_dump.
    """
    try:
        votes = back_up(_store_file(**given), file)
    except BackupError as error:
        raise CommandError(str(error)) from None
    click.echo(f"{count(votes, 'vote')} in {file}")


@click.command(epilog="Example: helpcenter restore /backups/2026-11-22.sqlite3")
@file_argument
@data_option
@database_option
def restore(file: Path, **given: Any) -> None:
    """Restore the store from FILE; no store may exist yet.

    Stop the help center first, and move the old store away with its files -wal and -shm. For
    PostgreSQL use pg_restore.
    """
    store = _store_file(**given)
    try:
        votes = put_back(file, store)
    except BackupError as error:
        raise CommandError(str(error)) from None
    click.echo(f"{count(votes, 'vote')} in {store}")


def _store_file(**given: Any) -> Path:
    file = Database(settings_from(**given).database).file
    if file is None:
        raise CommandError(
            "the store is in PostgreSQL: use pg_dump and pg_restore (docs/operating.md)"
        )
    return file
