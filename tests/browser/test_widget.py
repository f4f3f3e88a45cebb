"""The widget in the page of another product: its own origin, and a strict policy of its own."""

from __future__ import annotations

import hashlib
import shutil
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import serving
from tests.browser.dialog import documented, product_page
from tests.browser.test_look import THEMES, Theme, findings
from tests.conftest import MARBLES
from tests.ports import free_port

pytestmark = pytest.mark.browser

WIDGET = Path(__file__).parents[2] / "static" / "widget-1.js"
MOST_BYTES = 6_000
TELL = "(element, text) => { element.removeAttribute('exchange'); element.text = text; }"
SECRET = "Zr8Kp2mQx7Lw4Vt9Yb3Nd6Hc1Jf5Gs0A"

Product = tuple[str, str]
"""The address of a page with the widget, and that of the help center."""


def integrity() -> str:
    return "sha384-" + b64encode(hashlib.sha384(WIDGET.read_bytes()).digest()).decode()


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
    with (
        serving(content, HELP_CORS_ORIGINS=origin) as help_center,
        product_page(port, help_center, "glassmarket", "-7007"),
    ):
        yield origin, help_center


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
    visitor.wait_for_function(f"() => {focused} !== undefined")


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
    widget(visitor).evaluate(TELL, "https://elsewhere.example/wonderful/weather")
    expect(widget(visitor).get_by_role("status")).to_have_text("We couldn’t identify this error.")
    expect(widget(visitor).get_by_role("link", name="Open the help center")).to_be_visible()


def test_an_everyday_question_is_answered(visitor: Page, product: Product) -> None:
    origin, help_center = product
    visitor.goto(origin)
    widget(visitor).evaluate(TELL, "will the robot throw my marbles")
    said = widget(visitor).get_by_role("status")
    expect(said).to_have_text("Can Marble Robot juggle my marbles away?")
    expect(widget(visitor).get_by_text("No. Marble Robot only rolls them.")).to_be_visible()
    link = widget(visitor).get_by_role("link", name="Open the whole answer")
    expect(link).to_have_attribute("href", f"{help_center}/questions/do-robots-juggle")


def test_the_products_analytics_hears_what_happens(page: Page, product: Product) -> None:
    page.add_init_script(
        """window.heard = [];
        for (const name of ["answer", "copy", "open", "error"]) {
            addEventListener(`exchange-help-${name}`, ({ detail }) => heard.push([name, detail]));
        }"""
    )
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(product[0])
    widget(page).get_by_role("button", name="Copy 192.0.2.7").first.click()
    with page.context.expect_page():
        widget(page).get_by_role("link", name="Open the whole answer").click()
    page.wait_for_function("() => heard.length === 3")
    page.route("**/api/v1/**", lambda route: route.abort())
    widget(page).evaluate(TELL, "private words")
    page.wait_for_function("() => heard.length === 4")
    known = {
        "verdict": "recognised",
        "exchange": "glassmarket",
        "code": "-7007",
        "issue": "address-not-allowed",
    }
    assert page.evaluate("heard") == [["answer", known], ["copy", {}], ["open", {}], ["error", {}]]


def test_it_takes_the_products_colours(visitor: Page, product: Product) -> None:
    visitor.goto(product[0])
    widget(visitor).evaluate(
        """(element) => {
            const given = { accent: "#123456", text: "#654321", background: "#fedcba" };
            for (const [name, value] of Object.entries(given)) {
                element.style.setProperty(`--exchange-help-${name}`, value);
            }
        }"""
    )
    link = widget(visitor).get_by_role("link", name="Open the whole answer")
    expect(link).to_have_css("color", "rgb(18, 52, 86)")
    expect(widget(visitor)).to_have_css("color", "rgb(101, 67, 33)")
    expect(widget(visitor)).to_have_css("background-color", "rgb(254, 220, 186)")


def test_without_a_connection_it_says_so_and_tries_again(page: Page, product: Product) -> None:
    def hang_up(route: Route) -> None:
        route.abort()

    page.route("**/api/v1/**", hang_up)
    page.goto(product[0])
    expect(widget(page).get_by_role("status")).to_have_text("The help center can’t be reached.")
    page.unroute("**/api/v1/**", hang_up)
    widget(page).get_by_role("button", name="Try again").click()
    expect(widget(page).get_by_role("heading", name="Address Not Allowed")).to_be_visible()


