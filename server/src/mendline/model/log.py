"""A log record: one line or one event that somebody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

FROM_AGENT, FROM_CLOUDWATCH = "mendline_agent", "mendline.cloudwatch"


@dataclass(frozen=True, slots=True)
class LogRecord:
    """`severity_number` is OpenTelemetry's (1 to 24, 0 unknown). `body` is text, or JSON where it was a list or a map.

    `function`, `instance` (the log stream) and `request_id` join it to an invocation, `trace_id` and `span_id` to a
    span; empty where not known. `platform` names a line of the Lambda platform (`report`, `timeout` …). `scope` is who
    told of it: FROM_AGENT, FROM_CLOUDWATCH, or another instrumentation scope's name.
    `attribute_types` is as in model.trace.Span.
    """

    time: datetime
    severity_number: int
    severity_text: str
    body: str
    service: str
    function: str
    instance: str
    request_id: str
    trace_id: str
    span_id: str
    event_name: str
    platform: str
    scope: str
    placed_at_receipt: bool
    attributes: Mapping[str, str]
    attribute_types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LogVolume:
    """Records, and errors among them, in equal slices of a range, oldest first."""

    records: tuple[int, ...]
    errors: tuple[int, ...]
