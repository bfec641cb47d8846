"""What services answer when they refuse, as bytes: HTTP, the errors of AWS in each of its protocols, those of Redis."""

from __future__ import annotations

import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .chaos import Hit

_REQUEST_ID = "00000000-0000-4000-8000-000000000000"
_STATUSES = (
    ("TooManyRequests", 429), ("SlowDown", 503), ("Unavailable", 503), ("Internal", 500), ("NotFound", 404),
)  # fmt: skip
_REDIS = {
    "BusyLoadingError": "LOADING", "ReadOnlyError": "READONLY", "OutOfMemoryError": "OOM",
    "NoPermissionError": "NOPERM", "AuthenticationError": "NOAUTH", "ClusterDownError": "CLUSTERDOWN",
    "MasterDownError": "MASTERDOWN",
}  # fmt: skip


def http_answer(status: int, body: bytes = b"", headers: str = "") -> bytes:
    """An answer after which the connection ends."""
    reason = getattr(sys.modules.get("http.client"), "responses", {}).get(status, "")
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode() + body


def redis_answer(hit: Hit) -> bytes:
    """An error reply of RESP."""
    return f"-{_REDIS.get(hit.fault['class'], 'ERR')} {hit.why}\r\n".encode()


def commands(data: bytes) -> int:
    """How many answers a client waits for: to Redis it may say several commands at once."""
    at = count = 0
    while data[at : at + 1] == b"*":
        end = data.index(b"\r\n", at)
        parts, at = int(data[at + 1 : end]), end + 2
        for _ in range(parts):
            end = data.index(b"\r\n", at)
            at = end + 4 + int(data[at + 1 : end])
        count += 1
    return count or 1


def aws_answer(hit: Hit, client: Any) -> bytes:
    """An error as the service of this botocore client says it, by the protocol that botocore speaks with it."""
    service, code, why = client.meta.service_model, hit.fault["class"], hit.why
    protocol = getattr(service, "resolved_protocol", None) or service.protocol
    status = hit.fault.get("status") or _status(service, code, protocol)
    headers = f"x-amzn-RequestId: {_REQUEST_ID}\r\n"
    if protocol in ("json", "rest-json"):
        headers += f"Content-Type: application/x-amz-json-1.0\r\nx-amzn-ErrorType: {code}\r\n"
        return http_answer(status, json.dumps({"__type": code, "message": why}).encode(), headers)
    if "cbor" in protocol:
        packed = b"\xa2" + b"".join([_cbor(text) for text in ("__type", code, "message", why)])
        return http_answer(
            status, packed, headers + "Content-Type: application/cbor\r\nsmithy-protocol: rpc-v2-cbor\r\n"
        )
    error = f"<Error><Code>{code}</Code><Message>{why}</Message>"
    if protocol == "ec2":
        body = f"<Response><Errors>{error}</Error></Errors><RequestID>{_REQUEST_ID}</RequestID></Response>"
    elif service.service_name == "s3":
        body = f"{error}<RequestId>{_REQUEST_ID}</RequestId></Error>"
        headers += f"x-amz-request-id: {_REQUEST_ID}\r\n"
    else:
        sender = "Sender" if status < 500 else "Receiver"
        error = f"{error}<Type>{sender}</Type></Error>"
        body = f"<ErrorResponse>{error}<RequestId>{_REQUEST_ID}</RequestId></ErrorResponse>"
    return http_answer(status, body.encode(), headers + "Content-Type: text/xml\r\n")


def _status(service: Any, code: str, protocol: str) -> int:
    """What the service's model says of this error, else what is usual."""
    shape = service.shape_for_error_code(code)
    told = (shape.metadata.get("error") or {}).get("httpStatusCode") if shape is not None else None
    if told is not None:
        return int(told)
    if code.startswith("AccessDenied") and protocol != "json":
        return 403
    return next((status for part, status in _STATUSES if part in code), 400)


def _cbor(text: str) -> bytes:
    """A text (RFC 8949, major type 3)."""
    data = text.encode()
    return (bytes((0x60 + len(data),)) if len(data) < 24 else bytes((0x79, *len(data).to_bytes(2, "big")))) + data
