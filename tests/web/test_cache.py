"""The answer cache: nobody can tell it from the application, but by the time it takes."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import brotli
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.diagnosis.redaction import Redactor
from app.settings import STATIC, Settings
from app.web.application import HelpCenter, create_app
from app.web.http import cache
from app.web.http.cache import RESULT, ROUTE, ResponseCache
from app.web.http.coding import BEST_QUALITY, VISIT_QUALITY
from app.web.http.headers import PAGE_CACHE
from app.web.serving.live import Edition, Live, ServedState
from tests.conftest import MARBLES

Headers = list[tuple[bytes, bytes]]


@dataclasses.dataclass(frozen=True)
class Told:
    """An answer as it was sent, with what the cache says of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    result: str = ""
    route: str = ""

    @property
    def text(self) -> bytes:
        """The body, decoded."""
        decode = {"br": brotli.decompress, "gzip": gzip.decompress}
        coding = self.headers.get("content-encoding")
        return decode[coding](self.body) if coding and self.body else self.body


def ask(  # noqa: PLR0917 - as short as the tests want it
    app: ASGIApp,
    path: str = "/",
    query: str = "",
    headers: Headers | None = None,
    method: str = "GET",
    client: str = "192.0.2.1",
) -> Told:
    """Ask an application for a path that needs no escapes; `headers` may repeat themselves."""
    host = [] if any(name == b"host" for name, _ in headers or ()) else [(b"host", b"help.test")]
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": host + (headers or []),
        "client": (client, 50_000),
        "server": ("127.0.0.1", 8000),
    }
    sent: list[Message] = []

    unread: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if not unread:
            await asyncio.Event().wait()
        return unread.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(_call(app, scope, receive, send))
    return Told(
        sent[0]["status"],
        {name.decode(): value.decode() for name, value in sent[0]["headers"]},
        b"".join(message.get("body", b"") for message in sent[1:]),
        scope.get(RESULT, ""),
        scope.get(ROUTE, ""),
    )


