"""What the OpenAPI document says is what `/api/v1` does: schemathesis asks it a bit of everything.

The budget is small and what is asked is the same each time, so that a run takes seconds and a
failure can be repeated with the line that it prints.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.conftest import serving
from tests.conftest import MARBLES

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "15"))
"""So many generated requests for each operation, beside those that its schema asks for."""
LONGEST_SECONDS = 120 + EXAMPLES


@pytest.mark.slow
def test_the_interface_does_as_it_says(tmp_path: Path) -> None:
    with serving(MARBLES, HELP_KEEP_UNANSWERED="false") as url:
        run = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"),
                "run",
                f"{url}/api/v1/openapi.json",
                "--phases=examples,coverage,fuzzing",
                f"--max-examples={EXAMPLES}",
                "--generation-deterministic",
                "--continue-on-failure",
                "--no-color",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
        )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Tested: 10" in run.stdout, run.stdout
