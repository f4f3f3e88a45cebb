"""docs/support.md and docs/integrating.md do what they say, over the real content."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.settings import ROOT, Settings
from tests.client import TestClient
from tests.web.conftest import client

pytestmark = pytest.mark.slow

HOST = "https://help.example.com"
KEY = "a-key-of-a-backend"
PAGES = ("support", "integrating")
PATH = re.compile(re.escape(HOST) + r"(/[^\s`'\"|]*)")


@pytest.fixture(scope="module")
def visitor() -> Iterator[TestClient]:
    with client(ROOT / "content", base_url=HOST, watch=0, api_keys=(KEY,)) as running:
        running.follow_redirects = True
        yield running


def read(page: str) -> str:
    return Path(ROOT, f"docs/{page}.md").read_text("utf-8")


def commands(page: str) -> list[list[str]]:
    """Return the words of every curl command, without its first."""
    joined = read(page).replace("\\\n", " ").replace("$KEY", KEY)
    return [shlex.split(line)[1:] for line in joined.splitlines() if line.startswith("curl ")]


def run(visitor: TestClient, words: list[str]) -> Any:
    """Do what curl would do; return the answer, which must be a good one."""
    (url,) = (word for word in words if word.startswith(HOST))
    pairs = list(itertools.pairwise(words))
    headers = dict(value.split(": ") for name, value in pairs if name == "-H")
    body = dict(pairs).get("-d")
    path = url.removeprefix(HOST)
    method = "GET" if body is None else "POST"
    answer = visitor.request(method, path, content=body, headers=headers)
    assert answer.status_code == 200, words
    return answer


@pytest.mark.parametrize("page", PAGES)
def test_every_address_leads_somewhere(page: str, visitor: TestClient) -> None:
    # What a program posts to is tried below.
    paths = {path for path in PATH.findall(read(page)) if path != "/api/v1/diagnose"}
    assert len(paths) >= 2
    for path in paths:
        assert visitor.get(path).status_code == 200, path


@pytest.mark.parametrize("page", PAGES)
def test_every_command_works(page: str, visitor: TestClient) -> None:
    assert len(commands(page)) >= 2
    for words in commands(page):
        assert run(visitor, words).text


def test_the_command_with_a_key_needs_the_right_one(visitor: TestClient) -> None:
    (words,) = (words for words in commands("integrating") if any(KEY in word for word in words))
    wrong = [word.replace(KEY, "another-key-of-mine") for word in words]
    with pytest.raises(AssertionError):
        run(visitor, wrong)


def test_replies_are_ready_to_paste(visitor: TestClient) -> None:
    for words in commands("support"):
        text = run(visitor, words).text
        assert "{{" not in text
        assert text.splitlines()[-1].startswith(HOST), words
    site = visitor.get("/issues/ip-whitelist-not-configured.txt?exchange=okx").text
    assert "107.189.19.87" in site
    assert "IP address allowlist" in site, "the name of the field at OKX"


def test_the_answer_has_what_the_table_lists(visitor: TestClient) -> None:
    diagnose = next(words for words in commands("integrating") if "-d" in words)
    answer = run(visitor, diagnose).json()
    table = read("integrating").partition("| in the answer |")[2].partition("\n\n")[0]
    names = re.findall(r"^\| `([a-z_.]+)` \|", table, re.MULTILINE)
    assert len(names) >= 5
    for name in names:
        found = answer
        for part in name.split("."):
            assert part in found, name
            found = found[part]
    assert {"title", "url", "because"} <= set(answer["matches"][0])
    assert json.dumps(answer).count(HOST) == 0, "addresses are paths"


@pytest.mark.parametrize("page", [*PAGES, "store"])
def test_every_setting_is_one(page: str) -> None:
    known = {f"HELP_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"\bHELP_[A-Z_]+\b", read(page)))
    assert named
    assert named <= known
