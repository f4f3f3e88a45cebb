"""Find a Chromium for the tests, or install one: `python -m tests.browser.chromium`.

In this order: a browser that is installed, Debian's package where apt-get may be used, and
Playwright's own. Playwright runs on a Node of its own, which needs a library that a small Debian
does not have, so it is started last.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
PACKAGES = ("chromium", "libatomic1")
"""A browser, and the library that Playwright's Node needs."""


def find() -> str | None:
    """Return the path of a browser that is installed on this machine."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def find_downloaded() -> str | None:
    """Return the path of the browser that Playwright downloaded."""
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
        return str(path) if path.exists() else None


def playwright_runs() -> bool:
    """Say whether Playwright's Node starts on this machine."""
    command = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(command, capture_output=True).returncode == 0


def is_ready() -> bool:
    """Say whether the tests can start a browser."""
    return playwright_runs() and bool(find() or find_downloaded())


def install_with_apt() -> None:
    """Install Debian's packages, as root or with a sudo that asks for no password."""
    if not shutil.which("apt-get"):
        return
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"]).returncode:
            return
        prefix = ["sudo", "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        command = [*prefix, "apt-get", "-qq", *arguments]
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode:
            return


def install_with_playwright() -> None:
    """Let Playwright download its own browser, and install the libraries that this needs."""
    subprocess.run([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"])


def main() -> int:
    """Make sure that the tests can start a browser."""
    if is_ready():
        return 0
    print("no Chromium that the tests can start; installing one", file=sys.stderr)
    install_with_apt()
    if is_ready():
        return 0
    if playwright_runs():
        install_with_playwright()
        if is_ready():
            return 0
    print(
        "the browser tests need Chromium and libatomic1: install both, or name a browser in the "
        "variable CHROMIUM",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
