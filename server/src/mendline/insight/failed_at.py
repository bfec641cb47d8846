"""Where in a trace something failed, and what had been sent: the call at the bottom of the failures, the message that
the function was given, who sent it, and the place in the code that prepared the call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mendline.insight.critical_path import parents_of
from mendline.model.error_kinds import ErrorKind, classify
from mendline.model.trace import Span, Trace

_REQUEST, _FRAMES, _PENDING = "mendline.request", "mendline.error.frames", "mendline.pending"
_NO_PARAMETERS = (
    "mendline.", "error.", "exception.", "network.", "thread.", "server.", "code.", "otel.", "http.response.",
    "db.response.", "rpc.", "telemetry.", "aws.request_id", "aws.extended_request_id", "messaging.message.id",
)  # fmt: skip
# Files of the runtime, of layers, and of what people install, also beside their own code: nobody mends a line there.
_OF_OTHERS = re.compile(
    r"^(node:|/opt/|/var/(lang|runtime)/)|/lib/python3[.]|"
    r"/(site-packages|dist-packages|node_modules|botocore|boto3|urllib3|requests|httpx|httpcore|aiohttp)/"
)
_MOST_PARAMETERS, _LONGEST = 12, 400


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: `text` is the message that the function was given (JSON, empty where it was not captured),
    `sender` who sent it. `parameters` are those of the call that failed; `place` the function and line that made it."""

    text: str = ""
    sender: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class FailedAt:
    """`span` is the bottom of the chain of failures, `function` the one in which it happened. `resource` (type, name,
    operation) is what was called there, all empty where it was the function's own code."""

    span: Span
    function: str
    error_kind: str
    code: str
    message: str
    resource: tuple[str, str, str]
    own_time_up: bool
    sent: Sent


def failed_at(trace: Trace, span_id: str = "") -> FailedAt | None:
    """Where it failed first, in the whole trace or at and below one span; None where nothing failed for good."""
    parents = parents_of(trace.spans)
    among = _below(trace.spans, parents, span_id)
    failed = [index for index in among if trace.spans[index].failed]
    if not failed:
        return None
    if not span_id:
        ends = [it for it in failed if trace.spans[it].invocation or parents[it] < 0]
        failed = [it for it in failed if any(_is_below(it, end, parents) for end in ends)] or failed
    bottoms = set(failed) - {parents[index] for index in failed}
    index = min(bottoms, key=lambda it: (trace.spans[it].offset_ms + trace.spans[it].duration_ms, it))
    return point_of(trace, parents, index)


def point_of(trace: Trace, parents: Sequence[int], index: int) -> FailedAt:
    """What is known of one span and of the function around it."""
    span, chain = trace.spans[index], _chain(parents, index)
    around = next((trace.spans[it] for it in chain if trace.spans[it].invocation), None)
    code, message = _told(span)
    kind = classify(code, message) if code or message else None
    unfinished = span.invocation and span.attributes.get("mendline.unfinished") == "true"
    own_time_up = span.invocation and (unfinished or kind is ErrorKind.TIMEOUT)
    resource = (span.resource_type, span.resource_name, span.operation)
    if own_time_up:
        resource = _pending(span.attributes)
    return FailedAt(
        span=span,
        function=around.function if around else span.service,
        error_kind=str(kind or ""),
        code=code,
        message=message,
        resource=resource if not span.invocation or own_time_up else ("", "", ""),
        own_time_up=own_time_up,
        sent=Sent(
            text=around.attributes.get(_REQUEST, "") if around else "",
            sender=_sender(trace.spans, parents, chain),
            parameters=() if span.invocation else _parameters(span.attributes),
            place=_place(trace.spans, chain),
        ),
    )


def _below(spans: Sequence[Span], parents: Sequence[int], span_id: str) -> Sequence[int]:
    if not span_id:
        return range(len(spans))
    top = next((index for index, span in enumerate(spans) if span.span_id == span_id), -1)
    return [index for index in range(len(spans)) if top >= 0 and _is_below(index, top, parents)]


def _is_below(index: int, top: int, parents: Sequence[int]) -> bool:
    return top in _chain(parents, index)


def _chain(parents: Sequence[int], index: int) -> list[int]:
    """A span, and those above it."""
    found = []
    while index >= 0:
        found.append(index)
        index = parents[index]
    return found


def _told(span: Span) -> tuple[str, str]:
    """Its error's code and message."""
    raised = [event.attributes for event in span.events if event.name == "exception"]
    told: Mapping[str, str] = raised[-1] if raised else {}
    own = span.attributes
    code = own.get("error.type") or told.get("exception.type") or own.get("http.response.status_code") or ""
    return code, told.get("exception.message") or span.status_message


def _pending(attributes: Mapping[str, str]) -> tuple[str, str, str]:
    """The call that was under way longest when the time was up: (type, name, operation)."""
    calls = [call for call in _json_list(attributes.get(_PENDING, "")) if isinstance(call, list) and len(call) >= 5]
    longest = max(calls, key=lambda call: call[4] if isinstance(call[4], (int, float)) else 0, default=None)
    return (str(longest[0]), str(longest[1]), str(longest[2])) if longest else ("", "", "")


def _sender(spans: Sequence[Span], parents: Sequence[int], chain: Sequence[int]) -> str:
    """Who sent the message to the function around: what triggered it, else the function or service that called it."""
    for index in chain:
        span = spans[index]
        if span.invocation:
            told = (span.attributes.get("mendline.trigger", ""), span.attributes.get("mendline.trigger.source", ""))
            above = next((spans[it] for it in _chain(parents, index)[1:] if spans[it].invocation), None)
            source = above.function if above else told[1].rpartition(":")[2]
            return " ".join(filter(None, (told[0], source)))
    return ""


def _parameters(attributes: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    told = [(key, value[:_LONGEST]) for key, value in sorted(attributes.items()) if not key.startswith(_NO_PARAMETERS)]
    return tuple(told[:_MOST_PARAMETERS])


def _place(spans: Sequence[Span], chain: Sequence[int]) -> str:
    """The function and line that made the call, where that was traced; else the last of people's own code on the way to
    where the error was raised."""
    for index in chain:
        attributes = spans[index].attributes
        name = attributes.get("code.function.name", "")
        if name:
            line = attributes.get("code.line.number", "")
            return f"{name} line {line}" if line else name
        frames = [frame for frame in _json_list(attributes.get(_FRAMES, "")) if isinstance(frame, dict)]
        if frames:
            last = next((it for it in reversed(frames) if not _OF_OTHERS.search(str(it.get("file", "")))), frames[-1])
            return f"{last.get('function', '?')} ({last.get('file', '?')} line {last.get('line', '?')})"
        if spans[index].invocation:
            break
    return ""


def _json_list(text: str) -> list[object]:
    try:
        found = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []
