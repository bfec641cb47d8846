"""A run as its page shows it: the steady state before, during and after as charts on one scale, and a heat map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mendline.chaos.scoring import phases_of
from mendline.errors import MendlineError
from mendline.insight.answers import read
from mendline.insight.chaos_struck import Struck, struck_by
from mendline.insight.evaluations import Question
from mendline.insight.heatmap import heat_map
from mendline.insight.moments import to_ns
from mendline.model.experiment_run import OPEN, Run, RunState
from mendline.model.selection import Selection
from mendline.model.timerange import TimeRange
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore
from mendline.web.context import WebContext
from mendline.web.heat_drawing import draw_heat
from mendline.web.quantities import quantity


@dataclass(frozen=True, slots=True)
class PhaseChart:
    """`values` and, in the same places, those of moments at which the steady state did not hold; `unknown` is of how
    many nothing is known; `most` is the largest of all phases."""

    name: str
    state: str
    values: tuple[float, ...]
    broken: tuple[float, ...]
    unknown: int
    said: str


def run_view(context: WebContext, run: Run) -> dict[str, Any]:
    """What the page needs beside the run: charts, what was struck so far, and how far it is."""
    now, store = context.clock.now(), context.store
    is_going = run.state in OPEN
    told: dict[str, Any] = {"is_going": is_going, "may_stop": run.state in (RunState.SCHEDULED, RunState.RUNNING)}
    told |= {"environments": context.experiments.environments(run)}
    told |= {
        "heat": None,
        "drawing": None,
        "charts": (),
        "struck": None,
        "fault": "",
        "most": 0.0,
        "stretches": stretches_of(run),
    }
    try:
        unit = _unit(store, run, now)
        courses: dict[str, tuple[str, _Course]] = {}
        if run.score.get("phases"):
            courses |= {name: (one["state"], _points(one["course"])) for name, one in run.score["phases"].items()}
            told["struck"] = Struck(**run.score["struck"])
        elif run.state is not RunState.SCHEDULED:
            phases = phases_of(store, run, now)
            courses |= {
                name: (one.state, [(it.holds, it.value) for it in one.course if it.at <= now])
                for name, one in phases.items()
            }
            told["struck"] = struck_by(store, run.tag, TimeRange(run.starts, max(now, run.settled)))
        if not is_going:
            told |= _heat_of(store, run, now)
    except MendlineError as error:
        return {**told, "fault": error.message}
    values = [value or 0.0 for _, course in courses.values() for _, value in course]
    most = max(values, default=0.0)
    told["charts"] = tuple(_chart(name, state, course, unit) for name, (state, course) in courses.items() if course)
    return {**told, "most": most}


def _heat_of(store: TelemetryStore, run: Run, now: datetime) -> dict[str, Any]:
    """All invocations of the function from before to after, with a box around the time of the experiment."""
    stretches = stretches_of(run)
    question = Question(
        f"function:{value_text(run.experiment.target.function)}", TimeRange(stretches[0][1], run.settled), now
    )
    heat = heat_map(store, question, mark="error")
    return {"heat": heat, "drawing": draw_heat(heat, Selection(to_ns(run.starts), to_ns(run.over)))}


def stretches_of(run: Run) -> tuple[tuple[str, datetime, datetime], ...]:
    """Before, during and after, each with its start and end."""
    before = run.starts - timedelta(seconds=run.experiment.before_s)
    return ("before", before, run.starts), ("during", run.starts, run.over), ("after", run.over, run.settled)


_Course = Sequence[tuple[bool | None, float | None]]


def _points(course: Sequence[Mapping[str, Any]]) -> _Course:
    return [(one["holds"], one["value"]) for one in course]


def _chart(name: str, state: str, course: _Course, unit: str) -> PhaseChart:
    values = tuple(value or 0.0 for _, value in course)
    broken = tuple((value or 0.0) if holds is False else 0.0 for holds, value in course)
    unknown = sum(holds is None for holds, _ in course)
    known = [value for _, value in course if value is not None]
    ends = dict.fromkeys(quantity(one, unit) for one in (min(known), max(known))) if known else ("nothing known",)
    return PhaseChart(name, state, values, broken, unknown, " to ".join(ends))


def _unit(store: TelemetryStore, run: Run, now: datetime) -> str:
    columns = read(store, run.experiment.steady_state, now).plan.columns
    return columns[0].unit.symbol if columns else ""
