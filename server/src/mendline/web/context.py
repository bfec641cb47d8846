"""What the pages are given by the app."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from mendline.clock import Clock
from mendline.insight.boards import Boards
from mendline.insight.error_marks import ErrorMarks
from mendline.insight.saved_queries import SavedQueries
from mendline.store.contract import TelemetryStore
from mendline.web.server_facts import ServerFacts


@dataclass(frozen=True, slots=True)
class WebContext:
    """`otlp_endpoint` is where telemetry is taken, e.g. `http://127.0.0.1:4318`; `open_access` says that no keys
    exist, so that every request is admin and pages say so. `error_marks` keeps what people decide about errors,
    `boards` what they look at together, `saved` the queries that they saved. `server`: see there."""

    store: TelemetryStore
    clock: Clock
    version: str
    otlp_endpoint: str
    open_access: bool
    error_marks: ErrorMarks
    boards: Boards
    server: ServerFacts
    saved: SavedQueries | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether telemetry is taken from this machine alone."""
        host = urlsplit(self.otlp_endpoint).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")

    def seen_from(self, host: str | None) -> WebContext:
        """The same, for somebody who reached the pages under this name: where we listen on every address of the
        machine, telemetry can be sent to that name too, and never to 0.0.0.0."""
        address = urlsplit(self.otlp_endpoint)
        if not host or address.hostname not in ("0.0.0.0", "::"):  # noqa: S104 - it is compared with, not listened on
            return self
        name = f"[{host}]" if ":" in host else host
        return replace(self, otlp_endpoint=f"{address.scheme}://{name}:{address.port}")
