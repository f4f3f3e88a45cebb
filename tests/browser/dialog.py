"""A page of a product with the widget in it, of an origin and with a strict policy of its own."""

from __future__ import annotations

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.settings import ROOT

POLICY = (
    "default-src 'none'; script-src {help}; connect-src {help};"
    " require-trusted-types-for 'script'; trusted-types exchange-help"
)
"""What docs/integrating.md says that a policy has to allow, and nothing else."""


def documented() -> str:
    """Return the lines that docs/integrating.md tells people to copy."""
    found = re.search(
        r"```html\n(<exchange-help.*?)```",
        (ROOT / "docs" / "integrating.md").read_text("utf-8"),
        re.DOTALL,
    )
    assert found
    return found[1]


class DialogPage(http.server.BaseHTTPRequestHandler):
    """Answers `/` and `/<language>` with the documented lines; the last part is the language."""

    def __init__(self, help_center: str, exchange: str, code: str, *request: object) -> None:
        tag = documented().replace("https://help.example.com", help_center)
        self._tag = tag.replace('"binance"', f'"{exchange}"').replace('"-2015"', f'"{code}"')
        self._help_center = help_center
        super().__init__(*request)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        language = self.path.strip("/") or "en"
        page = f"""<!doctype html><html lang="{language}"><meta name="color-scheme"
            content="light dark"><title>Robot</title><body><main>
            <h1>Error</h1>{self._tag}</main>"""
        self.send_response(200)
        self.send_header("Content-Security-Policy", POLICY.format(help=self._help_center))
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def product_page(port: int, help_center: str, exchange: str, code: str) -> Iterator[None]:
    """Serve the page of a product while the block runs."""
    handler = functools.partial(DialogPage, help_center, exchange, code)
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield
        finally:
            server.shutdown()
