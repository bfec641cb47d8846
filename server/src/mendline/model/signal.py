"""The three signals of OpenTelemetry, and one export request of a signal: the one shape in which telemetry travels.

Whatever comes in another form (log lines of the platform, metric streams, readings from AWS) is made an export
request where it comes in; from there on everything takes one way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Signal(StrEnum):
    """A kind of telemetry, under the name that OTLP paths use."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Export:
    """An Export{Trace,Logs,Metrics}ServiceRequest as protobuf bytes (OTLP 1.x, collector services)."""

    signal: Signal
    body: bytes
