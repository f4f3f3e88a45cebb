"""The answer cache: whole answers, kept in front of everything else, compressed and tagged.

What an answer may depend on is its `Question`, and the edition that is served. That this is all is
not a matter of care: whatever answers a GET is asked with a request that is *made from* the
question (`Question.scope`), so it sees no cookie and no header that is not in the key. The address
of the visitor is passed on all the same, to limit what is noted for writers.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import brotli
from cachetools import LRUCache
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.http.coding import BEST_QUALITY, VISIT_QUALITY, Coding, encoded, is_text, preferred

ROUTE, RESULT = "helpcenter.route", "helpcenter.cache"
"""What is left in the scope: the template of the address, and "hit", "miss" or "pass"."""
MAX_BYTES = 64 * 1024 * 1024
"""All kept answers with their keys. A page takes about 8 KB, so most help centers fit in whole."""
OVERHEAD_BYTES = 2_000
"""What an answer takes beside its body and its key: headers, objects, the entry itself."""

OFTEN = 10
"""What was asked for so often again is worth the smallest size: a tenth less for 60 ms, once."""
IMPROVE_SECONDS = 1.0
"""So far apart, so that nobody can keep the processor busy with it."""

_PASS_BY = frozenset({b"authorization", b"range", b"content-length", b"transfer-encoding"})
_OK = 200

Header = tuple[bytes, bytes]


class Question(NamedTuple):
    """Everything but the edition that an answer to a GET may depend on: the key of the cache.

    The coding is the one chosen for `Accept-Encoding`. The host is part of it since some answers
    have absolute links.
    """

    path: str
    raw_path: bytes
    query: bytes
    root_path: str
    scheme: str
    host: bytes
    origin: bytes | None
    hx_request: bytes | None
    hx_request_type: bytes | None
    hx_history_restore: bytes | None
    coding: Coding

    @classmethod
    def of(cls, scope: Scope, asked: dict[bytes, bytes]) -> Question:
        """Return the question in a request with the headers `asked`."""
        get = asked.get
        return cls(
            scope["path"],
            scope.get("raw_path") or b"",
            scope["query_string"],
            scope.get("root_path", ""),
            scope["scheme"],
            asked[b"host"],
            get(b"origin"),
            get(b"hx-request"),
            get(b"hx-request-type"),
            get(b"hx-history-restore-request"),
            preferred(get(b"accept-encoding")),
        )

    def scope(self, client: tuple[str, int] | None) -> Scope:
        """Return a request that says this and nothing else, but for where it comes from."""
        headers = (
            (b"host", self.host),
            (b"origin", self.origin),
            (b"hx-request", self.hx_request),
            (b"hx-request-type", self.hx_request_type),
            (b"hx-history-restore-request", self.hx_history_restore),
            (b"accept-encoding", self.coding.encode()),
        )
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": self.scheme,
            "path": self.path,
            "raw_path": self.raw_path,
            "query_string": self.query,
            "root_path": self.root_path,
            "headers": [(name, value) for name, value in headers if value is not None],
            "client": client,
            "server": None,
        }

    @property
    def size(self) -> int:
        """How many bytes a sender can make the key take."""
        parts = (
            self.path,
            self.raw_path,
            self.query,
            self.host,
            self.origin,
            self.hx_request,
            self.hx_request_type,
            self.hx_history_restore,
        )
        return sum(len(part) for part in parts if part)


KEY_HEADERS = frozenset(
    {
        b"origin",
        b"hx-request",
        b"hx-request-type",
        b"hx-history-restore-request",
        b"accept-encoding",
    }
)
"""The headers that `Vary` may name in an answer that is kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, ready to be sent: as it is, without its body, or as "unchanged".

    `can_shrink` tells that its body is in brotli, made here in a hurry.
    """

    start: Message
    body: Message
    unchanged: Message | None
    tag: bytes
    is_public: bool
    can_shrink: bool

    async def send(self, send: Send, method: str, known: bytes | None) -> None:
        """Send it to a visitor who knows the entity tags in `known`."""
        if known is not None and self.unchanged and _matches(known, self.tag):
            await send(self.unchanged)
            await send(_NO_BODY)
            return
        await send(self.start)
        await send(self.body if method != "HEAD" else _NO_BODY)


@dataclass(slots=True)
class _Kept:
    """An answer in the cache, and how often it was asked for since it is there."""

    answer: Answer
    route: str
    size: int
    can_shrink: bool
    asked: int = 0


_NO_BODY: Message = {"type": "http.response.body", "body": b""}


class AnswerCache:
    """Answers what was asked before, without asking the application again.

    Kept are answers to GET that say `Cache-Control: public` and belong to the edition that
    `edition` returns from the question to the answer; none while it returns None. An edition that
    was replaced must never come back as the same object. `template` tells of a request that was
    answered which template of an address it had.
    """

    def __init__(
        self,
        app: ASGIApp,
        edition: Callable[[], object | None],
        template: Callable[[Scope], str] = lambda _: "none",
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._app = app
        self._edition = edition
        self._template = template
        self._of: object | None = None
        self._improve_after = 0.0
        self._kept: LRUCache[Question, _Kept] = LRUCache(
            max_bytes, getsizeof=lambda kept: kept.size
        )

    @property
    def size(self) -> tuple[int, int]:
        """How many answers are kept, and their bytes."""
        return len(self._kept), int(self._kept.currsize)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, else from the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        edition = self._edition()
        if edition is not self._of:
            self._kept.clear()
            self._of = edition
        headers: list[Header] = scope["headers"]
        asked = dict(headers)
        method: str = scope["method"]
        reads = method in {"GET", "HEAD"}
        known = asked.get(b"if-none-match") if reads else None
        # Repeated headers, or none that names the host, can be read in more than one way.
        is_clear = len(asked) == len(headers) and b"host" in asked
        if not reads or not is_clear or not _PASS_BY.isdisjoint(asked):
            scope[RESULT] = "pass"
            inner = {**scope, "method": "GET"} if reads else scope
            # A secret and what somebody sent must not be compressed together (BREACH).
            accepted = None if b"authorization" in asked else asked.get(b"accept-encoding")
            answered = _Answering(method, preferred(accepted), known, send)
            await self._ask(scope, inner, receive, answered)
            return
        question = Question.of(scope, asked)
        try:
            kept = self._kept[question]
        except KeyError:
            pass
        else:
            scope[RESULT], scope[ROUTE] = "hit", kept.route
            kept.asked += 1
            if kept.asked >= OFTEN and kept.can_shrink:
                self._improve(question, kept)
            await kept.answer.send(send, method, known)
            return
        scope[RESULT] = "miss"
        inner = question.scope(scope.get("client"))
        answering = _Answering(method, question.coding, known, send)
        await self._ask(scope, inner, receive, answering)
        made = answering.answer
        if made and made.is_public and edition is not None and self._edition() is edition:
            self._keep(question, made, scope[ROUTE])

    def _keep(self, question: Question, answer: Answer, route: str) -> None:
        size = len(answer.body["body"]) + question.size + OVERHEAD_BYTES
        if size <= self._kept.maxsize:
            self._kept[question] = _Kept(answer, route, size, answer.can_shrink)

    def _improve(self, question: Question, kept: _Kept) -> None:
        """Compress what is asked for often as well as possible, once it is time for one again.

        Addresses with a query are left as they are: anybody can make up as many as they like.
        """
        now = time.monotonic()
        if question.query or now < self._improve_after:
            return
        self._improve_after = now + IMPROVE_SECONDS
        kept.can_shrink = False
        loop = asyncio.get_running_loop()
        better = loop.run_in_executor(None, _improved, kept.answer)

        def replace(done: asyncio.Future[Answer]) -> None:
            # An edition that is new by now has let go of this answer.
            if not done.cancelled() and self._kept.get(question) is kept:
                self._keep(question, done.result(), kept.route)

        better.add_done_callback(replace)

    async def _ask(self, scope: Scope, inner: Scope, receive: Receive, send: Send) -> None:
        """Ask the application with `inner`, and leave the template of the address in `scope`."""
        try:
            await self._app(inner, receive, send)
        finally:
            scope[ROUTE] = self._template(inner)


class _Answering:
    """Takes an answer from the application, and sends it as the visitor wants it.

    What comes in one piece becomes an `Answer`; what is streamed goes through as it is.
    """

    def __init__(self, method: str, coding: Coding, known: bytes | None, send: Send) -> None:
        self._method = method
        self._coding = coding
        self._known = known
        self._send = send
        self._start: Message | None = None
        self.answer: Answer | None = None

    async def __call__(self, message: Message) -> None:
        """Take a message of the application."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        start, self._start = self._start, None
        if message.get("more_body"):
            await self._send(start)
            await self._send(message)
            return
        self.answer = _answer(start, message.get("body", b""), self._coding)
        await self.answer.send(self._send, self._method, self._known)


