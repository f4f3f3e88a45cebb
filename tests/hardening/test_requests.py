"""Requests that no browser sends: a clear 4xx or a closed connection, and never a crash."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Callable

import pytest

from tests.hardening.server import TOKEN, Running
from tests.hardening.wire import Answer, ask, connect, parse, read_all, send_all

pytestmark = pytest.mark.slow

END = b"Host: help.test\r\nConnection: close\r\n\r\n"
GET = b"GET / HTTP/1.1\r\n"
POST = b"POST /diagnose HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n" + END
FORM = b"text=nobody"

NOT_HTTP = {
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/1.2": b"GET / HTTP/1.2\r\n" + END,
    "HTTP/3.1": b"GET / HTTP/3.1\r\n" + END,
    "a method that isn't": b"MARBLE / HTTP/1.1\r\n" + END,
    "a tunnel": b"CONNECT hostile.test:80 HTTP/1.1\r\n" + END,
    "bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\n" + END,
    "bytes in the query": b"GET /search?q=\xff HTTP/1.1\r\n" + END,
    "a NUL in the path": b"GET /\x00 HTTP/1.1\r\n" + END,
    "a NUL in a header": GET + b"X: a\x00b\r\n" + END,
    "no name of a header": GET + b": a\r\n" + END,
    "no Host": b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
}
AMBIGUOUS = {
    "two Hosts": GET + b"Host: help.test\r\n" + END,
    "a Host, and another in HTTP/1.0": b"GET / HTTP/1.0\r\nHost: hostile.test\r\n" + END,
    "length and chunks": POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n" + END,
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n" + END,
    "two lengths": POST + b"Content-Length: 11\r\nContent-Length: 4\r\n" + END + FORM,
    "two equal lengths": POST + b"Content-Length: 11\r\nContent-Length: 11\r\n" + END + FORM,
    "a list of lengths": POST + b"Content-Length: 11, 11\r\n" + END + FORM,
    "a length with a sign": POST + b"Content-Length: +11\r\n" + END + FORM,
    "a negative length": POST + b"Content-Length: -1\r\n" + END + FORM,
    "a hexadecimal length": POST + b"Content-Length: 0xB\r\n" + END + FORM,
    "a length with a space": POST + b"Content-Length: 1 1\r\n" + END + FORM,
    "a length beyond all numbers": POST + b"Content-Length: 9" + b"9" * 30 + b"\r\n" + END,
    "two encodings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" + END,
    "chunked and something": POST + b"Transfer-Encoding: chunked, identity\r\n" + END,
    "almost chunked": POST + b"Transfer-Encoding: xchunked\r\n" + END,
    "chunked after a tab": POST + b"Transfer-Encoding\t: chunked\r\n" + END,
    "a folded header": GET + b"X: a\r\n b\r\n" + END,
    "a folded encoding": POST + b"Transfer-Encoding:\r\n chunked\r\n" + END,
    "bare line feeds": b"GET / HTTP/1.1\nHost: help.test\nConnection: close\n\n",
    "a bare line feed": GET + b"X: a\nY: b\r\n" + END,
    "a bare carriage return": GET + b"X: a\rY: b\r\n" + END,
    "a space before the colon": GET + b"Host : hostile.test\r\n" + END,
    "chunks that are no numbers": CHUNKED + b"zz\r\n",
    "a negative chunk": CHUNKED + b"-1\r\n",
    "a chunk beyond all numbers": CHUNKED + b"f" * 20 + b"\r\n",
    "chunks with bare line feeds": CHUNKED + b"0\n\n",
    "a chunk that is longer than it says": CHUNKED + b"3\r\nabcdef\r\n0\r\n\r\n",
}
TOO_LONG = {
    "a path": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + END,
    "a query": b"GET /search?q=" + b"a" * 100_000 + b" HTTP/1.1\r\n" + END,
    "a header": GET + b"X: " + b"a" * 3_000_000 + b"\r\n" + END,
    "a name of a header": GET + b"a" * 3_000_000 + b": X\r\n" + END,
    "many headers": GET + b"".join(b"X%d: a\r\n" % number for number in range(100_000)) + END,
    "a head without an end": GET + b"X: a\r\n" * 500_000,
}


@pytest.mark.parametrize("sent", (NOT_HTTP | AMBIGUOUS).values(), ids=(NOT_HTTP | AMBIGUOUS).keys())
def test_what_is_no_proper_request_is_refused_and_the_connection_closed(
    server: Running, sent: bytes
) -> None:
    """Nothing of what follows is taken for a request: that is how requests are smuggled."""
    smuggled = b"GET /api/v1/issues HTTP/1.1\r\n" + END
    answers = ask(server.port, sent + smuggled)
    assert [answer.status for answer in answers] in ([400], [413])
    assert "content-location" not in answers[0].headers
    assert b"hostile" not in answers[0].body


@pytest.mark.parametrize("sent", TOO_LONG.values(), ids=TOO_LONG.keys())
def test_a_head_that_is_too_long_is_refused_before_it_fills_the_memory(
    server: Running, sent: bytes
) -> None:
    before = server.memory()
    # While the client still sends, it may see the connection closed and no answer.
    assert {answer.status for answer in ask(server.port, sent)} <= {431}
    assert server.memory() - before < 4 * 1024


def test_a_head_of_a_usual_length_is_taken(server: Running) -> None:
    answer = server.get("/search?q=" + "x" * 10_000, X_Long="a" * 40_000)
    assert answer.status == 200


@pytest.mark.parametrize("query", ["a", "+", "%00", "%C3%A9", "%F0%9F%98%80"])
def test_a_query_of_ten_thousand_letters_is_answered(server: Running, query: str) -> None:
    """Or refused, where it is spelt so that it does not fit into a head any more."""
    for address in ("/search?q=", "/api/v1/search?q=", "/diagnose?missing=", "/?exchange="):
        expected = {200, 422} if len(query) <= 6 else {431}
        assert server.get(address + query * 10_000).status in expected


@pytest.mark.parametrize("path", ["/diagnose", "/report", "/whitelist", "/feedback", "/nowhere"])
@pytest.mark.parametrize("how", ["length", "chunks"])
def test_a_huge_body_is_neither_read_nor_kept(server: Running, path: str, how: str) -> None:
    body = b"text=" + b"a" * 12_000_000
    head = POST.replace(b"/diagnose", path.encode()) + END.replace(b"Connection: close\r\n", b"")
    if how == "length":
        length = f"Content-Length: {len(body)}\r\n\r\n".encode()
        sent = head.removesuffix(b"\r\n") + length + body
    else:
        chunk = b"4000\r\n" + body[:0x4000] + b"\r\n"
        sent = head.removesuffix(b"\r\n") + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 700
    before = server.memory()
    with connect(server.port) as connection:
        send_all(connection, sent)
        received = read_all(connection)
    statuses = {answer.status for answer in parse(received)}
    assert statuses <= {413, 404, 403}
    assert server.memory() - before < 8 * 1024


FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="text"'
BODIES: dict[str, tuple[str, bytes]] = {
    "bytes that are no text": (FORM_TYPE, b"text=%ff%fe\xff&page=%ff&list=%c3&\xff=\xff"),
    "percents": (FORM_TYPE, b"%" * 100_000 + b"=%" * 1_000),
    "nothing but separators": (FORM_TYPE, b"&" * 500_000),
    "too many fields": (FORM_TYPE, b"a=1&" * 100_000),
    "a long name": (FORM_TYPE, b"a" * 500_000),
    "another coding": (FORM_TYPE + "; charset=utf-7", b"text=+ADw-script+AD4-"),
    "what is packed": (FORM_TYPE, gzip.compress(b"text=-7007")),
    "no boundary": ("multipart/form-data", b"x"),
    "an empty boundary": ("multipart/form-data; boundary=", b"--\r\n"),
    "a long boundary": ("multipart/form-data; boundary=" + "b" * 60_000, b"x"),
    "a quoted boundary": ('multipart/form-data; boundary="' + "\\" * 1_000, b"x"),
    "no part": (MULTIPART, b"x\r\n" * 100_000 + b"--b--"),
    "a part without a name": (MULTIPART, b"--b\r\nContent-Disposition: form-data\r\n\r\nx"),
    "a coding that isn't": (MULTIPART + "; charset=nonsense", PART + b"\r\n\r\n\xff\r\n--b--"),
    "a file": (MULTIPART, PART + b'; filename="../../x"\r\n\r\nx\r\n--b--'),
    "too many parts": (MULTIPART, (PART + b"\r\n\r\nx\r\n") * 5_000 + b"--b--"),
    "too many headers": (MULTIPART, b"--b\r\n" + b"X: y\r\n" * 50_000 + b"\r\nx\r\n--b--"),
    "a part that never ends": (MULTIPART, PART + b"\r\n\r\n" + b"\r\n--" * 100_000),
    "line ends": (MULTIPART, b"--b\r\n" + b"\r" * 400_000),
    "a type that isn't": ("\xff;;=;\x01", b"text=x"),
    "deep JSON": ("application/json", b'{"text":' + b"[" * 100_000),
    "deep objects": ("application/json", b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "a long number": ("application/json", b'{"text":' + b"9" * 100_000 + b"}"),
    "no number": ("application/json", b'{"text":NaN,"exchange":-Infinity}'),
    "half a letter": ("application/json", b'{"text":"\\ud800"}'),
    "JSON that is no text": ("application/json", b'{"text":"\xff"}'),
    "JSON in UTF-16": ("application/json", '{"text":"x"}'.encode("utf-16")),
    "too many keys": ("application/json", b'{"checklist":{' + b'"a":1,' * 50_000 + b'"b":1}}'),
    "no JSON at all": ("application/json", b"null"),
}


@pytest.mark.parametrize("path", ["/diagnose", "/report", "/whitelist", "/feedback", "/api/v1"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_nonsense_is_read_as_far_as_it_makes_sense(
    server: Running, path: str, body: tuple[str, bytes]
) -> None:
    kind, content = body
    address = "/api/v1/diagnose" if path == "/api/v1" else path
    answer = server.post(address, content, Content_Type=kind)
    assert answer.status in {200, 400, 404, 413, 422}


def test_what_follows_a_body_as_a_header_is_none(server: Running) -> None:
    """A trailer could bring what a proxy takes out of the head."""
    known = b"Authorization: Bearer " + TOKEN.encode() + b"\r\n"
    head = b"GET /insights HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
    end = b"1\r\nb\r\n0\r\n"
    in_head = ask(server.port, head + known + END + end + b"\r\n")
    assert [answer.status for answer in in_head] == [200]
    after_body = ask(server.port, head + END + end + known + b"\r\n")
    assert [answer.status for answer in after_body] == [401]


def test_what_follows_a_body_takes_no_memory(server: Running) -> None:
    before = server.memory()
    with connect(server.port) as connection:
        send_all(connection, CHUNKED + b"b\r\ntext=nobody\r\n0\r\n" + b"a:b\r\n" * 700_000)
        for _ in range(20):  # meanwhile it reads, a part in each of its turns
            server.get("/healthz")
        assert server.memory() - before < 8 * 1024
        send_all(connection, b"\r\n")
        assert [answer.status for answer in parse(read_all(connection))] == [200]


def test_requests_sent_at_once_are_answered_in_their_order(server: Running) -> None:
    sent = b"".join(
        b"GET /search?q=marble%d HTTP/1.1\r\nHost: help.test\r\n\r\n" % number
        for number in range(20)
    )
    answers = ask(server.port, sent + b"GET /healthz HTTP/1.1\r\n" + END)
    assert [answer.status for answer in answers] == [200] * 21
    for number, answer in enumerate(answers[:20]):
        assert f'value="marble{number}"' in answer.text


def test_what_follows_a_refused_request_is_not_read(server: Running) -> None:
    """The first is answered in peace, the nonsense behind it ends the connection."""
    sent = b"GET /healthz HTTP/1.1\r\nHost: help.test\r\n\r\nnonsense\r\n\r\nGET / HTTP/1.1\r\n"
    statuses = [answer.status for answer in ask(server.port, sent + END)]
    assert statuses in ([200, 400], [400])


@pytest.mark.parametrize("protocol", ["h2c", "websocket", "TLS/1.3"])
@pytest.mark.parametrize("pause", [0, 0.1])
def test_nothing_that_follows_a_request_for_another_protocol_is_a_request(
    server: Running, protocol: str, pause: float
) -> None:
    """Nobody speaks the other protocol here, and a proxy may think that we do."""
    upgrade = f"Connection: Upgrade\r\nUpgrade: {protocol}\r\nHost: help.test\r\n".encode()
    smuggled = b"GET /api/v1/issues HTTP/1.1\r\n" + END
    body = b"Content-Length: %d\r\n" % len(smuggled)
    chunks = b"Transfer-Encoding: chunked\r\n"
    for head, status in ((GET, 200), (POST + body, 400), (POST + chunks, 400)):
        with connect(server.port) as connection:
            connection.sendall(head + upgrade + b"\r\n")
            time.sleep(pause)
            send_all(connection, smuggled)
            assert [answer.status for answer in parse(read_all(connection))] == [status]
    assert "pip install" not in server.log.read_text()


def test_a_connection_that_is_closed_on_one_side_is_answered_on_the_other(server: Running) -> None:
    with connect(server.port) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n" + END)
        connection.shutdown(socket.SHUT_WR)
        assert [answer.status for answer in parse(read_all(connection))] == [200]


def test_connections_that_are_torn_leave_nothing_behind(server: Running) -> None:
    """In the connection, the head, the body and the answer; by closing and by resetting."""
    server.get("/healthz")
    files = server.open_files()
    body = b"Content-Length: 100\r\n\r\ntext="
    stages = [b"", b"GE", GET, GET + b"Host:", GET + END, POST + b"Host: x\r\n" + body]
    for stage in stages * 20:
        for resets in (False, True):
            connection = connect(server.port)
            connection.sendall(stage)
            if resets:
                linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            connection.close()
    server.until(lambda: server.open_files() <= files)


WORDS = "worng-kye-marekt-clsoed-"
LONG = {
    "a path of words": f"/{WORDS * 2300}",
    "an issue of words": f"/issues/{WORDS * 2300}",
    "a code": "/errors/glassmarket/" + "1" * 60_000,
    "a path of folders": "/" + "wrong/" * 10_000,
    "an old link": f"/e/glassmarket/{WORDS * 2300}",
    "a query of words": f"/search?q={WORDS * 2300}",
    "a query of codes": "/search?q=" + "-7007+" * 10_000,
    "a query of few letters": "/search?q=" + "a+" * 30_000,
    "many queries": "/search?" + "q=marble&" * 6_000,
    "many items": "/diagnose?missing=" + "a," * 30_000,
    "many tests": "/diagnose?" + "test-a=pass&" * 5_000,
    "many issues": "/report?" + "read=wrong-key&" * 4_000,
    "many exchanges": "/?" + "exchange=a&" * 5_500,
    "a query of the interface": "/api/v1/search?q=" + "-7007+" * 10_000,
}


@pytest.mark.parametrize("address", LONG.values(), ids=LONG.keys())
def test_no_address_costs_much_more_than_others(server: Running, address: str) -> None:
    """All visitors wait for one process: what is sent in one go must not be read for long."""

    def cost(ask: Callable[[str], Answer]) -> float:
        """Return the least processor time of five requests; each differs, so none is cached."""
        spent = []
        for number in range(5):
            before = server.processor_seconds()
            assert ask(str(number)).status in {200, 301, 404, 422}
            spent.append(server.processor_seconds() - before)
        return min(spent)

    paste = "wrong+key+" * 1_600
    assert cost(lambda end: server.get(address + end)) < 3 * cost(
        lambda end: server.post("/diagnose", f"text={paste}{end}")
    )


TRAVERSALS = [
    "../" * n + "app/settings.py" for n in (1, 2, 3)
] + [
    "..%2f..%2fapp%2fsettings.py",
    "%2e%2e/%2e%2e/app/settings.py",
    "%2e%2e%2f%2e%2e%2fapp%2fsettings.py",
    "..%5c..%5capp%5csettings.py",
    "..\\..\\app\\settings.py",
    "..%252f..%252fapp%252fsettings.py",
    "....//....//app/settings.py",
    "..;/..;/app/settings.py",
    "/etc/passwd",
    "//etc/passwd",
    "%2fetc%2fpasswd",
    "..%c0%af..%c0%afetc%c0%afpasswd",
    "site.yml",
    "../site.yml",
    "..%2fsite.yml",
    "site.yml%00.png",
    "%00",
    "..",
    ".",
    "",
    "~root/.bashrc",
    "C:%5cwindows%5cwin.ini",
    "file:///etc/passwd",
    "a" * 5000,
]  # fmt: skip
PLACES = [
    "/{}",
    "/static/{}",
    "/static/x/{}",
    "/images/{}",
    "/issues/{}",
    "/issues/{}.md",
    "/issues/{}.txt",
    "/exchanges/{}",
    "/errors/{}/-7007",
    "/errors/glassmarket/{}",
    "/errors/glassmarket/{}.txt",
    "/e/glassmarket/{}",
    "/i/{}",
    "/api/v1/issues/{}",
    "/api/v1/exchanges/{}",
    "/api/v1/errors/glassmarket/{}",
    "/feedback?page={}",
    "/feedback?page=/issues/{}",
    "/?exchange={}",
    "/diagnose?exchange=glassmarket&error={}",
]
SECRETS = [b"root:x:", b"BaseSettings", b"addresses:", b"PRAGMA", b"SQLite format"]


@pytest.mark.parametrize("place", PLACES)
def test_no_path_leads_out_of_where_it_belongs(server: Running, place: str) -> None:
    for traversal in TRAVERSALS:
        answer = server.get(place.format(traversal))
        assert answer.status in {200, 301, 303, 400, 404, 422}, traversal
        assert not [secret for secret in SECRETS if secret in answer.body], traversal
        if answer.status in {301, 303}:
            assert_leads_nowhere_else(answer.headers["location"])


def assert_leads_nowhere_else(location: str) -> None:
    """Assert that a browser stays on this site: two slashes of any kind begin a host."""
    assert location.startswith("/"), location
    assert location[1:2] not in {"/", "\\"}, location
    assert not {"\r", "\n", "\t"} & set(location), location


REDIRECTIONS = [
    "//hostile.test",
    "///hostile.test",
    "/\\hostile.test",
    "\\\\hostile.test",
    "/%2Fhostile.test",
    "/%5Chostile.test",
    "/%09/hostile.test",
    "/%0D%0ALocation:%20//hostile.test",
    "https://hostile.test",
    "https:hostile.test",
    "javascript:alert(1)",
    "%2F%2Fhostile.test",
    "//hostile.test/%2e%2e",
    "@hostile.test",
]


ADDRESSES = ["{}/", "/{}/", "/i/{}", "/i/{}/", "/e/{}/-7007", "/e/glassmarket/{}", "/issues/{}/"]
ADDRESSES += ["/errors/glassmarket/{}/", "/wrong-key/{}/", "/i/wrong-key?{}"]


@pytest.mark.parametrize("place", ADDRESSES)
def test_no_redirection_leads_to_another_site(server: Running, place: str) -> None:
    for target in REDIRECTIONS:
        address = place.format(target)
        for request in (address, f"http://hostile.test{address}"):
            answer = server.request("GET", request, Host="hostile.test")
            assert answer.status in {200, 301, 303, 307, 400, 404}, request
            if "location" in answer.headers:
                assert_leads_nowhere_else(answer.headers["location"])
                assert "hostile" not in answer.headers.get("set-cookie", "")


HOSTS = ["hostile.test", "hostile.test:80@x", "[", "[::1]x", "a b", "<script>", "a, b", "%", ""]
POISON = {
    "X-Forwarded-Host": "hostile.test",
    "X-Forwarded-Prefix": "/hostile",
    "X-Forwarded-Proto": "hostile",
    "X-Forwarded-Port": "1337",
    "X-Forwarded-For": "hostile",
    "Forwarded": "host=hostile.test;proto=hostile",
    "X-Original-URL": "/hostile",
    "X-Rewrite-URL": "/hostile",
    "X-HTTP-Method-Override": "DELETE",
    "X-Host": "hostile.test",
    "Origin": "https://hostile.test",
    "Referer": "https://hostile.test/",
    "Accept-Language": "hostile",
    "User-Agent": "hostile<script>",
    "Cookie": "exchange=hostile; lang=hostile",
    "HX-Current-URL": "https://hostile.test/",
    "HX-Prompt": "hostile",
    "HX-Target": "hostile",
    "HX-Trigger-Name": "hostile",
    "HX-Boosted": "true",
    "Range": "bytes=0-10",
}
"""What other software takes for a part of the address, and caches don't take for one."""
PAGES = [
    *("/", "/issues/wrong-key", "/issues/wrong-key.txt", "/errors/glassmarket/-7007"),
    *("/search?q=marble", "/diagnose?missing=", "/api/v1/issues"),
    *("/feed.xml", "/sitemap.xml", "/robots.txt", "/llms.txt"),
]


