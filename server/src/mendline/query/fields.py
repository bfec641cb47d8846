"""The registry of fields: the one table from which checking, completion, error messages and docs/reference come."""

from __future__ import annotations

from collections.abc import Iterator

from mendline.model.error_kinds import ErrorKind
from mendline.model.finding import CONFIDENCES
from mendline.query.attribute_fields import ATTRIBUTES
from mendline.query.field import Field
from mendline.query.source import Source
from mendline.query.types import BOOL, MOMENT, TEXT, Type, number
from mendline.query.units import DOLLARS, MEBIBYTES, MILLISECONDS, PERCENT

_LETTERS = {"i": Source.INVOCATIONS, "o": Source.OPERATIONS, "t": Source.TRACES, "l": Source.LOGS,
            "f": Source.FUNCTIONS, "m": Source.METRICS}  # fmt: skip
_DURATION, _SIZE, _COST, _COUNT, _SHARE = (
    number(MILLISECONDS), number(MEBIBYTES), number(DOLLARS), number(), number(PERCENT),
)  # fmt: skip
_KINDS = tuple(kind.value for kind in ErrorKind)
LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")


def _field(
    name: str, type_: Type, sources: str, meaning: str, example: str, aliases: str = "", synonyms: str = "",
    *, values: tuple[str, ...] = (), ordered: bool = False, many: bool = False,
) -> Field:  # fmt: skip
    """A row of the table; `sources` are first letters."""
    return Field(
        name, type_, frozenset(_LETTERS[letter] for letter in sources), meaning, example,
        tuple(aliases.split()), tuple(synonyms.split()), values, ordered, many,
    )  # fmt: skip


_WHERE = (
    _field("function", TEXT, "m", "the function that is measured", "function:checkout*", "faas.name"),
    _field("function", TEXT, "iolf", "the function's name", "function:checkout*",
           "faas.name Name", "lambda function_name functionname service_name app"),
    _field("function", TEXT, "t", "a function that takes part in it", "function:checkout", "faas.name", many=True),
    _field("account", TEXT, "iolfm", "AWS account, 12 digits", 'account:"123456789012"',
           "cloud.account.id AWSAccountNumber AccountId", "account_id aws_account"),
    _field("region", TEXT, "iolfm", "AWS region", "region:eu-west-1", "cloud.region", "aws_region"),
    _field("version", TEXT, "if", "the function's version; $LATEST where none is published", "version:42",
           "faas.version FunctionVersion", "function_version release"),
    _field("alias", TEXT, "i", "the alias that was invoked, where one was and a span tells it", "alias:live", "",
           "qualifier stage"),
    _field("runtime", TEXT, "if", "the function's runtime: as its span tells it, else others of the function, else AWS",
           "runtime:python*", "", "language"),
    _field("service", TEXT, "iolm", "OpenTelemetry's service.name; the function's name where nothing else is set",
           "service:shop", "service.name", "servicename app application"),
    _field("instance", TEXT, "il", "the execution environment (its log stream)", "instance:*abc",
           "faas.instance LogStream", "container host log_stream"),
    _field("project", TEXT, "iolf", "service.namespace, else the function's tag `project`", "project:shop"),
)  # fmt: skip

_WHICH = (
    _field("request_id", TEXT, "iol", "the invocation's request id; attempts at one event share it",
           "request_id:8f3e2c1a-0b5d-4c3e-9f1a-2b3c4d5e6f70", "faas.invocation_id faas.execution RequestId",
           "requestid aws_request_id awsrequestid invocation_id"),
    _field("trace_id", TEXT, "iotl", "32 hexadecimal digits", "trace_id:4bf92f3577b34da6a3ce929d0e0e4736", "TraceId",
           "traceid trace"),
    _field("span_id", TEXT, "iol", "16 hexadecimal digits", "span_id:00f067aa0ba902b7", "SpanId", "spanid"),
    _field("time", MOMENT, "iotlm", "when it began", "time > 2026-05-01T10:00Z",
           "LastInvocationTime StartTime timestamp start_time", "start began date when ts _time"),
    _field("time", MOMENT, "f", "when it was last invoked", "sort time desc",
           "LastInvocationTime last_invoked StartTime", "last_invocation"),
    _field("entry", TEXT, "iot", "what started the transaction: method and route, or the name of its first span",
           'entry:"POST /orders"', "Endpoint", "endpoint route transaction root"),
    _field("entry.function", TEXT, "t", "the function in which the transaction began", "entry.function:checkout",
           "OriginLambda", "root_function"),
    _field("trigger", TEXT, "i", "what invoked it: apigateway.v2, sqs, sns, kinesis, schedule, direct …", "trigger:sqs",
           "trigger.type mendline.trigger", "event_source"),
    _field("trigger.source", TEXT, "i", "ARN, or method and route, of what invoked it", "trigger.source:*orders-queue",
           "mendline.trigger.source", "event_source_arn queue_arn"),
)  # fmt: skip

