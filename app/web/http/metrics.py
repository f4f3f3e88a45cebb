"""Metrics for Prometheus: numbers by route and verdict, without texts, IP addresses or queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
"""The buckets of latencies. A cached page takes a tenth of the first bound, a search the second."""
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
"""The methods with a series; others are "OTHER", so that nobody can create new series."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Values of the content, the store and the cache that are read when metrics are fetched."""

    content: str | None
    errors: int
    reloads: Mapping[str, int]
    store: str
    kept: int
    kept_bytes: int
    exchanges: Sequence[tuple[str, str, float | None]] = ()
    """The id, the state and the seconds by which the clock is ahead of ours, of each exchange."""


class Metrics:
    """The metrics of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "helpcenter_requests",
            "Requests by route template, and whether the response came from the cache (hit), could "
            "have come from it (miss), or bypassed it (pass).",
            ("route", "method", "status", "cache"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "helpcenter_request_seconds",
            "From a request to the end of its answer.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
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
        self._children: dict[tuple[str, str, int, str], tuple[Counter, Histogram]] = {}
        ProcessCollector(registry=self._registry)

    def collect_from(self, now: Callable[[], Snapshot]) -> None:
        """Ask `now` whenever the metrics are fetched."""
        self._registry.register(_SnapshotCollector(now))

    def count_request(
        self, route: str, method: str, status: int, cache: str, seconds: float
    ) -> None:
        """Count an answer; `route` is a template."""
        shown = method if method in METHODS else "OTHER"
        key = (route, shown, status, cache)
        children = self._children.get(key)
        if children is None:
            requests = self._requests.labels(route, shown, str(status), cache)
            children = self._children[key] = (requests, self._seconds.labels(route))
        requests, latencies = children
        requests.inc()
        latencies.observe(seconds)

    def count_diagnosis(self, verdict: str, source: Literal["page", "api"]) -> None:
        """Count a diagnosis."""
        self._diagnoses.labels(verdict, source).inc()

    def count_unanswered(self, kind: str) -> None:
        """Count a text that was kept."""
        self._unanswered.labels(kind).inc()

    def page(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class _SnapshotCollector(Collector):
    """Collects the values that are read when the metrics are fetched."""

    def __init__(self, now: Callable[[], Snapshot]) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        now = self._now()
        yield InfoMetricFamily(
            "helpcenter_content", "What is served.", {"version": now.content or "none"}
        )
        yield GaugeMetricFamily(
            "helpcenter_content_findings",
            "Errors in the content folder; 0 when all of it is served.",
            now.errors,
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
            float(now.store.startswith("ok")),
        )
        yield GaugeMetricFamily("helpcenter_cache_answers", "Responses in the cache.", now.kept)
        yield GaugeMetricFamily(
            "helpcenter_cache_bytes",
            "Bytes of the responses in the cache, with their keys.",
            now.kept_bytes,
        )
        states = GaugeMetricFamily(
            "helpcenter_exchange_state",
            "1 for the state of each exchange; silent: it doesn't answer our server.",
            labels=("exchange", "state"),
        )
        clocks = GaugeMetricFamily(
            "helpcenter_exchange_clock_ahead_seconds",
            "Seconds by which the clock of an exchange is ahead of this server's.",
            labels=("exchange",),
        )
        for exchange, state, ahead in now.exchanges:
            states.add_metric((exchange, state), 1)
            if ahead is not None:
                clocks.add_metric((exchange,), ahead)
        yield from (states, clocks)
