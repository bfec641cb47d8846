"""A game day as it is played: how far it is, and what people and Mendline did and saw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mendline.model.experiment_run import OPEN, Run
from mendline.model.game_day import GameDay, Step


class GameDayState(StrEnum):
    """Of a game day. `waiting`: for somebody to say that it is to go on."""

    SCHEDULED = "scheduled"
    GOING = "going on"
    WAITING = "waiting"
    FINISHED = "finished"
    STOPPED = "stopped"


ONGOING = (GameDayState.SCHEDULED, GameDayState.GOING, GameDayState.WAITING)
SKIPPED = 0
NOTE, DID, SAW = "note", "did", "saw"


@dataclass(frozen=True, slots=True)
class GameDayRun:
    """`day` is as it was when this was begun. `runs` are the runs of its experiments so far, by step (0: left out);
    `due` is when the next begins (None while one goes on, or people are waited for); `reason` says why people are
    waited for, or why it was stopped."""

    id: int
    day: GameDay
    state: GameDayState
    starts: datetime
    ordered: datetime
    by: str = ""
    runs: tuple[int, ...] = ()
    due: datetime | None = None
    ended: datetime | None = None
    reason: str = ""

    @property
    def next(self) -> Step | None:
        """The step that comes after those begun or left out; None for none."""
        return self.day.plan[len(self.runs)] if len(self.runs) < len(self.day.plan) else None

    @property
    def current(self) -> int:
        """The run that was begun last; 0 where the step was left out, or none was."""
        return self.runs[-1] if self.runs else SKIPPED


@dataclass(frozen=True, slots=True)
class GameDayEntry:
    """A line of what happened: a `note` of somebody, what somebody `did`, or what Mendline `saw` (`by` is empty)."""

    at: datetime
    kind: str
    text: str
    by: str = ""


def moved_on(one: GameDayRun, last: Run | None, now: datetime) -> tuple[GameDayRun, str]:
    """How it stands now, and what is to be told of that; itself where nothing changed. `last` is the run of its newest
    step. An experiment whose time has come is begun by others: `due` is not after now then."""
    if one.state is GameDayState.SCHEDULED and one.starts <= now:
        return _towards_next(replace(one, state=GameDayState.GOING), now, "")
    if one.state is not GameDayState.GOING or one.due is not None or last is None or last.state in OPEN:
        return one, ""
    said = f"Run {last.id}, '{last.experiment.name}', is over: {(last.score or {}).get('verdict') or last.state.value}."
    went_wrong = f"'{last.experiment.name}' was stopped: {last.reason}" if last.stopped is not None else ""
    return _towards_next(one, now, went_wrong, said)


def _towards_next(one: GameDayRun, now: datetime, went_wrong: str, said: str = "") -> tuple[GameDayRun, str]:
    step = one.next
    if step is None:
        return replace(one, state=GameDayState.FINISHED, due=None, ended=now), f"{said} The plan is done.".strip()
    if went_wrong or step.ask:
        why = went_wrong or f"'{step.experiment}' begins once somebody says so."
        return replace(one, state=GameDayState.WAITING, due=None, reason=why), said or why
    pause = timedelta(seconds=step.pause_s)
    return replace(one, state=GameDayState.GOING, due=now + pause, reason=""), said or "It begins."