async def _call(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


PNG = b"\x89PNG\r\n\x1a\n"
BR = [(b"accept-encoding", b"br")]


# --- The proof of the key -----------------------------------------------------------------------


class World:
    """A help center whose content changes, asked with its cache and in two ways without one."""

    def __init__(self, root: Path, base_url: str | None) -> None:
        first, second = root / "first", root / "second"
        shutil.copytree(MARBLES, first)
        (first / "images").mkdir(exist_ok=True)
        (first / "images" / "ring.png").write_bytes(PNG + b"one")
        shutil.copytree(first, second)
        (second / "images" / "ring.png").write_bytes(PNG + b"another")
        issue = second / "issues" / "wrong-key.md"
        issue.write_text(issue.read_text("utf-8").replace("title: ", "title: Quite "), "utf-8")
        self.app = create_app(
            Settings(content=first, base_url=base_url, watch=0, cors_origins=("https://app.test",))
        )
        redactor = Redactor.from_file(STATIC / "redaction-rules.json")
        self._editions = [_edition(content, redactor) for content in (first, second)]

    def swap(self, number: int) -> None:
        """Serve one of the two, as an edition that was never served before."""
        edition = dataclasses.replace(self._editions[number])
        self.app.live.state = ServedState(edition, ())

    def bare(self, scope: Scope, receive: Receive, send: Send) -> Any:
        """Answer without anything in front."""
        return super(HelpCenter, self.app).__call__(scope, receive, send)


def _edition(folder: Path, redactor: Redactor) -> Edition:
    edition = Live(folder, redactor).state.edition
    assert edition is not None
    return edition


@pytest.fixture(scope="module", params=["https://help.test", None], ids=["base url", "no base url"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"), request.param)


PATHS = [
    "/search",
    "/diagnose",
    "/api/v1/issues",
    "/issues/wrong-key",
    "/images/ring.png",
    # From here on what depends on less.
    "/",
    "/issues/wrong-key.md",
    "/issues/forgotten-word",
    "/issues/WRONG-KEY",
    "/exchanges/glassmarket",
    "/errors/glassmarket/-7007",
    "/errors/glassmarket/-7007.txt",
    "/diagnose.txt",
    "/report",
    "/whitelist",
    "/feedback",
    "/insights",
    "/api",
    "/api/v1/search",
    "/api/v1/nonsuch",
    "/sitemap.xml",
    "/feed.xml",
    "/llms.txt",
    "/llms-full.txt",
    "/robots.txt",
    "/static/x/style.css",
    "/static/x/nonsuch.css",
    "/healthz",
    "/nonsuch",
    "/issues/",
]
VARYING = 5
"""How many of them depend on more than the path, the query and the edition."""
QUERIES = [
    "",
    "exchange=glassmarket",
    "exchange=claybourse",
    "q=marble",
    "q=marble&exchange=glassmarket",
    "q=zzzzzz",
    "exchange=glassmarket&error=-7007",
    "page=/issues/wrong-key",
    "utm_source=x",
]
HEADERS: dict[bytes, list[bytes]] = {
    b"accept-encoding": [b"br", b"gzip", b"gzip, deflate, br", b"br;q=0, gzip", b"identity", b"*"],
    b"hx-request": [b"true", b"true", b"false"],
    b"hx-request-type": [b"partial", b"full"],
    b"hx-history-restore-request": [b"true"],
    b"hx-source": [b"form#diagnose-form"],
    b"hx-boosted": [b"true"],
    b"host": [b"help.test", b"evil.test", b"help.test:8080"],
    b"origin": [b"https://app.test", b"https://evil.test", b"null"],
    b"cookie": [b"session=1", b"exchange=glassmarket"],
    b"authorization": [b"Basic eDp4", b"Bearer x"],
    b"range": [b"bytes=0-3"],
    b"content-length": [b"0"],
    b"user-agent": [b"curl/8", b"Mozilla/5.0 (Linux; Android 14)"],
    b"accept": [b"text/html", b"application/json", b"*/*"],
    b"accept-language": [b"de", b"en"],
    b"referer": [b"https://help.test/?q=secret"],
    b"x-forwarded-host": [b"evil.test"],
    b"x-forwarded-proto": [b"https"],
    b"x-forwarded-prefix": [b"/evil"],
    b"x-http-method-override": [b"POST"],
    b"x-original-url": [b"/insights"],
    b"cache-control": [b"no-cache", b"max-age=0"],
    b"save-data": [b"on"],
    b"sec-fetch-site": [b"cross-site"],
}


LIKELY = [b"accept-encoding", b"hx-request", b"origin"]
"""The headers that make a difference, each in half of the requests."""


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    names = [name for name in LIKELY if draw(st.booleans())]
    names += draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=3))
    path = draw(st.one_of(st.sampled_from(PATHS), st.sampled_from(PATHS[:VARYING])))
    return {
        "path": path,
        "query": draw(st.sampled_from(QUERIES)),
        "headers": [(name, draw(st.sampled_from(HEADERS[name]))) for name in names],
        "method": draw(st.sampled_from(["GET", "GET", "GET", "HEAD"])),
        "client": draw(st.sampled_from(["192.0.2.1", "192.0.2.2"])),
    }


STEPS = st.lists(
    st.one_of(
        requests(),
        requests(),
        st.tuples(st.just("swap"), st.sampled_from([0, 1])),
    ),
    min_size=2,
    max_size=12,
)
OURS = {"etag", "vary", "content-encoding", "content-length", "x-request-id"}
"""The headers that an answer gets from what is in front."""


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, again=st.integers(1, 2))
def test_with_the_cache_every_answer_is_as_without(
    world: World, steps: list[Any], again: int
) -> None:
    """Each request twice in a row at most, in any order with others, while the content changes."""
    world.swap(0)
    for step in steps:
        if isinstance(step, tuple):
            world.swap(step[1])
            continue
        for _ in range(again):
            check(world, step)


@pytest.mark.slow
def test_every_combination_of_what_htmx_says_is_told_apart(world: World) -> None:
    world.swap(0)
    names = (b"hx-request", b"hx-request-type", b"hx-history-restore-request")
    for path, query in (("/search", "q=marble"), ("/diagnose", "error=-7007"), ("/nonsuch", "")):
        for values in itertools.product(*([None, *dict.fromkeys(HEADERS[name])] for name in names)):
            headers = [pair for pair in zip(names, values, strict=True) if pair[1] is not None]
            check(world, {"path": path, "query": query, "headers": headers, "method": "GET"})


