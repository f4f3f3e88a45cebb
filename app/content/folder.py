"""A content folder: its files, their stamps and their bytes. The only code that opens content."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from app.languages import Language, language

MAX_BYTES = 1_000_000
"""The largest content file, in bytes. Larger files are no articles."""
MAX_IMAGE_BYTES = 2_000_000
"""The largest image, in bytes: images are kept in memory, and visitors wait for them."""

TEXT_SUFFIXES = (".md", ".markdown", ".yml", ".yaml", ".jsonl")
IMAGE_SUFFIXES = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"})
"""The endings of images. SVG is none of them, because it can contain scripts."""

FileKind = Literal[
    "site",
    "diagnostic",
    "tips",
    "issue",
    "question",
    "exchange",
    "errors",
    "permalinks",
    "redirects",
    "dates",
    "reports",
    "vocabulary",
    "glossary",
]
FILES: Mapping[str, FileKind] = {
    "site.yml": "site",
    "diagnostic.yml": "diagnostic",
    "tips.yml": "tips",
    "permalinks.txt": "permalinks",
    "redirects.txt": "redirects",
    "dates.txt": "dates",
    "reports.jsonl": "reports",
    "vocabulary.yml": "vocabulary",
}
TRANSLATED_FILES: Mapping[str, FileKind] = {
    "site.yml": "site",
    "diagnostic.yml": "diagnostic",
    "tips.yml": "tips",
    "glossary.yml": "glossary",
}
"""The files of a language, besides those in `FOLDERS`."""
FOLDERS: Mapping[str, tuple[FileKind, str]] = {
    "issues": ("issue", ".md"),
    "questions": ("question", ".md"),
    "exchanges": ("exchange", ".md"),
    "errors": ("errors", ".yml"),
    "reports": ("reports", ".jsonl"),
}

Stamp = tuple[int, int, int, int]
"""The stamp of a file: inode, size and both times."""

Snapshot = Mapping[str, Stamp]
"""The state of a folder: the stamp of every file by its path below the folder."""


NO_FILE = "this is not a file; replace it with one, or remove it"


class UnreadableError(Exception):
    """A file can't be read: on which line, and why, with the cure."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def snapshot(folder: Path) -> Snapshot:
    """Return the state of `folder`; equal states mean equal content. Hidden files are ignored."""
    root = str(folder)
    return {path[len(root) + 1 :]: stamp for path, stamp in _stamps(root)}


def _stamps(folder: str) -> Iterator[tuple[str, Stamp]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # it is gone, or may not be listed
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _stamps(entry.path)
            continue
        try:
            found = entry.stat()
        except OSError:  # it is being replaced, or is a broken link
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

    def files(self) -> list[tuple[FileKind, str]]:
        """Return every file that content is read from, in order, with what it is.

        Raises OSError when the folder can't be listed.
        """
        found = [(kind, name) for name, kind in FILES.items() if (self.root / name).exists()]
        return [*found, *self._pages("")]

    def languages(self) -> list[Language]:
        """Return the languages that have a folder with translations, in order."""
        found = (language(name) for name in sorted(self._names("")))
        return [known for known in found if known and (self.root / known.folder).is_dir()]

    def translations(self, of: Language) -> list[tuple[FileKind, str]]:
        """Return every file of the translation into a language, with what it translates."""
        below = f"{of.folder}/"
        found: list[tuple[FileKind, str]] = [
            (kind, below + name)
            for name, kind in TRANSLATED_FILES.items()
            if (self.root / of.folder / name).exists()
        ]
        return [*found, *self._pages(below)]

    def _pages(self, below: str) -> Iterator[tuple[FileKind, str]]:
        for folder, (kind, suffix) in FOLDERS.items():
            for name in sorted(self._names(below + folder)):
                if name.endswith(suffix):
                    yield kind, f"{below}{folder}/{name}"

    def images(self) -> list[str]:
        """Return the paths of the images, in order."""
        names = sorted(self._names("images"))
        return [f"images/{name}" for name in names if Path(name).suffix in IMAGE_SUFFIXES]

    def strays(self, read: Container[str]) -> list[str]:
        """Return the files that look like content but are not among `read`."""
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
        data = self.read_bytes(path).removeprefix(codecs.BOM_UTF8)
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            message = f"the byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8"
            raise UnreadableError(message, line) from error

    def read_bytes(self, path: str, limit: int = MAX_BYTES) -> bytes:
        """Return the bytes of a file; raise `UnreadableError` when it can't be read.

        It can't be read if it is larger than `limit`, isn't a regular file, or if a link leads out
        of the folder.
        """
        try:
            with _open_inside(str(self.root), path) as opened:
                data = opened.read(limit + 1)
        except FileNotFoundError as error:  # a link that leads nowhere
            raise UnreadableError(NO_FILE) from error
        except OSError as error:
            reason = error.strerror or error
            raise UnreadableError(f"the file can't be read ({reason}); make it readable") from error
        if len(data) > limit:
            is_list = path.endswith(".jsonl")
            cure = "move lines to `reports/more.jsonl`" if is_list else "split it or shrink it"
            raise UnreadableError(f"the file is larger than {limit:,} bytes; {cure}")
        return data

    def _names(self, folder: str) -> list[str]:
        try:
            names = os.listdir(self.root / folder)  # noqa: PTH208 - only the names
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [name for name in names if not name.startswith(".")]


def _open_inside(root: str, path: str) -> IO[bytes]:
    """Open a file below `root`; raise `UnreadableError` where a link leads out of it.

    Links are resolved first, and the path that they lead to is opened step by step without
    following links: a link that is swapped in meanwhile is an error.
    """
    top = os.path.realpath(root)
    real = Path(os.path.realpath(f"{top}/{path}"))
    if not real.is_relative_to(top):
        raise UnreadableError("this is a link out of the content folder; put the file itself here")
    if os.open not in os.supports_dir_fd:  # Windows
        return real.open("rb")
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # opening a pipe would wait for a writer
    opened = os.open(top, os.O_RDONLY)
    for step in real.relative_to(top).parts:
        above = opened
        try:
            opened = os.open(step, flags, dir_fd=above)
        finally:
            os.close(above)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise UnreadableError(NO_FILE)
    return open(opened, "rb")  # noqa: PTH123 - a descriptor, not a path


def readable(path: str) -> str:
    """Return a path for people and for our own use; bytes that are not UTF-8 are replaced."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "replace")
