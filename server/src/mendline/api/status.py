"""google.rpc.Status, the error body of OTLP: https://github.com/googleapis/googleapis, google/rpc/status.proto."""

from __future__ import annotations

from mendline.store.handover import varint

# google.rpc.Code by HTTP status
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 11, 415: 3, 429: 8, 503: 14}
_UNKNOWN = 2


def status_message(http_status: int, message: str) -> bytes:
    """A Status with the code that matches the HTTP status, encoded as protobuf (fields 1 code, 2 message)."""
    text = message.encode()
    return b"\x08" + varint(_CODES.get(http_status, _UNKNOWN)) + b"\x12" + varint(len(text)) + text