def check(world: World, step: dict[str, Any]) -> None:
    kept = ask(world.app, **step)
    # In front of the same application, but nothing is kept: the same to the last byte.
    made = ask(ResponseCache(world.bare, lambda: None), **step)
    lines = {name: kept.headers[name] for name in kept.headers if name != "x-request-id"}
    assert (kept.status, lines, kept.body) == (made.status, made.headers, made.body)
    # Nothing in front at all: the same after decoding.
    bare = ask(world.bare, **step | {"method": "GET"})
    assert kept.status == bare.status
    assert _rest(kept) == _rest(bare)
    assert kept.text == (b"" if step["method"] == "HEAD" else bare.text)
    # Who knows the answer needs no second one; who knows another gets it.
    if (tag := kept.headers.get("etag")) is None:
        assert "public" not in kept.headers.get("cache-control", "") or kept.status != 200
        return
    for known, status in ((tag, 304), (f'"x", W/{tag}', 304), ("*", 304), ('"x"', 200)):
        headers = [*step["headers"], (b"if-none-match", known.encode())]
        told = ask(world.app, **step | {"headers": headers})
        assert told.status == (status if kept.status == 200 else kept.status)
        if told.status == 304:
            assert told.body == b""
            assert told.headers["etag"] == tag
            for name in ("cache-control", "vary"):
                assert told.headers.get(name) == kept.headers.get(name)


def _rest(told: Told) -> dict[str, str]:
    return {name: value for name, value in told.headers.items() if name not in OURS}


# --- What is kept, and for how long -------------------------------------------------------------


class Counting:
    """An application that answers with how often it was asked."""

    def __init__(self, cache_control: str = PAGE_CACHE, **headers: str) -> None:
        self.asked = 0
        self.edition: object = object()
        self.headers = {"Cache-Control": cache_control} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        body = f"answer number {self.asked} " * 50
        await PlainTextResponse(body, headers=self.headers)(scope, receive, send)


def test_what_was_answered_once_is_not_asked_again() -> None:
    inner = Counting()
    front = ResponseCache(inner, lambda: inner.edition)
    told = [ask(front, "/", headers=BR) for _ in range(3)]
    assert [answer.result for answer in told] == ["miss", "hit", "hit"]
    assert len({answer.body for answer in told}) == inner.asked == 1


def test_head_is_answered_from_what_get_left_and_the_other_way_round() -> None:
    inner = Counting()
    front = ResponseCache(inner, lambda: inner.edition)
    head = ask(front, method="HEAD")
    get = ask(front)
    assert (head.headers, head.body) == (get.headers, b"")
    assert inner.asked == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"cache_control": "no-store"},
        {"cache_control": "private, max-age=60"},
        {"cache_control": "max-age=60"},
        {"Vary": "User-Agent"},
        {"Vary": "*"},
        {"Vary": "HX-Request, Cookie"},
    ],
    ids=str,
)
def test_what_is_not_for_everybody_is_not_kept(headers: dict[str, str]) -> None:
    inner = Counting(**headers)
    front = ResponseCache(inner, lambda: inner.edition)
    assert [ask(front).result for _ in range(2)] == ["miss", "miss"]
    assert inner.asked == 2


@pytest.mark.parametrize(
    "headers",
    [
        [(b"authorization", b"Basic eDp4")],
        [(b"range", b"bytes=0-1")],
        [(b"transfer-encoding", b"chunked")],
        [(b"host", b"a.test"), (b"host", b"b.test")],
        [(b"hx-request", b"true"), (b"hx-request", b"false")],
    ],
)
def test_unusual_requests_pass_by(headers: Headers) -> None:
    inner = Counting()
    front = ResponseCache(inner, lambda: inner.edition)
    ask(front)
    assert [ask(front, headers=headers).result for _ in range(2)] == ["pass", "pass"]
    assert ask(front).result == "hit"
    assert inner.asked == 3


def test_a_new_edition_ends_all_old_answers_at_once() -> None:
    inner = Counting()
    front = ResponseCache(inner, lambda: inner.edition)
    before = ask(front)
    inner.edition = object()
    after = ask(front)
    assert before.text != after.text
    assert before.headers["etag"] != after.headers["etag"]
    assert front.size[0] == 1


def test_an_answer_of_the_old_edition_that_comes_late_is_not_kept() -> None:
    inner = Counting()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)
        if inner.asked == 1:
            inner.edition = object()

    front = ResponseCache(slow, lambda: inner.edition)
    assert [ask(front).result for _ in range(3)] == ["miss", "miss", "hit"]


