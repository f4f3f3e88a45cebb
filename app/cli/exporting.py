"""`helpcenter export`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app.cli.common import (
    CommandError,
    content_option,
    count,
    exit_with_errors,
    setting_option,
    settings_from,
)


@click.command(epilog="Example: helpcenter export public --base-url https://help.example.com")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@content_option
@setting_option("templates", exists=True)
@setting_option("base_url")
def export(
    folder: Path, content: Path | None, templates: Path | None, base_url: str | None
) -> None:
    """Write all pages in all languages to FOLDER, for a static host or a disk.

    Forms post to the server at --base-url; without it they are left out. FOLDER must be new or
    empty.
    """
    from app.export import export as write  # noqa: PLC0415
    from app.knowledge import BrokenContentError  # noqa: PLC0415
    from app.web.application import create_app  # noqa: PLC0415

    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise CommandError(f"{folder} can't be written: {error.strerror}") from None
    if not is_empty:
        raise CommandError(f"{folder} isn't empty; choose a new folder")
    with TemporaryDirectory() as data:
        settings = settings_from(
            content=content,
            templates=templates,
            base_url=base_url,
            data=Path(data),
            watch=0,
            status=False,
        )
        try:
            application = create_app(settings)
        except BrokenContentError as error:
            raise exit_with_errors(error, settings) from None
        languages = application.live.languages()
        try:
            done = asyncio.run(
                write(application, folder, languages, (settings.base_url or "").rstrip("/"))
            )
        except OSError as error:
            raise CommandError(f"{folder} can't be written: {error.strerror or error}") from None
    pages, files = count(done.pages, "page"), count(done.files, "other file")
    click.echo(f"{pages} and {files} in {folder}")
