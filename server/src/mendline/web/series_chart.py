"""Charts over time as geometry: curves in, attributes of SVG out. Pure.

The drawing is 10 units wide for each step and 1000 high, and is stretched to its place; y grows downwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mendline.model.band import Band
from mendline.web.axes import Tick, ValueAxis, time_axis, value_axis
from mendline.web.quantities import quantity
from mendline.web.series import Curve, CurveSet, Steps

COLOURS = 8
_MOST_GREY = 40
_WIDTH, _HEIGHT = 10, 1000
_LEAST_BAR = 7
_GAPS_UP_TO = 150
_MOST_ABOVE = 1.3  # a band that reaches far above the values must not flatten them


@dataclass(frozen=True, slots=True)
class Drawn:
    """A curve in one of the colours, 1 to COLOURS. `dots` are its values that stand alone, and `bridges` lead over the
    steps that have none. `texts` has its value at each step, with `|` between; `summary` is its sum or its largest
    value; `band` the outline of what is usual."""

    name: str
    group: tuple[Any, ...]
    colour: int
    path: str
    dots: str
    bridges: str
    texts: str
    summary: str
    band: str = ""


@dataclass(frozen=True, slots=True)
class SeriesChart:
    """`others` is how many curves are drawn in grey, as `grey`, or not at all; `running` says that the last step is
    not over yet. `total` outlines what is usual for the sum of the curves, and `usual` says what the bands show."""

    name: str
    bars: bool
    steps: Steps
    drawn: tuple[Drawn, ...]
    others: int
    grey: str
    lines: tuple[Tick, ...]
    times: tuple[Tick, ...]
    running: bool
    total: str = ""
    usual: str = ""

    @property
    def width(self) -> int:
        """Of the drawing."""
        return self.steps.count * _WIDTH

    @property
    def height(self) -> int:
        """Of the drawing."""
        return _HEIGHT


def series_charts(
    sets: Sequence[CurveSet], steps: Steps, now: datetime, given: Mapping[str, int] | None = None
) -> list[SeriesChart]:
    """The charts of sets of curves over the same steps; what has one name has one colour in all of them: a `given` one,
    or any."""
    colours = dict(given or {})
    return [_chart(shown, steps, now, colours) for shown in sets if shown.curves]


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on charts, `x` units from the left of the drawing, and what happened then."""

    x: float
    time: datetime
    text: str


def marks_on(steps: Steps, moments: Iterable[tuple[datetime, str]]) -> tuple[Mark, ...]:
    """Where moments stand on charts of these steps; those outside are left away."""
    return tuple(
        Mark((time - steps.start).total_seconds() / steps.every_s * _WIDTH, time, text)
        for time, text in moments
        if steps.start <= time < steps.end
    )


def _chart(shown: CurveSet, steps: Steps, now: datetime, colours: dict[str, int]) -> SeriesChart:
    """The largest curves in colours, the rest in grey. Parts of a whole are stacked bars."""
    ranked = sorted(shown.curves, key=lambda curve: (-_size(curve, shown.added), curve.name))
    chosen, others = ranked[:COLOURS], ranked[COLOURS:]
    _give_colours([curve.name for curve in chosen], colours)
    known = [value for curve in ranked for value in curve.values if value is not None]
    stacked = shown.added and min(known, default=0.0) >= 0
    most = max(_sum([curve.values for curve in ranked]) if stacked else known, default=0.0)
    bands = [band for curve in ranked for band in curve.band] + list(shown.total)
    most = max(most, min(_MOST_ABOVE * most, max((band.high for band in bands if band), default=0.0)))
    axis = value_axis(min(known, default=0.0), most, shown.unit, whole=shown.whole)
    layers, grey = [curve.values for curve in chosen], ""
    if stacked:
        rest = [_sum([curve.values for curve in others])] if others else []
        paths = [(path, "", "") for path in _bars([*layers, *rest], axis)]
        grey = paths.pop()[0] if others else ""
    else:
        paths = [_line(values, axis) for values in layers]
        grey = "".join(path for curve in others[:_MOST_GREY] for path in _line(curve.values, axis)[:1])
    drawn = tuple(
        Drawn(
            curve.name,
            curve.group,
            colours[curve.name],
            *path,
            _texts(curve, shown.unit),
            _summary(curve, shown),
            _outline(curve.band, axis),
        )
        for curve, path in zip(chosen, paths, strict=True)
    )
    return SeriesChart(
        name=shown.name,
        bars=stacked,
        steps=steps,
        drawn=drawn,
        others=len(others),
        grey=grey,
        lines=axis.ticks,
        times=time_axis(steps.start, steps.end),
        running=steps.end > now,
        total=_outline(shown.total, axis),
        usual=shown.usual,
    )


