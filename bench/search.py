"""Search on synthetic articles, beside other engines: `python -m bench search`.

Every engine gets the same articles and the same queries, each in a process of its own, in turns,
several rounds. Times are those of the processor, so that other load on the machine counts little.
A route that does nothing shows what any answer over HTTP costs beside a search.
bm25s is measured when it is installed (`pip install bm25s`).
"""

from __future__ import annotations

import gc
import http.client
import importlib.util
import logging
import multiprocessing
import random
import re
import socket
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tantivy

from app.cli.serving import server_of
from app.content.loader import Content
from app.knowledge import KnowledgeBase
from app.model import Issue, Site, Solution
from app.search import SearchIndex
from app.settings import Settings
from app.web.application import create_app
from bench.report import Goal, Section, Series

ROUNDS = 3
QUERIES_PER_KIND = 150
WARM_UP = 50
HITS = 10
KINDS = ("clean", "misspelt", "prefix", "error string")
OURS, BASELINE = "ours, with snippets", "tantivy, fuzzy"
ROUTE = "a route that does nothing, over HTTP"

Search = Callable[[str], list[int]]
"""A query -> the numbers of the first articles."""


# --- articles and queries -------------------------------------------------------------------------

TOPIC_TEXT = """
    account address allow balance banner bot browser bytes chart clock confirm connect copy
    create credential currency dashboard deposit desk device disable enable endpoint exchange
    expire export field filter fix forward freeze futures gateway guard hedge history import
    install invoice key language latency ledger limit link list login margin market memo message
    mobile mode network nonce notice number offset open order page paper passphrase password paste
    pause pending permission phone position price private profile proxy public quota quote range
    rate read refresh region reject relay release remove rename renew repeat reply request reset
    restrict result retry revoke risk route sandbox save scope screen secret security select sell
    server session settings sign signature socket source spot status stop store stream submit
    subscribe support symbol sync system tab testnet ticket time timestamp token trade transfer
    trust unlock update upgrade upload user validate value vault verify version volume wait wallet
    whitelist window withdraw zone
"""
GLUE_TEXT = "the a your and to of in on is not with for from it this that when if or by as at"
HEADS_TEXT = (
    "an ar bal bor cal cer chor clo cor dar del dor fal fen flor gar gil gran hal har hol jan jor "
    "kel kor lan lim lor mal mer mon nal nor ol pal pen plor pral quin ral ren ros sal sel sil sor "
    "tal ten tor tral ul val ven vor wal wes yar zan"
)
TAILS_TEXT = "a e ia eth ing er ed ion ive al ous ment ness ly ar ist ory ure ant ic"
TOPIC, GLUE, HEADS, TAILS = map(str.split, (TOPIC_TEXT, GLUE_TEXT, HEADS_TEXT, TAILS_TEXT))
EXCHANGES = ("Binance", "Bybit", "OKX", "KuCoin", "Kraken", "Coinbase", "Bitget", "Gate", "MEXC")


@dataclass(frozen=True, slots=True)
class Article:
    """One synthetic article, and the error message that only it explains."""

    title: str
    symptom: str
    causes: tuple[str, ...]
    solutions: tuple[str, ...]
    body: str
    error: str
    code: str

    @property
    def text(self) -> str:
        """Everything but the title, for engines that know no fields."""
        return "\n".join((self.symptom, *self.causes, *self.solutions, self.error, self.body))


def make_articles(count: int, seed: int = 1) -> list[Article]:
    """Return `count` articles of about 2.5 KB; a word is the rarer, the later it was made up."""
    chance = random.Random(seed)
    made_up = {
        chance.choice(HEADS) + chance.choice(HEADS) + chance.choice(TAILS) for _ in range(6000)
    }
    words = TOPIC + sorted(made_up)
    weights = [1 / (rank + 20) for rank in range(len(words))]
    pool = chance.choices(words, weights, k=400_000)

    def say(length: int) -> str:
        said = chance.choices(pool, k=length)
        for place in range(1, length, 3):
            said[place] = chance.choice(GLUE)
        return " ".join(said)

    def make(number: int) -> Article:
        code = make_code(chance, number)
        message = f"{say(5)} {chance.choice(EXCHANGES)}"
        title = " ".join(chance.choices(pool, k=4))
        paragraphs = [say(90) + "." for _ in range(3)]
        return Article(
            title=title,
            symptom=say(12),
            causes=tuple(say(9) for _ in range(3)),
            solutions=tuple(say(10) for _ in range(4)),
            body="\n\n".join(paragraphs),
            error=chance.choice(ERROR_FORMS).format(code=code, message=message),
            code=code,
        )

    return [make(number) for number in range(count)]


