"""The platform's lines in Lambda's JSON log format: the events of the Telemetry API (and of the Logs API before it).

Schema: AWS Lambda developer guide, "Lambda Telemetry API Event schema reference".
"""

from __future__ import annotations

from collections.abc import Mapping

from mendline.ingest.cloudwatch.events import PlatformEvent, PlatformKind, Value, XRay
from mendline.ingest.cloudwatch.platform_text import MIB, milliseconds, parse_platform_text, timed_out

_KINDS = {
    "initStart": PlatformKind.INIT_START,
    "initRuntimeDone": PlatformKind.INIT_RUNTIME_DONE,
    "initReport": PlatformKind.INIT_REPORT,
    "start": PlatformKind.START,
    "end": PlatformKind.END,
    "runtimeDone": PlatformKind.RUNTIME_DONE,
    "report": PlatformKind.REPORT,
    "restoreStart": PlatformKind.RESTORE_START,
    "restoreRuntimeDone": PlatformKind.RESTORE_RUNTIME_DONE,
    "restoreReport": PlatformKind.RESTORE_REPORT,
    "extension": PlatformKind.EXTENSION,
    "telemetrySubscription": PlatformKind.TELEMETRY,
    "logsSubscription": PlatformKind.TELEMETRY,
    "logsDropped": PlatformKind.LOGS_DROPPED,
    "fault": PlatformKind.FAULT,
}
_METRICS_MS = {
    "durationMs": "mendline.duration_ms",
    "billedDurationMs": "mendline.billed_ms",
    "initDurationMs": "mendline.init_ms",
    "restoreDurationMs": "mendline.restore_ms",
    "billedRestoreDurationMs": "mendline.billed_restore_ms",
}
_METRICS_MB = {"memorySizeMB": "mendline.memory.size_bytes", "maxMemoryUsedMB": "mendline.memory.used_bytes"}
_TEXTS = {
    "errorType": "error.type",
    "phase": "mendline.phase",
    "version": "faas.version",
    "functionName": "faas.name",
    "functionVersion": "faas.version",
    "runtimeVersion": "mendline.runtime.version",
    "runtimeVersionArn": "mendline.runtime.arn",
    "name": "mendline.extension.name",
    "state": "mendline.extension.state",
    "reason": "mendline.reason",
}
_STATUSES = frozenset(("success", "failure", "error", "timeout"))
# What the one `durationMs` of a phase's own report means
_DURATION_OF = {
    PlatformKind.INIT_REPORT: "mendline.init_ms",
    PlatformKind.RESTORE_REPORT: "mendline.restore_ms",
}


def parse_platform_json(line: Mapping[str, Value], text: str) -> PlatformEvent | None:
    """The event that `{"time", "type": "platform.…", "record"}` is; None for a type that we do not know."""
    kind = _KINDS.get(str(line.get("type")).removeprefix("platform."))
    if kind is None:
        return None
    record = line.get("record")
    if not isinstance(record, Mapping):
        return _from_words(kind, record, text)
    facts: dict[str, Value] = {}
    for key, name in _TEXTS.items():
        value = record.get(key)
        if isinstance(value, str) and value:
            facts[name] = value
    status = record.get("status")
    if isinstance(status, str) and status.lower() in _STATUSES:
        facts["mendline.status"] = status.lower()
    _add_metrics(facts, kind, record.get("metrics"))
    if kind is PlatformKind.LOGS_DROPPED:
        _add_counts(facts, record)
    timed_out(facts)
    request_id = record.get("requestId")
    return PlatformEvent(kind, text, request_id if isinstance(request_id, str) else "", facts, _xray(record))


def _from_words(kind: PlatformKind, record: Value, text: str) -> PlatformEvent | None:
    """An event whose record is a sentence (`platform.fault`, and lines of the Logs API of 2020)."""
    told = parse_platform_text(record.strip()) if isinstance(record, str) else None
    if told is not None:
        return PlatformEvent(kind, text, told.request_id, told.facts, told.xray)
    message: dict[str, Value] = {"exception.message": record} if isinstance(record, str) else {}
    return PlatformEvent(kind, text, facts=message) if kind is PlatformKind.FAULT else None


def _add_metrics(facts: dict[str, Value], kind: PlatformKind, metrics: Value) -> None:
    if not isinstance(metrics, Mapping):
        return
    for key, number in metrics.items():
        if isinstance(number, bool) or not isinstance(number, (int, float)) or abs(number) > 1e15:
            continue
        if key in _METRICS_MB and number >= 0:
            facts[_METRICS_MB[key]] = int(number * MIB)
        elif key in _METRICS_MS:
            name = _DURATION_OF.get(kind, _METRICS_MS[key]) if key == "durationMs" else _METRICS_MS[key]
            duration_ms = milliseconds(number)
            if duration_ms is not None:
                facts[name] = duration_ms
        elif key == "producedBytes" and number >= 0:
            facts["mendline.produced_bytes"] = int(number)


def _add_counts(facts: dict[str, Value], record: Mapping[str, Value]) -> None:
    for key, name in (("droppedRecords", "mendline.dropped_records"), ("droppedBytes", "mendline.dropped_bytes")):
        number = record.get(key)
        if isinstance(number, int) and 0 <= number < 2**63:
            facts[name] = int(number)


def _xray(record: Mapping[str, Value]) -> XRay | None:
    tracing = record.get("tracing")
    value = tracing.get("value") if isinstance(tracing, Mapping) else None
    if not isinstance(tracing, Mapping) or not isinstance(value, str):
        return None
    parts = dict(part.strip().partition("=")[::2] for part in value[:1024].split(";"))
    sampled = {"1": True, "0": False}.get(parts.get("Sampled", ""))
    span = tracing.get("spanId")
    segment = parts.get("Parent") or (span if isinstance(span, str) else "")
    return XRay(parts.get("Root", ""), segment, sampled)
