"""The resources and scopes that telemetry came from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from mendline.model.function import FunctionId
from mendline.model.origin import Resource, Scope
from mendline.model.otlp_value import readable_values, types_of
from mendline.model.trace import Span, Trace
from mendline.store.contract import TelemetryStore


class _Told(Protocol):
    @property
    def resource_id(self) -> str: ...


def resources_of(store: TelemetryStore, told: Iterable[_Told]) -> dict[str, Resource]:
    """The resources of spans, log records or points, by the `resource_id` that these name."""
    wanted = sorted({int(item.resource_id) for item in told})
    rows = store.select("resources", {"resource_ids": wanted}) if wanted else []
    return {
        row["resource_id"]: Resource(
            attributes=readable_values(row["attributes"]),
            attribute_types=types_of(row["attribute_types"]),
            schema_url=row["schema_url"],
            dropped_attributes=row["dropped_attributes"],
        )
        for row in rows
    }


def scope_of(row: Mapping[str, Any]) -> Scope:
    """The scope of a stored row, from its columns `scope_name`, `scope_version` and `scope_details`."""
    return _scope(row["scope_name"], row["scope_version"], row["scope_details"])


@lru_cache(1024)
def _scope(name: str, version: str, details: str) -> Scope:
    told = json.loads(details) if details else {}
    return Scope(
        name=name,
        version=version,
        attributes=readable_values(told.get("attributes", {})),
        attribute_types=types_of(told.get("attribute_types", "")),
        schema_url=told.get("schema_url", ""),
        dropped_attributes=told.get("dropped_attributes", 0),
    )


def function_of(span: Span, trace: Trace) -> FunctionId:
    """The function that a span is an invocation of: its place is told by the resource, else by the ARN in it."""
    told: Mapping[str, str] = (
        trace.resources[span.resource_id].attributes if span.resource_id in trace.resources else {}
    )
    arn = [*told.get("cloud.resource_id", "").split(":"), *([""] * 5)]
    return FunctionId(told.get("cloud.account.id") or arn[4], told.get("cloud.region") or arn[3], span.function)
