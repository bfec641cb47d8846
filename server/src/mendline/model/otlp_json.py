"""A trace as an OTLP export request in JSON, to take away: what the OpenTelemetry Collector and Jaeger read.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids in hexadecimal, 64-bit numbers as texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mendline.model.origin import Resource
from mendline.model.trace import KINDS, STATUSES, Span, Trace


def trace_request(trace: Trace) -> dict[str, Any]:
    """The request; what the store keeps of values that are no texts comes back in the type that was sent."""
    groups: dict[str, dict[str, list[Span]]] = {}
    for span in trace.spans:
        scopes = groups.setdefault(span.resource_id, {})
        scopes.setdefault(repr(span.scope), []).append(span)
    return {
        "resourceSpans": [
            {
                "resource": _origin(trace.resources.get(resource_id, Resource({}))),
                "scopeSpans": [
                    {"scope": _scope(spans[0]), "spans": [_span(trace.trace_id, span) for span in spans]}
                    for spans in scopes.values()
                ],
            }
            for resource_id, scopes in groups.items()
        ]
    }


def _origin(told: Resource) -> dict[str, Any]:
    return {"attributes": _pairs(told.attributes, told.attribute_types)}


def _scope(span: Span) -> dict[str, Any]:
    told = span.scope
    return {"name": told.name, "version": told.version, "attributes": _pairs(told.attributes, told.attribute_types)}


def _span(trace_id: str, span: Span) -> dict[str, Any]:
    end_ns = span.start_ns + round(span.duration_ms * 1e6)
    return {
        "traceId": trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id,
        "traceState": span.trace_state,
        "flags": span.flags,
        "name": span.name,
        "kind": KINDS.index(span.kind),
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(end_ns),
        "attributes": _pairs(span.attributes, span.attribute_types),
        "droppedAttributesCount": span.dropped_attributes,
        "droppedEventsCount": span.dropped_events,
        "droppedLinksCount": span.dropped_links,
        "status": {"code": STATUSES.index(span.status), "message": span.status_message},
        "events": [
            {
                "name": event.name,
                "timeUnixNano": str(event.time_ns),
                "attributes": _pairs(event.attributes, event.attribute_types),
                "droppedAttributesCount": event.dropped_attributes,
            }
            for event in span.events
        ],
        "links": [
            {
                "traceId": link.trace_id,
                "spanId": link.span_id,
                "traceState": link.trace_state,
                "flags": link.flags,
                "attributes": _pairs(link.attributes, link.attribute_types),
                "droppedAttributesCount": link.dropped_attributes,
            }
            for link in span.links
        ],
    }


def _pairs(attributes: Mapping[str, str], types: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _typed(text, types.get(key, ""))} for key, text in attributes.items()]


def _typed(text: str, kind: str) -> dict[str, Any]:
    """A value as an AnyValue of the type in which it was sent; a text where it cannot be read as that."""
    try:
        match kind:
            case "int":
                return {"intValue": str(int(text))}
            case "double":
                return {"doubleValue": _double(float(text))}
            case "bool":
                return {"boolValue": text == "true"}
            case "bytes":
                return {"bytesValue": text}
            case "array" | "kvlist":
                return _any_value(json.loads(text))
            case "no":
                return {}
    except (ValueError, RecursionError):
        pass
    return {"stringValue": text}


def _any_value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": _double(value)}
        case list():
            return {"arrayValue": {"values": [_any_value(item) for item in value]}}
        case dict():
            pairs = [{"key": key, "value": _any_value(item)} for key, item in value.items()]
            return {"kvlistValue": {"values": pairs}}
        case None:
            return {}
    return {"stringValue": str(value)}


def _double(number: float) -> float | str:
    """What JSON has no numbers for are texts, as protobuf's JSON spells them."""
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    return number