def told(answer: Answer) -> dict[str, str]:
    """Return the headers of an answer, but for those that no two answers share."""
    own = {"date", "x-request-id"}
    return {name: value for name, value in answer.headers.items() if name not in own}


@pytest.mark.parametrize("address", PAGES)
def test_no_header_that_caches_ignore_changes_a_page(server: Running, address: str) -> None:
    plain = server.get(address)
    for name, value in POISON.items():
        answer = server.request("GET", address, b"", **{name: value})
        assert "hostile" not in answer.text
        assert "hostile" not in str(answer.headers)
        assert (answer.status, answer.body) == (plain.status, plain.body), name
        assert told(answer) == told(plain), name


@pytest.mark.parametrize("address", PAGES)
def test_a_host_is_nowhere_in_what_a_cache_may_keep(server: Running, address: str) -> None:
    for host in HOSTS:
        answer = server.request("GET", address, Host=host)
        assert answer.status == 200, host
        if "no-store" not in answer.headers["cache-control"]:
            assert "hostile" not in answer.text
        assert "<script>/" not in answer.text


HTMX = [
    {},
    {"HX-Request": "true"},
    {"HX-Request": "true", "HX-Request-Type": "full"},
    {"HX-Request": "true", "HX-Request-Type": "partial"},
    {"HX-Request": "true", "HX-History-Restore-Request": "true"},
    {"HX-Request": "nonsense", "HX-Request-Type": "nonsense"},
]