_MEASURES = (
    _field("duration", _DURATION, "i", "how long it ran", "duration > 1s", "mendline.duration_ms",
           "latency elapsed took response_time responsetime runtime_ms duration_ms"),
    _field("duration", _DURATION, "o", "how long the call took", "duration > 200ms", "", "latency elapsed took"),
    _field("duration", _DURATION, "t", "from its first moment to its last", "duration > 1s", "", "latency took"),
    _field("init.duration", _DURATION, "i", "of a cold start: from process start until the handler is ready",
           "init.duration > 2s", "mendline.init_ms InitDuration", "init init_duration cold_start_duration"),
    _field("wait.duration", _DURATION, "i", "from when its message was sent until it began", "wait.duration > 1m", "",
           "queue_wait queue.wait wait waited queue_time"),
    _field("restore.duration", _DURATION, "i", "of a start from a snapshot (SnapStart)", "restore.duration > 500ms",
           "RestoreDuration", "restore"),
    _field("billed.duration", _DURATION, "i", "what AWS bills", "billed.duration > 1s",
           "mendline.billed_ms BilledDuration", "billed billed_duration"),
    _field("timeout", _DURATION, "if", "the configured timeout", "timeout <= 3s", "mendline.timeout_ms", "timeout_ms"),
    _field("remaining", _DURATION, "i", "time that was left at the end", "remaining < 500ms", "mendline.remaining_ms",
           "remaining_time"),
    _field("memory.used", _SIZE, "i", "the most memory that was used", "memory.used > 100MB",
           "UsedMemory MaxMemoryUsed", "memory max_memory_used memory_used rss"),
    _field("memory.size", _SIZE, "if", "configured memory", "memory.size:128MB",
           "MemorySize AllocatedMemory", "memory memory_size"),
    _field("cost", _COST, "itf", "estimated price of compute and request, from billed time", "cost > $0.001",
           "EstimatedCost", "price billing usd"),
    _field("cost.monthly", _COST, "f", "the cost of the range, scaled to 30 days", "cost.monthly > $50",
           "MonthlyEstimatedCost", "monthly_cost"),
    _field("attempt", _COUNT, "i", "which attempt at its event it was, from 1", "attempt > 1", "mendline.attempt",
           "retry_count retries"),
    _field("record.failing", TEXT, "i", "the record at which its batch failed, where one is named",
           "exists(record.failing)", "", "poison poison_record failing_record"),
    _field("retries", _COUNT, "o", "how often the SDK tried again", "retries > 0", "mendline.retries", "retry_count"),
    _field("invocations", _COUNT, "f", "how often it was invoked in it", "invocations > 1000", "", "count calls"),
    _field("errors", _COUNT, "f", "how many of them failed", "errors > 0", "", "error_count failures"),
    _field("cold_starts", _COUNT, "f", "how many of them were cold starts", "cold_starts > 10", "", "coldstarts"),
    _field("timeouts", _COUNT, "f", "how many of them timed out", "timeouts > 0"),
    _field("health", _SHARE, "f", "the share of invocations that did not fail", "health < 99%", "", "success_rate"),
    _field("spans", _COUNT, "t", "number of spans", "spans > 100", "", "span_count"),
    _field("errors", _COUNT, "t", "number of spans that failed", "errors > 1", "", "error_count"),
    _field("functions", _COUNT, "t", "number of functions that took part", "functions > 3", "", "services"),
)  # fmt: skip

