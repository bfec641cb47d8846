"""The configuration of a function as it was last seen."""

from __future__ import annotations

from datetime import datetime, timedelta

from mendline.insight.moments import from_ns, to_ns
from mendline.model.configuration import Configuration, facts_of
from mendline.model.function import FunctionId
from mendline.store.contract import TelemetryStore

_LOOKED_BACK = timedelta(days=30)


def function_configuration(store: TelemetryStore, function: FunctionId, now: datetime) -> Configuration | None:
    """What AWS told of a function in the last 30 days, at the newest; None where nothing did."""
    parameters = {"functions": [function.name], "queues": [], "all": False, "start_ns": to_ns(now - _LOOKED_BACK)}
    for row in store.select("configurations", parameters):
        same_place = function.account in ("", row["account"]) and function.region in ("", row["region"])
        if row["type"] == "lambda" and row["name"] == function.name and same_place:
            return Configuration(from_ns(row["time_ns"]), facts_of(row["body"]))
    return None
