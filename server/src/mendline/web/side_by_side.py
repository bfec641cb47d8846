"""What odd and usual invocations were sent and answered, key by key beside one another. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendline.analysis.predicate import Value, as_number
from mendline.insight.outlier_rows import Sampled, leaves

_MOST_ROWS = 60
_MISSING = "\N{EN DASH}"
_REDACTED = "[redacted]"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value; `redacted` where it was taken out before it was kept, `missing` where there is none."""

    text: str
    redacted: bool = False
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One key: `odd` and `usual` values. `differs`: no odd one is like a usual one, and it names more than the
    invocation itself, as ids do."""

    key: str
    odd: tuple[Cell, ...]
    usual: tuple[Cell, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class SideBySide:
    """`lines` are those that differ, then the others in their order; `more` are left away."""

    lines: tuple[Line, ...]
    more: int


def side_by_side(odd: Sequence[Sampled], usual: Sequence[Sampled]) -> SideBySide:
    """Requests and responses of both. A text that is no JSON, or was cut, is one value."""
    both = [_told(one) for one in (*odd, *usual)]
    keys = list(dict.fromkeys(key for told in both for key in told))
    lines = []
    for key in keys:
        values = [told.get(key) for told in both]
        ours, theirs = values[: len(odd)], values[len(odd) :]
        lines.append(Line(key, tuple(map(_cell, ours)), tuple(map(_cell, theirs)), _differs(ours, theirs)))
    ordered = sorted(lines, key=lambda line: not line.differs)
    return SideBySide(tuple(ordered[:_MOST_ROWS]), max(0, len(ordered) - _MOST_ROWS))


def _told(one: Sampled) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, text in (("request", one.request), ("response", one.response)):
        inside = dict(leaves(name, text))
        found.update(inside or ({name: text} if text else {}))
    return found


def _cell(value: Value | None) -> Cell:
    if value is None:
        return Cell(_MISSING, missing=True)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Cell(text, redacted=_REDACTED in text)


def _differs(odd: Sequence[Value | None], usual: Sequence[Value | None]) -> bool:
    if not odd or not usual or set(odd) & set(usual):
        return False
    numbers = [[as_number(value) if value is not None else None for value in side] for side in (odd, usual)]
    ours, theirs = ([number for number in side if number is not None] for side in numbers)
    if len(ours) == len(odd) and len(theirs) == len(usual):
        return min(ours) > max(theirs) or max(ours) < min(theirs)
    return any(len(set(side)) == 1 for side in (odd, usual))