_OUTCOME = (
    _field("error", BOOL, "i", "it failed", "error", "Erroneous HasError", "failed failure fail is_error exception"),
    _field("error", BOOL, "o", "the call failed", "error", "Erroneous HasError", "failed failure"),
    _field("error", BOOL, "t", "something in it failed", "error", "HasError Erroneous", "failed failure"),
    _field("error", BOOL, "l", "its level is error or fatal", "error", "", "failed failure"),
    _field("error", BOOL, "f", "an invocation of it failed in the range", "error", "Erroneous HasError", "failed"),
    _field("error.type", TEXT, "iotl", "name of the exception or code", "error.type:TimeoutError",
           "exception.type ErrorType", "errortype exception error_type error_class error.name"),
    _field("error.kind", TEXT, "iotl", "one word for what went wrong, the same for every language and service",
           "error.kind:throttled", "", "error_kind errorkind reason", values=_KINDS),
    _field("error.message", TEXT, "iol", "what the error says", "error.message:*refused*",
           "exception.message ErrorMessage", "error_message errormessage exception_message"),
    _field("cold_start", BOOL, "itf", "a cold start was in it", "cold_start", "faas.coldstart ColdStart HasColdStart",
           "cold coldstarted is_cold iscoldstart"),
    _field("timed_out", BOOL, "i", "it ended because its own time was up, not because a call of it timed out;"
           " `timeout` alone means this too", "timed_out", "timedout", "is_timeout"),
    _field("timed_out", BOOL, "o", "the call failed because its time was up", "timed_out", "timedout", "is_timeout"),
    _field("timed_out", BOOL, "t", "an invocation or a call in it ended because its time was up", "timed_out",
           "timedout", "is_timeout"),
    _field("timed_out", BOOL, "f", "an invocation of it ended because its time was up", "timed_out", "timedout",
           "is_timeout"),
    _field("oom", BOOL, "i", "it ended because memory ran out", "oom", "out_of_memory", "outofmemory"),
    _field("throttled", BOOL, "io", "it failed because a rate or a quota was used up", "throttled", "", "throttle"),
    _field("retry", BOOL, "i", "it was a later attempt at the same event", "retry", "", "is_retry retried"),
    _field("final", BOOL, "i", "it failed with no attempt left", "final", "", "gave_up exhausted dead"),
    _field("recovered", BOOL, "i", "it failed, and a later attempt succeeded", "recovered"),
    _field("degraded", BOOL, "i", "it was answered by a fallback", "degraded", "mendline.degraded", "fallback"),
    _field("buffered", BOOL, "i", "it was put aside to be done later", "buffered", "mendline.buffered"),
    _field("circuit_open", BOOL, "i", "an open circuit breaker kept a call of it from being made", "circuit_open",
           "mendline.breaker.rejected"),
    _field("unfinished", BOOL, "i", "its end has not been seen", "unfinished", "mendline.unfinished"),
    _field("lost", BOOL, "t", "something that a message should have started never did", "lost", "", "missing"),
    _field("chaos", BOOL, "iot", "a chaos experiment touched it", "not chaos"),
    _field("chaos.id", TEXT, "io", "the experiment that touched it", "chaos.id:exp-42", "mendline.chaos.id"),
)  # fmt: skip

_CALLS = (
    _field("resource", TEXT, "o", "type, name and operation of what was called", 'resource:"dynamodb orders PutItem"'),
    _field("resource.type", TEXT, "o", "dynamodb, sqs, s3, http, lambda, redis, postgresql …", "resource.type:dynamodb",
           "mendline.resource.type ResourceType", "db.system"),
    _field("resource.name", TEXT, "o", "the table, queue, bucket, host, function …", "resource.name:orders",
           "mendline.resource.name ResourceName", "table bucket"),
    _field("resource.operation", TEXT, "o", "what was asked of it", "resource.operation:PutItem",
           "mendline.resource.operation operation OperationType", "method action"),
    _field("resource.host", TEXT, "o", "the host that was called", "resource.host:api.stripe.com",
           "server.address net.peer.name", "host hostname peer"),
    _field("connection", TEXT, "o", "whether the connection was new or reused", "connection:new",
           "mendline.connection", values=("new", "reused")),
    _field("dns.duration", _DURATION, "o", "looking up the host", "dns.duration > 50ms", "mendline.dns_ms", "dns"),
    _field("connect.duration", _DURATION, "o", "opening the connection", "connect.duration > 100ms",
           "mendline.connect_ms", "connect"),
    _field("tls.duration", _DURATION, "o", "agreeing on TLS", "tls.duration > 100ms", "mendline.tls_ms", "tls"),
)  # fmt: skip

