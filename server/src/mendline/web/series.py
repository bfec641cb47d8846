"""An answer over time as curves, sorted into the charts that show them: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mendline.model.answer import Answer, AnswerColumn
from mendline.model.band import Band
from mendline.query import Plan, plan

NO_NAME = "(none)"
_ADDED = frozenset({"count", "sum", "rate"})
_SUMMED = frozenset({"count", "sum"})
_WHOLE = frozenset({"count", "distinct", "consecutive"})


@dataclass(frozen=True, slots=True)
class Steps:
    """Equal steps of time, `count` of them from `start` on; a value belongs to the step at whose end it was found."""

    start: datetime
    every_s: float
    count: int

    @property
    def end(self) -> datetime:
        """Where the last one ends."""
        return self.start + timedelta(seconds=self.every_s * self.count)

    def index(self, moment: datetime) -> int:
        """The number of the step that ends at a moment."""
        return round((moment - self.start).total_seconds() / self.every_s) - 1


@dataclass(frozen=True, slots=True)
class Curve:
    """A value for each step, None where there is none. `group` has the values of the keys, and `band` what is usual at
    each step, where that is told."""

    name: str
    values: tuple[float | None, ...]
    group: tuple[Any, ...] = ()
    band: tuple[Band | None, ...] = ()


@dataclass(frozen=True, slots=True)
class CurveSet:
    """What one chart shows. `added`: the values of its curves are parts of a whole, so that bars may be stacked;
    `summed`: so are those of its steps, so that they have a sum; `whole`: they are whole numbers. `total` is what is
    usual for the sum of the curves, and `usual` a word on what the bands show."""

    name: str
    unit: str
    curves: tuple[Curve, ...]
    added: bool
    summed: bool
    whole: bool
    total: tuple[Band | None, ...] = ()
    usual: str = ""


def steps_of(answer: Answer, asked: Plan) -> Steps | None:
    """The steps of a series; None where it has none."""
    if not answer.is_series or asked.window is None or not asked.window.every_ns:
        return None
    every_s = asked.window.every_ns / 1e9
    if asked.window.length_ns is not None:
        first = answer.start + timedelta(microseconds=asked.window.length_ns // 1000)
    elif answer.rows:
        first = _moment(answer.rows[0][0])
    else:
        return None
    last = max((_moment(row[0]) for row in answer.rows[-1:]), default=first)
    last = max(last, answer.end)
    start = first - timedelta(seconds=every_s)
    count = max(1, round((last - start).total_seconds() / every_s + 0.499))
    return Steps(start, every_s, count)


def curve_sets(answer: Answer, asked: Plan, steps: Steps) -> tuple[CurveSet, ...]:
    """A chart for each number; without groups, one for all numbers of a unit."""
    keys = len(asked.keys)
    numbers = [index for index, column in enumerate(answer.columns[1 + keys :]) if column.type == "number"]
    if keys:
        return tuple(_of_groups(answer, asked, steps, index) for index in numbers)
    units = dict.fromkeys(answer.columns[1 + index].unit for index in numbers)
    return tuple(_of_unit(answer, asked, steps, unit, numbers) for unit in units)


def _of_groups(answer: Answer, asked: Plan, steps: Steps, number: int) -> CurveSet:
    keys = len(asked.keys)
    values: dict[tuple[Any, ...], list[float | None]] = {}
    for row in answer.rows:
        group = tuple(row[1 : 1 + keys])
        _put(values.setdefault(group, [None] * steps.count), steps, row, 1 + keys + number)
    columns = answer.columns[1 : 1 + keys]
    curves = tuple(Curve(_name(group, columns), tuple(told), group) for group, told in values.items())
    return _set_of(asked, [asked.columns[number]], curves)


def _of_unit(answer: Answer, asked: Plan, steps: Steps, unit: str, numbers: Sequence[int]) -> CurveSet:
    chosen = [number for number in numbers if answer.columns[1 + number].unit == unit]
    outputs = [asked.columns[number] for number in chosen]
    return _set_of(asked, outputs, tuple(curve_of(answer, steps, number) for number in chosen))


def _set_of(asked: Plan, outputs: Sequence[plan.Output], curves: tuple[Curve, ...]) -> CurveSet:
    """A chart of one column, by groups; or of several, which are no parts of a whole."""
    functions = {output.value.function if isinstance(output.value, plan.Aggregate) else "" for output in outputs}
    apart = asked.window is not None and asked.window.length_ns == asked.window.every_ns
    return CurveSet(
        name=", ".join(output.name for output in outputs),
        unit=outputs[0].unit.symbol,
        curves=curves,
        added=len(outputs) == 1 and functions <= _ADDED,
        summed=apart and functions <= _SUMMED,
        whole=functions <= _WHOLE,
    )


def curve_of(answer: Answer, steps: Steps, number: int, name: str = "") -> Curve:
    """The curve of one number (from 0) of an answer without groups, under its own name or another."""
    values: list[float | None] = [None] * steps.count
    for row in answer.rows:
        _put(values, steps, row, 1 + number)
    return Curve(name or answer.columns[1 + number].name, tuple(values))


def _put(values: list[float | None], steps: Steps, row: Sequence[Any], index: int) -> None:
    step = steps.index(_moment(row[0]))
    if 0 <= step < steps.count and row[index] is not None:
        values[step] = float(row[index])


def _name(group: Sequence[Any], columns: Sequence[AnswerColumn]) -> str:
    return " · ".join(_parts(group, columns))


def _parts(group: Sequence[Any], columns: Sequence[AnswerColumn]) -> Iterator[str]:
    for value, column in zip(group, columns, strict=True):
        if isinstance(value, bool):
            yield column.name if value else f"not {column.name}"
        elif isinstance(value, (int, float)):
            yield f"{value:g}{column.unit}"
        else:
            yield str(value) if value not in (None, "") else NO_NAME


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
