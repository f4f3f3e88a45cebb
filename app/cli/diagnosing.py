"""`helpcenter diagnose` and `helpcenter evaluate`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO

import click

from app.cli.common import (
    CommandError,
    content_option,
    engine_of,
    load_knowledge,
    printable,
    settings_from,
)
from app.diagnosis.ids import NOTHING_TO_ASK
from app.diagnosis.output import to_json, to_text
from app.evaluation import BadCaseError, render
from app.evaluation import evaluate as evaluate_cases
from app.evaluation import interview as interview_cases
from app.model import Observations


@click.command(epilog="Example: helpcenter diagnose --exchange okx < error.log")
@click.option(
    "--exchange",
    metavar="ID",
    envvar="HELP_EXCHANGE",
    show_envvar=True,
    help="The exchange, such as okx, if the text doesn't name it.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="HELP_JSON",
    show_envvar=True,
    help="Print the response of POST /api/v1/diagnose.",
)
@content_option
def diagnose(exchange: str | None, content: Path | None, *, as_json: bool) -> None:
    """Diagnose the error on standard input.

    Nothing is stored. The exit code is 0 with and without an answer.
    """
    knowledge = load_knowledge(settings_from(content=content))
    chosen = knowledge.exchange(exchange)
    if exchange and chosen is None:
        known = ", ".join(exchange.id for exchange in knowledge.exchanges) or "none"
        raise CommandError(f"there is no exchange `{exchange}`; choose from: {known}")
    if sys.stdin.isatty():
        click.echo("Paste the error, then press Enter and Ctrl+D:", err=True)
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    observations = Observations(text=text, exchange=chosen.id if chosen else None)
    diagnosis = engine_of(knowledge).diagnose(observations)
    if as_json:
        click.echo(_printable_json(to_json(diagnosis, knowledge, observations)))
    else:
        click.echo(printable(to_text(diagnosis, knowledge, observations)))


@click.command(epilog="Example: helpcenter evaluate tests/reports/held_out.jsonl")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option(
    "--interview",
    is_flag=True,
    envvar="HELP_INTERVIEW",
    show_envvar=True,
    help="Also answer the questions of each diagnosis truthfully, three at most.",
)
@content_option
def evaluate(file: IO[str], content: Path | None, *, interview: bool) -> None:
    """Score the diagnosis on the labelled cases of FILE.

    Each line is a JSON object: `text`, `expected` (the slug of an issue, or none), `also` (other
    right answers), `kind`, `lang`, `exchange`. Prints the scores, overall and by kind, issue,
    language and exchange; the confusions; and each miss.
    """
    knowledge = load_knowledge(settings_from(content=content))
    engine = engine_of(knowledge)
    try:
        lines = file.readlines()
        evaluation = evaluate_cases(lines, engine)
    except (BadCaseError, UnicodeDecodeError) as error:
        raise CommandError(f"{file.name}: {error}") from None
    click.echo(printable(render(evaluation)), nl=False)
    if interview:
        played = interview_cases(lines, engine, knowledge.diagnostic or NOTHING_TO_ASK)
        click.echo(f"\nreached in three questions  {played.reached}, {played.asked} asked")


def _printable_json(value: object) -> str:
    """Return JSON with unescaped letters and escaped control characters."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(
        letter if letter == "\n" or letter == printable(letter) else json.dumps(letter)[1:-1]
        for letter in text
    )
