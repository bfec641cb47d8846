"""What started an invocation: the event recognised, its source, when it was sent, and the traces it belongs to."""

from __future__ import annotations

import time

from .spans import from_headers, from_message_attributes, parse_xray

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .spans import TraceContext

_LINKS_BYTES = 6 * 1024 * 1024  # of ids that came with the event, which is no longer than that
_LINK_BYTES = 2048
_MOST_DELIVERED = 10_000
_LOOK_S = 0.02
_TEXT = 2048
_LAST_NS = 1 << 63
_MAX_KEYS = 100
_MARKS = frozenset(
    (
        *("Execution", "eventSource", "deliveryStreamArn", "awslogs", "authorizationToken", "triggerSource"),
        *("identityPoolId", "CodePipeline.job", "invokingEvent", "bot", "info", "RequestType", "SecretId"),
        *("invocationSchemaVersion", "getObjectContext", "serialNumber", "deviceEvent", "claimCertificateId"),
        *("protocolData", "clientId", "clientid"),
    )
)
_TIMES = (str, int, float)
_HTTP = ("apigateway.v1", "apigateway.v2", "apigateway.websocket", "function_url", "alb", "vpclattice")
_PUBSUB = ("sqs", "sns", "kinesis", "eventbridge", "msk", "kafka", "activemq", "rabbitmq", "iot", "ses")
_DATASOURCES = ("dynamodb", "documentdb", "s3", "firehose", "logs")
_FAAS_TRIGGERS = {
    **dict.fromkeys(_HTTP, "http"),
    **dict.fromkeys(_PUBSUB, "pubsub"),
    **dict.fromkeys(_DATASOURCES, "datasource"),
    "schedule": "timer",
}
_CONSUMERS = {*_PUBSUB, *_DATASOURCES} - {"iot"}


class Trigger:
    """What is known of the cause of an invocation."""

    __slots__ = (
        "_known", "_room", "_until_s", "attributes", "contexts", "dropped",
        "faas_trigger", "is_consumer", "is_http", "kind",
        "links_in", "records", "sent_at_ns", "source", "wrapped",
    )  # fmt: skip

    def __init__(self, kind: str, source: str = "") -> None:
        self.kind = kind
        self.faas_trigger = word = _FAAS_TRIGGERS.get(kind, "other")
        """OpenTelemetry's word for the kind: http, pubsub, datasource, timer or other."""
        self.is_http = word == "http"
        """Whether the caller waits for an HTTP answer."""
        self.is_consumer = kind in _CONSUMERS
        """Whether the event is a message rather than a question."""
        self.source = source[:_TEXT]
        self.sent_at_ns = 0
        self.contexts: list[TraceContext] = []
        self.links_in: list[str] = []
        self.records = 0
        self.dropped = 0
        self.wrapped = 0
        self.attributes: dict[str, Any] = {}
        self._room = _LINKS_BYTES
        self._known: set[bytes] = set()
        self._until_s: float | None = None

    def passes(self, number: int) -> bool:
        """Whether the record of this number, from 0, is not looked at: none of as many as AWS delivers is.

        Of more, which whoever invokes directly may send, it is those for which there is no time.
        """
        if number < _MOST_DELIVERED and self._room > 0:
            return False
        if self._until_s is None:
            self._until_s = time.monotonic() + _LOOK_S
        if self._room > 0 and (number & 63 or time.monotonic() < self._until_s):
            return False
        self._room = 0
        return True

    def sent(self, at_ns: int) -> None:
        """A record was sent at this time; the oldest counts."""
        if 0 < at_ns < _LAST_NS and (not self.sent_at_ns or at_ns < self.sent_at_ns):
            self.sent_at_ns = at_ns

    def add_context(self, context: TraceContext | None) -> None:
        """A record belongs to this trace; said once each."""
        if context is None:
            return
        identity = context.trace_id + context.span_id
        if identity in self._known:
            return
        self._known.add(identity)
        self.contexts.append(context)

    def add_link(self, kind: str, identity: Any) -> None:
        """A record carries this id of its producer's making."""
        if type(identity) is not str or not identity:
            return
        length = len(identity) + len(kind) + 5
        if length > _LINK_BYTES or self._room <= 0:
            self.dropped += 1
            return
        self._room -= length
        self.links_in.append(f"{kind}:{identity}")

    def plain_attributes(self) -> dict[str, Any]:
        """The attributes without what an event should not have had in these places, and no longer than need be."""
        plain = {}
        for key, value in self.attributes.items():
            kind = type(value)
            if kind is str:
                plain[key] = value[:_TEXT]
            elif kind is int or (kind is list and len(value) == 1 and type(value[0]) is str):
                plain[key] = value
        return plain


