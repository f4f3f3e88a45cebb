"""Real servers and a real Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from tests.browser.chromium import find
from tests.ports import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60
"""How long anything is waited for; only a failure takes as long as this."""
PLAIN_HOST = "help.test"
"""A host that leads to this machine and is, over http, no secure context."""
NOT_ON_PLAIN_HTTP = "The Cross-Origin-Opener-Policy header has been ignored"
NOTE_WHAT_IS_SAID = """
addEventListener("DOMContentLoaded", () => {
    window.said = [];
    for (const line of document.querySelectorAll("[role=status]")) {
        const note = () => { if (line.checkVisibility()) said.push(line.textContent); };
        new MutationObserver(note).observe(line, {childList: true});
    }
});
"""
"""Keeps what was shown and announced: a message is removed again after some seconds."""
COMPLAIN_OF_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
    console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
});
"""

expect.set_options(timeout=1000 * PATIENCE_SECONDS)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the browser of this machine, without its own traffic to the outside."""
    arguments = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    arguments.append(f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1")
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    launch: dict[str, Any] = {**browser_type_launch_args, "args": arguments}
    if path := find():
        launch["executable_path"] = path
    return launch


@contextmanager
def serving(
    content: Path, *, start: Sequence[str] = ("-m", "app"), **environment: str
) -> Iterator[str]:
    """Serve a content folder in a process of its own; gives its address.

    `start` is what Python runs.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, *start, "serve", "--port", str(port), "--content", str(content)]
    with TemporaryDirectory() as data:
        everything = {**os.environ, "HELP_DATA": data, **environment}
        process = subprocess.Popen(command, cwd=REPOSITORY, env=everything)
        try:
            _wait_until_ready(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Serve the real content; gives its address."""
    with serving(REPOSITORY / "content") as url:
        yield url


@pytest.fixture(scope="session")
def marbles() -> Iterator[str]:
    """Serve the fixture content with exchanges, which writers can't break."""
    with serving(REPOSITORY / "tests" / "fixtures" / "exchange_content") as url:
        yield url


@pytest.fixture
def page(page: Page) -> Page:
    """Return a page that is patient, and whose messages `wait_until_said` knows."""
    page.set_default_timeout(1000 * PATIENCE_SECONDS)
    page.add_init_script(NOTE_WHAT_IS_SAID)
    return page


@pytest.fixture
def visitor(page: Page) -> Iterator[Page]:
    """Return a page that must neither complain nor ask anybody but our server."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        ignored = message.text.startswith(NOT_ON_PLAIN_HTTP)
        if message.type in {"error", "warning"} and not ignored:
            complaints.append(f"{page.url}: {message.text}")

    def check(request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host not in {"127.0.0.1", PLAIN_HOST}:
            complaints.append(f"{page.url} asked {request.url}")

    page.add_init_script(COMPLAIN_OF_VIOLATIONS)
    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("request", check)
    yield page
    assert complaints == []


def wait_until_said(page: Page, text: str) -> None:
    """Wait until the page has shown and announced a text, which may be gone again."""
    page.wait_for_function("text => said.some((one) => one.includes(text))", arg=text)


def arrive(page: Page, go: Callable[[], object]) -> None:
    """Do what leads to another page, and wait until its scripts have run."""
    with page.expect_event("load"):
        go()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped with exit code {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=PATIENCE_SECONDS):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server was not ready within {PATIENCE_SECONDS} seconds")


@pytest.fixture(scope="session")
def base_url(server: str) -> str:
    """Make `page.goto("/path")` lead to the server."""
    return server
