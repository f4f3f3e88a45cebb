"""The status of an exchange in a browser: the visitor's zone, and the clock of the device."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from threading import Thread

import pytest
import uvicorn
from playwright.sync_api import Browser, expect

from app.settings import ROOT, Settings
from app.status import asking
from app.web.application import create_app
from tests.ports import free_port
from tests.status.exchanges import MAINTENANCE, NORMAL, playing
from tests.web.conftest import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve what is known of played exchanges whose clocks are four minutes slow."""
    folder = tmp_path_factory.mktemp("told")
    with pytest.MonkeyPatch.context() as patch, playing() as played:
        patch.setattr(asking, "is_public", lambda address: True)
        played.says = NORMAL | {"okx": MAINTENANCE["okx"]}
        played.ahead = -240
        content = played.content(ROOT / "content", folder / "content")
        app = create_app(Settings(content=content, data=folder, watch=0, status=False))
        port = free_port()
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
        serving = Thread(target=server.run, daemon=True)
        serving.start()
        until(lambda: server.started)
        # Its own loop: that of Playwright stays in this thread.
        looking = Thread(target=asyncio.run, args=(app.status.turn(),))
        looking.start()
        looking.join()
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        serving.join()


def test_times_are_in_the_visitors_zone(told: str, browser: Browser) -> None:
    for zone, begins in (("Asia/Tokyo", "18:00"), ("America/New_York", "04:00")):
        with browser.new_context(timezone_id=zone) as context:
            page = context.new_page()
            page.goto(f"{told}/exchanges/okx")
            expect(page.locator(".status time").first).to_contain_text(begins)
            expect(page.locator(".status")).to_contain_text("under maintenance")


def test_without_javascript_the_page_says_when_it_was_made(told: str, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{told}/exchanges/okx")
        expect(page.locator(".status")).to_contain_text("09:00 UTC")
        expect(page.locator(".status")).to_contain_text("when this page was made")


def test_the_clock_of_the_device_is_told_in_answers_about_time(told: str, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{told}/?exchange=okx")
        page.fill("#text", '{"code":"50102","msg":"Timestamp request expired"}')
        page.get_by_role("button", name="Find the cause").click()
        expect(page.locator("#answer [data-clock]")).to_contain_text("is 4 minutes fast")
        page.fill("#text", '{"code":"50111","msg":"Invalid OK-ACCESS-KEY"}')
        page.get_by_role("button", name="Find the cause").click()
        expect(page.locator("#answer-title")).to_be_visible()
        expect(page.locator("#answer [data-clock]")).to_have_count(0)
