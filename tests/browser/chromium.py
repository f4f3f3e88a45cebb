"""Find a Chromium for the tests, or install one: `python -m tests.browser.chromium`.

In this order: one that is there, Debian's package where apt-get may be used, the test tool's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")


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


def install_with_apt() -> bool:
    """Install Debian's package, as root or with sudo that asks nothing; say whether it worked."""
    if not shutil.which("apt-get"):
        return False
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"]).returncode:
            return False
        prefix = ["sudo", "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        command = [*prefix, "apt-get", "-qq", *arguments]
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode:
            return False
    return True


def install_with_playwright() -> bool:
    """Let Playwright download its own browser; say whether it worked."""
    command = [sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]
    return subprocess.run(command).returncode == 0


def main() -> int:
    """Make sure that a browser is there."""
    if find() or find_downloaded():
        return 0
    print("no Chromium found; installing one", file=sys.stderr)
    if (install_with_apt() and find()) or (install_with_playwright() and find_downloaded()):
        return 0
    print(
        "the browser tests need Chromium: install it, or name it in the variable CHROMIUM",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
