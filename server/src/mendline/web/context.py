"""What the pages are given by the app."""

from __future__ import annotations

from dataclasses import dataclass

from mendline.clock import Clock
from mendline.store.contract import TelemetryStore


@dataclass(frozen=True, slots=True)
class WebContext:
    """`otlp_endpoint` is where telemetry is taken, e.g. `http://127.0.0.1:4318`; `open_access` says that no keys
    exist, so that every request is admin and pages say so."""

    store: TelemetryStore
    clock: Clock
    version: str
    otlp_endpoint: str
    open_access: bool
