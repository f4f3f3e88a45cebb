"""The command line, and the only place that exits.

Exit codes: 0 good, 1 findings, 2 wrong usage (which includes a port that is taken).
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Literal, TypeVar

import click
from pydantic import ValidationError

from app.content.checks import check as check_content
from app.content.checks import in_order
from app.content.loader import load
from app.content.skeleton import new_issue
from app.diagnosis.engine import Engine
from app.diagnosis.presentation import to_json, to_text
from app.diagnosis.proof import example_findings
from app.diagnosis.redaction import Redactor
from app.evaluation import BadCaseError, render
from app.evaluation import evaluate as evaluate_cases
from app.knowledge import BrokenContentError, KnowledgeBase, build
from app.model import Finding, Observations, slugify
from app.settings import ROOT, Settings

Format = Literal["text", "json", "github"]
Printer = Callable[[Iterable[Finding]], None]
CommandT = TypeVar("CommandT", bound=Callable[..., Any])

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"uvicorn": {"level": "WARNING"}},
}
"""One line an event on stderr; no line a request, since that halves the throughput."""

REDACTION_RULES = ROOT / "static" / "redaction-rules.json"
"""What is taken out of pastes, the same rules as in the browser."""

BACKLOG = 2048
"""Connections that wait while all others are served."""


class Refused(click.ClickException):
    """A command that can't do what it was asked to: one line on stderr, exit code 2."""

    exit_code = 2


def setting_option(name: str, kind: click.ParamType[Any]) -> Callable[[CommandT], CommandT]:
    """Return the decorator that adds the option for a setting; None when it isn't given."""
    field = Settings.model_fields[name]
    return click.option(
        f"--{name}",
        type=kind,
        metavar={"content": "DIR", "data": "DIR"}.get(name, name.upper()),
        envvar=f"HELP_{name.upper()}",
        show_envvar=True,
        show_default=False if isinstance(field.default, Path) else str(field.default),
        help=field.description,
    )


content_option = setting_option("content", click.Path(exists=True, file_okay=False, path_type=Path))


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 92},
    epilog="Example: helpcenter serve",
)
def main() -> None:
    """Run a help center, and keep its content right.

    Every option can be set in the environment instead; the option wins. Exit codes: 0 good,
    1 findings, 2 wrong usage.
    """


@main.command(epilog="Example: helpcenter serve --host 0.0.0.0 --port 80")
@setting_option("host", click.STRING)
@setting_option("port", click.IntRange(0, 65535))
@content_option
@setting_option("data", click.Path(file_okay=False, path_type=Path))
@click.option(
    "--dev",
    is_flag=True,
    default=None,
    envvar="HELP_DEV",
    show_envvar=True,
    help=Settings.model_fields["dev"].description,
)
@setting_option("watch", click.FloatRange(min=0))
def serve(**given: Any) -> None:
    """Serve the help center until Ctrl+C.

    Content with errors isn't served: they are printed, and the exit code is 1. Content that
    changes meanwhile is served as soon as it has no errors; until then the old one goes on.
    HELP_BASE_URL (https://help.example.com) says where visitors find the help center, for
    canonical links.
    """
    settings = _settings(**given)
    settings = settings.model_copy(update={"content": _near(settings.content)})
    with _listen(settings.host, settings.port) as listener:
        _run(settings, listener)


