"""The commands that write content: `helpcenter new`."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.common import Refused, content_option, near, settings_from
from app.content.loader import load
from app.content.skeleton import new_issue
from app.model import slugify


@click.group(epilog='Example: helpcenter new issue "Key Has Expired"')
def new() -> None:
    """Begin a content file with a valid skeleton."""


@new.command("issue", epilog='Example: helpcenter new issue "Key Has Expired"')
@click.argument("title")
@content_option
def issue_(title: str, content: Path | None) -> None:
    """Write the skeleton of an issue, as a draft; the file's name is made from TITLE."""
    root = near(settings_from(content=content).content)
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