def recognise(event: Any) -> Trigger:
    """The trigger of an event by its shape; `direct` when it looks like none of them."""
    if type(event) is not dict:
        if type(event) is list and event and type(event[0]) is dict:
            return _from_list(event)
        if not issubclass(type(event), dict):
            return Trigger("direct")
        event = {key: item for key, item in dict.items(event)}  # noqa: C416 - dict() would call methods of its class
    records = event.get("Records")
    if type(records) is list and records and type(records[0]) is dict:
        from .record_triggers import from_records

        return from_records(records)
    request = event.get("requestContext")
    if type(request) is dict:
        from .http_triggers import from_http

        trigger = from_http(event, request)
        if trigger is not None:
            trigger.add_context(from_headers(event.get("headers")) or from_headers(event.get("multiValueHeaders")))
            return trigger
    if "detail-type" in event and "source" in event:
        return _from_eventbridge(event)
    return (_from_marks(event) if _may_be_known(event) else None) or Trigger("direct")


def _from_list(event: list[Any]) -> Trigger:
    """EventBridge Pipes pass records on as a list, AppSync batches its requests so."""
    if "eventSource" in event[0]:
        from .record_triggers import from_records

        return from_records(event)
    trigger = _from_marks(event[0]) if "info" in event[0] else None
    if trigger is None or trigger.kind != "appsync":
        return Trigger("direct")
    trigger.records = len(event)
    return trigger


def _may_be_known(event: dict[str, Any]) -> bool:
    """Whether to load what knows the rarer kinds: most events without a mark of any are direct ones."""
    if len(event) > _MAX_KEYS:
        return any(mark in event for mark in _MARKS)
    if not _MARKS.isdisjoint(event):
        return True
    for value in event.values():
        if (type(value) is dict and "Execution" in value) or (type(value) is str and value[:4] == "arn:"):
            return True
    return False


def _from_marks(event: dict[str, Any]) -> Trigger | None:
    from .event_triggers import from_other

    return from_other(event)


def _from_eventbridge(event: dict[str, Any]) -> Trigger:
    source, resources = event.get("source"), event.get("resources")
    if source == "aws.scheduler" or (source == "aws.events" and event.get("detail-type") == "Scheduled Event"):
        first = resources[0] if type(resources) is list and resources else ""
        trigger = Trigger("schedule", first if isinstance(first, str) else "")
    else:
        trigger = Trigger("eventbridge", source if isinstance(source, str) else "")
        trigger.attributes["messaging.system"] = "aws_eventbridge"
        trigger.attributes["messaging.operation.type"] = "process"
        trigger.add_link("events", event.get("id"))
        detail = event.get("detail")
        if type(detail) is dict:
            trigger.add_context(from_headers(detail))
            if source == "aws.s3":
                trigger.add_link("s3", detail.get("request-id"))
    trigger.sent(iso_ns(event.get("time")))
    return trigger


def from_client_context(context: Any) -> TraceContext | None:
    """What a caller of Invoke put into the client context: `custom`, or the runtime's own `w3c` fields."""
    custom = getattr(getattr(context, "client_context", None), "custom", None)
    found = from_headers(custom)
    if found is None and hasattr(context, "w3c"):
        found = from_headers(context.w3c())
    return found


def from_sqs_record(record: dict[str, Any]) -> TraceContext | None:
    """A message's own `traceparent`, else the `AWSTraceHeader` that the service carries."""
    return from_message_attributes(record.get("messageAttributes")) or parse_xray(
        dig(record, "attributes", "AWSTraceHeader")
    )


def dig(value: Any, *path: str) -> Any:
    """The value under a path of keys; an empty text when there is none."""
    for key in path:
        if type(value) is not dict:
            return ""
        value = value.get(key, "")
    return value


def epoch_ns(value: Any, unit_ns: int) -> int:
    """A time since 1970 as nanoseconds, from a number or its text; 0 when it is neither."""
    if type(value) not in _TIMES:
        return 0
    try:
        number = float(value)
        return int(number) * unit_ns + round(number % 1 * 1000) * (unit_ns // 1000)
    except (ValueError, OverflowError):
        return 0


def iso_ns(value: Any) -> int:
    """`2026-11-23T06:10:02.090Z` as unix nanoseconds; 0 when it is not such a time."""
    try:
        date, _, clock = value[:40].rstrip("Z").partition("T")
        year, month, day = (int(part) for part in date.split("-"))
        hour, minute, second = clock.split(":")
        seconds = _days(year, month, day) * 86400 + int(hour) * 3600 + int(minute) * 60
        whole, _, fraction = second.partition(".")
        return (seconds + int(whole)) * 1_000_000_000 + int((fraction + "000000000")[:9])
    except (AttributeError, TypeError, ValueError):
        return 0


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the Gregorian calendar (Hinnant, days_from_civil)."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
