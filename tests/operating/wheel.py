"""The wheel, built and installed into an environment of its own, as somebody else would have it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.settings import ROOT

PINS = re.compile(r"^[\w.-]+==[^\\\n]+", re.MULTILINE)
"""The pinned versions of a lock file, with their markers and without their hashes."""


@dataclass(frozen=True)
class Installed:
    """The program in an environment of its own, and an empty folder to work in."""

    program: Path
    folder: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command that has to be good, as somebody who has nothing set."""
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            [self.program, *words],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def served(self, *flags: str, **environment: str) -> Iterator[str]:
        """Serve until the test is over; yield the address."""
        with subprocess.Popen(
            [self.program, "serve", "--port", "0", *flags],
            cwd=self.folder,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        ) as server:
            assert server.stderr is not None
            try:
                line = server.stderr.readline()
                address = re.search(r"http://127\.0\.0\.1:\d+", line)
                assert address, line + server.stderr.read()
                yield address[0]
            finally:
                server.terminate()
                server.communicate(timeout=60)


def install(folder: Path, *, with_requirements: bool = True) -> Installed:
    """Build the wheel and install it, with the pinned versions of what it needs.

    Without these, the environment of the tests lends them: that takes a quarter of the time.
    """
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT]
    subprocess.run(build, check=True, timeout=300)
    (wheel,) = folder.glob("helpcenter-*.whl")
    pins = folder / "pins.txt"
    pins.write_text("\n".join(PINS.findall((ROOT / "requirements.lock").read_text("utf-8"))))
    home = folder / "home"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    into = [*pip, "--python", python, "install", "--only-binary", ":all:", "--constraint", pins]
    if not with_requirements:
        into.append("--no-deps")
        packages = next(home.glob("lib/python*/site-packages"))
        # This adds the folder but not what its own .pth files name, so that `app` is the wheel's.
        (packages / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
    subprocess.run([*into, wheel], check=True, timeout=600)
    work = folder / "work"
    work.mkdir()
    return Installed(home / "bin" / "helpcenter", work)
