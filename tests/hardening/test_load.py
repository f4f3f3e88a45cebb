"""Many visitors at a time, content that changes meanwhile, and no growth.

`make test` runs the short form; `make hardening` the long one, with the figures on its output.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.hardening.load import assert_all_right, assert_all_stored, crowd
from tests.hardening.server import Running, running

pytestmark = pytest.mark.slow

LONG = pytest.mark.hardening
GROWTH_KIB = 16 * 1024
"""How much more memory a series of requests or reloads may take than the series before."""


class Writer:
    """Somebody who changes an issue, sees it served, and changes it again; every third is broken.

    It ends with the content as it was. `peak` is the most memory of the server meanwhile, in KiB: a
    reload holds two editions, so single moments differ by an edition.
    """

    def __init__(self, server: Running, until: float) -> None:
        self.changes = 0
        self.peak = 0
        self._server = server
        self._end = until
        self._issue = server.content / "issues" / "wrong-key.md"

    def run(self) -> None:
        """Write until it is time to end, and often enough."""
        good = self._issue.read_text()
        while not self.is_done():
            self.changes += 1
            broken = good.replace("title:", "colour: red\ntitle:")
            self._write(broken if self.changes % 3 == 0 else f"{good}\nEdition {self.changes}.\n")
            time.sleep(0.3)
        self._write(good)

    def is_done(self) -> bool:
        """Tell whether it is time to end."""
        return time.monotonic() > self._end and self.changes >= 4

    def _write(self, text: str) -> None:
        said = self._said()
        self._issue.write_text(text)
        self._server.until(lambda: self._is_said(said))

    def _is_said(self, before: int) -> bool:
        self.peak = max(self.peak, self._server.memory())
        return self._said() > before

    def _said(self) -> int:
        log = self._server.log.read_text()
        return log.count("serving content") + log.count("still serving")


@pytest.mark.parametrize(("visitors", "seconds"), [(30, 4), pytest.param(200, 60, marks=LONG)])
def test_many_visitors_while_the_content_changes(
    tmp_path: Path, visitors: int, seconds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(tmp_path) as server:
        version = json.loads(server.get("/readyz").body)["content"]
        # The first series takes what all further ones take again.
        first = Writer(server, time.monotonic() + seconds)
        start = crowd(
            server.port, visitors, lambda _: not first.is_done(), meanwhile=first.run, seed=6
        )
        files, began = server.open_files(), time.monotonic()
        writer = Writer(server, began + seconds)
        tally = crowd(server.port, visitors, lambda _: not writer.is_done(), meanwhile=writer.run)
        took = time.monotonic() - began
        with capsys.disabled():
            print(f"\n{visitors} visitors, {took:.0f} s: {tally.count / took:.0f} a second")
            print(tally.report())
            print(
                f"  {writer.changes} changes of the content, "
                f"peak of memory {first.peak / 1024:.0f} -> {writer.peak / 1024:.0f} MiB"
            )
        assert_all_right(tally)
        assert_all_stored(server.data, start, tally)
        assert json.loads(server.get("/readyz").body)["content"] == version
        server.until(lambda: server.open_files() <= files + 5)
        assert writer.peak - first.peak < GROWTH_KIB
        server.assert_healthy()


@pytest.mark.parametrize("requests", [3_000, pytest.param(200_000, marks=LONG)])
def test_no_growth(tmp_path: Path, requests: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Memory that grew by a byte in five requests would show in the long form."""
    with running(tmp_path) as server:
        start = crowd(server.port, 20, lambda tally: tally.count < requests / 3)
        before = server.memory()
        tally = crowd(server.port, 20, lambda tally: tally.count < requests, seed=8)
        after = server.memory()
        with capsys.disabled():
            print(f"\n{tally.count} requests after {start.count}: "
                  f"memory {before / 1024:.1f} -> {after / 1024:.1f} MiB")  # fmt: skip
            print(tally.report())
        assert_all_right(start)
        assert_all_right(tally)
        assert_all_stored(server.data, start, tally)
        assert after - before < GROWTH_KIB / 2
        server.assert_healthy()
