"""What stands in a content folder: its files, what they look like, and their texts.

Everything is found by looking, which is quick; a file is read only by `read`.
"""

# Paths are strings here: for thousands of files `Path` takes longer than the system does.
# ruff: noqa: PTH114, PTH116, PTH123, PTH208

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

MAX_BYTES = 1_000_000
"""A content file above this size is refused: it is not one article."""

TEXT_SUFFIXES = (".md", ".markdown", ".yml", ".yaml")
IMAGE_SUFFIXES = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"})
"""What counts as an image; SVG doesn't, for it can hold scripts."""

Kind = Literal[
    "site",
    "diagnostic",
    "tips",
    "issue",
    "exchange",
    "errors",
    "permalinks",
    "reports",
    "vocabulary",
]
FILES: Mapping[str, Kind] = {
    "site.yml": "site",
    "diagnostic.yml": "diagnostic",
    "tips.yml": "tips",
    "permalinks.txt": "permalinks",
    "reports.jsonl": "reports",
    "vocabulary.yml": "vocabulary",
}
FOLDERS: Mapping[str, tuple[Kind, str]] = {
    "issues": ("issue", ".md"),
    "exchanges": ("exchange", ".md"),
    "errors": ("errors", ".yml"),
}

Stamp = tuple[int, int, int, int]
"""What a file looks like from outside: inode, size and both times."""

Look = Mapping[str, Stamp]
"""What a folder looks like: the stamp of every file in it by its path below the folder."""


NO_FILE = "this is not a file; replace it with one, or remove it"


class UnreadableError(Exception):
    """A file can't be read: on which line, and why, with the cure."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def look(folder: Path) -> Look:
    """Return what `folder` looks like now; equal looks, equal content. Hidden files don't count."""
    root = str(folder)
    return {path[len(root) + 1 :]: stamp for path, stamp in _stamps(root)}


def _stamps(folder: str) -> Iterator[tuple[str, Stamp]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # it is gone, or nobody may see into it
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _stamps(entry.path)
            continue
        try:
            found = entry.stat()
        except OSError:  # it is just being replaced, or a link that leads nowhere
            yield entry.path, (0, 0, 0, 0)
            continue
        yield (
            entry.path,
            (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns),
        )


@dataclass(frozen=True)
class Folder:
    """A content folder; its hidden files don't count. Paths are below it."""

    root: Path

    def files(self) -> list[tuple[Kind, str]]:
        """Return every file that content is read from, in order, with what it is.

        Raises OSError when the folder can't be listed.
        """
        found = [(kind, name) for name, kind in FILES.items() if (self.root / name).exists()]
        for folder, (kind, suffix) in FOLDERS.items():
            names = self._names(folder)
            found += ((kind, f"{folder}/{name}") for name in sorted(names) if name.endswith(suffix))
        return found

    def images(self) -> frozenset[str]:
        """Return the names of the images that texts can show."""
        folder = self.root / "images"
        return frozenset(
            name
            for name in self._names("images")
            if Path(name).suffix in IMAGE_SUFFIXES
            and (folder / name).is_file()
            and self._is_inside(f"images/{name}")
        )

    def strays(self, read: Container[str]) -> list[str]:
        """Return what looks like content but is not `read`, because of its name or folder."""
        found: list[str] = []
        for parent, folders, names in os.walk(self.root):
            below = os.path.relpath(parent, self.root).replace(os.sep, "/")
            start = "" if below == "." else f"{below}/"
            folders[:] = [name for name in folders if not name.startswith(".")]
            found += (
                start + name
                for name in (*folders, *names)
                if name.lower().endswith(TEXT_SUFFIXES)
                and not name.startswith(".")
                and name != "README.md"
                and start + name not in read
            )
        return sorted(found, key=lambda path: path.split("/"))

    def read(self, path: str) -> str:
        """Return the text of a file; raise `UnreadableError` when it can't be read."""
        file = f"{self.root}/{path}"
        try:
            found = os.stat(file)
            if not stat.S_ISREG(found.st_mode):
                raise UnreadableError(NO_FILE)
            if not self._is_inside(path):
                cure = "this is a link out of the content folder; put the file itself here"
                raise UnreadableError(cure)
            if found.st_size > MAX_BYTES:
                raise UnreadableError(f"the file is larger than {MAX_BYTES:,} bytes; split it")
            with open(file, "rb", buffering=0) as opened:
                data = opened.read().removeprefix(codecs.BOM_UTF8)
        except FileNotFoundError as error:  # a link that leads nowhere
            raise UnreadableError(NO_FILE) from error
        except OSError as error:
            reason = error.strerror or error
            raise UnreadableError(f"the file can't be read ({reason}); make it readable") from error
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            message = f"the byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8"
            raise UnreadableError(message, line) from error

    def _names(self, folder: str) -> list[str]:
        try:
            names = os.listdir(self.root / folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [name for name in names if not name.startswith(".")]

    def _is_inside(self, path: str) -> bool:
        """Tell whether a file stands in this folder, wherever links lead."""
        file = f"{self.root}/{path}"
        if os.path.islink(file):
            return self._leads_inside(file)
        parent = file.rpartition("/")[0]
        if parent not in self._folders:
            self._folders[parent] = self._leads_inside(parent)
        return self._folders[parent]

    def _leads_inside(self, path: str) -> bool:
        return Path(path).resolve().is_relative_to(self.root.resolve())

    @cached_property
    def _folders(self) -> dict[str, bool]:
        """Whether the folders that hold files stand in this one."""
        return {}


def readable(path: str) -> str:
    """Return a path for people and for our own use; bytes that are not UTF-8 are replaced."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "replace")
