"""For operators and their tools: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.model import Finding
from app.web.http.headers import NO_STORE
from app.web.http.metrics import CONTENT_TYPE, Metrics
from app.web.http.tokens import Guard
from app.web.serving.feedback import FeedbackService
from app.web.serving.live import Live


async def healthz(request: Request) -> Response:  # noqa: ARG001 - the signature of a handler
    """Answer that the process runs."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": NO_STORE})


def readyz_route(live: Live, feedback: FeedbackService, folder: Path) -> Route:
    """Return the route `/readyz`: the state of the content and of the store.

    The server is ready as long as it serves anything: the help pages don't need the store, and an
    edition without the broken files helps too.
    """

    async def answer(request: Request) -> Response:  # noqa: ARG001 - the signature of a handler
        state, store = live.state, feedback.status()
        is_degraded = store.startswith("degraded") or state.errors
        version = state.edition.knowledge.version if state.edition else None
        said = {
            "status": ("degraded" if is_degraded else "ok") if version else "nothing to serve",
            "content": version,
            "store": store,
            "limits": "counted by each process for itself",
            "reloads": live.reloads,
            "left_out": state.left_out,
            "error_count": state.error_count,
            "errors": [_public(finding, folder) for finding in state.errors],
        }
        return JSONResponse(said, 200 if version else 503, headers={"Cache-Control": NO_STORE})

    return Route("/readyz", answer)


def metrics_route(metrics: Metrics, guard: Guard) -> Route:
    """Return the route `/metrics`, which needs its password."""

    async def answer(request: Request) -> Response:
        guard.check(request)
        headers = {"Cache-Control": NO_STORE, "Content-Type": CONTENT_TYPE}
        return Response(metrics.page(), headers=headers)

    return Route("/metrics", answer)


def _public(finding: Finding, folder: Path) -> dict[str, object]:
    """Return a finding as anybody may see it, without where the content folder lies."""
    path, message = (
        text.replace(f"{folder}{os.sep}", "").replace(str(folder), folder.name)
        for text in (finding.path, finding.message)
    )
    return finding.model_dump() | {"path": path, "message": message}
