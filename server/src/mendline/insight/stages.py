"""In which stages a function runs, as its telemetry names them."""

from __future__ import annotations

from datetime import datetime, timedelta

from mendline.store.contract import TelemetryStore

_LOOKED_BACK = timedelta(days=7)


def stages_of(store: TelemetryStore, function: str, now: datetime) -> tuple[str, ...]:
    """The stages (`deployment.environment.name`) of the last week, newest first; a name may run in several."""
    since_s = int((now - _LOOKED_BACK).timestamp())
    return tuple(row["stage"] for row in store.select("stages", {"name": function, "since_s": since_s}))
