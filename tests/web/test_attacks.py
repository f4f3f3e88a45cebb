"""What somebody with a grudge tries: votes that count more than once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import FIXTURES
from tests.web.conftest import client as client_of
from tests.web.test_feedback import TOKEN, insights, until

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
        "errors/glassmarket/-7007",
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
