"""The payload of a CloudWatch Logs subscription: who wrote which log events, and which function that is.

Shape: CloudWatch Logs user guide, "Log group-level subscription filters": base64 of gzip of JSON, to Lambda inside
`{"awslogs": {"data": …}}`, to Firehose as gzip alone. All of these, and the JSON itself, are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mendline.errors import MalformedError, TooManyRecordsError
from mendline.ingest.cloudwatch.documents import as_json, read_documents, unpack_base64, unpack_gzip

MOST_EVENTS = 200_000  # in one message; AWS's own events are over 100 bytes, and its messages under 10 MB
LAMBDA_GROUP = "/aws/lambda/"
# 2026/11/23/[VERSION]id in a function's own group, 2026/11/23/NAME[VERSION]id or …/[NAME[VERSION]]id in a custom one
_STREAM = re.compile(
    r"\d{4}/\d{1,2}/\d{1,2}/?(?:\[(?P<inner>[^\[\]]{1,170})\[(?P<inner_version>[^\[\]]{1,140})\]\]"
    r"|(?P<name>[^\[\]]{0,170}?)/?\[(?P<version>[^\[\]]{1,140})\]).*",
    re.DOTALL,
)
# What an event can lack of what AWS writes: it is no object, its message no text, its timestamp no time.
ODD = (NO_EVENT, NO_MESSAGE, NO_TIME) = ("no_event", "no_message", "no_time")
_MOST_MS = 2**63 // 1_000_000 - 1


@dataclass(frozen=True, slots=True)
class LogEvent:
    """An event of a log stream: CloudWatch's id, its time in Unix ns (0: not said), its text, what is ODD of it."""

    uid: str
    time_ns: int
    text: str
    odd: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Events of one log stream, in the order of the stream. `owner` is the account id."""

    owner: str
    group: str
    stream: str
    events: tuple[LogEvent, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes to a log stream. `function` is empty where nothing says that it is a Lambda function."""

    function: str
    version: str


def read_subscription(
    payload: bytes, most_bytes: int, ask_for: Callable[[int], None] = lambda inflated: None
) -> tuple[list[LogBatch], bool]:
    """The batches of a payload in any of its wrappings, and whether it was read to its end.

    `ask_for` is told how many bytes are read, before they are. Control messages give nothing. Raises MalformedError,
    BadEncodingError, BodyTooLargeError, TooManyRecordsError.
    """
    data = unpack_gzip(payload, most_bytes)
    if not data.lstrip().startswith((b"{", b"\xef\xbb\xbf")):
        data = unpack_gzip(unpack_base64(data.strip()), most_bytes)
    ask_for(len(data))
    documents, whole = read_documents(data)
    if not documents:
        raise MalformedError("The body is not a CloudWatch Logs subscription payload (JSON, gzip or base64 of it).")
    batches = (read_batch(_unwrapped(document, most_bytes)) for document in documents)
    return [batch for batch in batches if batch is not None], whole


def is_batch(document: object) -> bool:
    """Whether a JSON document is a subscription's message."""
    return isinstance(document, dict) and "messageType" in document and "logEvents" in document


def read_batch(document: object) -> LogBatch | None:
    """The events of a DATA_MESSAGE; None for a CONTROL_MESSAGE, which only asks whether we are there.

    Raises MalformedError for anything else.
    """
    if not isinstance(document, dict) or not is_batch(document):
        raise MalformedError("The JSON is not a CloudWatch Logs message (messageType, logGroup, logEvents).")
    if document["messageType"] == "CONTROL_MESSAGE":
        return None
    events = document["logEvents"]
    if document["messageType"] != "DATA_MESSAGE" or not isinstance(events, list):
        raise MalformedError("The messageType is neither DATA_MESSAGE nor CONTROL_MESSAGE, or logEvents is no list.")
    if len(events) > MOST_EVENTS:
        raise TooManyRecordsError(f"The message holds more than {MOST_EVENTS:,} log events.")
    return LogBatch(
        _text(document.get("owner")),
        _text(document.get("logGroup")),
        _text(document.get("logStream")),
        tuple(read_event(event) for event in events),
    )


def writer_of(group: str, stream: str) -> Writer:
    """The function and version that the names of group and stream tell."""
    match = _STREAM.fullmatch(stream)
    version = (match["version"] or match["inner_version"]) if match else ""
    name = (match["name"] or match["inner"] or "") if match else ""
    if group.startswith(LAMBDA_GROUP):
        name = group.removeprefix(LAMBDA_GROUP).rpartition(".")[2]  # Lambda@Edge writes us-east-1.NAME
    elif match and not name:
        name = group
    return Writer(name, version)


def _unwrapped(document: Any, most_bytes: int) -> Any:
    """The message inside the event that a function gets from its subscription."""
    inner = document.get("awslogs") if isinstance(document, dict) else None
    if not isinstance(inner, dict):
        return document
    documents, whole = read_documents(unpack_gzip(unpack_base64(str(inner.get("data", ""))), most_bytes))
    if len(documents) != 1 or not whole:
        raise MalformedError("awslogs.data is not one JSON document in gzip and base64.")
    return documents[0]


def read_event(event: object) -> LogEvent:
    """One log event `{id, timestamp (ms), message}`; anything else is kept as text, and is odd."""
    if not isinstance(event, Mapping):
        return LogEvent("", 0, _text(event), (NO_EVENT,))
    message, uid, time_ms = event.get("message"), event.get("id"), event.get("timestamp")
    known = type(time_ms) is int and 0 < time_ms < _MOST_MS
    return LogEvent(
        uid if isinstance(uid, str) else _text(uid),
        time_ms * 1_000_000 if known and isinstance(time_ms, int) else 0,
        message if isinstance(message, str) else _text(event if message is None else message),
        (() if isinstance(message, str) else (NO_MESSAGE,)) + (() if known else (NO_TIME,)),
    )


def _text(value: Any) -> str:
    """A value as text: texts as they are, None as nothing, everything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else as_json(value)
