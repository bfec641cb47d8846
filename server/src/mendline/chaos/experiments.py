"""The experiments of a project: kept, begun, stopped, and the switch that stops all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mendline.chaos.checked import checked_experiment
from mendline.errors import ForbiddenError, NotFoundError, UsageError
from mendline.model.experiment import Experiment, experiment_document, read_experiment
from mendline.model.experiment_run import OPEN, Run, RunState
from mendline.query import Checked
from mendline.store.state import (
    Halt,
    State,
    add_run,
    delete_document,
    find_halt,
    find_run,
    load_allotments,
    load_documents,
    load_runs,
    save_document,
    save_run,
    set_halt,
)

MOST_EXPERIMENTS, MOST_AT_ONCE = 1000, 3
KIND = "experiments"
_LATEST = timedelta(days=30)
_MOST_REASON = 500
NO_KEY = (
    "This server has no key to sign experiments with: set MENDLINE_CHAOS_KEY (16 characters or more) for the server"
    " and, the same, for the functions that take part."
)


@dataclass(frozen=True, slots=True)
class Experiments:
    """Those of one project. `ready`: the server has a key to sign them with; `changed` is called when one was begun or
    stopped. None begins in a function of which `stages_of` tells one of the `refused_stages`. Everything raises
    StateError where the state cannot be used."""

    state: State
    project: str
    ready: bool = False
    changed: Callable[[], None] = lambda: None
    refused_stages: tuple[str, ...] = ()
    stages_of: Callable[[str, datetime], Sequence[str]] = lambda function, now: ()

    def all(self) -> tuple[Experiment, ...]:
        """By name."""
        with self.state.reading() as connection:
            kept = load_documents(connection, KIND, self.project)
        return tuple(sorted((read_experiment(*one) for one in kept), key=lambda one: one.name.casefold()))

    def get(self, name: str) -> Experiment:
        """One of them. Raises NotFoundError."""
        with self.state.reading() as connection:
            return _named(load_documents(connection, KIND, self.project), name)

    def save(self, told: Mapping[str, Any], now: datetime, by: str, read: Callable[[str], Checked]) -> Experiment:
        """Keep one that the page or a request tells, new or changed. Raises UsageError."""
        experiment = checked_experiment(read_experiment(told, "ui"), read)
        with self.state.writing() as connection:
            names = {kept["name"] for kept, _ in load_documents(connection, KIND, self.project)}
            if len(names | {experiment.name}) > MOST_EXPERIMENTS:
                raise UsageError(f"There are {MOST_EXPERIMENTS:,} experiments, as many as there may be. Delete some.")
            receivers = {kept["name"] for kept, _ in load_documents(connection, "receivers", self.project)}
            unknown = [name for name in experiment.notify if name not in receivers]
            if unknown:
                raise UsageError(f"There is no receiver '{unknown[0]}'. Name one that there is, or none.")
            save_document(connection, KIND, self.project, experiment_document(experiment), "ui", now, by)
        return experiment

    def delete(self, name: str) -> None:
        """Forget one; its runs stay. Raises NotFoundError, UsageError while one of them goes on."""
        with self.state.writing() as connection:
            if load_runs(connection, self.project, experiment=name, states=OPEN, most=1):
                raise UsageError(f"'{name[:100]}' is scheduled or running; stop it first.")
            if not delete_document(connection, KIND, self.project, name):
                raise NotFoundError(f"There is no experiment '{name[:100]}'.")

    def begin(self, name: str, starts: datetime, now: datetime, by: str) -> Run:
        """Have one run from `starts` on, at the earliest now. Raises NotFoundError; UsageError where it must not."""
        self.require_stage(name, now)
        with self.state.writing() as connection:
            run = self.begin_within(connection, name, starts, now, by)
        self.changed()
        return run

    def begin_within(
        self, connection: Any, name: str, starts: datetime, now: datetime, by: str,
        *, alert_people: bool | None = None,
    ) -> Run:  # fmt: skip
        """`begin` as a part of a larger change, after which `changed` is to be called. `alert_people`: in the place of
        what the experiment says."""
        experiment, starts = _named(load_documents(connection, KIND, self.project), name), self.start_of(starts, now)
        if alert_people is not None:
            experiment = replace(experiment, alert_people=alert_people)
        if not self.ready:
            raise UsageError(NO_KEY)
        ends = starts + timedelta(seconds=experiment.duration_s)
        run = Run(0, experiment, RunState.SCHEDULED, starts, ends, now, by)
        self.require_no_halt(connection)
        going = load_runs(connection, self.project, states=OPEN)
        if any(one.experiment.name == name for one in going):
            raise UsageError(f"'{name[:100]}' is scheduled or running already.")
        function = experiment.target.function
        at_once = [one for one in going if one.experiment.target.function == function and _overlap(one, run)]
        if len(at_once) >= MOST_AT_ONCE:
            raise UsageError(f"{function} has {MOST_AT_ONCE} experiments at that time, as many as may be at once.")
        return replace(run, id=add_run(connection, self.project, run, now))

    def require_stage(self, name: str, now: datetime) -> None:
        """Raises ForbiddenError where an experiment would strike a stage in which none begins, NotFoundError."""
        function = self.get(name).target.function
        stages = self.stages_of(function, now) if self.refused_stages else ()
        refused = [stage for stage in stages if stage in self.refused_stages]
        if refused:
            raise ForbiddenError(
                f"{function} runs in the stage '{refused[0][:60]}'; no experiment begins there (chaos_refused_stages)."
            )
        if self.refused_stages and not stages:
            raise ForbiddenError(
                f"No stage is known of {function}; where some are refused (chaos_refused_stages), no experiment begins"
                " there. Have it tell deployment.environment.name, by OTEL_RESOURCE_ATTRIBUTES."
            )

    def start_of(self, starts: datetime, now: datetime) -> datetime:
        """When something begins that is to begin at `starts`. Raises UsageError where that is too far ahead."""
        if starts > now + _LATEST:
            raise UsageError(f"It would start in more than {_LATEST.days} days; choose an earlier time.")
        return max(starts, now)

    def require_no_halt(self, connection: Any) -> None:
        """Raises UsageError while all are stopped."""
        halt = find_halt(connection, self.project)
        if halt is not None:
            raise UsageError(f"All experiments are stopped since {halt.at:%Y-%m-%d %H:%M} UTC; end that first.")

    def stop(self, number: int, now: datetime, by: str, reason: str = "") -> Run:
        """Stop one that is scheduled or running; agents are told with their next request. Raises NotFoundError."""
        with self.state.writing() as connection:
            run = find_run(connection, self.project, number)
            if run is None:
                raise NotFoundError(f"There is no run {number} of an experiment.")
            stopped = stopped_run(run, now, reason.strip()[:_MOST_REASON] or f"stopped by {by or 'somebody'}")
            if stopped is not run:
                save_run(connection, stopped, now)
        self.changed()
        return stopped

    def stop_all(self, now: datetime, by: str, reason: str = "") -> Halt:
        """Stop all, and let none begin until `release`."""
        halt = Halt(now, by, reason.strip()[:_MOST_REASON])
        with self.state.writing() as connection:
            set_halt(connection, self.project, halt)
            for run in load_runs(connection, self.project, states=(RunState.SCHEDULED, RunState.RUNNING)):
                save_run(connection, stopped_run(run, now, halt.reason or "all experiments were stopped"), now)
        self.changed()
        return halt

    def release(self) -> None:
        """Let experiments begin again."""
        with self.state.writing() as connection:
            set_halt(connection, self.project, None)

    def halt(self) -> Halt | None:
        """Whether all are stopped."""
        with self.state.reading() as connection:
            return find_halt(connection, self.project)

    def run(self, number: int) -> Run:
        """One run. Raises NotFoundError."""
        with self.state.reading() as connection:
            found = find_run(connection, self.project, number)
        if found is None:
            raise NotFoundError(f"There is no run {number} of an experiment.")
        return found

    def environments(self, run: Run) -> int:
        """How many execution environments were ordered to take part."""
        with self.state.reading() as connection:
            return len(load_allotments(connection, run.id))

    def runs(self, experiment: str | None = None, most: int = 500) -> tuple[Run, ...]:
        """Of one experiment or of all, newest first."""
        with self.state.reading() as connection:
            return load_runs(connection, self.project, experiment=experiment, most=most)


def stopped_run(run: Run, now: datetime, reason: str, *, by_condition: bool = False) -> Run:
    """A run as it is once it was stopped before its time; itself where it was over already."""
    if run.state not in (RunState.SCHEDULED, RunState.RUNNING):
        return run
    begun = run.state is RunState.RUNNING or run.starts <= now  # agents heed the time, and wait for nobody here
    state = RunState.SETTLING if begun else RunState.ABORTED
    return replace(run, state=state, stopped=now, reason=reason, by_condition=by_condition)


def _named(kept: Iterable[tuple[Mapping[str, Any], str]], name: str) -> Experiment:
    found = next((read_experiment(*one) for one in kept if one[0]["name"] == name), None)
    if found is None:
        raise NotFoundError(f"There is no experiment '{name[:100]}'; the list of experiments has those there are.")
    return found


def _overlap(one: Run, other: Run) -> bool:
    return one.starts < other.ends and other.starts < one.ends
