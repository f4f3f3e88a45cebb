"""What Prometheus is told: numbers, by route and verdict; no text, no address, no query."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""The buckets of latencies: a kept page takes a tenth of the first, a search the second."""
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
"""The methods that are told apart; others are "OTHER", so that nobody can make up a series."""


@dataclass(frozen=True, slots=True)
class Now:
    """What is counted by being looked at: the content, the store and the kept answers."""

    content: str | None
    refused: int
    reloads: Mapping[str, int]
    store: str
    kept: int
    kept_bytes: int


class Metrics:
    """The metrics of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._answered = _Answered()
        self._registry.register(self._answered)
        self._diagnoses = Counter(
            "helpcenter_diagnoses",
            "Diagnoses that were made, by verdict and by where they were asked for.",
            ("verdict", "source"),
            registry=self._registry,
        )
        self._unanswered = Counter(
            "helpcenter_unanswered",
            "Texts without an answer that were kept for writers.",
            ("kind",),
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)

    def look_at(self, now: Callable[[], Now]) -> None:
        """Ask `now` whenever the metrics are fetched."""
        self._registry.register(_Looked(now))

    def answered(self, route: str, method: str, status: int, cache: str, seconds: float) -> None:
        """Count an answer; `route` is a template."""
        shown = method if method in METHODS else "OTHER"
        self._answered.add((route, shown, status, cache), seconds)

    def diagnosed(self, verdict: str, source: Literal["page", "api"]) -> None:
        """Count a diagnosis."""
        self._diagnoses.labels(verdict, source).inc()

    def unanswered(self, kind: str) -> None:
        """Count a text that was kept."""
        self._unanswered.labels(kind).inc()

    def page(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


@dataclass(slots=True)
class _Count:
    """Answers of one kind: how many fell into each bucket, and all their seconds."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    seconds: float = 0.0
    since: float = field(default_factory=time.time)


class _Answered(Collector):
    """Counts answers and the time they took, in a fifth of the time of the library's own types.

    Those lock for each number. Requests are answered on the event loop and nowhere else, so here
    two additions are enough; the rest is done when the metrics are fetched.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, int, str], _Count] = {}

    def add(self, kind: tuple[str, str, int, str], seconds: float) -> None:
        """Count an answer of a kind: route, method, status and cache."""
        count = self._counts.get(kind)
        if count is None:
            count = self._counts[kind] = _Count()
        count.buckets[bisect_left(SECONDS, seconds)] += 1
        count.seconds += seconds

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "helpcenter_requests",
            "Requests, by the template of their address; and whether the answer was kept (hit), "
            "made (miss) or never kept (pass).",
            labels=("route", "method", "status", "cache"),
        )
        routes: dict[str, list[_Count]] = {}
        for (route, method, status, cache), count in self._counts.items():
            labels = (route, method, str(status), cache)
            requests.add_metric(labels, sum(count.buckets), created=count.since)
            routes.setdefault(route, []).append(count)
        yield requests
        seconds = HistogramMetricFamily(
            "helpcenter_request_seconds",
            "From a request to the end of its answer.",
            labels=("route",),
        )
        bounds = [*(str(bound) for bound in SECONDS), "+Inf"]
        for route, counts in routes.items():
            buckets = map(sum, zip(*(count.buckets for count in counts), strict=True))
            up_to = list(zip(bounds, accumulate(buckets), strict=True))
            seconds.add_metric((route,), up_to, sum(count.seconds for count in counts))
            since = min(count.since for count in counts)
            seconds.add_sample(f"{seconds.name}_created", {"route": route}, since)
        yield seconds


class _Looked(Collector):
    """Collects what is counted by being looked at."""

    def __init__(self, now: Callable[[], Now]) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        now = self._now()
        yield InfoMetricFamily(
            "helpcenter_content", "What is served.", {"version": now.content or "none"}
        )
        yield GaugeMetricFamily(
            "helpcenter_content_findings",
            "Errors for which newer content is refused; 0 when the newest is served.",
            now.refused,
        )
        reloads = CounterMetricFamily(
            "helpcenter_content_reloads",
            "Changed content, by what became of it: served or refused.",
            labels=("result",),
        )
        for result, count in now.reloads.items():
            reloads.add_metric((result,), count)
        yield reloads
        yield GaugeMetricFamily(
            "helpcenter_store_up",
            "1 while votes and unanswered texts can be stored.",
            float(now.store == "ok"),
        )
        yield GaugeMetricFamily("helpcenter_cache_answers", "Answers that are kept.", now.kept)
        yield GaugeMetricFamily(
            "helpcenter_cache_bytes", "What they take, with their keys.", now.kept_bytes
        )