_LOGS = (
    _field("level", TEXT, "l", "how serious it is", "level >= warn", "severity severity_text SeverityText loglevel",
           "status priority log_level severitytext", values=LEVELS, ordered=True),
    _field("message", TEXT, "l", "the text of the record", "message:*declined*", "body", "msg text log line"),
    _field("platform", TEXT, "l", "which line of the Lambda platform it is: start, report, timeout …",
           "platform:report", "mendline.platform type", "logtype"),
    _field("finding", TEXT, "l", "what was found, of records that say so: poison_record, messages_lost, memory_leak …",
           "finding:poison_record", "mendline.finding", "findings"),
    _field("finding.id", TEXT, "l", "the same each time it is found", "finding.id:*checkout*", "mendline.finding.id"),
    _field("finding.resource", TEXT, "l", "of which resource", "finding.resource:sqs/*", "mendline.finding.resource"),
    _field("finding.confidence", TEXT, "l", "how sure it is", "finding.confidence:high", "mendline.finding.confidence",
           values=CONFIDENCES),
    _field("finding.count", _COUNT, "l", "how many it hit", "finding.count > 10", "mendline.finding.count"),
    _field("finding.cost", _COST, "l", "what it cost in the hour before", "finding.cost > $0.01",
           "mendline.finding.cost_usd"),
    _field("event.name", TEXT, "l", "OpenTelemetry's event name", "event.name:order.placed", "", "event"),
)  # fmt: skip

_METRICS = (
    _field("name", TEXT, "m", "the metric's name", "name:sqs.messages_visible", "metric MetricName __name__",
           "metric_name metric.name"),
    _field("value", number(), "m", "the value, in the metric's own unit", "value > 100", "", "val metric_value"),
    *(
        Field(name, TEXT, frozenset({Source.METRICS}), f"the {name.replace('_', ' ')} that is measured",
              f"{name}:orders", attribute=True)
        for name in ("queue", "stream", "table", "topic", "rule", "event_bus", "state_machine", "api", "stage",
                     "mapping", "shard", "resource", "operation", "version")
    ),
)  # fmt: skip

FIELDS: tuple[Field, ...] = (*_WHERE, *_WHICH, *_MEASURES, *_OUTCOME, *_CALLS, *_LOGS, *_METRICS, *ATTRIBUTES)


def _index() -> dict[Source, dict[str, Field]]:
    index: dict[Source, dict[str, Field]] = {source: {} for source in Source}
    for names in (lambda field: (field.name,), lambda field: field.aliases):
        for field in FIELDS:
            for source in field.sources:
                for name in names(field):
                    index[source].setdefault(name.lower(), field)
    return index


_INDEX = _index()


def find_field(name: str, source: Source) -> Field | None:
    """The field of a source that a name or an alias means, whatever its case."""
    return _INDEX[source].get(name.lower())


def fields_of(source: Source) -> tuple[Field, ...]:
    """Every field of a source, in the order of the registry."""
    return tuple(field for field in FIELDS if source in field.sources)


def sources_of(name: str) -> Iterator[Source]:
    """The sources that have a field of this name."""
    return (source for source in Source if name.lower() in _INDEX[source])


def is_moment(name: str) -> bool:
    """Whether a name is that of a row's time, in some source."""
    return any(
        field is not None and field.type == MOMENT for field in (index.get(name.lower()) for index in _INDEX.values())
    )


def is_flag(name: str) -> bool:
    """Whether a name stands alone as a condition, in some source."""
    found = (_INDEX[source].get(name.lower()) for source in Source)
    return name.lower() == "timeout" or any(field is not None and field.type == BOOL for field in found)
