"""A run of an experiment, from when it is scheduled to its score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from mendline.model.experiment import Experiment


class RunState(StrEnum):
    """Of a run. `settling`: it is over, and what comes after is still looked at; then it is finished or aborted."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    SETTLING = "settling"
    FINISHED = "finished"
    ABORTED = "aborted"


_EARLY = timedelta(seconds=60)
OPEN = (RunState.SCHEDULED, RunState.RUNNING, RunState.SETTLING)


@dataclass(frozen=True, slots=True)
class Run:
    """`experiment` is as it was when this was `ordered`. It injects from `starts` to `ends`, or until it was `stopped`
    because of `reason` (empty: its time was over), by whom `by_condition` or a person. `score` is there once it is
    over; `watched` is when the abort condition was evaluated last, `failures` how often in a row it could not be."""

    id: int
    experiment: Experiment
    state: RunState
    starts: datetime
    ends: datetime
    ordered: datetime
    by: str = ""
    stopped: datetime | None = None
    reason: str = ""
    by_condition: bool = False
    watched: datetime | None = None
    failures: int = 0
    score: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """Its id on the wire and on marked spans: exp-12."""
        return f"exp-{self.id}"

    @property
    def ordered_to_strike(self) -> bool:
        """Whether agents may have been told of it: not where it was stopped before its start."""
        return self.stopped is None or self.stopped > self.starts - _EARLY

    @property
    def over(self) -> datetime:
        """When it stopped to inject, or will."""
        return min(self.stopped or self.ends, self.ends)

    @property
    def settled(self) -> datetime:
        """When what comes after has been looked at for long enough."""
        return self.over + timedelta(seconds=self.experiment.after_s)

    def is_injecting(self, now: datetime) -> bool:
        """Whether agents are told of it: a little before its start, so that all begin in time."""
        return self.state in (RunState.SCHEDULED, RunState.RUNNING) and self.starts - _EARLY <= now < self.ends
