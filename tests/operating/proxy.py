"""The proxy of docs/operating/nginx.conf as it stands, with other addresses."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.settings import ROOT
from tests.ports import free_port

CONFIGURATION = ROOT / "docs/operating/nginx.conf"
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
PATIENCE = 60
"""Seconds; only a failure takes as long as this."""


def with_tls(folder: Path, plain: int) -> tuple[dict[str, str], Path]:
    """Return the changes that the comments of the configuration ask for, and a certificate.

    `plain` is the port that leads to TLS. The certificate is made here, for this machine alone.
    """
    if not shutil.which("openssl"):
        pytest.skip("a certificate for this test needs the program openssl")
    certificate, key = folder / "certificate", folder / "key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    text = CONFIGURATION.read_text("utf-8")
    redirect = text[text.index("# server {") :]
    uncommented = redirect.replace("# ", "").replace("#", "").replace("80 ", f"127.0.0.1:{plain} ")
    changes = {
        "listen 8080 default_server;\n": "",
        "# listen 443 ssl": "listen 8080 ssl",
        "# ssl_certificate ": "ssl_certificate ",
        "# ssl_certificate_key ": "ssl_certificate_key ",
        "/etc/ssl/certs/helpcenter.pem": str(certificate),
        "/etc/ssl/private/helpcenter.pem": str(key),
        redirect: uncommented,
    }
    return changes, certificate


@contextmanager
def proxy(
    program: str,
    folder: Path,
    replicas: Sequence[int],
    changes: Mapping[str, str] | None = None,
    port: int | None = None,
) -> Iterator[int]:
    """Run nginx before the replicas at these ports; give the port of the proxy.

    `changes` are further replacements in the configuration, such as shorter waits.
    """
    port = port or free_port()
    first, second = replicas
    places = {
        "172.31.255.3:8000": f"127.0.0.1:{first}",
        "172.31.255.4:8000": f"127.0.0.1:{second}",
        "listen 8080": f"listen 127.0.0.1:{port}",
        "/var/cache/helpcenter": str(folder / "cache"),
    }
    text = CONFIGURATION.read_text("utf-8")
    for old, new in {**(changes or {}), **places}.items():
        assert old in text, f"{CONFIGURATION.name} has no {old}"
        text = text.replace(old, new)
    with nginx(program, folder, text):
        yield port


@contextmanager
def nginx(program: str, folder: Path, servers: str) -> Iterator[None]:
    """Run nginx with these servers, in an empty folder; give way once they listen."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "helpcenter.conf").write_text(servers, "utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), "utf-8")
    log = folder / "log"
    log.write_text("")
    process = subprocess.Popen(
        [program, "-e", log, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.PIPE
    )
    try:
        end = time.monotonic() + PATIENCE
        # Somebody else may answer at the port for a moment; nginx then tries again to get it.
        while "start worker process" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def talk(port: int, *parts: bytes, pause: float = 0) -> tuple[bytes, float]:
    """Send parts, with a pause after each; return the answer and how long the line was open."""
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        answer = b""
        try:
            for part in parts:
                line.sendall(part)
                time.sleep(pause)
            while more := line.recv(65536):
                answer += more
        except (BrokenPipeError, ConnectionResetError):
            pass
        return answer, time.monotonic() - start


def until(happens: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    end = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)


class Stub:
    """An origin whose pages grow old in a second, since a minute is long for a test."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.asked: list[str] = []
        self.text = "tea"
        self.may_answer = threading.Event()
        self.may_answer.set()
        origin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                origin.asked.append(f"{self.command} {self.path}")
                origin.may_answer.wait(PATIENCE)
                self.send_response(200)
                body = origin.text.encode()
                self.send_header("Cache-Control", "public, max-age=1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_OPTIONS(self) -> None:
                self.do_GET()

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(address, Handler)
        self.port = self.server.server_port


@contextmanager
def stub(address: tuple[str, int] = ("127.0.0.1", 0)) -> Iterator[Stub]:
    """Run an origin in a thread of its own, by default on any port."""
    origin = Stub(address)
    thread = threading.Thread(target=origin.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield origin
    finally:
        origin.server.shutdown()
        origin.server.server_close()
        thread.join()
