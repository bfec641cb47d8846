"""What is usual, behind the curves of charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from mendline.errors import MendlineError
from mendline.insight.evaluations import Question
from mendline.insight.exploring import Exploration
from mendline.insight.moments import from_ns
from mendline.insight.steady_state import LEARNED_DAYS
from mendline.insight.usual import UsualOfGroups, learned_together, usual_over_time
from mendline.model.band import Band
from mendline.query import Plan, plan
from mendline.store.contract import TelemetryStore
from mendline.web.series import Curve, CurveSet, Steps, curve_sets

MOST_CURVES = 3
"""More bands on one chart would hide each other."""
_SUM = ""


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
    outputs = [{output.name: output for output in each} for each in named]
    return with_bands(store, found, question, steps, list(zip(sets, outputs, strict=True)))


def with_bands(
    store: TelemetryStore, found: Exploration, question: Question, steps: Steps,
    sets: Sequence[tuple[CurveSet, Mapping[str, plan.Output]]],
) -> list[CurveSet]:  # fmt: skip
    """The charts of one answer with what is usual for their curves, where one has room for that: curves by the names of
    the outputs beside them (else all are of the only one), or the sum of stacked ones. What is usual is left away where
    it cannot be told, and read together for all of them that are learned from the same rows."""
    asked = found.run.plan
    wished = [_wished(asked, shown, outputs) if _has_room(asked, shown) else {} for shown, outputs in sets]
    wanted = tuple(dict.fromkeys(value for each in wished for value in each.values()))
    usual: dict[plan.Value, UsualOfGroups] = {}
    for together in learned_together(asked, question, wanted):
        with suppress(MendlineError):
            usual.update(dict.fromkeys(together, usual_over_time(store, asked, question, together)))
    return [
        _dressed(shown, wish, usual, steps, float(next(iter(outputs.values())).unit.scale))
        if wish and usual.keys() >= set(wish.values())
        else shown
        for (shown, outputs), wish in zip(sets, wished, strict=True)
    ]


def _has_room(asked: Plan, shown: CurveSet) -> bool:
    is_something = any(value for curve in shown.curves for value in curve.values)
    return is_something and len(shown.curves) <= MOST_CURVES and not (_is_stack(shown) and asked.keys)


def _is_stack(shown: CurveSet) -> bool:
    return shown.added and len(shown.curves) > 1


def _wished(asked: Plan, shown: CurveSet, outputs: Mapping[str, plan.Output]) -> dict[str, plan.Value]:
    """Of which value each curve wants to know what is usual, by its name; of a stack, of their sum alone."""
    by_curve = {curve.name: outputs.get(curve.name, next(iter(outputs.values()))) for curve in shown.curves}
    if _is_stack(shown):
        return {_SUM: sum_of(list(by_curve.values()))}
    return {name: output.value for name, output in by_curve.items()}


def _dressed(
    shown: CurveSet,
    wish: Mapping[str, plan.Value],
    usual: Mapping[plan.Value, UsualOfGroups],
    steps: Steps,
    unit: float,
) -> CurveSet:
    def band(name: str, group: tuple[object, ...]) -> tuple[Band | None, ...]:
        return _of_steps(usual[wish[name]], wish[name], group, steps, unit)

    some = usual[next(iter(wish.values()))]
    if _is_stack(shown):
        told = Curve("", (), band=band(_SUM, ()))
        return replace(shown, usual=_said(some, [told]), total=told.band)
    curves = tuple(replace(curve, band=band(curve.name, curve.group)) for curve in shown.curves)
    return replace(shown, curves=curves, usual=_said(some, curves))


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
