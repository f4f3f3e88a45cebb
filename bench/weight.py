"""What a first visit weighs in a real browser, what moves in it, and what Lighthouse says.

Lighthouse is asked when it is installed: `npm install -g lighthouse` (needs Node.js).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from bench.report import Goal, Section, Series
from tests.browser.chromium import find, find_downloaded

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "home": "/",
    "issue": "/issues/ip-whitelist-not-configured",
    "error code": "/errors/binance/-2015",
}
INITIAL_WINDOW = 14_600
"""What a server may send before the first acknowledgement: ten segments of 1,460 bytes."""
FIRST_VISIT = 50_000
ROUNDS = 3
PHONE: ViewportSize = {"width": 412, "height": 823}
SETTLED_MS = 1_500
START_SECONDS = 60
LIGHTHOUSE_SECONDS = 180
ATTEMPTS = 3
FLAGS = ("--headless=new", "--disable-background-networking", "--disable-component-update")
NOTE_SHIFTS = """
window.shift = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
BLOCKING = """
() => performance.getEntriesByType("resource")
    .filter((entry) => entry.renderBlockingStatus === "blocking").map((entry) => entry.name)
"""


@dataclass
class Visit:
    """What the browser received of one page: bytes of bodies and of headers, by address."""

    bodies: dict[str, int] = field(default_factory=dict)
    headers: int = 0
    first_view: int = 0
    shift: float = 0.0

    @property
    def whole(self) -> int:
        """The bytes of all bodies."""
        return sum(self.bodies.values())


def run() -> list[Section]:
    """Measure the real content in a browser with an empty cache."""
    with serving() as url:
        with sync_playwright() as playwright:
            path = find() or find_downloaded()
            browser = playwright.chromium.launch(executable_path=path, args=arguments())
            visits = {
                name: [visit(browser, url, page) for _ in range(ROUNDS)]
                for name, page in PAGES.items()
            }
            browser.close()
        return [weight(visits), *lighthouse(url)]


def weight(visits: dict[str, list[Visit]]) -> Section:
    """Return the bytes of first views and visits beside one initial congestion window."""
    window = "one initial congestion window"
    series = [Series(window, (INITIAL_WINDOW,))]
    for name, found in visits.items():
        series.append(Series(f"{name}: first view", tuple(visit.first_view for visit in found)))
        series.append(Series(f"{name}: whole visit", tuple(visit.whole for visit in found)))
    home = visits["home"]
    shift = max(visit.shift for found in visits.values() for visit in found)
    return Section(
        title="Weight of a first visit",
        text=(
            "Bodies as the browser received them (brotli), with an empty cache. The first view is "
            "the page with the files that block its rendering; the whole visit is everything until "
            f"the network is idle. Headers add {home[0].headers:,} bytes to a whole visit of the "
            "home page."
        ),
        unit="bytes",
        series=tuple(series),
        baseline=window,
        goals=(
            Goal("first view of `/`, bytes", series[1].median, INITIAL_WINDOW, at_most=True),
            Goal("first visit of `/`, bytes", series[2].median, FIRST_VISIT, at_most=True),
            Goal("layout shift after paint", shift, 0, at_most=True),
        ),
    )


def visit(browser: Browser, url: str, path: str) -> Visit:
    """Open a page with an empty cache on a phone's screen."""
    result = Visit()
    addresses: dict[str, str] = {}
    heads: dict[str, int] = {}
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.add_init_script(NOTE_SHIFTS)
    devtools = context.new_cdp_session(page)

    def begin(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def answer(event: dict[str, Any]) -> None:
        heads[event["requestId"]] = event["response"]["encodedDataLength"]

    def end(event: dict[str, Any]) -> None:
        head = heads.get(event["requestId"], 0)
        result.headers += head
        result.bodies[addresses[event["requestId"]]] = int(event["encodedDataLength"]) - head

    devtools.on("Network.requestWillBeSent", begin)
    devtools.on("Network.responseReceived", answer)
    devtools.on("Network.loadingFinished", end)
    devtools.send("Network.enable")
    page.goto(url + path, wait_until="networkidle")
    page.wait_for_timeout(SETTLED_MS)
    needed = {url + path, *page.evaluate(BLOCKING)}
    result.first_view = sum(size for address, size in result.bodies.items() if address in needed)
    result.shift = page.evaluate("window.shift")
    context.close()
    return result


def lighthouse(url: str) -> Iterator[Section]:
    """Yield Lighthouse's scores for a phone, if it is installed."""
    command = lighthouse_command()
    if command is None:
        print("weight: Lighthouse is not installed; its scores are left out", file=sys.stderr)
        return
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in PAGES}
    for _ in range(ROUNDS):
        for name, page in PAGES.items():
            rounds[name].append(scores(command, url + page))
    series = tuple(
        Series(f"{name}: {category}", tuple(scores[category] for scores in found))
        for name, found in rounds.items()
        for category in found[0]
    )
    yield Section(
        title="Lighthouse on a phone",
        text=(
            "Lighthouse's own settings for mobile: a slow network is simulated, the processor is "
            "slowed down to a quarter. Only the score for performance depends on the machine."
        ),
        unit="points",
        series=series,
        goals=tuple(
            Goal(
                f"Lighthouse, {name}: lowest of four",
                min(row.median for row in series if row.name.startswith(f"{name}:")),
                100,
            )
            for name in PAGES
        ),
    )


def lighthouse_command() -> list[str] | None:
    """Return how to call Lighthouse; None where it is not installed."""
    if path := shutil.which("lighthouse"):
        return [path]
    npx = shutil.which("npx")
    if npx is None:
        return None
    command = [npx, "--no-install", "lighthouse"]
    tried = subprocess.run([*command, "--version"], check=False, capture_output=True)  # noqa: S603
    return command if tried.returncode == 0 else None


def scores(command: list[str], url: str) -> dict[str, float]:
    """Return the points (0-100) of one page by category; a run that fails is tried again."""
    for attempt in range(1, ATTEMPTS + 1):
        done = subprocess.run(  # noqa: S603 - Lighthouse of this machine
            [
                *command,
                url,
                "--quiet",
                "--output=json",
                "--only-categories=performance,accessibility,best-practices,seo",
                f"--chrome-flags={' '.join([*FLAGS, *sandbox()])}",
            ],
            env={**os.environ, "CHROME_PATH": find() or find_downloaded() or ""},
            capture_output=True,
            check=False,
            timeout=LIGHTHOUSE_SECONDS,
        )
        if done.returncode == 0:
            break
        said = done.stderr.decode(errors="replace").strip()[-500:]
        print(f"weight: attempt {attempt} of Lighthouse at {url} failed: {said}", file=sys.stderr)
    done.check_returncode()
    categories = json.loads(done.stdout)["categories"].values()
    return {
        category["title"].lower(): round(100 * (category["score"] or 0)) for category in categories
    }


def arguments() -> list[str]:
    """Return the flags of a browser that asks nobody but our server."""
    return [*FLAGS[1:], *sandbox()]


def sandbox() -> list[str]:
    """Return what Chromium wants to hear from root."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


@contextmanager
def serving(**environment: str) -> Iterator[str]:
    """Serve the content of the repository; gives the address."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory() as data:
        command = [sys.executable, "-m", "app", "serve", "--port", str(port), "--data", data]
        server = subprocess.Popen(  # noqa: S603
            command,
            cwd=ROOT,
            env={**os.environ, "HELP_BASE_URL": url, **environment},
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until_ready(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return once the server answers; raise `RuntimeError` when it doesn't."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=1):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")
