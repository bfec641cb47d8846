"""Runs of experiments, what each environment may still inject of them, and the switch that stops all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from mendline.model.experiment import experiment_document, read_experiment
from mendline.model.experiment_run import Run, RunState
from mendline.store.state.alerting_tables import new_id
from mendline.store.state.experiment_tables import allotments, experiment_runs, halts

_MOMENTS = ("ordered", "stopped", "watched")
_PLAIN = ("by", "reason", "by_condition", "failures", "score")


@dataclass(frozen=True, slots=True)
class Allotment:
    """How often an environment may inject in a run (`granted`), how often it has (`used`), and since when."""

    environment: str
    granted: int
    used: int
    changed: datetime


@dataclass(frozen=True, slots=True)
class Halt:
    """All experiments of a project are stopped, since when, by whom and why."""

    at: datetime
    by: str
    reason: str


def add_run(connection: Connection, project: str, run: Run, now: datetime) -> int:
    """Keep a new one; answers its id."""
    return new_id(connection.execute(insert(experiment_runs).values(project=project, **_values(run, now))))


def save_run(connection: Connection, run: Run, now: datetime) -> None:
    """Keep one as it is now."""
    connection.execute(update(experiment_runs).where(experiment_runs.c.id == run.id).values(**_values(run, now)))


def find_run(connection: Connection, project: str, number: int) -> Run | None:
    """One by its id."""
    asked = select(experiment_runs).where(experiment_runs.c.project == project, experiment_runs.c.id == number)
    row = connection.execute(asked).first()
    return None if row is None else _read(row)


def load_runs(
    connection: Connection, project: str, *, experiment: str | None = None, states: Iterable[RunState] = (),
    since: datetime | None = None, most: int = 500,
) -> tuple[Run, ...]:  # fmt: skip
    """Those of a project, newest first: of one experiment, in these states, or that ended at `since` or later."""
    asked = select(experiment_runs).where(experiment_runs.c.project == project)
    if experiment is not None:
        asked = asked.where(experiment_runs.c.experiment == experiment)
    if states := tuple(states):
        asked = asked.where(experiment_runs.c.state.in_([state.value for state in states]))
    if since is not None:
        asked = asked.where(experiment_runs.c.ends >= since)
    rows = connection.execute(asked.order_by(experiment_runs.c.starts.desc(), experiment_runs.c.id.desc()).limit(most))
    return tuple(map(_read, rows))


def load_allotments(connection: Connection, run: int) -> tuple[Allotment, ...]:
    """What environments were given of a run."""
    rows = connection.execute(select(allotments).where(allotments.c.run == run).order_by(allotments.c.environment))
    return tuple(Allotment(row.environment, row.granted, row.used, row.changed) for row in rows)


def allot(connection: Connection, run: int, environment: str, used: int, maximum: int, now: datetime) -> Allotment:
    """What an environment may inject in a run, after it has `used` so much: half of what is left of `maximum` when it
    asks first or has used up what it had, so that all together never get more than that."""
    own = (allotments.c.run == run) & (allotments.c.environment == environment)
    row = connection.execute(select(allotments).where(own)).first()
    if row is not None and (used < row.granted):
        if used > row.used:
            connection.execute(update(allotments).where(own).values(used=used))
        return Allotment(environment, row.granted, max(used, row.used), row.changed)
    given = connection.execute(select(func.sum(allotments.c.granted)).where(allotments.c.run == run)).scalar() or 0
    more = -(-max(0, maximum - given) // 2)
    granted = more + (row.granted if row is not None else 0)
    changed = now if row is None or more else row.changed
    values: dict[str, Any] = {"granted": granted, "used": used, "changed": changed}
    if row is None:
        connection.execute(insert(allotments).values(run=run, environment=environment, **values))
    elif more or used > row.used:
        connection.execute(update(allotments).where(own).values(**values))
    return Allotment(environment, granted, used, changed)


def find_halt(connection: Connection, project: str) -> Halt | None:
    """Whether all is stopped."""
    row = connection.execute(select(halts).where(halts.c.project == project)).first()
    return None if row is None else Halt(row.at, row.by, row.reason)


def set_halt(connection: Connection, project: str, halt: Halt | None) -> None:
    """Stop all, or let go on."""
    connection.execute(delete(halts).where(halts.c.project == project))
    if halt is not None:
        connection.execute(insert(halts).values(project=project, at=halt.at, by=halt.by, reason=halt.reason))


def _values(run: Run, now: datetime) -> dict[str, Any]:
    document: dict[str, Any] = {name: getattr(run, name) for name in _PLAIN}
    document |= {name: moment.isoformat() if (moment := getattr(run, name)) else None for name in _MOMENTS}
    document["experiment"] = experiment_document(run.experiment)
    document["origin"] = run.experiment.origin
    return {
        "experiment": run.experiment.name,
        "state": run.state.value,
        "starts": run.starts,
        "ends": run.ends,
        "changed": now,
        "document": json.dumps(document),
    }


def _read(row: Row[Any]) -> Run:
    told = json.loads(row.document)
    moments: dict[str, Any] = {
        name: told[name] and datetime.fromisoformat(told[name]).astimezone(UTC) for name in _MOMENTS
    }
    return Run(
        id=row.id,
        experiment=read_experiment(told["experiment"], told["origin"]),
        state=RunState(row.state),
        starts=row.starts,
        ends=row.ends,
        **{name: told[name] for name in _PLAIN},
        **moments,
    )
