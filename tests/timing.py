"""How long code takes, measured so that a busy machine doesn't change the answer."""

from __future__ import annotations

import time
from collections.abc import Callable


def processor_seconds(call: Callable[[], object], times: int = 3) -> float:
    """Return the processor time that a call takes, in seconds: the least of several calls.

    A garbage collection or a cold cache makes one call slow now and then, a bad rule every call.
    """
    spent = []
    for _ in range(times):
        start = time.process_time()
        call()
        spent.append(time.process_time() - start)
    return min(spent)
