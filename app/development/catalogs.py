"""The catalogs of the interface: `make messages` brings them up to date, `--check` looks at them.

`python -m app.development.catalogs` extracts the texts from the code and the templates, and updates
`locales/<language>/LC_MESSAGES/messages.po` of each language that has a folder in `content/`.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.content.folder import Folder
from app.i18n import LOCALES
from app.languages import Language
from app.settings import REDACTION_RULES, ROOT

KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sdi]|\{(\w*)\}")


def extracted() -> Catalog:
    """Return every text of the interface, with the files that use it."""
    catalog = Catalog(charset="utf-8")
    mapping = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(entry["pattern"], entry["method"]) for entry in mapping]
    options = {
        entry["pattern"]: {key: str(value) for key, value in entry.items() if key == "trimmed"}
        for entry in mapping
    }
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS, comment_tags=("i18n:",))
    for path, _, message, comments, context in found:
        if message:
            catalog.add(message, None, [(path, 0)], auto_comments=comments, context=context)
    rules = json.loads(REDACTION_RULES.read_text())
    for text in sorted(set(_said(rules, ("kind", "says")))):
        catalog.add(text, None, [(REDACTION_RULES.relative_to(ROOT).as_posix(), 0)])
    return catalog


def _said(value: Any, keys: tuple[str, ...]) -> Iterator[str]:
    """Yield the texts under `keys` at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in keys and isinstance(item, str):
                yield item
            yield from _said(item, keys)
    elif isinstance(value, list):
        for item in value:
            yield from _said(item, keys)


def path_of(language: Language) -> Path:
    """Return where the catalog of a language stands."""
    return LOCALES / language.folder / "LC_MESSAGES" / "messages.po"


def read(language: Language) -> Catalog:
    """Return the catalog of a language, empty if there is none."""
    path = path_of(language)
    if not path.is_file():
        return Catalog(locale=language.locale, fuzzy=False, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language.locale)


def updated(language: Language, template: Catalog) -> str:
    """Return the catalog of a language with the texts of today; a changed text is fuzzy."""
    catalog = read(language)
    catalog.update(template)
    catalog.obsolete.clear()
    catalog.header_comment = f"# Texts of the interface: {language.name}"
    written = io.BytesIO()
    write_po(written, catalog, width=100, sort_by_file=True, include_lineno=False, omit_header=True)
    header = (
        f"{catalog.header_comment}\nmsgid \"\"\nmsgstr \"\"\n"
        f"\"Language: {language.tag}\\n\"\n"
        f"\"Plural-Forms: {catalog.plural_forms}\\n\"\n"
        "\"Content-Type: text/plain; charset=utf-8\\n\"\n\n"
    )  # fmt: skip
    return header + written.getvalue().decode()


def findings(language: Language, template: Catalog) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the catalog of a language: the severity and a message."""
    catalog = read(language)
    for message in template:
        if message.id and not _text(catalog.get(_id(message))):
            yield "warning", f"{_id(message)!r} is not translated"
    for message in catalog:
        if not message.id:
            continue
        if template.get(_id(message)) is None:
            yield "warning", f"{_id(message)!r} is used nowhere; run `make messages`"
        elif message.fuzzy:
            yield "error", f"{_id(message)!r} is fuzzy; translate it, and remove the mark"
        elif _text(message):
            own = message.id if isinstance(message.id, str) else message.id[1]
            for text in _strings(message):
                if (
                    text
                    and _placeholders(text) != _placeholders(own)
                    and not (
                        # The form for one thing may say so in a word.
                        isinstance(message.id, tuple) and _placeholders(text) < _placeholders(own)
                    )
                ):
                    yield "error", f"{_id(message)!r} has other placeholders than {text!r}"


def _id(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _text(message: Message | None) -> str:
    if message is None or message.fuzzy:
        return ""
    return "".join(_strings(message))


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _placeholders(text: str) -> set[str]:
    return {match[1] or match[2] for match in _PLACEHOLDER.finditer(text)}


@click.command()
@click.option("--check", is_flag=True, help="Report what is wrong instead of writing.")
def main(*, check: bool) -> None:
    """Update the catalogs of all languages, or check them."""
    template = extracted()
    failed = False
    for language in Folder(ROOT / "content").languages():
        path = path_of(language)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(updated(language, template))
            continue
        found = list(findings(language, template))
        failed |= any(severity == "error" for severity, _ in found)
        for severity, message in found:
            if severity == "error":
                click.echo(f"{path.relative_to(ROOT)}: {message}")
        if waiting := len(found) - sum(severity == "error" for severity, _ in found):
            click.echo(f"{path.relative_to(ROOT)}: {waiting} texts missing or unused", err=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
