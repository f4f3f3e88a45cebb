"""The widget in the page of another product: its own origin, and a strict policy of its own."""

from __future__ import annotations

import functools
import hashlib
import http.server
import shutil
import threading
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import free_port, serving
from tests.conftest import MARBLES

pytestmark = pytest.mark.browser

WIDGET = Path(__file__).parents[2] / "static" / "widget-1.js"
MOST_BYTES = 6_000
SECRET = "Zr8Kp2mQx7Lw4Vt9Yb3Nd6Hc1Jf5Gs0A"

Product = tuple[str, str]
"""The address of a page with the widget, and that of the help center."""


def integrity() -> str:
    return "sha384-" + b64encode(hashlib.sha384(WIDGET.read_bytes()).digest()).decode()


class DialogPage(http.server.BaseHTTPRequestHandler):
    """A page of the product: an error dialog, and a policy without anything inline."""

    def __init__(self, help_center: str, *request: object) -> None:
        self._help_center = help_center
        super().__init__(*request)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        page = f"""<!doctype html><html lang="en"><title>Robot</title><body><main>
            <h1>Error</h1>
            <exchange-help exchange="glassmarket" code="-7007"></exchange-help></main>
            <script type="module" src="{self._help_center}/widget-1.js"
              integrity="{integrity()}" crossorigin="anonymous"></script>"""
        self.send_response(200)
        policy = (
            f"default-src 'none'; script-src {self._help_center}; connect-src {self._help_center};"
            " require-trusted-types-for 'script'; trusted-types exchange-help"
        )
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Serve a page of a product beside a help center that lets it ask; a step has an address."""
    content = tmp_path_factory.mktemp("widget") / "content"
    shutil.copytree(MARBLES, content)
    article = content / "issues" / "address-not-allowed.md"
    step = "  - Add {{ whitelist_ips }} to"
    text = article.read_text()
    assert step in text
    article.write_text(text.replace(step, "  - Add `{{ whitelist_ip }}` to"))
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with serving(content, HELP_CORS_ORIGINS=origin) as help_center:
        handler = functools.partial(DialogPage, help_center)
        with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
            threading.Thread(target=server.serve_forever).start()
            try:
                yield origin, help_center
            finally:
                server.shutdown()


def widget(page: Page) -> Locator:
    return page.locator("exchange-help")


def test_a_code_is_answered_in_the_dialog(visitor: Page, product: Product) -> None:
    origin, help_center = product
    visitor.goto(origin)
    answer = widget(visitor)
    expect(answer.get_by_role("heading", name="Address Not Allowed")).to_be_visible()
    expect(answer.get_by_role("listitem").filter(has_text="192.0.2.7").first).to_be_visible()
    expect(answer.get_by_text('What stands under "Friends of this key"?')).to_be_visible()
    link = answer.get_by_role("link", name="Open the whole answer")
    assert link.get_attribute("href") == f"{help_center}/errors/glassmarket/-7007"


def test_an_address_is_copied(visitor: Page, product: Product) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.goto(product[0])
    copy = widget(visitor).get_by_role("button", name="Copy 192.0.2.7").first
    copy.click()
    expect(widget(visitor).get_by_role("button", name="Copied").first).to_be_visible()
    assert visitor.evaluate("navigator.clipboard.readText()") == "192.0.2.7"


def test_a_question_is_answered_by_keyboard(visitor: Page, product: Product) -> None:
    visitor.goto(product[0])
    choice = widget(visitor).get_by_role("button", name="192.0.2.7", exact=True)
    choice.focus()
    visitor.keyboard.press("Enter")
    expect(widget(visitor).get_by_role("heading", name="Wrong Key")).to_be_visible()
    focused = "document.querySelector('exchange-help').shadowRoot.activeElement?.tagName"
    visitor.wait_for_function(f"{focused} !== undefined")


def test_a_text_is_sent_without_its_secrets(visitor: Page, product: Product) -> None:
    visitor.goto(product[0])
    expect(widget(visitor).get_by_role("heading")).to_be_visible()
    with visitor.expect_request("**/api/v1/diagnose*") as sent:
        widget(visitor).evaluate(
            """(element, text) => {
                window.heard = [];
                addEventListener("exchange-help-answer", ({ detail }) => heard.push(detail));
                element.text = text;
            }""",
            f"-7009 The word is wrong, apiSecret={SECRET}",
        )
    assert SECRET not in (sent.value.post_data or "")
    assert "The word is wrong" in (sent.value.post_data or "")
    expect(widget(visitor).get_by_role("heading", name="Forgotten passphrase")).to_be_visible()
    heard = visitor.evaluate("heard")
    assert heard[-1]["code"] == "-7009"
    assert "word is wrong" not in str(heard)


def test_what_nobody_knows_leads_to_the_help_center(visitor: Page, product: Product) -> None:
    visitor.goto(product[0])
    widget(visitor).evaluate(
        """(element) => {
            element.removeAttribute("exchange");
            element.text = "https://elsewhere.example/wonderful/weather";
        }"""
    )
    expect(widget(visitor).get_by_role("status")).to_have_text("We couldn’t identify this error.")
    expect(widget(visitor).get_by_role("link", name="Open the help center")).to_be_visible()


def test_without_a_connection_it_says_so_and_tries_again(page: Page, product: Product) -> None:
    def hang_up(route: Route) -> None:
        route.abort()

    page.route("**/api/v1/**", hang_up)
    page.goto(product[0])
    expect(widget(page).get_by_role("status")).to_have_text("The help center can’t be reached.")
    page.unroute("**/api/v1/**", hang_up)
    widget(page).get_by_role("button", name="Try again").click()
    expect(widget(page).get_by_role("heading", name="Address Not Allowed")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_used_by_everybody(visitor: Page, product: Product, scheme: str) -> None:
    visitor.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    visitor.set_viewport_size({"width": 320, "height": 640})
    visitor.goto(product[0])
    expect(widget(visitor).get_by_role("heading")).to_be_visible()
    assert visitor.evaluate("document.documentElement.scrollWidth") <= 320
    background = widget(visitor).evaluate("(element) => getComputedStyle(element).backgroundColor")
    assert background == ("rgb(23, 24, 28)" if scheme == "dark" else "rgb(255, 255, 255)")


def test_it_is_small_and_keeps_its_number(product: Product) -> None:
    help_center = product[1]
    assert len(brotli.compress(WIDGET.read_bytes())) <= MOST_BYTES
    for name in ("widget.js", "widget-1.js"):
        with urllib.request.urlopen(f"{help_center}/{name}") as answer:
            assert answer.read() == WIDGET.read_bytes()
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_documented_tag_is_that_of_the_file() -> None:
    documented = (WIDGET.parents[1] / "docs" / "integrating.md").read_text()
    assert f'integrity="{integrity()}"' in documented
