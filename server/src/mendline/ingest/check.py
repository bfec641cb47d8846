"""From the bytes of a trace request to what may be kept of it: validated, counted, without spans that have no ids."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline.errors import MalformedError
from mendline.ingest.wire import TRACE_PATH, count_records


@dataclass(frozen=True, slots=True)
class Checked:
    """A request that may be stored: its bytes, its number of spans, and how many were left out and why."""

    body: bytes
    spans: int
    rejected: int = 0
    reason: str = ""


def check_traces(body: bytes, most_records: int) -> Checked:
    """Check an ExportTraceServiceRequest. Spans with an id of the wrong length, or all zeros, are left out.

    Raises MalformedError or TooManyRecordsError.
    """
    count = count_records(body, TRACE_PATH, most_records)
    message = ExportTraceServiceRequest()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise MalformedError(
            "The body is not an ExportTraceServiceRequest (OTLP protobuf); it was cut or is something else."
        ) from error
    rejected = _leave_out_invalid(message)
    if not rejected:
        return Checked(body, count)
    return Checked(
        message.SerializeToString(),
        count - rejected,
        rejected,
        "a span needs a trace id of 16 bytes and a span id of 8 bytes, not all zero",
    )


_NO_TRACE, _NO_SPAN = bytes(16), bytes(8)


def _leave_out_invalid(message: ExportTraceServiceRequest) -> int:
    rejected = 0
    for group in message.resource_spans:
        for scope in group.scope_spans:
            valid = [
                span
                for span in scope.spans
                if len(span.trace_id) == 16
                and len(span.span_id) == 8
                and span.trace_id != _NO_TRACE
                and span.span_id != _NO_SPAN
            ]
            missing = len(scope.spans) - len(valid)
            if missing:
                rejected += missing
                kept = [type(span).FromString(span.SerializeToString()) for span in valid]
                del scope.spans[:]
                scope.spans.extend(kept)
    return rejected
