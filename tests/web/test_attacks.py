"""What somebody with a grudge tries: double votes, broken connections, texts that eat a page."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Message

from tests.client import TestClient
from tests.web.conftest import FIXTURES
from tests.web.conftest import client as client_of
from tests.web.test_feedback import TOKEN, insights, until

pytestmark = pytest.mark.slow

PAGE = "/errors/glassmarket/-7007"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    content = FIXTURES / "exchange_content"
    with client_of(content, data=tmp_path, insights_token=TOKEN, watch=0) as running:
        until(lambda: running.get("/readyz").json()["store"] == "ok")
        yield running


@pytest.mark.parametrize(
    "spelling",
    [
        "/errors/glassmarket/%2D7007",
        "/errors/glassmarket/%2d7007",
        "/errors/%67lassmarket/-7007",
        "/errors/" + "".join(f"%{ord(letter):x}" for letter in "glassmarket/-7007"),
    ],
)
def test_a_page_spelt_otherwise_gives_no_second_vote(client: TestClient, spelling: str) -> None:
    for page in (PAGE, spelling):
        answer = client.post("/feedback", data={"page": page, "helpful": "no"})
        assert answer.status_code == 200
        assert f'name="page" value="{PAGE}"' in answer.text
    votes = insights(client).split("Why not, and comments")[1].partition("</table>")[0]
    assert votes.count("<tr>") == 1
    row = f'<a href="{PAGE}">{PAGE}</a></td><td class="number">0</td><td class="number">1</td>'
    assert row in votes


def test_what_is_no_address_of_a_page_gets_no_vote(client: TestClient) -> None:
    answer = client.post("/feedback", data={"page": PAGE[1:], "helpful": "no"})
    assert answer.status_code == 404


def test_no_text_gets_out_of_the_structured_data(tmp_path: Path) -> None:
    """After `<!--<script>` a browser takes the rest of the page for a part of the script."""
    content = tmp_path / "content"
    shutil.copytree(FIXTURES / "exchange_content", content)
    issue = content / "issues" / "wrong-key.md"
    hostile = "says `<!--<script>` or `</script>`"
    issue.write_text(issue.read_text().replace("doesn't accept the key", hostile))
    with client_of(content, data=tmp_path, watch=0) as client:
        page = client.get("/issues/wrong-key").text
    data = page.split('<script type="application/ld+json">')[1].partition("</script>")[0]
    assert "<" not in data
    assert json.loads(data)["description"] == "The market says <!--<script> or </script>"


@pytest.mark.parametrize("path", ["/diagnose", "/report", "/whitelist", "/feedback"])
def test_a_connection_that_breaks_is_no_error_of_ours(client: TestClient, path: str) -> None:
    """Whoever hangs up in the middle of a form must not fill the log with tracebacks."""
    headers = [(b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"9")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "root_path": ""}
    sent: list[Message] = []

    async def hang_up() -> Message:
        return {"type": "http.disconnect"}

    async def note(message: Message) -> None:
        sent.append(message)

    # An error that nobody handles would be raised here, as it is to the server, which logs it.
    asyncio.run(client.app(scope | {"headers": headers}, hang_up, note))  # type: ignore[arg-type]
    assert sent[0]["status"] == 400
