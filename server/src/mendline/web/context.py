"""What the pages are given by the app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from mendline.alerting.incidents import Incidents
from mendline.chaos.experiments import Experiments
from mendline.clock import Clock
from mendline.insight.boards import Boards
from mendline.insight.error_marks import ErrorMarks
from mendline.insight.evaluations import Question
from mendline.insight.findings import Looked
from mendline.insight.learning import Learning
from mendline.insight.removals import Removing
from mendline.insight.saved_queries import SavedQueries
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore
from mendline.web.server_facts import ServerFacts


def never_looked() -> None:
    """Where nobody looks for findings every few minutes."""


@dataclass(frozen=True, slots=True)
class WebContext:
    """`otlp_endpoint` is where telemetry is taken, e.g. `http://127.0.0.1:4318`; `open_access` says that no keys exist,
    so that every request is admin and pages say so. `error_marks` keeps what people decide about errors, `boards`
    what they look at together, `learning` what they say of what is usual, `saved` the queries that they saved.
    `incidents` are what alerting found, `experiments` what is broken on purpose, `failing` the policies that
    cannot be evaluated, with what keeps them from it; `removing` takes messages out of queues, `looked` tells what
    was found last. `server`: see there."""

    store: TelemetryStore
    clock: Clock
    version: str
    otlp_endpoint: str
    open_access: bool
    error_marks: ErrorMarks
    boards: Boards
    learning: Learning
    server: ServerFacts
    incidents: Incidents
    experiments: Experiments
    saved: SavedQueries | None = None
    removing: Removing = field(default_factory=Removing)
    failing: Callable[[], Mapping[str, str]] = dict
    looked: Callable[[], Looked | None] = never_looked

    @property
    def is_loopback(self) -> bool:
        """Whether telemetry is taken from this machine alone."""
        host = urlsplit(self.otlp_endpoint).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")

    def question(self, text: str, time_range: TimeRange, *, limit: int | None = None, offset: int = 0) -> Question:
        """A query over a range, asked now, that heeds what people say of what is usual."""
        return Question(text, time_range, self.clock.now(), limit=limit, offset=offset, marks=self.learning.marks)

    def seen_from(self, host: str | None) -> WebContext:
        """The same, for somebody who reached the pages under this name: where we listen on every address of the
        machine, telemetry can be sent to that name too, and never to 0.0.0.0."""
        address = urlsplit(self.otlp_endpoint)
        if not host or address.hostname not in ("0.0.0.0", "::"):  # noqa: S104 - it is compared with, not listened on
            return self
        name = f"[{host}]" if ":" in host else host
        return replace(self, otlp_endpoint=f"{address.scheme}://{name}:{address.port}")
