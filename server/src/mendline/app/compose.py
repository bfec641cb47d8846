"""A server put together from its settings, and taken apart again in the right order."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mendline.access import Access, SignIn, Tries, is_loopback
from mendline.alerting.delivery import Delivery
from mendline.alerting.diagnosis import found_causes
from mendline.alerting.evaluator import Evaluator, Watched
from mendline.alerting.incidents import Incidents
from mendline.alerting.policies import Policies
from mendline.api.health import data_id
from mendline.api.workers import Workers
from mendline.app.agent_configs import AgentConfigs
from mendline.app.aws_reading import start_reading
from mendline.app.aws_removing import QueuesReached
from mendline.app.finding_watch import FindingWatch
from mendline.app.housekeeping import Housekeeping
from mendline.app.own_rules import OwnRules
from mendline.app.projects import Project, Projects, last_stored, spool_of
from mendline.app.unclassified import Unclassified
from mendline.chaos.alarms import Alarms
from mendline.chaos.experiments import Experiments
from mendline.chaos.game_days import GameDays
from mendline.chaos.orders import Orders
from mendline.chaos.runner import Ground, Runner
from mendline.clock import Clock, HeldClock, SystemClock
from mendline.ingest.admission import Admission
from mendline.ingest.cardinality import Cardinality
from mendline.ingest.counters import Counters
from mendline.ingest.disk import Disk
from mendline.ingest.quarantine import Quarantine
from mendline.ingest.rates import Rates
from mendline.ingest.receive import Bounds, Receiver
from mendline.ingest.redact import Rules
from mendline.ingest.spool import Spool
from mendline.ingest.writer import Writer
from mendline.insight.findings import Looked
from mendline.insight.keeping import Keeping
from mendline.insight.learning import Learning
from mendline.insight.receipts import last_received
from mendline.insight.removals import Removing
from mendline.insight.sizes import table_sizes
from mendline.insight.stages import stages_of
from mendline.insight.unstruck import unstruck
from mendline.model.incident import Incident
from mendline.model.receipt import Receipt
from mendline.model.table_size import TableSize
from mendline.model.timerange import TimeRange
from mendline.settings import Settings
from mendline.store import ClickHouseStore, DataLock, Retention
from mendline.store.contract import TelemetryStore
from mendline.store.state import DEFAULT_PROJECT, State, open_state
from mendline.web import Redacted

if TYPE_CHECKING:
    from mendline.aws.scheduler import AwsReaders


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of a running server that outlive a request."""

    projects: Projects
    counters: Counters
    admission: Admission
    bounds: Bounds
    clock: Clock
    access: Access
    sign_in: SignIn
    agent_configs: AgentConfigs
    orders: Orders
    experiments: Callable[[Project], Experiments]
    runner: Runner
    data_id: str
    retention: Retention
    redacted: Redacted = field(default_factory=lambda: Redacted(True))
    public: bool = False
    allowed_hosts: frozenset[str] = frozenset()
    workers: Workers = field(default_factory=Workers)
    readers: AwsReaders | None = None
    evaluator: Evaluator | None = None
    base_url: str = ""
    housekeeping: Housekeeping | None = None
    finding_watch: FindingWatch | None = None
    removed_folder: Path = Path("removed")
    later_readers: list[AwsReaders] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def all_readers(self) -> tuple[AwsReaders, ...]:
        """Those that the settings name, and those that were started since."""
        return (*([self.readers] if self.readers else ()), *self.later_readers)

    def removing(self) -> Removing:
        """What takes messages out of queues in the accounts that are read."""
        return Removing(QueuesReached(self.removed_folder, self.all_readers, self.clock))

    def newest_look(self, project: str) -> Looked | None:
        """What was found in a project when it was looked for last."""
        return self.finding_watch.newest(project) if self.finding_watch else None

    def stop_later_readers(self) -> None:
        """Before what they read goes away."""
        for readers in self.later_readers:
            readers.stop()

    def close(self) -> None:
        """Stop reading and writing, then let go of spools, stores and state."""
        self.runner.stop()
        if self.evaluator:
            self.evaluator.stop()
        if self.housekeeping:
            self.housekeeping.stop()
        if self.finding_watch:
            self.finding_watch.stop()
        for readers in self.all_readers():
            readers.stop()
        self.projects.close()
        self.access.close()
        self.access.state.close()


_Beside = TypeVar("_Beside", Housekeeping, FindingWatch)


