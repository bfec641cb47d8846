"""The readers of one source in one region, with their files below the data directory."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from mendline.aws.calls import Calls
from mendline.aws.inventory import Inventory
from mendline.aws.log_group import Convert
from mendline.aws.logs import Logs
from mendline.aws.metrics import Metrics
from mendline.aws.progress import Emit, Progress
from mendline.aws.series import wanted_series
from mendline.aws.sessions import Sessions
from mendline.aws.sources import Pace, Source
from mendline.aws.status import Status
from mendline.clock import Clock


class Region:
    """Reads configuration, metrics and logs of one region; `status` says how that goes."""

    def __init__(
        self,
        source: Source,
        region: str,
        pace: Pace,
        folder: Path,
        *,
        sessions: Sessions,
        stopping: threading.Event,
        emit: Emit,
        convert: Convert,
        clock: Clock,
        random_hex: Callable[[int], str],
    ) -> None:
        self.status = Status(f"{source.name} in {region}")
        self._calls = Calls(sessions, region, self.status, stopping, calls_per_second=pace.calls_per_second)
        self._every_s = pace.metrics_s
        own = folder / source.name / region
        self._inventory = Inventory(
            self._calls,
            Progress(own / "configuration.json", emit),
            clock,
            details_s=pace.details_s,
            random_hex=random_hex,
        )
        self._metrics = Metrics(
            self._calls, Progress(own / "metrics.json", emit), clock, period_s=pace.metrics_period_s
        )
        self._logs = Logs(
            source, self._calls, lambda name: Progress(own / "logs" / f"{name}.json", emit), clock, convert
        )

    def read_configuration(self) -> bool:
        """One pass over functions, queues, streams and tables; whether the next should be soon."""
        self._calls.begin_pass()
        more = self._inventory.read()
        counts = Counter(thing.type for thing in self._inventory.things())
        seen = ", ".join(f"{number} {type_}" for type_, number in sorted(counts.items()))
        self.status.note("configuration", f"known: {seen or 'nothing'}.")
        return more

    def read_metrics(self) -> bool:
        """One pass over the metrics of what there is; the next is in time."""
        self._calls.begin_pass()
        wanted = wanted_series(self._inventory.things())
        self._metrics.note_costs(wanted, self._every_s)
        self._metrics.read(wanted)
        return False

    def read_logs(self) -> bool:
        """One pass over the log groups; the next is in time."""
        self._calls.begin_pass()
        self._logs.read(self._inventory.things())
        return False
