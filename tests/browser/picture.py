"""Draw the image that chats show with a link: `make picture`.

The program has no library that draws, so the picture is kept beside its drawing. The checksums say
that they belong together.
"""

from __future__ import annotations

import hashlib
import os

from playwright.sync_api import sync_playwright

from app.settings import ROOT, STATIC
from tests.browser.chromium import find

DRAWING = ROOT / "docs" / "images" / "social.svg"
PICTURE = STATIC / "social.png"


def main() -> None:
    """Draw it, and note both checksums."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=find(), args=arguments)
        page = browser.new_page(viewport={"width": 1200, "height": 630})
        page.goto(DRAWING.as_uri())
        page.screenshot(path=PICTURE)
        browser.close()
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(ROOT)}\n"
        for path in (DRAWING, PICTURE)
    )
    DRAWING.with_suffix(".sha256").write_text("".join(lines))


if __name__ == "__main__":
    main()
