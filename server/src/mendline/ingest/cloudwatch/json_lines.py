"""Log lines that are JSON: the runtimes' own JSON format, and what loggers of every language write in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from mendline.ingest.cloudwatch.events import UUID, FunctionLine, Value, clean, trace_of_root
from mendline.ingest.cloudwatch.levels import ERROR, level_of_number, severity_of
from mendline.ingest.cloudwatch.stacks import thrown_in

MOST_DEPTH = 16  # deeper values stay text
_RESERVED = ("mendline.", "faas.invocation_id", "log.record.")  # what we say; a function may not say it for us
_MESSAGES = ("message", "msg", "Message", "@message", "@m")
_LEVELS = ("level", "log_level", "severity", "loglevel", "levelname", "Level", "LogLevel", "@l")
_TIMES = ("timestamp", "time", "@timestamp", "ts", "Timestamp", "@t")
_SURE_IDS = ("AWSRequestId", "awsRequestId", "aws_request_id", "function_request_id", "faas.invocation_id")
_LIKELY_IDS = ("requestId", "request_id", "RequestId")  # API Gateway's ids look the same
_TRACES = ("trace_id", "traceId", "TraceId", "xray_trace_id", "xRayTraceId", "otelTraceID")
_SPANS = ("span_id", "spanId", "SpanId", "otelSpanID")
_TYPES = ("errorType", "error_type", "exception_name", "exceptionType", "exception_class", "exception.type")
_INNER_TYPES = (*_TYPES, "name", "type", "class", "className", "kind")
_STACKS = (
    "stackTrace", "stack_trace", "stacktrace", "stack", "trace", "traceback", "exception", "exc_info",
    "exception.stacktrace",
)  # fmt: skip
_THROWN_IN = ("error", "err", "exception", "message", "cause")
_HEX = re.compile(r"[0-9a-fA-F]+")


def load_object(text: str) -> dict[str, Value] | None:
    """The JSON object that this text is, or None: other JSON, broken JSON, and values that lie too deep stay text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    if text.count("{") + text.count("[") > MOST_DEPTH and _deeper(value, MOST_DEPTH):
        return None
    return value


def read_object(line: Mapping[str, Value], text: str) -> FunctionLine:
    """The log record in a JSON object that a function wrote; what has no place of its own stays an attribute."""
    rest = dict(line)
    level = _take_level(rest)
    thrown = _take_thrown(rest) if not level or severity_of(level) >= ERROR else {}
    level = level or ("ERROR" if thrown else "")
    message = _take_message(rest, thrown, text)
    timestamp = _take_text(rest, _TIMES) if level or message is not text else ""
    sure = _take_id(rest, _SURE_IDS)
    likely = "" if sure else _look_up_id(rest)
    trace, span = _trace_and_span(rest)
    attributes: dict[str, Value] = {}
    for key, value in rest.items():
        if value is not None:
            attributes[f"json.{key}" if not key or key.startswith(_RESERVED) else clean(key)] = value
    attributes.update(thrown)
    return FunctionLine(message, level, timestamp, sure or likely, attributes, not likely, trace, span)


def thrown_of(value: Mapping[str, Value], types: Sequence[str] = _TYPES) -> dict[str, Value]:
    """`exception.*` of an error that a runtime wrote as an object; empty when it is none."""
    kind = _first_text(value, types)
    stack = next((text for key in _STACKS if (text := _stack_text(value.get(key)))), "")
    if not kind and stack and (named := thrown_in(stack)):
        kind = named.type
    if not kind:
        return {}
    found: dict[str, Value] = {"exception.type": kind}
    message = _first_text(value, ("errorMessage", "error_message", "exception.message", "message", "msg"))
    if message:
        found["exception.message"] = message
    if stack:
        found["exception.stacktrace"] = stack
    return found


def _take_thrown(rest: dict[str, Value]) -> dict[str, Value]:
    """Take what was thrown out of the object, wherever its logger puts it."""
    found = thrown_of(rest)
    if found:
        for key in (*_TYPES, "errorMessage", "error_message", "exception.message", *_STACKS):
            rest_value = rest.get(key)
            if isinstance(rest_value, str) or (key in _STACKS and isinstance(rest_value, list)):
                del rest[key]
        return found
    for key in _THROWN_IN:
        inner = rest.get(key)
        if not isinstance(inner, Mapping):
            continue
        stack = any(_stack_text(inner.get(name)) for name in _STACKS)
        found = thrown_of(inner, _INNER_TYPES if stack else _TYPES)
        if found:
            rest[key] = {name: value for name, value in inner.items() if name not in _STACKS} or None
            return found
    return {}


def _take_message(rest: dict[str, Value], thrown: Mapping[str, Value], text: str) -> Value:
    for key in _MESSAGES:
        if rest.get(key) is not None:
            return rest.pop(key)
    said = thrown.get("exception.message")
    return said if said is not None else text


def _take_level(rest: dict[str, Value]) -> str:
    for key in _LEVELS:
        value = rest.get(key)
        if isinstance(value, str) and severity_of(value):
            del rest[key]
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool) and (name := level_of_number(value)):
            del rest[key]
            return name
    return ""


def _take_text(rest: dict[str, Value], keys: Sequence[str]) -> str:
    for key in keys:
        value = rest.get(key)
        if isinstance(value, str):
            del rest[key]
            return value
    return ""


def _take_id(rest: dict[str, Value], keys: Sequence[str]) -> str:
    for key in keys:
        value = rest.get(key)
        if isinstance(value, str) and UUID.fullmatch(value):
            del rest[key]
            return value
    return ""


def _look_up_id(rest: Mapping[str, Value]) -> str:
    for key in _LIKELY_IDS:
        value = rest.get(key)
        if isinstance(value, str) and UUID.fullmatch(value):
            return value
    return ""


def _trace_and_span(rest: Mapping[str, Value]) -> tuple[str, str]:
    trace = _first_text(rest, _TRACES)
    trace = trace_of_root(trace) or (trace.lower() if len(trace) == 32 and _HEX.fullmatch(trace) else "")
    span = _first_text(rest, _SPANS)
    return trace, span.lower() if trace and len(span) == 16 and _HEX.fullmatch(span) else ""


def _first_text(value: Mapping[str, Value], keys: Sequence[str]) -> str:
    for key in keys:
        found = value.get(key)
        if isinstance(found, str) and found:
            return found
    return ""


def _stack_text(value: Value) -> str:
    """A stack as text: a text, lines, or the frames that Go and .NET write as objects. Other values are no stack."""
    if isinstance(value, str):
        return value if "\n" in value or value.startswith("Traceback") else ""
    if not isinstance(value, list) or not value:
        return ""
    return "\n".join(_frame_text(frame) for frame in value)


def _frame_text(frame: Value) -> str:
    if isinstance(frame, Mapping) and "line" in frame:
        return f"    at {frame.get('label', '')} ({frame.get('path', '')}:{frame['line']})"
    return frame.rstrip("\n") if isinstance(frame, str) else json.dumps(frame)


def _deeper(value: Value, levels: int) -> bool:
    if isinstance(value, dict):
        return levels == 0 or any(_deeper(inner, levels - 1) for inner in value.values())
    if isinstance(value, list):
        return levels == 0 or any(_deeper(inner, levels - 1) for inner in value)
    return False
