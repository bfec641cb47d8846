"""What the readers hand over, taken apart again, and a clock that only goes when it is told to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from mendline.model.signal import Export, Signal


@dataclass(frozen=True)
class Event:
    name: str
    resource: dict[str, str]
    attributes: dict[str, str]
    body: dict[str, Any]
    time_ns: int

    @property
    def thing(self) -> str:
        return self.resource.get("faas.name") or self.resource["mendline.resource.name"]

    @property
    def change(self) -> tuple[str, Any, Any]:
        before, after = (json.loads(self.attributes[f"mendline.change.{side}"]) for side in ("before", "after"))
        return self.attributes["mendline.change.kind"], before, after


@dataclass(frozen=True)
class Value:
    name: str
    unit: str
    kind: str
    attributes: dict[str, str]
    start_s: int
    end_s: int
    value: float
    resource: dict[str, str]


class Inbox:
    """Stands where the spool stands: takes exports, or refuses them while `failing` is set."""

    def __init__(self) -> None:
        self.exports: list[Export] = []
        self.failing: Exception | None = None

    def emit(self, exports: Sequence[Export]) -> None:
        if self.failing is not None:
            raise self.failing
        self.exports.extend(exports)

    def clear(self) -> None:
        self.exports.clear()

    def events(self, name: str = "") -> list[Event]:
        found = []
        for export in self.exports:
            if export.signal is Signal.LOGS:
                for group in ExportLogsServiceRequest.FromString(export.body).resource_logs:
                    for record in group.scope_logs[0].log_records:
                        found.append(
                            Event(
                                record.event_name,
                                _plain(group.resource.attributes),
                                _plain(record.attributes),
                                json.loads(record.body.string_value),
                                record.time_unix_nano,
                            )
                        )
        return [event for event in found if not name or event.name == name]

    def changes(self) -> list[tuple[str, tuple[str, Any, Any]]]:
        return [(event.thing, event.change) for event in self.events("mendline.configuration.changed")]

    def values(self) -> list[Value]:
        found = []
        for export in self.exports:
            if export.signal is Signal.METRICS:
                for group in ExportMetricsServiceRequest.FromString(export.body).resource_metrics:
                    for metric in group.scope_metrics[0].metrics:
                        kind = metric.WhichOneof("data")
                        for point in getattr(metric, kind).data_points:
                            found.append(
                                Value(
                                    metric.name,
                                    metric.unit,
                                    kind,
                                    _plain(point.attributes),
                                    point.start_time_unix_nano // 10**9,
                                    point.time_unix_nano // 10**9,
                                    point.as_double,
                                    _plain(group.resource.attributes),
                                )
                            )
        return found


def _plain(attributes: Any) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in attributes}
