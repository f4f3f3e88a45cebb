"""A real `helpcenter serve` on loopback, with content and a data folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import MARBLES
from tests.hardening.wire import Answer, ask

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 120
STOP_SECONDS = 30
TOKEN = "as-secret-as-a-marble"
STARTED = re.compile(r"Help center on http://127\.0\.0\.1:(\d+) ")


class Running:
    """One server process; what it logs goes to a file, where nothing may look like a crash."""

    def __init__(
        self,
        folder: Path,
        *,
        content: Path = MARBLES,
        wrapper: tuple[str, ...] = (),
        flags: tuple[str, ...] = (),
        **environment: str,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.content = folder / "content"
        self.data = folder / "data"
        self.log = folder / "log"
        if not self.content.exists():
            shutil.copytree(content, self.content)
        self._wrapper = wrapper
        self._flags = flags
        self._environment = {
            **os.environ,
            "HELP_PORT": "0",
            "HELP_CONTENT": str(self.content),
            "HELP_DATA": str(self.data),
            "HELP_INSIGHTS_TOKEN": TOKEN,
            "HELP_WATCH": "0.2",
            **environment,
        }
        self.start()

    def start(self) -> None:
        """Start the process (again) and wait until it is ready, with its store."""
        with self.log.open("a") as log:
            from_here = log.tell()
            self.process = subprocess.Popen(
                [*self._wrapper, sys.executable, "-m", "app", "serve", *self._flags],
                cwd=REPOSITORY,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        self.port = self._wait_for_port(from_here)
        self.until(lambda: b'"store":"opening"' not in self.get("/readyz").body)

    def _wait_for_port(self, from_here: int) -> int:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            said = self.log.read_text()[from_here:]
            if found := STARTED.search(said):
                port = int(found[1])
                try:
                    ask(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                except OSError:
                    pass
                else:
                    return port
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended: {said}")
            time.sleep(0.02)
        raise RuntimeError(f"the server did not start: {self.log.read_text()}")

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for one page on a connection of its own."""
        return self.request("GET", path, b"", **headers)

    def post(self, path: str, body: str | bytes, **headers: str) -> Answer:
        """Post a form (or what the header Content-Type says) on a connection of its own."""
        content = body if isinstance(body, bytes) else body.encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", **_spelt(headers)}
        return self.request("POST", path, content, **headers)

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send one request as given; underscores in names of headers are hyphens."""
        lines = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", **_spelt(headers)}
        if body:
            lines["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        sent = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body
        answers = ask(self.port, sent)
        assert len(answers) == 1, answers
        return answers[0]

    def memory(self) -> int:
        """Return what the process holds of the memory, in KiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found
        return int(found[1])

    def processor_seconds(self) -> float:
        """Return how long it has been computing, on Linux to the nanosecond."""
        # What clock_getcpuclockid(3) returns for another process; Python does not have it.
        clock = (~self.process.pid << 3) | 2
        return time.clock_gettime(clock)

    def open_files(self) -> int:
        """Return how many files and sockets the process has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS)

    def stop(self) -> float:
        """End the process as an operator does; return how many seconds that took."""
        start = time.monotonic()
        self.process.terminate()
        self.process.wait(STOP_SECONDS)
        return time.monotonic() - start

    def assert_healthy(self) -> None:
        """Assert that it still answers, and that nothing was logged that looks like a crash."""
        assert self.process.poll() is None
        assert self.get("/healthz").status == 200
        self.assert_no_crash()

    def assert_no_crash(self) -> None:
        """Assert that nothing was logged that looks like a crash."""
        assert "Traceback" not in self.log.read_text(), self.log.read_text()

    @staticmethod
    def until(condition: object, seconds: float = START_SECONDS) -> None:
        """Wait for what another process does."""
        assert callable(condition)
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.02)


@contextmanager
def running(
    folder: Path,
    *,
    content: Path = MARBLES,
    wrapper: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
    **environment: str,
) -> Iterator[Running]:
    """Run a server for the length of the `with` block."""
    server = Running(folder, content=content, wrapper=wrapper, flags=flags, **environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait()


def _spelt(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
