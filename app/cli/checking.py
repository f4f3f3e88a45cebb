"""`helpcenter check`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal

import click

from app.checks import check as check_content
from app.checks import in_order
from app.checks.proof import prove
from app.cli.common import (
    content_option,
    count,
    engine_of,
    print_findings,
    printable,
    redactor,
    relative_path,
    settings_from,
)
from app.content.loader import load
from app.knowledge import build
from app.model import Finding

Format = Literal["text", "json", "github"]
Printer = Callable[[Iterable[Finding]], None]


@click.command(epilog="Example: helpcenter check --content docs/help --format github")
@content_option
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    envvar="HELP_FORMAT",
    show_envvar=True,
    show_default=True,
    help="json: a list of objects; github: annotations in a pull request.",
)
@click.option(
    "--external",
    is_flag=True,
    envvar="HELP_EXTERNAL",
    show_envvar=True,
    help="Also check links to other sites; needs a network and takes a while.",
)
def check(content: Path | None, output: Format, *, external: bool) -> None:
    """Report every mistake in the content, with its fix.

    Each mistake is a line, `path:line: rule: message`. If there are no errors, every example is
    diagnosed too, and must give its own issue or error code. docs/rules.md lists the rules.

    The exit code is 1 if there are errors. Warnings don't change it.
    """
    loaded = load(relative_path(settings_from(content=content).content))
    findings = check_content(loaded, redactor=redactor(), ask_others=external)
    if all(finding.severity != "error" for finding in findings):
        knowledge = build(loaded)
        findings = in_order((*findings, *prove(knowledge, engine_of(knowledge))))
    PRINTERS[output](findings)
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    files = count(len(loaded.sources), "file")
    found = f"{count(errors, 'error')} and {count(warnings, 'warning')}"
    click.echo(f"{found if findings else 'No mistakes'} in {files}.", err=True)
    raise SystemExit(1 if errors else 0)


def _print_json(findings: Iterable[Finding]) -> None:
    click.echo(json.dumps([finding.model_dump() for finding in findings], indent=2))


def _print_github(findings: Iterable[Finding]) -> None:
    """Print workflow commands of GitHub Actions, escaped as its toolkit does."""
    for finding in findings:
        place = f"line={finding.line},col={finding.column}"
        path, title = (_escape(text, ":,") for text in (finding.path, finding.rule))
        message = _escape(finding.message)
        click.echo(printable(f"::{finding.severity} file={path},{place},title={title}::{message}"))


def _escape(text: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


PRINTERS: Mapping[Format, Printer] = {
    "text": print_findings,
    "json": _print_json,
    "github": _print_github,
}
