"""What the server counts of itself, as Prometheus metrics; every refusal has one of a closed list of reasons."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REASONS = (
    "malformed", "bad_encoding", "bad_content_type", "too_large", "too_many_records", "incomplete", "spool_full",
    "disk_low", "busy", "invalid_ids", "store_refused", "internal",
)  # fmt: skip


class Counters:
    """The metrics of one server, in their own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "mendline_received_requests",
            "Requests acknowledged, by signal.",
            ["signal"],
            registry=self.registry,
        )
        self.received = Counter(
            "mendline_received_records",
            "Records acknowledged (durable in the spool), by signal.",
            ["signal"],
            registry=self.registry,
        )
        self.stored = Counter(
            "mendline_stored_records", "Records stored, by signal.", ["signal"], registry=self.registry
        )
        self.rejected = Counter(
            "mendline_rejected",
            "Requests refused, and records left out of accepted ones (invalid_ids) or refused by the store, by reason.",
            ["signal", "reason"],
            registry=self.registry,
        )
        self.insert_seconds = Histogram(
            "mendline_insert_seconds",
            "Time of one insert into the store.",
            buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
            registry=self.registry,
        )
        self.insert_failures = Counter(
            "mendline_insert_failures", "Inserts that failed and are tried again.", registry=self.registry
        )
        self.visible_lag = Gauge(
            "mendline_visible_lag_seconds",
            "Time from acknowledgement to store, of the last batch.",
            registry=self.registry,
        )
        for reason in REASONS:
            self.rejected.labels("traces", reason)
        for counter in (self.requests, self.received, self.stored):
            counter.labels("traces")

    def watch(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """A gauge that is read when somebody asks."""
        Gauge(name, help_text, registry=self.registry).set_function(value)
