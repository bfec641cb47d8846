"""The game days of a project: kept, begun, moved on, stopped; and what people write down in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mendline.chaos.experiments import NO_KEY, Experiments, stopped_run
from mendline.errors import MendlineError, NotFoundError, UsageError
from mendline.model.game_day import GameDay, game_day_document, read_game_day
from mendline.model.game_day_run import (
    DID,
    NOTE,
    ONGOING,
    SAW,
    SKIPPED,
    GameDayEntry,
    GameDayRun,
    GameDayState,
    moved_on,
)
from mendline.store.state import (
    add_entry,
    add_game_day_run,
    delete_document,
    find_game_day_run,
    find_halt,
    find_run,
    load_documents,
    load_entries,
    load_game_day_runs,
    save_document,
    save_game_day_run,
    save_run,
)

MOST_GAME_DAYS = 200
KIND = "game_days"
ACTIONS = ("go on", "skip", "stop", "note")
_MOST_NOTE = 4000


@dataclass(frozen=True, slots=True)
class GameDays:
    """Those of the project whose `experiments` they play. Everything raises StateError where the state cannot be
    used."""

    experiments: Experiments

    def all(self) -> tuple[GameDay, ...]:
        """By name."""
        with self.experiments.state.reading() as connection:
            kept = load_documents(connection, KIND, self.experiments.project)
        return tuple(sorted((read_game_day(*one) for one in kept), key=lambda one: one.name.casefold()))

    def get(self, name: str) -> GameDay:
        """One of them. Raises NotFoundError."""
        found = next((one for one in self.all() if one.name == name), None)
        if found is None:
            raise NotFoundError(f"There is no game day '{name[:100]}'; the list of game days has those there are.")
        return found

    def save(self, told: Mapping[str, Any], now: datetime, by: str) -> GameDay:
        """Keep one that the page or a request tells, new or changed. Raises UsageError."""
        day, project = read_game_day(told, "ui"), self.experiments.project
        with self.experiments.state.writing() as connection:
            names = {kept["name"] for kept, _ in load_documents(connection, KIND, project)}
            if len(names | {day.name}) > MOST_GAME_DAYS:
                raise UsageError(f"There are {MOST_GAME_DAYS} game days, as many as there may be. Delete some.")
            known = {kept["name"] for kept, _ in load_documents(connection, "experiments", project)}
            unknown = [step.experiment for step in day.plan if step.experiment not in known]
            if unknown:
                raise UsageError(f"There is no experiment '{unknown[0]}'. Keep it first, or name one that there is.")
            save_document(connection, KIND, project, game_day_document(day), "ui", now, by)
        return day

    def delete(self, name: str) -> None:
        """Forget one; what was played stays. Raises NotFoundError, UsageError while it goes on."""
        with self.experiments.state.writing() as connection:
            if load_game_day_runs(connection, self.experiments.project, name=name, states=ONGOING, most=1):
                raise UsageError(f"'{name[:100]}' goes on; stop it first.")
            if not delete_document(connection, KIND, self.experiments.project, name):
                raise NotFoundError(f"There is no game day '{name[:100]}'.")

    def begin(self, name: str, starts: datetime, now: datetime, by: str) -> GameDayRun:
        """Have one be played from `starts` on. Raises NotFoundError; UsageError where it must not."""
        day, project = self.get(name), self.experiments.project
        if not self.experiments.ready:
            raise UsageError(NO_KEY)
        for step in day.plan:
            self.experiments.require_stage(step.experiment, now)
        run = GameDayRun(0, day, GameDayState.SCHEDULED, self.experiments.start_of(starts, now), now, by)
        with self.experiments.state.writing() as connection:
            self.experiments.require_no_halt(connection)
            going = load_game_day_runs(connection, project, states=ONGOING, most=1)
            if going:
                raise UsageError(f"The game day '{going[0].day.name}' ({going[0].id}) goes on; one at a time.")
            run = replace(run, id=add_game_day_run(connection, project, run))
            said = (
                f"began '{day.name}'"
                if run.starts <= now
                else f"set '{day.name}' to begin at {starts:%Y-%m-%d %H:%M} UTC"
            )
            add_entry(connection, project, run.id, GameDayEntry(now, DID, said, by))
        return run

    def act(self, number: int, action: str, text: str, now: datetime, by: str) -> GameDayRun:
        """`go on` with the next step without further waiting, `skip` it, `stop` all of it with the experiment that
        runs, or keep a `note`. Raises NotFoundError, UsageError."""
        text = text.strip()
        if action not in ACTIONS or len(text) > _MOST_NOTE:
            raise UsageError(f"It is one of {', '.join(ACTIONS)}, with a text of {_MOST_NOTE:,} characters at most.")
        if action == "note":
            return self._note(number, text, now, by)
        with self.experiments.state.writing() as connection:
            run = self._find(connection, number)
            if run.state not in ONGOING:
                raise UsageError(f"Game day {number} is {run.state.value}; nothing of it can be changed but its notes.")
            changed, said = self._acted(connection, run, action, text, now, by)
            save_game_day_run(connection, changed)
            entry = GameDayEntry(now, DID, f"{said}{f': {text}' if text else ''}", by)
            add_entry(connection, self.experiments.project, number, entry)
        self.experiments.changed()
        return changed

    def run(self, number: int) -> GameDayRun:
        """One that is or was played. Raises NotFoundError."""
        with self.experiments.state.reading() as connection:
            return self._find(connection, number)

    def runs(self, name: str | None = None) -> tuple[GameDayRun, ...]:
        """Of one game day or of all, newest first."""
        with self.experiments.state.reading() as connection:
            return load_game_day_runs(connection, self.experiments.project, name=name)

    def entries(self, number: int) -> tuple[GameDayEntry, ...]:
        """What people and Mendline did and saw, in order."""
        with self.experiments.state.reading() as connection:
            return load_entries(connection, self.experiments.project, number)

    def advance(self, now: datetime) -> None:
        """Whatever is due: steps that are over, and those that begin. Each is one change of the state, so that of
        several servers one does it."""
        project = self.experiments.project
        with self.experiments.state.reading() as connection:
            ongoing = load_game_day_runs(connection, project, states=ONGOING)
        for run in ongoing:
            if self._is_due(run, now):
                why = self._why_not(run, now)
                with self.experiments.state.writing() as connection:
                    self._advance(connection, run.id, now, why)
                self.experiments.changed()

    def _is_due(self, run: GameDayRun, now: datetime) -> bool:
        with self.experiments.state.reading() as connection:
            halted = find_halt(connection, self.experiments.project) is not None
            last = find_run(connection, self.experiments.project, run.current)
        return halted or (run.due is not None and run.due <= now) or moved_on(run, last, now)[0] is not run

    def _advance(self, connection: Any, number: int, now: datetime, why_not: str) -> None:
        project, run = self.experiments.project, self._find(connection, number)
        halt = find_halt(connection, project)
        if run.state not in ONGOING:
            return
        if halt is not None:
            reason = f"all experiments were stopped{f': {halt.reason}' if halt.reason else ''}"
            changed, said = _stopped(run, now, reason), f"It was stopped: {reason}."
        elif run.due is not None and run.due <= now and run.next is not None:
            changed, said = self._begun(connection, run, now, why_not)
        else:
            changed, said = moved_on(run, find_run(connection, project, run.current), now)
        if changed != run:
            save_game_day_run(connection, changed)
            add_entry(connection, project, number, GameDayEntry(now, SAW, said))

    def _why_not(self, run: GameDayRun, now: datetime) -> str:
        """Why the telemetry of its function keeps the step that is due from beginning; empty where it does not."""
        try:
            if run.due is not None and run.next is not None:
                self.experiments.require_stage(run.next.experiment, now)
        except MendlineError as error:
            return error.message
        return ""

    def _begun(self, connection: Any, run: GameDayRun, now: datetime, why_not: str) -> tuple[GameDayRun, str]:
        """With the next experiment begun; waiting for people where it must not."""
        step = run.next
        assert step is not None  # noqa: S101 - asked by who calls
        people = True if run.day.alert_people else None
        try:
            if why_not:
                raise UsageError(why_not)
            begun = self.experiments.begin_within(
                connection, step.experiment, now, now, f"game day {run.id}", alert_people=people
            )
        except MendlineError as error:
            why = f"'{step.experiment}' did not begin: {error.message}"
            return replace(run, state=GameDayState.WAITING, due=None, reason=why), why
        changed = replace(run, state=GameDayState.GOING, runs=(*run.runs, begun.id), due=None, reason="")
        return changed, f"Run {begun.id}, '{step.experiment}', begins: {begun.experiment.words}."

    def _acted(
        self, connection: Any, run: GameDayRun, action: str, text: str, now: datetime, by: str
    ) -> tuple[GameDayRun, str]:
        """How it stands after what somebody did, and what that was."""
        if action == "stop":
            reason = text or f"stopped by {by or 'somebody'}"
            last = find_run(connection, self.experiments.project, run.current)
            if last is not None and (ended := stopped_run(last, now, reason)) is not last:
                save_run(connection, ended, now)
            return _stopped(run, now, reason), "stopped it"
        step = run.next
        if step is None or (run.state is GameDayState.GOING and run.due is None):
            raise UsageError("An experiment runs; what comes next begins when it is over.")
        if action == "go on":
            return replace(run, state=GameDayState.GOING, due=now, reason=""), f"went on with '{step.experiment}'"
        skipped, said = replace(run, runs=(*run.runs, SKIPPED), due=None), f"left out '{step.experiment}'"
        if skipped.next is None:
            return replace(skipped, state=GameDayState.FINISHED, ended=now, reason=""), said
        return replace(skipped, state=GameDayState.WAITING, reason=said), said

    def _note(self, number: int, text: str, now: datetime, by: str) -> GameDayRun:
        if not text:
            raise UsageError("A note is to say something.")
        with self.experiments.state.writing() as connection:
            run = self._find(connection, number)
            add_entry(connection, self.experiments.project, number, GameDayEntry(now, NOTE, text, by))
        return run

    def _find(self, connection: Any, number: int) -> GameDayRun:
        found = find_game_day_run(connection, self.experiments.project, number)
        if found is None:
            raise NotFoundError(f"No game day {number} was ever begun.")
        return found


def _stopped(run: GameDayRun, now: datetime, reason: str) -> GameDayRun:
    return replace(run, state=GameDayState.STOPPED, due=None, ended=now, reason=reason)
