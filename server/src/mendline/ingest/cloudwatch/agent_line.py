"""The agent's log line: `MENDLINE1 n/m BASE64`, spans in the log where a function cannot send them.

BASE64 is gzip of an ExportTraceServiceRequest that is whole by itself: m lines are m requests, and the loss or the
late coming of one costs none of the others. Nothing is put together from several lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline.errors import IngestError
from mendline.ingest.cloudwatch.documents import unpack_base64
from mendline.ingest.inflate import inflate
from mendline.ingest.wire import weigh
from mendline.model.signal import Export, Signal

MARK = "MENDLINE1 "
MOST_LINE = 256 * 1024  # what CloudWatch took as one event for years; the agent keeps to 200 kB
MOST_INFLATED = 8 * 1024 * 1024
_MOST_SPANS, _MOST_MEMORY = 50_000, 64 * 1024 * 1024
_SHAPE = re.compile(r"MENDLINE1 (\d{1,4})/(\d{1,4}) ([A-Za-z0-9+/=]+)")


@dataclass(frozen=True, slots=True)
class Undecoded:
    """Why an agent's line could not be read: `form`, `too_large`, `base64`, `gzip` or `spans`."""

    reason: str


def read_agent_line(text: str, most_bytes: int = MOST_INFLATED) -> Export | Undecoded:
    """The trace request in a line that begins with MARK."""
    text = text.rstrip()
    if len(text) > MOST_LINE:
        return Undecoded("too_large")
    match = _SHAPE.fullmatch(text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        return Undecoded("form")
    try:
        packed = unpack_base64(match[3])
    except IngestError:
        return Undecoded("base64")
    try:
        body = inflate(packed, "gzip", min(most_bytes, MOST_INFLATED))
    except IngestError as error:
        return Undecoded("too_large" if error.status == 413 else "gzip")
    try:
        weigh(Signal.TRACES, body, _MOST_SPANS, _MOST_MEMORY)
        ExportTraceServiceRequest.FromString(body)
    except (IngestError, DecodeError):
        return Undecoded("spans")
    return Export(Signal.TRACES, body)
