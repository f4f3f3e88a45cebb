"""What is being served: one edition of the content, replaced whole when the content changes.

The next edition is built beside the present one, off the event loop, and swapped in by setting one
reference. Content with errors is refused whole: the present edition goes on.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from starlette.exceptions import HTTPException

from app.checks import Checked, check_again
from app.content.folder import Look, look
from app.content.history import change_dates
from app.content.loader import Content, load
from app.diagnosis.engine import Engine
from app.diagnosis.redaction import Redactor
from app.knowledge import KnowledgeBase, build
from app.model import Finding
from app.search import SearchIndex
from app.web.serving.snapshot import Rest, SnapshotFile

REST_SECONDS = 0.1
"""How long the folder must lie still before it is read: an upload is many files, one by one."""

KEEP_SECONDS = 60.0
"""So far apart snapshots are written at the least: each is larger than all of the content."""

logger = logging.getLogger("helpcenter")


class Late:
    """A search index that is made when it is first asked for; safe to share by threads."""

    def __init__(self, knowledge: KnowledgeBase, previous: Late | None = None) -> None:
        """Make it of `knowledge`, and of the `previous` one if that is there by then."""
        self._knowledge = knowledge
        self._previous = previous
        self._making = threading.Lock()
        self.made: SearchIndex | None = None

    def get(self) -> SearchIndex:
        """Return the index; who comes while it is made waits for it."""
        with self._making:
            if self.made:
                return self.made
            before, self._previous = self._previous, None
            made = SearchIndex(self._knowledge, before.made if before else None)
            self.made = made
            return made


@dataclass(frozen=True, slots=True)
class Edition:
    """A knowledge base, and the search index and the diagnosis engine built from it."""

    knowledge: KnowledgeBase
    engine: Engine
    index: Late

    @classmethod
    def build(
        cls, content: Content, redactor: Redactor, previous: Edition | None = None
    ) -> Edition:
        """Build everything from `content`; raise `BrokenContentError` when it has errors.

        What `previous` has of the same is taken over.
        """
        knowledge = build(content, previous.knowledge if previous else None)
        return cls.of(knowledge, redactor, previous)

    @classmethod
    def of(
        cls, knowledge: KnowledgeBase, redactor: Redactor, previous: Edition | None = None
    ) -> Edition:
        """Prepare the diagnosis of a knowledge base, and its search for when that is asked for."""
        engine = Engine(knowledge, redactor, previous.engine if previous else None)
        return cls(knowledge, engine, Late(knowledge, previous.index if previous else None))

    @property
    def search(self) -> SearchIndex:
        """The search; the first to ask for it waits until it is made."""
        return self.index.get()

    async def searchable(self) -> SearchIndex:
        """Return the search without keeping others from their answers until it is made."""
        if self.index.made:
            return self.index.made
        return await asyncio.to_thread(self.index.get)


@dataclass(frozen=True, slots=True)
class State:
    """What is served, and the errors of newer content that was refused.

    `edition` is None only where a server was started on broken content (to write it).
    """

    edition: Edition | None
    refused: tuple[Finding, ...]

    @property
    def id(self) -> str:
        """Equal ids: equal pages, with the same errors on top."""
        version = self.edition.knowledge.version if self.edition else "none"
        errors = "\n".join(map(str, self.refused)).encode("utf-8", "replace")
        return f"{version}-{hashlib.blake2b(errors, digest_size=4).hexdigest()}"


@dataclass(frozen=True, slots=True)
class _Due:
    """An edition to write a snapshot of, and how the folder looked before it was read."""

    seen: Look
    checked: Checked
    edition: Edition


class Live:
    """Follows one content folder; `state` is the one reference to what is served.

    `seen` is how the folder looked when it was read. `reloads` counts what became of changed
    content since the start. What is served is kept in `snapshot`, for the next start.
    """

    def __init__(
        self,
        folder: Path,
        redactor: Redactor,
        *,
        drafts: bool = False,
        snapshot: SnapshotFile | None = None,
    ) -> None:
        self._folder = folder
        self._redactor = redactor
        self._drafts = drafts
        self._snapshot = snapshot
        self._content: Content | None = None
        self._checked: Checked | None = None
        # What to build on; it stays when what comes after it fails, and `state` does not have it.
        self._edition: Edition | None = None
        self._rest: Rest | None = None
        self._due: _Due | None = None
        self.reloads = {"served": 0, "refused": 0}
        self.seen = look(folder)
        self.state = State(None, ())
        with _without_collector():
            self.state = self._restored() or self._next(self.seen)

    @property
    def edition(self) -> Edition:
        """The edition that is being served; a 503 where there is none yet."""
        return self.state.edition or _nothing_to_serve()

    async def follow(self, seconds: float) -> None:
        """Serve what changes until cancelled: look every `seconds` (0: never), and on SIGHUP."""
        self._tell()
        asked = asyncio.Event()
        with _on_hangup(asked):  # before anything else: a signal that nobody waits for ends us
            await asyncio.to_thread(self._make_searchable)
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(asked.wait(), seconds or None)
                must_load = asked.is_set()
                asked.clear()
                if must_load or await asyncio.to_thread(look, self._folder) != self.seen:
                    await self._update(read_all=must_load)

    async def _update(self, *, read_all: bool) -> None:
        """Serve the folder as it is now, once it lies still; `read_all` of it, or what changed."""
        while True:
            seen = await asyncio.to_thread(look, self._folder)
            await asyncio.sleep(REST_SECONDS)
            if await asyncio.to_thread(look, self._folder) != seen:
                continue
            state = await asyncio.to_thread(self._next, seen, read_all=read_all)
            # What changed meanwhile may have been read in part.
            if await asyncio.to_thread(look, self._folder) == seen:
                break
        self.seen = seen
        self.state, before = state, self.state
        if state.id != before.id:
            self.reloads["refused" if state.refused else "served"] += 1
            self._tell()

    def _make_searchable(self) -> None:
        """Make the first search index, before anybody asks for it."""
        if edition := self.state.edition:
            try:
                with _without_collector():
                    edition.index.get()
            except Exception:
                logger.exception("the search index can't be made")

    async def keep(self) -> None:
        """Write snapshots of what is served until cancelled: after the start, and after changes."""
        while self._snapshot:
            due, self._due = self._due, None
            if due:
                with suppress(Exception):  # who makes it first says what is wrong with it
                    await due.edition.searchable()  # what visitors wait for comes first
                await asyncio.to_thread(self._write, self._snapshot, due)
            await asyncio.sleep(KEEP_SECONDS)

    @staticmethod
    def _write(file: SnapshotFile, due: _Due) -> None:
        knowledge, learned = due.edition.knowledge, due.edition.engine.learned
        try:
            file.write(due.seen, knowledge, due.checked, learned)
        except Exception as error:
            logger.warning("the next start will take longer, there is no %s: %s", file.path, error)

    def _restored(self) -> State | None:
        """Take up the edition of the snapshot; None unless the folder is as it was then."""
        kept = self._snapshot.read() if self._snapshot else None
        if kept is None:
            return None
        served, rest = kept
        knowledge = served.knowledge
        try:
            edition = Edition.of(knowledge, self._redactor)
            if served.learned:
                edition.engine.recall(served.learned)
        except Exception:
            logger.exception("the snapshot can't be used; all files are read")
            return None
        self._edition = edition
        is_same = served.is_settled and served.seen == self.seen
        if not is_same or knowledge.content.dates != change_dates(self._folder):
            self._take_up(rest)
            return None
        self._rest = rest
        return State(edition, ())

    def _take_up(self, rest: Rest) -> None:
        """Build on the files of the snapshot, if they can be read."""
        try:
            self._content, self._checked = rest.get()
        except Exception:
            logger.exception("the snapshot can't be read; all files are")

    def _next(self, seen: Look, *, read_all: bool = False) -> State:
        """Load the folder: a new edition, or the present one and what is wrong with the new.

        What looks in `seen` as it did before is not read again, unless with `read_all`.
        """
        present = self.state.edition
        rest, self._rest = self._rest, None
        if rest:
            with _without_collector():
                self._take_up(rest)
        try:
            self._content = load(
                self._folder,
                drafts=self._drafts,
                previous=_without_stamps(self._content) if read_all else self._content,
                seen=seen,
                dates=change_dates(self._folder),
            )
            self._checked = check_again(self._content, self._checked)
            errors = tuple(one for one in self._checked.findings if one.severity == "error")
            if errors:
                return State(present, errors)
            if present and present.knowledge.version == self._content.version:
                return State(present, ())
            edition = Edition.build(self._content, self._redactor, self._edition)
            if not self._drafts:  # a writer wants to see a page now, and diagnoses later
                edition.engine.learn()
            if present:  # at the start it is made while pages are served already
                edition.index.get()
            self._edition, self._due = edition, _Due(seen, self._checked, edition)
            return State(edition, ())
        except Exception as error:
            # A mistake of ours that some content brings to light must not stop the service.
            logger.exception("the content can't be loaded")
            reason = f"{type(error).__name__}: {error}"
            message = f"this can't be loaded ({reason}); undo the last change, and report it"
            crash = Finding(rule="crash", path=str(self._folder), line=1, message=message)
            return State(present, (crash,))

    def _tell(self) -> None:
        """Log what is served, and what is not."""
        for finding in self.state.refused:
            logger.error("%s", finding)
        edition = self.state.edition
        if edition is None:
            logger.error("the content has errors; nothing is served until they are mended")
        elif self.state.refused:
            version = edition.knowledge.version
            logger.error("the content has errors and is refused; still serving %s", version)
        else:
            logger.info("serving content %s", edition.knowledge.version)


def _without_stamps(content: Content | None) -> Content | None:
    """Return content of which every file is read again, whatever it looks like."""
    if content is None:
        return None
    return replace(content, sources=[replace(one, stamp=None) for one in content.sources])


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the garbage collector away from what is loaded, now and later.

    Looking for cycles in a million objects that all stay takes a fifth of the load, and afterwards
    a pause of a good tenth of a second every now and then.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _on_hangup(asked: asyncio.Event) -> Iterator[None]:
    """Let SIGHUP ask for a load, where signals arrive: in the main thread, and not on Windows."""
    can = hasattr(signal, "SIGHUP") and threading.current_thread() is threading.main_thread()
    if not can:
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, asked.set)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def _nothing_to_serve() -> NoReturn:
    raise HTTPException(503, "the content has errors; it is served once they are mended")
