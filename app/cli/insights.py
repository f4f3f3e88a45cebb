"""`helpcenter insights`."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from app.cli.common import (
    CommandError,
    content_option,
    load_knowledge,
    printable,
    setting_option,
    settings_from,
)
from app.feedback.records import StoreUnavailableError
from app.feedback.store import Store
from app.insights import collect, render, summarise


@click.command(epilog="Example: helpcenter insights")
@content_option
@setting_option("data", exists=True)
@setting_option("database_url")
def insights(**given: Any) -> None:
    """Show what visitors asked and didn't find, and which pages didn't help.

    Prints the content of the page /insights.
    """
    settings = settings_from(**given)
    knowledge = load_knowledge(settings)
    with closing(Store.open(settings.database)) as store:
        try:
            collected = collect(store)
        except StoreUnavailableError as error:
            raise CommandError(f"the store can't be read: {error}") from None
    click.echo(printable(render(summarise(collected, knowledge))))
