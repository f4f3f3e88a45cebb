"""The proxy of docs/operating/nginx.conf as it stands, with other addresses."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.settings import ROOT

CONFIGURATION = ROOT / "docs/operating/nginx.conf"
NAME = "help.example.com"
MAIN = """\
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/log info;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    # As where it is copied to: Debian's, and the image's.
    sendfile on;
    gzip on;
    keepalive_timeout 65;
    include {folder}/helpcenter.conf;
}}
"""
START_SECONDS = 30


def free_port() -> int:
    """Return a loopback port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def proxy(
    program: str, folder: Path, replicas: Sequence[int], changes: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run nginx before the replicas at these ports; give the port of the proxy.

    `changes` are further replacements in the configuration, such as shorter waits.
    """
    port = free_port()
    first, second = replicas
    places = {
        "172.31.255.3:8000": f"127.0.0.1:{first}",
        "172.31.255.4:8000": f"127.0.0.1:{second}",
        "listen 8080": f"listen 127.0.0.1:{port}",
        "/var/cache/nginx/helpcenter": str(folder / "cache"),
    }
    text = CONFIGURATION.read_text("utf-8")
    for old, new in {**places, **(changes or {})}.items():
        assert old in text, f"{CONFIGURATION.name} has no {old}"
        text = text.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "helpcenter.conf").write_text(text, "utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), "utf-8")
    log = folder / "log"
    process = subprocess.Popen(
        [program, "-e", log, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.PIPE
    )
    try:
        end = time.monotonic() + START_SECONDS
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=START_SECONDS)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True
