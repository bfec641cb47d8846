"""What becomes of an asynchronous event at its end: the documents for destinations and dead-letter queues.

Shapes: "Capturing records of Lambda asynchronous invocations", AWS Lambda Developer Guide.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mendline_playground.host.invocation import Outcome
from mendline_playground.host.platform_events import iso_time

Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]

_MESSAGE_BYTES = 1024  # of an error's message in a dead letter


@dataclass(frozen=True, slots=True)
class EventInvokeConfig:
    """How asynchronous invocations of one qualifier are retried, and which ARNs get the records of their end."""

    maximum_retry_attempts: int = 2
    maximum_event_age_s: float = 21_600.0
    on_success: str | None = None
    on_failure: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.maximum_retry_attempts <= 2:
            raise ValueError(f"An event is retried 0 to 2 times, not {self.maximum_retry_attempts}.")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to a queue, topic, event bus or bucket: its ARN, the JSON body, and message attributes.

    `detail_type` is that of the event when the ARN is an event bus; `resources` are then the ARNs it is about.
    """

    arn: str
    body: str
    attributes: Mapping[str, str | int] = field(default_factory=dict)
    detail_type: str = ""
    resources: tuple[str, ...] = ()


Deliver = Callable[[Delivery], Awaitable[None]]
"""Sends one message; raises whatever it likes when that fails, and the failure is counted."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an asynchronous event ended; without an outcome it never ran."""

    condition: Condition
    request_id: str
    payload: bytes
    function_arn: str
    attempts: int
    executed_version: str
    outcome: Outcome | None


def destination_record(ending: Ending, arn: str, time_ms: int) -> Delivery:
    """The record that a destination gets."""
    record: dict[str, object] = {
        "version": "1.0",
        "timestamp": iso_time(time_ms),
        "requestContext": {
            "requestId": ending.request_id,
            "functionArn": ending.function_arn,
            "condition": ending.condition,
            "approximateInvokeCount": ending.attempts,
        },
        "requestPayload": _parsed(ending.payload),
    }
    if ending.outcome is not None:
        context: dict[str, object] = {"statusCode": 200, "executedVersion": ending.executed_version}
        if ending.outcome.error_type is not None:
            context["functionError"] = "Unhandled"
        record |= {"responseContext": context, "responsePayload": _parsed(ending.outcome.payload)}
    result = "Success" if ending.condition == "Success" else "Failure"
    return Delivery(
        arn,
        json.dumps(record),
        detail_type=f"Lambda Function Invocation Result - {result}",
        resources=(arn, ending.function_arn),
    )


def dead_letter(ending: Ending, arn: str) -> Delivery:
    """The message of a dead-letter queue: the event as it was, with what is known of its end as attributes."""
    attributes: dict[str, str | int] = {
        "RequestID": ending.request_id,
        "ErrorCode": 200 if ending.outcome else 429,
        "ErrorMessage": _error_message(ending).encode()[:_MESSAGE_BYTES].decode("utf-8", "ignore"),
    }
    return Delivery(arn, ending.payload.decode("utf-8", "replace"), attributes)


def _error_message(ending: Ending) -> str:
    if ending.condition == "ZeroReservedConcurrency":
        return "Function not invoked. Function is configured with zero reserved concurrent executions"
    if ending.outcome is None:
        return "Rate Exceeded."
    answer = _parsed(ending.outcome.payload)
    message = answer.get("errorMessage") if isinstance(answer, dict) else None
    return str(message or "Unhandled")  # an attribute of SQS may not be empty


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")