def test_without_an_edition_nothing_is_kept() -> None:
    inner = Counting()
    front = ResponseCache(inner, lambda: None)
    assert [ask(front).result for _ in range(2)] == ["miss", "miss"]
    assert front.size == (0, 0)


@pytest.mark.slow
def test_a_flood_of_queries_stays_within_bounds_and_spares_what_is_asked_for() -> None:
    inner = Counting()
    front = ResponseCache(inner, lambda: inner.edition, max_bytes=100_000)
    for number in range(500):
        ask(front, query=f"{number}" + "x" * (number % 50) * 20)
        assert ask(front, "/popular").result == ("miss" if number == 0 else "hit")
        assert front.size[1] <= 100_000
    assert 10 < front.size[0] < 100
    assert ask(front, query="x" * 100_000).status == 200


def test_what_is_streamed_goes_through_piece_by_piece() -> None:
    async def pieces(scope: Scope, receive: Receive, send: Send) -> None:
        async def parts() -> Any:
            for part in ("one ", "two ", "three " * 200):
                yield part

        headers = {"Cache-Control": PAGE_CACHE}
        response = StreamingResponse(parts(), media_type="text/plain", headers=headers)
        await response(scope, receive, send)

    front = ResponseCache(pieces, object)
    for _ in range(2):
        told = ask(front, headers=BR)
        assert told.body == b"one two " + b"three " * 200
        assert "content-encoding" not in told.headers
        assert told.result == "miss"


def test_what_is_encoded_already_stays_as_it_is() -> None:
    async def packed(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"Content-Encoding": "zstd", "Cache-Control": PAGE_CACHE}
        await Response(b"x" * 1_000, media_type="text/plain", headers=headers)(scope, receive, send)

    told = ask(ResponseCache(packed, lambda: None), headers=BR)
    assert told.headers["content-encoding"] == "zstd"
    assert told.body == b"x" * 1_000


# --- Compression --------------------------------------------------------------------------------


TEXT = " ".join(f"teapot {number} sings {number * number % 97}" for number in range(400))


