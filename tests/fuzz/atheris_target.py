"""`python -m tests.fuzz.atheris_target TARGET [options of libFuzzer]`; atheris on PYTHONPATH."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["app"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Run one target until the time is over or something breaks."""
    name, arguments = sys.argv[1], sys.argv[2:]
    target = TARGETS[name]

    def test_one_input(data: bytes) -> None:
        target(data.decode("utf-8", "replace"))

    atheris.Setup([sys.argv[0], *arguments], test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
