"""A log record: one line or one event that somebody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mendline.model.origin import Scope

FROM_AGENT, FROM_CLOUDWATCH = "mendline_agent", "mendline.cloudwatch"


@dataclass(frozen=True, slots=True)
class LogRecord:
    """`severity_number` is OpenTelemetry's (1 to 24, 0 unknown). `body` is text, or JSON where it was a list or a map;
    `body_type` is its type where it was no text. `time` is cut to the microsecond, `time_ns` is exact; a record without
    a time has that at which it was observed (`observed_ns`; its receipt where that was not sent either).

    `function`, `instance` (the log stream) and `request_id` join it to an invocation, `trace_id` and `span_id` to a
    span; empty where not known. `platform` names a line of the Lambda platform (`report`, `timeout` …). `scope` is who
    told of it: FROM_AGENT, FROM_CLOUDWATCH, or another instrumentation scope. Its resource stands in
    insight.origins.resources_of; types, flags and counts are as in model.trace.Span.
    """

    time: datetime
    time_ns: int
    observed_ns: int
    severity_number: int
    severity_text: str
    body: str
    body_type: str
    service: str
    function: str
    instance: str
    request_id: str
    trace_id: str
    span_id: str
    flags: int
    event_name: str
    platform: str
    scope: Scope
    resource_id: str
    placed_at_receipt: bool
    attributes: Mapping[str, str]
    attribute_types: Mapping[str, str]
    dropped_attributes: int


@dataclass(frozen=True, slots=True)
class LogVolume:
    """Records, and errors among them, in equal slices of a range, oldest first."""

    records: tuple[int, ...]
    errors: tuple[int, ...]
