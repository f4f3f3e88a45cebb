"""Debian's nginx with a file of ours in `conf.d`, as installed: own root folder, own network.

`python -m tests.operating.debian ROOT` runs in a network of its own (`unshare --net`). It gives
this network the addresses of docs/operating, starts nginx in the folder ROOT, asks the proxy for
some pages, and prints what came back as JSON.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import socket
import struct
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

from tests.operating.nginx import UNPACKED
from tests.operating.proxy import CONFIGURATION, stub, until

THERE = ("/", "/search?q=tea", "/api/v1/issues", "/metrics")
GONE = ("/search?q=tea", "/api/v1/exchanges")
"""None of these is in the proxy's cache."""
REPLICA = "172.31.255.4"
"""The second one; the first isn't there."""
SET_ADDRESS, SET_FLAGS, UP = 0x8916, 0x8914, 1
"""Requests to a network device of Linux (netdevice(7)), and the flag that switches it on."""


def install(root: Path) -> None:
    """Fill the folder with Debian's packages, what they need, and our file."""
    shutil.copytree(UNPACKED, root, symlinks=True)
    for folder in ("run", "dev", "var/cache", "tmp"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "dev/null").touch()
    for name in ("passwd", "group"):
        shutil.copy(f"/etc/{name}", root / "etc")
    listed = subprocess.run(
        ["ldd", root / "usr/sbin/nginx"], check=True, capture_output=True, text=True
    )
    for path in re.findall(r"(/\S+) \(0x", listed.stdout):
        target = root / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    shutil.copy(CONFIGURATION, root / "etc/nginx/conf.d/helpcenter.conf")


def _give(device: str, request: int, value: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        fcntl.ioctl(one, request, struct.pack("16s24s", device.encode(), value))


def _asked(path: str) -> dict[str, object]:
    connection = HTTPConnection("127.0.0.1", 8080, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    return {
        "status": answer.status,
        "type": answer.headers["Content-Type"],
        "text": answer.read().decode(),
    }


def _listens() -> bool:
    try:
        socket.create_connection(("127.0.0.1", 8080)).close()
    except ConnectionRefusedError:
        return False
    return True


def main(root: str) -> None:
    """Ask with a replica and without."""
    address = struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(REPLICA))
    _give("lo", SET_FLAGS, struct.pack("H", UP))
    _give("lo:1", SET_ADDRESS, address)
    command = ["chroot", root, "/usr/sbin/nginx", "-g", "daemon off;"]
    process = subprocess.Popen(command, stdout=sys.stderr)
    try:
        until(lambda: process.poll() is not None or _listens())
        assert process.poll() is None, "nginx does not start"
        with stub((REPLICA, 8000)):
            there = {path: _asked(path) for path in THERE}
        gone = {path: _asked(path) for path in GONE}
    finally:
        process.terminate()
        process.wait(60)
    json.dump({"there": there, "gone": gone}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
