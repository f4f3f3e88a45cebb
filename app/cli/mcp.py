"""`helpcenter mcp`."""

from __future__ import annotations

import asyncio
import logging.config
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import content_option, exit_with_errors, setting_option, settings_from

if TYPE_CHECKING:
    from app.web.application import HelpCenter


@click.command(epilog="Example: helpcenter mcp --content my-help")
@content_option
@setting_option("data")
def serve_stdio(content: Path | None, data: Path | None) -> None:
    """Serve an assistant on this machine (Model Context Protocol over stdin and stdout).

    Enter this command in the settings of the assistant.
    """
    from app.knowledge import BrokenContentError  # noqa: PLC0415
    from app.web.application import create_app  # noqa: PLC0415
    from app.web.http.logs import logging_config  # noqa: PLC0415

    settings = settings_from(content=content, data=data)
    try:
        application = create_app(settings)
    except BrokenContentError as error:
        raise exit_with_errors(error, settings) from None
    logging.config.dictConfig(logging_config(settings.log_format))
    asyncio.run(_serve(application))


async def _serve(application: HelpCenter) -> None:
    """Answer on stdin and stdout until the assistant closes them."""
    async with application.router.lifespan_context(application):
        await application.assistants.server().run_stdio_async()