def _improved(answer: Answer) -> Answer:
    """Return an answer that can shrink as small as it gets; takes long enough to need a thread."""
    made_here = {b"content-encoding", b"etag"}
    headers = [one for one in answer.start["headers"] if one[0] not in made_here]
    plain = brotli.decompress(answer.body["body"])
    start = {**answer.start, "headers": headers}
    return _answer(start, plain, "br", BEST_QUALITY)


def _answer(start: Message, body: bytes, coding: Coding, quality: int = VISIT_QUALITY) -> Answer:
    headers = [(name.lower(), value) for name, value in start["headers"]]
    said = dict(headers)
    # A file that may change by itself has a date, and its own tag.
    is_own = b"last-modified" in said
    can_shrink = False
    if not is_own and b"content-encoding" not in said and is_text(_text(said, b"content-type")):
        shorter = encoded(body, coding, quality)
        set_ = {b"vary": _merged(said.get(b"vary", b""), b"Accept-Encoding")}
        if shorter is not None:
            body = shorter
            can_shrink = coding == "br" and quality < BEST_QUALITY
            set_ |= {b"content-encoding": coding.encode(), b"content-length": b"%d" % len(body)}
        headers = [one for one in headers if one[0] not in set_] + list(set_.items())
        said |= set_
    is_public = start["status"] == _OK and b"public" in _names(said.get(b"cache-control", b""))
    if is_public and not is_own:
        # The headers count: where nothing has changed, a browser keeps those that it had.
        said[b"etag"] = _tag((one for one in headers if not _is_sent_again(one[0])), body)
        headers.append((b"etag", said[b"etag"]))
    unchanged: Message | None = None
    if b"etag" in said and start["status"] == _OK:
        kept = [one for one in headers if _is_sent_again(one[0])]
        unchanged = {"type": "http.response.start", "status": 304, "headers": kept}
    return Answer(
        start={"type": "http.response.start", "status": start["status"], "headers": headers},
        body={"type": "http.response.body", "body": body},
        unchanged=unchanged,
        tag=said.get(b"etag", b""),
        is_public=is_public and not is_own and _names(said.get(b"vary", b"")) <= KEY_HEADERS,
        can_shrink=can_shrink,
    )


