"""The trace passed on inside AWS calls: message attributes of SQS and SNS, the client context of Lambda, on request the
detail of events."""

from __future__ import annotations

import os

from .settings import is_on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_MAX_ATTRIBUTES = 10
# The services count attributes into the size of a message or batch; near the old limit of 256 KiB keep out of it.
_MAX_MESSAGE_BYTES = 250_000
_MAX_CLIENT_CONTEXT = 3583


def carrier_of(service: str, operation: str) -> Callable[[dict[str, Any], str], dict[str, Any]] | None:
    """What makes of parameters and a `traceparent` parameters that carry it: a copy as deep as it is changed, or the
    same object if it cannot be. None for calls that have no place for it."""
    return _CARRIERS.get((service, operation))


def _message(body_key: str) -> Any:
    def carried(params: dict[str, Any], header: str) -> dict[str, Any]:
        if body_key == "Message" and not (params.get("TopicArn") or params.get("TargetArn")):
            return params  # a text message to a telephone
        if _size(params, body_key) > _MAX_MESSAGE_BYTES:
            return params
        return _with_attribute(params, header)

    return carried


def _batch(entries_key: str, body_key: str) -> Any:
    def carried(params: dict[str, Any], header: str) -> dict[str, Any]:
        entries = params.get(entries_key)
        if not isinstance(entries, (list, tuple)):
            return params
        if sum(_size(entry, body_key) for entry in entries if isinstance(entry, dict)) > _MAX_MESSAGE_BYTES:
            return params
        told = [_with_attribute(entry, header) if isinstance(entry, dict) else entry for entry in entries]
        return {**params, entries_key: told}

    return carried


def _size(message: dict[str, Any], body_key: str) -> int:
    """Bytes of a message with its attributes; one whose body is no text counts as too long to touch."""
    attributes = message.get("MessageAttributes")
    size = _text_size(message.get(body_key))
    for name, attribute in attributes.items() if isinstance(attributes, dict) else ():
        value = attribute.get("StringValue") or attribute.get("BinaryValue") if isinstance(attribute, dict) else ""
        size += len(name) + 64 + (len(value) if isinstance(value, bytes) else _text_size(value))
    return size


def _text_size(text: Any) -> int:
    if not isinstance(text, str):
        return _MAX_MESSAGE_BYTES + 1
    return len(text) if len(text) > _MAX_MESSAGE_BYTES else len(text.encode("utf-8", "replace"))


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


def _event_detail(params: dict[str, Any], header: str) -> dict[str, Any]:
    """The one payload that is ever changed, and only when asked: an event's detail has no headers of its own."""
    entries = params.get("Entries")
    if not is_on(os.environ, "MENDLINE_EVENTBRIDGE_DETAIL") or not isinstance(entries, (list, tuple)):
        return params
    details = [entry.get("Detail") if isinstance(entry, dict) else None for entry in entries]
    if sum(len(detail) * 3 for detail in details if isinstance(detail, str)) > 3 * _MAX_MESSAGE_BYTES:
        return params
    told = [
        {**entry, "Detail": _with_traceparent(detail, header)} if isinstance(detail, str) else entry
        for entry, detail in zip(entries, details)  # noqa: B905 - Python 3.9 has no strict
    ]
    return {**params, "Entries": told}


def _with_traceparent(detail: str, header: str) -> str:
    """The text of a JSON object with one more member at its beginning; any other text as it is."""
    stripped = detail.strip()
    if stripped[:1] != "{" or stripped[-1:] != "}" or '"traceparent"' in detail:
        return detail
    rest = stripped[1:].lstrip()
    return f'{{"traceparent":"{header}"{"" if rest[:1] == "}" else ","}{rest}'


_CARRIERS = {
    ("events", "PutEvents"): _event_detail,
    ("sqs", "SendMessage"): _message("MessageBody"),
    ("sqs", "SendMessageBatch"): _batch("Entries", "MessageBody"),
    ("sns", "Publish"): _message("Message"),
    ("sns", "PublishBatch"): _batch("PublishBatchRequestEntries", "Message"),
    ("lambda", "Invoke"): _client_context,
}
