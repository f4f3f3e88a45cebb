"""Update the vendored htmx: `python -m app.development.vendored`, with npm, which verifies it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

from app.settings import ROOT

HTMX = ROOT / "static" / "htmx"


def vendor(package: Path, folder: Path) -> str:
    """Replace the file in `folder` by that of an npm package (a .tgz); return its version.

    `package.json` of the folder says which file it is; the version and the checksum are renewed
    there. Raises `KeyError` when the package lacks the file or its licence.
    """
    described = json.loads((folder / "package.json").read_text("utf-8"))
    with tarfile.open(package) as archive:
        content = _read(archive, described["file"])
        licence = _read(archive, "LICENSE")
        described["version"] = json.loads(_read(archive, "package.json"))["version"]
    described["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / Path(described["file"]).name).write_bytes(content)
    (folder / "LICENSE").write_bytes(licence)
    (folder / "package.json").write_text(json.dumps(described) + "\n", "utf-8")
    return str(described["version"])


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(f"package/{name}")
    if member is None:
        raise KeyError(name)
    return member.read()


def main() -> None:
    """Fetch the newest htmx and put it in the place of the present one."""
    name = json.loads((HTMX / "package.json").read_text("utf-8"))["name"]
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
        (package,) = Path(folder).glob("*.tgz")
        print(f"{name} {vendor(package, HTMX)}")  # noqa: T201 - a command for developers


if __name__ == "__main__":
    main()
