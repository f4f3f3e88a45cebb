"""What the widget weighs, and how long it takes to answer on a slow phone."""

from __future__ import annotations

import urllib.request
from dataclasses import replace

from playwright.sync_api import Browser, sync_playwright

from bench.report import Goal, Section, Series
from bench.weight import PHONE, arguments, serving
from tests.browser.chromium import find, find_downloaded
from tests.browser.dialog import product_page
from tests.ports import free_port

ROUNDS = 11
MOST_BYTES = 6_000
MOST_TIMES = 1.5
SLOWED_DOWN = 4
SLOW_NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
"""Slow 4G as Lighthouse has it: milliseconds, and bytes a second."""
PAINTED = "await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));"
WIDGET = f"""async () => {{
    const widget = document.querySelector("exchange-help");
    await customElements.whenDefined("exchange-help");
    const answered = new Promise((done) => addEventListener("exchange-help-answer", done));
    const start = performance.now();
    widget.setAttribute("code", "-2015");
    await answered;
    {PAINTED}
    return performance.now() - start;
}}"""
REQUEST = f"""async (help) => {{
    const start = performance.now();
    const answer = await fetch(`${{help}}/api/v1/diagnose?lang=en`, {{
        method: "POST",
        headers: {{ "Content-Type": "application/json" }},
        body: JSON.stringify({{ text: "-2015", exchange: "binance" }}),
    }});
    document.body.append((await answer.json()).matches[0].title);
    {PAINTED}
    return performance.now() - start;
}}"""


def run() -> list[Section]:
    """Measure the widget in the page of another origin."""
    port = free_port()
    page = f"http://127.0.0.1:{port}/"
    with (
        serving(HELP_CORS_ORIGINS=page.rstrip("/")) as help_center,
        product_page(port, help_center, "binance", ""),
        sync_playwright() as playwright,
    ):
        path = find() or find_downloaded()
        browser = playwright.chromium.launch(executable_path=path, args=arguments())
        requests, answers = [], []
        for _ in range(ROUNDS):
            requests.append(measured(browser, page, REQUEST, help_center))
            answers.append(measured(browser, page, WIDGET))
        browser.close()
        weight = size(f"{help_center}/widget-1.js")
    baseline = "the request alone, its title as text"
    answer = Series("the widget, from its code to the painted answer", tuple(answers))
    section = Section(
        title="The widget on a slow phone",
        text=(
            "The processor is slowed down to a quarter, the network is slow 4G (150 ms, 1.6 "
            "Mbit/s). The page is of another origin and has loaded the widget: "
            f"{weight:,} bytes (brotli). The widget asks for its texts in the same round trip."
        ),
        unit="ms",
        series=(Series(baseline, tuple(requests)), answer),
        baseline=baseline,
    )
    goals = (
        Goal("the widget, bytes", weight, MOST_BYTES, at_most=True),
        Goal(
            "the widget's answer, in requests alone",
            section.ratio(answer.name),
            MOST_TIMES,
            at_most=True,
        ),
    )
    return [replace(section, goals=goals)]


def measured(browser: Browser, url: str, script: str, *arguments: str) -> float:
    """Return the milliseconds that a script takes in a page with an empty cache."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.goto(url)
    page.wait_for_function("() => customElements.get('exchange-help') !== undefined")
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW_NETWORK)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED_DOWN})
    taken: float = page.evaluate(script, *arguments)
    context.close()
    return taken


def size(url: str) -> int:
    """Return the bytes of a file as a browser gets it."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "br"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
        return len(answer.read())
