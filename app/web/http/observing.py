"""Around every request: its id, its line in the log, its place in the metrics."""

from __future__ import annotations

import logging
import random
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.http.cache import RESULT, ROUTE
from app.web.http.logs import REQUEST_ID, REQUESTS, well_formed
from app.web.http.metrics import Metrics

_ID = b"x-request-id"

logger = logging.getLogger(REQUESTS)


class RequestLog:
    """Gives each request an id, logs it without anything of the visitor's, and counts it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = b""
        for name, value in scope["headers"]:
            if name == _ID:
                request_id = value
        if not request_id or not well_formed(request_id):
            request_id = b"%016x" % random.getrandbits(64)
        # Not reset: the server logs errors of this request after this function has ended.
        REQUEST_ID.set(request_id.decode())
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # A new message, because the cache may keep the old message.
                message = {**message, "headers": [*message["headers"], (_ID, request_id)]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - began
            method, route = scope["method"], scope.get(ROUTE, "none")
            result = scope.get(RESULT, "pass")
            self._metrics.count_request(route, method, status, result, seconds)
            if logger.isEnabledFor(logging.INFO):
                fields = {
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1000, 2),
                    "cache": result,
                }
                logger.info("request", extra={"fields": fields})
