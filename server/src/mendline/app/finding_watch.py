"""What was found is written down every five minutes, as log records, and every minute what is sudden: so that it can be
searched, charted and alerted on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber

from mendline.app.projects import Project, Projects
from mendline.clock import Clock
from mendline.errors import MendlineError
from mendline.insight.findings import LOOK_EVERY, Looked, list_findings
from mendline.insight.sudden import LOOK_EVERY as SUDDEN_EVERY
from mendline.insight.sudden import range_of_sudden, sudden_findings
from mendline.model.finding import Finding
from mendline.model.signal import Export, Signal
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

LOOKED_AT = timedelta(hours=1)
_FIRST_AFTER_S = 15.0
EVENT = "mendline.finding"
_LEAST_PAUSES = 20  # times as long as a look at the last minutes takes, until the next
log = logging.getLogger(__name__)


LookedAt = Callable[[Project, TimeRange], TelemetryStore]


def _all(project: Project, time_range: TimeRange) -> TelemetryStore:
    return project.store


class FindingWatch:
    """A thread of its own, from `start` to `stop`. `looked_at` says what of a project is looked at in a range."""

    def __init__(self, projects: Projects, clock: Clock, looked_at: LookedAt = _all) -> None:
        self._projects, self._clock, self._looked_at = projects, clock, looked_at
        self._looked: dict[str, Looked] = {}
        self._sudden: datetime | None = None
        self._hour: datetime | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="finding-watch", daemon=True)

    def start(self) -> None:
        """Begin; the first look, which pages show and which is not written down, is some seconds later."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what is being done just now."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def newest(self, project: str) -> Looked | None:
        """What the newest look found in a project; None before the first."""
        return self._looked.get(project)

    def look_if_due(self) -> None:
        """Look at the last minutes where a minute has gone by since that was done, and at the last hour where an hour
        has: where time is moved by hand."""
        now = self._clock.now()
        if self._sudden is None or now - self._sudden >= SUDDEN_EVERY:
            self._sudden = now
            self.look_at_sudden()
        if self._hour is None or now - self._hour >= LOOKED_AT:
            self._hour = now
            self.look()

    def look_at_sudden(self) -> None:
        """Look at the last minutes of every open project. What fails is looked at again in a minute."""
        self._each(self._write_sudden)

    def look(self) -> None:
        """Look at the last hour of every open project. What fails is looked at again in five minutes."""
        self._each(self._write)

    def first_look(self) -> None:
        """Only for pages, so that the first that is asked for need not look by itself."""
        self._each(self._find)

    def _each(self, act: Callable[[Project], object]) -> None:
        for project in self._projects.opened():
            try:
                act(project)
            except MendlineError as error:
                log.warning("Project %s: findings could not be looked for: %s", project.name, error.message)

    def _find(self, project: Project) -> Looked:
        now = self._clock.now()
        hour = TimeRange(now - LOOKED_AT, now)
        looked = Looked(list_findings(self._looked_at(project, hour), hour, now), now)
        self._looked[project.name] = looked
        return looked

    def _write(self, project: Project) -> None:
        looked = self._find(project)
        self._keep(project, looked.findings.found, looked.at)

    def _write_sudden(self, project: Project) -> None:
        now = self._clock.now()
        self._keep(project, sudden_findings(self._looked_at(project, range_of_sudden(now)), now), now)

    def _keep(self, project: Project, found: Sequence[Finding], now: datetime) -> None:
        for accepted in project.receiver.accept_exports(findings_to_exports(found, now)):
            if accepted.durable is not None:
                accepted.durable.result()

    def _run(self) -> None:
        if not self._stopping.wait(_FIRST_AFTER_S):
            self.first_look()
        looked = time.monotonic()
        pause_s = SUDDEN_EVERY.total_seconds()
        while not self._stopping.wait(pause_s):
            began = time.monotonic()
            self.look_at_sudden()
            took_s = time.monotonic() - began
            pause_s = max(SUDDEN_EVERY.total_seconds(), _LEAST_PAUSES * took_s)
            if time.monotonic() - looked >= LOOK_EVERY.total_seconds():
                looked = time.monotonic()
                self.look()


def findings_to_exports(findings: Sequence[Finding], now: datetime) -> list[Export]:
    """A log export request with a record for each, of the function that it is about; none of none."""
    if not findings:
        return []
    request = ExportLogsServiceRequest()
    at_ns = round(now.timestamp() * 1e9)
    for one in findings:
        group = request.resource_logs.add()
        named = {"service.name": one.function, "faas.name": one.function} if one.function else {}
        group.resource.attributes.extend(_pairs(named))
        scope = group.scope_logs.add()
        scope.scope.name = "mendline.findings"
        record = scope.log_records.add(
            time_unix_nano=at_ns,
            observed_time_unix_nano=at_ns,
            severity_number=SeverityNumber.SEVERITY_NUMBER_WARN,
            severity_text="WARN",
            event_name=EVENT,
        )
        record.body.string_value = one.text
        record.attributes.extend(_pairs(_attributes(one)))
    return [Export(Signal.LOGS, request.SerializeToString())]


def _attributes(one: Finding) -> dict[str, str]:
    told = {
        "finding": one.what, "finding.kind": one.kind, "finding.owner": one.owner, "finding.id": one.key,
        "finding.confidence": one.confidence, "finding.count": str(one.count), "finding.resource": one.resource,
        "finding.next_step": one.next_step,
    }  # fmt: skip
    if one.cost_usd is not None:
        told["finding.cost_usd"] = repr(one.cost_usd)
    if one.since is not None:
        told["finding.since"] = one.since.isoformat()
    return {f"mendline.{name}": value for name, value in told.items() if value}


def _pairs(told: dict[str, str]) -> Iterable[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in told.items()]