@pytest.mark.parametrize("address", [*PAGES, "/nowhere", "/feedback?page=/issues/wrong-key"])
def test_an_answer_that_differs_by_a_header_says_so(server: Running, address: str) -> None:
    """A cache that goes by Vary never gives a part of a page for a page, nor packed for plain."""
    plain = server.get(address)
    for headers in HTMX:
        for coding in ("", "gzip", "br", "gzip, br", "nonsense", "identity;q=0", "*;q=0"):
            asked = headers | ({"Accept-Encoding": coding} if coding else {})
            answer = server.request("GET", address, b"", **asked)
            assert answer.status == plain.status
            varies = {name.strip().lower() for name in answer.headers.get("vary", "").split(",")}
            if answer.headers.get("content-encoding") != plain.headers.get("content-encoding"):
                assert "accept-encoding" in varies
            elif answer.body != plain.body and "no-store" not in answer.headers["cache-control"]:
                assert varies & {name.lower() for name in headers}
            if answer.headers.get("content-encoding"):
                assert answer.headers["content-encoding"] in coding


def test_the_insights_are_closed_to_all_but_the_token(server: Running) -> None:
    wrong = ["", "Basic", "Basic !!!", "Basic eDp4", "Basic /w==", f"Digest {TOKEN}", TOKEN]
    for credentials in wrong:
        answer = server.get("/insights", Authorization=credentials)
        assert answer.status == 401
        assert "no-store" in answer.headers["cache-control"]
        assert TOKEN not in answer.text


def test_every_answer_forbids_framing_and_guessing(server: Running) -> None:
    pages = [*PAGES, "/nowhere", "/insights", "/healthz", "/readyz", "/static/x/style.css", "/api"]
    for page in [*pages, "/i/wrong-key", "/api/v1/nowhere", "/issues/wrong-key/"]:
        headers = server.get(page).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], page
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers
        assert "server" not in headers