async def teapots(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a longer text that is always the same."""
    headers = {"Cache-Control": PAGE_CACHE, "Vary": "HX-Request"}
    await PlainTextResponse(TEXT, headers=headers)(scope, receive, send)


def test_a_page_is_as_small_as_it_gets_from_the_first_visitor_on() -> None:
    edition = object()
    front = ResponseCache(teapots, lambda: edition)
    first, second = (ask(front, headers=BR) for _ in range(2))
    assert (first.result, second.result) == ("miss", "hit")
    assert first.body == second.body == brotli.compress(TEXT.encode(), brotli.MODE_TEXT, quality=11)
    assert first.headers["etag"] == second.headers["etag"]
    assert int(first.headers["content-length"]) == len(first.body)


def test_a_page_with_a_query_is_compressed_in_a_hurry() -> None:
    """Anybody can make up as many of them as they like."""
    edition = object()
    front = ResponseCache(teapots, lambda: edition)
    told = ask(front, query="x=1", headers=BR)
    assert told.text == TEXT.encode()
    assert told.body == brotli.compress(TEXT.encode(), brotli.MODE_TEXT, quality=VISIT_QUALITY)


def test_only_one_page_at_a_time_is_compressed_as_well_as_possible(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    qualities: dict[str, int] = {}
    front = ResponseCache(teapots, object)

    def encoded(body: bytes, coding: str, quality: int) -> bytes:
        if quality == BEST_QUALITY:
            qualities["first"] = quality
            ask(front, "/two", headers=BR)
        else:
            qualities["second"] = quality
        return body[:10]

    monkeypatch.setattr(cache, "encoded", encoded)
    ask(front, "/one", headers=BR)
    assert qualities == {"first": BEST_QUALITY, "second": VISIT_QUALITY}


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("short and stout"),
        Response(TEXT.encode(), media_type="image/png"),
        PlainTextResponse(TEXT, headers={"Content-Encoding": "zstd"}),
    ],
    ids=["short", "no text", "encoded already"],
)
def test_a_body_that_would_not_become_smaller_is_left_alone(answer: Response) -> None:
    edition = object()
    answer.headers["Cache-Control"] = PAGE_CACHE
    front = ResponseCache(answer, lambda: edition)
    told = [ask(front, headers=BR) for _ in range(2)]
    assert told[-1].result == "hit"
    assert {answer.body for answer in told} == {answer.body}


# --- Codings ------------------------------------------------------------------------------------


def test_each_coding_has_its_own_tag_and_length() -> None:
    edition = object()
    front = ResponseCache(teapots, lambda: edition)
    told = {
        coding: ask(front, headers=[(b"accept-encoding", coding)])
        for coding in (b"br", b"gzip", b"identity")
    }
    assert len({answer.headers["etag"] for answer in told.values()}) == 3
    assert len({answer.text for answer in told.values()}) == 1
    for coding, answer in told.items():
        assert answer.headers.get("content-encoding", "identity").encode() == coding
        assert int(answer.headers["content-length"]) == len(answer.body)
        assert answer.headers["vary"] == "HX-Request, Accept-Encoding"
        # A tag of another coding is not the tag of this answer.
        for other in told.values():
            headers = [
                (b"accept-encoding", coding),
                (b"if-none-match", other.headers["etag"].encode()),
            ]
            assert ask(front, headers=headers).status == (304 if other is answer else 200)


def test_vary_keeps_its_names_once() -> None:
    front = ResponseCache(Counting(Vary="HX-Request, Origin, Origin"), lambda: None)
    assert ask(front, headers=BR).headers["vary"] == "HX-Request, Origin, Accept-Encoding"


def test_other_headers_make_another_tag() -> None:
    """A browser keeps the headers of what has not changed: new ones must reach it."""
    tags = set()
    for policy in ("default-src 'self'", "default-src 'none'"):
        inner = Counting(Content_Security_Policy=policy)
        tags.add(ask(ResponseCache(inner, lambda: None)).headers["etag"])
    assert len(tags) == 2


def test_answers_behind_a_token_are_not_compressed() -> None:
    """Their length would tell what stands in them to who can put something beside it (BREACH)."""
    front = ResponseCache(Counting("no-store"), object)
    headers = [(b"accept-encoding", b"br"), (b"authorization", b"Basic eDp4")]
    assert "content-encoding" not in ask(front, headers=headers).headers
    assert ask(front, headers=BR).headers["content-encoding"] == "br"


# --- In the application -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def app() -> HelpCenter:
    return create_app(Settings(content=MARBLES, base_url="https://help.test", watch=0))


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/issues/wrong-key", "/issues/{slug}"),
        ("/errors/glassmarket/-7007", "/errors/{exchange}/{code:path}"),
        ("/api/v1/issues", "/api/v1/issues"),
        ("/api/v1/issues/wrong-key", "/api/v1/issues/{slug}"),
        ("/static/x/style.css", "/static"),
        ("/sitemap.xml", "/sitemap.xml"),
    ],
)
def test_pages_are_kept_under_the_template_of_their_address(
    app: HelpCenter, path: str, route: str
) -> None:
    first, second = (ask(app, path, headers=BR) for _ in range(2))
    assert first.route == second.route == route
    assert second.result == ("miss" if route == "/static" else "hit")


@pytest.mark.parametrize("path", ["/nonsuch", "/issues/nonsuch", "/api/v1/nonsuch", "/insights"])
def test_an_address_that_nobody_answers_has_no_template_of_its_own(
    app: HelpCenter, path: str
) -> None:
    assert "nonsuch" not in ask(app, path).route


def test_nothing_is_kept_while_somebody_writes() -> None:
    app = create_app(Settings(content=MARBLES, dev=True, watch=0))
    for _ in range(2):
        told = ask(app, "/issues/wrong-key")
        assert told.result == "miss"
        assert told.headers["cache-control"] == "no-store"


def test_a_page_is_sent_small_and_whole(app: HelpCenter) -> None:
    told = ask(app, "/issues/wrong-key", headers=BR)
    assert told.headers["content-encoding"] == "br"
    assert len(told.body) < len(told.text) / 3
    assert told.text.rstrip().endswith(b"</html>")
    assert told.headers["content-security-policy"]


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_static_files_are_sent_as_small_as_they_get(app: HelpCenter, coding: str) -> None:
    page = ask(app).text.decode()
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    plain = ask(app, address)
    small = ask(app, address, headers=[(b"accept-encoding", coding.encode())])
    assert plain.body == small.text == (STATIC / "style.css").read_bytes()
    assert small.headers["content-encoding"] == coding
    assert small.headers["cache-control"].endswith("immutable")
    if coding == "br":
        assert len(small.body) == len(brotli.compress(plain.body, brotli.MODE_TEXT, quality=11))
