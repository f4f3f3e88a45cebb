"""`python -m tests.fuzz SECONDS`: every target with hypothesis, then with atheris, then the API.

Half of the time goes to atheris, which keeps the texts that reached new code in `.fuzz/corpus` and
begins with them the next time. A text that breaks something is left in `.fuzz/found`.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.fuzz.targets import MARBLES, ROOT, TARGETS

FOLDER = ROOT / ".fuzz"
PACKAGES = FOLDER / "packages"
EXAMPLES_PER_SECOND = 15
"""About so many texts of hypothesis a second; the loading of content is the slowest target."""
HANG_SECONDS = 20
MOST_MEGABYTES = 2048


def run(name: str, command: list[str], seconds: float, **environment: str) -> bool:
    """Run one fuzzer; tell whether it found nothing."""
    print(f"{name}: about {seconds:.0f} s", flush=True)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=10 * seconds + 600,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines = done.stdout.decode(errors="replace").splitlines()
    print("\n".join(lines[-60:] if done.returncode else lines[-1:]), flush=True)
    return done.returncode == 0


def with_hypothesis(seconds: float) -> bool:
    """Run the tests of the targets, with more examples."""
    command = [sys.executable, "-m", "pytest", "-q", "tests/fuzz", "-p", "no:cacheprovider"]
    examples = max(100, int(seconds * EXAMPLES_PER_SECOND / len(TARGETS)))
    return run("hypothesis", command, seconds, FUZZ_EXAMPLES=str(examples))


def with_atheris(target: str, seconds: float) -> bool:
    """Run one target with atheris, from the texts that it found before and from the fixtures."""
    corpus, found = FOLDER / "corpus" / target, FOLDER / "found"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(sorted(MARBLES.rglob("*.*"))):
        (corpus / f"fixture-{number}").write_bytes(path.read_bytes())
    command = [
        *(sys.executable, "-m", "tests.fuzz.atheris_target", target, str(corpus)),
        *(f"-max_total_time={int(seconds)}", f"-timeout={HANG_SECONDS}", "-max_len=4096"),
        *(f"-rss_limit_mb={MOST_MEGABYTES}", f"-artifact_prefix={found}/{target}-"),
        *("-print_final_stats=1", "-verbosity=0"),
    ]
    return run(f"atheris {target}", command, seconds, PYTHONPATH=str(PACKAGES))


def with_schemathesis(seconds: float) -> bool:
    """Ask the API more of what its schema allows and forbids than the tests do."""
    command = [sys.executable, "-m", "pytest", "-q", "tests/web/test_api_schema.py"]
    examples = max(15, int(seconds))
    return run("schemathesis", command, seconds, SCHEMATHESIS_EXAMPLES=str(examples))


def main() -> int:
    """Share the time out; fail when anything was found."""
    seconds = float(sys.argv[1])
    good = [with_hypothesis(seconds / 4)]
    if PACKAGES.exists():
        good += [with_atheris(target, seconds / 2 / len(TARGETS)) for target in TARGETS]
    else:
        print("atheris has no package for this machine; hypothesis and schemathesis only")
    good.append(with_schemathesis(seconds / 4))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
