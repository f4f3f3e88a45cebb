"""`helpcenter schema`: JSON Schemas of the content files."""

from __future__ import annotations

import json

import click

from app.content.schema import FILES, schema


@click.command("schema", epilog="Example: helpcenter schema issue > issue.json")
@click.argument("kind", type=click.Choice(list(FILES)), required=False)
def print_schema(kind: str | None) -> None:
    """Print the JSON Schema of the files of KIND; without KIND, list the kinds.

    For Markdown files it describes the front matter. The folder `schemas` contains all schemas.
    """
    for name, files in FILES.items():
        if kind is None:
            click.echo(f"{name:<12}{files}")
        elif name == kind:
            click.echo(json.dumps(schema(name), indent=2))
