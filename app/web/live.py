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
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from starlette.exceptions import HTTPException

from app.content.checks import Checked, check_again
from app.content.folder import Look, look
from app.content.history import change_dates
from app.content.loader import Content, load
from app.diagnosis.engine import Engine
from app.diagnosis.redaction import Redactor
from app.knowledge import KnowledgeBase, build
from app.model import Finding
from app.search import SearchIndex

REST_SECONDS = 0.1
"""How long the folder must lie still before it is read: an upload is many files, one by one."""

logger = logging.getLogger("helpcenter")


@dataclass(frozen=True, slots=True)
class Edition:
    """A knowledge base, and the search index and the diagnosis engine built from it."""

    knowledge: KnowledgeBase
    search: SearchIndex
    engine: Engine

    @classmethod
    def build(
        cls, content: Content, redactor: Redactor, previous: Edition | None = None
    ) -> Edition:
        """Build everything from `content`; raise `BrokenContentError` when it has errors.

        What `previous` has of the same is taken over.
        """
        knowledge = build(content, previous.knowledge if previous else None)
        engine = Engine(knowledge, redactor, previous.engine if previous else None)
        search = SearchIndex(knowledge, previous.search if previous else None)
        return cls(knowledge, search, engine)


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


class Live:
    """Follows one content folder; `state` is the one reference to what is served.

    `seen` is how the folder looked when it was read. `reloads` counts what became of changed
    content since the start.
    """

    def __init__(self, folder: Path, redactor: Redactor, *, drafts: bool = False) -> None:
        self._folder = folder
        self._redactor = redactor
        self._drafts = drafts
        self._content: Content | None = None
        self._checked: Checked | None = None
        # What to build on; it stays when what comes after it fails, and `state` does not have it.
        self._built: Edition | None = None
        self.reloads = {"served": 0, "refused": 0}
        self.seen = look(folder)
        self.state = State(None, ())
        with _without_collector():
            self.state = self._next(self.seen)

    @property
    def edition(self) -> Edition:
        """The edition that is being served; a 503 where there is none yet."""
        return self.state.edition or _nothing_to_serve()

    async def follow(self, seconds: float) -> None:
        """Serve what changes until cancelled: look every `seconds` (0: never), and on SIGHUP."""
        self._tell()
        asked = asyncio.Event()
        with _on_hangup(asked):
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
            state = await asyncio.to_thread(self._next, {} if read_all else seen)
            # What changed meanwhile may have been read in part.
            if await asyncio.to_thread(look, self._folder) == seen:
                break
        self.seen = seen
        self.state, before = state, self.state
        if state.id != before.id:
            self.reloads["refused" if state.refused else "served"] += 1
            self._tell()

    def _next(self, seen: Look) -> State:
        """Load the folder: a new edition, or the present one and what is wrong with the new.

        What looks in `seen` as it did before is not read again.
        """
        present = self.state.edition
        try:
            self._content = load(
                self._folder,
                drafts=self._drafts,
                previous=self._content,
                seen=seen,
                dates=change_dates(self._folder),
            )
            self._checked = check_again(self._content, self._checked)
            errors = tuple(one for one in self._checked.findings if one.severity == "error")
            if errors:
                return State(present, errors)
            if present and present.knowledge.version == self._content.version:
                return State(present, ())
            edition = self._built = Edition.build(self._content, self._redactor, self._built)
            if not self._drafts:  # a writer wants to see a page now, and diagnoses later
                edition.engine.learn()
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
