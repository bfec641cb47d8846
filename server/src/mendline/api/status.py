"""What OTLP answers with: google.rpc.Status for errors, Export…ServiceResponse for the rest, in protobuf or JSON.

Status: https://github.com/googleapis/googleapis, google/rpc/status.proto; JSON as of the protobuf JSON mapping.
"""

from __future__ import annotations

import json

from mendline.errors import MendlineError
from mendline.model.signal import Signal
from mendline.store.handover import varint

# google.rpc.Code by HTTP status
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 11, 415: 3, 421: 3, 429: 8, 503: 14}
_UNKNOWN = 2
_REJECTED = {
    Signal.TRACES: "rejectedSpans",
    Signal.LOGS: "rejectedLogRecords",
    Signal.METRICS: "rejectedDataPoints",
}


def status_message(http_status: int, message: str) -> bytes:
    """A Status with the code that matches the HTTP status, encoded as protobuf (fields 1 code, 2 message)."""
    return b"\x08" + varint(_CODES.get(http_status, _UNKNOWN)) + _text(2, message)


def status_json(error: MendlineError) -> str:
    """A Status as JSON; our stable code stands in its details, as google.rpc.ErrorInfo."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": error.code, "domain": "mendline"}
    return json.dumps({"code": _CODES.get(error.status, _UNKNOWN), "message": error.message, "details": [info]})


def partial_success(signal: Signal, rejected: int, reason: str, *, as_json: bool) -> bytes:
    """An Export{Trace,Logs,Metrics}ServiceResponse; empty but for `rejected` records (fields: 1 partial_success; in it
    1 the number, 2 the reason)."""
    if as_json:
        told = {"partialSuccess": {_REJECTED[signal]: str(rejected), "errorMessage": reason}} if rejected else {}
        return json.dumps(told).encode()
    if not rejected:
        return b""
    inner = b"\x08" + varint(rejected) + _text(2, reason)
    return b"\x0a" + varint(len(inner)) + inner


def _text(field: int, value: str) -> bytes:
    encoded = value.encode()
    return bytes([field << 3 | 2]) + varint(len(encoded)) + encoded
