"""What is usual, behind the curves of charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mendline.errors import MendlineError
from mendline.insight.evaluations import Question
from mendline.insight.exploring import Exploration
from mendline.insight.moments import from_ns
from mendline.insight.steady_state import LEARNED_DAYS
from mendline.insight.usual import UsualOfGroups, usual_over_time
from mendline.model.band import Band
from mendline.query import plan
from mendline.store.contract import TelemetryStore
from mendline.web.series import Curve, CurveSet, Steps, curve_sets

MOST_CURVES = 3
"""More bands on one chart would hide each other."""


def sum_of(outputs: Sequence[plan.Output]) -> plan.Value:
    """The values of columns, added."""
    total = outputs[0].value
    for output in outputs[1:]:
        total = plan.Arithmetic("+", total, output.value, output.type)
    return total


def banded_sets(store: TelemetryStore, found: Exploration, question: Question, steps: Steps) -> list[CurveSet]:
    """The charts of an answer over time (mendline.web.series), with what is usual."""
    asked, sets = found.run.plan, curve_sets(found.answer, found.run.plan, steps)
    columns = {output.name: output for output in asked.columns}
    named = [[columns[shown.name]] if shown.name in columns else list(columns.values()) for shown in sets]
    return [
        with_bands(store, found, question, steps, shown, {output.name: output for output in outputs})
        for shown, outputs in zip(sets, named, strict=True)
    ]


def with_bands(
    store: TelemetryStore, found: Exploration, question: Question, steps: Steps, shown: CurveSet,
    outputs: Mapping[str, plan.Output],
) -> CurveSet:  # fmt: skip
    """The curves with what is usual for them, where a chart has room for that: curves by the names of `outputs` (else
    all are of the only one), or the sum of stacked ones. What is usual is left away where it cannot be told."""
    asked = found.run.plan
    is_stack = shown.added and len(shown.curves) > 1
    is_something = any(value for curve in shown.curves for value in curve.values)
    if not is_something or len(shown.curves) > MOST_CURVES or (is_stack and asked.keys):
        return shown
    by_curve = {curve.name: outputs.get(curve.name, next(iter(outputs.values()))) for curve in shown.curves}
    total = sum_of(list(by_curve.values())) if is_stack else None
    wanted = (total,) if total else tuple(dict.fromkeys(output.value for output in by_curve.values()))
    try:
        usual = usual_over_time(store, asked, question, wanted)
    except MendlineError:
        return shown
    unit = float(next(iter(outputs.values())).unit.scale)
    if total:
        told = Curve("", (), band=_of_steps(usual, total, (), steps, unit))
        return replace(shown, usual=_said(usual, [told]), total=told.band)
    curves = tuple(
        replace(curve, band=_of_steps(usual, by_curve[curve.name].value, curve.group, steps, unit))
        for curve in shown.curves
    )
    return replace(shown, curves=curves, usual=_said(usual, curves))


def _of_steps(
    usual: UsualOfGroups, value: plan.Value, group: tuple[object, ...], steps: Steps, unit: float
) -> tuple[Band | None, ...]:
    bands: list[Band | None] = [None] * steps.count
    for at_ns, band in zip(usual.moments, usual.bands(value, group), strict=True):
        step = steps.index(from_ns(at_ns))
        if band is not None and 0 <= step < steps.count:
            bands[step] = Band(band.low / unit, band.middle / unit, band.high / unit)
    return tuple(bands)


def _said(usual: UsualOfGroups, curves: Sequence[Curve]) -> str:
    days = min((usual.days(curve.group) for curve in curves), default=0.0)
    if not any(band for curve in curves for band in curve.band):
        return "still learning what is usual" if days else ""
    if days >= LEARNED_DAYS:
        return "shaded: usual"
    return f"shaded: usual, still learning ({days:.0f} days so far)" if days >= 1.5 else "shaded: usual, still learning"
