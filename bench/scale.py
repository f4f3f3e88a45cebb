"""A start and a saved file with the content of this repository, and growth with many articles."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import httpx2 as httpx
from fastapi import FastAPI

from app.model import Observations
from app.settings import Settings
from app.web.application import create_app
from app.web.serving.live import Live
from bench.report import Goal, Growth, Section, Series
from bench.search import Article, make_articles
from tests.ports import free_port

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
SIZES = (1_000, 10_000)
ROUNDS = 3
GOAL_SECONDS = 3.0
"""The longest that a start may take, and that a saved file may wait."""
NEW_REPORT = (
    '{"text": "the blue button of my bot does nothing", "expected": "none", "kind": "question", '
    '"source": "https://example.com/", "origin": "rewritten"}\n'
)
"""A line of `reports.jsonl`."""
PATIENCE = 300.0
"""Seconds that anything may take before it counts as broken."""

SITE = (
    "product: Bot\ntitle: Help\nintro: Help\n"
    "support: {title: Support, text: Ask us, email: a@b.test}\n"
)
ASKED = 40
"""So many pages, searches and diagnoses are timed for each size."""


# --- today's content ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """One server with today's content, in seconds, and the processor time that each took.

    `start` is the time until `/readyz` answers 200; `article` and `report` are the times from a
    saved article, and from a new report, until the server serves them.
    """

    start: float
    start_processor: float
    article: float
    article_processor: float
    report: float
    report_processor: float


def serve(*, dev: bool) -> Run:
    """Start a server on a copy of `content/`, save a file of it, and stop the server."""
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        content = Path(shutil.copytree(ROOT / "content", Path(folder) / "content"))
        port = free_port()
        command = [sys.executable, "-m", "app", "serve", "--port", str(port)]
        command += ["--content", str(content), "--data", f"{folder}/data", *["--dev"] * dev]
        with process(command) as child:
            url = f"http://127.0.0.1:{port}"
            start = time.monotonic()
            until(lambda: b"content" in fetch(f"{url}/readyz"), child)
            started, spent = time.monotonic() - start, processor_seconds(child.pid)
            # With --dev it learns now. Then it builds the search of the other languages, and a
            # writer saves later.
            until(lambda: b"redacted_text" in diagnose(url), child)
            until(lambda: rests(child.pid), child)
            article = save(next((content / "issues").glob("*.md")), "\nchanged\n", url, child)
            until(lambda: rests(child.pid), child)
            report = save(content / "reports.jsonl", NEW_REPORT, url, child)
            return Run(started, spent, *article, *report)


def save(file: Path, text: str, url: str, child: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Add a text to a file; return the seconds until it is served, and the processor's."""
    served = served_content(url)
    before, start = processor_seconds(child.pid), time.monotonic()
    with file.open("a", encoding="utf-8") as opened:
        opened.write(text)
    until(lambda: served_content(url) != served, child)
    return time.monotonic() - start, processor_seconds(child.pid) - before


def served_content(url: str) -> str:
    """Return the version of the content that a server serves."""
    return str(json.loads(fetch(f"{url}/readyz"))["content"])


