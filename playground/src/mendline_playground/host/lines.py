"""The platform's own log lines, in the text format word for word as CloudWatch Logs shows them, and in the JSON format.

"Log formats and levels" in the AWS Lambda Developer Guide: in JSON, the events of the Telemetry API are the lines, from
the system log level on that each has.
"""

import json
from typing import Any

from mendline_playground.host.platform_events import PlatformEvent, iso_time

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def text_line(event: PlatformEvent) -> str | None:
    """The line of an event in the text format, None for those that have none there."""
    record = event.record
    match event.kind:
        case "initStart" if record["phase"] == "init":
            versions = f"{record['runtimeVersion']}\tRuntime Version ARN: {record['runtimeVersionArn']}"
            return f"INIT_START Runtime Version: {versions}"
        case "initReport" if record["status"] != "success":
            return _init_report(record)
        case "start":
            return f"START RequestId: {record['requestId']} Version: {record['version']}"
        case "report":
            return _report(record)
        case "extension":
            return f"EXTENSION\tName: {record['name']}\tState: {record['state']}\tEvents: {_list(record['events'])}"
        case "telemetrySubscription":
            types = _list(name.capitalize() for name in record["types"])
            return f"TELEMETRY\tName: {record['name']}\tState: {record['state']}\tTypes: {types}"
    return None


def json_line(event: PlatformEvent, time_ms: int, lowest_level: str) -> str | None:
    """The line of an event in the JSON format, None when it is below the function's system log level."""
    if LEVELS.index(_level(event)) < LEVELS.index(lowest_level):
        return None
    return json.dumps(event.in_time(time_ms), separators=(",", ":"))


def _level(event: PlatformEvent) -> str:
    well = event.record.get("status", "success") == "success" and "errorType" not in event.record
    match event.kind:
        case "logsDropped":
            return "WARN"
        case "initRuntimeDone" | "initReport" | "runtimeDone":
            return "DEBUG" if well else "WARN"
    return "INFO" if well else "WARN"


def _init_report(record: dict[str, Any]) -> str:
    fields = [
        f"INIT_REPORT Init Duration: {record['metrics']['durationMs']:.2f} ms",
        f"Phase: {record['phase']}",
        f"Status: {record['status']}",
    ]
    if "errorType" in record:
        fields.append(f"Error Type: {record['errorType']}")
    return "\t".join(fields)


def _report(record: dict[str, Any]) -> str:
    metrics = record["metrics"]
    fields = [
        f"REPORT RequestId: {record['requestId']}",
        f"Duration: {metrics['durationMs']:.2f} ms",
        f"Billed Duration: {metrics['billedDurationMs']} ms",
        f"Memory Size: {metrics['memorySizeMB']} MB",
        f"Max Memory Used: {metrics['maxMemoryUsedMB']} MB",
    ]
    if "initDurationMs" in metrics:
        fields.append(f"Init Duration: {metrics['initDurationMs']:.2f} ms")
    line = "\t".join(fields) + "\t"
    if "tracing" in record:
        root = record["tracing"]["value"].partition("Root=")[2].partition(";")[0]
        line += f"\nXRAY TraceId: {root}\tSegmentId: {record['tracing']['spanId']}\tSampled: true\t"
    if record["status"] == "success":
        return line
    status = f"Status: {record['status']}"
    return f"{line}{status}\tError Type: {record['errorType']}" if "errorType" in record else line + status


def _list(names: Any) -> str:
    return f"[{', '.join(names)}]"


def end(request_id: str) -> str:
    """The line after an execution; only in the text format."""
    return f"END RequestId: {request_id}"


def timeout(request_id: str, timeout_s: float, time_ms: int) -> str:
    """The line of an execution that was killed at its limit; only in the text format."""
    return f"{iso_time(time_ms)} {request_id} Task timed out after {timeout_s:.2f} seconds\n\n"


def fault(request_id: str, reason: str, error_type: str) -> str:
    """The line of an execution in which a process ended that should not; only in the text format."""
    return f"RequestId: {request_id} Error: {reason}\n{error_type}"
