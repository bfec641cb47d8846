"""The one table of metric names: what CloudWatch and metric streams call a metric, and what it is called here.

A metric that is not in the table keeps its own name (`stream_name` of it). Sources: "Metrics" pages of the developer
guides of each service; units follow UCUM as OpenTelemetry asks.
"""

from __future__ import annotations

from dataclasses import dataclass

STREAM_PREFIX = "amazonaws.com/"  # CloudWatch metric streams, OpenTelemetry formats: amazonaws.com/NAMESPACE/METRIC


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric as it is called here, its UCUM unit, and the CloudWatch statistic that tells most of it."""

    name: str
    unit: str
    statistic: str  # as GetMetricData spells it: Maximum, Minimum, Average, Sum, SampleCount

    @property
    def is_sum(self) -> bool:
        """Whether a point counts events of its period (a delta sum), and is no reading of a level (a gauge)."""
        return self.statistic == "Sum"


_LEVEL, _COUNT, _MEAN = "Maximum", "Sum", "Average"

_TABLE = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ("sqs.messages_visible", "{message}", _LEVEL),
    ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible"): ("sqs.messages_in_flight", "{message}", _LEVEL),
    ("AWS/SQS", "ApproximateNumberOfMessagesDelayed"): ("sqs.messages_delayed", "{message}", _LEVEL),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): ("sqs.age_of_oldest_message", "s", _LEVEL),
    ("AWS/SQS", "NumberOfMessagesSent"): ("sqs.messages_sent", "{message}", _COUNT),
    ("AWS/SQS", "NumberOfMessagesReceived"): ("sqs.messages_received", "{message}", _COUNT),
    ("AWS/SQS", "NumberOfMessagesDeleted"): ("sqs.messages_deleted", "{message}", _COUNT),
    ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds"): ("kinesis.iterator_age", "ms", _LEVEL),
    ("AWS/Kinesis", "IncomingRecords"): ("kinesis.records_in", "{record}", _COUNT),
    ("AWS/Kinesis", "IncomingBytes"): ("kinesis.bytes_in", "By", _COUNT),
    ("AWS/Kinesis", "GetRecords.Records"): ("kinesis.records_out", "{record}", _COUNT),
    ("AWS/Kinesis", "ReadProvisionedThroughputExceeded"): ("kinesis.read_throttles", "{call}", _COUNT),
    ("AWS/Kinesis", "WriteProvisionedThroughputExceeded"): ("kinesis.write_throttles", "{call}", _COUNT),
    ("AWS/Lambda", "Invocations"): ("lambda.invocations", "{invocation}", _COUNT),
    ("AWS/Lambda", "Errors"): ("lambda.errors", "{invocation}", _COUNT),
    ("AWS/Lambda", "Throttles"): ("lambda.throttles", "{call}", _COUNT),
    ("AWS/Lambda", "Duration"): ("lambda.duration", "ms", _MEAN),
    ("AWS/Lambda", "ConcurrentExecutions"): ("lambda.concurrency", "{execution}", _LEVEL),
    ("AWS/Lambda", "UnreservedConcurrentExecutions"): ("lambda.concurrency_unreserved", "{execution}", _LEVEL),
    ("AWS/Lambda", "ClaimedAccountConcurrency"): ("lambda.concurrency_claimed", "{execution}", _LEVEL),
    ("AWS/Lambda", "ProvisionedConcurrentExecutions"): ("lambda.concurrency_provisioned", "{execution}", _LEVEL),
    ("AWS/Lambda", "ProvisionedConcurrencyUtilization"): ("lambda.concurrency_provisioned_used", "1", _LEVEL),
    ("AWS/Lambda", "ProvisionedConcurrencySpilloverInvocations"): ("lambda.spillovers", "{invocation}", _COUNT),
    ("AWS/Lambda", "IteratorAge"): ("lambda.iterator_age", "ms", _LEVEL),
    ("AWS/Lambda", "OffsetLag"): ("lambda.offset_lag", "{record}", _LEVEL),
    ("AWS/Lambda", "AsyncEventsReceived"): ("lambda.async_events", "{event}", _COUNT),
    ("AWS/Lambda", "AsyncEventAge"): ("lambda.async_event_age", "ms", _LEVEL),
    ("AWS/Lambda", "AsyncEventsDropped"): ("lambda.async_events_dropped", "{event}", _COUNT),
    ("AWS/Lambda", "DeadLetterErrors"): ("lambda.dead_letter_errors", "{event}", _COUNT),
    ("AWS/Lambda", "DestinationDeliveryFailures"): ("lambda.destination_failures", "{event}", _COUNT),
    ("AWS/Lambda", "RecursiveInvocationsDropped"): ("lambda.recursive_dropped", "{invocation}", _COUNT),
    ("AWS/DynamoDB", "ThrottledRequests"): ("dynamodb.throttles", "{call}", _COUNT),
    ("AWS/DynamoDB", "ReadThrottleEvents"): ("dynamodb.read_throttles", "{call}", _COUNT),
    ("AWS/DynamoDB", "WriteThrottleEvents"): ("dynamodb.write_throttles", "{call}", _COUNT),
    ("AWS/DynamoDB", "SystemErrors"): ("dynamodb.system_errors", "{call}", _COUNT),
    ("AWS/DynamoDB", "SuccessfulRequestLatency"): ("dynamodb.latency", "ms", _MEAN),
    ("AWS/SNS", "NumberOfNotificationsFailed"): ("sns.notifications_failed", "{message}", _COUNT),
    ("AWS/Events", "FailedInvocations"): ("events.invocations_failed", "{invocation}", _COUNT),
    ("AWS/Events", "ThrottledRules"): ("events.throttles", "{call}", _COUNT),
    ("AWS/States", "ExecutionsFailed"): ("states.executions_failed", "{execution}", _COUNT),
    ("AWS/States", "ExecutionsTimedOut"): ("states.executions_timed_out", "{execution}", _COUNT),
    ("AWS/ApiGateway", "5XXError"): ("apigateway.errors_5xx", "{request}", _COUNT),
    ("AWS/ApiGateway", "4XXError"): ("apigateway.errors_4xx", "{request}", _COUNT),
    ("AWS/ApiGateway", "5xx"): ("apigateway.errors_5xx", "{request}", _COUNT),  # HTTP APIs spell it so
    ("AWS/ApiGateway", "4xx"): ("apigateway.errors_4xx", "{request}", _COUNT),
    ("AWS/ApiGateway", "IntegrationLatency"): ("apigateway.integration_latency", "ms", _MEAN),
}
_NAMES = {key: MetricName(*row) for key, row in _TABLE.items()}

# What CloudWatch cannot tell by name alone: for readers that know redrive policies and event-source mappings.
DLQ_MESSAGES_VISIBLE = MetricName("dlq.messages_visible", "{message}", _LEVEL)
DYNAMODB_STREAMS_ITERATOR_AGE = MetricName("dynamodb_streams.iterator_age", "ms", _LEVEL)

_DIMENSIONS = {
    "FunctionName": "function",
    "QueueName": "queue",
    "StreamName": "stream",
    "TableName": "table",
    "TopicName": "topic",
    "RuleName": "rule",
    "EventBusName": "event_bus",
    "StateMachineArn": "state_machine",
    "ApiName": "api",
    "ApiId": "api",
    "Stage": "stage",
    "Operation": "operation",
    "Resource": "resource",
    "ExecutedVersion": "version",
    "EventSourceMappingUUID": "mapping",
    "ShardId": "shard",
}


def our_name(namespace: str, metric: str) -> MetricName | None:
    """What a CloudWatch metric is called here; None when it keeps its own name."""
    return _NAMES.get((namespace, metric))


def our_dimension(dimension: str) -> str:
    """The attribute that a CloudWatch dimension becomes on a metric of ours: `queue` for `QueueName`; others stay."""
    return _DIMENSIONS.get(dimension, dimension)


def stream_name(namespace: str, metric: str) -> str:
    """The name that a CloudWatch metric has in OpenTelemetry, as AWS's own metric streams write it."""
    return f"{STREAM_PREFIX}{namespace}/{metric}"


def from_stream_name(name: str) -> MetricName | None:
    """What a metric named by `stream_name` is called here; None for every other name."""
    if not name.startswith(STREAM_PREFIX):
        return None
    namespace, _, metric = name.removeprefix(STREAM_PREFIX).rpartition("/")
    return our_name(namespace, metric)


def mapped_metrics() -> tuple[tuple[str, str], ...]:
    """Every (namespace, metric) of CloudWatch that has a name here."""
    return tuple(_NAMES)
