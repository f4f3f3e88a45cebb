"""The response cache: whole responses in front of the application, compressed and tagged.

A response may depend on its `CacheKey` and on the edition that is served, and on nothing else: the
application only sees a request rebuilt from the key (`CacheKey.scope`), without cookies and without
headers that aren't in the key. The visitor's address is passed on too, to limit how many texts are
stored for writers.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from cachetools import LRUCache
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.http.coding import BEST_QUALITY, VISIT_QUALITY, Coding, encoded, is_text, preferred

ROUTE, RESULT = "helpcenter.route", "helpcenter.cache"
"""Set in the scope of a request: the template of its path, and "hit", "miss" or "pass"."""
MAX_BYTES = 64 * 1024 * 1024
"""The limit of all cached responses with their keys; a page takes about 8 KB."""
OVERHEAD_BYTES = 2_000
"""The size of a cached response without its body and its key: headers, objects, the entry."""

_BYPASS_HEADERS = frozenset({b"authorization", b"range", b"content-length", b"transfer-encoding"})
_OK = 200

Header = tuple[bytes, bytes]


_IN_KEY = (b"host", b"origin", b"hx-request", b"hx-request-type", b"hx-history-restore-request")
KEY_HEADERS = frozenset({*_IN_KEY[1:], b"accept-encoding"})
"""The headers that `Vary` may name in a cached response."""


class CacheKey(NamedTuple):
    """Everything but the edition that a response to a GET may depend on.

    `coding` is chosen by `Accept-Encoding`. The host is among the `headers` because some responses
    have absolute links.
    """

    path: str
    raw_path: bytes
    query: bytes
    root_path: str
    scheme: str
    headers: tuple[Header, ...]
    coding: Coding

    @classmethod
    def of(cls, scope: Scope, headers: dict[bytes, bytes]) -> CacheKey:
        """Return the key of a request."""
        return cls(
            scope["path"],
            scope.get("raw_path") or b"",
            scope["query_string"],
            scope.get("root_path", ""),
            scope["scheme"],
            tuple([(name, headers[name]) for name in _IN_KEY if name in headers]),
            preferred(headers.get(b"accept-encoding")),
        )

    def scope(self, client: tuple[str, int] | None) -> Scope:
        """Return a request with this key and nothing else but the visitor's address."""
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
            "headers": [*self.headers, (b"accept-encoding", self.coding.encode())],
            "client": client,
            "server": None,
        }

    @property
    def size(self) -> int:
        """The bytes of the key that a visitor chooses."""
        return (
            len(self.path)
            + len(self.raw_path)
            + len(self.query)
            + sum(len(value) for _, value in self.headers)
        )


@dataclass(frozen=True, slots=True)
class WholeResponse:
    """A whole response, ready to be sent: with its body, without it, or as a 304.

    `unchanged` is the start of the 304; None if the response can't be a 304.
    """

    start: Message
    body: Message
    unchanged: Message | None
    tag: bytes
    is_public: bool

    async def send(self, send: Send, method: str, known: bytes | None) -> None:
        """Send it to a visitor whose `If-None-Match` is `known`."""
        if known is not None and self.unchanged and _matches(known, self.tag):
            await send(self.unchanged)
            await send(_NO_BODY)
            return
        await send(self.start)
        await send(self.body if method != "HEAD" else _NO_BODY)


class _Entry(NamedTuple):
    """A response in the cache, with the template of its path and its size in bytes."""

    response: WholeResponse
    route: str
    size: int


_NO_BODY: Message = {"type": "http.response.body", "body": b""}