def test_what_is_found_is_announced(visitor: Page, product: Product) -> None:
    visitor.goto(product[0])
    said = widget(visitor).get_by_role("status")
    expect(said).to_have_text("Most likely causeAddress Not Allowed")
    widget(visitor).evaluate("(element) => { element.setAttribute('code', '-7009'); }")
    expect(said).to_have_text("Most likely causeWrong Key")


def test_the_keyboard_reaches_everything_in_order(visitor: Page, product: Product) -> None:
    visitor.goto(product[0])
    expect(widget(visitor).get_by_role("heading")).to_be_visible()
    focused = "document.querySelector('exchange-help').shadowRoot.activeElement?.textContent"
    reached = []
    for _ in range(4):
        visitor.keyboard.press("Tab")
        reached.append(visitor.evaluate(focused))
    options = ["Nothing, or not 192.0.2.7", "192.0.2.7"]
    assert reached == ["Copy", *options, "Open the whole answer"]


def test_without_a_clipboard_the_address_is_selected(visitor: Page, product: Product) -> None:
    """Browsers have no clipboard on pages over plain HTTP."""
    visitor.add_init_script("delete Navigator.prototype.clipboard")
    visitor.goto(product[0])
    widget(visitor).get_by_role("button", name="Copy 192.0.2.7").first.click()
    visitor.wait_for_function("() => String(getSelection()) === '192.0.2.7'")


def test_in_another_language_the_link_stays_in_it(visitor: Page, product: Product) -> None:
    origin, help_center = product
    visitor.goto(f"{origin}/es")
    expect(widget(visitor).get_by_role("heading", name="Dirección no permitida")).to_be_visible()
    widget(visitor).evaluate(TELL, "wonderful weather")
    link = widget(visitor).get_by_role("link", name="Abrir el centro de ayuda")
    expect(link).to_have_attribute("href", f"{help_center}/es/")


@pytest.mark.parametrize("scheme", THEMES)
def test_axe_finds_nothing_in_any_state(page: Page, product: Product, scheme: Theme) -> None:
    held: list[Route] = []
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 320, "height": 640})

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/**", hold)
    page.goto(product[0])

    def look(status: str) -> None:
        expect(widget(page).get_by_role("status")).to_contain_text(status)
        lines = findings(page)
        assert not lines, "\n".join((status, *lines))
        assert page.evaluate("document.documentElement.scrollWidth") <= 320

    look("Looking up the error")
    for route in held:
        route.abort()
    look("can’t be reached")
    page.unroute("**/api/v1/**")
    widget(page).get_by_role("button", name="Try again").click()
    look("Address Not Allowed")
    widget(page).evaluate(TELL, "my key and my address are refused")
    look("Which of these do you see?")
    widget(page).evaluate(TELL, "https://elsewhere.example/wonderful/weather")
    look("couldn’t identify")


@pytest.mark.parametrize(
    ("of_page", "background"),
    [("light dark", "rgb(23, 24, 28)"), ("light", "rgb(255, 255, 255)")],
)
def test_it_is_as_dark_as_the_page(
    visitor: Page, product: Product, of_page: str, background: str
) -> None:
    visitor.emulate_media(color_scheme="dark")
    visitor.goto(product[0])
    visitor.locator('meta[name="color-scheme"]').evaluate(
        "(meta, scheme) => { meta.content = scheme; }", of_page
    )
    expect(widget(visitor)).to_have_css("background-color", background)


def test_it_is_small_and_keeps_its_number(product: Product) -> None:
    help_center = product[1]
    assert len(brotli.compress(WIDGET.read_bytes())) <= MOST_BYTES
    for name in ("widget.js", "widget-1.js"):
        with urllib.request.urlopen(f"{help_center}/{name}") as answer:
            assert answer.read() == WIDGET.read_bytes()
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_documented_tag_is_that_of_the_file() -> None:
    assert f'integrity="{integrity()}"' in documented()
