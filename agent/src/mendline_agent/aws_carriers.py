"""The trace passed on inside AWS calls: message attributes of SQS and SNS, the client context of Lambda."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MAX_ATTRIBUTES = 10
# The services count attributes into the size of a message or batch; near the old limit of 256 KiB keep out of it.
_MAX_MESSAGE_BYTES = 250_000
_MAX_CLIENT_CONTEXT = 3583


def carry(service: str, operation: str, params: Any, header: str) -> Any:
    """Parameters that carry the `traceparent`: a copy as deep as it is changed, or the same object if it cannot be."""
    carrier = _CARRIERS.get((service, operation))
    if carrier is None or not isinstance(params, dict):
        return params
    return carrier(params, header)


def _message(body_key: str) -> Any:
    def carried(params: dict[str, Any], header: str) -> dict[str, Any]:
        if body_key == "Message" and not (params.get("TopicArn") or params.get("TargetArn")):
            return params  # a text message to a telephone
        if _size(params.get(body_key)) > _MAX_MESSAGE_BYTES:
            return params
        return _with_attribute(params, header)

    return carried


def _batch(entries_key: str, body_key: str) -> Any:
    def carried(params: dict[str, Any], header: str) -> dict[str, Any]:
        entries = params.get(entries_key)
        if not isinstance(entries, (list, tuple)):
            return params
        if sum(_size(entry.get(body_key)) for entry in entries if isinstance(entry, dict)) > _MAX_MESSAGE_BYTES:
            return params
        told = [_with_attribute(entry, header) if isinstance(entry, dict) else entry for entry in entries]
        return {**params, entries_key: told}

    return carried


def _size(body: Any) -> int:
    """Bytes of a body; one that is no text counts as too long to touch."""
    if not isinstance(body, str):
        return _MAX_MESSAGE_BYTES + 1
    return len(body) if len(body) > _MAX_MESSAGE_BYTES else len(body.encode("utf-8", "replace"))


def _with_attribute(message: dict[str, Any], header: str) -> dict[str, Any]:
    attributes = message.get("MessageAttributes")
    if attributes is None:
        attributes = {}
    if not isinstance(attributes, dict) or len(attributes) >= _MAX_ATTRIBUTES or "traceparent" in attributes:
        return message
    told = {**attributes, "traceparent": {"DataType": "String", "StringValue": header}}
    return {**message, "MessageAttributes": told}


def _client_context(params: dict[str, Any], header: str) -> dict[str, Any]:
    """Lambda hands `ClientContext` (base64 of JSON) to the invoked function as `context.client_context`."""
    from base64 import b64decode, b64encode
    from json import dumps, loads

    given = params.get("ClientContext")
    try:
        context = loads(b64decode(given)) if given else {}
    except (ValueError, TypeError):
        return params
    custom = context.get("custom") if isinstance(context, dict) else 0
    if custom is not None and not isinstance(custom, dict):
        return params
    if custom and "traceparent" in custom:
        return params
    told = {**context, "custom": {**(custom or {}), "traceparent": header}}
    encoded = b64encode(dumps(told, separators=(",", ":")).encode()).decode()
    return {**params, "ClientContext": encoded} if len(encoded) <= _MAX_CLIENT_CONTEXT else params


_CARRIERS = {
    ("sqs", "SendMessage"): _message("MessageBody"),
    ("sqs", "SendMessageBatch"): _batch("Entries", "MessageBody"),
    ("sns", "Publish"): _message("Message"),
    ("sns", "PublishBatch"): _batch("PublishBatchRequestEntries", "Message"),
    ("lambda", "Invoke"): _client_context,
}
