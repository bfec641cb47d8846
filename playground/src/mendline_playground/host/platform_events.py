"""What the platform tells of an environment, as events of the Telemetry API's schema 2022-12-13.

"Lambda Telemetry API Event schema reference", AWS Lambda Developer Guide. Log lines of the platform are these events in
another form, which is what `lines` makes of them.
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from mendline_playground.host.function import Function
from mendline_playground.host.invocation import Invocation

Status = Literal["success", "failure", "error", "timeout"]
Phase = Literal["init", "invoke"]


@dataclass(frozen=True, slots=True)
class PlatformEvent:
    """One event; `kind` is its type without `platform.`."""

    kind: str
    record: dict[str, Any]

    def in_time(self, time_ms: int) -> dict[str, Any]:
        """The event as it is sent: with its time and whole type."""
        return {"time": iso_time(time_ms), "type": f"platform.{self.kind}", "record": self.record}


def iso_time(time_ms: int) -> str:
    """Unix milliseconds as Lambda writes times."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def init_start(function: Function, stream: str, phase: Phase) -> PlatformEvent:
    """An environment begins to initialise."""
    version = _runtime_version(function.runtime)
    record = {
        "initializationType": "on-demand",
        "phase": phase,
        "runtimeVersion": version,
        "runtimeVersionArn": f"arn:aws:lambda:us-east-1::runtime:{hashlib.sha256(version.encode()).hexdigest()}",
        "functionName": function.name,
        "functionVersion": function.version,
        "instanceId": stream,
        "instanceMaxMemory": function.memory_mb * 1024 * 1024,
    }
    return PlatformEvent("initStart", record)


def init_runtime_done(phase: Phase, status: Status, error_type: str | None) -> PlatformEvent:
    """The runtime asked for its first event, or will not."""
    record = {"initializationType": "on-demand", "phase": phase, "status": status}
    return PlatformEvent("initRuntimeDone", _with_error(record, error_type))


def init_report(duration_ms: float, phase: Phase, status: Status, error_type: str | None) -> PlatformEvent:
    """The environment has initialised, extensions too, or has not."""
    record = {
        "initializationType": "on-demand",
        "phase": phase,
        "status": status,
        "metrics": {"durationMs": round(duration_ms, 3)},
    }
    return PlatformEvent("initReport", _with_error(record, error_type))


def start(invocation: Invocation) -> PlatformEvent:
    """An invocation begins."""
    record = {
        "requestId": invocation.request_id,
        "functionArn": invocation.invoked_arn,
        "version": invocation.function.version,
        "tracing": _tracing(invocation),
    }
    return PlatformEvent("start", record)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of an invocation: `responseLatency`, `responseDuration`, `runtimeOverhead` or `extensionOverhead`."""

    name: str
    start_ms: int
    duration_ms: float

    def record(self) -> dict[str, Any]:
        """The span as events hold it."""
        return {"name": self.name, "start": iso_time(self.start_ms), "durationMs": round(self.duration_ms, 3)}


def runtime_done(
    invocation: Invocation,
    *,
    duration_ms: float,
    produced_bytes: int,
    spans: Iterable[Span],
    status: Status,
    error_type: str | None = None,
) -> PlatformEvent:
    """The runtime has done with an invocation, well or not; extensions may still be at work."""
    record = {
        "requestId": invocation.request_id,
        "status": status,
        "tracing": _tracing(invocation),
        "metrics": {"durationMs": round(duration_ms, 3), "producedBytes": produced_bytes},
        "spans": [span.record() for span in spans],
    }
    return PlatformEvent("runtimeDone", _with_error(record, error_type))


def report(
    invocation: Invocation,
    *,
    duration_ms: float,
    init_ms: float | None,
    used_mb: int,
    status: Status,
    error_type: str | None = None,
    spans: Iterable[Span] = (),
) -> PlatformEvent:
    """An invocation is over; billed are duration and initialisation, rounded up together (since August 2025)."""
    metrics: dict[str, float] = {
        "durationMs": round(duration_ms, 3),
        "billedDurationMs": math.ceil(duration_ms + (init_ms or 0.0)),
        "memorySizeMB": invocation.function.memory_mb,
        "maxMemoryUsedMB": min(used_mb, invocation.function.memory_mb),
    }
    if init_ms is not None:
        metrics["initDurationMs"] = round(init_ms, 3)
    record: dict[str, Any] = {"requestId": invocation.request_id, "metrics": metrics, "status": status}
    if invocation.traced:
        record["tracing"] = _tracing(invocation)
    if told := [span.record() for span in spans]:
        record["spans"] = told
    return PlatformEvent("report", _with_error(record, error_type))


def extension(name: str, state: str, events: Iterable[str], error_type: str | None = None) -> PlatformEvent:
    """An extension as it was when the initialisation ended: `Registered`, `Ready`, or in a state of failure."""
    return PlatformEvent("extension", _with_error({"name": name, "state": state, "events": list(events)}, error_type))


def telemetry_subscription(name: str, types: Iterable[str]) -> PlatformEvent:
    """An extension has subscribed to telemetry."""
    return PlatformEvent("telemetrySubscription", {"name": name, "state": "Subscribed", "types": list(types)})


def logs_dropped(records: int, size_bytes: int, reason: str) -> PlatformEvent:
    """Telemetry did not reach a subscriber."""
    return PlatformEvent("logsDropped", {"reason": reason, "droppedRecords": records, "droppedBytes": size_bytes})


def _runtime_version(runtime: str) -> str:
    """`python3.11` is `python:3.11.v40`, `nodejs20.x` is `nodejs:20.v40`."""
    language = runtime.rstrip("0123456789.x")
    return f"{language}:{runtime.removeprefix(language).removesuffix('.x')}.v40"


def _tracing(invocation: Invocation) -> dict[str, str]:
    return {"spanId": invocation.segment_id, "type": "X-Amzn-Trace-Id", "value": invocation.trace_header}


def _with_error(record: dict[str, Any], error_type: str | None) -> dict[str, Any]:
    return record if error_type is None else {**record, "errorType": error_type}
