"""How often AWS tries an event again: by what invoked the function, and as it is configured.

Facts of functions and queues are those of aws/functions.py and aws/queues.py, as their records of configuration have
them; what was not read is not in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

ASYNCHRONOUS_ATTEMPTS = 3
"""Unless MaximumRetryAttempts is set lower (AWS Lambda Developer Guide, "How Lambda handles errors and retries with
asynchronous invocation")."""
_ASYNCHRONOUS_AGE_S = 6 * 3600  # MaximumEventAgeInSeconds, unless it is set lower


class Pushed(Enum):
    """How an event comes to a function."""

    SYNCHRONOUSLY = "the caller waits, and tries again itself if it likes"
    ASYNCHRONOUSLY = "Lambda's own queue tries again, with the same request id"
    BY_QUEUE = "a message is received again until its queue moves it away"
    BY_STREAM = "the poller of a stream repeats the batch"


_PUSHED = {
    Pushed.SYNCHRONOUSLY: "apigateway.v1 apigateway.v2 function_url alb cognito http",
    Pushed.ASYNCHRONOUSLY: "sns s3 eventbridge schedule iot cloudwatch_logs ses config timer",
    Pushed.BY_QUEUE: "sqs",
    Pushed.BY_STREAM: "kinesis dynamodb",
}
_BY_TRIGGER = {trigger: pushed for pushed, triggers in _PUSHED.items() for trigger in triggers.split()}


def triggers_of(pushed: Pushed) -> frozenset[str]:
    """The triggers whose events come so."""
    return frozenset(_PUSHED[pushed].split())


def pushed_by(trigger: str) -> Pushed | None:
    """How events of a trigger come: of ours (`mendline.trigger`), or of OpenTelemetry's (`faas.trigger`), of which
    `http` and `timer` say it; None where the trigger does not say."""
    return _BY_TRIGGER.get(trigger)


@dataclass(frozen=True, slots=True)
class RetryLimit:
    """`attempts` in all, None for no limit but age. `most_age_s` is the age at which an asynchronous event is given up;
    `ages` says that a record of a stream is, at some age; `splits` that a batch which fails is halved, and the halves
    do not count as attempts."""

    attempts: int | None
    most_age_s: int = 0
    ages: bool = False
    splits: bool = False


def asynchronous_limit(function: Mapping[str, Any], version: str) -> RetryLimit | None:
    """Of asynchronous invocations of a version of a function; None where its configuration was not read."""
    configured = function.get("async")
    if not isinstance(configured, Mapping):
        return None
    aliases = function.get("aliases") or {}
    names = [name for name, alias in aliases.items() if version and alias.get("version") == version]
    found: Mapping[str, Any] = next(
        (configured[name] for name in (version or "$LATEST", *names) if name in configured), {}
    )
    retries, age_s = found.get("max_retries"), found.get("max_age_s")
    return RetryLimit(
        attempts=ASYNCHRONOUS_ATTEMPTS if retries is None else retries + 1,
        most_age_s=age_s or _ASYNCHRONOUS_AGE_S,
    )


def queue_limit(queue: Mapping[str, Any]) -> RetryLimit | None:
    """Of messages of a queue: its maxReceiveCount; without a redrive policy they come again until they expire."""
    return RetryLimit(queue["max_receives"]) if "max_receives" in queue else None


def stream_limit(function: Mapping[str, Any], source: str) -> RetryLimit | None:
    """Of records of a stream (its ARN, or its name) that a function takes; None where its mapping was not read."""
    mapping = _mapping(function.get("event_sources"), source)
    retries = mapping.get("max_retries")
    if retries is None:
        return None
    ages = (mapping.get("max_record_age_s") or -1) > 0
    return RetryLimit(attempts=None if retries < 0 else retries + 1, ages=ages, splits=bool(mapping.get("bisect")))


def _mapping(mappings: object, source: str) -> Mapping[str, Any]:
    known: Iterable[object] = mappings if isinstance(mappings, list) else ()
    for mapping in known:
        if isinstance(mapping, Mapping) and source:
            arn = str(mapping.get("source") or "")
            # arn:…:stream/NAME of Kinesis, arn:…:table/NAME/stream/LABEL of DynamoDB
            if arn == source or source in arn.partition("/")[2].split("/")[:1]:
                return mapping
    return {}
