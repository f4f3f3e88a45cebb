"""The W3C's checker of HTML for the tests: `python -m tests.web.vnu` fetches it.

It is a program in Java, which npm delivers. Without Java, or without npm the first time, its test
is left out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "vnu-jar@26.9.27"
FOLDER = Path(sys.prefix) / "vnu"
JAR = FOLDER / "package/build/dist/vnu.jar"


def find() -> Path | None:
    """Return the checker, if Java can run it on this machine."""
    return JAR if JAR.exists() and shutil.which("java") else None


def fetch() -> bool:
    """Unpack the package of npm beside the tests' other tools; say whether that worked."""
    npm = shutil.which("npm")
    if not (npm and shutil.which("java")):
        return False
    with tempfile.TemporaryDirectory() as folder:
        # npm compares what it gets with the checksum of the registry.
        if subprocess.run(
            [npm, "pack", "--silent", PACKAGE], cwd=folder, stdout=subprocess.DEVNULL
        ).returncode:
            return False
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as packed:
            packed.extractall(FOLDER, filter="data")
    return JAR.exists()


def complaints(jar: Path, folder: Path) -> list[str]:
    """Return what is wrong in all pages of a folder: errors and warnings, a readable line each."""
    command: list[str | Path] = ["java", "-jar", jar, "--format", "json", "--stdout", folder]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.startswith("{"), done.stderr
    return [
        f"{it['url'].rpartition('/')[2]}:{it['lastLine']}: {it['message']} {it['extract']!r}"
        for it in json.loads(done.stdout)["messages"]
    ]


def main() -> int:
    """Make sure that the checker is there, or tell what is left out without."""
    if not find() and not fetch():
        print("no Java or no npm: the W3C's checker of HTML is left out", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
