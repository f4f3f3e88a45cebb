"""MDN's HTTP Observatory gives the documented nginx, with TLS, its best grade."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hardening.server import running
from tests.operating import observatory
from tests.operating.proxy import proxy, with_tls
from tests.ports import free_port

pytestmark = pytest.mark.slow


def test_the_best_grade_for_pages_errors_and_the_api(nginx_program: str, tmp_path: Path) -> None:
    program = observatory.find()
    if program is None:
        pytest.skip("no Node, or it isn't here: `python -m tests.operating.observatory` fetches it")
    plain, port = free_port(), free_port()
    changes, certificate = with_tls(tmp_path, plain)
    (redirect,) = (old for old in changes if old.startswith("# server {"))
    changes[redirect] = changes[redirect].replace("https://$host", f"https://$host:{port}")
    with running(tmp_path / "server", HELP_BASE_URL=f"https://localhost:{port}") as server:
        replicas = (server.port, server.port)
        with proxy(nginx_program, tmp_path / "proxy", replicas, changes, port):
            for path, status in (
                ("/", 200),
                ("/issues/wrong-key", 200),
                ("/nowhere", 404),  # an error of ours
                ("/metrics", 404),  # an error of nginx
                ("/api/v1/issues", 200),
                ("/api/v1/nowhere", 404),
            ):
                seen = observatory.look(program, plain, port, path, certificate)
                assert (path, seen["status"], seen["grade"]) == (path, status, "A+"), seen
