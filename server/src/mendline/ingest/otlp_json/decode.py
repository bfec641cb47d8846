"""An OTLP/JSON request made protobuf: bounded before it is parsed, parsed strictly, written by the tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline.errors import MalformedError, TooManyValuesError
from mendline.ingest.otlp_json.fault import FaultError
from mendline.ingest.otlp_json.messages import Table, Work, encode, table_of
from mendline.model.signal import Signal

# A body is looked over before it is parsed. A span with a dozen attributes has some 30 objects and lists, 60 commas.
_PARTS_A_RECORD, _COMMAS_A_RECORD = 40, 100
_FEWEST_RECORDS = 2_500
# What parsed JSON takes: an object with a few members, a list, a text and an item of a list. That makes 8 times the
# bytes of a stock request, and 15 times those of the densest attributes; `[{},{},…` would take 60 times its own.
_OBJECT_BYTES, _LIST_BYTES, _TEXT_BYTES, _ITEM_BYTES = 184, 72, 40, 16
_DENSITY, _ALWAYS_BYTES = 24, 8 * 1024 * 1024

_TABLES: dict[str, Table] = {}
_REQUESTS: dict[Signal, Table] = {
    Signal.TRACES: table_of(ExportTraceServiceRequest.DESCRIPTOR, _TABLES),
    Signal.LOGS: table_of(ExportLogsServiceRequest.DESCRIPTOR, _TABLES),
    Signal.METRICS: table_of(ExportMetricsServiceRequest.DESCRIPTOR, _TABLES),
}


def to_protobuf(
    signal: Signal,
    data: bytes,
    most_records: int,
    cut: Counter[str] | None = None,
    weighed: Callable[[int], None] = lambda memory_bytes: None,
) -> bytes:
    """The Export{Trace,Logs,Metrics}ServiceRequest that JSON says, as protobuf.

    Lists and maps in a value deeper than limits.MOST_DEPTH become words, and are counted in `cut`. `weighed` is told
    how many bytes of memory it will take to read it, before it does, and may raise. Raises MalformedError, which names
    the path of what is wrong, TooManyRecordsError and TooManyValuesError.
    """
    weighed(_weigh(data, most_records))
    request = _parse(data)
    try:
        return encode(_REQUESTS[signal], request, Work(most_records, Counter() if cut is None else cut), 0)
    except FaultError as fault:
        raise MalformedError(fault.sentence()) from None


def _weigh(data: bytes, most_records: int) -> int:
    """What the JSON takes when it is parsed, in bytes. Raises TooManyValuesError."""
    records = max(most_records, _FEWEST_RECORDS)
    objects, lists, commas = data.count(b"{"), data.count(b"["), data.count(b",")
    if objects + lists > records * _PARTS_A_RECORD or commas > records * _COMMAS_A_RECORD:
        raise TooManyValuesError(
            f"The request holds more values than {records:,} records have (setting max_records); send smaller batches."
        )
    texts = data.count(b'"') // 2
    weight = objects * _OBJECT_BYTES + lists * _LIST_BYTES + texts * _TEXT_BYTES + commas * _ITEM_BYTES + len(data)
    if weight > len(data) * _DENSITY + _ALWAYS_BYTES:
        raise TooManyValuesError(
            "The request holds far more objects and lists than telemetry of its size; send what is not empty."
        )
    return weight


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
