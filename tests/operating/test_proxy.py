"""Two replicas on one PostgreSQL behind the proxy of docs/operating: what visitors see."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path

import httpx2 as httpx
import psycopg
import pytest

from tests.feedback.postgres import Server
from tests.hardening.server import TOKEN, Running
from tests.operating.proxy import PATIENCE, proxy, stub, talk, until
from tests.ports import free_port

pytestmark = pytest.mark.slow

PAGE = "/issues/wrong-key"
BASE_URL = "https://help.example.com"
NAME = "help.example.com"


@dataclass
class Site:
    """Both replicas, their proxy and their database."""

    replicas: tuple[Running, Running]
    port: int
    database: str
    cache: Path

    def client(self, address: str = "127.0.0.1") -> httpx.Client:
        """Return a visitor who comes from a loopback address."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Host": NAME},
            transport=httpx.HTTPTransport(local_address=address),
            timeout=PATIENCE,
        )


@contextmanager
def site(
    program: str, folder: Path, database: str, changes: dict[str, str] | None = None
) -> Iterator[Site]:
    with ExitStack() as stack:
        replicas = []
        for number in (1, 2):
            replica = Running(
                folder / f"replica-{number}",
                HELP_PORT=str(free_port()),
                HELP_BASE_URL=BASE_URL,
                HELP_DATABASE_URL=database,
                HELP_LOG_FORMAT="json",
            )
            stack.callback(replica.kill)
            replicas.append(replica)
        first, second = replicas
        ports = (first.port, second.port)
        port = stack.enter_context(proxy(program, folder / "proxy", ports, changes))
        yield Site((first, second), port, database, folder / "proxy/cache")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def shared(
    nginx_program: str, postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Give a site for the tests that break nothing."""
    folder = tmp_path_factory.mktemp("site")
    with site(nginx_program, folder, postgres.empty("choir")) as one:
        yield one


# What is cached


def test_a_page_comes_from_the_cache_the_second_time(shared: Site) -> None:
    with shared.client() as visitor:
        first, second = visitor.get(PAGE), visitor.get(PAGE)
        assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("MISS", "HIT")
        assert first.content == second.content
        assert first.headers["ETag"] == second.headers["ETag"]


def test_an_unchanged_page_is_not_sent_again(shared: Site) -> None:
    with shared.client() as visitor:
        tag = visitor.get("/exchanges").headers["ETag"]
        answer = visitor.get("/exchanges", headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["X-Cache"] == "HIT"
        other = visitor.get("/exchanges", headers={"If-None-Match": '"another"'})
        assert other.status_code == 200


def test_what_depends_on_a_header_is_kept_apart(shared: Site) -> None:
    """The page and the part of it that htmx asks for have one address."""
    kinds: tuple[dict[str, str], ...] = ({"HX-Request": "true"}, {}) * 2
    with shared.client() as visitor:
        path = "/diagnose?exchange=glassmarket&error=-7007"
        answers = [visitor.get(path, headers=kind) for kind in kinds]
    part, page, part_again, page_again = answers
    assert [answer.headers["X-Cache"] for answer in answers] == ["MISS", "MISS", "HIT", "HIT"]
    assert "<html" in page.text
    assert "<html" not in part.text
    assert part.text == part_again.text
    assert page.text == page_again.text
    assert all("HX-Request" in answer.headers["Vary"] for answer in answers)


def test_a_visitor_without_compression_can_read_what_one_with_it_has_cached(shared: Site) -> None:
    path = "/exchanges/glassmarket"
    with shared.client() as visitor:
        texts = {
            visitor.get(path, headers={"Accept-Encoding": accepted}).text
            for accepted in ("gzip, br", "identity", "gzip", "gzip, br", "identity")
        }
    (text,) = texts
    assert "<html" in text


@pytest.mark.parametrize("path", ["/diagnose", "/report", "/whitelist", "/api/v1/diagnose"])
def test_what_was_sent_is_never_cached(path: str, shared: Site) -> None:
    with shared.client() as visitor:
        for word in ("zither", "zither", "spinet"):
            text = f"192.0.2.1 the {word} has no key"
            if path.startswith("/api"):
                answer = visitor.post(path, json={"text": text})
            else:
                answer = visitor.post(path, data={"text": text, "list": text})
            assert answer.status_code == 200
            assert "X-Cache" not in answer.headers
            assert word in answer.text
        # Nor does anybody get it who asks for the address.
        asked = visitor.get(path)
        assert "zither" not in asked.text
        assert "spinet" not in asked.text


@pytest.mark.parametrize("path", ["/feedback?page=/issues/wrong-key", "/healthz", "/nowhere"])
def test_what_says_no_store_is_asked_anew_each_time(path: str, shared: Site) -> None:
    with shared.client() as visitor:
        for _ in range(3):
            answer = visitor.get(path)
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Cache"] == "MISS"


def test_a_page_that_needs_a_password_is_for_whoever_has_it(shared: Site) -> None:
    with shared.client() as visitor:
        writer = visitor.get("/insights", auth=("writer", TOKEN))
        assert writer.status_code == 200
        assert writer.headers["X-Cache"] == "BYPASS"
        assert visitor.get("/insights").status_code == 401


@pytest.mark.parametrize("path", ["/search", "/api/v1/search"])
def test_what_visitors_search_for_is_kept_nowhere(path: str, shared: Site) -> None:
    with shared.client() as visitor:
        for _ in range(2):
            answer = visitor.get(path, params={"q": "wrong key hurdygurdy"})
            assert answer.status_code == 200
            assert "X-Cache" not in answer.headers
        assert visitor.get("/whitelist").headers["X-Cache"]
    files = [path.read_bytes() for path in shared.cache.rglob("*") if path.is_file()]
    assert any(b"KEY: " in file and b"/whitelist" in file for file in files)
    assert not any(b"hurdygurdy" in file for file in files)


# What passes through


@pytest.mark.parametrize(
    "path",
    ["/", PAGE, "/nowhere", "/i/wrong-key", "/insights", "/robots.txt", "/api/v1/issues"],
)
def test_nothing_is_hidden_and_nothing_added_but_how_it_was_cached(path: str, shared: Site) -> None:
    def said(answer: httpx.Response) -> dict[str, str]:
        ours = {"date", "server", "connection", "x-cache", "x-request-id"}
        ours |= {"content-length", "transfer-encoding"}
        return {name: value for name, value in answer.headers.items() if name not in ours}

    with shared.client() as visitor:
        through = visitor.get(path)
    direct = httpx.get(f"http://127.0.0.1:{shared.replicas[0].port}{path}", headers={"Host": NAME})
    assert said(through) == said(direct)
    assert (through.status_code, through.content) == (direct.status_code, direct.content)


def test_every_answer_has_an_id_of_its_own_that_the_log_knows(shared: Site) -> None:
    with shared.client() as visitor:
        cached = {visitor.get(PAGE).headers["X-Request-ID"] for _ in range(3)}
        claimed = visitor.get("/nowhere", headers={"X-Request-ID": "an-id-of-mine"})
    assert len(cached) == 3
    told = claimed.headers["X-Request-ID"]
    assert told != "an-id-of-mine"
    # The line is written after the answer.
    until(lambda: any(told in replica.log.read_text() for replica in shared.replicas))


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_what_is_for_operators_is_not_for_visitors(path: str, shared: Site) -> None:
    with shared.client() as visitor:
        answer = visitor.get(path)
    assert answer.status_code == 404
    assert "<h1>Error 404</h1>" in answer.text


def test_the_replicas_alone_know_the_name(shared: Site) -> None:
    canonical = f'<link rel="canonical" href="{BASE_URL}{PAGE}">'
    with shared.client() as visitor:
        for name in (NAME, "other.example"):
            answer = visitor.get(PAGE, headers={"Host": name})
            assert answer.status_code == 200
            assert canonical in answer.text


def votes_of(visitor: httpx.Client, number: int) -> list[int]:
    """Vote so many times, claiming another address each time."""
    return [
        visitor.post(
            "/feedback",
            data={"page": PAGE, "helpful": "yes"},
            headers={"X-Forwarded-For": f"192.0.2.{index}", "X-Real-IP": f"192.0.2.{index}"},
        ).status_code
        for index in range(number)
    ]


def test_a_visitor_has_the_address_that_the_proxy_sees(shared: Site) -> None:
    """Each replica takes twelve votes of an address in a minute."""
    with shared.client("127.0.0.7") as busy, shared.client("127.0.0.8") as other:
        counted = Counter(votes_of(busy, 30))
        assert counted[200] == 24
        assert counted[429] == 6
        assert votes_of(other, 1) == [200]


def test_too_much_from_one_address_is_slowed_down_and_nobody_else(shared: Site) -> None:
    with shared.client("127.0.0.9") as greedy, shared.client("127.0.0.10") as other:
        counted = Counter(
            greedy.post("/diagnose", data={"text": "wrong key"}).status_code for _ in range(80)
        )
        assert counted[429] > 0
        assert counted[200] >= 40
        # Reading goes on.
        assert greedy.get(PAGE).status_code == 200
        assert other.post("/diagnose", data={"text": "wrong key"}).status_code == 200


# Slow and large


def test_a_body_that_is_too_large_is_refused_unread(shared: Site) -> None:
    head = f"POST /diagnose HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 9000000\r\n\r\n"
    answer, _ = talk(shared.port, head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_headers_that_are_too_large_are_refused(shared: Site) -> None:
    large = f"GET / HTTP/1.1\r\nHost: {NAME}\r\nX-Large: {'x' * 40_000}\r\n\r\n"
    answer, _ = talk(shared.port, large.encode())
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_who_is_slow_is_given_up_on_and_disturbs_nobody(nginx_program: str, tmp_path: Path) -> None:
    """The replicas don't even hear of them."""
    waits = {"client_header_timeout 10s": "client_header_timeout 1s"}
    waits["client_body_timeout 10s"] = "client_body_timeout 1s"
    head = f"POST /diagnose HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 100\r\n\r\n".encode()
    ends: list[tuple[bytes, float]] = []
    with stub() as origin:
        ports = (origin.port, origin.port)
        with proxy(nginx_program, tmp_path, ports, waits) as port:
            drip = [head[index : index + 1] for index in range(30)]
            slow = [
                threading.Thread(target=lambda: ends.append(talk(port, *drip, pause=0.3))),
                threading.Thread(target=lambda: ends.append(talk(port, head, b"text=", pause=0.3))),
            ]
            for connection in slow:
                connection.start()
            quick, _ = talk(port, b"GET / HTTP/1.0\r\n\r\n")
            assert quick.startswith(b"HTTP/1.1 200 ")
            for connection in slow:
                connection.join()
        assert {end[:12] for end, _ in ends} <= {b"", b"HTTP/1.1 408"}
        assert len(ends) == 2
        assert origin.asked == ["GET /"]


# A replica is gone


def served(replica: Running) -> int:
    """Return how many searches a replica has answered."""
    return replica.log.read_text().count('"route": "/search"')


def test_an_old_page_is_better_than_none(nginx_program: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        with stub() as origin:
            ports = (origin.port, origin.port)
            port = stack.enter_context(proxy(nginx_program, tmp_path, ports))
            visitor = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}"))
            assert visitor.get("/").text == "tea"
            origin.text = "more tea"
            # Old, it is shown once more while the new one is fetched.
            until(lambda: visitor.get("/").text == "more tea")
        until(lambda: visitor.get("/").headers["X-Cache"] != "HIT")
        seen = [visitor.get("/") for _ in range(3)]
        assert {(answer.status_code, answer.text) for answer in seen} == {(200, "more tea")}
        assert {answer.headers["X-Cache"] for answer in seen} <= {"STALE", "UPDATING"}
        assert visitor.get("/unseen").status_code == 502


def asked(port: int, address: str, agent: str, path: str, form: str = "") -> int:
    """Ask as a visitor at `address` (a client of httpx takes longer to make); give the status."""
    connection = HTTPConnection("127.0.0.1", port, PATIENCE, source_address=(address, 0))
    headers = {"Host": NAME, "User-Agent": agent}
    if form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    with closing(connection):
        connection.request("POST" if form else "GET", path, form or None, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def test_nobody_sees_that_a_replica_ends(
    nginx_program: str, postgres: Server, tmp_path: Path
) -> None:
    """Votes, pastes and pages that no cache knows go on while one of the two ends, then returns.

    A power cut ends the first, and an operator the second. Of the responses that have begun at a
    power cut, the rest is lost: no proxy can ask for that again.
    """
    # Four visitors here ask what hundreds do elsewhere.
    patient = {"rate=5r/s": "rate=5000r/s"}
    database = postgres.empty("choir_restarted")
    with site(nginx_program, tmp_path, database, patient) as one:
        numbers = itertools.count(10)
        done = threading.Event()
        seen: Counter[tuple[str, int]] = Counter()
        voted: set[str] = set()
        cut: list[str] = []
        lock = threading.Lock()

        def visit(seed: int) -> None:
            dice = random.Random(seed)
            # A pause leaves the replica that starts a share of the machine.
            while not done.wait(0.05):
                number = next(numbers)
                address = f"127.{1 + number // 60_000}.{number // 250 % 240}.{number % 250 + 1}"
                kind = dice.choice(("vote", "paste", "search"))
                agent = f"kettle {number}"
                path, form = {
                    "vote": ("/feedback", f"page={PAGE}&helpful=yes&comment=kettle+{number}"),
                    "paste": ("/diagnose", "text=wrong+key"),
                    "search": (f"/search?q=key+{number}", ""),
                }[kind]
                try:
                    status = asked(one.port, address, agent, path, form)
                except IncompleteRead:
                    cut.append(agent)
                    continue
                with lock:
                    seen[kind, status] += 1
                    if kind == "vote" and status == 200:
                        voted.add(agent)

        def await_more(number: int) -> None:
            wanted = seen.total() + number
            until(lambda: seen.total() > wanted)

        visitors = [threading.Thread(target=visit, args=(seed,)) for seed in range(4)]
        for thread in visitors:
            thread.start()
        try:
            for replica, end in zip(one.replicas, (Running.kill, Running.stop), strict=True):
                await_more(20)
                before = len(cut)
                end(replica)
                await_more(60)
                assert len(cut) - before <= (len(visitors) if end is Running.kill else 0)
                replica.start()
                # Until the proxy has found it again there is only the other.
                answered = served(replica)
                until(lambda: served(replica) > answered)  # noqa: B023 - asked at once
        finally:
            done.set()
            for thread in visitors:
                thread.join()
        assert {status for _, status in seen} == {200}, seen
        assert {kind for kind, _ in seen} == {"vote", "paste", "search"}
        with psycopg.connect(database) as connection:
            stored = {comment for (comment,) in connection.execute("SELECT comment FROM vote")}
        assert voted <= stored <= voted | set(cut)
