"""Logging, without the texts, IP addresses or queries of visitors.

Every request has an id: the `X-Request-ID` from a proxy, else a new id. It is in a header of the
response, on the page about an internal error, and in every line that is logged for the request.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

LogFormat = Literal["text", "json"]

REQUESTS = "helpcenter.requests"
"""The logger with a line for each request; silent unless the lines are JSON."""
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered, else empty."""

_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def well_formed(request_id: bytes) -> bool:
    """Tell whether an id from a client can be shown and logged."""
    return _WELL_FORMED.fullmatch(request_id) is not None


def logging_config(log_format: LogFormat) -> dict[str, Any]:
    """Return the configuration for `logging.config.dictConfig`: one line an event, on stderr."""
    formatter = JsonFormatter if log_format == "json" else TextFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "uvicorn": {"level": "WARNING"},
            # Requests of assistants: their lines would contain a visitor's words.
            "httpx2": {"level": "WARNING"},
            "mcp": {"level": "WARNING"},
            REQUESTS: {"level": "INFO" if log_format == "json" else "WARNING"},
        },
    }


class TextFormatter(logging.Formatter):
    """Lines for people: time, level, logger, the id of the request, message; then a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, or lines."""
        request_id = REQUEST_ID.get()
        named = f"[{request_id}] " if request_id else ""
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {named}"
        line += record.getMessage().rstrip()
        error = _error(record)
        return f"{line}\n{error}" if error else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for programs; a record's `fields` become keys of the object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        time = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().rstrip(),
        }
        if request_id := REQUEST_ID.get():
            line["request_id"] = request_id
        line |= getattr(record, "fields", {})
        if error := _error(record):
            line["error"] = error
        return json.dumps(line)


def _error(record: logging.LogRecord) -> str:
    """Return the traceback of a record, if it has one.

    The message of an error may quote a visitor's input (`int("...")` does), so it is left out of
    errors that may come from a request.
    """
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    if record.name.startswith("helpcenter") and not REQUEST_ID.get():
        return "".join(traceback.format_exception(error)).rstrip()
    return "\n".join(_where(error))


def _where(error: BaseException) -> Iterator[str]:
    """Yield the places and types of an error and its causes, the first cause first."""
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None:
        yield from _where(behind)
        yield "which led to:"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _where(inner)
        yield "which together are:"
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
    yield f"{type(error).__module__}.{type(error).__qualname__}"
