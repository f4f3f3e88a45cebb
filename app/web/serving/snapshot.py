"""The last edition on disk, for the next start: what is the same then is not done again.

A snapshot is a help, never a source: one that is missing, damaged, or of another version of the
program, of Python or of a library is not used, and whatever has changed since in the content folder
is found as a running server finds it. It lies in the data folder, which only the operator can
write; what is read from it is nothing but our own types all the same, so that it can't run code.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import os
import pickle
import platform
import tempfile
import threading
import time
import weakref
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import IO, BinaryIO

from app import checks, knowledge, model
from app.checks import Checked, places
from app.content import frontmatter, loader, markdown
from app.content.folder import Look
from app.content.loader import Content, Source
from app.diagnosis import wording
from app.diagnosis.wording import Learned
from app.knowledge import KnowledgeBase

ABANDONED_SECONDS = 3600
"""A file that somebody began to write so long ago belongs to a process that was killed."""

_ROOT = Path(__file__).parents[2]
_PROTOCOL = pickle.HIGHEST_PROTOCOL
_PART = ".part"
_BLOCK = 1 << 20
_CHECKSUM_BYTES = 4
_LIBRARIES = ("markdown-it-py", "pydantic", "pydantic-core", "pyyaml")
"""What the content was read with: another version may read it otherwise."""


@dataclass(frozen=True, slots=True)
class Served:
    """What it takes to serve an edition, and how the folder looked when it was read.

    `is_settled` tells that every file is told from any later state of it by its look.
    """

    seen: Look
    is_settled: bool
    knowledge: KnowledgeBase
    learned: Learned | None


class Rest:
    """What the next edition is built on: the files, and what the check knows of them.

    That is the larger part, and nobody needs it before something changes: it is read then.
    """

    def __init__(self, opened: BinaryIO) -> None:
        self._opened: BinaryIO | None = opened
        weakref.finalize(self, opened.close)
        self._read: tuple[Content, Checked] | None = None
        self._reading = threading.Lock()

    def get(self) -> tuple[Content, Checked]:
        """Return the content with its files, and the check of it."""
        with self._reading:
            if self._opened:
                opened, self._opened = self._opened, None
                with opened:
                    self._read = _Reader(opened).load()
            assert self._read is not None
            return self._read


class _Files(Collection[Source]):
    """The files of a content that was restored."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def _sources(self) -> Collection[Source]:
        return self._rest.get()[0].sources

    def __iter__(self) -> Iterator[Source]:
        """Go through them."""
        return iter(self._sources())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._sources())

    def __contains__(self, source: object) -> bool:
        """Tell whether this is one of them."""
        return source in self._sources()


class SnapshotFile:
    """Where the snapshot of a content folder lies, in a data folder: one, the last."""

    def __init__(self, data: Path, content: Path) -> None:
        """Name the file; nothing is read yet."""
        self.path = data / "content.snapshot"
        self._content = content
        # Now, not when it is written: the program may be replaced on disk while it runs.
        self._head = _head()

    def write(
        self, seen: Look, knowledge: KnowledgeBase, checked: Checked, learned: Learned | None
    ) -> None:
        """Put a snapshot in the place of the one before, whole or not at all; may raise OSError.

        `seen` is how the folder looked before the content of `knowledge` was read.
        """
        content = knowledge.content
        # A file with the same text again keeps its stamp of before.
        is_settled = all(one.stamp and one.stamp == seen.get(one.path) for one in content.sources)
        bare = replace(knowledge, content=replace(content, sources=()))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._sweep()
        part = tempfile.NamedTemporaryFile(  # noqa: SIM115 - it is replaced once it is closed
            dir=self.path.parent, prefix=f"{self.path.name}.", suffix=_PART, delete=False
        )
        try:
            with part:
                part.write(self._head + bytes(_CHECKSUM_BYTES))
                pickle.dump(Served(seen, is_settled, bare, learned), part, _PROTOCOL)
                pickle.dump((content, checked), part, _PROTOCOL)
                part.seek(len(self._head) + _CHECKSUM_BYTES)
                checksum = _checksum(part)
                part.seek(len(self._head))
                part.write(checksum)
                part.flush()
                os.fsync(part.fileno())
            # Windows neither moves nor removes a file that is open.
            Path(part.name).replace(self.path)
        except BaseException:
            Path(part.name).unlink()
            raise

    def read(self) -> tuple[Served, Rest] | None:
        """Return the snapshot; None where there is none that can be used."""
        with suppress(Exception):  # whatever is wrong with it: it is not needed
            if not self.path.is_file():  # to open a pipe would wait for ever
                return None
            opened = self.path.open("rb")
            try:
                return self._read(opened)
            except BaseException:
                opened.close()
                raise
        return None

    def _read(self, opened: BinaryIO) -> tuple[Served, Rest]:
        if opened.read(len(self._head)) != self._head:
            raise ValueError("it was written by another version")
        checksum = opened.read(_CHECKSUM_BYTES)
        if _checksum(opened) != checksum:
            raise ValueError("it is damaged")
        opened.seek(len(self._head) + _CHECKSUM_BYTES)
        served: Served = _Reader(opened).load()
        rest = Rest(opened)
        # The folder as it is named now: the name of then may count from another working directory.
        content = replace(served.knowledge.content, root=self._content, sources=_Files(rest))
        return replace(served, knowledge=replace(served.knowledge, content=content)), rest

    def _sweep(self) -> None:
        """Remove what processes that were killed have begun."""
        for part in self.path.parent.glob(f"{self.path.name}.*{_PART}"):
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > ABANDONED_SECONDS:
                    part.unlink()


class _Reader(pickle.Unpickler):
    """Reads our own types, and the few of Python that stand in them."""

    def find_class(self, module_name: str, global_name: str) -> type:
        """Return a type by its name; refuse everything else, for it might do something."""
        try:
            return _TYPES[module_name, global_name]
        except KeyError:
            message = f"{module_name}.{global_name} has no place in a snapshot"
            raise pickle.UnpicklingError(message) from None


def _by_name(found: Iterable[type]) -> dict[tuple[str, str], type]:
    return {(one.__module__, one.__qualname__): one for one in found}


_TYPES = _by_name(
    one
    for module in (model, knowledge, checks, frontmatter, loader, markdown, places, wording)
    for one in vars(module).values()
    if isinstance(one, type) and one.__module__ == module.__name__
) | _by_name((Served, dt.date, ipaddress.IPv4Address, ipaddress.IPv6Address, type(Path())))


def _head() -> bytes:
    """Return what a snapshot begins with: what it was written by, to the letter."""
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(_ROOT.rglob("*.py")):
        digest.update(file.read_bytes())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    digest.update(f"{platform.python_implementation()} {platform.python_version()}".encode())
    return b"help center snapshot " + digest.hexdigest().encode() + b"\n"


def _checksum(opened: IO[bytes]) -> bytes:
    """Return a checksum of what is left of a file."""
    value = 0
    while block := opened.read(_BLOCK):
        value = zlib.crc32(block, value)
    return value.to_bytes(_CHECKSUM_BYTES)
