"""The command line, and the only place that exits.

Exit codes: 0 good, 1 findings, 2 wrong usage (which includes a port that is taken).
"""

from __future__ import annotations

import click

from app.cli import checking, describing, diagnosing, keeping, looking, serving, writing


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 92},
    epilog="Example: helpcenter serve",
)
def main() -> None:
    """Run a help center, and keep its content right.

    Every option can be set in the environment instead; the option wins. Exit codes: 0 good,
    1 findings, 2 wrong usage.
    """


for command in (
    serving.serve,
    checking.check,
    diagnosing.diagnose,
    diagnosing.evaluate,
    describing.print_schema,
    looking.insights,
    keeping.backup,
    keeping.restore,
    writing.new,
    writing.rename,
    writing.retire,
    writing.publish,
    writing.init,
):
    main.add_command(command)