@contextmanager
def process(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the end of the block."""
    quiet = subprocess.DEVNULL
    child = subprocess.Popen(command, cwd=ROOT, stdout=quiet, stderr=quiet)  # noqa: S603 - ours
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
        time.sleep(0.05)


def fetch(url: str, body: bytes | None = None) -> bytes:
    """Return the answer to a GET, or to a POST of JSON; nothing while there is none."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - ours
            return bytes(answer.read())
    except (urllib.error.URLError, OSError):
        return b""


def diagnose(url: str) -> bytes:
    """Return a diagnosis as JSON."""
    return fetch(f"{url}/api/v1/diagnose", b'{"text": "invalid api key"}')


def rests(pid: int) -> bool:
    """Tell whether a process computes next to nothing for half a second."""
    before = processor_seconds(pid)
    time.sleep(0.5)
    return processor_seconds(pid) - before < 0.05


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has had (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- sections -------------------------------------------------------------------------------------


def run() -> list[Section]:
    """Measure the start and one saved file with today's content, and growth."""
    return [_start_and_save(), _growth()]


def _start_and_save() -> Section:
    served = [serve(dev=False) for _ in range(ROUNDS)]
    written = [serve(dev=True) for _ in range(ROUNDS)]
    figures = {
        "start": [run.start for run in served],
        "start, processor time": [run.start_processor for run in served],
    }
    for option, runs in (("", served), (" with --dev", written)):
        figures |= {
            f"a saved article{option}": [run.article for run in runs],
            f"a saved article{option}, processor time": [run.article_processor for run in runs],
            f"a new report{option}": [run.report for run in runs],
            f"a new report{option}, processor time": [run.report_processor for run in runs],
        }
    series = tuple(Series(name, tuple(rounds)) for name, rounds in figures.items())
    goals = tuple(
        Goal(f"{row.name}, s", row.median, GOAL_SECONDS, at_most=True)
        for row in series
        if row.name != "start"
    )
    return Section(
        "Start and one saved file",
        "A server with the content of this repository. The start ends when `/readyz` answers: "
        "everything is loaded, checked and indexed, and the learning follows. A saved file is "
        "timed until `/readyz` names the new content. A new report is learned before that, and "
        "with `--dev` after it. The server looks at the folder once a second (with `--dev` five "
        "times), and waits until it has not changed for a tenth of a second.",
        "s",
        series,
        goals=goals,
    )


# --- growth ---------------------------------------------------------------------------------------


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
        f"choice: {article.symptom.capitalize()}",
        "causes:",
        *(f"  - {cause.capitalize()}" for cause in article.causes),
        "solutions:",
        *(f"  - {solution.capitalize()}" for solution in article.solutions),
        f"examples: [{json.dumps(article.error)}]",
        f"related: [{related}]",
        "verified: 2026-11-20",
        "---",
        "",
        first,
        "",
        "## Background",
        "",
        *(f"{line}\n" for line in rest),
        f"See [the next one](/issues/{related}).",
        "",
    ]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Costs:
    """What one size costs: seconds, megabytes, and milliseconds a request, of processor time."""

    load: float
    memory: float
    page: float
    search: float
    diagnosis: float


def in_process(content: Path) -> Costs:
    """Measure a content folder in a process of its own."""
    command = [sys.executable, "-m", "bench.scale", str(content)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603
    return Costs(**json.loads(done.stdout))


def measure(content: Path) -> Costs:
    """Load `content`, and ask for pages, searches and diagnoses."""
    before = resident_megabytes()
    with tempfile.TemporaryDirectory(prefix="scale-") as data:
        start = time.process_time()
        app = create_app(Settings(content=content, data=Path(data)))
        load = time.process_time() - start
    live: Live = app.live
    edition = live.edition
    memory = resident_megabytes() - before
    articles = make_articles(len(edition.knowledge.issues))[:ASKED]
    queries = [
        " ".join((*article.title.split()[:2], *article.symptom.split()[:2])) for article in articles
    ]
    search = each(edition.search.search, queries)
    pastes = [Observations(text=log_with(article.error)) for article in articles]
    diagnosis = each(edition.engine.diagnose, pastes)
    page = asyncio.run(pages(app, len(articles)))
    return Costs(load, memory, page, search, diagnosis)


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
    return statistics.median(times)


async def pages(app: FastAPI, asked: int) -> float:
    """Return the milliseconds of processor time of a page that is asked for the first time."""
    times: list[float] = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        for number in range(asked):
            start = time.process_time()
            answer = await client.get(f"http://127.0.0.1/issues/a{number}")
            times.append((time.process_time() - start) * 1000)
            answer.raise_for_status()
    return statistics.median(times)


def resident_megabytes() -> float:
    """Return the memory of this process that is in use now (Linux)."""
    pages_in_use = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages_in_use * os.sysconf("SC_PAGE_SIZE") / 1e6


def _growth() -> Section:
    costs: list[Costs] = []
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="scale-") as folder:
            write(Path(folder) / "content", size)
            costs.append(in_process(Path(folder) / "content"))
    lines = {
        f"{name}, {unit}": tuple(asdict(cost)[name] for cost in costs)
        for name, unit in (
            ("load", "s"),
            ("memory", "MB"),
            ("page", "ms"),
            ("search", "ms"),
            ("diagnosis", "ms"),
        )
    }
    return Section(
        "Growth",
        "How the figures grow, without goals: a process for each number of synthetic articles. "
        "Processor time to load all, the memory of the load, and the median of an "
        "uncached page, a search, and a diagnosis of a paste of 2 KB.",
        growth=Growth(SIZES, lines),
    )


if __name__ == "__main__":
    print(json.dumps(asdict(measure(Path(sys.argv[1])))))
