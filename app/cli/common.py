"""What the commands share: options, refusals, and the way from a folder to an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from unicodedata import category

import click
from pydantic import ValidationError

from app.settings import ROOT, Settings

# The content and the engine are imported by the commands that need them.
if TYPE_CHECKING:
    from app.diagnosis.engine import Engine
    from app.knowledge import BrokenContentError, KnowledgeBase
    from app.model import Finding

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

REDACTION_RULES = ROOT / "static" / "redaction-rules.json"
"""What is taken out of pastes, the same rules as in the browser."""


class Refused(click.ClickException):
    """A command that can't do what it was asked to: one line on stderr, exit code 2."""

    exit_code = 2


def setting_option(name: str, kind: click.ParamType[Any]) -> Callable[[CommandT], CommandT]:
    """Return the decorator that adds the option for a setting; None when it isn't given."""
    field = Settings.model_fields[name]
    return click.option(
        f"--{name.replace('_', '-')}",
        type=kind,
        metavar={"content": "DIR", "data": "DIR", "database_url": "URL"}.get(name, name.upper()),
        envvar=f"HELP_{name.upper()}",
        show_envvar=True,
        show_default=False if isinstance(field.default, Path | None) else str(field.default),
        help=field.description,
    )


content_option = setting_option("content", click.Path(exists=True, file_okay=False, path_type=Path))


def load_knowledge(settings: Settings) -> KnowledgeBase:
    """Load the content and build its knowledge base; exit with its errors if it has any."""
    from app.content.loader import load  # noqa: PLC0415
    from app.knowledge import BrokenContentError, build  # noqa: PLC0415

    try:
        return build(load(near(settings.content)))
    except BrokenContentError as error:
        raise broken(error, settings) from None


def engine_of(knowledge: KnowledgeBase) -> Engine:
    """Return the engine that diagnoses with `knowledge`."""
    from app.diagnosis.engine import Engine  # noqa: PLC0415
    from app.diagnosis.redaction import Redactor  # noqa: PLC0415

    return Engine(knowledge, Redactor.from_file(REDACTION_RULES))


def broken(error: BrokenContentError, settings: Settings) -> SystemExit:
    """Print what makes the content unfit, and return the way out."""
    print_findings(error.findings)
    errors = count(len(error.findings), "error")
    click.echo(f"{errors} in {settings.content}; mend the content first.", err=True)
    return SystemExit(1)


def settings_from(**given: Any) -> Settings:
    """Return the settings: the given options, else the environment, else the defaults."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = (
            f"HELP_{'_'.join(str(part) for part in detail['loc']).upper()}: "
            f"{detail['msg'].removeprefix('Value error, ')}"
            for detail in error.errors()
        )
        raise Refused("; ".join(problems)) from None


def near(path: Path) -> Path:
    """Return `path` as seen from the working directory when it is below: shorter to read."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def printable(text: str) -> str:
    """Return what strangers wrote for a terminal, without what moves cursors or turns lines."""
    return "".join(
        letter
        if letter == "\n" or category(letter) not in {"Cc", "Cf"}
        else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


def count(number: int, noun: str) -> str:
    """Return a number with its noun, as in "1 file" and "2 files"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def print_findings(findings: Iterable[Finding]) -> None:
    """Print each finding on a line, `path:line: rule: message`."""
    for finding in findings:
        click.echo(str(finding))
