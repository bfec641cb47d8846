"""What came of a run: the steady state before, during and after, whether the hypothesis held, and what else came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mendline.chaos.alarms import Alarms, alarm_of, cause_of
from mendline.insight.answers import read
from mendline.insight.chaos_struck import Struck, struck_by
from mendline.insight.condition_course import Stood, condition_course
from mendline.insight.evaluations import Marks
from mendline.model.experiment import BROKEN, HELD, INVOCATION, UNKNOWN, Expectation, Target
from mendline.model.experiment_run import Run
from mendline.model.jsonable import to_jsonable
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

_MOST_RUNS_BEFORE = timedelta(minutes=16)  # an invocation that a fault struck may have begun so long before


@dataclass(frozen=True, slots=True)
class Phase:
    """How the steady state stood before, during or after."""

    name: str
    course: tuple[Stood, ...]
    unit: str = ""

    @property
    def state(self) -> str:
        """`held` at every moment of which something is known, `broken` at one at least, else `could not tell`."""
        known = [one.holds for one in self.course if one.holds is not None]
        return UNKNOWN if not known else HELD if all(known) else BROKEN

    @property
    def broken(self) -> Stood | None:
        """The first moment at which it did not hold."""
        return next((one for one in self.course if one.holds is False), None)

    @property
    def steady_from(self) -> datetime | None:
        """From when on it held until the end; None where at the end it did not."""
        known = [one for one in self.course if one.holds is not None]
        if not known or not known[-1].holds:
            return None
        last_broken = max((at for at, one in enumerate(known) if not one.holds), default=-1)
        return known[last_broken + 1].at


def score(store: TelemetryStore, run: Run, alarms: Alarms, marks: Marks, now: datetime) -> dict[str, Any]:
    """Everything that can be said of a run that is over. Raises as `answer` does."""
    phases = phases_of(store, run, now)
    around = TimeRange(run.starts - _MOST_RUNS_BEFORE, max(run.settled, run.starts + timedelta(seconds=1)))
    struck = struck_by(store, run.tag, around)
    alarm = alarm_of(store, run, alarms, marks, now)
    cause = cause_of(store, run, alarm, alarms, now)
    verdict, why = judged(run, phases, struck)
    checks = checks_of(run.experiment.expect, verdict, alarm, cause, struck)
    told = {
        "verdict": verdict,
        "why": why,
        "passed": passed(checks),
        "phases": {
            one.name: {"state": one.state, "course": [_shown(it) for it in one.course]} for one in phases.values()
        },
        "struck": to_jsonable(struck),
        "alert": alarm,
        "cause": cause,
        "checks": checks,
    }
    return {**told, "lines": lines_of(run, told)}


def _shown(stood: Stood) -> dict[str, Any]:
    return {"at": to_jsonable(stood.at), "holds": stood.holds, "value": stood.value, "group": stood.group}


def unscored(reason: str) -> dict[str, Any]:
    """Where nothing can be said."""
    return {"verdict": UNKNOWN, "why": reason, "passed": None, "lines": [f"Could not tell: {reason}"]}


def phases_of(store: TelemetryStore, run: Run, now: datetime) -> Mapping[str, Phase]:
    """The steady state before, during and after."""
    experiment = run.experiment
    asked = read(store, experiment.steady_state, now).plan
    stretches = {
        "before": TimeRange(run.starts - timedelta(seconds=experiment.before_s), run.starts),
        "during": TimeRange(run.starts, max(run.over, run.starts + timedelta(seconds=2))),
        "after": TimeRange(run.over, run.settled),
    }
    unit = asked.columns[0].unit.symbol if asked.columns else ""
    return {name: Phase(name, condition_course(store, asked, one, now), unit) for name, one in stretches.items()}


def judged(run: Run, phases: Mapping[str, Phase], struck: Struck) -> tuple[str, str]:
    """Whether the hypothesis held, and why that is so or cannot be told."""
    before, during, after = (phases[name] for name in ("before", "during", "after"))
    if not struck.injected and not struck.invocations:
        return UNKNOWN, f"nothing was struck: {_unmet(run.experiment.target)}, or does not take part."
    if run.by_condition:
        return BROKEN, run.reason
    if before.state != HELD:
        said = "it was not steady before" if before.state == BROKEN else "nothing is known of the time before"
        return UNKNOWN, f"{said}, so that nothing can be said of the fault."
    if during.broken is not None:
        after_s = (during.broken.at - run.starts).total_seconds()
        return BROKEN, f"it did not hold {after_s:.0f} s after the start{_with(during)}."
    if run.stopped is not None:
        return UNKNOWN, f"it was stopped before its time: {run.reason}."
    if during.state == UNKNOWN:
        return UNKNOWN, "nothing is known of the steady state during the experiment."
    if after.state == BROKEN and after.steady_from is None:
        return BROKEN, "it held during the experiment, and not any more afterwards."
    return HELD, "it held at every moment that was looked at."


def _unmet(target: Target) -> str:
    if target.type == INVOCATION:
        return f"{target.function} was not invoked in a way that the fault concerns, did not hear of it in time"
    return f"{target.function} did not call {target.resource}, did not hear of it in time"


def _with(phase: Phase) -> str:
    stood = phase.broken
    if stood is None:
        return ""
    number = f" ({stood.value:.4g}{phase.unit})" if stood.value is not None else ""
    return f"{f' for {stood.group}' if stood.group else ''}{number}"


def checks_of(
    expect: Expectation, verdict: str, alarm: Mapping[str, Any], cause: Mapping[str, Any], struck: Struck
) -> Sequence[dict[str, Any]]:
    """What was to come of it, what did, and whether that is the same (None: it cannot be told)."""
    checks = [
        _check(
            "the hypothesis", expect.hypothesis, verdict, None if verdict == UNKNOWN else verdict == expect.hypothesis
        )
    ]
    if expect.alert is not None:
        wanted = f"an alert{f' within {expect.within_s} s' if expect.within_s else ''}" if expect.alert else "no alert"
        found = f"'{alarm['policy']}' after {alarm['after_s']:.0f} s" if alarm["fired"] else "none"
        in_time = alarm["fired"] and (not expect.within_s or alarm["after_s"] <= expect.within_s)
        checks.append(_check("alert", wanted, found, in_time if expect.alert else not alarm["fired"]))
    if expect.cause:
        named, wanted = (str(it).replace(" / ", "/") for it in (cause["named"], expect.cause))
        right = bool(named) and wanted in (named, named.rpartition("/")[2])
        checks.append(_check("cause", expect.cause, named or "none", right))
    if expect.fallback is not None:
        worked = bool(struck.degraded or struck.buffered)
        found = f"{struck.degraded} degraded, {struck.buffered} buffered of {struck.invocations}"
        checks.append(_check("fallback", "used" if expect.fallback else "not used", found, worked is expect.fallback))
    return checks


def passed(checks: Sequence[Mapping[str, Any]]) -> bool | None:
    """Whether all came as it was to; None where that cannot be told of all."""
    results = [one["passed"] for one in checks]
    return False if False in results else None if None in results else True


def _check(what: str, wanted: str, found: str, passed: bool | None) -> dict[str, Any]:
    return {"what": what, "wanted": wanted, "found": found, "passed": passed}


def lines_of(run: Run, told: Mapping[str, Any]) -> list[str]:
    """The score in sentences, the most important first."""
    struck, alarm, cause = told["struck"], told["alert"], told["cause"]
    words = {HELD: "The hypothesis held", BROKEN: "The hypothesis did not hold", UNKNOWN: "Could not tell"}
    lines = [f"{words[told['verdict']]}: {told['why']}"]
    lines.append("Steady state " + ", ".join(f"{name}: {one['state']}" for name, one in told["phases"].items()) + ".")
    lines.append(
        f"{struck['injected']:,} faults in {struck['invocations']:,} invocations; {struck['failed']:,} failed,"
        f" {struck['degraded']:,} were degraded, {struck['buffered']:,} buffered."
    )
    if alarm["fired"]:
        who = "People were told" if alarm["real"] else "People would have been told"
        lines.append(f"{who} after {alarm['after_s']:.0f} s, by '{alarm['policy']}' ({alarm['group'] or 'all'}).")
    else:
        lines.append("No policy told of it." if alarm["real"] else "No policy would have told of it.")
    if cause["named"]:
        right = "which is what was broken" if cause["right"] else "which is not what was broken"
        when = " to whoever asks" if cause["asked"] else ""
        lines.append(f"Named as cause{when}: {cause['named']}, {right}.")
    else:
        lines.append("No cause was named.")
    for one in told["checks"][1:]:
        lines.append(f"{one['what'].capitalize()}: {one['wanted']} was expected, {one['found']} was seen.")
    return lines
