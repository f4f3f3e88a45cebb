"""Shared by the commands: options, refusals, and loading content and engine."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin
from unicodedata import category

import click
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from app.settings import BUNDLED, PREFIX, REDACTION_RULES, Settings

# The content and the engine are imported by the commands that need them.
if TYPE_CHECKING:
    from app.diagnosis.engine import Engine
    from app.diagnosis.redaction import Redactor
    from app.knowledge import BrokenContentError, KnowledgeBase
    from app.model import Finding

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


class CommandError(click.ClickException):
    """A refused command: a line on stderr, exit code 2."""

    exit_code = 2

    def format_message(self) -> str:
        """Return the message for a terminal."""
        return printable(self.message)


def setting_option(name: str, *, exists: bool = False) -> Callable[[CommandT], CommandT]:
    """Return the decorator that adds the flag of a setting; the flag is None if it isn't given.

    With `exists`, its folder must exist.
    """
    field = Settings.model_fields[name]
    flag = f"--{name.replace('_', '-')}"
    has_default = not (field.default is None or isinstance(field.default, (Path, tuple)))
    is_switch = field.annotation is bool
    return click.option(
        f"{flag}/--no{flag[1:]}" if is_switch else flag,
        type=_click_type(field, exists=exists),
        default=None,
        metavar=None if is_switch else _metavar(name, field),
        envvar=f"{PREFIX}{name.upper()}",
        show_envvar=True,
        show_default=str(field.default).lower() if has_default else False,
        help=field.description,
    )


def setting_options(command: CommandT) -> CommandT:
    """Add the flags of all settings to a command, in the order of their declaration."""
    for name in reversed(Settings.model_fields):
        command = setting_option(name, exists=name in {"content", "templates"})(command)
    return command


def _click_type(field: FieldInfo, *, exists: bool) -> click.ParamType[Any]:
    """Return click's type for a setting, so that `--help` shows its bounds and its choices."""
    if get_origin(field.annotation) is Literal:
        return click.Choice(get_args(field.annotation))
    bounds = {"min": _bound(field, "ge"), "max": _bound(field, "le")}
    kinds: Mapping[object, click.ParamType[Any]] = {
        bool: click.BOOL,
        int: click.IntRange(**bounds),
        float: click.FloatRange(**bounds),
        Path: click.Path(exists=exists, file_okay=False, path_type=Path),
        Path | None: click.Path(exists=exists, file_okay=False, path_type=Path),
    }
    return kinds.get(field.annotation, click.STRING)


def _bound(field: FieldInfo, name: str) -> Any:
    return next(
        (getattr(constraint, name) for constraint in field.metadata if hasattr(constraint, name)),
        None,
    )


def _metavar(name: str, field: FieldInfo) -> str | None:
    if get_origin(field.annotation) is Literal:
        return None  # click shows the choices
    if field.annotation in {Path, Path | None}:
        return "DIR"
    return name.rpartition("_")[2].upper()


content_option = setting_option("content", exists=True)


def warn_of_unknown_settings(options: Callable[[], Iterable[str]]) -> None:
    """Warn of each variable `HELP_...` that neither a setting nor any of the `options` reads.

    `options` is called only if there is such a variable.
    """
    settings = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = {name for name in os.environ if name.startswith(PREFIX)} - settings
    if unknown:
        known = {name.removeprefix(PREFIX): name for name in settings.union(options())}
        for name in sorted(unknown - set(known.values())):
            near = difflib.get_close_matches(name.removeprefix(PREFIX), known, n=1)
            fix = f"did you mean {known[near[0]]}?" if near else "docs/settings.md lists them"
            click.echo(printable(f"Warning: {name} is not a setting; {fix}"), err=True)


def load_knowledge(settings: Settings) -> KnowledgeBase:
    """Load the content and build its knowledge base; exit with its errors if it has any."""
    from app.content.loader import load  # noqa: PLC0415
    from app.knowledge import BrokenContentError, build  # noqa: PLC0415

    try:
        return build(load(relative_path(settings.content)))
    except BrokenContentError as error:
        raise exit_with_errors(error, settings) from None


def engine_of(knowledge: KnowledgeBase) -> Engine:
    """Return the engine that diagnoses with `knowledge`."""
    from app.diagnosis.engine import Engine  # noqa: PLC0415

    return Engine(knowledge, redactor())


def redactor() -> Redactor:
    """Return the redactor, which uses the same rules as the browser."""
    from app.diagnosis.redaction import Redactor  # noqa: PLC0415

    return Redactor.from_file(REDACTION_RULES)


def exit_with_errors(error: BrokenContentError, settings: Settings) -> SystemExit:
    """Print the errors of the content, and return the exit."""
    print_findings(error.findings)
    errors = count(len(error.findings), "error")
    click.echo(f"{errors} in {settings.content}. Fix them first.", err=True)
    return SystemExit(1)


def settings_from(**given: Any) -> Settings:
    """Return the settings: the given options, then the environment, then the defaults."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = (
            f"{PREFIX}{str(each['loc'][0]).upper()}: {each['msg'].removeprefix('Value error, ')}"
            for each in error.errors()
        )
        raise CommandError("; ".join(problems)) from None


def writable_content(settings: Settings) -> Path:
    """Return the content folder for a command that writes; refuse the content of the program."""
    folder = settings.content.resolve()
    if folder.is_relative_to(BUNDLED):
        message = f"{folder} belongs to the program; copy it first: helpcenter init FOLDER"
        raise CommandError(f"{message}, then use the copy with --content or HELP_CONTENT")
    return relative_path(settings.content)


def relative_path(path: Path) -> Path:
    """Return `path` relative to the working directory if it is below it: shorter to read."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def printable(text: str) -> str:
    """Return a text for a terminal: without control and formatting characters."""
    return "".join(
        letter
        if letter == "\n" or category(letter) not in {"Cc", "Cf"}
        else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


def count(number: int, noun: str) -> str:
    """Return a number with its noun, such as "1 file" and "2 files"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def print_findings(findings: Iterable[Finding]) -> None:
    """Print each finding on a line, `path:line: rule: message`."""
    for finding in findings:
        click.echo(printable(" ".join(str(finding).split("\n"))))
