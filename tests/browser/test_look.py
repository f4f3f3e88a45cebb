"""Every kind of page, in both themes and at every width: accessible and whole."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Theme = Literal["light", "dark"]
Rules = dict[str, Any]

PAGES = {
    "home": "/",
    "home of an exchange": "/?exchange=okx",
    "issue": "/issues/ip-whitelist-not-configured",
    "issue with a body": "/issues/clock-out-of-sync?exchange=binance",
    "exchange": "/exchanges/binance",
    "exchanges": "/exchanges",
    "error": "/errors/binance/-2015",
    "results": "/search?q=invalid+key",
    "no results": "/search?q=qzxwvk",
    "diagnosis": "/diagnose?exchange=binance&error=-2015&missing=ip-whitelisted,no-maintenance",
    "question": "/questions/key-was-misused",
    "status": "/status",
    "whitelist": "/whitelist",
    "report": "/report?exchange=binance&error=-2015&missing=no-maintenance",
    "not found": "/issues/ip-whitelst-not-configured",
}
THEMES: tuple[Theme, ...] = ("light", "dark")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES: Rules = {"runOnly": {"type": "tag", "values": TAGS}}
CONTRAST: Rules = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}
LOOKS: tuple[tuple[int, Theme, Rules], ...] = (
    (390, "light", RULES),
    (390, "dark", CONTRAST),
    (1280, "dark", RULES),
    (1280, "light", CONTRAST),
)
"""Each width in each theme; what a theme can't change is looked at in one of them."""
CUT_OR_WIDE = """() => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    const problems = wide > 0 ? [`the page is ${wide} px too wide`] : [];
    for (const element of document.querySelectorAll("body *")) {
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        if (element.closest("svg, input, .skip")) continue;
        const box = element.getBoundingClientRect();
        if (!box.width || !box.height) continue;
        const name = `${element.localName}#${element.id}.${element.className}`;
        const outside = box.right > innerWidth + 1 || box.left < -1;
        const hides = element.scrollWidth > element.clientWidth + 1
            && /hidden|clip/.test(getComputedStyle(element).overflowX);
        if (!outside && !hides) continue;
        let scrolls = false;
        let onlyHeard = false;  // text for screen readers alone
        for (let around = element; around; around = around.parentElement) {
            const { overflowX, clipPath } = getComputedStyle(around);
            scrolls ||= /auto|scroll/.test(overflowX);
            onlyHeard ||= clipPath === "inset(50%)";
        }
        if (onlyHeard) continue;
        if (outside && !scrolls) problems.push(`${name} is cut`);
        if (hides) problems.push(`${name} hides a part of its text`);
    }
    return problems;
}"""


def open_everything(page: Page) -> None:
    """Open all that folds, so that it is looked at too."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def findings(page: Page, rules: Rules = RULES) -> list[str]:
    """Return what axe finds on the page, one readable line each."""
    result: dict[str, Any] = Axe().run(page, options=rules).response
    assert len(result["passes"]) >= (15 if rules is RULES else 1)
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:160]} ({node['failureSummary']})"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


@pytest.fixture
def anybody(visitor: Page, page: Page) -> Page:
    """Return a visitor's page with reduced motion, so that nothing is halfway."""
    page.emulate_media(reduced_motion="reduce")
    return visitor


@pytest.mark.parametrize("name", sorted(set(PAGES) - {"home of an exchange", "not found"}))
def test_axe_finds_nothing(anybody: Page, server: str, name: str) -> None:
    found: list[str] = []
    anybody.goto(f"{server}{PAGES[name]}")
    open_everything(anybody)
    for width, theme, rules in LOOKS:
        anybody.set_viewport_size({"width": width, "height": 900})
        anybody.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [f"{width} {theme}: {line}" for line in findings(anybody, rules)]
    assert not found, "\n".join(found)


