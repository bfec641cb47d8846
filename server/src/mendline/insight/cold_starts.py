"""Why a function started cold: what had happened just before each cold start."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mendline.insight.moments import range_parameters, to_ns
from mendline.model.cold_start import ColdStarts
from mendline.model.function import FunctionId
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

_BEFORE = timedelta(hours=1)


def cold_starts(store: TelemetryStore, function: FunctionId, time_range: TimeRange) -> tuple[ColdStarts, ...]:
    """Those of a function in the range by their cause, the most frequent first; what ran in the hour before the range
    is looked at too."""
    parameters = {
        **range_parameters(replace(time_range, start=time_range.start - _BEFORE)),
        "from_ns": to_ns(time_range.start),
        "account": function.account,
        "region": function.region,
        "name": function.name,
    }
    return tuple(ColdStarts(**row) for row in store.select("cold_starts", parameters))
