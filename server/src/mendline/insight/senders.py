"""Who sent what an invocation took, where no header of a trace came with it: by the id of a message that both told,
else inferred, from what was called just before and went nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mendline.insight.architecture import source_name
from mendline.insight.moments import from_ns, range_parameters
from mendline.model.timerange import TimeRange
from mendline.model.trace import Span, Trace
from mendline.store.contract import TelemetryStore

_SENDING = {
    "sqs": "^Send", "sns": "^Publish", "kinesis": "^Put", "s3": "^(Put|Copy|Complete|Delete)", "events": "^Put",
    "dynamodb": "^(Put|Update|Delete|BatchWrite|TransactWrite)", "states": "^Start", "lambda": "^Invoke",
}  # fmt: skip
"""By the type of what is called: the operations after which something else begins."""
_SYSTEMS = {"aws_sqs": "sqs", "aws.sns": "sns", "aws_sns": "sns", "aws_kinesis": "kinesis"}
_MOST_WAIT = timedelta(days=1)
_BEFORE, _AT_MOST_BEFORE, _LATER = timedelta(seconds=60), timedelta(seconds=5), timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Hop:
    """Where what was sent came from, or went to. `confidence` is one of `trace header and message id`, `trace header`,
    `message id` and `inferred`; of `candidates` calls that may have sent it, the one of this hop is the nearest.
    `resource` is what was called."""

    confidence: str
    trace_id: str
    span_id: str
    service: str
    name: str
    time: datetime
    candidates: int
    resource: str


@dataclass(frozen=True, slots=True)
class Begun:
    """What something that began tells of what made it begin."""

    function: str
    start_ns: int
    attributes: Mapping[str, str]


def find_sender(store: TelemetryStore, trace: Trace, span: Span) -> Hop | None:
    """Of an invocation or a consumer to which nothing led. None of others, of what came over HTTP or by a schedule, and
    where no call fits.

    Nothing is also a header whose sender is not in the trace: Lambda gives all functions one of X-Ray's own. It may be
    the true one, so that then ids alone say who it was.
    """
    if not (span.invocation or span.kind == "consumer") or span.links:
        return None
    if span.parent_id and any(it.span_id == span.parent_id for it in trace.spans):
        return None
    began = datetime.fromtimestamp(span.start_ns / 1e9, UTC)
    ids = texts_of(span, "mendline.links.in")
    if _called(_begun(span))[0] == "lambda":
        ids.append(f"lambda:{span.attributes.get('faas.invocation_id', '')}")
    if ids:
        told = {**range_parameters(TimeRange(began - _MOST_WAIT, began + _LATER)), "ids": ids}
        for row in store.select("senders_of_messages", told):
            return hop_to("message id", row)
    return None if span.parent_id else infer_sender(store, _begun(span))


def sends(span: Span) -> bool:
    """Whether it is a call after which something else may begin."""
    operations = _SENDING.get(span.resource_type, "")
    return bool(operations and re.match(operations, span.operation)) and not span.error


def _begun(span: Span) -> Begun:
    return Begun(span.function, span.start_ns, span.attributes)


def infer_sender(store: TelemetryStore, span: Begun) -> Hop | None:
    """The nearest of the calls that may have made it begin; None of what came over HTTP or by a schedule."""
    type_, name = _called(span)
    if not name or type_ not in _SENDING:
        return None
    began = datetime.fromtimestamp(span.start_ns / 1e9, UTC)
    sent_ns = _whole(span.attributes.get("mendline.trigger.sent_at", ""))
    sent = from_ns(sent_ns) if 0 < span.start_ns - sent_ns < _MOST_WAIT / timedelta(microseconds=1) * 1000 else None
    window = TimeRange(sent - _AT_MOST_BEFORE, sent + _LATER) if sent else TimeRange(began - _BEFORE, began)
    asked = {"type": type_, "name": name, "operations": _SENDING[type_], "near_ns": sent_ns if sent else span.start_ns}
    rows = store.select("likely_senders", {**range_parameters(window), **asked})
    return hop_to("inferred", rows[0], f"{type_} {name}") if rows else None


def _called(span: Begun) -> tuple[str, str]:
    """Type and name of what must have been called, so that this began; no trigger told: the function itself."""
    trigger = span.attributes.get("mendline.trigger", "")
    system = _SYSTEMS.get(span.attributes.get("messaging.system", ""), "")
    if not trigger and system:
        return system, span.attributes.get("messaging.destination.name", "")
    if trigger in ("", "direct"):
        return "lambda", span.function
    return trigger, source_name(span.attributes.get("mendline.trigger.source", ""))


def texts_of(span: Span, key: str) -> list[str]:
    """An attribute that is a list of texts; empty where it is none."""
    try:
        found = json.loads(span.attributes.get(key, "[]"))
    except ValueError:
        return []
    return [it for it in found if isinstance(it, str)] if isinstance(found, list) else []


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def hop_to(confidence: str, row: Mapping[str, Any], resource: str = "", candidates: int | None = None) -> Hop:
    """Of a row of a read of spans."""
    told = {name: row[name] for name in ("trace_id", "span_id", "service", "name")}
    count = row["candidates"] if candidates is None else candidates
    return Hop(confidence, time=from_ns(row["start_ns"]), candidates=count, resource=resource, **told)