def test_axe_finds_nothing_on_a_problem_page(page: Page, server: str) -> None:
    page.goto(f"{server}{PAGES['not found']}")
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        lines = findings(page)
        assert not lines, "\n".join(lines)


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_in_what_is_swapped_in(anybody: Page, server: str, theme: Theme) -> None:
    anybody.emulate_media(color_scheme=theme, reduced_motion="reduce")
    anybody.goto(f"{server}/")
    field = anybody.locator("#text")
    field.fill(
        '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."} '
        "secret=0a1b2c3d4e5f0a1b2c3d4e5f0a1b2c3d"
    )
    anybody.get_by_role("button", name="Find the cause").click()
    expect(anybody.locator("#answer").get_by_role("article")).to_be_visible()
    anybody.get_by_role("checkbox").first.check()
    expect(anybody.locator("#next-steps")).to_contain_text("1 of 9 done")
    anybody.get_by_text("Check your saved IP whitelist").click()
    anybody.get_by_role("textbox", name="Paste your IP whitelist").fill("10.0.0.1; 107.189.19.78")
    anybody.get_by_role("button", name="Check whitelist").click()
    expect(anybody.locator("#whitelist-check")).to_contain_text("107.189.19.87")
    anybody.get_by_role("searchbox", name="Search").fill("timestamp")
    expect(anybody.get_by_role("search").get_by_role("listitem").first).to_be_visible()
    open_everything(anybody)
    lines = findings(anybody)
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_lost_on_a_narrow_page_or_with_large_text(
    page: Page, server: str, name: str
) -> None:
    """320 px is also what 400 % zoom leaves of 1280 px, and 640 px what 200 % does."""
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{server}{PAGES[name]}")
    open_everything(page)
    assert page.evaluate(CUT_OR_WIDE) == []
    page.set_viewport_size({"width": 640, "height": 450})
    assert page.evaluate(CUT_OR_WIDE) == []
    # Text alone at 200 %, as browsers that zoom only text show it.
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("html").evaluate("element => element.style.setProperty('font-size', '200%')")
    assert page.evaluate(CUT_OR_WIDE) == []


def test_an_answer_is_whole_on_a_narrow_page(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{server}/")
    page.locator("#text").fill(
        "binance.exceptions.BinanceAPIException: APIError(code=-2015): Invalid API-key, IP, or "
        "permissions for action, request ip: 2a02:8109:aaaa:bbbb:cccc:dddd:eeee:ffff" + "w" * 60
    )
    page.get_by_role("button", name="Find the cause").click()
    expect(page.locator("#answer").get_by_role("article")).to_be_visible()
    open_everything(page)
    assert page.evaluate(CUT_OR_WIDE) == []


@pytest.mark.parametrize("path", ["/", "/issues/connection-timeout", "/diagnose", "/search"])
def test_touch_targets_are_large_enough(page: Page, server: str, path: str) -> None:
    """24 px, or as much room around (WCAG 2.2, 2.5.8); links in running text are free."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server}{path}")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, summary, textarea, input")]
            .filter((one) => one.type !== "hidden")
            .filter((one) => one.checkVisibility({ visibilityProperty: true }))
            .map((one) => one.closest("label") ?? one)
            .filter((one) => Math.min(one.offsetWidth, one.offsetHeight) < 24)
            .map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_nothing_moves_for_those_who_want_it_still(page: Page, server: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{server}/")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((one) => {
            const style = getComputedStyle(one);
            const long = (list) => list.split(",").some((time) => parseFloat(time) > 0.05);
            const { scrollBehavior, animationName: name, transitionDuration } = style;
            return scrollBehavior === "smooth" || name !== "none" || long(transitionDuration);
        }).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert moving == []


def test_paper_holds_every_step_of_an_answer(visitor: Page, server: str) -> None:
    visitor.goto(f"{server}/diagnose?exchange=bybit&error=10003")
    steps = visitor.locator(".best .steps li")
    visitor.emulate_media(media="print")
    expect(steps.first).to_be_visible()
    expect(steps.last).to_be_visible()
    expect(visitor.locator("#text")).to_be_hidden()
    expect(visitor.get_by_role("heading", name="Quick Diagnostic")).to_be_visible()
