"""An nginx for the tests: one that is there, or Debian's: `python -m tests.operating.nginx`.

The package is unpacked into the virtual environment, not installed: nothing is started, no port is
taken, and nobody has to be root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

UNPACKED = Path(sys.prefix) / "nginx"
PACKAGES = ("nginx", "nginx-light", "nginx-core")
"""Where the program is differs between the releases of Debian and Ubuntu."""
COMMON = "nginx-common"
"""The package with Debian's own configuration, which includes ours."""


def find() -> str | None:
    """Return the path of an nginx that runs on this machine."""
    named = os.environ.get("NGINX")
    places = [named] if named else ["nginx", "/usr/sbin/nginx", str(UNPACKED / "usr/sbin/nginx")]
    return next((path for place in places if (path := shutil.which(place)) and _runs(path)), None)


def find_configuration() -> Path | None:
    """Return the folder of Debian's own configuration, as its package has it."""
    folder = UNPACKED / "etc/nginx"
    return folder if folder.exists() else None


def _runs(path: str) -> bool:
    """Say whether the libraries that it needs are there."""
    return subprocess.run([path, "-v"], capture_output=True).returncode == 0


def fetch() -> bool:
    """Unpack Debian's package, where apt-get can download it; say whether that worked."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return False
    for attempt in range(2):
        if any(_unpack(package) and find() for package in PACKAGES) and _unpack(COMMON):
            return True
        # The lists of packages may be missing, as in a fresh container, or too old.
        if attempt or os.geteuid() or subprocess.run(["apt-get", "-qq", "update"]).returncode:
            break
    return False


def _unpack(package: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        # As root, apt-get downloads as a user of its own, which has to get in here.
        Path(folder).chmod(0o777)
        download = ["apt-get", "-qq", "download", package]
        if subprocess.run(download, cwd=folder, capture_output=True).returncode:
            return False
        (archive,) = Path(folder).glob("*.deb")
        return subprocess.run(["dpkg-deb", "-x", archive, UNPACKED]).returncode == 0


def main() -> int:
    """Make sure that an nginx is there, or tell what is left out without."""
    if not (find() and find_configuration()) and not fetch() and not find():
        print(
            "no nginx: the tests of the proxy are left out; install it, "
            "or name it in the variable NGINX",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