ERROR_FORMS = (
    '{{"code":{code},"msg":"{message}"}}',
    "APIError(code={code}): {message}",
    'ccxt.base.errors.ExchangeError: {{"retCode": "{code}", "retMsg": "{message}"}}',
    "[{code}] {message}",
)


def make_code(chance: random.Random, number: int) -> str:
    """Return a code as exchanges make them: a signed number, a number, a label."""
    form = number % 4
    if form == 0:
        return f"-{1000 + number}"
    if form == 1:
        return str(100_000 + number)
    label = (chance.choice(TOPIC) for _ in range(3))
    if form == 2:
        return "-".join(label) + "-" + chance.choice(("error", "not-valid", "denied"))
    return "_".join(label).upper() + f"_{chance.choice(('ERROR', 'INVALID', 'DENIED'))}"


def make_queries(articles: Sequence[Article], seed: int = 2) -> dict[str, list[tuple[str, int]]]:
    """Return queries by kind, each with the number of the article that it is about."""
    chance = random.Random(seed)
    queries: dict[str, list[tuple[str, int]]] = {kind: [] for kind in KINDS}
    for number in chance.sample(range(len(articles)), QUERIES_PER_KIND):
        article = articles[number]
        told = [word for word in article.symptom.split() if word not in GLUE]
        words = [*chance.sample(article.title.split(), 2), *chance.sample(told, 2)]
        queries["clean"].append((" ".join(words), number))
        queries["misspelt"].append((" ".join(misspell(chance, words)), number))
        last = words[-1]
        cut = last[: max(3, len(last) * 2 // 3)]
        queries["prefix"].append((" ".join([*words[:-1], cut]), number))
        error = article.code if chance.random() < 0.5 else article.error
        queries["error string"].append((error, number))
    return queries


def misspell(chance: random.Random, words: Sequence[str]) -> list[str]:
    """Return the words, every other one of four letters and more with one slip of the finger."""
    long_ones = [place for place, word in enumerate(words) if len(word) > 3]
    chosen = set(chance.sample(long_ones, (len(long_ones) + 1) // 2))
    return [slip(chance, word) if place in chosen else word for place, word in enumerate(words)]


def slip(chance: random.Random, word: str) -> str:
    """Return a word with a letter left out, doubled, replaced or swapped with the next."""
    place = chance.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    return chance.choice(
        (
            before + after,
            before + letter * 2 + after,
            before + chance.choice("aeinorst") + after,
            before + after[0] + letter + after[1:],
        )
    )


# --- engines --------------------------------------------------------------------------------------


def prepare_ours(articles: Sequence[Article]) -> Callable[[], Search]:
    """Make the knowledge base first: it is there in any case, so it does not count."""
    issues = tuple(
        Issue(
            slug=f"a{number}",
            title=article.title,
            symptom=article.symptom,
            causes=article.causes,
            solutions=tuple(
                Solution(text=text, id=f"s{place}") for place, text in enumerate(article.solutions)
            ),
            examples=(article.error,),
            body=article.body,
        )
        for number, article in enumerate(articles)
    )
    support: Any = {"title": "Support", "text": "Ask us"}
    site = Site(product="Bot", title="Help", intro="Help", support=support)
    content = Content(Path(), (), (), "", site, None, (), issues, (), (), (), (), {}, {})
    knowledge = KnowledgeBase(content, site, None, (), issues, (), ())

    def build() -> Search:
        index = SearchIndex(knowledge)

        def search(query: str) -> list[int]:
            found = (
                result.url for result in index.search(query, limit=HITS) if result.kind == "issue"
            )
            return [int(url.rpartition("/a")[2]) for url in found]

        return search

    return build


def prepare_tantivy(articles: Sequence[Article], *, prefix: bool) -> Callable[[], Search]:
    """Plain tantivy: its default tokeniser and its own query language, fuzzy in every word."""

    def build() -> Search:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("title")
        builder.add_text_field("text")
        builder.add_unsigned_field("number", fast=True)
        schema = builder.build()
        index = tantivy.Index(schema)
        writer = index.writer(heap_size=64_000_000, num_threads=1)
        for number, article in enumerate(articles):
            fields = {"title": article.title, "text": article.text, "number": number}
            writer.add_document(tantivy.Document.from_dict(fields, schema))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        searcher = index.searcher()
        fuzzy = {"title": (prefix, 1, True), "text": (prefix, 1, True)}

        def search(query: str) -> list[int]:
            parsed, _ = index.parse_query_lenient(
                query, ["title", "text"], field_boosts={"title": 3.0}, fuzzy_fields=fuzzy
            )
            hits = searcher.search(parsed, limit=HITS, count=False).hits
            numbers = searcher.fast_field_values("number", [address for _, address in hits])
            return [int(number or 0) for number in numbers]

        return search

    return build


def prepare_sqlite(articles: Sequence[Article]) -> Callable[[], Search]:
    """SQLite FTS5 with its Porter stemmer; any word, the last one as a prefix."""

    def build() -> Search:
        base = sqlite3.connect(":memory:")
        base.execute(
            "CREATE VIRTUAL TABLE articles USING fts5(title, text, tokenize='porter unicode61')"
        )
        base.executemany(
            "INSERT INTO articles(rowid, title, text) VALUES (?, ?, ?)",
            ((number, article.title, article.text) for number, article in enumerate(articles)),
        )
        base.execute("INSERT INTO articles(articles) VALUES ('optimize')")

        def search(query: str) -> list[int]:
            words = re.findall(r"\w+", query)
            match = " OR ".join(f'"{word}"' for word in words) + "*"
            rows = base.execute(
                "SELECT rowid FROM articles WHERE articles MATCH ? "
                "ORDER BY bm25(articles, 3.0, 1.0) LIMIT ?",
                (match, HITS),
            )
            return [int(row[0]) for row in rows]

        return search

    return build


def prepare_bm25s(articles: Sequence[Article]) -> Callable[[], Search]:
    """bm25s with its own tokeniser; it knows no fields, no typos and no prefixes."""
    bm25s = importlib.import_module("bm25s")

    def build() -> Search:
        texts = [f"{article.title}\n{article.text}" for article in articles]
        index = bm25s.BM25()
        index.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)

        def search(query: str) -> list[int]:
            tokens = bm25s.tokenize(query, show_progress=False)
            numbers, _ = index.retrieve(tokens, k=HITS, show_progress=False)
            return [int(number) for number in numbers[0]]

        return search

    return build


ENGINES: Mapping[str, Callable[[Sequence[Article]], Callable[[], Search]]] = {
    OURS: prepare_ours,
    BASELINE: lambda articles: prepare_tantivy(articles, prefix=False),
    "tantivy, fuzzy prefixes": lambda articles: prepare_tantivy(articles, prefix=True),
    "SQLite FTS5": prepare_sqlite,
    "bm25s": prepare_bm25s,
}


# --- measuring ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measurement:
    """One round of one engine: seconds to build, megabytes, milliseconds a query, share of hits.

    Times are processor time, of all threads for the build and of the caller's for a query.
    """

    build: float
    memory: float
    p50: float
    p99: float
    hits: Mapping[str, float]


def measure(engine: str, count: int) -> Measurement:
    """Build the engine's index, warm up, and ask every query once."""
    articles = make_articles(count)
    queries = make_queries(articles)
    build = ENGINES[engine](articles)
    gc.collect()
    before = resident_bytes()
    start = time.process_time()
    search = build()
    seconds = time.process_time() - start
    gc.collect()
    memory = (resident_bytes() - before) / 1e6
    for query, _ in queries["clean"][:WARM_UP]:
        search(query)
    hits: dict[str, float] = {}
    times: list[float] = []
    for kind, asked in queries.items():
        found = 0
        for query, number in asked:
            start = time.thread_time()
            numbers = search(query)
            times.append((time.thread_time() - start) * 1000)
            found += number in numbers
        hits[kind] = found / len(asked)
    return Measurement(seconds, memory, *_cuts(times), hits)


def measure_route() -> tuple[float, float]:
    """Ask the help center's `/healthz` as often; return what p50 and p99 cost the server, in ms."""
    logging.disable(logging.INFO)
    content = Path(__file__).parents[1] / "content"
    with tempfile.TemporaryDirectory() as data, socket.create_server(("127.0.0.1", 0)) as listener:
        settings = Settings(content=content, data=Path(data))
        server = server_of(create_app(settings), settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert thread.ident is not None
        clock = time.pthread_getcpuclockid(thread.ident)
        connection = http.client.HTTPConnection(*listener.getsockname())
        times: list[float] = []
        for _ in range(WARM_UP + QUERIES_PER_KIND * len(KINDS)):
            start = time.clock_gettime(clock)
            connection.request("GET", "/healthz")
            assert connection.getresponse().read()
            times.append((time.clock_gettime(clock) - start) * 1000)
        connection.close()
        server.should_exit = True
        thread.join()
    return _cuts(times[WARM_UP:])


def _cuts(times: Sequence[float]) -> tuple[float, float]:
    """Return the median, and what the slowest hundredth exceeds."""
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98]


def resident_bytes() -> int:
    """Return the memory of this process that is in use now (Linux)."""
    kilobytes = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text("ascii"))
    return int(kilobytes[1]) * 1024 if kilobytes else 0


def run(count: int = 10_000) -> list[Section]:
    """Measure all engines in turns."""
    engines = [name for name in ENGINES if name != "bm25s" or importlib.util.find_spec("bm25s")]
    rounds: dict[str, list[Measurement]] = {name: [] for name in engines}
    routes: list[tuple[float, float]] = []
    spawn = multiprocessing.get_context("spawn")
    for turn in range(ROUNDS):
        for name in engines if turn % 2 == 0 else reversed(engines):
            with ProcessPoolExecutor(1, mp_context=spawn) as process:
                rounds[name].append(process.submit(measure, name, count).result())
        with ProcessPoolExecutor(1, mp_context=spawn) as process:
            routes.append(process.submit(measure_route).result())
    return [*_times(rounds, routes, count), _hits(rounds, count)]


def _times(
    rounds: Mapping[str, Sequence[Measurement]],
    routes: Sequence[tuple[float, float]],
    count: int,
) -> list[Section]:
    text = (
        f"{count:,} synthetic articles, {QUERIES_PER_KIND * len(KINDS)} queries of four kinds, "
        f"each engine in its own process; processor time. Ours includes {HITS} snippets, the "
        "others return only numbers. The route is `/healthz` of the help center, with all "
        "middleware."
    )
    p50s, p99s = zip(*routes, strict=True)
    route = {"p50": (Series(ROUTE, p50s),), "p99": (Series(ROUTE, p99s),)}
    sections: list[Section] = []
    for title, unit, figure in (
        ("the slowest hundredth", "ms", "p99"),
        ("the middle", "ms", "p50"),
        ("building the index", "s", "build"),
        ("memory of the index", "MB", "memory"),
    ):
        series = tuple(
            Series(name, tuple(getattr(reading, figure) for reading in measured))
            for name, measured in rounds.items()
        )
        series += route.get(figure, ())
        section = Section(f"Search: {title}", text, unit, series, BASELINE)
        if figure == "p99":
            goal = Goal(
                "search p99, in those of plain tantivy", section.ratio(OURS), 2, at_most=True
            )
            section = replace(section, goals=(goal,))
        sections.append(section)
    return sections


def _hits(rounds: Mapping[str, Sequence[Measurement]], count: int) -> Section:
    """Return how often the article that a query is about is among the first results."""
    ours = rounds[OURS][0].hits
    lines = [f"| | {' | '.join(KINDS)} |", "|---|" + "--:|" * len(KINDS)]
    lines += [
        f"| {name} | " + " | ".join(f"{measured[0].hits[kind]:.3f}" for kind in KINDS) + " |"
        for name, measured in rounds.items()
    ]
    return Section(
        "Search: hits",
        f"The share of queries whose article, among {count:,}, is within the first {HITS}. Each "
        "query has one right answer, so this shows what an engine loses by typos and codes, not "
        "how well it ranks real articles.\n\n" + "\n".join(lines),
        "share of misspelt queries",
        tuple(
            Series(name, tuple(reading.hits["misspelt"] for reading in measured))
            for name, measured in rounds.items()
        ),
        goals=(
            Goal(
                "hits of misspelt queries, in those of clean ones",
                ours["misspelt"] / ours["clean"],
                0.9,
            ),
            Goal("hits of error strings", ours["error string"], 0.95),
        ),
    )