def open_parts(settings: Settings, clock: Clock | None = None, *, public: bool = False, web_url: str = "") -> Running:
    """Open the store and the spool of each project that has something to store. The caller holds the DataLock.
    `web_url` is where the pages are. What cannot be opened as a whole is closed again: an engine that is at work when
    the process ends takes it down."""
    with contextlib.ExitStack() as undo:
        running = _open_parts(settings, clock or SystemClock(), undo, public=public, web_url=web_url)
        undo.pop_all()
        undo.callback(running.close)
        readers = start_reading(settings, running.projects, running.counters, running.clock)
        undo.pop_all()
        return replace(running, readers=readers)


def _open_parts(settings: Settings, clock: Clock, undo: contextlib.ExitStack, *, public: bool, web_url: str) -> Running:
    everywhere = Rules.from_settings(settings.redact, settings.redact_extra_keys)
    access = _access(settings, clock, public=public)
    undo.callback(access.state.close)
    undo.callback(access.close)
    disk = Disk(settings.data, settings.disk_floor_bytes)
    counters = _counters(settings)
    admission = Admission(settings.max_bytes_in_hand)
    bounds = Bounds(settings.max_request_bytes, settings.max_inflated_bytes, settings.max_records)
    rates = Rates(settings.rate_per_key, clock)
    agent_configs = AgentConfigs(access.state, clock)
    rules = OwnRules(everywhere, lambda name: agent_configs.of(name).redact_keys)
    retention = _retention(settings)

    def observe(statement: str, seconds: float) -> None:
        counters.query_seconds.labels(statement).observe(seconds)

    def open_project(name: str) -> Project:
        store = _open_store(settings, name, Keeping(access.state, name, retention, clock).in_force(), observe=observe)
        folder = spool_of(settings.data, name)
        spool = Spool(folder, clock, most_bytes=settings.spool_max_bytes, disk=disk, begun=store.last_batch())
        if spool.journal.open_batch is None:  # else at the next start: what is repeated has to be known
            store.renew()
        quarantine = Quarantine(folder / "quarantine")
        writer = Writer(spool, store, counters, quarantine)
        writer.start()
        door = Receiver(spool, counters, admission, rates, partial(rules.of, name), bounds, clock, Cardinality(clock))
        return Project(name, store, spool, quarantine, writer, door)

    projects = Projects(open_project)
    undo.callback(projects.close)
    projects.get(DEFAULT_PROJECT)
    projects.open_left_behind(settings.data)
    _watch(counters, projects, settings, clock)
    base_url = settings.public_url.rstrip("/") or web_url
    orders = Orders(access.state, clock, settings.chaos_key.encode())
    experiments = _experiments_of(settings, access.state, orders)
    return Running(
        evaluator=_evaluator(access.state, clock, projects, base_url, counters),
        base_url=base_url,
        projects=projects,
        counters=counters,
        admission=admission,
        bounds=bounds,
        clock=clock,
        access=access,
        sign_in=SignIn(access, Tries()),
        agent_configs=agent_configs,
        orders=orders,
        experiments=experiments,
        runner=_runner(access.state, clock, projects, experiments, orders.forget, base_url),
        data_id=data_id(settings.data),
        retention=retention,
        redacted=Redacted(everywhere.enabled, everywhere.extra_keys, counters.replaced_secrets),
        public=public,
        allowed_hosts=_names(settings.allowed_hosts),
        removed_folder=settings.data / "removed",
        housekeeping=_started(Housekeeping(projects, clock, disk)),
        finding_watch=_finding_watch(access.state, projects, clock),
    )


def _finding_watch(state: State, projects: Projects, clock: Clock) -> FindingWatch:
    """Of a clock that is moved by hand, each move looks at what is sudden, and at nothing else."""

    def looked_at(project: Project, time_range: TimeRange) -> TelemetryStore:
        return unstruck(project.store, state, project.name, time_range, only_quiet=True)

    watch = FindingWatch(projects, clock, looked_at)
    return watch if isinstance(clock, HeldClock) else _started(watch)


def _access(settings: Settings, clock: Clock, *, public: bool) -> Access:
    return Access(
        open_state(settings.data, clock.now()),
        clock,
        loopback=public or is_loopback(settings.host),  # of a public server only the pages are beyond it
        required=settings.auth == "required",
    )


