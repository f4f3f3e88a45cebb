"""The W3C's checker finds nothing to complain of in any kind of page, in any state of it."""

from __future__ import annotations

import itertools
import re
import shutil
from pathlib import Path

import pytest

from app.content.folder import Folder as ContentFolder
from app.settings import ROOT
from tests.conftest import MARBLES, TEAPOTS
from tests.operating.proxy import CONFIGURATION
from tests.web import vnu
from tests.web.conftest import BASE_URL, client, until
from tests.web.crawl import walk

pytestmark = pytest.mark.slow

TOKEN = "a-long-enough-token"
PAGE = "/issues/address-not-allowed"
ERROR = '{"code":-7007,"say":"Friend unknown"}'
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
SHELL = """<!doctype html><html lang="en"><head><title>A part</title></head><body>
<h1>A page</h1><h2>A part</h2><form id="diagnose-form" action="/"></form>{}</body></html>
"""

READ = (
    *("/?exchange=glassmarket", "/search?q=marble", "/search?q=qzxwvk", "/search", "/nowhere"),
    *("/search?q=" + "x" * 300, f"{PAGE}?exchange=claybourse", "/errors/glassmarket/nonsuch"),
    "/diagnose?exchange=glassmarket&error=-7007&missing=secret-word",
    "/diagnose?missing=secret-word&test-other-browser=fail",
    "/report?exchange=glassmarket&error=-7007",
    *("/report", f"/feedback?page={PAGE}", "/feedback", "/whitelist", "/api", "/insights"),
)
SENT: tuple[tuple[str, dict[str, str]], ...] = (
    ("/diagnose", {"text": ERROR}),
    ("/diagnose", {"text": ERROR, "issue": "wrong-key"}),
    ("/diagnose", {"text": f"{ERROR} <b>&amp; secret=Zx81Qwerty7Uiop23Asdf45Ghjk67"}),
    ("/diagnose", {"text": "my key is refused"}),
    ("/diagnose", {"text": "purple elephants"}),
    ("/diagnose", {"text": ""}),
    ("/diagnose", {"text": "x" * 20_000}),
    ("/diagnose", {"text": "", "item-address-allowed": "on", "test-other-browser": "pass"}),
    ("/whitelist", {"list": "192.0.2.7, 198.51.100.23, 2001:db8::7"}),
    ("/whitelist", {"list": "192.0.2.8; 10.0.0.1 <nonsense>"}),
    ("/whitelist", {"list": ""}),
    ("/report", {"text": ERROR, "read": "wrong-key,market-closed"}),
    ("/feedback", {"page": PAGE, "helpful": "no"}),
    ("/feedback", {"page": PAGE, "helpful": "no", "reason": "unclear", "comment": "<i>How?"}),
    ("/feedback", {"page": PAGE, "helpful": "yes"}),
    ("/feedback", {"page": "/nowhere", "helpful": "yes"}),
)


