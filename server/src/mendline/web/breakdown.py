"""Where the time of invocations went, as one bar each: what they called, and what is left for their own code. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from mendline.model.invocation import Invocation

OWN, OTHERS = "own code", "other calls"
_COLOURS = (1, 4, 3, 7, 6)  # of charts.css; orange is for what fails
_OWN_COLOUR, _OTHERS_COLOUR = 0, 8


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar, in percent of the longest bar. `milliseconds` are those of all calls, also of such at once."""

    name: str
    milliseconds: float
    colour: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Breakdown:
    """`legend` names the colours; `bars` has the pieces of each row."""

    legend: tuple[tuple[str, int], ...]
    bars: tuple[tuple[Piece, ...], ...]


def breakdown(rows: Sequence[Invocation]) -> Breakdown:
    """The bars of rows, on one scale: what most time went to has a colour of its own in all of them. No row of which
    calls are known, no bars."""
    spent: dict[str, float] = defaultdict(float)
    for row in rows:
        for name, milliseconds in row.calls:
            spent[name] += milliseconds
    if not spent:
        return Breakdown((), ())
    ranked = sorted(spent, key=lambda name: (-spent[name], name))
    colours = dict(zip(ranked, _COLOURS, strict=False))
    longest = max(row.duration_ms for row in rows) or 1.0
    bars = tuple(_bar(row, colours, longest) for row in rows)
    named = [*colours.items(), (OTHERS, _OTHERS_COLOUR), (OWN, _OWN_COLOUR)]
    used = {piece.colour for bar in bars for piece in bar}
    return Breakdown(tuple(it for it in named if it[1] in used), bars)


def _bar(row: Invocation, colours: dict[str, int], longest: float) -> tuple[Piece, ...]:
    spent = dict(row.calls)
    parts = [(name, spent[name], colour) for name, colour in colours.items() if name in spent]
    parts.append((OTHERS, sum(spent[name] for name in spent.keys() - colours.keys()), _OTHERS_COLOUR))
    called = sum(milliseconds for _, milliseconds, _ in parts)
    fitting = min(1.0, row.duration_ms / called) if called else 1.0  # calls at once: together longer than the whole
    pieces, x = [], 0.0
    for name, milliseconds, colour in (*parts, (OWN, row.duration_ms - called, _OWN_COLOUR)):
        width = milliseconds * (1.0 if colour == _OWN_COLOUR else fitting) / longest * 100
        if width > 0:
            pieces.append(Piece(name, milliseconds, colour, x, width))
            x += width
    return tuple(pieces)
