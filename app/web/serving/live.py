"""The edition that is served: loaded, and replaced whole when the content folder changes.

The next edition is loaded, checked and built in a thread while the present edition is served, and
swapped in by setting one reference. An update with errors is refused whole: the present edition
stays. A start has no present edition, so it serves every file that can be read.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException

from app.checks import check
from app.content.folder import snapshot
from app.content.language_detection import LanguageDetector
from app.content.loader import Content, load, translated
from app.content.translations import Translation
from app.diagnosis.engine import Engine
from app.diagnosis.redaction import Redactor
from app.knowledge import KnowledgeBase, build
from app.languages import Language, current, use_language
from app.model import Diagnosis, Finding, Observations
from app.search import SearchIndex
from app.web.serving.threads import BoundedThreads

LONG_TEXT = 2_048
"""The characters from which on a text is diagnosed beside the event loop.

The slowest text of this length takes 10 ms of processor time, and a text of 16 KB takes 70 ms.
"""
QUIET_SECONDS = 0.1
"""How long the folder must stay unchanged before it is read: an upload is many files."""
MOST_ERRORS = 100
"""The most errors that are logged and shown; further errors are counted."""
LONGEST_MESSAGE = 1_000
"""The most characters of an error that are logged and shown: it may quote a key of any length."""

logger = logging.getLogger("helpcenter")


@dataclass(frozen=True, slots=True)
class Edition:
    """A knowledge base, and the search index and the diagnosis engine built from it.

    `others` are the editions of the same content in other languages, by their folders. They share
    what the engine has learned.
    """

    knowledge: KnowledgeBase
    engine: Engine
    _search: Callable[[], SearchIndex]
    _threads: BoundedThreads
    _detector: Callable[[], LanguageDetector]
    others: Mapping[str, Edition] = field(default_factory=dict)

    @classmethod
    def build(cls, content: Content, redactor: Redactor) -> Edition:
        """Build an edition from the readable files of `content`; `site.yml` must be readable."""
        knowledge = build(content, without_broken=True)
        engine = Engine(knowledge, redactor)
        search, threads = cache(lambda: SearchIndex(knowledge)), BoundedThreads()
        detector = cache(lambda: LanguageDetector.trained_on(content.texts_by_language()))
        edition = cls(knowledge, engine, search, threads, detector)
        others = {
            folder: edition._in_language(translation)
            for folder, translation in content.translations.items()
        }
        return replace(edition, others=others)

    def _in_language(self, translation: Translation) -> Edition:
        """Return this edition in another language."""
        with use_language(translation.language):
            knowledge = build(translated(self.knowledge.content, translation), without_broken=True)
        english = self._search

        @cache
        def search() -> SearchIndex:
            with use_language(translation.language):
                return SearchIndex(knowledge, english())

        return replace(
            self, knowledge=knowledge, engine=self.engine.translated(knowledge), _search=search
        )

    @property
    def search(self) -> SearchIndex:
        """The search index; it is built when it is first asked for."""
        return self._search()

    def language_of(self, text: str) -> Language | None:
        """Return the language that a text is written in, if there are pages in it."""
        return self._detector().language_of(text) if self.knowledge.content.translations else None

    def prepare(self) -> None:
        """Learn from the reports and build the search of every language, now."""
        self.engine.train()
        _ = self._detector()
        for edition in (self, *self.others.values()):
            _ = edition.search

    async def diagnose(self, observations: Observations) -> Diagnosis:
        """Return the diagnosis; raise a 503 where too many that take long are under way."""
        if len(observations.text) < LONG_TEXT and self.engine.is_trained:
            return self.engine.diagnose(observations)
        return await self._threads.run(lambda: self.engine.diagnose(observations))


@dataclass(frozen=True, slots=True)
class ServedState:
    """The edition that is served, and the errors of the content folder.

    `edition` is None only where a server was started on a broken `site.yml` to write it. `errors`
    are the first errors, `error_count` says how many there are. `left_out` are the paths of the
    files that could not be read when the edition was made, at most a hundred of them.
    """

    edition: Edition | None = None
    errors: tuple[Finding, ...] = ()
    error_count: int = 0
    left_out: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """A name for what pages show, errors included: it changes when they do."""
        version = self.edition.knowledge.version if self.edition else "none"
        errors = "\n".join(map(str, (self.error_count, *self.errors))).encode("utf-8", "replace")
        return f"{version}-{hashlib.blake2b(errors, digest_size=4).hexdigest()}"


class Live:
    """Follows one content folder; `state` is the one reference to the edition that is served.

    `seen` is how the folder looked when it was read. `reloads` counts the updates since the start
    that were served or refused. Training takes a second, so the first edition is served before its
    engine is trained. With `drafts` (`serve --dev`) drafts are served too, and each edition is
    served before its engine is trained, so that a saved file shows sooner.
    """

    def __init__(self, folder: Path, redactor: Redactor, *, drafts: bool = False) -> None:
        self._folder = folder
        self._redactor = redactor
        self._drafts = drafts
        self.reloads = {"served": 0, "refused": 0}
        self.seen = snapshot(folder)
        self.state = ServedState()
        self.state = self._load()

    @property
    def edition(self) -> Edition:
        """The edition that is being served, in the language in use; a 503 where there is none."""
        edition = self.state.edition
        if edition is None:
            raise HTTPException(503, "the content has errors; it is served once they are corrected")
        return edition.others.get(current().folder, edition)

    def languages(self) -> Mapping[str, Language]:
        """Return the languages other than English, by the names of their folders."""
        edition = self.state.edition
        translations = edition.knowledge.content.translations if edition else {}
        return {folder: translation.language for folder, translation in translations.items()}

    async def follow(self, seconds: float) -> None:
        """Serve updates until cancelled: look every `seconds` (0: never), and on SIGHUP."""
        self._log_state()
        asked = asyncio.Event()
        with _on_sighup(asked):  # first: an unhandled SIGHUP ends the process
            await self._prepare()
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(asked.wait(), seconds or None)
                must_load = asked.is_set()
                asked.clear()
                if must_load or await asyncio.to_thread(snapshot, self._folder) != self.seen:
                    await self._update()

    async def _update(self) -> None:
        """Load the folder once it has stopped changing, and serve it."""
        while True:
            seen = await asyncio.to_thread(snapshot, self._folder)
            await asyncio.sleep(QUIET_SECONDS)
            if await asyncio.to_thread(snapshot, self._folder) != seen:
                continue
            state = await asyncio.to_thread(self._load)
            # A file that changed meanwhile may have been read in part.
            if await asyncio.to_thread(snapshot, self._folder) == seen:
                break
        self.seen = seen
        self.state, before = state, self.state
        if state.id != before.id:
            self.reloads["refused" if state.errors else "served"] += 1
            self._log_state()
        # What requests left was frozen with the edition before: nothing frozen is ever freed.
        gc.unfreeze()
        gc.collect()
        await self._prepare()

    def _load(self) -> ServedState:
        """Load the folder: a new edition, or the present one and the errors of the new content."""
        present = self.state
        try:
            content = load(self._folder, drafts=self._drafts)
            errors = [finding for finding in check(content) if finding.severity == "error"]
            if content.site is None or (errors and present.edition):
                return _with_errors(present, errors)
            if present.edition and present.edition.knowledge.version == content.version:
                return ServedState(present.edition)
            edition = Edition.build(content, self._redactor)
            _ = edition.search
            if present.edition and not self._drafts:
                edition.engine.train()
            return _with_errors(ServedState(edition, left_out=content.broken[:MOST_ERRORS]), errors)
        except Exception as error:
            # A bug of ours that some content triggers must not stop the service.
            logger.exception("the content can't be loaded")
            reason = f"{type(error).__name__}: {error}"
            message = f"this can't be loaded ({reason}); undo the last change, and report it"
            crash = Finding(rule="crash", path=str(self._folder), line=1, message=message)
            return _with_errors(present, [crash])

    async def _prepare(self) -> None:
        """Train the engine and build the search indexes, while the edition is already served."""
        if edition := self.state.edition:
            try:
                await asyncio.to_thread(edition.prepare)
            except Exception:  # raised again where the result is needed
                logger.exception("the edition can't be prepared")
        # Keep the garbage collector from searching the edition, which stops everything for 150 ms.
        gc.freeze()

    def _log_state(self) -> None:
        state = self.state
        for error in state.errors:
            logger.error("%s", error)
        if hidden := state.error_count - len(state.errors):
            logger.error("and %d more errors; `helpcenter check` lists them", hidden)
        if state.edition is None:
            logger.error("site.yml has errors; nothing is served until they are corrected")
            return
        version = state.edition.knowledge.version
        if not state.errors:
            logger.info("serving content %s", version)
        elif state.left_out:
            names = ", ".join(state.left_out)
            logger.error("the content has errors; serving content %s without %s", version, names)
        else:
            logger.error("the content has errors; serving content %s", version)


def _with_errors(state: ServedState, errors: Sequence[Finding]) -> ServedState:
    """Return `state` with these errors, bounded."""
    shown = tuple(
        finding.model_copy(update={"message": finding.message[:LONGEST_MESSAGE]})
        for finding in errors[:MOST_ERRORS]
    )
    return replace(state, errors=shown, error_count=len(errors))


@contextmanager
def _on_sighup(asked: asyncio.Event) -> Iterator[None]:
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
