"""A server that plays all twelve exchanges over real HTTP, by the fields of their documentation."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from app.content.folder import Folder
from app.model import Exchange

BEGIN, END = 1_795_942_800_000, 1_795_946_400_000
"""A maintenance on 2026-11-29 from 09:00 to 10:00 UTC, in milliseconds."""

NORMAL: dict[str, Any] = {
    "binance": {"status": 0, "msg": "normal"},
    "bybit": {"retCode": 0, "retMsg": "", "result": {"list": []}, "time": 0},
    "okx": {"code": "0", "data": [], "msg": ""},
    "kucoin": {"code": "200000", "data": {"status": "open", "msg": ""}},
    "kraken": {
        "error": [],
        "result": {"status": "online", "upcoming_maintenance": [], "emergency": []},
    },
    "coinbase": {"page": {}, "status": {"indicator": "none", "description": "All good"}},
    "mexc": {},
    "htx": {"code": 200, "message": "success", "data": {"marketStatus": 1}},
    "bitfinex": [1],
}
"""What each says of itself while it operates."""

BYBIT = {"id": "1", "title": "<b>Upgrade</b>", "begin": str(BEGIN), "end": str(END), "env": 1}
OKX = {"title": "<b>Upgrade</b>", "begin": str(BEGIN), "end": str(END), "env": "1"}

MAINTENANCE: dict[str, Any] = {
    "binance": {"status": 1, "msg": "system_maintenance"},
    "bybit": {"retCode": 0, "result": {"list": [{**BYBIT, "state": "ongoing"}]}},
    "okx": {"code": "0", "data": [{**OKX, "state": "ongoing"}]},
    "kucoin": {"code": "200000", "data": {"status": "close", "msg": "upgrade match engine"}},
    "kraken": {"error": [], "result": {"status": "maintenance"}},
    "coinbase": {"status": {"indicator": "maintenance"}},
    "htx": {"code": 200, "data": {"marketStatus": 2, "haltEndTime": END}},
    "bitfinex": [0],
}
LIMITED: dict[str, Any] = {
    "okx": {"code": "0", "data": [{**OKX, "state": "pre_open"}]},
    "kucoin": {"code": "200000", "data": {"status": "cancelonly"}},
    "kraken": {"error": [], "result": {"status": "post_only"}},
    "coinbase": {"status": {"indicator": "major"}},
    "htx": {"code": 200, "data": {"marketStatus": 3}},
}
ANNOUNCED: dict[str, Any] = {
    "bybit": {
        "retCode": 0,
        "result": {
            "list": [
                {**BYBIT, "state": "completed", "begin": "1751596902000"},
                {**BYBIT, "state": "scheduled"},
                {**BYBIT, "state": "ongoing", "env": 2},
            ]
        },
    },
    "okx": {"code": "0", "data": [{**OKX, "state": "scheduled"}]},
    "kraken": {"error": [], "result": {"status": "online", "upcoming_maintenance": [{"id": "a"}]}},
}

TIMES: dict[str, Callable[[float], Any]] = {
    "binance": lambda now: {"serverTime": int(now * 1000)},
    "bybit": lambda now: {"retCode": 0, "result": {"timeNano": str(int(now * 1e9))}},
    "okx": lambda now: {"code": "0", "data": [{"ts": str(int(now * 1000))}]},
    "kucoin": lambda now: {"code": "200000", "data": int(now * 1000)},
    "kraken": lambda now: {"error": [], "result": {"unixtime": int(now), "rfc1123": ""}},
    "coinbase": lambda now: {"iso": "", "epochMillis": str(int(now * 1000))},
    "bitget": lambda now: {"code": "00000", "data": {"serverTime": str(int(now * 1000))}},
    "gate": lambda now: {"server_time": int(now * 1000)},
    "mexc": lambda now: {"serverTime": int(now * 1000)},
    "htx": lambda now: {"status": "ok", "data": int(now * 1000)},
    "bingx": lambda now: {"code": 0, "data": {"serverTime": int(now * 1000)}},
}


class Played(ThreadingHTTPServer):
    """Answers `/<exchange>/status` and `/<exchange>/time`, and counts who asked what."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.says: dict[str, Any] = dict(NORMAL)
        """What an exchange says of itself; bytes are sent as they are."""
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        """The status and further headers of an exchange that does not answer with 200."""
        self.silent: set[str] = set()
        self.ahead = 0.0
        """The seconds by which all clocks are before ours."""
        self.asked: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.released = Event()
        """Set at the end: silent exchanges hang until then."""

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def played(self, exchange: Exchange) -> Exchange:
        """Return an exchange that is asked here, and read as its content file says."""
        calls = exchange.status
        assert calls
        here = f"{self.url}/{exchange.id}"
        clock = calls.time
        return exchange.model_copy(
            update={
                "status": calls.model_copy(
                    update={
                        "url": calls.url and f"{here}/status",
                        "time": clock
                        and clock.model_copy(update={"url": clock.url and f"{here}/time"}),
                    }
                )
            }
        )

    def content(self, source: Path, target: Path) -> Path:
        """Copy a content folder whose exchanges are asked here, in English alone."""
        languages = {language.folder for language in Folder(source).languages()}
        for path in source.rglob("*"):
            top = path.relative_to(source).parts[0]
            if path.is_file() and top not in {"permalinks.txt", *languages}:
                text = path.read_bytes()
                if path.parent.name == "exchanges":
                    text = self._redirected(path.stem, text.decode()).encode()
                copy = target / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(text)
        return target

    def _redirected(self, name: str, text: str) -> str:
        head, mark, rest = text.partition("\nstatus:\n")
        calls = re.match(r"(?:  .*\n)*", rest)
        assert calls, name
        own = re.sub(r"^(  url: ).*", rf"\1{self.url}/{name}/status", calls[0], flags=re.MULTILINE)
        own = re.sub(r"^(    url: ).*", rf"\1{self.url}/{name}/time", own, flags=re.MULTILINE)
        return head + mark + own + rest[calls.end() :]


class _Answer(BaseHTTPRequestHandler):
    server: Played

    def do_GET(self) -> None:
        _, exchange, what = self.path.split("/")
        self.server.asked[exchange] += what == "status" or exchange not in NORMAL
        self.server.headers.append(dict(self.headers))
        if exchange in self.server.silent:
            self.server.released.wait(60)
            return
        status, headers = self.server.answers.get(exchange, (200, {}))
        said = self.server.says[exchange] if what == "status" else self._time(exchange)
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _time(self, exchange: str) -> Any:
        return TIMES[exchange](time.time() + self.server.ahead)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        """Answer; whoever asks may hang up, which is no fault here."""
        try:
            super().handle()
        except OSError:
            return


@contextmanager
def playing() -> Iterator[Played]:
    """Run the server."""
    server = Played()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