class Folder:
    """Where the pages are put; a part that htmx asks for is put into a page around it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: list[str] = []

    def add(self, name: str, text: str) -> None:
        """Keep a page under a name that tells what it shows."""
        whole = text if "<!doctype html>" in text.lower() else SHELL.format(text)
        plain = "".join(letter if letter.isalnum() else "-" for letter in name)[:80]
        self.names.append(name)
        (self.path / f"{len(self.names):03}-{plain}.html").write_text(whole, "utf-8")


def add_all_pages(folder: Folder, content: Path) -> None:
    """Add every page that a link leads to."""
    with client(content, base_url=BASE_URL) as visitor:
        found = walk(visitor, follow=lambda path: "?" not in path)
        for address in found.pages:
            folder.add(f"{content.name}{address}", visitor.get(address).text)


def add_real_pages(folder: Folder) -> None:
    """Add each page of the real content in English, and a share of them in every other language.

    Together the languages have every page again. Of 500 pages about error codes there is none: the
    fixtures have the same kinds.
    """
    languages = [language.folder for language in ContentFolder(ROOT / "content").languages()]
    with client(ROOT / "content", base_url=BASE_URL) as visitor:
        found = re.findall(rf"<loc>{BASE_URL}(/[^<]*)</loc>", visitor.get("/sitemap.xml").text)
        pages = [path for path in found if "/errors/" not in path]
        own = {name: [path for path in pages if path.startswith(f"/{name}/")] for name in languages}
        english = [path for path in pages if not path.startswith(tuple(f"/{n}/" for n in own))]
        assert len(english) > 40
        shares = [pages_[at :: len(own)] for at, pages_ in enumerate(own.values())]
        for address in (*english, *itertools.chain(*shares)):
            folder.add(f"content{address}", visitor.get(address).text)


def add_states(folder: Folder, data: Path) -> None:
    """Add what visitors see after they sent something, right or wrong, as pages and as parts."""
    with client(MARBLES, base_url=BASE_URL, data=data, insights_token=TOKEN, watch=0) as visitor:
        until(lambda: visitor.get("/readyz").json()["store"] == "ok")
        for kind, headers in (("page", {}), ("part", HTMX)):
            for address, form in SENT:
                sent = visitor.post(address, data=form, headers=headers)
                folder.add(f"{kind} {address} {form} {sent.status_code}", sent.text)
            for address in READ:
                folder.add(f"{kind} {address}", visitor.get(address, headers=headers).text)
            wrong_method = visitor.post("/exchanges", headers=headers)
            assert wrong_method.status_code == 405
            folder.add(f"{kind} wrong method", wrong_method.text)
        visitor.auth = ("writer", TOKEN)
        until(lambda: "elephants" in visitor.get("/insights").text)
        folder.add("insights", visitor.get("/insights").text)


def add_what_writers_see(folder: Folder, path: Path) -> None:
    """Add pages of `serve --dev`, with a mistake in the content."""
    content = Path(shutil.copytree(TEAPOTS, path / "content"))
    issue = content / "issues/cold-water.md"
    issue.write_text(issue.read_text("utf-8").replace("symptom:", "symptm:"), "utf-8")
    with client(content, data=path, dev=True) as writer:
        for address in ("/", "/issues/moonlight-serenade", "/nowhere"):
            folder.add(f"dev {address}", writer.get(address).text)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Return a folder with all of them."""
    path = tmp_path_factory.mktemp("pages")
    folder = Folder(path)
    add_real_pages(folder)
    add_all_pages(folder, MARBLES)
    add_all_pages(folder, TEAPOTS)
    add_states(folder, tmp_path_factory.mktemp("data"))
    add_what_writers_see(folder, tmp_path_factory.mktemp("writer"))
    (error_of_the_proxy,) = [
        text for text in CONFIGURATION.read_text("utf-8").split("'") if "<!doctype html>" in text
    ]
    folder.add("error of the proxy", error_of_the_proxy)
    return folder


def test_every_page_is_valid(pages: Folder) -> None:
    jar = vnu.find()
    if jar is None:
        pytest.skip("no Java, or the checker isn't here: `python -m tests.web.vnu` fetches it")
    assert len(pages.names) > 100
    found = vnu.complaints(jar, pages.path)
    assert not found, "\n".join(found)


def test_the_checker_finds_what_is_wrong(tmp_path: Path) -> None:
    """Or else the test above would prove nothing."""
    jar = vnu.find()
    if jar is None:
        pytest.skip("no Java, or the checker isn't here: `python -m tests.web.vnu` fetches it")
    page = SHELL.format("<section><p>No heading</p></section><input type=radio autocomplete=off>")
    (tmp_path / "wrong.html").write_text(page, "utf-8")
    found = vnu.complaints(jar, tmp_path)
    assert len(found) == 2
    assert all(message.startswith("wrong.html:2: ") for message in found)
