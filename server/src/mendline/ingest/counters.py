"""What the server counts of itself, as Prometheus metrics; every refusal and every loss has one of a closed list of
reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from mendline.ingest.cloudwatch.subscription import ODD
from mendline.ingest.limits import CUTS
from mendline.ingest.redact import RULES
from mendline.model.signal import Signal

# Why a whole request was answered with an error: the codes of errors.py that a receiver may answer with.
REFUSALS = (
    "malformed", "bad_encoding", "bad_content_type", "opentelemetry_0_7", "too_large", "too_many_records",
    "too_many_values", "head_too_large", "incomplete", "spool_full", "disk_low", "busy", "rate_limited",
    "unauthenticated", "forbidden", "project_not_served", "state_unavailable", "store_unavailable", "method",
    "not_found", "usage", "host_refused", "internal",
)  # fmt: skip
# Why a record of an accepted request is not stored.
LOSSES = ("invalid_ids", "no_name", "buckets", "cardinality", "store_refused")
# What was odd of a log event of AWS that is kept as it came; the last: a line of the agent that cannot be decoded.
UNDECODED = "undecoded"
ODD_EVENTS = (*ODD, UNDECODED)
OTHER = "other"  # the signal of a request that came to no signal's path

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each of the many reasons, which says when the server started


class Counters:
    """The metrics of one server, in their own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("mendline_received_requests", "Requests acknowledged, by signal.", "signal")
        self.received = self._counter(
            "mendline_received_records", "Records acknowledged (durable in the spool), by signal.", "signal"
        )
        self.duplicates = self._counter(
            "mendline_duplicate_requests", "Repeats of acknowledged requests: answered, not stored again.", "signal"
        )
        self.stored = self._counter("mendline_stored_records", "Records stored, by signal.", "signal")
        self.refused = self._counter(
            "mendline_refused_requests", "Requests answered with an error, by signal and reason.", "signal", "reason"
        )
        self.left_out = self._counter(
            "mendline_left_out_records",
            "Records of acknowledged requests that are not stored, by signal and reason.",
            "signal",
            "reason",
        )
        self.cut = self._counter(
            "mendline_cut_values", "Parts of stored records over a limit, dropped or cut, by kind.", "signal", "kind"
        )
        self.odd_log_events = self._counter(
            "mendline_odd_log_events", "Log events of AWS that are not as AWS writes them, by reason; kept.", "reason"
        )
        self.redacted = self._counter("mendline_redacted_values", "Secrets replaced, by rule.", "signal", "rule")
        self._times_and_failures()
        for signal in (*Signal, OTHER):
            for reason in REFUSALS:
                self.refused.labels(signal, reason)
        for signal in Signal:
            self._show_zeros(signal)
        for reason in ODD_EVENTS:
            self.odd_log_events.labels(reason)

    def _times_and_failures(self) -> None:
        """Those that know no signal."""
        self.last_received = Gauge(
            "mendline_last_received_timestamp_seconds",
            "When the last request was acknowledged, in Unix time; 0 if none ever was.",
            registry=self.registry,
        )
        self.insert_seconds = Histogram(
            "mendline_insert_seconds",
            "Time of one insert into the store.",
            buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
            registry=self.registry,
        )
        self.query_seconds = Histogram(
            "mendline_query_seconds",
            "Time of one read of the store, by the name of its statement, with the time it waited to begin.",
            ["statement"],
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20),
            registry=self.registry,
        )
        self.refused_reads = Counter(
            "mendline_refused_reads",
            "Reads refused because more were asked for at once than are answered.",
            registry=self.registry,
        )
        self.cancelled_reads = Counter(
            "mendline_cancelled_reads",
            "Reads that were stopped, or not begun, because their client went away.",
            registry=self.registry,
        )
        self.insert_failures = Counter(
            "mendline_insert_failures", "Inserts that failed and are tried again.", registry=self.registry
        )
        self.uncompleted_batches = Counter(
            "mendline_uncompleted_batches",
            "Batches that are stored, but whose invocations the store refused to complete.",
            registry=self.registry,
        )
        self.visible_lag = Gauge(
            "mendline_visible_lag_seconds",
            "Time from acknowledgement to store, of the last batch.",
            registry=self.registry,
        )

    def _show_zeros(self, signal: Signal) -> None:
        for counter in (self.requests, self.received, self.duplicates, self.stored):
            counter.labels(signal)
        for reason in LOSSES:
            self.left_out.labels(signal, reason)
        for kind in CUTS:
            self.cut.labels(signal, kind)

    def replaced_secrets(self) -> dict[str, int]:
        """How many secrets each rule of redaction has replaced, of all signals; every rule is there."""
        found = dict.fromkeys(RULES, 0)
        for metric in self.redacted.collect():
            for sample in metric.samples:
                found[sample.labels["rule"]] += int(sample.value)
        return found

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(name, help_text, labels, registry=self.registry)

    def watch(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """A gauge that is read when somebody asks."""
        Gauge(name, help_text, registry=self.registry).set_function(value)

    def watch_by(
        self, name: str, help_text: str, labels: Sequence[str], values: Callable[[], Mapping[tuple[str, ...], float]]
    ) -> None:
        """A family of counters, by the values of their labels, that is read when somebody asks."""
        self.registry.register(_Family(name, help_text, labels, values))


class _Family(Collector):
    def __init__(
        self, name: str, help_text: str, labels: Sequence[str], values: Callable[[], Mapping[tuple[str, ...], float]]
    ) -> None:
        self._name, self._help, self._labels, self._values = name, help_text, labels, values

    def describe(self) -> Iterable[Metric]:
        return [CounterMetricFamily(self._name, self._help, labels=self._labels)]

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(self._name, self._help, labels=self._labels)
        for labels, value in self._values().items():
            family.add_metric(labels, value)
        return [family]
