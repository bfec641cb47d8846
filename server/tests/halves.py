"""Requests that tell of one execution of a function: its span, and lines of the Lambda platform."""

from __future__ import annotations

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from otlp_requests import LAMBDA, any_value, pairs, request_of

from mendline.model.signal import Signal

MS, S = 10**6, 10**9


def span_half(
    start, *, request_id="r1", number=1, duration=40 * MS, instance="i1", version=None, scope="test", **attributes
):
    """A request of one invocation span."""
    span = {
        "trace_id": number.to_bytes(16, "big"),
        "span_id": number.to_bytes(8, "big"),
        "kind": 2,
        "start": start,
        "duration": duration,
        "status": 2 if attributes.pop("fails", False) else 0,
        "trace_state": attributes.pop("trace_state", ""),
        "attributes": {"faas.invocation_id": request_id, **attributes},
    }
    place = {"faas.instance": instance} | ({} if version is None else {"faas.version": version})
    return Signal.TRACES, request_of([span], LAMBDA | place, scope)


def platform_line(kind, end, *, request_id="r1", instance="i1", **attributes):
    """A request of one line of the platform, written at `end`."""
    message = ExportLogsServiceRequest()
    group = message.resource_logs.add()
    group.resource.attributes.extend(pairs(LAMBDA | {"faas.instance": instance}))
    record = group.scope_logs.add().log_records.add(time_unix_nano=end, observed_time_unix_nano=end)
    record.body.CopyFrom(any_value(kind))
    record.attributes.extend(pairs({"mendline.platform": kind, "faas.invocation_id": request_id, **attributes}))
    return Signal.LOGS, message.SerializeToString()


def report(start, *, duration=41.5, **more):
    told = {"mendline.duration_ms": duration, "mendline.billed_ms": 142, "mendline.init_ms": 100.25}
    told |= {"mendline.memory.size_bytes": 128 * 2**20, "mendline.memory.used_bytes": 77 * 2**20}
    return platform_line("report", start + int(duration * MS), **(told | more))
