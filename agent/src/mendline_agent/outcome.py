"""How an invocation ended, written on its span: the exception with its stack, HTTP status, failed records."""

from __future__ import annotations

import json
import time
import traceback

from .operations import message_of, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .redaction import Redactor
    from .spans import Span
    from .triggers import Trigger

_STACK_HEAD, _STACK_TAIL = 800, 3200
_STACK_READ = 64 * 1024  # from each end of a stack without end
_MAX_FAILED_IDS = 100


def describe_error(span: Span, error: BaseException, redactor: Redactor) -> None:
    """Mark the span failed and add OpenTelemetry's `exception` event."""
    message = redactor.brief(message_of(error))
    name = type_name(error)
    span.fail(name, message)
    pairs = {"exception.type": name, "exception.message": message, "exception.stacktrace": _stack(error, redactor)}
    span.events.append((span.end_ns or time.time_ns(), "exception", pairs))


def _stack(error: BaseException, redactor: Redactor) -> str:
    """The stack as Python prints it, without the agent's own frame; the middle of a long one is left out.

    Redaction comes before that: half a key shows nothing by which it is known.
    """
    try:
        frames = error.__traceback__
        lines = traceback.format_exception(type(error), error, frames.tb_next if frames is not None else None)
        text = "".join(lines)
    except Exception as unprintable:
        return f"[stack not printable: {type(unprintable).__name__}]"
    if len(text) > 2 * _STACK_READ:
        text = text[:_STACK_READ] + text[-_STACK_READ:]
    text = redactor.text(text)
    if len(text) > _STACK_HEAD + _STACK_TAIL:
        text = text[:_STACK_HEAD] + "\n…[cut]…\n" + text[-_STACK_TAIL:]
    return text


def describe_result(span: Span, trigger: Trigger, result: Any) -> None:
    """Take the HTTP status or the failed records from what the handler returned; the result is only read."""
    if trigger.is_http:
        _http_status(span, trigger, result)
    elif trigger.records:
        records: dict[str, Any] = {"size": trigger.records, "failed": _failed_ids(result)}
        span.attributes["mendline.records"] = json.dumps(records, separators=(",", ":"))


def _http_status(span: Span, trigger: Trigger, result: Any) -> None:
    status = dict.get(result, "statusCode") if issubclass(type(result), dict) else None
    if type(status) is str and status.isdigit():
        status = int(status)
    if status is None and trigger.kind in ("apigateway.v2", "function_url"):
        status = 200  # what these make of an answer without a status
    if type(status) is not int:
        return
    span.attributes["http.response.status_code"] = status
    if status >= 500:
        span.fail(str(status), f"answered HTTP {status}")


def _failed_ids(result: Any) -> list[str]:
    """Read without running code of the user's own types."""
    failures = dict.get(result, "batchItemFailures") if issubclass(type(result), dict) else None
    if type(failures) is not list:
        return []
    ids = [item.get("itemIdentifier") for item in failures[:_MAX_FAILED_IDS] if type(item) is dict]
    return [identity for identity in ids if type(identity) is str]
