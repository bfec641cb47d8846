"""An OTLP/JSON request made protobuf: bounded before it is parsed, parsed strictly, written by the tables."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline.errors import MalformedError, TooManyRecordsError
from mendline.ingest.otlp_json.fault import FaultError
from mendline.ingest.otlp_json.messages import Table, Work, encode, table_of
from mendline.model.signal import Signal

# Parsed JSON takes tens of bytes for an empty object, so a body is looked over before it is parsed. A span with a
# dozen attributes has about 30 objects and lists and 60 commas.
_PARTS_A_RECORD, _COMMAS_A_RECORD = 40, 100
_FEWEST_RECORDS = 2_500

_TABLES: dict[str, Table] = {}
_REQUESTS: dict[Signal, Table] = {
    Signal.TRACES: table_of(ExportTraceServiceRequest.DESCRIPTOR, _TABLES),
    Signal.LOGS: table_of(ExportLogsServiceRequest.DESCRIPTOR, _TABLES),
    Signal.METRICS: table_of(ExportMetricsServiceRequest.DESCRIPTOR, _TABLES),
}


def to_protobuf(signal: Signal, data: bytes, most_records: int, cut: Counter[str] | None = None) -> bytes:
    """The Export{Trace,Logs,Metrics}ServiceRequest that JSON says, as protobuf.

    Lists and maps in a value deeper than limits.MOST_DEPTH become words, and are counted in `cut`. Raises
    MalformedError, which names the path of what is wrong, and TooManyRecordsError.
    """
    _bound(data, most_records)
    request = _parse(data)
    try:
        return encode(_REQUESTS[signal], request, Work(most_records, Counter() if cut is None else cut), 0)
    except FaultError as fault:
        raise MalformedError(fault.sentence()) from None


def _bound(data: bytes, most_records: int) -> None:
    records = max(most_records, _FEWEST_RECORDS)
    parts = data.count(b"{") + data.count(b"[")
    if parts > records * _PARTS_A_RECORD or data.count(b",") > records * _COMMAS_A_RECORD:
        raise TooManyRecordsError(
            f"The request holds more values than {records:,} records have (setting max_records); send smaller batches."
        )


def _parse(data: bytes) -> Any:
    try:
        return json.loads(data.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise MalformedError(f"The body is not UTF-8 (at byte {error.start}); OTLP/JSON is.") from None
    except RecursionError:
        raise MalformedError("The JSON is nested too deeply; OTLP needs a few dozen levels.") from None
    except json.JSONDecodeError as error:
        raise MalformedError(f"The body is not JSON (at character {error.pos}): {error.msg}.") from None
    except FaultError as fault:
        raise MalformedError(fault.sentence()) from None
    except ValueError:  # a number of more digits than Python reads
        raise MalformedError("The JSON holds a number of thousands of digits; OTLP has 64 bits.") from None


def _refuse_constant(word: str) -> NoReturn:
    raise FaultError(f'holds {word} without quotes; OTLP/JSON writes "{word}"')