def _listen(host: str, port: int) -> socket.socket:
    """Take the port, before anything is loaded; a port that is taken is wrong usage."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        # Python adds the address to some of the reasons.
        reason = (error.strerror or str(error)).partition(" (while")[0]
        message = f"can't listen on {host}, port {port}: {reason}; choose another --host or --port"
        raise Refused(message) from None


def _run(settings: Settings, listener: socket.socket) -> None:
    # Not above: the other commands start in half the time without the web part.
    import uvicorn  # noqa: PLC0415

    from app.web.application import create_app  # noqa: PLC0415

    try:
        application = create_app(settings)
    except BrokenContentError as error:
        raise _broken(error, settings) from None
    config = uvicorn.Config(
        application, log_config=LOGGING, access_log=False, server_header=False, backlog=BACKLOG
    )
    server = uvicorn.Server(config)
    application.state.is_stopping = lambda: server.should_exit
    address, port = listener.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    click.echo(f"Help center on http://{shown}:{port} (Ctrl+C to stop)", err=True)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return
    if not server.started:
        raise SystemExit(1)


@main.command(epilog="Example: helpcenter check --content docs/help --format github")
@content_option
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    envvar="HELP_FORMAT",
    show_envvar=True,
    show_default=True,
    help="json: a list of objects; github: annotations of a pull request.",
)
def check(content: Path | None, output: Format) -> None:
    """Report every mistake in the content, with the cure.

    Each is one line, `path:line: rule: message`, in the order of files and lines. When there
    are no errors, every example is diagnosed too, and has to give its own issue or error code.

    The exit code is 1 when there are errors; warnings alone leave it 0.
    """
    loaded = load(_near(_settings(content=content).content))
    findings = check_content(loaded)
    if all(finding.severity != "error" for finding in findings):
        knowledge = build(loaded)
        wrong = example_findings(knowledge, _engine(knowledge))
        findings = in_order((*findings, *wrong))
    PRINTERS[output](findings)
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    files = _count(len(loaded.sources), "file")
    found = f"{_count(errors, 'error')} and {_count(warnings, 'warning')}"
    click.echo(f"{found if findings else 'No mistakes'} in {files}.", err=True)
    raise SystemExit(1 if errors else 0)


def _print_text(findings: Iterable[Finding]) -> None:
    for finding in findings:
        click.echo(str(finding))


def _print_json(findings: Iterable[Finding]) -> None:
    click.echo(json.dumps([finding.model_dump() for finding in findings], indent=2))


def _print_github(findings: Iterable[Finding]) -> None:
    """Print workflow commands of GitHub Actions, escaped as its toolkit does."""
    for finding in findings:
        place = f"line={finding.line},col={finding.column}"
        path, title = (_escape(text, ":,") for text in (finding.path, finding.rule))
        message = _escape(finding.message)
        click.echo(f"::{finding.severity} file={path},{place},title={title}::{message}")


def _escape(text: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


PRINTERS: Mapping[Format, Printer] = {
    "text": _print_text,
    "json": _print_json,
    "github": _print_github,
}


@main.command(epilog="Example: helpcenter diagnose --exchange okx < error.log")
@click.option(
    "--exchange",
    metavar="ID",
    envvar="HELP_EXCHANGE",
    show_envvar=True,
    help="The exchange, when the text doesn't say it; as in okx.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="HELP_JSON",
    show_envvar=True,
    help="Answer as POST /api/v1/diagnose does.",
)
@content_option
def diagnose(exchange: str | None, content: Path | None, *, as_json: bool) -> None:
    """Name the cause of the error that stands on standard input.

    Nothing of it is stored. The exit code is 0, whether there is an answer or not.
    """
    knowledge = _knowledge(_settings(content=content))
    if exchange and knowledge.exchange(exchange) is None:
        known = ", ".join(one.id for one in knowledge.exchanges) or "none"
        raise Refused(f"there is no exchange `{exchange}`; there are: {known}")
    if sys.stdin.isatty():
        click.echo("Paste the error, then press Enter and Ctrl+D:", err=True)
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    diagnosis = _engine(knowledge).diagnose(Observations(text=text, exchange=exchange))
    if as_json:
        click.echo(json.dumps(to_json(diagnosis), indent=2, ensure_ascii=False))
    else:
        click.echo(to_text(diagnosis, knowledge))


@main.command(epilog="Example: helpcenter evaluate tests/reports/develop.jsonl")
@click.argument("file", type=click.File(encoding="utf-8"))
@content_option
def evaluate(file: IO[str], content: Path | None) -> None:
    """Score the diagnosis on the labelled cases of FILE.

    One JSON object a line: `text`, `expected` (the slug of an issue, or none), `also` (other
    right answers), `kind`, `exchange`. Prints the share of right first answers, overall and by
    kind, issue and exchange, what was taken for what, and each miss.
    """
    engine = _engine(_knowledge(_settings(content=content)))
    try:
        evaluation = evaluate_cases(file, engine)
    except (BadCaseError, UnicodeDecodeError) as error:
        raise Refused(f"{file.name}: {error}") from None
    click.echo(render(evaluation), nl=False)


@main.group(epilog='Example: helpcenter new issue "Key Has Expired"')
def new() -> None:
    """Begin a content file with a valid skeleton."""


@new.command("issue", epilog='Example: helpcenter new issue "Key Has Expired"')
@click.argument("title")
@content_option
def issue_(title: str, content: Path | None) -> None:
    """Write the skeleton of an issue, as a draft; the file's name is made from TITLE."""
    root = _near(_settings(content=content).content)
    slug = slugify(title)
    if not slug:
        message = "the title needs a letter from A to Z or a digit: the address is made from it"
        raise Refused(message)
    path = root / "issues" / f"{slug}.md"
    taken = [issue.slug for issue in load(root, drafts=True).issues if slug in issue.aliases]
    if taken:
        raise Refused(f"`{slug}` is an old name of `{taken[0]}`; choose another title")
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(new_issue(title))
    except FileExistsError:
        raise Refused(f"{path} is there already; edit it, or choose another title") from None
    except OSError as error:
        raise Refused(f"{path} can't be written: {error.strerror}") from None
    click.echo(f"{path}\nNext: edit it, remove `draft: true`, and run: helpcenter check")


def _knowledge(settings: Settings) -> KnowledgeBase:
    try:
        return build(load(_near(settings.content)))
    except BrokenContentError as error:
        raise _broken(error, settings) from None


def _engine(knowledge: KnowledgeBase) -> Engine:
    return Engine(knowledge, Redactor.from_file(REDACTION_RULES))


def _broken(error: BrokenContentError, settings: Settings) -> SystemExit:
    """Print what makes the content unfit, and return the way out."""
    _print_text(error.findings)
    count = _count(len(error.findings), "error")
    click.echo(f"{count} in {settings.content}; mend the content first.", err=True)
    return SystemExit(1)


def _settings(**given: Any) -> Settings:
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


def _near(path: Path) -> Path:
    """Return `path` as seen from the working directory when it is below: shorter to read."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
