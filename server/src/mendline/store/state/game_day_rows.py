"""Game days as they are played, and what was written down in them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from mendline.model.game_day import game_day_document, read_game_day
from mendline.model.game_day_run import GameDayEntry, GameDayRun, GameDayState
from mendline.store.state.alerting_tables import new_id
from mendline.store.state.experiment_tables import game_day_entries, game_day_runs

_MOMENTS = ("ordered", "due", "ended")


def add_game_day_run(connection: Connection, project: str, run: GameDayRun) -> int:
    """Keep a new one; answers its id."""
    return new_id(connection.execute(insert(game_day_runs).values(project=project, **_values(run))))


def save_game_day_run(connection: Connection, run: GameDayRun) -> None:
    """Keep one as it is now."""
    connection.execute(update(game_day_runs).where(game_day_runs.c.id == run.id).values(**_values(run)))


def find_game_day_run(connection: Connection, project: str, number: int) -> GameDayRun | None:
    """One by its id."""
    asked = select(game_day_runs).where(game_day_runs.c.project == project, game_day_runs.c.id == number)
    row = connection.execute(asked).first()
    return None if row is None else _read(row)


def load_game_day_runs(
    connection: Connection, project: str, *, name: str | None = None, states: Iterable[GameDayState] = (),
    most: int = 100,
) -> tuple[GameDayRun, ...]:  # fmt: skip
    """Those of a project, newest first: of one game day, or in these states."""
    asked = select(game_day_runs).where(game_day_runs.c.project == project)
    if name is not None:
        asked = asked.where(game_day_runs.c.game_day == name)
    if states := tuple(states):
        asked = asked.where(game_day_runs.c.state.in_([state.value for state in states]))
    return tuple(map(_read, connection.execute(asked.order_by(game_day_runs.c.id.desc()).limit(most))))


def add_entry(connection: Connection, project: str, run: int, entry: GameDayEntry) -> None:
    """A line of what happened."""
    values = {"at": entry.at, "kind": entry.kind, "text": entry.text, "by": entry.by}
    connection.execute(insert(game_day_entries).values(project=project, run=run, **values))


def load_entries(connection: Connection, project: str, run: int) -> tuple[GameDayEntry, ...]:
    """All of them, in order."""
    asked = select(game_day_entries).where(game_day_entries.c.project == project, game_day_entries.c.run == run)
    rows = connection.execute(asked.order_by(game_day_entries.c.at, game_day_entries.c.id))
    return tuple(GameDayEntry(row.at, row.kind, row.text, row.by) for row in rows)


def _values(run: GameDayRun) -> dict[str, Any]:
    document: dict[str, Any] = {name: getattr(run, name) and getattr(run, name).isoformat() for name in _MOMENTS}
    document |= {"by": run.by, "runs": run.runs, "reason": run.reason}
    document |= {"game_day": game_day_document(run.day), "origin": run.day.origin}
    return {
        "game_day": run.day.name,
        "state": run.state.value,
        "starts": run.starts,
        "document": json.dumps(document),
    }


def _read(row: Row[Any]) -> GameDayRun:
    told = json.loads(row.document)
    moments: dict[str, Any] = {
        name: told[name] and datetime.fromisoformat(told[name]).astimezone(UTC) for name in _MOMENTS
    }
    day, state = read_game_day(told["game_day"], told["origin"]), GameDayState(row.state)
    return GameDayRun(
        row.id, day, state, row.starts, by=told["by"], runs=tuple(told["runs"]), reason=told["reason"], **moments
    )
