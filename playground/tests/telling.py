"""What the model has made, decoded by OpenTelemetry's own classes, for tests to ask."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline_playground.model import Model
from mendline_playground.model.telemetry import Telemetry


@dataclass(frozen=True)
class Told:
    """One span: whose it is, what it says, and times in ns."""

    function: str
    version: str
    instance: str
    name: str
    trace: bytes
    id: bytes
    parent: bytes
    start: int
    end: int
    error: str
    attributes: dict[str, Any]

    @property
    def is_invocation(self) -> bool:
        return "faas.invocation_id" in self.attributes

    @property
    def ms(self) -> float:
        return (self.end - self.start) / 1e6

    @property
    def resource(self) -> str:
        told = self.attributes
        if "mendline.resource.type" in told:
            return "/".join(told[f"mendline.resource.{part}"] for part in ("type", "name", "operation"))
        if "url.full" in told:
            host, _, path = told["url.full"].removeprefix("http://").partition("/")
            return f"http/{host}/{told['http.request.method']} /{path}"
        return f"{told['rpc.service'].lower()}/{told['aws.s3.bucket']}/{told['rpc.method']}"

    @property
    def operations(self) -> list[list[Any]]:
        return json.loads(self.attributes.get("mendline.operations", "[]"))


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_value(item) for item in value.array_value.values] if kind == "array_value" else getattr(value, kind)


def pairs(attributes: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in attributes}


class Heard:
    """All of a pile of telemetry."""

    def __init__(self, model: Model, pile: Telemetry) -> None:
        self.spans: list[Told] = []
        self.logs: list[tuple[dict[str, Any], Any, dict[str, Any]]] = []
        self.points: list[tuple[str, dict[str, Any], float]] = []
        for signal, _, body in pile.requests(model.place):
            getattr(self, f"_{signal}")(body)

    @classmethod
    def of(cls, model: Model, start_s: float, end_s: float) -> Heard:
        pile = Telemetry()
        for telemetry in model.blocks(start_s, end_s):
            pile.add(telemetry)
        return cls(model, pile)

    def _traces(self, body: bytes) -> None:
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            who = pairs(group.resource.attributes)
            for span in group.scope_spans[0].spans:
                self.spans.append(
                    Told(
                        who["faas.name"],
                        who["faas.version"],
                        who["faas.instance"],
                        span.name,
                        span.trace_id,
                        span.span_id,
                        span.parent_span_id,
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                        span.status.message if span.status.code == 2 else "",
                        pairs(span.attributes),
                    )
                )

    def _logs(self, body: bytes) -> None:
        for group in ExportLogsServiceRequest.FromString(body).resource_logs:
            who = pairs(group.resource.attributes)
            self.logs += [(who, record, pairs(record.attributes)) for record in group.scope_logs[0].log_records]

    def _metrics(self, body: bytes) -> None:
        for group in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for metric in group.scope_metrics[0].metrics:
                points = metric.sum.data_points or metric.gauge.data_points
                self.points += [(metric.name, pairs(point.attributes), point.as_double) for point in points]

    def invocations(self, function: str) -> list[Told]:
        return [span for span in self.spans if span.function == function and span.is_invocation]

    def calls(self, resource: str, function: str = "") -> list[Told]:
        return [
            span
            for span in self.spans
            if not span.is_invocation and span.resource.startswith(resource) and function in ("", span.function)
        ]

    def reports(self, function: str) -> list[dict[str, Any]]:
        return [
            told
            for who, _, told in self.logs
            if told.get("mendline.platform") == "report" and who["faas.name"] == function
        ]

    def errors(self, function: str) -> int:
        return sum(bool(span.error) for span in self.invocations(function))

    def changes(self) -> Iterator[tuple[str, str]]:
        """Whose configuration changed, and the kind of the change."""
        for who, record, told in self.logs:
            if record.event_name == "mendline.configuration.changed":
                yield who.get("faas.name") or who["mendline.resource.name"], told["mendline.change.kind"]

    def most(self, metric: str, **attributes: str) -> float:
        found = [value for name, told, value in self.points if name == metric and attributes.items() <= told.items()]
        return max(found, default=0.0)


def middle(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0
