"""Which CloudWatch series to ask for, given what there is. Pure.

Each asked series is paid for, so a metric that a thing cannot have is not asked for: the age of an iterator only
where a stream feeds the function, dead-letter errors only where there is a dead-letter target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mendline.aws.configuration import Thing, dead_letter_queues
from mendline.model.metric_names import (
    DLQ_MESSAGES_VISIBLE,
    DYNAMODB_STREAMS_ITERATOR_AGE,
    MetricName,
    our_dimension,
    our_name,
)

_VISIBLE = "ApproximateNumberOfMessagesVisible"
_ALWAYS = {
    "lambda": ("Throttles", "ConcurrentExecutions", "AsyncEventAge"),
    "sqs": (
        _VISIBLE,
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateAgeOfOldestMessage",
        "NumberOfMessagesSent",
        "NumberOfMessagesReceived",
        "NumberOfMessagesDeleted",
    ),
    "kinesis": (
        "GetRecords.IteratorAgeMilliseconds",
        "ReadProvisionedThroughputExceeded",
        "WriteProvisionedThroughputExceeded",
    ),
    "dynamodb": ("ReadThrottleEvents", "WriteThrottleEvents"),
}
_NAMESPACES = {"lambda": "AWS/Lambda", "sqs": "AWS/SQS", "kinesis": "AWS/Kinesis", "dynamodb": "AWS/DynamoDB"}
_DIMENSIONS = {"lambda": "FunctionName", "sqs": "QueueName", "kinesis": "StreamName", "dynamodb": "TableName"}
_OF_THE_ACCOUNT = ("ConcurrentExecutions", "UnreservedConcurrentExecutions")


@dataclass(frozen=True, slots=True)
class Series:
    """One series of CloudWatch, and the metrics of ours that each of its points becomes, with their attributes."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    ours: tuple[tuple[MetricName, tuple[tuple[str, str], ...]], ...]
    urgent: bool = False  # asked for in every pass, however long it has been silent

    @property
    def key(self) -> str:
        """What tells it from every other series of an account and region."""
        return "/".join([self.namespace, self.metric, *(value for _, value in self.dimensions)])

    @property
    def statistic(self) -> str:
        """The one statistic that is asked for."""
        return self.ours[0][0].statistic


def wanted_series(things: Iterable[Thing]) -> tuple[Series, ...]:
    """Everything to ask for, in a stable order; first what the account has as a whole."""
    things = tuple(things)
    dead_letters = dead_letter_queues(things)
    found = [_series("lambda", metric) for metric in _OF_THE_ACCOUNT] if _any_function(things) else []
    for thing in things:
        found.extend(_of_thing(thing, dead_letters))
    return tuple(found)


def _of_thing(thing: Thing, dead_letters: Mapping[str, tuple[str, ...]]) -> Iterator[Series]:
    for metric in _ALWAYS[thing.type]:
        if metric == _VISIBLE and thing.name in dead_letters:
            yield _series("sqs", metric, thing.name, also=DLQ_MESSAGES_VISIBLE, urgent=True)
        else:
            yield _series(thing.type, metric, thing.name, urgent=metric == _VISIBLE)
    if thing.type != "lambda":
        return
    if _may_have(thing.facts, "dead_letter_target"):
        yield _series("lambda", "DeadLetterErrors", thing.name)
    if _has_destination(thing.facts):
        yield _series("lambda", "DestinationDeliveryFailures", thing.name)
    streams = _streams(thing.facts)
    if streams is None or streams:
        tables = [_table(source) for source in streams or () if ":dynamodb:" in source]
        only = tables[0] if len(tables) == 1 and len(streams or ()) == 1 else ""
        if only:
            yield _series("lambda", "IteratorAge", thing.name, also=DYNAMODB_STREAMS_ITERATOR_AGE, table=only)
        else:
            yield _series("lambda", "IteratorAge", thing.name)


def _series(
    type_: str, metric: str, name: str = "", *, also: MetricName | None = None, table: str = "", urgent: bool = False
) -> Series:
    namespace = _NAMESPACES[type_]
    own = our_name(namespace, metric)
    if own is None:
        raise LookupError(f"{namespace} {metric} has no name in mendline.model.metric_names")
    dimensions = ((_DIMENSIONS[type_], name),) if name else ()
    attributes = tuple((our_dimension(key), value) for key, value in dimensions)
    ours: tuple[tuple[MetricName, tuple[tuple[str, str], ...]], ...] = ((own, attributes),)
    if also is not None:
        ours += ((also, (*attributes, ("table", table)) if table else attributes),)
    return Series(namespace, metric, dimensions, ours, urgent)


def _any_function(things: Iterable[Thing]) -> bool:
    return any(thing.type == "lambda" for thing in things)


def _may_have(facts: Mapping[str, Any], name: str) -> bool:
    """Whether it is set, or not known."""
    return name not in facts or bool(facts[name])


def _has_destination(facts: Mapping[str, Any]) -> bool:
    if "async" not in facts:
        return True
    return any(entry.get("on_failure") or entry.get("on_success") for entry in facts["async"].values())


def _streams(facts: Mapping[str, Any]) -> list[str] | None:
    """The sources of a function that have an iterator; None when its sources are not known."""
    if "event_sources" not in facts:
        return None
    sources = [str(mapping.get("source") or "") for mapping in facts["event_sources"]]
    return [source for source in sources if ":sqs:" not in source]


def _table(arn: str) -> str:
    """The table of `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL`."""
    parts = arn.split("/")
    return parts[1] if len(parts) > 1 else ""
