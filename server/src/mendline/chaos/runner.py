"""Begins experiments at their time, watches their abort condition, ends them, and scores them. One server at a time."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mendline.chaos.alarms import Alarms
from mendline.chaos.experiments import stopped_run
from mendline.chaos.scoring import score, unscored
from mendline.clock import Clock
from mendline.errors import MendlineError
from mendline.insight.answers import read
from mendline.insight.chaos_struck import functions_struck
from mendline.insight.evaluations import Marks, Question
from mendline.insight.standings import standings
from mendline.model.experiment_run import Run, RunState
from mendline.model.learning_mark import BY_EXPERIMENT, LEAVE_OUT, LearningMark
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore
from mendline.store.state import (
    State,
    add_learning_mark,
    find_run,
    forget_learning_marks,
    give_lease,
    load_runs,
    post_letter,
    save_run,
    take_lease,
)

WATCH_EVERY = timedelta(seconds=10)
MOST_FAILURES = 2
_LEASE, _LEASE_NAME = timedelta(seconds=30), "chaos"
_ARRIVES_WITHIN, _SCORED_WITHIN = timedelta(seconds=5), timedelta(minutes=10)
_LEARNED_OF = timedelta(days=100)  # nothing older is looked at
_LOOK_S = 1.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """A project in which experiments run; `advance` does what is due of its game days."""

    project: str
    store: TelemetryStore
    marks: Marks
    alarms: Alarms
    advance: Callable[[datetime], None] = lambda now: None


class Runner:
    """Two threads, from `start` to `stop`: one begins, watches and ends, and never waits for the other, which scores.
    `tick` does one round of both at once. `changed` is called when something begins or ends; `base_url` is where the
    pages are."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        grounds: Callable[[], Iterable[Ground]],
        changed: Callable[[], None] = lambda: None,
        base_url: str = "",
    ) -> None:
        self._state, self._clock, self._grounds, self._changed = state, clock, grounds, changed
        self._base_url = base_url
        self._holder = secrets.token_hex(8)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"chaos-{work.__name__.strip('_')}", args=(work,), daemon=True)
            for work in (self._watch, self._score)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, after what is being done just now; experiments go on to their time."""
        self._stopping.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=20)
        try:
            with self._state.writing() as connection:
                give_lease(connection, _LEASE_NAME, self._holder)
        except MendlineError as error:
            log.warning("Another server can watch experiments in %d s only: %s", _LEASE.seconds, error.message)

    def tick(self) -> None:
        """Whatever is due now, in every project."""
        self._watch()
        self._score()

    def _run(self, work: Callable[[], None]) -> None:
        while not self._stopping.wait(_LOOK_S):
            try:
                work()
            except MendlineError as error:
                log.warning("Experiments: %s", error.message)
            except Exception:
                log.exception("Watching experiments failed; it goes on.")

    def _watch(self) -> None:
        for ground in self._grounds():
            ground.advance(self._clock.now())
        for ground, run in self._open(RunState.SCHEDULED, RunState.RUNNING):
            now = self._clock.now()
            begun = run
            if run.state is RunState.SCHEDULED and run.starts <= now:
                begun = self._keep(ground, run, replace(run, state=RunState.RUNNING), now)
            if begun.state is RunState.RUNNING:
                self._keep(ground, begun, self._watched(ground, begun, now), now)

    def _score(self) -> None:
        for ground, run in self._open(RunState.SETTLING):
            now = self._clock.now()
            if now >= run.settled + _ARRIVES_WITHIN and not self._stopping.is_set():
                kept = self._keep(ground, run, self._scored(ground, run, now), now)
                if kept.state is not run.state:
                    self._leave_out_others(ground, kept, now)

    def _open(self, *states: RunState) -> list[tuple[Ground, Run]]:
        """The runs in these states; none where there is none, or another server looks after them."""
        found = []
        for ground in self._grounds():
            with self._state.reading() as connection:
                found += [(ground, run) for run in load_runs(connection, ground.project, states=states)]
        if not found:
            return []
        now = self._clock.now()
        with self._state.writing() as connection:
            return found if take_lease(connection, _LEASE_NAME, self._holder, now, now + _LEASE) else []

    def _watched(self, ground: Ground, run: Run, now: datetime) -> Run:
        if now >= run.ends:
            return replace(run, state=RunState.SETTLING)
        if run.watched is not None and timedelta() <= now - run.watched < WATCH_EVERY:
            return run
        try:
            holds = self._is_too_much(ground, run, now)
        except MendlineError as error:
            failures = run.failures + 1
            if failures >= MOST_FAILURES:
                return stopped_run(run, now, f"the abort condition cannot be evaluated: {error.message}")
            return replace(run, watched=now, failures=failures)
        if holds is not None:
            said = f"its abort condition held{f' for {holds}' if holds else ''}: {run.experiment.abort}"
            return stopped_run(run, now, said, by_condition=True)
        return replace(run, watched=now, failures=0)

    def _is_too_much(self, ground: Ground, run: Run, now: datetime) -> str | None:
        """The group for which the abort condition holds; None for none."""
        asked = read(ground.store, run.experiment.abort, now).plan
        question = Question("", TimeRange(now - timedelta(hours=1), now), now, marks=ground.marks)
        holding = [one for one in standings(ground.store, asked, question) if one.enough]
        return " · ".join(map(str, holding[0].keys)) if holding else None

    def _scored(self, ground: Ground, run: Run, now: datetime) -> Run:
        state = RunState.FINISHED if run.stopped is None else RunState.ABORTED
        try:
            told = score(ground.store, run, ground.alarms, ground.marks, now)
        except MendlineError as error:
            if now < run.settled + _SCORED_WITHIN:
                log.warning("%s cannot be scored yet: %s", run.tag, error.message)
                return run
            told = unscored(error.message)
        return replace(run, state=state, score=told)

    def _leave_out_others(self, ground: Ground, run: Run, now: datetime) -> None:
        """Nor is anything learned of the functions that called the struck one, or came after it."""
        around = TimeRange(run.starts - timedelta(minutes=16), max(run.settled, now))
        try:
            names = functions_struck(ground.store, run.tag, around)
        except MendlineError as error:
            log.warning("Who took part in what %s struck is not known: %s", run.tag, error.message)
            return
        with self._state.writing() as connection:
            for name in names:
                if name != run.experiment.target.function:
                    add_learning_mark(connection, ground.project, _mark_of(run, name, now))

    def _keep(self, ground: Ground, before: Run, run: Run, now: datetime) -> Run:
        """Keep what changed, unless people changed it meanwhile: then as they did."""
        if run == before:
            return run
        with self._state.writing() as connection:
            kept = find_run(connection, ground.project, run.id)
            if kept is None or kept.state is not before.state:
                return kept or before
            save_run(connection, run, now)
            if run.state is not before.state:
                self._tell(connection, ground.project, run, now)
            if run.state is RunState.RUNNING and before.state is not RunState.RUNNING:
                _leave_out(connection, ground.project, run, now)
        if run.state is not before.state:
            self._changed()
        return run

    def _tell(self, connection: Any, project: str, run: Run, now: datetime) -> None:
        """Receivers that the experiment names are told that it begins, and what came of it, and why
        it was stopped before its time."""
        if run.state is RunState.SETTLING and run.stopped is None:
            return  # what came of it follows
        name, said = run.experiment.name, run.score.get("lines", ())
        what = {RunState.RUNNING: "begins", RunState.SETTLING: "was stopped"}.get(run.state, f"is {run.state.value}")
        words = f"{run.experiment.words}, until {run.ends:%H:%M:%S} UTC."
        message = {
            "thread": f"{project}-experiment-{run.id}",
            "title": f"Experiment {what}: {name}",
            "severity": "info",
            "text": "\n".join(said) or run.reason or words,
            "url": f"{self._base_url}/experiments/runs/{run.id}",
            "content": {"project": project, "severity": "info", "functions": [run.experiment.target.function]},
        }
        for receiver in run.experiment.notify:
            key = f"{project}-experiment-{run.id}-{run.state.value}"
            post_letter(connection, project, None, receiver, "experiment", key, now, now, {"message": message})


def _leave_out(connection: Any, project: str, run: Run, now: datetime) -> None:
    """Nothing is learned as usual of the function while it is struck; marks of runs long ago are of no use."""
    forget_learning_marks(connection, project, BY_EXPERIMENT, now - _LEARNED_OF)
    add_learning_mark(connection, project, _mark_of(run, run.experiment.target.function, now))


def _mark_of(run: Run, function: str, now: datetime) -> LearningMark:
    by = f"{BY_EXPERIMENT}{run.tag}"
    return LearningMark(LEAVE_OUT, function, run.starts, run.settled, run.experiment.name, now, by)
