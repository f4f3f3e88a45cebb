"""Processes that share a socket of systemd restart, and no request is lost.

systemd itself can't run in a test. What it does is small: it opens the socket, hands it over as
file 3 with LISTEN_FDS and LISTEN_PID, makes it wait or not for all who have it (`NonBlocking=` of
the unit), and waits for READY=1 on NOTIFY_SOCKET.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from app.settings import ROOT
from tests.conftest import MARBLES
from tests.operating.proxy import PATIENCE, proxy, until

pytestmark = pytest.mark.slow

AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_blocking(3, sys.argv[2] != "yes")
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.executable, [sys.executable, "-m", "app", "serve"])
"""


UNIT = (ROOT / "docs/operating/helpcenter@.service").read_text("utf-8")
(NON_BLOCKING,) = re.findall("^NonBlocking=(.*)$", UNIT, re.MULTILINE) or ["no"]


class Unit:
    """One process on the shared socket."""

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        self._listener = listener
        self._log = folder / "log"
        # The name of a socket may have 108 bytes, so it has no file.
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notified.bind("")
        self._notified.settimeout(PATIENCE)
        self._environment = {
            **os.environ,
            "HELP_CONTENT": str(shutil.copytree(MARBLES, folder / "content", dirs_exist_ok=True)),
            "HELP_DATA": str(folder / "data"),
            "NOTIFY_SOCKET": self._notified.getsockname().decode().replace("\0", "@"),
        }

    def start(self) -> None:
        """Start the process and wait until it says that it is ready."""
        descriptor = self._listener.fileno()
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", AS_SYSTEMD, str(descriptor), NON_BLOCKING],
                cwd=ROOT,
                env=self._environment,
                pass_fds=(descriptor,),
                stdout=log,
                stderr=log,
            )
        assert self._notified.recv(100) == b"READY=1", self._log.read_text()

    def stop(self) -> None:
        """Stop the process as systemd does, and wait until it has ended."""
        self.process.terminate()
        assert self.process.wait(PATIENCE) == -signal.SIGTERM, self._log.read_text()

    def close(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.wait()
        self._notified.close()


@contextmanager
def units(folder: Path, number: int) -> Iterator[tuple[int, list[Unit]]]:
    """Run so many processes on one socket; give its port, and them."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        started = [Unit(folder, listener) for _ in range(number)]
        for unit in started:
            unit.start()
            stack.callback(unit.close)
        yield listener.getsockname()[1], started


class Visitors:
    """Four visitors who go on asking, each time on a new connection."""

    def __init__(self, port: int) -> None:
        self.seen: Counter[str] = Counter()
        self._port = port
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]

    def _ask(self) -> None:
        while not self._done.wait(0.01):
            for ask in (self._read, self._paste):
                try:
                    outcome = str(ask())
                except OSError as error:
                    outcome = repr(error)
                self.seen[outcome] += 1

    def _read(self) -> int:
        return self._status("GET", "/issues/wrong-key")

    def _paste(self) -> int:
        return self._status("POST", "/diagnose", "text=wrong+key")

    def _status(self, method: str, path: str, form: str | None = None) -> int:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)) as connection:
            connection.request(method, path, form, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status

    def wait_for_more(self) -> None:
        """Wait until each has asked some more times."""
        wanted = self.seen.total() + 40
        until(lambda: self.seen.total() > wanted)

    def __enter__(self) -> Callable[[], None]:
        for thread in self._threads:
            thread.start()
        return self.wait_for_more

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()


def test_a_restart_loses_no_request(tmp_path: Path) -> None:
    """A single process restarts; the socket keeps what visitors ask meanwhile."""
    with units(tmp_path, 1) as (port, started):
        visitors = Visitors(port)
        with visitors as wait_for_more:
            for unit in started * 2:
                wait_for_more()
                unit.stop()
                unit.start()
            wait_for_more()
        assert set(visitors.seen) == {"200"}, visitors.seen


def test_a_restart_behind_the_proxy_loses_no_request(nginx_program: str, tmp_path: Path) -> None:
    patient = {"rate=5r/s": "rate=5000r/s"}
    with (
        units(tmp_path, 2) as (port, started),
        proxy(nginx_program, tmp_path / "proxy", (port, port), patient) as front,
    ):
        visitors = Visitors(front)
        with visitors as wait_for_more:
            for unit in started:
                wait_for_more()
                unit.stop()
                unit.start()
            wait_for_more()
        assert set(visitors.seen) == {"200"}, visitors.seen


def test_a_process_that_inherits_no_socket_opens_one(tmp_path: Path) -> None:
    """The variables can be there for another process, such as the shell that started this one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {
            **os.environ,
            "HELP_CONTENT": str(MARBLES),
            "HELP_DATA": str(tmp_path),
            "HELP_PORT": str(taken.getsockname()[1]),
            "LISTEN_FDS": "1",
            "LISTEN_PID": str(os.getpid()),
        }
        command = [sys.executable, "-m", "app", "serve"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "can't listen on 127.0.0.1" in done.stderr
