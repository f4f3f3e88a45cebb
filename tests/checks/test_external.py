"""`helpcenter check --external` against a site on this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from click.testing import CliRunner

from app.checks import check
from app.checks.external import SITES_AT_ONCE, USER_AGENT, ask
from app.cli import main
from app.content.loader import load
from app.model import Finding
from app.status import asking
from tests.conftest import MakeContent

ISSUE = "---\ntitle: A\nsymptom: B\ncauses: [C]\nsolutions: [D]\ndraft: true\n---\n"


@dataclass
class Site:
    """A site whose pages are named after what they answer; it notes what it was asked."""

    port: int = 0
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def url(self, page: str, host: str = "localhost") -> str:
        return f"http://{host}:{self.port}/{page}"


@pytest.fixture
def site() -> Iterator[Site]:
    state, lock = Site(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                state.asked.append((self.command, self.path, self.headers["User-Agent"]))
                state.at_once += 1
                state.most_at_once = max(state.most_at_once, state.at_once)
            time.sleep(0.02)
            path, _, query = self.path.partition("?")
            status = self.status(path.strip("/"))
            with lock:
                state.at_once -= 1
            self.send_response(status)
            if status == 302:
                self.send_header("Location", unquote(query) or "/200")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815 - its name

        def status(self, page: str) -> int:
            if page.startswith("get-only"):
                return 200 if self.command == "GET" else 404
            return int(page) if page.isdigit() else 200

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Keep the output of the tests clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def this_machine_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the site of the tests count as a public one; 127.0.0.99 stays private."""

    def is_public(address: str) -> bool:
        return (address != "127.0.0.99" and address.startswith("127.")) or really(address)

    really = asking.is_public
    monkeypatch.setattr("app.checks.external.is_public", is_public)


def findings(make_content: MakeContent, body: str) -> list[Finding]:
    content = load(make_content({"issues/a.md": ISSUE + body}))
    return [finding for finding in check(content, ask_others=True) if finding.rule == "dead-link"]


@pytest.mark.parametrize("name", ["200", "302", "204", "get-only", "tée?a=b&c={d}#top"])
def test_pages_that_are_there(name: str, site: Site, make_content: MakeContent) -> None:
    assert findings(make_content, f"[x](<{site.url(name)}>)\n") == []
    assert site.asked[0][0] == "HEAD"
    assert {agent for *_, agent in site.asked} == {USER_AGENT}


@pytest.mark.parametrize("status", [404, 410])
def test_pages_that_are_gone(status: int, site: Site, make_content: MakeContent) -> None:
    (finding,) = findings(make_content, f"x\n[x]({site.url(str(status))}#a)\n")
    assert (Path(finding.path).name, finding.line, finding.column) == ("a.md", 9, 5)
    assert finding.severity == "error"
    assert f"is gone (status {status}); correct or remove the link" in finding.message
    assert [method for method, *_ in site.asked] == ["HEAD", "GET"]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_pages_that_nobody_can_tell_of(status: int, site: Site, make_content: MakeContent) -> None:
    (finding,) = findings(make_content, f"[x]({site.url(str(status))})\n")
    assert finding.severity == "warning"
    assert f"answered with status {status}; open it in a browser" in finding.message


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("http://127.0.0.99:{port}/200", "127.0.0.99 is in a private network"),
        ("http://10.0.0.1/", "10.0.0.1 is in a private network"),
        ("http://[::1]:{port}/200", "::1 is in a private network"),
        ("http://169.254.169.254/latest/meta-data", "is in a private network"),
        ("ftp://127.0.0.1/", "unsupported protocol"),
        ("file:///etc/passwd", "unsupported protocol"),
    ],
)
def test_no_redirect_leaves_the_public_web(
    target: str, said: str, site: Site, make_content: MakeContent
) -> None:
    target = quote(target.format(port=site.port), safe="")
    (finding,) = findings(make_content, f"[x]({site.url('302')}?{target})\n")
    assert finding.severity == "warning"
    assert said in finding.message
    assert {path for _, path, _ in site.asked} == {f"/302?{target}"}, "the next hop is never asked"


def test_no_link_leads_to_a_private_network(site: Site) -> None:
    (answer,) = ask([site.url("200", "127.0.0.99")]).values()
    assert (answer.status, "private network" in answer.reason, site.asked) == (None, True, [])


def test_without_a_network_there_are_only_warnings(make_content: MakeContent) -> None:
    root = make_content({"issues/a.md": f"{ISSUE}[x](http://localhost:9/) [y](mailto:a@b.example)"})
    result = CliRunner().invoke(main, ["check", "--content", str(root), "--external"])
    assert result.exit_code == 0
    assert "dead-link: the page http://localhost:9/ can't be checked (" in result.stdout
    assert result.stderr == "0 errors and 1 warning in 2 files.\n"


def test_a_page_that_is_gone_changes_the_exit_code(site: Site, make_content: MakeContent) -> None:
    root = make_content({"issues/a.md": f"{ISSUE}[x]({site.url('404')})"})
    arguments = ["check", "--content", str(root)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert site.asked == [], "others are asked only when that is wanted"
    assert CliRunner().invoke(main, [*arguments, "--external"]).exit_code == 1


def test_each_page_is_asked_once_and_each_site_one_by_one(
    site: Site, make_content: MakeContent
) -> None:
    links = [f"[x]({site.url(f'page-{number}')}#part)" for number in (1, 2, 3, 1, 2, 3)]
    assert findings(make_content, "\n".join(links)) == []
    assert sorted(path for _, path, _ in site.asked) == ["/page-1", "/page-2", "/page-3"]
    assert site.most_at_once == 1


def test_some_sites_are_asked_at_once(site: Site) -> None:
    hosts = [f"127.0.0.{number}" for number in range(1, 9)]
    answers = ask(site.url("200", host) for host in hosts)
    assert len(answers) == len(hosts)
    assert site.most_at_once <= SITES_AT_ONCE


@pytest.mark.parametrize("address", ["http://a\x00b.example/", "http://\udcff.example/"])
def test_addresses_that_nobody_can_ask(address: str) -> None:
    assert [answer.status for answer in ask([address]).values()] == [None]
