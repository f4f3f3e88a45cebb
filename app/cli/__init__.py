"""The command line, and the only code that exits.

Exit codes: 0 success, 1 findings, 2 wrong usage (a port in use, for example).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

import click

from app.cli.common import warn_of_unknown_settings

COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("serving", "serve"),
    "mcp": ("mcp", "serve_stdio"),
    "export": ("exporting", "export"),
    "check": ("checking", "check"),
    "diagnose": ("diagnosing", "diagnose"),
    "evaluate": ("diagnosing", "evaluate"),
    "schema": ("schema", "print_schema"),
    "insights": ("insights", "insights"),
    "backup": ("backups", "backup"),
    "restore": ("backups", "restore"),
    "new": ("writing", "new"),
    "rename": ("writing", "rename"),
    "retire": ("writing", "retire"),
    "publish": ("writing", "publish"),
    "init": ("writing", "init"),
    "translations": ("translating", "translations"),
}
"""Every command: its module in this package, and its function in that module."""


class _Commands(click.Group):
    """Imports a command only when it runs, so that `--help` and small commands start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"app.cli.{module}"), function)
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 92},
    epilog="Example: helpcenter serve",
)
@click.pass_context
def main(context: click.Context) -> None:
    """Run a help center, and check and edit its content.

    Every option also has an environment variable; the option wins. Exit codes: 0 success,
    1 findings, 2 wrong usage.
    """
    warn_of_unknown_settings(lambda: _variables(context.command, context))


def _variables(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield the environment variables that the options of a command and its subcommands read."""
    for parameter in command.params:
        if isinstance(parameter.envvar, str):
            yield parameter.envvar
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if child := command.get_command(context, name):
                yield from _variables(child, context)