class ResponseCache:
    """Answers a repeated request without asking the application again.

    It stores responses to GET that say `Cache-Control: public`, for as long as `edition` returns
    the same object; none while it returns None. `template` returns the template of the path of a
    request that was answered.
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
        self._cached_edition: object | None = None
        self._is_compressing = False
        self._entries: LRUCache[CacheKey, _Entry] = LRUCache(
            max_bytes, getsizeof=lambda entry: entry.size
        )

    @property
    def size(self) -> tuple[int, int]:
        """The number of cached responses, and their bytes."""
        return len(self._entries), int(self._entries.currsize)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the cache, else from the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        edition = self._edition()
        if edition is not self._cached_edition:
            self._entries.clear()
            self._cached_edition = edition
        pairs: list[Header] = scope["headers"]
        headers = dict(pairs)
        method: str = scope["method"]
        reads = method in {"GET", "HEAD"}
        known = headers.get(b"if-none-match") if reads else None
        # Repeated headers and a missing host are ambiguous.
        is_clear = len(headers) == len(pairs) and b"host" in headers
        if not reads or not is_clear or not _BYPASS_HEADERS.isdisjoint(headers):
            scope[RESULT] = "pass"
            inner = {**scope, "method": "GET"} if reads else scope
            # A secret and a visitor's input must not be compressed together (BREACH).
            accepted = None if b"authorization" in headers else headers.get(b"accept-encoding")
            answering = _ResponseBuffer(
                method, known, send, partial(_quick, coding=preferred(accepted))
            )
            await self._ask(scope, inner, receive, answering)
            return
        key = CacheKey.of(scope, headers)
        if entry := self._entries.get(key):
            scope[RESULT], scope[ROUTE] = "hit", entry.route
            await entry.response.send(send, method, known)
            return
        scope[RESULT] = "miss"
        answering = _ResponseBuffer(method, known, send, partial(self._compressed, key=key))
        await self._ask(scope, key.scope(scope.get("client")), receive, answering)
        made = answering.response
        if made and made.is_public and edition is not None and self._edition() is edition:
            size = len(made.body["body"]) + key.size + OVERHEAD_BYTES
            if size <= self._entries.maxsize:
                self._entries[key] = _Entry(made, scope[ROUTE], size)

    async def _compressed(self, start: Message, body: bytes, *, key: CacheKey) -> WholeResponse:
        """Return the response; a page that will be cached is compressed as much as possible.

        That takes up to 70 ms, so it is done in a thread, for a single page at a time. URLs with a
        query are compressed quickly, because anybody can invent any number of them.
        """
        if self._is_compressing or key.query or key.coding != "br" or not _is_public(start):
            return await _quick(start, body, coding=key.coding)
        self._is_compressing = True
        try:
            return await asyncio.to_thread(_response, start, body, key.coding, BEST_QUALITY)
        finally:
            self._is_compressing = False

    async def _ask(self, scope: Scope, inner: Scope, receive: Receive, send: Send) -> None:
        """Ask the application with `inner`, and set the template of the path in `scope`."""
        try:
            await self._app(inner, receive, send)
        finally:
            scope[ROUTE] = self._template(inner)


class _ResponseBuffer:
    """Buffers a response of the application, and sends it with the body, without it, or as a 304.

    `make` makes a `WholeResponse` of a whole response; a stream goes through as it is.
    """

    def __init__(
        self,
        method: str,
        known: bytes | None,
        send: Send,
        make: Callable[[Message, bytes], Awaitable[WholeResponse]],
    ) -> None:
        self._method = method
        self._known = known
        self._send = send
        self._make = make
        self._start: Message | None = None
        self.response: WholeResponse | None = None

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
        self.response = await self._make(start, message.get("body", b""))
        await self.response.send(self._send, self._method, self._known)


async def _quick(start: Message, body: bytes, *, coding: Coding) -> WholeResponse:
    return _response(start, body, coding, VISIT_QUALITY)


def _response(start: Message, body: bytes, coding: Coding, quality: int) -> WholeResponse:
    headers = [(name.lower(), value) for name, value in start["headers"]]
    said = dict(headers)
    if b"content-encoding" not in said and is_text(
        said.get(b"content-type", b"").decode("latin-1")
    ):
        shorter = encoded(body, coding, quality)
        set_ = {b"vary": _merged(said.get(b"vary", b""), b"Accept-Encoding")}
        if shorter is not None:
            body = shorter
            set_ |= {b"content-encoding": coding.encode(), b"content-length": b"%d" % len(body)}
        headers = [header for header in headers if header[0] not in set_] + list(set_.items())
        said |= set_
    is_public = _is_public(start)
    if is_public:
        # The tag covers the headers too: after a 304 a browser keeps its old headers.
        said[b"etag"] = _tag((header for header in headers if not _is_sent_again(header[0])), body)
        headers.append((b"etag", said[b"etag"]))
    unchanged: Message | None = None
    if b"etag" in said and start["status"] == _OK:
        kept = [header for header in headers if _is_sent_again(header[0])]
        unchanged = {"type": "http.response.start", "status": 304, "headers": kept}
    return WholeResponse(
        start={"type": "http.response.start", "status": start["status"], "headers": headers},
        body={"type": "http.response.body", "body": body},
        unchanged=unchanged,
        tag=said.get(b"etag", b""),
        is_public=is_public and _names(said.get(b"vary", b"")) <= KEY_HEADERS,
    )


def _is_public(start: Message) -> bool:
    headers = {name.lower(): value for name, value in start["headers"]}
    return start["status"] == _OK and b"public" in _names(headers.get(b"cache-control", b""))


def _is_sent_again(name: bytes) -> bool:
    """Tell whether a 304 repeats this header (RFC 9110, 15.4.5; browsers need those of CORS)."""
    return name in {b"cache-control", b"etag", b"vary"} or name.startswith(b"access-control-")


def _names(value: bytes) -> set[bytes]:
    return {name.strip().lower() for name in value.split(b",") if name.strip()}


def _merged(value: bytes, name: bytes) -> bytes:
    """Return the value of a `Vary` with `name` in it, each name once."""
    names = [name.strip() for name in value.split(b",") if name.strip()]
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
    tags = {tag.strip().removeprefix(b"W/") for tag in known.split(b",")}
    return tag.removeprefix(b"W/") in tags or b"*" in tags
