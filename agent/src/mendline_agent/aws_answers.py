"""What AWS's answers tell of a call beside its status: ids, counts, capacity, what failed within it, attempts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .spans import Span

_MAKES_OBJECTS = frozenset(
    ("PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject", "DeleteObjects", "RestoreObject")
)
_SENDS = frozenset(("SendMessage", "SendMessageBatch", "Publish", "PublishBatch", "PutRecord", "PutRecords"))
_FAILED_COUNTS = ("FailedRecordCount", "FailedEntryCount", "FailedPutCount")
_FAILED_LISTS = ("Failed", "Errors")
_UNPROCESSED = ("UnprocessedItems", "UnprocessedKeys")
_MAY_FAIL = frozenset((*_FAILED_COUNTS, *_FAILED_LISTS, *_UNPROCESSED))
# Parts of the codes that botocore takes for throttling (botocore.retries.standard).
_THROTTLED = (
    "Throttl",
    "TooManyRequests",
    "LimitExceeded",
    "ThroughputExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
)
_LATER = 202  # what Lambda answers to an event that it will invoke a function with
_MOST_CAPACITIES = 10
_MOST_REASONS = 10


def describe_answer(resource: tuple[str, str, str], span: Span, answer: dict[str, Any]) -> list[str]:
    """Ids that the service gave to what was sent, as `KIND:ID`, so that consumers can be joined without headers."""
    (service, name, operation), attributes = resource, span.attributes
    if not _MAY_FAIL.isdisjoint(answer):
        attributes["mendline.failed_entries"] = _failed(answer) or None
    if service == "dynamodb":
        _capacity(attributes, answer)
    if service in ("sqs", "sns") and operation in _SENDS:
        attributes["messaging.message.id"] = answer.get("MessageId")
        return _links(service, [answer, *(answer.get("Successful") or ())], "MessageId")
    if service == "sqs" and operation == "ReceiveMessage":
        received = answer.get("Messages") or ()
        attributes["messaging.operation.type"], attributes["messaging.batch.message_count"] = "receive", len(received)
    elif service == "kinesis" and operation in _SENDS:
        records = [r for r in [answer, *(answer.get("Records") or ())] if r.get("SequenceNumber")]
        return [f"kinesis:{name}/{r.get('ShardId')}/{r['SequenceNumber']}" for r in records]
    elif service == "events" and operation == "PutEvents":
        return _links("events", answer.get("Entries") or [], "EventId")
    elif service == "s3" and operation in _MAKES_OBJECTS:
        return _object_links(name, span.given.get("aws.s3.key"), answer)
    elif service == "stepfunctions" and operation in ("StartExecution", "StartSyncExecution"):
        return _links("states", [answer], "executionArn")
    elif service == "lambda" and answer.get("StatusCode") == _LATER:  # to which no client context is passed
        return _links("lambda", [answer.get("ResponseMetadata") or {}], "RequestId")
    return []


def _failed(answer: dict[str, Any]) -> int:
    """How many entries of a batch failed, though the call succeeded."""
    failed = sum(answer.get(name) or 0 for name in _FAILED_COUNTS)
    failed += sum(len(answer[name]) for name in _FAILED_LISTS if isinstance(answer.get(name), list))
    for name in _UNPROCESSED:
        for left in (answer.get(name) or {}).values():
            failed += len(left.get("Keys") or ()) if isinstance(left, dict) else len(left)
    return failed


def _capacity(attributes: dict[str, Any], answer: dict[str, Any]) -> None:
    """What DynamoDB consumed, where it was asked to say so; how much it read for what it returned."""
    if "Count" in answer:
        attributes["aws.dynamodb.count"] = answer["Count"]
        attributes["aws.dynamodb.scanned_count"] = answer.get("ScannedCount")
    consumed = answer.get("ConsumedCapacity")
    if consumed:
        from json import dumps

        tables = consumed if isinstance(consumed, list) else [consumed]
        attributes["aws.dynamodb.consumed_capacity"] = [dumps(one, default=str) for one in tables[:_MOST_CAPACITIES]]
        attributes["mendline.capacity_units"] = float(sum(one.get("CapacityUnits") or 0 for one in tables))


def _object_links(bucket: str, key: Any, answer: dict[str, Any]) -> list[str]:
    """The request's id, and the object's name and content: not every S3 tells the first in its notifications."""
    links = _links("s3", [answer.get("ResponseMetadata") or {}], "RequestId")
    etag = answer.get("ETag") or (answer.get("CopyObjectResult") or {}).get("ETag")
    if etag:
        links.append(f"s3:{bucket}/{key}/{str(etag).strip(chr(34))}")
    return links


def _links(kind: str, items: list[dict[str, Any]], key: str) -> list[str]:
    return [f"{kind}:{item[key]}" for item in items if item.get(key)]


class Attempts:
    """The attempts of a call: when the first and the last began, why those before failed, bytes of the last."""

    __slots__ = ("first_ns", "last_ns", "reasons", "received", "sent", "throttles")

    def __init__(self) -> None:
        self.first_ns = self.last_ns = self.throttles = 0
        self.reasons: list[str] = []
        self.sent: int | None = None
        self.received: int | None = None

    def add(self, began_ns: int, request: Any, answer: Any) -> None:
        """One more, as botocore's `Endpoint._get_response` has it: ((HTTP response, parsed), error)."""
        self.first_ns, self.last_ns = self.first_ns or began_ns, began_ns
        success, error = answer
        response, parsed = success if success is not None else (None, {})
        body, content = getattr(request, "body", None), getattr(response, "_content", None)
        self.sent = len(body) if type(body) is bytes else _length(request)
        self.received = len(content) if type(content) is bytes else _length(response)
        reason = type(error).__name__ if error is not None else str((parsed.get("Error") or {}).get("Code") or "")
        if reason:
            self.throttles += any(map(reason.__contains__, _THROTTLED))
        self.reasons.append(reason)

    def describe(self, attributes: dict[str, Any]) -> None:
        """Retries, their reasons and the time until the last one began; throttles; sizes of bodies."""
        *failed, _ = self.reasons
        if failed:
            attributes["mendline.retries"] = len(failed)
            attributes["mendline.retry_reasons"] = failed[:_MOST_REASONS]
            attributes["mendline.retries_ms"] = round((self.last_ns - self.first_ns) / 1e6, 3)
        attributes["mendline.throttles"] = self.throttles or None
        attributes["http.request.body.size"], attributes["http.response.body.size"] = self.sent, self.received


def _length(message: Any) -> int | None:
    length = str(getattr(message, "headers", {}).get("Content-Length"))
    return int(length) if length.isdigit() else None