def _give_colours(names: Sequence[str], colours: dict[str, int]) -> None:
    """Give a colour to each name that has none yet: one that no other of these has. By name, so that a group keeps its
    colour while a live chart moves."""
    for name in sorted(names):
        taken = {colours[other] for other in names if other in colours}
        if name not in colours:
            colours[name] = next((colour for colour in range(1, COLOURS + 1) if colour not in taken), COLOURS)


def _size(curve: Curve, added: bool) -> float:
    values = [abs(value) for value in curve.values if value is not None]
    return sum(values) if added else max(values, default=0.0)


def _sum(layers: Sequence[Sequence[float | None]]) -> list[float]:
    return [sum(value or 0.0 for value in step) for step in zip(*layers, strict=True)]


def _bars(layers: Sequence[Sequence[float | None]], axis: ValueAxis) -> list[str]:
    """Paths of stacked bars, the first at the bottom."""
    count = len(layers[0]) if layers else 0
    width = _WIDTH * 0.84 if count <= _GAPS_UP_TO else _WIDTH
    floor = [float(_HEIGHT)] * count
    paths = []
    for values in layers:
        path = []
        for index, value in enumerate(values):
            if value:
                tall = max(_LEAST_BAR, axis.share(value) * _HEIGHT)
                left = index * _WIDTH + (_WIDTH - width) / 2
                path.append(f"M{left:.1f} {floor[index]:.1f}h{width:.1f}v-{tall:.1f}h-{width:.1f}z")
                floor[index] -= tall
        paths.append("".join(path))
    return paths


def _line(values: Sequence[float | None], axis: ValueAxis) -> tuple[str, str, str]:
    """A line through the middles of the steps, broken where there is no value; dots for values that stand alone; and
    bridges over what is missing between."""
    path, dots, bridges, before = [], [], [], (-2, "")
    for index, value in enumerate(values):
        if value is None:
            continue
        place = f"{index * _WIDTH + _WIDTH // 2} {(1 - axis.share(value)) * _HEIGHT:.1f}"
        is_last = index + 1 == len(values) or values[index + 1] is None
        if before[0] == index - 1:
            path.append(f"L{place}")
        elif is_last:
            dots.append(f"M{place}h.01")
        else:
            path.append(f"M{place}")
        if 0 <= before[0] < index - 1:
            bridges.append(f"M{before[1]}L{place}")
        before = index, place
    return "".join(path), "".join(dots), "".join(bridges)


def _outline(bands: Sequence[Band | None], axis: ValueAxis) -> str:
    """What is usual as areas, one for each stretch of steps where it is known; cut off where the chart ends."""
    path, high, low = [], [], []
    for index, band in enumerate([*bands, None]):
        if band is not None:
            x = index * _WIDTH + _WIDTH // 2
            top, bottom = (_HEIGHT * (1 - min(1.0, max(0.0, axis.share(edge)))) for edge in (band.high, band.low))
            high.append(f"{x} {top:.1f}")
            low.append(f"{x} {bottom:.1f}")
        elif high:
            path.append(f"M{'L'.join([*high, *reversed(low)])}z")
            high, low = [], []
    return "".join(path)


def _texts(curve: Curve, unit: str) -> str:
    bands = curve.band or (None,) * len(curve.values)
    return "|".join(_text(value, band, unit) for value, band in zip(curve.values, bands, strict=True))


def _text(value: float | None, band: Band | None, unit: str) -> str:
    if value is None:
        return ""
    usual = f" (usual {quantity(band.low, unit)} to {quantity(band.high, unit)})" if band else ""
    return quantity(value, unit) + usual


def _summary(curve: Curve, shown: CurveSet) -> str:
    known = [value for value in curve.values if value is not None]
    if shown.summed:
        return f"total {quantity(sum(known), shown.unit)}"
    return f"max {quantity(max(known, default=None), shown.unit)}"
