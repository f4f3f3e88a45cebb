"""MDN's HTTP Observatory for the tests: `python -m tests.operating.observatory` fetches it.

It is a program for Node, which npm installs beside the tests' other tools. Without Node or npm its
test is left out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

PACKAGE = "@mdn/mdn-http-observatory@1.4.8"
FOLDER = Path(sys.prefix) / "observatory"
PROGRAM = FOLDER / "node_modules/@mdn/mdn-http-observatory"

# Its command looks at the first page of a host at the usual ports, and refuses pages of errors.
SCRIPT = """
const [program, http, https, path] = process.argv.slice(1);
const load = (file) => import(`${program}/src/${file}`);
const { retrieve } = await load("retriever/retriever.js");
const { ALL_TESTS } = await load("constants.js");
const { getGradeForScore, getScoreModifier } = await load("grader/grader.js");
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await load("grader/charts.js");
const retrieved = await retrieve("localhost", { path, httpPort: +http, httpsPort: +https });
const results = ALL_TESTS.map((test) => test(retrieved));
const modifiers = results.map(({ result }) => (result ? getScoreModifier(result) : 0));
const sum = (numbers) => numbers.reduce((one, other) => one + other, 100);
const uncurved = sum(modifiers.filter((modifier) => modifier < 0));
const score = uncurved >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? sum(modifiers) : uncurved;
const found = Object.fromEntries(results.map((one) => [one.constructor.name, one.result]));
const { status } = retrieved.responses.auto;
console.log(JSON.stringify({ status, grade: getGradeForScore(score).grade, score, found }));
"""


def find() -> Path | None:
    """Return the program, if Node can run it on this machine."""
    return PROGRAM if PROGRAM.exists() and shutil.which("node") else None


def fetch() -> bool:
    """Install the package of npm; say whether that worked."""
    npm = shutil.which("npm")
    if not (npm and shutil.which("node")):
        return False
    FOLDER.mkdir(exist_ok=True)
    options = ("--no-audit", "--no-fund", "--omit=optional", "--ignore-scripts", "--silent")
    command = [npm, "install", "--prefix", str(FOLDER), *options, PACKAGE]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
        return False
    # Browsers' list of hosts that always have TLS, which would be downloaded: ours is not on it.
    (PROGRAM / "conf/hsts-preload.json").write_text("{}", "utf-8")
    return PROGRAM.exists()


def look(program: Path, http: int, https: int, path: str, certificate: Path) -> dict[str, Any]:
    """Return the status, the grade, the score and what was found of a page of this machine."""
    arguments = [program.as_uri(), str(http), str(https), path]
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", SCRIPT, "--", *arguments],
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(certificate)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def main() -> int:
    """Make sure that it is there, or tell what is left out without."""
    if not find() and not fetch():
        print("no Node or no npm: MDN's HTTP Observatory is left out", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