def _counters(settings: Settings) -> Counters:
    counters = Counters()
    before = last_stored(settings.data)
    counters.last_received.set(before.timestamp() if before else 0)
    return counters


def _started(beside: _Beside) -> _Beside:
    beside.start()
    return beside


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in text.split(",") if name.strip())


def _evaluator(state: State, clock: Clock, projects: Projects, base_url: str, counters: Counters) -> Evaluator:
    """Of a clock that is moved by hand, each move is a round."""

    def watched() -> list[Watched]:
        return [Watched(one.name, one.store, Learning(state, one.name).marks) for one in projects.opened()]

    evaluator = Evaluator(state, clock, watched, Delivery(state, clock, lambda: base_url))
    counters.watch(
        "mendline_failing_policies",
        "Policies that cannot be evaluated, so that what they would say is unknown.",
        lambda: sum(len(evaluator.failing(project.name)) for project in projects.opened()),
    )
    evaluator.resume()
    if not isinstance(clock, HeldClock):
        evaluator.start()
    return evaluator


def _experiments_of(settings: Settings, state: State, orders: Orders) -> Callable[[Project], Experiments]:
    refused = tuple(one.strip() for one in settings.chaos_refused_stages.split(",") if one.strip())

    def of(project: Project) -> Experiments:
        stages = partial(stages_of, project.store)
        return Experiments(state, project.name, orders.ready, orders.forget, refused, stages)

    return of


def _runner(
    state: State, clock: Clock, projects: Projects, experiments: Callable[[Project], Experiments],
    changed: Callable[[], None], base_url: str,
) -> Runner:  # fmt: skip
    def ground(project: Project) -> Ground:
        def incidents(start: datetime, end: datetime) -> Sequence[Incident]:
            return Incidents(state, project.name).between(start, end)

        alarms = Alarms(Policies(state, project.name).all, incidents, partial(found_causes, project.store))
        days = GameDays(experiments(project))
        return Ground(project.name, project.store, Learning(state, project.name).marks, alarms, days.advance)

    runner = Runner(state, clock, lambda: map(ground, projects.opened()), changed, base_url)
    if not isinstance(clock, HeldClock):
        runner.start()
    return runner


def look_into(settings: Settings) -> tuple[Receipt, tuple[TableSize, ...]]:
    """What the store of the default project holds, for a command that runs while no server does.

    Raises StoreLockedError when one does, StoreError.
    """
    with (
        contextlib.closing(DataLock(settings.data)),
        contextlib.closing(_open_store(settings, DEFAULT_PROJECT, _retention(settings))) as store,
    ):
        return last_received(store), table_sizes(store)


def _open_store(settings: Settings, project: str, retention: Retention, **options: Any) -> ClickHouseStore:
    options["retention"] = retention
    if settings.store == "chdb":
        return ClickHouseStore.embedded(settings.data, project, **options)
    return ClickHouseStore(settings.store, project, **options)


def _watch(counters: Counters, projects: Projects, settings: Settings, clock: Clock) -> None:
    def age() -> float:
        waiting = [oldest for project in projects.opened() if (oldest := project.spool.oldest_ns())]
        return max(0.0, clock.now().timestamp() - min(waiting) / 1e9) if waiting else 0.0

    watch = counters.watch
    watch(
        "mendline_spool_bytes",
        "Bytes acknowledged and not yet stored.",
        lambda: sum(project.spool.pending_bytes for project in projects.opened()),
    )
    watch(
        "mendline_unclassified_errors",
        "Errors in the store whose kind nobody knows.",
        Unclassified(projects, clock).count,
    )
    watch("mendline_spool_age_seconds", "Age of the oldest request that is not yet stored.", age)
    watch(
        "mendline_spool_damaged_files",
        "Files of the spool (segments, journal, digests) found damaged since the start, or no files of it.",
        lambda: sum(project.spool.damaged_files for project in projects.opened()),
    )
    watch(
        "mendline_quarantined",
        "Things in the quarantine: what came and can never be stored.",
        lambda: sum(project.quarantine.things for project in projects.opened()),
    )
    watch(
        "mendline_disk_free_bytes",
        "Free space where the data lies.",
        lambda: shutil.disk_usage(settings.data).free,
    )


def _retention(settings: Settings) -> Retention:
    everything = settings.retention_days
    return Retention(
        settings.retention_traces_days or everything,
        settings.retention_logs_days or everything,
        settings.retention_metrics_days or everything,
    )
