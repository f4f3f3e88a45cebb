"""docs/operating/nginx.conf, letter by letter, in Debian's own nginx."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.settings import ROOT
from tests.operating import debian, nginx

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what the proxy answered."""
    if nginx.find_configuration() is None:
        pytest.skip(
            "Debian's packages are not here: `python -m tests.operating.nginx` fetches them"
        )
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("only root can give nginx a root folder and a network of its own")
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode:
        pytest.skip("this machine gives nobody a network of its own")
    root = tmp_path_factory.mktemp("debian") / "root"
    debian.install(root)
    command = ["unshare", "--net", sys.executable, "-m", "tests.operating.debian", str(root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written = {path.name for path in (root / "var/log/nginx").iterdir() if path.stat().st_size}
    return {**json.loads(done.stdout), "root": root, "written": written}


@pytest.mark.parametrize("path", ["/", "/search?q=tea", "/api/v1/issues"])
def test_it_starts_and_asks_the_replica_that_is_there(answers: Any, path: str) -> None:
    assert answers["there"][path]["status"] == 200
    assert answers["there"][path]["text"] == "tea"


def test_errors_are_a_page_and_json(answers: Any) -> None:
    assert answers["there"]["/metrics"]["status"] == 404
    kinds = {path: (answer["status"], answer["type"]) for path, answer in answers["gone"].items()}
    assert kinds == {
        "/search?q=tea": (502, "text/html; charset=utf-8"),
        "/api/v1/exchanges": (502, "application/json"),
    }


def test_pages_are_kept_on_the_disk_and_no_request_in_the_log(answers: Any) -> None:
    root: Path = answers["root"]
    assert [path for path in (root / "var/cache/helpcenter").rglob("*") if path.is_file()]
    assert answers["written"] == {"error.log"}