def _is_sent_again(name: bytes) -> bool:
    """Tell whether "unchanged" says this header, too (RFC 9110, 15.4.5; browsers ask for CORS)."""
    return name in {b"cache-control", b"etag", b"vary"} or name.startswith(b"access-control-")


def _text(headers: dict[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _names(value: bytes) -> set[bytes]:
    return {name.strip().lower() for name in value.split(b",") if name.strip()}


def _merged(value: bytes, name: bytes) -> bytes:
    """Return the value of a `Vary` with `name` in it, each name once."""
    names = [one.strip() for one in value.split(b",") if one.strip()]
    return b", ".join(dict.fromkeys([*names, name]))


def _tag(headers: Iterable[Header], body: bytes) -> bytes:
    """Return a strong entity tag of these bytes under these headers."""
    digest = hashlib.blake2b(body, digest_size=12)
    for name, value in headers:
        digest.update(b"\0%b\0%b" % (name, value))
    return b'"%b"' % digest.hexdigest().encode()


def _matches(known: bytes, tag: bytes) -> bool:
    """Compare weakly, as `If-None-Match` asks: a proxy that compresses makes tags weak."""
    if known == tag:
        return True
    tags = {one.strip().removeprefix(b"W/") for one in known.split(b",")}
    return tag.removeprefix(b"W/") in tags or b"*" in tags
