"""Our errors as gRPC says them: status codes as OTLP reads them, and google.rpc.Status with RetryInfo.

OTLP/GRPC throttling: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling. A client sends again after
UNAVAILABLE, and after RESOURCE_EXHAUSTED only with RetryInfo; after INVALID_ARGUMENT never.
"""

from __future__ import annotations

import grpc

from mendline.errors import IncompleteBodyError, MendlineError, RateLimitedError
from mendline.store.handover import varint

_RETRY_AFTER_S = 2
_TYPES = "type.googleapis.com/google.rpc."
# By HTTP status. 413 is final, so not RESOURCE_EXHAUSTED, after which some clients send again whatever comes with it.
_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    413: grpc.StatusCode.INVALID_ARGUMENT,
    415: grpc.StatusCode.INVALID_ARGUMENT,
    421: grpc.StatusCode.PERMISSION_DENIED,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
}
_RETRYABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)


def code_of(error: MendlineError) -> grpc.StatusCode:
    """The status code of an error. What is our fault is UNAVAILABLE, so that no client drops its data."""
    if isinstance(error, IncompleteBodyError):
        return grpc.StatusCode.DEADLINE_EXCEEDED
    return _CODES.get(error.status, grpc.StatusCode.UNAVAILABLE)


def status_details(error: MendlineError) -> bytes:
    """A google.rpc.Status for `grpc-status-details-bin`: code, sentence, our stable code as ErrorInfo, and RetryInfo
    where sending again may help."""
    code = code_of(error)
    number: int = code.value[0]
    details = [_any("ErrorInfo", _bytes(1, error.code.encode()) + _bytes(2, b"mendline"))]
    if code in _RETRYABLE:
        seconds = error.retry_after_s if isinstance(error, RateLimitedError) else _RETRY_AFTER_S
        details.append(_any("RetryInfo", _bytes(1, b"\x08" + varint(seconds))))  # a Duration: field 1 is seconds
    return b"\x08" + varint(number) + _bytes(2, error.message.encode()) + b"".join(_bytes(3, each) for each in details)


def _any(name: str, value: bytes) -> bytes:
    return _bytes(1, (_TYPES + name).encode()) + _bytes(2, value)


def _bytes(field: int, value: bytes) -> bytes:
    return bytes([field << 3 | 2]) + varint(len(value)) + value
